"""What matters in a case as sliders: weights and limits; re-ranks nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from app.language import tr
from app.views.choosing_values import SliderRow
from app.views.palette import CAPTION_PX, STEP_PX, colours, font
from app.views.parts import ElidedWords, Words, column, heading
from app.views.plain_tip import plain_tip

WEIGHT, LIMIT = "weight", "limit"

_LABEL_PX, _VALUE_PX = 25 * STEP_PX, 10 * STEP_PX
_MARK_PX = 1.6
_RESET_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class MattersPanel(QWidget):
    """Weights and limits of a case.

    Signals
    -------
    grabbed
        A slider is taken hold of: what moves until the next one is one step.
    moved : str, str, float
        Kind and key of a slider, and the value it was moved to.
    reset_requested : str, str
        Kind and key of a slider to go back to the protocol's value; both empty for all.
    """

    grabbed = Signal()
    moved = Signal(str, str, float)
    reset_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[tuple[str, str], _Line] = {}
        self._weights, self._limits = _grid(), _grid()
        self._note = Words(size_px=CAPTION_PX, tone="caution").wrapped()
        self._reset = QToolButton()
        self._reset.setText(tr("Reset"))
        self._reset.setToolTip(tr("Put every weight and limit back to the protocol's"))
        self._reset.clicked.connect(lambda: self.reset_requested.emit("", ""))
        top = QHBoxLayout()
        top.addWidget(heading(tr("What matters")), 1)
        top.addWidget(self._reset)
        self._message = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._limits_title = heading(tr("Limits of this case"))
        layout = column(self)
        layout.addLayout(top)
        layout.addWidget(self._message)
        layout.addLayout(self._weights)
        layout.addWidget(self._limits_title)
        layout.addLayout(self._limits)
        layout.addWidget(self._note)  # below: a slider stays under the hand that pulls it
        self.set_note("")
        self.set_rows(())
        self.set_reason(tr("Open a case first."))

    def set_rows(self, rows: tuple[SliderRow, ...]) -> None:
        """Show these sliders, without emitting."""
        keys = [(row.kind, row.key) for row in rows]
        if keys != list(self._lines):
            self._build(rows)
        for row in rows:
            self._lines[row.kind, row.key].show_row(row)
        self._limits_title.setVisible(any(row.kind == LIMIT for row in rows))
        self._reset.setVisible(bool(rows))

    def set_note(self, text: str) -> None:
        """Say what the ranking rests on; empty says nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def set_reason(self, reason: str, *, quiet: bool = False) -> None:
        """Let the sliders be moved if `reason` is empty; otherwise say why they cannot.

        Parameters
        ----------
        quiet : bool
            Say it in the tool tips alone: it is to be read beside the panel already.
        """
        self._message.setText(reason)
        self._message.setVisible(bool(reason) and not quiet)
        for line in self._lines.values():
            line.slider.setEnabled(not reason)
            line.slider.setToolTip(plain_tip(reason or line.tip))
        self._reset.setEnabled(not reason)

    def slider(self, kind: str, key: str) -> QSlider:
        """Return the slider of a weight or a limit."""
        return self._lines[kind, key].slider

    def _build(self, rows: tuple[SliderRow, ...]) -> None:
        for line in self._lines.values():
            line.remove()
        self._lines = {}
        for row in rows:
            grid = self._weights if row.kind == WEIGHT else self._limits
            line = _Line(row, grid, len(self._lines))
            line.slider.valueChanged.connect(lambda _place, line=line: self._move(line))
            line.slider.sliderPressed.connect(self.grabbed)
            line.slider.reset_requested.connect(
                lambda row=row: self.reset_requested.emit(row.kind, row.key)
            )
            self._lines[row.kind, row.key] = line

    def _move(self, line: _Line) -> None:
        self.moved.emit(line.row.kind, line.row.key, line.value())


class MarkedSlider(QSlider):
    """A slider with a mark where the protocol's value is; a double click goes back there.

    Signals
    -------
    reset_requested
    """

    reset_requested = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._mark = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_mark(self, place: int) -> None:
        """Mark a place."""
        if place != self._mark:
            self._mark = place
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a wheel scrolls the panel past: only a choice made on purpose counts

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_requested.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _RESET_KEYS:
            self.reset_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().secondary))
        painter.drawEllipse(QPointF(self._mark_x(), self.height() - _MARK_PX), _MARK_PX, _MARK_PX)
        painter.end()

    def _mark_x(self) -> float:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        option.sliderPosition = option.sliderValue = self._mark
        control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return QRectF(self.style().subControlRect(control, option, handle, self)).center().x()


class _Line:
    """Label, slider and value of one row; lives in a grid."""

    def __init__(self, row: SliderRow, grid: QGridLayout, number: int) -> None:
        self.row = row
        self.tip = ""
        self.slider = MarkedSlider()
        self._label = ElidedWords(size_px=CAPTION_PX)
        self._words = Words(size_px=CAPTION_PX, tone="secondary")
        self._words.setMinimumWidth(_VALUE_PX)
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for place, widget in enumerate((self._label, self.slider, self._words)):
            grid.addWidget(widget, number, place)

    def show_row(self, row: SliderRow) -> None:
        """Show a row without emitting; its value is taken to the nearest place."""
        if row == self.row and self.tip:
            return
        self.row, self.tip = row, row.tip
        self._label.setText(row.label)
        self._label.setToolTip(plain_tip(row.tip))
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, round(abs(row.end - row.start) / row.step))
            self.slider.setPageStep(max(1, self.slider.maximum() // 10))
            self.slider.setValue(self._place(row.value))
        self.slider.set_mark(self._place(row.usual))
        self.slider.setAccessibleName(row.label)
        self.slider.setAccessibleDescription(row.words)
        self.slider.setToolTip(plain_tip(row.tip))
        changed = row.value != row.usual
        self._words.setText(row.words)
        self._words.set_tone("accent" if changed else "secondary")
        self._words.setFont(font(CAPTION_PX, bold=changed))

    def value(self) -> float:
        """Return the value at the slider's place, exactly the usual one at its mark."""
        place, row = self.slider.value(), self.row
        if place == self._place(row.usual):
            return row.usual
        sign = 1.0 if row.end > row.start else -1.0
        return round(row.start + sign * place * row.step, 6)

    def remove(self) -> None:
        """Take the row out of its grid."""
        for widget in (self._label, self.slider, self._words):
            widget.hide()
            widget.deleteLater()

    def _place(self, value: float) -> int:
        return round(abs(value - self.row.start) / self.row.step)


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * STEP_PX)
    grid.setVerticalSpacing(STEP_PX // 2)
    grid.setColumnMinimumWidth(0, _LABEL_PX)
    grid.setColumnStretch(1, 1)
    return grid
