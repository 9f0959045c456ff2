"""Lays blocks out on A4 pages, with who it is about above and who made it below; says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.views.paper import CAUTION, INK, LINE, QUIET, Block, write_fitting, write_whole

PAGE_PX = (794.0, 1123.0)
"""A4 at 96 units per inch: what pages are laid out in."""

MARGIN_PX = 40.0
_HEAD_PX, _FOOT_PX = 44.0, 44.0
_NAME_PX, _SMALL_PX = 14, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """What stands on every page.

    Parameters
    ----------
    who : str
        The patient's name, in large letters.
    identity : str
        What else tells the patient from others.
    title : str
        What the document is.
    state : str
        Whether the plan is approved.
    is_settled : bool
        Whether that can be relied on; otherwise it is written in amber.
    foot : tuple of str
        Who made it, what it may be used for, which plan it is of.
    numbered : callable
        Says the number of a page of so many.
    """

    who: str
    identity: str
    title: str
    state: str
    is_settled: bool
    foot: tuple[str, ...]
    numbered: Callable[[int, int], str]


@dataclass(slots=True)
class Page:
    """What is painted on one page, besides what stands on every one."""

    paints: list[Callable[[QPainter], None]] = field(default_factory=list)


def body() -> QRectF:
    """Return the room between head and foot of a page."""
    return QRectF(
        MARGIN_PX,
        MARGIN_PX + _HEAD_PX,
        PAGE_PX[0] - 2.0 * MARGIN_PX,
        PAGE_PX[1] - 2.0 * MARGIN_PX - _HEAD_PX - _FOOT_PX,
    )


def flow(
    blocks: Sequence[Block], first: Iterable[QRectF], later: Sequence[QRectF], pages: list[Page]
) -> tuple[int, float]:
    """Lay blocks out, column after column; return how many pages came on and where the last ends.

    Parameters
    ----------
    first : iterable of QRectF
        The columns of the last page of `pages`.
    later : sequence of QRectF
        Those of each page that has to be added.
    """
    columns = _columns(first, later, pages)
    added, page, room = next(columns)
    top = room.top()
    for number, block in enumerate(blocks):
        needed = _needed(blocks, number, room.width())
        if top + needed > room.bottom() + 0.5 and top > room.top():
            added, page, room = next(columns)
            top = room.top()
            if block.repeated is not None:
                top = _put(block.repeated, page, room, top)
        top = _put(block, page, room, top)
    return added, top


def fits(blocks: Sequence[Block], columns: Sequence[QRectF]) -> bool:
    """Tell whether blocks find room in some columns of one page."""
    return flow(blocks, columns, columns, [Page()])[0] == 0


def _columns(
    first: Iterable[QRectF], later: Sequence[QRectF], pages: list[Page]
) -> Iterator[tuple[int, Page, QRectF]]:
    for room in first:
        yield 0, pages[-1], room
    added = 0
    while True:
        added += 1
        pages.append(Page())
        for room in later:
            yield added, pages[-1], room


def _needed(blocks: Sequence[Block], number: int, width_px: float) -> float:
    """Return the height of a block and of what may not be parted from it."""
    high = blocks[number].height_px(width_px)
    while blocks[number].keeps_next and number + 1 < len(blocks):
        number += 1
        high += blocks[number].height_px(width_px)
    return high


def _put(block: Block, page: Page, room: QRectF, top: float) -> float:
    high = block.height_px(room.width())
    where = QRectF(room.left(), top, room.width(), high)
    page.paints.append(lambda painter: block.paint(painter, where))
    return top + high


def paint_page(painter: QPainter, page: Page, words: PageWords, number: int, count: int) -> None:
    """Paint one page of so many, `PAGE_PX` large."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_head(painter, words)
    for paint in page.paints:
        paint(painter)
    _paint_foot(painter, words, words.numbered(number, count))


def _paint_head(painter: QPainter, words: PageWords) -> None:
    left, right, top = MARGIN_PX, PAGE_PX[0] - MARGIN_PX, MARGIN_PX
    half = 0.6 * (right - left)
    write_whole(painter, QRectF(left, top, half, 19.0), words.who, _NAME_PX, bold=True)
    write_whole(painter, QRectF(left, top + 19.0, half, 17.0), words.identity, 11)
    beside = QRectF(left + half + 8.0, top, right - left - half - 8.0, 20.0)
    write_fitting(painter, beside, words.title, _NAME_PX, bold=True, at_right=True)
    tone = QUIET if words.is_settled else CAUTION
    below = beside.translated(0.0, 19.0)
    below.setHeight(14.0)
    bold = not words.is_settled
    write_fitting(painter, below, words.state, 11, tone=tone, at_right=True, bold=bold)
    painter.setPen(QPen(QColor(INK), 1.0))
    y = top + _HEAD_PX - 7.0
    painter.drawLine(QLineF(left, y, right, y))


def _paint_foot(painter: QPainter, words: PageWords, numbered: str) -> None:
    left, right = MARGIN_PX, PAGE_PX[0] - MARGIN_PX
    top = PAGE_PX[1] - MARGIN_PX - _FOOT_PX + 6.0
    painter.setPen(QPen(QColor(LINE), 1.0))
    painter.drawLine(QLineF(left, top, right, top))
    at = QRectF(right - 90.0, top + 3.0, 90.0, 12.0)
    write_fitting(painter, at, numbered, _SMALL_PX, tone=QUIET, at_right=True)
    for number, text in enumerate(words.foot):
        line = QRectF(left, top + 3.0 + 12.0 * number, right - left - 100.0, 12.0)
        write_fitting(painter, line, text, _SMALL_PX, tone=QUIET)
