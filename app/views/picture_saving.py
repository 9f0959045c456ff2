"""A view or chart as a picture file, with what it may be used for under it; asks nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.views.file_saving import write_image
from app.views.palette import CAPTION_PX, DARK, STEP_PX, font


def picture_of(view: QWidget, notice: str) -> QImage:
    """Return what a view shows, as finely as the screen does, above the notice."""
    shown = view.grab().toImage()
    ratio = shown.devicePixelRatio()
    margin, wide = 2 * STEP_PX, round(shown.width() / ratio)
    letters, wrapped = font(CAPTION_PX), Qt.TextFlag.TextWordWrap
    room = QRect(margin, round(shown.height() / ratio) + STEP_PX, wide - 2 * margin, 1000)
    box = QFontMetrics(letters).boundingRect(room, wrapped, notice)
    size = QSize(shown.width(), shown.height() + round((box.height() + 2 * STEP_PX) * ratio))
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(DARK.background))
    painter = QPainter(picture)
    painter.drawImage(QPointF(0.0, 0.0), shown)
    painter.setFont(letters)
    painter.setPen(QColor(DARK.text))
    painter.drawText(box, wrapped, notice)
    painter.end()
    return picture


def save_picture(view: QWidget, notice: str, file: Path) -> str:
    """Write what a view shows as PNG; return what went wrong in words, empty if nothing did."""
    named = file if file.suffix else file.with_suffix(".png")
    if named.suffix.lower() != ".png":
        return tr('Pictures are saved as PNG; choose a name that ends in ".png".')
    return write_image(picture_of(view, notice), named)
