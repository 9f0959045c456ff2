"""Today's scan: how it fits, and carrying the plan over to it; registers and carries nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.language import tr
from app.views.parts import PrimaryButton
from app.views.scan_fit_panel import ScanFitPanel, combo_of
from app.views.scan_fit_values import ScanFitWords
from app.views.stale_list import StaleList
from app.views.todays_scan_values import StaleRow, TodaysScanText
from app.views.values import Choice


class TodaysScanPanel(ScanFitPanel):
    """Reading a scan made on the table, accepting its registration, carrying the plan over.

    Signals
    -------
    carry_requested, return_requested
    position_chosen : str
        Key of a choice.
    checked : str
        Key of a mask that lies where it should.
    visited : str
        Key of a mask that wants to be seen.
    """

    carry_requested = Signal()
    return_requested = Signal()
    position_chosen = Signal(str)
    checked = Signal(str)
    visited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            ScanFitWords(
                title=tr("Today's scan"),
                folder_tip=tr("A folder of DICOM with the CT that was made on the table"),
                file_tip=tr("An image file: NIfTI, NRRD or MetaImage"),
                discard_tip=tr("Forget the new scan"),
                keep=tr("Take unmoved"),
            ),
            parent,
        )
        self._position = combo_of(tr("The patient lay"))
        self._carry = PrimaryButton(tr("Carry the plan over"))
        self._return = QPushButton(tr("Back to the earlier CT"))
        self.stale = StaleList()
        self._tips |= {
            self._carry: tr("Make this scan the planning CT; masks and the selected path move"),
            self._return: tr("Open the case as it was before it was carried over"),
        }
        self._layout.insertWidget(self._layout.indexOf(self._result), self._position)
        self._choices.addWidget(self._carry)
        self._layout.addWidget(self._return)
        self._layout.addWidget(self.stale)
        self._carry.clicked.connect(self.carry_requested)
        self._return.clicked.connect(self.return_requested)
        self._position.activated.connect(
            lambda _row: self.position_chosen.emit(self._position.currentData())
        )
        self.stale.checked.connect(self.checked)
        self.stale.visited.connect(self.visited)
        self.set_text(TodaysScanText())
        self.set_pictures(())
        self.set_stale(())

    def set_text(self, text: TodaysScanText) -> None:
        """Say all this."""
        self.set_fit_text(text)
        self._position.setVisible(text.ask_position)
        if text.ask_position:
            with QSignalBlocker(self._position):
                self._position.setCurrentIndex(max(0, self._position.findData(text.position)))
        self._set_reason(self._carry, text.cannot_carry)
        self._set_reason(self._return, text.cannot_return)
        self._return.setVisible(not text.cannot_return)

    def set_positions(self, choices: tuple[Choice, ...]) -> None:
        """Offer how the patient may have lain, for a scan that does not say."""
        with QSignalBlocker(self._position):
            self._position.clear()
            for choice in choices:
                self._position.addItem(choice.text, choice.key)

    def set_stale(self, rows: tuple[StaleRow, ...]) -> None:
        """List the masks that are to be checked."""
        self.stale.set_rows(rows)
