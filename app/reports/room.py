"""The page for the CT room: one for each core, its stop in large letters; computes no number."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.numbers import not_checked_rows
from app.rendering.slice_geometry import edge_letters, view_axes
from app.reports.source import PlannedCore, ReportSource, nearest_masks, pictured
from app.reports.words import (
    core_title,
    identity_of,
    moved_skin,
    name_of,
    positions_words,
    side_words,
    site_name,
    skin_lines,
    stated,
    tattoo_line,
)
from app.views.card_words import (
    chain_lines,
    depth_line,
    planned_line,
    stop_lines,
    tiles,
    verdict_words,
    way_in,
)
from app.views.needle_pictures import (
    NEAREST_COLOURS,
    PicturedNeedle,
    paint_needle_picture,
    plane_at_entry,
    plane_at_specimen,
    plane_in_slice,
    plane_off_slice,
)
from app.views.palette import LIGHT
from app.views.paper import (
    CAUTION,
    DANGER,
    INK,
    LINE,
    QUIET,
    Block,
    Head,
    Text,
    lines_of,
    texts,
    write_fitting,
    write_lines,
    write_whole,
)
from app.views.paper_pages import Page, body, fits, flow
from app.views.paper_tables import facts
from app.views.wording import chance

ROOM_TITLE = mark("CT-room sheet")

_TITLE_PX, _STOP_PX, _THEN_PX, _FIGURE_PX = 19, 34, 20, 19
_TILE_HIGH, _STOP_WIDE = 128.0, 262.0
_CAPTION_PX, _CAPTION_HIGH, _GAP = 10, 14.0, 8.0
_AXIAL_SHARE = 0.62
_TIME_OUT_HIGH = 55.0
_TRIED = ((11, 170.0), (11, 150.0), (10, 150.0), (10, 134.0), (9, 130.0), (9, 112.0))
"""Sizes of letters and heights of pictures, the best first: the first that fits is taken."""

_MAX_WORD_LINES = 3
_TONES = {"text": INK, "good": INK, "caution": CAUTION, "danger": DANGER}


def room_pages(source: ReportSource) -> list[Page]:
    """Return the pages of all cores; what does not fit on one goes on on the next."""
    pages: list[Page] = []
    for core in source.cores:
        pages.append(Page())
        _lay_out(source, core, pages)
    return pages


def _lay_out(source: ReportSource, core: PlannedCore, pages: list[Page]) -> None:
    """Lay one core out on one page; only what does not fit in small letters goes on on another."""
    room, page = body(), pages[-1]
    page.paints.append(lambda p: _paint_title(p, room, source, core))
    tile = QRectF(room.left(), room.top() + 28.0, room.width(), _TILE_HIGH)
    page.paints.append(lambda p: _paint_numbers(p, tile, source, core))
    time_out = QRectF(room.left(), room.bottom() - _TIME_OUT_HIGH, room.width(), _TIME_OUT_HIGH)
    page.paints.append(lambda p: _paint_time_out(p, time_out, source, core))
    rest = QRectF(room.left(), tile.bottom() + _GAP, room.width(), 0.0)
    rest.setBottom(time_out.top() - 5.0)
    for size, high in _TRIED:
        columns, band = _blocks(source, core, size), _remark_blocks(source, core, size)
        under = rest.adjusted(0.0, 2.0 * (high + _CAPTION_HIGH) + 14.0, 0.0, 0.0)
        below = QRectF(under)
        below.setTop(under.bottom() - sum(block.height_px(under.width()) for block in band))
        under.setBottom(below.top() - 2.0)
        if under.height() > 0.0 and fits(columns, _two_columns(under)):
            flow(columns, _two_columns(under), [body()], pages)
            flow(band, [below], [body()], pages)
            break
    else:
        size, high = _TRIED[0]
        under = rest.adjusted(0.0, 2.0 * (high + _CAPTION_HIGH) + 14.0, 0.0, 0.0)
        blocks = [*_blocks(source, core, size), *_remark_blocks(source, core, size)]
        _go_on(blocks, under, Head(text=core_title(source, core), size_px=13), pages)
    needle = pictured(source, core)
    where = QRectF(rest.left(), rest.top(), rest.width(), 2.0 * (high + _CAPTION_HIGH) + 14.0)
    page.paints.append(lambda p: _paint_pictures(p, where, needle, high))


def _go_on(blocks: list[Block], under: QRectF, title: Head, pages: list[Page]) -> None:
    """Lay out on more than one page; those that are added say of which core they are."""
    note = QRectF(under.left(), under.bottom() - 14.0, under.width(), 14.0)
    words = tr("Goes on on the next page.")
    pages[-1].paints.append(lambda p: write_fitting(p, note, words, 10, tone=DANGER))
    under.setBottom(note.top() - 2.0)
    room, start = body(), len(pages)
    high = title.height_px(room.width())
    flow(blocks, _two_columns(under), _two_columns(room.adjusted(0.0, high, 0.0, 0.0)), pages)
    head = QRectF(room.left(), room.top() - 4.0, room.width(), high)
    for page in pages[start:]:
        page.paints.append(lambda p: title.paint(p, head))


def _two_columns(room: QRectF) -> list[QRectF]:
    wide = (room.width() - 2.0 * _GAP) / 2.0
    left = QRectF(room.left(), room.top(), wide, room.height())
    return [left, left.translated(wide + 2.0 * _GAP, 0.0)]


def _paint_title(painter: QPainter, room: QRectF, source: ReportSource, core: PlannedCore) -> None:
    wide = 0.55 * room.width()
    line = QRectF(room.left(), room.top(), wide, 24.0)
    write_fitting(painter, line, core_title(source, core), _TITLE_PX, bold=True)
    beside = QRectF(line.right() + _GAP, room.top(), room.width() - wide - _GAP, 24.0)
    words = f"{side_words(source)}: {site_name(source)}"
    write_fitting(painter, beside, words, _TITLE_PX, bold=True, tone=DANGER, at_right=True)


def _paint_numbers(
    painter: QPainter, room: QRectF, source: ReportSource, core: PlannedCore
) -> None:
    """Paint the stop in the largest letters, and the card's six numbers beside it."""
    stop = QRectF(room.left(), room.top(), _STOP_WIDE, room.height())
    painter.setPen(QPen(QColor(LIGHT.accent), 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(stop.adjusted(1.0, 1.0, -1.0, -1.0), 5.0, 5.0)
    inside = stop.adjusted(10.0, 6.0, -8.0, -6.0)
    first, then = stop_lines(core.numbers)
    line = QRectF(inside.left(), inside.top(), inside.width(), 44.0)
    write_fitting(painter, line, first, _STOP_PX, bold=True)
    line = QRectF(inside.left(), line.bottom(), inside.width(), 28.0)
    write_fitting(painter, line, then, _THEN_PX, bold=True)
    line = QRectF(inside.left(), line.bottom() + 4.0, inside.width(), 14.0)
    write_fitting(painter, line, tr_core(source.plan.needle.name), 11)
    line = line.translated(0.0, 14.0)
    words = tr("Guidance: {guidance}", guidance=tr_core(source.plan.guidance))
    write_fitting(painter, line, words, 11, tone=QUIET)
    left, high = stop.right() + _GAP, room.height() / 2.0
    wide = (room.right() - left) / 3.0
    for number, (figure, words) in enumerate(tiles(core.numbers)):
        across, down = number % 3, number // 3
        where = QRectF(left + across * wide, room.top() + down * high, wide, high)
        _paint_tile(painter, where.adjusted(3.0, 2.0, -3.0, -2.0), figure, words)


def _paint_tile(painter: QPainter, room: QRectF, figure: str, words: str) -> None:
    painter.setPen(QPen(QColor(LINE), 1.0))
    painter.drawRoundedRect(room, 4.0, 4.0)
    inside = room.adjusted(6.0, 1.0, -4.0, -1.0)
    line = QRectF(inside.left(), inside.top(), inside.width(), 23.0)
    write_fitting(painter, line, figure, _FIGURE_PX, bold=True)
    for size in (9, 8, 7):
        lines = lines_of(words, size, inside.width())
        if len(lines) <= _MAX_WORD_LINES:
            break
    write_lines(painter, line.bottomLeft(), lines[:_MAX_WORD_LINES], size, tone=QUIET)


def _paint_pictures(painter: QPainter, room: QRectF, needle: PicturedNeedle, high: float) -> None:
    """Paint both pictures along the needle on the left, those across the body on the right."""
    wide = (room.width() - _GAP) / 2.0
    both, right = 2.0 * high, room.left() + wide + _GAP
    upper = _AXIAL_SHARE * both
    top = room.top()
    for plane_of, caption, where in (
        (
            plane_in_slice,
            tr("Along the needle, in the slice"),
            QRectF(room.left(), top, wide, high),
        ),
        (
            plane_off_slice,
            tr("Along the needle, perpendicular to that"),
            QRectF(room.left(), top + high + _CAPTION_HIGH, wide, high),
        ),
        (plane_at_entry, _axial_caption(needle), QRectF(right, top, wide, upper)),
        (
            plane_at_specimen,
            tr("Across the needle in mid-specimen, seen from the entry"),
            QRectF(right, top + upper + _CAPTION_HIGH, wide, both - upper),
        ),
    ):
        line = QRectF(where.left(), where.top(), wide, 13.0)
        write_fitting(painter, line, caption, _CAPTION_PX, tone=QUIET)
        paint_needle_picture(painter, where.translated(0.0, _CAPTION_HIGH - 1.0), needle, plane_of)
    words = tr(
        "Ring: skin entry. Cross: stop. White: specimen. Yellow edge: lesion. Other edges: nearest "
        "structures, in the colours of the list."
    )
    line = QRectF(room.left(), room.bottom() - 13.0, room.width(), 12.0)
    write_fitting(painter, line, words, 9, tone=QUIET)


def _axial_caption(needle: PicturedNeedle) -> str:
    """Say how the axial picture is to be read: nobody has to know a convention."""
    right_is = edge_letters(view_axes("axial", needle.position))
    said = next((words for edge, words in _RIGHT_IS.items() if getattr(right_is, edge) == "R"), "")
    return tr(said or _RIGHT_IS["bottom"])


_RIGHT_IS = {
    "left": mark("Axial at the entry, seen from the feet: patient RIGHT on the left"),
    "right": mark("Axial at the entry, seen from the feet: patient RIGHT on the right"),
    "top": mark("Axial at the entry, seen from the feet: patient RIGHT on top"),
    "bottom": mark("Axial at the entry, seen from the feet: patient RIGHT at the bottom"),
}


def _blocks(source: ReportSource, core: PlannedCore, size: int) -> list[Block]:
    numbers, candidate = core.numbers, core.candidate
    found: list[Block] = [
        Text(text=f"✕ {text}", size_px=size, bold=True, tone=DANGER) for text in numbers.violations
    ]
    found += _mark_blocks(source, core, size)
    found.append(Head(text=tr("Depths and specimen"), size_px=size))
    found += [
        Text(text=text, size_px=size) for text in (depth_line(numbers), planned_line(numbers))
    ]
    found += [Text(text=text, size_px=size) for text in way_in(numbers)]
    found.append(Head(text=tr("Nearest structures"), size_px=size))
    masks = nearest_masks(source, candidate)
    for number, row in enumerate(numbers.nearest):
        tone, words = verdict_words(row)
        touched = tr("P(touch) {chance}", chance=chance(row.touch_probability))
        drawn = number < len(masks) and masks[number] is not None
        found.append(
            Text(
                text=f"{row.structure}: {words}; {touched}",
                size_px=size,
                tone=_TONES[tone],
                square=NEAREST_COLOURS[number] if drawn else "",
                bullet="" if drawn else "-",
            )
        )
    if not numbers.nearest:
        found.append(Text(text=tr("No structure at risk has a mask."), size_px=size, tone=CAUTION))
    found.append(Head(text=tr("Needle and what goes with it"), size_px=size))
    lines, tones = chain_lines(numbers.chain)
    found += [
        Text(text=line, size_px=size, tone=_TONES[tone])
        for line, tone in zip(lines, tones, strict=True)
    ]
    found += facts(_room_facts(source, core), size, name_share=0.27)
    return found


def _mark_blocks(source: ReportSource, core: PlannedCore, size: int) -> list[Block]:
    found: list[Block] = [Head(text=tr("Skin mark and tattoo"), size_px=size)]
    found += [Text(text=text, size_px=size, bullet="•") for text in skin_lines(source, core)]
    if moved := moved_skin(source):
        found.append(Text(text=f"▲ {moved}", size_px=size, tone=CAUTION))
    found.append(Text(text=tattoo_line(source), size_px=size))
    return found


def _room_facts(source: ReportSource, core: PlannedCore) -> list[tuple[str, str]]:
    into = tr("not stated")
    if core.core is not None:
        into = f"{tr_core(core.core.container)}. {tr_core(core.core.advice)}".strip()
    return [
        (tr("Position"), positions_words(source)),
        (tr("Breath phase"), stated(source.case.clinical.breath_phase)),
        (tr("Container"), into),
    ]


def _remark_blocks(source: ReportSource, core: PlannedCore, size: int) -> list[Block]:
    """Return what has to be known, and what nobody looked at, one after the other in lines."""
    told = [*core.numbers.warnings, *(tr_core(note) for note in source.case.side_notes)]
    told += [tr_core(notice.text) for notice in source.plan.warnings]
    unchecked = [str(row) for row in not_checked_rows(source.plan)]
    nothing = tr("Everything that the protocol expects was checked.")
    found: list[Block] = []
    for title, items, none in (
        (tr("To be known"), told, ""),
        (tr("Not checked"), unchecked, nothing),
    ):
        words = "   ".join(f"▲\N{NO-BREAK SPACE}{item}" for item in dict.fromkeys(items))
        if not (words or none):
            continue
        found.append(Head(text=title, size_px=size))
        found += texts(words or none, size, tone=CAUTION if words else INK)
    source_words = tr("Where viability comes from: {source}", source=_viability(core))
    found.append(Text(text=source_words, size_px=size, tone=QUIET))
    return found


def _viability(core: PlannedCore) -> str:
    return core.numbers.viability or tr("not known")


def _paint_time_out(
    painter: QPainter, room: QRectF, source: ReportSource, core: PlannedCore
) -> None:
    """Paint the line that is read aloud before the needle goes in, with room for who did."""
    painter.setPen(QPen(QColor(INK), 1.5))
    painter.drawRect(room)
    inside = room.adjusted(8.0, 4.0, -8.0, -4.0)
    line = QRectF(inside.left(), inside.top(), inside.width(), 22.0)
    words = " · ".join(
        (
            tr("TIME-OUT"),
            name_of(source),
            f"{side_words(source)} {site_name(source)}",
            tr("level: {level}", level=stated(source.case.clinical.level)),
            positions_words(source),
        )
    )
    write_whole(painter, line, words, 14, bold=True)
    below = QRectF(inside.left(), line.bottom() + 1.0, inside.width() * 0.5, 24.5)
    stop = stop_lines(core.numbers)[0].rstrip(",")
    write_whole(painter, below, f"{identity_of(source)}. {stop}", 10)
    confirmed = tr("Confirmed by")
    at = QRectF(inside.left() + 0.52 * inside.width(), line.bottom() + 2.0, 80.0, 20.0)
    write_fitting(painter, at, confirmed, 10)
    when = QRectF(inside.right() - 90.0, line.bottom() + 2.0, 30.0, 20.0)
    write_fitting(painter, when, tr("at"), 10)
    painter.setPen(QPen(QColor(QUIET), 0.8))
    y = at.bottom() - 3.0
    painter.drawLine(QLineF(at.right() + 4.0, y, when.left() - 6.0, y))
    painter.drawLine(QLineF(when.left() + 16.0, y, inside.right(), y))
