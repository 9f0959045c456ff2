"""The control CT of a review: which it is, how it fits, who accepted that; registers nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.language import tr
from app.views.parts import PrimaryButton, Words
from app.views.plain_tip import plain_tip
from app.views.review_step_values import ControlText
from app.views.scan_fit_panel import ScanFitPanel, combo_of, row_of, say
from app.views.scan_fit_values import ScanFitWords


class ControlPanel(ScanFitPanel):
    """Reading a control CT, judging its registration, accepting it.

    Signals
    -------
    accept_requested, read_requested, remove_requested
    review_chosen : str
        Key of a control CT that was reviewed before.
    """

    accept_requested = Signal()
    read_requested = Signal()
    remove_requested = Signal()
    review_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            ScanFitWords(
                title=tr("Control CT"),
                folder_tip=tr("A folder of DICOM with the CT that shows the needle"),
                file_tip=tr("An image file: NIfTI, NRRD or MetaImage"),
                discard_tip=tr("Forget the control CT; a review of it stays with the case"),
                keep=tr("Nobody moved"),
            ),
            parent,
        )
        self._is_unfolded = False
        self._accepted_text = ""
        self._reviews = combo_of(tr("Reviewed control CT"))
        self._cautions = Words(tone="caution").wrapped()
        self._accepted = Words(tone="good").wrapped()
        self._unread = Words(tone="caution").wrapped()
        self._accept = PrimaryButton(tr("Accept the registration"))
        self._unfold = QPushButton()
        self._read = QPushButton(tr("Read it again"))
        self._remove = QPushButton(tr("Remove"))
        self._tips |= {
            self._keep: tr("Same frame of reference, and the patient did not move: take it as is"),
            self._accept: tr("The pictures agree: needles of this CT are compared with the plan"),
            self._read: tr("Read the control CT from where it was, and show it in the slices"),
            self._remove: tr("Take the review of this control CT out of the case"),
        }
        place = self._layout.indexOf(self._result)
        self._again = QWidget()
        again = row_of(self._unfold, self._remove)
        again.setContentsMargins(0, 0, 0, 0)
        self._again.setLayout(again)
        for part in (self._cautions, self._unread, self._read, self._accepted, self._again):
            self._layout.insertWidget(place, part)
            place += 1
        self._layout.insertWidget(2, self._reviews)
        self._choices.addWidget(self._accept)
        self._accept.clicked.connect(self.accept_requested)
        self._read.clicked.connect(self.read_requested)
        self._remove.clicked.connect(self.remove_requested)
        self._unfold.clicked.connect(self._toggle)
        self._reviews.activated.connect(
            lambda _row: self.review_chosen.emit(self._reviews.currentData())
        )
        self.set_text(ControlText())
        self.set_pictures(())

    def set_text(self, text: ControlText) -> None:
        """Say all this."""
        if bool(text.accepted) is not bool(self._accepted_text):
            self._is_unfolded = not text.accepted
        self._accepted_text = text.accepted
        self.set_fit_text(text)
        say(self._cautions, "\n".join(text.cautions))
        say(self._accepted, text.accepted)
        say(self._unread, text.unread)
        self._set_reason(self._accept, text.cannot_accept)
        self._set_reason(self._read, text.cannot_read)
        self._read.setVisible(bool(text.unread))
        self._remove.setToolTip(plain_tip(self._tips[self._remove]))
        with QSignalBlocker(self._reviews):
            self._reviews.clear()
            for choice in text.reviews:
                self._reviews.addItem(choice.text, choice.key)
            self._reviews.setCurrentIndex(self._reviews.findData(text.current_review))
        self._reviews.setVisible(len(text.reviews) > 1)
        self._again.setVisible(bool(text.accepted))
        self._fold(has_scan=bool(text.scan))

    def _toggle(self) -> None:
        self._is_unfolded = not self._is_unfolded
        self._fold(has_scan=not self._scan.isHidden())

    def _fold(self, *, has_scan: bool) -> None:
        """Show the pictures and the adjustment only while somebody has to look at them."""
        self._result.setVisible(has_scan and (self._is_unfolded or not self._accepted_text))
        self._unfold.setVisible(has_scan)
        self._unfold.setText(tr("Hide the fit") if self._is_unfolded else tr("Show the fit"))
        self._unfold.setToolTip(tr("Pictures of both scans, and adjusting them by hand"))
