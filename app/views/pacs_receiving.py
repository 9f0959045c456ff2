"""The line that says whether series may be sent here, and what has come; receives nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import STEP_PX
from app.views.parts import ElidedWords, Tick
from app.views.plain_tip import plain_tip


class PacsReceiving(QWidget):
    """A tick, a sentence, and a button for what has arrived last.

    Signals
    -------
    toggled : bool
        The user switches the receiver.
    open_requested
        The user wants to see what has arrived last.
    """

    toggled = Signal(bool)
    open_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tick = Tick(tr("Receive"))
        self._text = ElidedWords(tr("Nothing is received."), tone="secondary")
        self._open = QPushButton(tr("Open what arrived"))
        self._open.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * STEP_PX)
        row.addWidget(self._tick)
        row.addWidget(self._text, 1)
        row.addWidget(self._open)
        self._open.hide()
        self._tick.toggled.connect(self.toggled)
        self._open.clicked.connect(self.open_requested)
        self.set_ready("")

    def set_ready(self, reason: str) -> None:
        """Allow switching if `reason` is empty; otherwise say why not."""
        tip = tr("Take series that the servers send of their own accord")
        self._tick.setEnabled(not reason)
        self._tick.setToolTip(plain_tip(reason or tip))

    def set_on(self, *, on: bool, text: str) -> None:
        """Show whether it is on, without emitting."""
        with QSignalBlocker(self._tick):
            self._tick.setChecked(on)
        self._text.setText(text)

    def set_arrived(self, text: str) -> None:
        """Say what has arrived, and offer to open it."""
        self._text.setText(text)
        self._open.show()
