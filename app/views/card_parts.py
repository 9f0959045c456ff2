"""The pieces of the numbers card that keep their widgets when numbers change; know no numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from app.language import tr
from app.views.card_values import ShareRow
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX, STRUCTURE_COLOURS, TEXT_PX, colours
from app.views.parts import RaisedFrame, Tone, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.wording import kept_together

_BAR_PX = 3 * STEP_PX
_NAMED = 4


def put(words: Words, text: str, tone: Tone | None = None) -> None:
    """Show a text, hiding the label where there is none; leaves alone what says so already."""
    if words.text() != text:
        words.setText(text)
    if words.isHidden() != (not text):
        words.setVisible(bool(text))
    if tone is not None:
        words.set_tone(tone)


class Tile(RaisedFrame):
    """A number in large type with its unit and meaning below."""

    def __init__(self) -> None:
        super().__init__()
        inside = column(self, margin_steps=2, gap_steps=0)
        self._figure = Words(size_px=FIGURE_PX, bold=True)
        self._words = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        inside.addWidget(self._figure)
        inside.addWidget(self._words)
        inside.addStretch(1)

    def say(self, figure: str, words: str) -> None:
        """Show a number and what it is."""
        is_figure = any(letter.isdigit() for letter in figure)
        self._figure.set_size(FIGURE_PX if is_figure else TEXT_PX)  # words need more room
        put(self._figure, figure)
        put(self._words, kept_together(words))


class Lines(QWidget):
    """Lines of text under a heading; hides itself while it has none."""

    def __init__(
        self, title: str = "", *, size_px: int = TEXT_PX, tone: Tone = "text", bold: bool = False
    ) -> None:
        super().__init__()
        self._look = (size_px, tone, bold)
        self._layout: QVBoxLayout = column(self, gap_steps=1)
        self._lines: list[Words] = []
        if title:
            self._layout.addWidget(heading(title))
        self.hide()

    def say(self, texts: Sequence[str], tones: Sequence[Tone] = ()) -> None:
        """Show these lines, each in its tone where tones are given."""
        size_px, tone, bold = self._look
        while len(self._lines) < len(texts):
            line = Words(size_px=size_px, tone=tone, bold=bold).wrapped()
            self._lines.append(line)
            self._layout.addWidget(line)
        for number, line in enumerate(self._lines):
            text = texts[number] if number < len(texts) else ""
            put(line, text, tones[number] if number < len(tones) else None)
        if self.isHidden() != (not texts):
            self.setVisible(bool(texts))


class ShareBar(QWidget):
    """One bar divided by shares, with a legend; hovering a part tells what it stands for."""

    def __init__(self) -> None:
        super().__init__()
        layout = column(self, gap_steps=1)
        self._title = heading("")
        self._said = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._bar = _Bar()
        layout.addWidget(self._title)
        layout.addWidget(self._said)
        layout.addWidget(self._bar)
        self._legend = [_Entry() for _ in range(_NAMED)]
        for entry in self._legend:
            layout.addWidget(entry)

    def say(self, title: str, words: str, rows: tuple[ShareRow, ...]) -> None:
        """Show the shares, the largest first."""
        put(self._title, title.upper())
        put(self._said, words)
        self._bar.set_rows(rows)
        self._bar.setVisible(bool(rows))
        rest = sum(row.share for row in rows[_NAMED - 1 :])
        shown = list(rows) if len(rows) <= _NAMED else list(rows[: _NAMED - 1])
        if len(rows) > _NAMED:
            others = "\n".join(row.label for row in rows[_NAMED - 1 :])
            shown.append(ShareRow(key="", label=tr("all others"), share=rest, tip=others))
        for number, entry in enumerate(self._legend):
            entry.set_row(shown[number] if number < len(shown) else None, number)


class _Entry(Words):
    """One line of the legend: a square in the part's colour, its name and share."""

    def __init__(self) -> None:
        super().__init__(size_px=CAPTION_PX)
        self.setContentsMargins(4 * STEP_PX, 0, 0, 0)
        self._number = 0
        self.hide()

    def set_row(self, row: ShareRow | None, number: int) -> None:
        """Name one part, or nothing."""
        self._number = number
        if row is None:
            put(self, "")
            return
        put(self, tr("{label} {percent} %", label=row.label, percent=f"{100.0 * row.share:.0f}"))
        self.setToolTip(plain_tip(row.tip))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(
            QRectF(0.0, self.height() / 2.0 - 4.0, 8.0, 8.0), QColor(_colour(self._number))
        )
        painter.end()


class _Bar(QWidget):
    """The bar alone."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ShareRow, ...] = ()
        self.setFixedHeight(_BAR_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("What the score lost, by wish"))

    def set_rows(self, rows: tuple[ShareRow, ...]) -> None:
        if rows != self._rows:
            self._rows = rows
            self.setAccessibleDescription(", ".join(f"{r.label} {r.share:.2f}" for r in rows))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(40 * STEP_PX, _BAR_PX)

    def row_at(self, place: QPoint) -> ShareRow | None:
        """Return the part under a place."""
        reached = 0.0
        for row in self._rows:
            reached += row.share
            if place.x() < reached * self.width():
                return row
        return None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            row = self.row_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if row is None else row.tip, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, left = QPainter(self), 0.0
        painter.setClipRect(event.rect())
        painter.fillRect(self.rect(), QColor(colours().line))
        for number, row in enumerate(self._rows):
            wide = row.share * self.width()
            named = min(number, _NAMED - 1) if len(self._rows) > _NAMED else number
            painter.fillRect(QRectF(left, 0.0, wide, self.height()), QColor(_colour(named)))
            painter.fillRect(
                QRectF(left + wide - 1.0, 0.0, 1.0, self.height()), QColor(colours().panel)
            )
            left += wide
        painter.end()


def _colour(number: int) -> str:
    return STRUCTURE_COLOURS[number % len(STRUCTURE_COLOURS)]


def caption(text: str = "") -> Words:
    """Return small secondary words that wrap."""
    return Words(text, size_px=CAPTION_PX, tone="secondary").wrapped()
