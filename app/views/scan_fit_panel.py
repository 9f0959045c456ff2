"""Fitting a further scan to the planning CT: which it is, how well it fits; registers nothing.

What becomes of the scan is for panels that build on this one.
"""

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
from app.views.parts import ElidedCombo, Tick, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip
from app.views.scan_fit_values import ComparedPicture, ScanFitText, ScanFitWords
from app.views.values import Choice

_AXES = (
    (mark("to the left"), mark("about left-right")),
    (mark("to the back"), mark("about front-back")),
    (mark("to the head"), mark("about head-feet")),
)
_MOST_MM, _MOST_DEG = 200.0, 45.0
_STEP_MM, _STEP_DEG = 0.5, 0.5
_BOX_PX = 24 * STEP_PX


class ScanFitPanel(QWidget):
    """Reading a scan, and judging or adjusting how it fits.

    Signals
    -------
    file_requested, folder_requested, register_requested, keep_requested, discard_requested
    series_chosen : str
        Key of a choice.
    patient_confirmed : bool
        Whether the user says that it is the same patient.
    checkerboard_chosen : bool
    nudged : tuple, tuple
        Shift (mm, LPS) and turn (degrees about LPS x, y, z) beyond what was registered.
    """

    file_requested = Signal()
    folder_requested = Signal()
    register_requested = Signal()
    keep_requested = Signal()
    discard_requested = Signal()
    series_chosen = Signal(str)
    patient_confirmed = Signal(bool)
    checkerboard_chosen = Signal(bool)
    nudged = Signal(object, object)

    def __init__(self, words: ScanFitWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = ProgressStrip(narrow=True)
        self._build_fit_parts(words)
        self._result, self._choices = self._result_part()
        layout = self._layout = column(self)
        layout.addWidget(heading(words.title))
        layout.addWidget(self._hint)
        layout.addLayout(row_of(self._folder, self._file))
        layout.addWidget(self._series)
        layout.addWidget(self.progress)
        layout.addWidget(self._scan)
        layout.addWidget(self._confirm_words)
        layout.addWidget(self._confirm)
        layout.addWidget(self._result)
        self._connect_fit()

    def set_fit_text(self, text: ScanFitText) -> None:
        """Say all this."""
        say(self._hint, text.hint)
        say(self._scan, text.scan)
        _fill(self._series, text.series, text.current_series)
        say(
            self._confirm_words,
            tr("Another patient? The scans name {what}.", what=text.other_patient)
            if text.other_patient
            else "",
        )
        self._confirm.setVisible(bool(text.other_patient))
        with QSignalBlocker(self._confirm):
            self._confirm.setChecked(text.patient_confirmed)
        self._result.setVisible(bool(text.scan))
        self._residual.setText(text.residual)
        self._residual.setVisible(bool(text.residual))
        for words in (self._residual, self._verdict):
            words.set_tone(text.tone)
        say(self._verdict, text.verdict)
        say(self._facts, "\n".join(text.facts))
        for button, reason in (
            (self._folder, text.cannot_open),
            (self._file, text.cannot_open),
            (self._register, text.cannot_register),
            (self._keep, text.cannot_keep),
            (self._discard, text.cannot_discard),
        ):
            self._set_reason(button, reason)
        has_registration = bool(text.residual)
        for part in (self._checkerboard, self._legend, self._nudge_words, self._nudges):
            part.setVisible(has_registration)

    def set_pictures(self, pictures: tuple[ComparedPicture, ...]) -> None:
        """Show both scans together."""
        self.pictures.set_pictures(pictures)

    def reset_nudge(self) -> None:
        """Put the six numbers of the adjustment by hand to zero, without emitting."""
        for box in self._boxes:
            with QSignalBlocker(box):
                box.setValue(0.0)

    def _set_reason(self, button: QPushButton, reason: str) -> None:
        """Enable a button if `reason` is empty; otherwise disable it and say why."""
        button.setEnabled(not reason)
        button.setToolTip(plain_tip(reason or self._tips[button]))

    def _build_fit_parts(self, words: ScanFitWords) -> None:
        self._hint = Words(tone="secondary").wrapped()
        self._scan = Words().wrapped()
        self._folder, self._file = QPushButton(tr("Folder...")), QPushButton(tr("File..."))
        self._series = combo_of(tr("Series"))
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
        self._checkerboard.setToolTip(tr("Tiles of both scans instead of colours"))
        self._nudge_words = Words(
            tr("Adjust by hand: moves the new scan"), size_px=CAPTION_PX, tone="secondary"
        ).wrapped()
        self._boxes = (
            *(_box(tr(way), " mm", _MOST_MM, _STEP_MM) for way, _ in _AXES),
            *(_box(tr(turn), "\N{DEGREE SIGN}", _MOST_DEG, _STEP_DEG) for _, turn in _AXES),
        )
        self._nudges = self._nudge_grid()
        self._register = QPushButton(tr("Register again"))
        self._keep = QPushButton(words.keep)
        self._discard = QPushButton(tr("Discard"))
        self._tips = {
            self._folder: words.folder_tip,
            self._file: words.file_tip,
            self._register: tr("Fit the bone near the lesion again, without what was done by hand"),
            self._keep: tr("Both scans say that they lie in one frame: leave them as they are"),
            self._discard: words.discard_tip,
        }

    def _result_part(self) -> tuple[QWidget, QVBoxLayout]:
        """Return what is shown once a scan was read, and where its further buttons go."""
        part = QWidget()
        layout = column(part)
        for seen in (
            self._residual,
            self._verdict,
            self.pictures,
            self._legend,
            self._checkerboard,
        ):
            layout.addWidget(seen)
        choices = QVBoxLayout()
        choices.setSpacing(layout.spacing())
        layout.addLayout(choices)
        for more in (
            self._discard,
            self._facts,
            self._nudge_words,
            self._nudges,
            self._register,
            self._keep,
        ):
            layout.addWidget(more)
        return part, choices

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

    def _connect_fit(self) -> None:
        for button, signal in (
            (self._folder, self.folder_requested),
            (self._file, self.file_requested),
            (self._register, self.register_requested),
            (self._keep, self.keep_requested),
            (self._discard, self.discard_requested),
        ):
            button.clicked.connect(signal)
        self._series.activated.connect(
            lambda _row: self.series_chosen.emit(self._series.currentData())
        )
        self._confirm.toggled.connect(self.patient_confirmed)
        self._checkerboard.toggled.connect(self.checkerboard_chosen)
        for box in self._boxes:
            box.valueChanged.connect(self._nudge)

    def _nudge(self) -> None:
        values = [box.value() for box in self._boxes]
        self.nudged.emit(tuple(values[:3]), tuple(values[3:]))


def say(words: Words, text: str) -> None:
    """Show a text; a label without one hides."""
    words.setText(text)
    words.setVisible(bool(text))


def row_of(*widgets: QWidget) -> QHBoxLayout:
    """Return widgets that share a line equally."""
    row = QHBoxLayout()
    row.setSpacing(STEP_PX)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row


def combo_of(name: str) -> QComboBox:
    """Return a drop-down list that keeps to the width it is given."""
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    combo.setToolTip(plain_tip(name))
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
    box.setMinimumWidth(_BOX_PX)
    box.setAccessibleName(name)
    box.setToolTip(plain_tip(name))
    return box
