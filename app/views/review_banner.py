"""Paints the band that says across a picture or a page what has to be read first."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app.views.palette import LIGHT, STEP_PX, TEXT_PX, font


def banner_height_px(lines: tuple[str, ...], width_px: float) -> float:
    """Return how high a band over this width is; 0 where there is nothing to say."""
    if not lines:
        return 0.0
    return sum(_heights_px(lines, width_px)) + 2.0 * STEP_PX


def paint_banner(painter: QPainter, room: QRectF, lines: tuple[str, ...]) -> float:
    """Paint a band at the top of a rectangle, and return where the room below it begins."""
    height = banner_height_px(lines, room.width())
    if not lines:
        return room.top()
    painter.save()
    painter.fillRect(QRectF(room.left(), room.top(), room.width(), height), QColor(LIGHT.danger))
    painter.setPen(QColor(LIGHT.raised))
    painter.setFont(font(TEXT_PX, bold=True))
    top = room.top() + STEP_PX
    for line, high in zip(lines, _heights_px(lines, room.width()), strict=True):
        where = QRectF(room.left() + STEP_PX, top, room.width() - 2.0 * STEP_PX, high)
        painter.drawText(where, Qt.TextFlag.TextWordWrap, line)
        top += high
    painter.restore()
    return room.top() + height


def _heights_px(lines: tuple[str, ...], width_px: float) -> list[float]:
    metrics = QFontMetricsF(font(TEXT_PX, bold=True))
    room = QRectF(0.0, 0.0, width_px - 2.0 * STEP_PX, 1e6)
    return [metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, line).height() for line in lines]
