"""One file for whoever has to mend a fault: what is known of computer and program, no patient's.

What goes in is chosen, not what stays out: the doctor's report, the log and traces (both written
without values), settings by name with everything blanked that says where or who, the versions of
all packages. Over all of it goes a search that blanks what may still be a name: the user's, the
computer's, archives' and hosts' names, addresses, DICOM UIDs, and every path outside the program.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from app import paths
from app.blanking import Blanks, blanks_of_this_computer
from app.crashes import kept_traces
from app.doctor.findings import Finding
from app.doctor.report import as_document, as_text
from app.language import mark
from app.settings import Settings, load_settings
from app.shipped_kernels import is_installed_program
from planning import __version__
from planning.atomic_files import write_whole
from planning.errors import InputError

_MOST_LOG_BYTES = 4 << 20
_KEPT_SETTINGS = (
    *("scheme", "text_percent", "language", "layout"),
    *("navigation_role", "navigation_protocol", "navigation_frame", "navigation_axis"),
)
"""Settings whose value says neither where nor who; of all others only whether they are set."""

_REPORT = mark("what Help > Check this computer says")
_LOG = mark("the log: places in the program and kinds of fault")
_TRACE = mark("where the program ended by itself")
_SETTINGS = mark("the settings; folders, hosts and layout of the window are blanked")
_PACKAGES = mark("names and versions of all packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPart:
    """One file inside: its name, its text, and what it is in words."""

    name: str
    text: str
    about: str


def contents_of(
    findings: Sequence[Finding], blanks: Blanks | None = None
) -> tuple[SupportPart, ...]:
    """Return what goes into a support file, already without names."""
    clean = blanks or blanks_of_this_computer()
    report = json.dumps(as_document(findings, __version__), indent=1, ensure_ascii=False)
    parts = [
        SupportPart(name="doctor.txt", text=as_text(findings), about=_REPORT),
        SupportPart(name="doctor.json", text=f"{report}\n", about=_REPORT),
        *_logs(),
        SupportPart(name="settings.json", text=_settings(), about=_SETTINGS),
        SupportPart(name="packages.txt", text="\n".join(_packages()) + "\n", about=_PACKAGES),
    ]
    return tuple(
        SupportPart(name=part.name, text=clean.blanked(part.text), about=part.about)
        for part in parts
    )


def write_support_file(file: Path, contents: Sequence[SupportPart]) -> None:
    """Write it, whole or not at all, readable by the user alone.

    Raises
    ------
    InputError
        If it cannot be written; the message says what to do.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in contents:
            archive.writestr(part.name, part.text)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, held.getvalue(), private=True)
    except OSError as error:
        raise InputError(
            f"{file} could not be written ({error.strerror}). Choose another folder, or make room."
        ) from error


def _logs() -> Iterator[SupportPart]:
    log = paths.log_file()
    for file in sorted(log.parent.glob(f"{log.name}*")):
        yield SupportPart(name=f"logs/{file.name}", text=_end_of(file), about=_LOG)
    for file in kept_traces(log.parent):
        yield SupportPart(name=f"logs/{file.name}", text=_end_of(file), about=_TRACE)


def _end_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _MOST_LOG_BYTES))
            return opened.read(_MOST_LOG_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be read: {error.strerror}\n"


def _settings() -> str:
    settings, said = load_settings(paths.settings_file())
    usual, shown = Settings().model_dump(), {}
    for key, value in settings.model_dump().items():
        if key in _KEPT_SETTINGS:
            shown[key] = value
        else:
            shown[key] = "(as at first)" if value == usual[key] else "(set)"
    return json.dumps({**shown, "not_understood": len(said)}, indent=1) + "\n"


def _packages() -> list[str]:
    """Return every package with its version: those installed, or the bundle's bill of materials."""
    bill = Path(sys.executable).parent / "trephine.cdx.json"
    if is_installed_program() and bill.is_file():
        try:
            parts = json.loads(bill.read_bytes())["components"]
            return sorted(f"{part['name']} {part.get('version', '')}" for part in parts)
        except (OSError, ValueError, KeyError, TypeError):
            return ["the bill of materials cannot be read"]
    named = {(one.metadata["Name"] or "?", one.version) for one in metadata.distributions()}
    return sorted(f"{name} {version}" for name, version in named)
