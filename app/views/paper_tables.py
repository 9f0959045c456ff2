"""Tables and facts of a printed page: cells that break their own lines; adds none up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.views.paper import (
    INK,
    LINE,
    QUIET,
    Block,
    Drawn,
    Text,
    line_px,
    lines_of,
    paper_font,
    write_lines,
)

_CELL_GAP_PX = 8.0
_WORD_PX = 130.0  # longer words of a table are broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table, of cells side by side; each cell breaks its own lines.

    Parameters
    ----------
    shares : tuple of float
        Of the width, for each cell.
    head : Row or None
        The heading of the table; None for the heading itself, and where there is none.
    ruled : bool
        Whether a thin line stands under it.
    least_px : tuple of float
        Widths that cells have at least, if all of them find room.
    """

    cells: tuple[str, ...]
    shares: tuple[float, ...]
    size_px: int
    tones: tuple[str, ...] = ()
    bold_first: bool = False
    head: Row | None = None
    ruled: bool = False
    keeps_next: bool = False
    least_px: tuple[float, ...] = ()

    @property
    def repeated(self) -> Block | None:
        """The heading of the table."""
        return self.head

    def height_px(self, width_px: float) -> float:
        """Return how high its highest cell is."""
        lines = [len(lines) for _, _, lines in self._laid_out(width_px)]
        return max(lines, default=1) * line_px(self.size_px) + 3.0

    def paint(self, painter: QPainter, room: QRectF) -> None:
        """Paint all cells."""
        for number, (left, _, lines) in enumerate(self._laid_out(room.width())):
            tone = self.tones[number] if number < len(self.tones) else INK
            corner = room.topLeft() + QPointF(left, 1.0)
            bold = self.bold_first and number == 0
            write_lines(painter, corner, lines, self.size_px, bold=bold, tone=tone)
        if self.ruled:
            painter.setPen(QPen(QColor(LINE), 0.7))
            y = room.bottom() - 0.7
            painter.drawLine(QLineF(room.left(), y, room.right(), y))

    def _laid_out(self, width_px: float) -> list[tuple[float, float, tuple[str, ...]]]:
        """Return left edge, width and lines of each cell."""
        left, found = 0.0, []
        widths = _widths(width_px, self.shares, self.least_px)
        for number, (cell, wide) in enumerate(zip(self.cells, widths, strict=True)):
            bold = self.bold_first and number == 0
            fits = wide - (_CELL_GAP_PX if number < len(self.cells) - 1 else 0.0)
            found.append((left, wide, lines_of(cell, self.size_px, fits, bold=bold)))
            left += wide
        return found


def _widths(
    width_px: float, shares: Sequence[float], least_px: Sequence[float]
) -> tuple[float, ...]:
    """Return the widths of cells: by their shares, but none too narrow for its longest word."""
    widths = [width_px * share / sum(shares) for share in shares]
    if not least_px or sum(least_px) > width_px:
        return tuple(widths)
    missing = sum(max(0.0, least - wide) for wide, least in zip(widths, least_px, strict=True))
    spare = sum(max(0.0, wide - least) for wide, least in zip(widths, least_px, strict=True))
    given = missing / spare if spare > 0.0 else 0.0
    return tuple(
        least if wide <= least else wide - given * (wide - least)
        for wide, least in zip(widths, least_px, strict=True)
    )


def _longest_word_px(texts: Sequence[str], size_px: int) -> float:
    metrics = QFontMetricsF(paper_font(size_px, bold=True))
    words = (word for text in texts for word in text.split())
    return max((metrics.horizontalAdvance(word) for word in words), default=0.0) + _CELL_GAP_PX


def kept_together(block: Block) -> Block:
    """Return a block that is not parted from the next one."""
    if isinstance(block, Text | Row | Drawn):
        return replace(block, keeps_next=True)
    return block


def facts(
    pairs: Sequence[tuple[str, str]], size_px: int, *, name_share: float = 0.3
) -> list[Block]:
    """Return names with what is known, in two columns; a fact may take several lines."""
    return [
        Row(
            cells=(name, fact),
            shares=(name_share, 1.0 - name_share),
            size_px=size_px,
            tones=(QUIET, INK),
        )
        for name, fact in pairs
    ]


def facts_in_pairs(pairs: Sequence[tuple[str, str]], size_px: int) -> list[Block]:
    """Return names with what is known, two of them side by side."""
    found: list[Block] = []
    for number in range(0, len(pairs), 2):
        both = [*pairs[number : number + 2], ("", "")][:2]
        found.append(
            Row(
                cells=(*both[0], *both[1]),
                shares=(0.17, 0.33, 0.17, 0.33),
                size_px=size_px,
                tones=(QUIET, INK, QUIET, INK),
            )
        )
    return found


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    size_px: int,
    *,
    bold_first: bool = True,
) -> list[Block]:
    """Return a table whose heading comes again in every new column."""
    least = tuple(
        min(_WORD_PX, _longest_word_px(column, size_px))
        for column in zip(header, *rows, strict=True)
    )
    head = Row(
        cells=tuple(header),
        shares=tuple(shares),
        size_px=size_px,
        tones=(QUIET,) * len(header),
        ruled=True,
        keeps_next=True,
        least_px=least,
    )
    return [
        head,
        *(
            Row(
                cells=tuple(row),
                shares=tuple(shares),
                size_px=size_px,
                bold_first=bold_first,
                head=head,
                ruled=True,
                least_px=least,
            )
            for row in rows
        ),
    ]
