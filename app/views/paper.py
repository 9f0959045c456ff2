"""Pieces of a printed page: words, headings, pictures; each knows its height.

They are laid out by `paper_pages`. Lines are broken once and painted as they were broken, so that
what was measured is what is printed. Sizes do not follow the window's text size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPen,
    QTextLayout,
    QTextOption,
)

from app.views.palette import LIGHT

INK, QUIET, LINE = LIGHT.text, LIGHT.secondary, LIGHT.line
GOOD, CAUTION, DANGER = LIGHT.good, LIGHT.caution, LIGHT.danger

_SMALLEST_PX = 6
_BULLET_PX = 12.0
_HEAD_SPACE = 0.7  # of the letters' height, above a heading
_LONGEST_PIECE = 900
"""Letters of one piece: a longer text becomes several, so that each fits on a page."""


class Block(Protocol):
    """Something that takes the whole width of a column and a height of its own."""

    @property
    def keeps_next(self) -> bool:
        """Whether it may not be the last thing in a column."""

    @property
    def repeated(self) -> Block | None:
        """What is said again on top of a new column where this one comes first."""

    def height_px(self, width_px: float) -> float:
        """Return how high it is in a column of this width."""

    def paint(self, painter: QPainter, room: QRectF) -> None:
        """Paint it into a room of that width and height."""


def paper_font(size_px: int, *, bold: bool = False) -> QFont:
    """Return the letters of reports, whatever the size of those in the window."""
    return QFont(_made(QGuiApplication.font().family(), size_px, bold=bold))


@lru_cache(maxsize=32)
def _made(family: str, size_px: int, *, bold: bool) -> QFont:
    made = QFont(family)
    made.setPixelSize(size_px)
    made.setBold(bold)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setFeature(QFont.Tag("liga"), 0)  # who searches for "fire" finds no joined letters
    return made


def line_px(size_px: int) -> float:
    """Return the distance between lines of letters of a size."""
    return float(round(1.32 * size_px))


@lru_cache(maxsize=4000)
def lines_of(text: str, size_px: int, width_px: float, *, bold: bool = False) -> tuple[str, ...]:
    """Return a text broken into lines; a word that is too long for one is broken too."""
    found: list[str] = []
    for part in text.splitlines() or [""]:
        encoded = part.encode("utf-16-le")  # Qt counts as UTF-16 does
        layout = QTextLayout(part, paper_font(size_px, bold=bold))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width_px, 1.0))
            start, length = line.textStart(), line.textLength()
            piece = encoded[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")
            found.append(piece.strip())
        layout.endLayout()
    return tuple(found)


def write_lines(
    painter: QPainter,
    top_left: QPointF,
    lines: Sequence[str],
    size_px: int,
    *,
    bold: bool = False,
    tone: str = INK,
) -> None:
    """Write lines under each other."""
    made = paper_font(size_px, bold=bold)
    painter.setFont(made)
    painter.setPen(QColor(tone))
    high = line_px(size_px)
    metrics = QFontMetricsF(made)
    base = (high - metrics.height()) / 2.0 + metrics.ascent()
    for number, line in enumerate(lines):
        painter.drawText(top_left + QPointF(0.0, number * high + base), line)


def write_fitting(
    painter: QPainter,
    room: QRectF,
    text: str,
    size_px: int,
    *,
    bold: bool = False,
    tone: str = INK,
    at_right: bool = False,
) -> None:
    """Write one line, in smaller letters where it would not fit, and cut as a last resort."""
    for size in range(size_px, 7, -1):
        metrics = QFontMetricsF(paper_font(size, bold=bold))
        if metrics.horizontalAdvance(text) <= room.width() or size == 8:
            break
    made = paper_font(size, bold=bold)
    fitting = QFontMetricsF(made).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.setFont(made)
    painter.setPen(QColor(tone))
    side = Qt.AlignmentFlag.AlignRight if at_right else Qt.AlignmentFlag.AlignLeft
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, fitting)


def write_whole(
    painter: QPainter, room: QRectF, text: str, size_px: int, *, bold: bool = False
) -> None:
    """Write a text of which nothing may be missing: smaller, in more lines, where long."""
    for size in range(size_px, _SMALLEST_PX - 1, -1):
        lines = lines_of(text, size, room.width(), bold=bold)
        if len(lines) * line_px(size) <= room.height():
            break
    write_lines(painter, room.topLeft(), lines, size, bold=bold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph, perhaps with a bullet or a coloured square before it."""

    text: str
    size_px: int
    bold: bool = False
    tone: str = INK
    bullet: str = ""
    square: str = ""
    above_px: float = 1.0
    keeps_next: bool = False

    @property
    def repeated(self) -> Block | None:
        """Nothing."""
        return None

    def height_px(self, width_px: float) -> float:
        """Return how high it is."""
        lines = lines_of(self.text, self.size_px, width_px - self._indent_px, bold=self.bold)
        return self.above_px + len(lines) * line_px(self.size_px)

    def paint(self, painter: QPainter, room: QRectF) -> None:
        """Paint it."""
        lines = lines_of(self.text, self.size_px, room.width() - self._indent_px, bold=self.bold)
        corner = room.topLeft() + QPointF(0.0, self.above_px)
        if self.square:
            side = 0.7 * self.size_px
            down = (line_px(self.size_px) - side) / 2.0
            mark = QRectF(corner.x(), corner.y() + down, side, side)
            painter.fillRect(mark, QColor(self.square))
            painter.setPen(QPen(QColor(QUIET), 0.5))
            painter.drawRect(mark)
        elif self.bullet:
            write_lines(painter, corner, (self.bullet,), self.size_px, tone=self.tone)
        corner += QPointF(self._indent_px, 0.0)
        write_lines(painter, corner, lines, self.size_px, bold=self.bold, tone=self.tone)

    @property
    def _indent_px(self) -> float:
        return _BULLET_PX if self.bullet or self.square else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A heading over a thin line; never the last thing in a column."""

    text: str
    size_px: int

    @property
    def keeps_next(self) -> bool:
        """Always."""
        return True

    @property
    def repeated(self) -> Block | None:
        """Nothing."""
        return None

    def height_px(self, width_px: float) -> float:
        """Return how high it is."""
        lines = lines_of(self.text, self.size_px, width_px, bold=True)
        return _HEAD_SPACE * self.size_px + len(lines) * line_px(self.size_px) + 2.0

    def paint(self, painter: QPainter, room: QRectF) -> None:
        """Paint it."""
        lines = lines_of(self.text, self.size_px, room.width(), bold=True)
        corner = room.topLeft() + QPointF(0.0, _HEAD_SPACE * self.size_px)
        write_lines(painter, corner, lines, self.size_px, bold=True)
        painter.setPen(QPen(QColor(LINE), 1.0))
        y = room.bottom() - 1.5
        painter.drawLine(QLineF(room.left(), y, room.right(), y))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Something that is painted into a room of a fixed height."""

    high_px: float
    draw: Callable[[QPainter, QRectF], None]
    keeps_next: bool = False

    @property
    def repeated(self) -> Block | None:
        """Nothing."""
        return None

    def height_px(self, width_px: float) -> float:  # noqa: ARG002 (blocks are asked so)
        """Return its height, whatever the width."""
        return self.high_px

    def paint(self, painter: QPainter, room: QRectF) -> None:
        """Paint it."""
        painter.save()
        self.draw(painter, room)
        painter.restore()


def texts(
    text: str, size_px: int, *, bold: bool = False, tone: str = INK, bullet: str = ""
) -> list[Block]:
    """Return a text as paragraphs, a very long one in pieces that end where sentences do."""
    pieces: list[str] = []
    for part in text.splitlines():
        while len(part) > _LONGEST_PIECE:
            cut = part.rfind(". ", 0, _LONGEST_PIECE) + 1 or part.rfind(" ", 0, _LONGEST_PIECE)
            cut = cut if cut > 0 else _LONGEST_PIECE
            pieces.append(part[:cut].strip())
            part = part[cut:].strip()
        pieces.append(part)
    return [
        Text(text=p, size_px=size_px, bold=bold, tone=tone, bullet=bullet if n == 0 else "")
        for n, p in enumerate(pieces)
    ]
