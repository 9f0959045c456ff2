"""Today's scan: which it is, how well it fits, and what to do with it; registers nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.language import mark, tr
from app.views.compared_pictures import ComparedPictures
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX
from app.views.parts import ElidedCombo, PrimaryButton, Tick, Words, column, heading
from app.views.progress_strip import ProgressStrip
from app.views.stale_list import StaleList
from app.views.todays_scan_values import ComparedPicture, StaleRow, TodaysScanText
from app.views.values import Choice

_AXES = (
    (mark("to the left"), mark("about left-right")),
    (mark("to the back"), mark("about front-back")),
    (mark("to the head"), mark("about head-feet")),
)
_MOST_MM, _MOST_DEG = 200.0, 45.0
_STEP_MM, _STEP_DEG = 0.5, 0.5


class TodaysScanPanel(QWidget):
    """Reading a scan made on the table, accepting its registration, carrying the plan over.

    Signals
    -------
    file_requested, folder_requested, register_requested, keep_requested, carry_requested
    discard_requested, return_requested
    series_chosen, position_chosen : str
        Key of a choice.
    patient_confirmed : bool
        Whether the user says that it is the same patient.
    checkerboard_chosen : bool
    nudged : tuple, tuple
        Shift (mm, LPS) and turn (degrees about LPS x, y, z) beyond what was registered.
    checked : str
        Key of a mask that lies where it should.
    visited : str
        Key of a mask that wants to be seen.
    """

    file_requested = Signal()
    folder_requested = Signal()
    register_requested = Signal()
    keep_requested = Signal()
    carry_requested = Signal()
    discard_requested = Signal()
    return_requested = Signal()
    series_chosen = Signal(str)
    position_chosen = Signal(str)
    patient_confirmed = Signal(bool)
    checkerboard_chosen = Signal(bool)
    nudged = Signal(object, object)
    checked = Signal(str)
    visited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = ProgressStrip(narrow=True)
        self._build_parts()
        layout = column(self)
        layout.addWidget(heading(tr("Today's scan")))
        layout.addWidget(self._hint)
        layout.addLayout(_row(self._folder, self._file))
        layout.addWidget(self._series)
        layout.addWidget(self.progress)
        layout.addWidget(self._scan)
        layout.addWidget(self._confirm_words)
        layout.addWidget(self._confirm)
        layout.addWidget(self._position)
        layout.addWidget(self._result)
        layout.addWidget(self._return)
        layout.addWidget(self.stale)
        self._connect()
        self.set_text(TodaysScanText())
        self.set_pictures(())
        self.set_stale(())

    def set_text(self, text: TodaysScanText) -> None:
        """Say all this."""
        _say(self._hint, text.hint)
        _say(self._scan, text.scan)
        _fill(self._series, text.series, text.current_series)
        _say(
            self._confirm_words,
            tr("Another patient? The scans name {what}.", what=text.other_patient)
            if text.other_patient
            else "",
        )
        self._confirm.setVisible(bool(text.other_patient))
        with QSignalBlocker(self._confirm):
            self._confirm.setChecked(text.patient_confirmed)
        self._position.setVisible(text.ask_position)
        if text.ask_position:
            with QSignalBlocker(self._position):
                self._position.setCurrentIndex(max(0, self._position.findData(text.position)))
        self._result.setVisible(bool(text.scan))
        self._residual.setText(text.residual)
        self._residual.setVisible(bool(text.residual))
        for words in (self._residual, self._verdict):
            words.set_tone(text.tone)
        _say(self._verdict, text.verdict)
        _say(self._facts, "\n".join(text.facts))
        for button, reason in (
            (self._folder, text.cannot_open),
            (self._file, text.cannot_open),
            (self._register, text.cannot_register),
            (self._keep, text.cannot_keep),
            (self._carry, text.cannot_carry),
            (self._discard, text.cannot_discard),
            (self._return, text.cannot_return),
        ):
            button.setEnabled(not reason)
            button.setToolTip(reason or self._tips[button])
        self._return.setVisible(not text.cannot_return)
        has_registration = bool(text.residual)
        for part in (self._checkerboard, self._legend, self._nudge_words, self._nudges):
            part.setVisible(has_registration)

    def set_positions(self, choices: tuple[Choice, ...]) -> None:
        """Offer how the patient may have lain, for a scan that does not say."""
        with QSignalBlocker(self._position):
            self._position.clear()
            for choice in choices:
                self._position.addItem(choice.text, choice.key)

    def set_pictures(self, pictures: tuple[ComparedPicture, ...]) -> None:
        """Show both scans together."""
        self.pictures.set_pictures(pictures)

    def set_stale(self, rows: tuple[StaleRow, ...]) -> None:
        """List the masks that are to be checked."""
        self.stale.set_rows(rows)

    def reset_nudge(self) -> None:
        """Put the six numbers of the adjustment by hand to zero, without emitting."""
        for box in self._boxes:
            with QSignalBlocker(box):
                box.setValue(0.0)

    def _build_parts(self) -> None:
        self._hint = Words(tone="secondary").wrapped()
        self._scan = Words().wrapped()
        self._folder, self._file = QPushButton(tr("Folder...")), QPushButton(tr("File..."))
        self._series, self._position = _combo(tr("Series")), _combo(tr("The patient lay"))
        self._confirm_words = Words(tone="danger").wrapped()
        self._confirm = Tick(tr("It is the same patient"))
        self._residual = Words(size_px=FIGURE_PX, bold=True)
        self._verdict = Words().wrapped()
        self._facts = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self.pictures = ComparedPictures()
        self._legend = Words(
            tr("Orange: planning CT alone. Blue: new scan alone. Grey: both agree."),
            size_px=CAPTION_PX,
            tone="secondary",
        ).wrapped()
        self._checkerboard = Tick(tr("Checkerboard"))
        self._nudge_words = Words(
            tr("Adjust by hand: moves the new scan"), size_px=CAPTION_PX, tone="secondary"
        ).wrapped()
        self._boxes = (
            *(_box(tr(way), " mm", _MOST_MM, _STEP_MM) for way, _ in _AXES),
            *(_box(tr(turn), "\N{DEGREE SIGN}", _MOST_DEG, _STEP_DEG) for _, turn in _AXES),
        )
        self._nudges = self._nudge_grid()
        self._register = QPushButton(tr("Register again"))
        self._keep = QPushButton(tr("Take unmoved"))
        self._discard = QPushButton(tr("Discard"))
        self._carry = PrimaryButton(tr("Carry the plan over"))
        self._return = QPushButton(tr("Back to the earlier CT"))
        self.stale = StaleList()
        self._result = self._result_part()
        self._tips = {
            self._folder: tr("A folder of DICOM with the CT that was made on the table"),
            self._file: tr("An image file: NIfTI, NRRD or MetaImage"),
            self._register: tr("Fit the bone near the lesion again, without what was done by hand"),
            self._keep: tr("Both scans say that they lie in one frame: leave them as they are"),
            self._carry: tr("Make this scan the planning CT; masks and the selected path move"),
            self._discard: tr("Forget the new scan"),
            self._return: tr("Open the case as it was before it was carried over"),
        }

    def _result_part(self) -> QWidget:
        part = QWidget()
        layout = column(part)
        for widget in (
            self._residual,
            self._verdict,
            self.pictures,
            self._legend,
            self._checkerboard,
            self._carry,
            self._discard,
            self._facts,
            self._nudge_words,
            self._nudges,
            self._register,
            self._keep,
        ):
            layout.addWidget(widget)
        return part

    def _nudge_grid(self) -> QWidget:
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(STEP_PX)
        for number, names in enumerate(_AXES):
            for side, name in enumerate(names):
                place = QVBoxLayout()
                place.setSpacing(0)
                place.addWidget(Words(tr(name), size_px=CAPTION_PX, tone="secondary"))
                place.addWidget(self._boxes[number + 3 * side])
                grid.addLayout(place, number, side)
        return part

    def _connect(self) -> None:
        for button, signal in (
            (self._folder, self.folder_requested),
            (self._file, self.file_requested),
            (self._register, self.register_requested),
            (self._keep, self.keep_requested),
            (self._discard, self.discard_requested),
            (self._carry, self.carry_requested),
            (self._return, self.return_requested),
        ):
            button.clicked.connect(signal)
        for combo, chosen in (
            (self._series, self.series_chosen),
            (self._position, self.position_chosen),
        ):
            combo.activated.connect(
                lambda _row, combo=combo, chosen=chosen: chosen.emit(combo.currentData())
            )
        self._confirm.toggled.connect(self.patient_confirmed)
        self._checkerboard.toggled.connect(self.checkerboard_chosen)
        self.stale.checked.connect(self.checked)
        self.stale.visited.connect(self.visited)
        for box in self._boxes:
            box.valueChanged.connect(self._nudge)

    def _nudge(self) -> None:
        values = [box.value() for box in self._boxes]
        self.nudged.emit(tuple(values[:3]), tuple(values[3:]))


def _say(words: Words, text: str) -> None:
    words.setText(text)
    words.setVisible(bool(text))


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(STEP_PX)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row


def _combo(name: str) -> QComboBox:
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    return combo


def _fill(combo: QComboBox, choices: tuple[Choice, ...], current: str) -> None:
    with QSignalBlocker(combo):
        combo.clear()
        for choice in choices:
            combo.addItem(choice.text, choice.key)
        combo.setCurrentIndex(combo.findData(current))
        combo.setPlaceholderText(tr("Choose a series"))
    combo.setVisible(bool(choices))


def _box(name: str, suffix: str, most: float, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-most, most)
    box.setSingleStep(step)
    box.setDecimals(1)
    box.setSuffix(suffix)
    box.setAccessibleName(name)
    box.setToolTip(name)
    return box
