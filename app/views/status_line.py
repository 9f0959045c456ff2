"""The line at the bottom: what was just said, tools, how the plan was made; decides nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QStatusBar, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedWords, Tone, Words


class StatusLine(QStatusBar):
    """Words on the left, and on the right what is always to be seen."""

    def __init__(self, notice: str, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._said, self._planned = ElidedWords(size_px=CAPTION_PX), Words(size_px=CAPTION_PX)
        warned = Words(notice, size_px=CAPTION_PX, tone="caution")
        named = Words(version, size_px=CAPTION_PX)
        for label in (self._said, self._planned, warned, named):
            label.setContentsMargins(2 * STEP_PX, 0, 2 * STEP_PX, 0)
        self.addWidget(self._said, 1)
        for label in (self._planned, warned, named):
            self.addPermanentWidget(label)

    def say(self, text: str, tone: Tone = "text") -> None:
        """Say something short; empty names the keys to begin with."""
        keys = tr("E entry   T tip   A by hand   M heat map   F3 along the needle   F1 keys")
        self._said.set_tone(tone)
        self._said.setText(text or keys)

    @property
    def said(self) -> str:
        """What is said."""
        return self._said.text()

    def say_planned(self, text: str) -> None:
        """Say how the plan was made."""
        self._planned.setText(text)

    def add(self, part: QWidget) -> None:
        """Put something small beside what is said."""
        self.insertPermanentWidget(1, part)  # 0 is what is said
