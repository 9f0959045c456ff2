"""Pictures and drawings as whole files, or why that failed in words; draws nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from app.core_language import tr_core
from planning.atomic_files import write_whole
from planning.disk_words import not_written

Paint = Callable[[QPainter], None]


def write_image(image: QImage, file: Path) -> str:
    """Write an image as PNG; return what went wrong in words, empty if nothing did."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return _write(bytes(buffer.data().data()), file)


def write_drawing(paint: Paint, size: QSize, title: str, file: Path) -> str:
    """Write what is painted as SVG; return what went wrong in words, empty if nothing did."""
    from PySide6.QtSvg import QSvgGenerator  # only for who saves one

    buffer = QBuffer()
    made = QSvgGenerator()
    made.setOutputDevice(buffer)
    made.setSize(size)
    made.setViewBox(QRectF(0.0, 0.0, size.width(), size.height()))
    made.setTitle(title)
    painter = QPainter(made)
    paint(painter)
    painter.end()
    return _write(bytes(buffer.data().data()), file)


def _write(data: bytes, file: Path) -> str:
    try:
        write_whole(file, data)
    except OSError as error:
        return tr_core(not_written(file, error))
    return ""
