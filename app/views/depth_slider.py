"""A slider along the needle, in mm from the skin, with stop and tip marked; moves no view."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX, colours, font
from app.views.plain_tip import plain_tip
from app.views.slice_overlay import text_size

_PER_MM = 10
_STEP_MM, _PAGE_MM = 1, 10
_BELOW_WORDS_PX = 22
_MARGIN_PX = 12.0
_TRACK_PX, _SPECIMEN_PX, _HANDLE_PX = 3.0, 7.0, 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthMarks:
    """What lies where along a needle, in mm from the skin.

    Parameters
    ----------
    deepest_mm : float
        Where the slider ends.
    """

    stop_mm: float
    tip_mm: float
    specimen_mm: tuple[float, float]
    deepest_mm: float


class DepthSlider(QAbstractSlider):
    """Goes along the needle; arrow keys by 1 mm, Page Up and Page Down by 10 mm.

    Signals
    -------
    depth_chosen : float
        The user went to this depth (mm from the skin).
    """

    depth_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: DepthMarks | None = None
        self._telling = True
        self.setOrientation(Qt.Orientation.Horizontal)
        self._fit_words()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(_STEP_MM * _PER_MM)
        self.setPageStep(_PAGE_MM * _PER_MM)
        self.setAccessibleName(tr("Depth along the needle"))
        self.valueChanged.connect(self._tell)
        self.set_marks(None)

    def sizeHint(self) -> QSize:
        return QSize(30 * STEP_PX, self.minimumHeight())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._fit_words()
        super().changeEvent(event)

    def set_marks(self, marks: DepthMarks | None) -> None:
        """Show another needle; None disables the slider."""
        self._marks = marks
        self._telling = False
        self.setRange(0, round(marks.deepest_mm * _PER_MM) if marks is not None else 0)
        self._telling = True
        self.setEnabled(marks is not None)
        self.setToolTip(
            plain_tip(
                tr("Depth from the skin; the wheel in the needle's eye goes along too")
                if marks is not None
                else tr("Select a trajectory")
            )
        )
        self.update()

    def set_depth(self, depth_mm: float) -> None:
        """Show a depth without telling of it."""
        self._telling = False
        self.setValue(round(depth_mm * _PER_MM))
        self._telling = True
        self.update()

    @property
    def depth_mm(self) -> float:
        """Where the slider stands."""
        return self.value() / _PER_MM

    def place_of(self, depth_mm: float) -> float:
        """Return where a depth lies, in pixels from the left."""
        room = self.width() - 2.0 * _MARGIN_PX
        return _MARGIN_PX + room * depth_mm * _PER_MM / max(1, self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        table = colours()
        painter.fillRect(event.rect(), QColor(table.panel))
        if self._marks is None:
            painter.setPen(QColor(table.secondary))
            painter.setFont(font(CAPTION_PX))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Select a trajectory"))
        else:
            self._paint_marks(painter, self._marks)
        if self.hasFocus():
            painter.setPen(QColor(table.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_marks(self, painter: QPainter, marks: DepthMarks) -> None:
        table, y = colours(), self.height() - 11.0
        left, tip, end = (self.place_of(mm) for mm in (0.0, marks.tip_mm, marks.deepest_mm))
        for start, stop, colour in ((left, tip, table.accent), (tip, end, table.line)):
            painter.setPen(QPen(QColor(colour), _TRACK_PX))
            painter.drawLine(QPointF(start, y), QPointF(stop, y))
        start, stop = (self.place_of(mm) for mm in marks.specimen_mm)
        painter.fillRect(
            QRectF(start, y - _SPECIMEN_PX / 2.0, stop - start, _SPECIMEN_PX), QColor(table.text)
        )
        for mm in (marks.stop_mm, marks.tip_mm):
            painter.setPen(QPen(QColor(table.text), 1.0))
            painter.drawLine(
                QPointF(self.place_of(mm), y - 7.0), QPointF(self.place_of(mm), y + 7.0)
            )
        painter.setPen(QPen(QColor(table.panel), 1.5))
        painter.setBrush(QColor(table.accent))
        painter.drawEllipse(QPointF(self.place_of(self.depth_mm), y), _HANDLE_PX, _HANDLE_PX)
        self._paint_words(painter, marks)

    def _paint_words(self, painter: QPainter, marks: DepthMarks) -> None:
        """Write depth, stop and tip above the track; what would overlap is left out."""
        table = colours()
        painter.setFont(font(CAPTION_PX))
        taken: list[QRectF] = []
        now = tr("{depth} mm from the skin", depth=f"{self.depth_mm:.0f}")
        for text, mm, colour in (
            (tr("tip {depth}", depth=f"{marks.tip_mm:.0f}"), marks.tip_mm, table.text),
            (tr("STOP {depth}", depth=f"{marks.stop_mm:.0f}"), marks.stop_mm, table.text),
            (now, 0.0, table.secondary),
        ):
            wide, high = text_size(text, CAPTION_PX)
            left = self.place_of(mm) - wide / 2.0
            left = min(max(STEP_PX, left), self.width() - wide - STEP_PX)
            box = QRectF(left, 1.0, wide, high)
            if any(box.adjusted(-6.0, 0.0, 6.0, 0.0).intersects(other) for other in taken):
                continue
            taken.append(box)
            painter.setPen(QColor(colour))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _fit_words(self) -> None:
        """Be as high as the words, in the size they have, and the track."""
        self.setFixedHeight(round(text_size("0", CAPTION_PX)[1]) + _BELOW_WORDS_PX)

    def _go_to(self, x_px: float) -> None:
        room = max(1.0, self.width() - 2.0 * _MARGIN_PX)
        self.setValue(round((x_px - _MARGIN_PX) / room * self.maximum()))

    def _tell(self) -> None:
        self.update()
        if self._telling:
            self.depth_chosen.emit(self.depth_mm)
