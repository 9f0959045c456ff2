"""Charts of a cohort as SVG and PNG files, for papers and talks; asks nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from app.language import tr
from app.views.cohort_painting import paint_figure
from app.views.cohort_values import Figure
from app.views.file_saving import write_drawing, write_image
from app.views.palette import LIGHT, Colours

SIZE = QSize(960, 640)
ENDINGS = (".svg", ".png")
_FINENESS = 2


def save_figure(figure: Figure, notice: str, file: Path, table: Colours = LIGHT) -> str:
    """Write a figure as SVG or PNG, by the file's ending, on light ground.

    Parameters
    ----------
    notice : str
        What the chart may be used for, and what made it; stands below its notes.

    Returns
    -------
    str
        What went wrong, in words; empty if nothing did.
    """
    noted = replace(figure, notes=(*figure.notes, notice))
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        return tr('Charts are saved as SVG or PNG; choose a name that ends in ".svg" or ".png".')
    if ending == ".svg":
        return write_drawing(
            lambda painter: paint_figure(painter, noted, _box(), table), SIZE, noted.title, file
        )
    image = QImage(SIZE * _FINENESS, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_FINENESS)
    painter = QPainter(image)
    paint_figure(painter, noted, _box(), table)
    painter.end()
    return write_image(image, file)


def _box() -> QRectF:
    return QRectF(0.0, 0.0, SIZE.width(), SIZE.height())
