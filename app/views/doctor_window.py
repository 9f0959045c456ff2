"""The window of what was found on this computer: one line each, with advice; looks at nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QWidget

from app.language import tr
from app.views.message_strip import MessageStrip
from app.views.palette import STEP_PX
from app.views.parts import PrimaryButton, Tick, Tone, Words, column
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip

_SIZE_PX = (860, 720)
Standing = Literal["ok", "note", "fault"]
_TONES: dict[Standing, Tone] = {"ok": "good", "note": "caution", "fault": "danger"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRow:
    """A line: how a thing stands, in a word too, what was found, and what to do about it."""

    standing: Standing
    word: str
    title: str
    found: str
    advice: str


class DoctorWindow(QWidget):
    """A window of its own.

    Signals
    -------
    check_requested
    copy_requested
        The report is wanted as text.
    support_requested
        A support file is wanted.
    cancel_requested
    """

    check_requested = Signal()
    copy_requested = Signal()
    support_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Check this computer"))
        self.resize(*_SIZE_PX)
        self._shown: tuple[DoctorRow, ...] = ()
        self.message, self.progress = MessageStrip(), ProgressStrip()
        self.progress.cancel_requested.connect(self.cancel_requested)
        self._summary = Words(bold=True).wrapped()
        self._rows = QScrollArea()
        self._rows.setWidgetResizable(True)
        self._rows.setFrameShape(QFrame.Shape.NoFrame)
        self._rows.setAccessibleName(tr("What was found"))
        self._ask_network = Tick(tr("Ask the image archives"))
        self._ask_network.setToolTip(tr("Each configured archive is asked to answer"))
        self._ask_network.setChecked(True)
        layout = column(self, margin_steps=3)
        for part in (self._summary, self.message):
            layout.addWidget(part)
        layout.addWidget(self._rows, 1)
        layout.addWidget(self.progress)
        layout.addLayout(self._buttons())
        self.set_busy(busy=False)

    @property
    def asks_network(self) -> bool:
        """Whether image archives are to be asked."""
        return self._ask_network.isChecked()

    def open(self) -> None:
        """Show the window, in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()

    def set_summary(self, text: str, tone: Tone) -> None:
        """Say in one sentence how the computer stands."""
        self._summary.setText(text)
        self._summary.set_tone(tone)

    def set_rows(self, rows: Sequence[DoctorRow]) -> None:
        """Show these lines."""
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 2 * STEP_PX, 0)
        grid.setHorizontalSpacing(4 * STEP_PX)
        grid.setVerticalSpacing(STEP_PX)
        grid.setColumnStretch(2, 1)
        top = Qt.AlignmentFlag.AlignTop
        for number, row in enumerate(rows):
            line = 3 * number
            grid.addWidget(Words(f"● {row.word}", tone=_TONES[row.standing]), line, 0, top)
            grid.addWidget(Words(row.title, bold=True), line, 1, top)
            grid.addWidget(_readable(row.found), line, 2)
            if row.advice:
                grid.addWidget(_readable(row.advice, "secondary"), line + 1, 2)
            grid.setRowMinimumHeight(line + 2, STEP_PX)
        grid.setRowStretch(3 * len(rows), 1)
        self._rows.setWidget(inside)
        self._shown = tuple(rows)
        self.set_busy(busy=False)

    @property
    def rows(self) -> tuple[DoctorRow, ...]:
        """The lines that are shown."""
        return self._shown

    def set_busy(self, *, busy: bool) -> None:
        """Allow asking again, copying and saving, or say why not."""
        wait = tr("The computer is being looked at.") if busy else ""
        nothing = wait or ("" if self._shown else tr("Nothing has been looked at yet."))
        self._again.setEnabled(not wait)
        self._again.setToolTip(plain_tip(wait or tr("Look at everything once more")))
        self._copy.setEnabled(not nothing)
        self._copy.setToolTip(plain_tip(nothing or tr("The report as text, for a mail")))
        self._support.setEnabled(not nothing)
        self._support.setToolTip(
            plain_tip(
                nothing or tr("For whoever looks after Trephine; you see first what it holds")
            )
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(560, 360)

    def _buttons(self) -> QHBoxLayout:
        self._again = QPushButton(tr("Check again"))
        self._again.clicked.connect(self.check_requested)
        self._copy = QPushButton(tr("Copy as text"))
        self._copy.clicked.connect(self.copy_requested)
        self._support = PrimaryButton(tr("Save a support file..."))
        self._support.clicked.connect(self.support_requested)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self._ask_network)
        row.addStretch(1)
        for button in (self._again, self._copy, self._support):
            row.addWidget(button)
        return row


def _readable(text: str, tone: Tone = "text") -> Words:
    """Return words that can be copied."""
    words = Words(text, tone=tone).wrapped()
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return words
