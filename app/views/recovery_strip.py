"""Offers work that a crash left behind, on one line that blocks nothing; recovers nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import STEP_PX
from app.views.parts import RaisedFrame, Words
from app.views.plain_tip import plain_tip


class RecoveryStrip(QWidget):
    """One offer at a time; hidden while there is none.

    Signals
    -------
    recover_requested, discard_requested, later_requested : str
        Key of the offer.
    """

    recover_requested = Signal(str)
    discard_requested = Signal(str)
    later_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = ""
        frame = RaisedFrame()
        frame.set_border("accent")
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * STEP_PX, STEP_PX, 2 * STEP_PX, STEP_PX)
        outer.addWidget(frame)
        row = QHBoxLayout(frame)
        row.setContentsMargins(3 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        row.setSpacing(3 * STEP_PX)
        self._text = Words().wrapped()
        row.addWidget(self._text, 1)
        self._recover = QPushButton(tr("Recover"))
        discard, later = QPushButton(tr("Discard")), QPushButton(tr("Later"))
        discard.setToolTip(tr("Kept aside for another week, then removed"))
        later.setToolTip(tr("Offered again at the next start, and under Case"))
        for button, signal in (
            (self._recover, self.recover_requested),
            (discard, self.discard_requested),
            (later, self.later_requested),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self._key))
            row.addWidget(button)
        self.setVisible(False)

    def set_offer(self, key: str, text: str, problem: str = "") -> None:
        """Offer this; with a problem it cannot be recovered, but stays until it is discarded."""
        self._key = key
        self._text.setText(text)
        self._recover.setEnabled(not problem)
        self._recover.setToolTip(plain_tip(problem))
        self.setVisible(True)

    def clear_offer(self) -> None:
        """Offer nothing."""
        self._key = ""
        self.setVisible(False)

    def text(self) -> str:
        """Return what is offered, empty if nothing is."""
        return "" if self.isHidden() else self._text.text()
