"""Asks whether a review shall be kept in the registry, and says where; keeps nothing."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import PrimaryButton, RaisedFrame, Words, column
from app.views.plain_tip import plain_tip

_LAID_OUT_MS = 50


class StoreQuestion(RaisedFrame):
    """What would be kept where, with a button for each answer; hidden while nothing is asked.

    Signals
    -------
    confirmed, given_up
    """

    confirmed = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__(accented=True)
        self._what = Words().wrapped()
        self._where = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._yes = PrimaryButton(tr("Store"))
        self._no = QPushButton(tr("Do not store"))
        answers = QHBoxLayout()
        answers.setSpacing(2 * STEP_PX)
        for button in (self._yes, self._no):
            answers.addWidget(button)
        answers.addStretch(1)
        layout = column(self, margin_steps=2)
        layout.addWidget(self._what)
        layout.addWidget(self._where)
        layout.addLayout(answers)
        self._yes.clicked.connect(self.confirmed)
        self._no.clicked.connect(self.given_up)
        self.setVisible(False)

    def ask(self, what: str, where: str) -> None:
        """Ask; the answer is one press of a key away."""
        self._what.setText(what)
        self._where.setText(where)
        self._where.setToolTip(plain_tip(where))
        self.setAccessibleName(what)
        self.setVisible(True)
        self._yes.setFocus()
        QTimer.singleShot(_LAID_OUT_MS, self._come_into_sight)

    def _come_into_sight(self) -> None:
        """Scroll the panel to the question, which stands at its end."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(self)

    def withdraw(self) -> None:
        """Ask no longer."""
        self.setVisible(False)
