"""The regions of a file that may join the case, each with the role it is to have; reads none."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, PrimaryButton, RaisedFrame, Tick, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.values import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class AddingRow:
    """One region of a file; `role` is the key of the role it is known to have, or empty."""

    name: str
    role: str = ""
    ticked: bool = True


class AddingPanel(RaisedFrame):
    """Asks which regions are wanted, and what each is; hidden while nothing is asked.

    Signals
    -------
    add_requested : tuple of (int, str)
        Numbers of the wanted rows, and the roles they were given.
    open_instead
        The file is to be opened as a case of its own.
    given_up
    """

    add_requested = Signal(object)
    open_instead = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__(accented=True)
        self._roles: tuple[Choice, ...] = ()
        self._rows: list[tuple[Tick, ElidedCombo]] = []
        self._file = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(STEP_PX)
        self._grid.setColumnStretch(1, 1)
        self._problem = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._add = PrimaryButton(tr("Add"))
        self._cancel = QPushButton(tr("Cancel"))
        self._open = QPushButton(tr("Open as a case"))
        self._open.setToolTip(tr("It is an image, not masks: open it instead of this case"))
        answers = QHBoxLayout()
        answers.setSpacing(STEP_PX)
        for button in (self._add, self._cancel):
            answers.addWidget(button)
        answers.addStretch(1)
        layout = column(self, margin_steps=2)
        layout.addWidget(heading(tr("Add structures")))
        layout.addWidget(self._file)
        layout.addLayout(answers)  # above the regions, of which there may be many
        layout.addWidget(self._problem)
        layout.addWidget(self._open)
        layout.addWidget(self._inside)
        self._add.clicked.connect(self._tell)
        self._cancel.clicked.connect(self.given_up)
        self._open.clicked.connect(self.open_instead)
        self.setVisible(False)

    def set_roles(self, choices: tuple[Choice, ...]) -> None:
        """Offer these roles for whatever is asked about next."""
        self._roles = choices

    def ask(self, file: str, rows: tuple[AddingRow, ...], *, may_open: bool) -> None:
        """Ask about the regions of a file; `may_open`: it could be an image to be opened."""
        self._clear()
        self._file.setText(file)
        for number, row in enumerate(rows):
            tick, roles = Tick(row.name), ElidedCombo()
            tick.setChecked(row.ticked)
            tick.setToolTip(plain_tip(row.name))
            roles.addItem(tr("Choose its role"), "")
            for choice in self._roles:
                roles.addItem(choice.text, choice.key)
            roles.setCurrentIndex(max(0, roles.findData(row.role)))
            roles.setAccessibleName(tr("Role of {name}", name=row.name))
            tick.toggled.connect(self._show_why)
            roles.activated.connect(lambda _, tick=tick: tick.setChecked(True))
            roles.currentIndexChanged.connect(self._show_why)
            self._grid.addWidget(tick, 2 * number, 0, 1, 2)
            self._grid.addWidget(roles, 2 * number + 1, 1)
            self._rows.append((tick, roles))
        self._open.setVisible(may_open)
        self._show_why()
        self.setVisible(True)
        if self._rows:
            self._rows[0][1].setFocus()

    def withdraw(self) -> None:
        """Ask no longer."""
        self.setVisible(False)
        self._clear()

    def say(self, problem: str) -> None:
        """Say why nothing was added."""
        self._problem.set_tone("danger")
        self._problem.setText(problem)
        self._problem.setVisible(True)

    def _clear(self) -> None:
        for widgets in self._rows:
            for widget in widgets:
                self._grid.removeWidget(widget)
                widget.setParent(None)
                widget.deleteLater()
        self._rows = []

    def _show_why(self) -> None:
        ticked = [roles.currentData() for tick, roles in self._rows if tick.isChecked()]
        reason = ""
        if not self._rows:
            reason = tr("This file holds nothing that is drawn.")
        elif not ticked:
            reason = tr("Tick what is to be added.")
        elif not all(ticked):
            reason = tr("Say of each ticked structure what it is.")
        self._add.setEnabled(not reason)
        self._add.setToolTip(plain_tip(reason))
        self._problem.set_tone("secondary")
        self._problem.setText(reason)
        self._problem.setVisible(bool(reason))

    def _tell(self) -> None:
        wanted = tuple(
            (number, str(roles.currentData()))
            for number, (tick, roles) in enumerate(self._rows)
            if tick.isChecked()
        )
        self.add_requested.emit(wanted)
