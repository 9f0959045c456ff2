"""A bar as long as a probability; the number and its word stand beside it, in other widgets."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views.palette import STEP_PX, colours

_HIGH_PX = 2 * STEP_PX


class ChanceBar(QWidget):
    """Shows a share of 0 to 1; says nothing that is not written beside it."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = min(max(share, 0.0), 1.0)
        self.setFixedHeight(_HIGH_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(20 * STEP_PX, _HIGH_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, round_px = QPainter(self), _HIGH_PX / 2.0
        painter.setClipRect(event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(QColor(colours().line))
        painter.drawRoundedRect(QRectF(self.rect()), round_px, round_px)
        filled = QRectF(0.0, 0.0, self._share * self.width(), self.height())
        painter.setBrush(QColor(colours().accent))
        painter.setClipRect(filled)
        painter.drawRoundedRect(QRectF(self.rect()), round_px, round_px)
        painter.end()
