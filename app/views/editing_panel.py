"""Brush, eraser and what can be done to a whole mask; edits nothing itself."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import SnugButton, Tick, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.structure_values import Brush, BrushMode, EditKind, EditRequest
from app.views.values import Choice

LEAST_RADIUS_MM, MOST_RADIUS_MM = 0.5, 50.0
_HU_RANGE = (-1024, 3071)
_FIRST_HU = (100, 2000)
_NARROWEST_PX = 52
_MM_AT_MOST, _ML_AT_MOST = 50.0, 1000.0


class EditingPanel(QWidget):
    """Tools for the current structure's mask.

    Signals
    -------
    brush_set : Brush
        The user set the brush otherwise.
    asked : EditRequest
        The user wants something done to the whole mask.
    """

    brush_set = Signal(object)
    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = Brush()
        self._needs_mask: list[tuple[QWidget, str]] = []
        self._title = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        layout = column(self)
        layout.addWidget(heading(tr("Edit the mask")))
        layout.addWidget(self._title)
        for part in (self._brush_rows(), self._whole_rows(), self._joining_rows()):
            layout.addLayout(part)
        self.set_brush(self._brush)
        self.set_target("", tr("Open a case first."))

    def set_target(self, name: str, why_not: str) -> None:
        """Say which structure is edited; `why_not` disables the tools and is their tool tip."""
        self._title.setText(why_not or name)
        self._title.set_tone("secondary" if why_not else "text")
        for widget, tip in self._needs_mask:
            widget.setEnabled(not why_not)
            widget.setToolTip(plain_tip(why_not or tip))

    def set_can_add(self, *, new: str, copy: str) -> None:
        """Say why no structure can be begun or copied; empty where one can."""
        for button, reason in ((self._new, new), (self._duplicate, copy)):
            button.setEnabled(not reason)
            button.setToolTip(plain_tip(reason or button.statusTip()))

    def set_brush(self, brush: Brush) -> None:
        """Show how the brush is set, without emitting."""
        self._brush = brush
        for button, mode in self._modes:
            with QSignalBlocker(button):
                button.setChecked(brush.mode is mode)
        with QSignalBlocker(self._slider), QSignalBlocker(self._radius):
            self._slider.setValue(round(10.0 * brush.radius_mm))
            self._radius.setValue(brush.radius_mm)
        with QSignalBlocker(self._ball), QSignalBlocker(self._only):
            self._ball.setChecked(brush.ball)
            self._only.setChecked(brush.hu is not None)

    def set_others(self, choices: tuple[Choice, ...]) -> None:
        """Offer these structures to be joined with, without emitting."""
        chosen = self._other.currentData()
        with QSignalBlocker(self._other):
            self._other.clear()
            for choice in choices:
                self._other.addItem(choice.text, choice.key)
            self._other.setCurrentIndex(max(0, self._other.findData(chosen)))

    def _brush_rows(self) -> QGridLayout:
        self._modes = (
            (
                self._tool(tr("Brush"), tr("Left button paints, Ctrl or right erases (B)")),
                BrushMode.PAINT,
            ),
            (
                self._tool(tr("Eraser"), tr("Left button erases, Ctrl or right paints (X)")),
                BrushMode.ERASE,
            ),
        )
        for button, mode in self._modes:
            button.clicked.connect(
                lambda on, mode=mode: self._send(
                    replace(self._brush, mode=mode if on else BrushMode.OFF)
                )
            )
        self._ball = self._box(
            tr("3-D"), tr("A ball through the slices; otherwise a disc in the slice that is shown")
        )
        self._ball.toggled.connect(lambda on: self._send(replace(self._brush, ball=on)))
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(round(10 * LEAST_RADIUS_MM), round(10 * MOST_RADIUS_MM))
        self._slider.setAccessibleName(tr("Radius of the brush"))
        self._slider.valueChanged.connect(lambda tenths: self._send_radius(tenths / 10.0))
        self._radius = _millimetres(MOST_RADIUS_MM, tr("Radius of the brush"))
        self._radius.setMinimum(LEAST_RADIUS_MM)
        self._radius.valueChanged.connect(self._send_radius)
        self._needs(
            self._slider, tr("Radius; smaller with the comma key, larger with the full stop")
        )
        self._needs(
            self._radius, tr("Radius; smaller with the comma key, larger with the full stop")
        )
        self._only = self._box(
            tr("Only HU"), tr("Paint only voxels whose value lies in this range")
        )
        self._only.toggled.connect(lambda _: self._send_range())
        self._low, self._high = _hu_box(tr("Lowest HU")), _hu_box(tr("Highest HU"))
        for field, value in zip((self._low, self._high), _FIRST_HU, strict=True):
            field.setValue(value)
            field.valueChanged.connect(lambda _: self._send_range())
            self._needs(field, tr("The range for painting, and for keeping what lies in it"))
        grid = _grid()
        grid.addWidget(self._modes[0][0], 0, 0)
        grid.addWidget(self._modes[1][0], 0, 1)
        grid.addWidget(self._ball, 0, 2)
        grid.addWidget(Words(tr("Radius"), size_px=CAPTION_PX, tone="secondary"), 1, 0)
        grid.addWidget(self._slider, 1, 1)
        grid.addWidget(self._radius, 1, 2)
        grid.addWidget(self._only, 2, 0)
        grid.addWidget(self._low, 2, 1)
        grid.addWidget(self._high, 2, 2)
        return grid

    def _whole_rows(self) -> QGridLayout:
        self._by = _millimetres(_MM_AT_MOST, tr("By how many millimetres"))
        self._by.setValue(2.0)
        self._small = _millimetres(_ML_AT_MOST, tr("Smallest piece that is kept"))
        self._small.setSuffix(" ml")
        self._small.setValue(0.5)
        self._needs(self._by, tr("For growing, shrinking and smoothing"))
        self._needs(self._small, tr("Smaller pieces are removed"))
        grid = _grid()
        rows: tuple[tuple[QWidget, ...], ...] = (
            (
                self._button(EditKind.GROW, tr("Grow"), tr("Move the surface outward")),
                self._button(EditKind.SHRINK, tr("Shrink"), tr("Move the surface inward")),
                self._by,
            ),
            (
                self._button(EditKind.SMOOTH, tr("Smooth"), tr("Even out bumps; the volume stays")),
                self._button(
                    EditKind.KEEP_RANGE,
                    tr("Keep HU"),
                    tr("Remove what lies outside the HU range above"),
                ),
                self._button(
                    EditKind.FILL_HOLES, tr("Fill holes"), tr("Fill what the mask encloses")
                ),
            ),
            (
                self._button(
                    EditKind.KEEP_LARGEST, tr("Largest"), tr("Keep only the largest piece")
                ),
                self._button(
                    EditKind.DROP_SMALL,
                    tr("No specks"),
                    tr("Remove pieces smaller than the volume beside"),
                ),
                self._small,
            ),
        )
        for row, widgets in enumerate(rows):
            for place, widget in enumerate(widgets):
                grid.addWidget(widget, row, place)
        between = self._button(
            EditKind.FILL_BETWEEN,
            tr("Fill between slices"),
            tr("Fill empty slices between drawn ones"),
        )
        here = self._button(
            EditKind.KEEP_AT_CROSSHAIR,
            tr("Keep piece at crosshair"),
            tr("Remove all pieces but the one the crosshair is in"),
        )
        grid.addWidget(between, 3, 0, 1, 3)
        grid.addWidget(here, 4, 0, 1, 3)
        return grid

    def _joining_rows(self) -> QGridLayout:
        self._other = QComboBox()
        self._other.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._other.setMinimumContentsLength(6)
        self._other.setAccessibleName(tr("The other structure"))
        self._needs(self._other, tr("The other structure"))
        self._new = SnugButton(tr("New structure"))
        self._new.setStatusTip(tr("An empty mask to paint in"))
        self._new.clicked.connect(lambda: self.asked.emit(EditRequest(EditKind.NEW)))
        self._duplicate = SnugButton(tr("Duplicate"))
        self._duplicate.setStatusTip(tr("A copy under another name, to be changed on its own"))
        self._duplicate.clicked.connect(lambda: self.asked.emit(EditRequest(EditKind.DUPLICATE)))
        grid = _grid()
        grid.addWidget(Words(tr("With"), size_px=CAPTION_PX, tone="secondary"), 0, 0)
        grid.addWidget(self._other, 0, 1, 1, 2)
        for place, (kind, text, tip) in enumerate(
            (
                (EditKind.ADD, tr("Add"), tr("What is inside either")),
                (EditKind.SUBTRACT, tr("Subtract"), tr("What is not inside the other")),
                (EditKind.COMMON, tr("Common"), tr("What is inside both")),
            )
        ):
            grid.addWidget(self._button(kind, text, tip), 1, place)
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        row.addWidget(self._new)
        row.addWidget(self._duplicate)
        grid.addLayout(row, 2, 0, 1, 3)
        return grid

    def _request(self, kind: EditKind) -> EditRequest:
        low, high = float(self._low.value()), float(self._high.value())
        amount = self._small if kind is EditKind.DROP_SMALL else self._by
        return EditRequest(
            kind,
            amount=round(amount.value(), 1),
            other=str(self._other.currentData() or ""),
            hu=(min(low, high), max(low, high)),
        )

    def _send(self, brush: Brush) -> None:
        self.set_brush(brush)
        self.brush_set.emit(brush)

    def _send_radius(self, radius_mm: float) -> None:
        self._send(replace(self._brush, radius_mm=round(radius_mm, 1)))

    def _send_range(self) -> None:
        low, high = sorted((float(self._low.value()), float(self._high.value())))
        self._send(replace(self._brush, hu=(low, high) if self._only.isChecked() else None))

    def _needs(self, widget: QWidget, tip: str) -> None:
        self._needs_mask.append((widget, tip))

    def _button(self, kind: EditKind, text: str, tip: str) -> QPushButton:
        button = SnugButton(text)
        button.clicked.connect(lambda: self.asked.emit(self._request(kind)))
        self._needs(button, tip)
        return button

    def _tool(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setAutoRaise(True)  # else it hardly shows which one is in the hand
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._needs(button, tip)
        return button

    def _box(self, text: str, tip: str) -> QCheckBox:
        box = Tick(text)
        self._needs(box, tip)
        return box


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(STEP_PX)
    for place in range(3):
        grid.setColumnStretch(place, 1)
    return grid


def _millimetres(most: float, name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(1)
    field.setRange(0.1, most)
    field.setSingleStep(0.5)
    field.setSuffix(" mm")
    field.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # the room is for the number
    field.setAccessibleName(name)
    field.setMinimumWidth(_NARROWEST_PX)
    field.setKeyboardTracking(False)
    return field


def _hu_box(name: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(*_HU_RANGE)
    field.setSingleStep(10)
    field.setAccessibleName(name)
    field.setMinimumWidth(_NARROWEST_PX)
    field.setKeyboardTracking(False)
    return field
