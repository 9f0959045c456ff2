"""A view or chart as a picture file, with what it may be used for under it; asks nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, DARK, STEP_PX
from app.views.slice_overlay import paint_text, text_size


def picture_of(view: QWidget, notice: str) -> QImage:
    """Return what a view shows, as finely as the screen does, above a line with the notice."""
    shown = view.grab().toImage()
    ratio = shown.devicePixelRatio()
    _, high = text_size(notice, CAPTION_PX)
    strip = high + 2.0 * STEP_PX
    size = QSize(shown.width(), shown.height() + round(strip * ratio))
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(DARK.background))
    painter = QPainter(picture)
    painter.drawImage(QPointF(0.0, 0.0), shown)
    corner = QPointF(2.0 * STEP_PX, shown.height() / ratio + STEP_PX)
    paint_text(painter, corner, notice, CAPTION_PX, QColor(DARK.secondary))
    painter.end()
    return picture


def save_picture(view: QWidget, notice: str, file: Path) -> str:
    """Write what a view shows as PNG; return what went wrong in words, empty if nothing did."""
    named = file if file.suffix else file.with_suffix(".png")
    if named.suffix.lower() != ".png":
        return tr('Pictures are saved as PNG; choose a name that ends in ".png".')
    if picture_of(view, notice).save(str(named)):
        return ""
    return tr("{name} could not be written. Is the folder writable, and the disk full?", name=named)
