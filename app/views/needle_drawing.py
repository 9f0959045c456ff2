"""The drawing of one reviewed needle in its planes, as wide as there is room; has no pen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import tr
from app.views.palette import TEXT_PX, Colours, colours, font

Paint = Callable[[QPainter, QRectF, Colours, float], None]
"""Given a painter, its room, the colours, and pixels per unit."""

_SHAPE = 1.6
_LEAST_PX = 300


class NeedleDrawing(QWidget):
    """Shows what a callable paints, or words in its place; keeps the picture until it changes.

    Signals
    -------
    double_clicked
        The user wants it large, or small again.
    """

    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(tr("Double click: in the place of the views, or back"))
        self.setAccessibleName(tr("The needle in its planes"))
        self._paint: Paint | None = None
        self._words = ""
        self._upright = True
        self._kept = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(_LEAST_PX, _LEAST_PX)

    def set_drawing(self, paint: Paint | None, words: str = "") -> None:
        """Show another drawing; None shows words."""
        self._paint, self._words, self._kept = paint, words, QImage()
        self.update()

    def set_upright(self, *, upright: bool) -> None:
        """Keep a shape higher than wide, or take the room there is."""
        self._upright = upright
        policy = self.sizePolicy()
        policy.setHeightForWidth(upright)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return self._upright

    def heightForWidth(self, width_px: int) -> int:
        return round(_SHAPE * width_px)

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_PX, _LEAST_PX)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._kept = QImage()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        if self._paint is None:
            painter.setFont(font(TEXT_PX))
            painter.setPen(QColor(colours().secondary))
            painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, self._words)
        else:
            painter.drawImage(0, 0, self._picture(self._paint))
        painter.end()

    def _picture(self, paint: Paint) -> QImage:
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(self.width() * ratio), round(self.height() * ratio))
        if self._kept.size() != wanted:
            self._kept = QImage(wanted, QImage.Format.Format_RGB32)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(colours().panel))
            inside = QPainter(self._kept)
            room = QRectF(0.0, 0.0, self.width(), self.height())
            paint(inside, room, colours(), ratio)
            inside.end()
        return self._kept
