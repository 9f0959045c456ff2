"""What the left mouse button does now: a button for each tool and a few words; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.views.icons import icon
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedWords
from app.views.plain_tip import plain_tip

_ICON_PX = 4 * STEP_PX
_WORDS_PX = 60 * STEP_PX


class ToolStrip(QWidget):
    """Stands where it is always seen; the tool in the hand is pressed in and named.

    Signals
    -------
    pressed : str
        Key of a button.
    """

    pressed = Signal(str)

    def __init__(
        self, tools: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """Show a button for each of `tools`: key, key of its icon, name."""
        super().__init__(parent)
        self._icons = {key: icon_key for key, icon_key, _ in tools}
        self._buttons = {key: self._button(key, name) for key, _, name in tools}
        self._words = ElidedWords(size_px=CAPTION_PX, tone="secondary")
        self._words.setMaximumWidth(_WORDS_PX)
        self._words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(STEP_PX, 0, STEP_PX, 0)
        row.setSpacing(0)
        row.addWidget(self._words)  # first: the buttons stay where they are
        row.addSpacing(STEP_PX)
        for button in self._buttons.values():
            row.addWidget(button)
        self._dress()

    def set_tool(self, key: str, *, on: bool, tip: str, reason: str) -> None:
        """Show one tool as it is: in the hand or not, what it does, or why it cannot be taken."""
        button = self._buttons[key]
        button.setChecked(on)
        button.setEnabled(not reason)
        button.setToolTip(plain_tip(f"{button.accessibleName()}\n{reason or tip}"))

    def set_words(self, text: str, *, special: bool) -> None:
        """Name what is in the hand; `special` if it is not what a window begins with."""
        self._words.setText(text)
        self._words.set_tone("accent" if special else "secondary")

    def text(self) -> str:
        """Return what is said to be in the hand."""
        return self._words.text()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _button(self, key: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setAccessibleName(name)
        button.clicked.connect(lambda: self.pressed.emit(key))
        return button

    def _dress(self) -> None:
        for key, button in self._buttons.items():
            button.setIcon(icon(self._icons[key]))
