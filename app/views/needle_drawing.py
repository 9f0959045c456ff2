"""The drawing of one reviewed needle in its planes, as wide as there is room; has no pen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views.palette import TEXT_PX, Colours, colours, font

Paint = Callable[[QPainter, QRectF, Colours, float], None]

_SHAPE = 0.82
_LEAST_PX = 300


class NeedleDrawing(QWidget):
    """Shows what a callable paints, or words in its place; keeps the picture until it changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paint: Paint | None = None
        self._words = ""
        self._kept = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(_LEAST_PX, _LEAST_PX)

    def set_drawing(self, paint: Paint | None, words: str = "") -> None:
        """Show another drawing; None shows words."""
        self._paint, self._words, self._kept = paint, words, QImage()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        return round(_SHAPE * width_px)

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_PX, _LEAST_PX)

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
            paint(inside, QRectF(0.0, 0.0, self.width(), self.height()), colours(), ratio)
            inside.end()
        return self._kept
