"""The numbers of the tracked needle in large type, grey once they are stale; measures nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.language import tr
from app.views.card_parts import Lines, put
from app.views.navigation_values import LiveText
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX
from app.views.parts import RaisedFrame, Tone, Words, column, heading
from app.views.wording import kept_together

_TILES = 3


class LiveCard(QWidget):
    """Off the axis, still to go, turned by; keeps its widgets when numbers change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Words(bold=True).wrapped()
        self._empty = Words(tone="secondary").wrapped()
        self._warning = Words(tone="caution", bold=True).wrapped()
        self._tiles = tuple(_LiveTile() for _ in range(_TILES))
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        for tile in self._tiles:
            row.addWidget(tile, 1)
        self._lines = Lines()
        layout = column(self)
        layout.addWidget(heading(tr("Tracked needle")))
        for part in (self._title, self._empty, self._warning, self._row, self._lines):
            layout.addWidget(part)
        self.set_text(LiveText())

    def set_text(self, text: LiveText) -> None:
        """Say all this."""
        put(self._title, text.title)
        put(self._empty, text.empty)
        put(self._warning, text.warning)
        if self._row.isHidden() != (not text.figures):
            self._row.setVisible(bool(text.figures))
        for tile, (figure, words) in zip(self._tiles, text.figures, strict=False):
            tile.say(figure, words, stale=text.stale)
        tone: Tone = "secondary" if text.stale else "text"
        self._lines.say(text.lines, [tone] * len(text.lines))


class _LiveTile(RaisedFrame):
    """One number that steers the hand."""

    def __init__(self) -> None:
        super().__init__(accented=True)
        inside = column(self, margin_steps=2, gap_steps=0)
        self._figure = Words(size_px=FIGURE_PX, bold=True)
        self._words = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        inside.addWidget(self._figure)
        inside.addWidget(self._words)
        inside.addStretch(1)

    def say(self, figure: str, words: str, *, stale: bool) -> None:
        """Show a number, of now or of a while ago."""
        tone: Tone = "secondary" if stale else "text"
        put(self._figure, figure, tone)
        put(self._words, kept_together(words))
        self.set_border(None if stale else "accent")
