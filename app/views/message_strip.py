"""One message in words where it arose, with a way to dismiss it; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.views.palette import STEP_PX
from app.views.parts import RaisedFrame, Tone, Words


class MessageStrip(QWidget):
    """Errors (red), cautions (amber) and notes; hidden while there is nothing to say.

    Signals
    -------
    dismissed
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = RaisedFrame()
        self._kind = Words(bold=True)
        self._text = Words().wrapped()
        close = QPushButton("Dismiss")
        close.clicked.connect(self._dismiss)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * STEP_PX, STEP_PX, 2 * STEP_PX, STEP_PX)
        outer.addWidget(self._frame)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(3 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        row.setSpacing(3 * STEP_PX)
        row.addWidget(self._kind)
        row.addWidget(self._text, 1)
        row.addWidget(close)
        self.setVisible(False)

    def show_error(self, text: str) -> None:
        """Say what went wrong and what to do next; stays until dismissed."""
        self._show("danger", "Error", text)

    def show_caution(self, text: str) -> None:
        """Say what the user should know before trusting what is shown."""
        self._show("caution", "Caution", text)

    def show_note(self, text: str) -> None:
        """Say something that needs no action."""
        self._show("secondary", "Note", text)

    def clear_message(self) -> None:
        """Hide the strip."""
        self.setVisible(False)

    def text(self) -> str:
        """Return the message shown, empty if there is none."""
        return "" if self.isHidden() else self._text.text()

    def _show(self, tone: Tone, kind: str, text: str) -> None:
        self._frame.set_border(tone)
        self._kind.set_tone(tone)
        self._kind.setText(kind)
        self._text.setText(text)
        self.setVisible(True)

    def _dismiss(self) -> None:
        self.clear_message()
        self.dismissed.emit()
