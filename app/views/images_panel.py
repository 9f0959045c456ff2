"""The images of the case: facts of the planning CT, and which PET or MR is laid over it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QWidget,
)

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedWords, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.values import Choice

_STEPS = 100
_MOST = 1e7


@dataclass(frozen=True, slots=True)
class SecondImageRow:
    """A PET or MR of the case in words; `problem` says why it is to be mistrusted."""

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionText:
    """How a second image is laid over the CT.

    Parameters
    ----------
    name, unit : str
        What it is, and of its values.
    low, high : float
        Values at the ends of its colours.
    blend : float
        0 is the CT alone, 1 the second image alone.
    """

    name: str
    unit: str
    low: float
    high: float
    blend: float


class ImagesPanel(QWidget):
    """Facts of the planning CT, the second images, and how one of them is laid over it.

    Signals
    -------
    second_chosen : str
        Key of the second image to lay over the CT; empty for none.
    blend_changed : float
        0 to 1.
    range_changed : float, float
        Values at the ends of the second image's colours.
    """

    second_chosen = Signal(str)
    blend_changed = Signal(float)
    range_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts = QFormLayout()
        self._notes = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._list = QWidget()
        self._rows = column(self._list, gap_steps=1)
        self._over = Words(size_px=CAPTION_PX, tone="secondary")
        self._second = QComboBox()
        self._blend = QSlider(Qt.Orientation.Horizontal)
        self._low, self._high = _number(), _number()
        self._none = tr("The case has no PET or MR that could be read.")
        self._second.setAccessibleName(tr("Image over the CT"))
        self._second.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._second.setMinimumContentsLength(8)
        self._second.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._blend.setRange(0, _STEPS)
        self._blend.setPageStep(_STEPS // 4)
        self._blend.setAccessibleName(tr("Blend between CT and second image"))
        self._low.setAccessibleName(tr("Value of the darkest colour"))
        self._high.setAccessibleName(tr("Value of the brightest colour"))
        self._lay_out()
        self._second.activated.connect(
            lambda _: self.second_chosen.emit(self._second.currentData())
        )
        self._blend.valueChanged.connect(lambda value: self.blend_changed.emit(value / _STEPS))
        for box in (self._low, self._high):
            box.valueChanged.connect(self._tell_range)
        self.set_choices((), "")
        self.set_fusion(None)

    def set_facts(self, facts: tuple[tuple[str, str], ...], notes: tuple[str, ...]) -> None:
        """Show the facts of the planning CT, caption and words, and what loading decided."""
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for caption, words in facts:
            shown = ElidedWords(words)
            shown.setToolTip(plain_tip(words))
            self._facts.addRow(Words(caption, size_px=CAPTION_PX, tone="secondary"), shown)
        self._notes.setText("\n".join(notes))
        self._notes.setVisible(bool(notes))

    def set_second_images(self, rows: tuple[SecondImageRow, ...]) -> None:
        """List the second images, with what is wrong with them."""
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for row in rows:
            self._rows.addWidget(Words(row.text).wrapped())
            if row.problem:
                problem = Words(row.problem, size_px=CAPTION_PX, tone="caution")
                self._rows.addWidget(problem.wrapped())
        if not rows:
            words = tr("The case has no PET or MR. Add one by the menu Case, or in its case.toml.")
            self._rows.addWidget(Words(words, size_px=CAPTION_PX, tone="secondary").wrapped())

    def set_choices(self, choices: tuple[Choice, ...], current: str) -> None:
        """Offer second images besides none, and mark the current one, without emitting."""
        with QSignalBlocker(self._second):
            self._second.clear()
            self._second.addItem(tr("None"), "")
            for choice in choices:
                self._second.addItem(choice.text, choice.key)
            self._second.setCurrentIndex(max(0, self._second.findData(current)))
        self._second.setEnabled(bool(choices))
        self._second.setToolTip(plain_tip("" if choices else self._none))

    def set_fusion(self, fusion: FusionText | None) -> None:
        """Show how the second image is laid over the CT, without emitting; None: none is."""
        reason = "" if fusion is not None else tr("Choose an image to lay over the CT first.")
        for field in (self._blend, self._low, self._high):
            field.setEnabled(fusion is not None)
            field.setToolTip(plain_tip(reason))
        self._over.setText("" if fusion is None else fusion.name)
        if fusion is None:
            return
        step = (fusion.high - fusion.low) / 20.0 or 1.0
        for box, value in ((self._low, fusion.low), (self._high, fusion.high)):
            with QSignalBlocker(box):
                box.setSuffix(f" {fusion.unit}" if fusion.unit else "")
                box.setDecimals(1 if fusion.high < _STEPS else 0)
                box.setSingleStep(step)
                if box.value() != round(value, box.decimals()):
                    box.setValue(value)
        with QSignalBlocker(self._blend):
            self._blend.setValue(round(fusion.blend * _STEPS))

    def _lay_out(self) -> None:
        def caption(text: str) -> Words:
            return Words(text, size_px=CAPTION_PX, tone="secondary")

        layout = column(self)
        layout.addWidget(heading(tr("Over the CT")))
        layout.addWidget(self._second)
        layout.addLayout(_line(caption(tr("CT")), self._blend, self._over))
        span = (caption(tr("From")), self._low, caption(tr("to")), self._high)
        layout.addLayout(_line(*span))
        layout.addWidget(heading(tr("PET and MR")))
        layout.addWidget(self._list)
        layout.addWidget(heading(tr("Planning CT")))
        self._facts.setSpacing(STEP_PX)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(self._facts)
        layout.addWidget(self._notes)

    def _tell_range(self) -> None:
        if self._low.value() < self._high.value():
            self.range_changed.emit(self._low.value(), self._high.value())


def _number() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-_MOST, _MOST)
    box.setKeyboardTracking(False)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(14 * STEP_PX)
    return box


def _line(*parts: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(2 * STEP_PX)
    for part in parts:
        line.addWidget(part, 0 if isinstance(part, Words) else 1)
    return line
