"""Drawings of the papers as SVG: the data flow, and the sheet of keys for one printed page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_FONT = "font-family='Noto Sans, DejaVu Sans, Arial, sans-serif'"
_INK, _QUIET, _LINE, _ACCENT = "#171b21", "#535d69", "#7a8794", "#00639c"
_PAPER, _PANEL = "#ffffff", "#eceff3"

Group = tuple[str, Sequence[tuple[str, str]]]
"""A title, and rows of keys with what they do."""

_A4_MM = (297.0, 210.0)
_MARGIN_MM = 9.0
_COLUMNS = 3
_KEY_SHARE = 0.38
_ROW_MM, _TITLE_MM, _GAP_MM = 3.8, 4.4, 2.6
_TEXT_MM, _HEAD_MM = 2.85, 5.0
_LETTER = 0.53
"""Mean width of a letter, of its size."""


def key_sheet(groups: Sequence[Group], title: str, foot: str) -> str:
    """Return all keys on one A4 page, across."""
    width, height = _A4_MM
    column_mm = (width - 2 * _MARGIN_MM) / _COLUMNS
    parts = [
        _words(_MARGIN_MM, _MARGIN_MM + _HEAD_MM, title, size=_HEAD_MM, bold=True),
        _words(_MARGIN_MM, height - _MARGIN_MM + 3.0, foot, size=_TEXT_MM, ink=_QUIET),
    ]
    top = _MARGIN_MM + _HEAD_MM + 5.0
    x, y = _MARGIN_MM, top
    for name, rows in groups:
        lines = [_row_lines(keys, what, column_mm) for keys, what in rows]
        need = _TITLE_MM + _ROW_MM * sum(len(line) for line in lines)
        if y + need > height - _MARGIN_MM and y > top:
            x, y = x + column_mm, top
        parts.append(_words(x, y, name, size=_TEXT_MM, ink=_ACCENT, bold=True))
        y += _TITLE_MM
        for line in lines:
            for keys, what in line:
                parts.append(_words(x, y, keys, size=_TEXT_MM, bold=True))
                parts.append(_words(x + _KEY_SHARE * column_mm, y, what, size=_TEXT_MM))
                y += _ROW_MM
        y += _GAP_MM
    return _svg(width, height, parts, unit="mm")


def flow() -> str:
    """Return where data come from, where they are kept, and where they may go."""
    parts = [
        _box(20, 60, 210, 250, "What is read", _READ),
        _box(300, 60, 220, 250, "Trephine", _INSIDE, accent=True),
        _box(590, 60, 230, 250, "Kept on this computer", _KEPT),
        _box(20, 380, 390, 150, "Leaves only when asked for", _LEAVES),
        _box(430, 380, 390, 150, "Listens only when switched on", _LISTENS),
        _arrow(230, 185, 300, 185),
        _arrow(520, 185, 590, 185),
        _arrow(350, 310, 250, 380),
        _arrow(560, 380, 460, 310),
        _words(20, 36, "Nothing leaves the computer by itself.", size=20, bold=True),
        _words(
            20,
            560,
            "No account, no telemetry, no update check, no crash report over the network.",
            size=13,
            ink=_QUIET,
        ),
    ]
    return _svg(840, 580, parts)


_READ = (
    "DICOM: CT, PET, MR, SEG,",
    "RTSTRUCT",
    "NIfTI, NRRD, MHA",
    "case.toml, masks,",
    "rigid transforms",
    "trajectories of 3D Slicer,",
    "MNI tag points, ROSA",
    "control CT, today's scan",
)
_INSIDE = (
    "plans, measures, draws,",
    "reviews",
    "",
    "no network of its own",
    "no foreign code is run",
    "research use only",
)
_KEPT = (
    "settings, recent cases",
    "unsaved work (private)",
    "archives' passwords (private)",
    "registry under pseudonyms",
    "identities apart from it",
    "log without patient data",
    "cases and exports: where you",
    "save them",
)
_LEAVES = (
    "Export, reports, saved case: into a folder you choose",
    "DICOM or DICOMweb archive: query, fetch, send",
    "OpenIGTLink: plan to a navigation system",
    "Registry of the department (PostgreSQL)",
    "Support file: saved for you to hand on, anonymised",
)
_LISTENS = (
    "Receiver of images: configured servers only",
    "OpenIGTLink server: plan out, tracked needle in",
    "",
    "Both reached from this computer only, until",
    "another address is entered",
)


def _row_lines(keys: str, what: str, column_mm: float) -> list[tuple[str, str]]:
    """Break what a key does, and the key itself, into as many lines as they need."""
    letters = column_mm / (_TEXT_MM * _LETTER)
    left = _broken(keys, int(letters * _KEY_SHARE * 0.88))
    right = _broken(what, int(letters * (1.0 - _KEY_SHARE) * 0.97))
    count = max(len(left), len(right))
    left += [""] * (count - len(left))
    right += [""] * (count - len(right))
    return list(zip(left, right, strict=True))


def _broken(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > most and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _box(
    x: float,
    y: float,
    width: float,
    height: float,
    title: str,
    lines: Sequence[str],
    *,
    accent: bool = False,
) -> str:
    line = _ACCENT if accent else _LINE
    found = [
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{_PANEL}' "
        f"stroke='{line}' stroke-width='{2 if accent else 1}'/>",
        _words(x + 14, y + 26, title, size=15, bold=True, ink=line if accent else _INK),
    ]
    found += [
        _words(x + 14, y + 52 + 22 * number, text, size=13) for number, text in enumerate(lines)
    ]
    return "".join(found)


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{_ACCENT}' stroke-width='2' "
        "marker-end='url(#tip)'/>"
    )


def _words(
    x: float, y: float, text: str, *, size: float, ink: str = _INK, bold: bool = False
) -> str:
    weight = " font-weight='bold'" if bold else ""
    return (
        f"<text x='{x:.2f}' y='{y:.2f}' font-size='{size}' fill='{ink}' {_FONT}{weight}>"
        f"{escape(text)}</text>"
    )


def _svg(width: float, height: float, parts: Sequence[str], unit: str = "") -> str:
    tip = (
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        f"markerHeight='7' orient='auto'><path d='M0 0L8 4L0 8z' fill='{_ACCENT}'/></marker></defs>"
    )
    body = "\n".join(parts)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:g}{unit}' "
        f"height='{height:g}{unit}' viewBox='0 0 {width:g} {height:g}'>\n{tip}\n"
        f"<rect width='{width:g}' height='{height:g}' fill='{_PAPER}'/>\n{body}\n</svg>\n"
    )
