"""Paints one planned needle for an archive: along it, at its entry, its numbers; measures none.

English, as everything that leaves Trephine; names no patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.rendering.review_planes import ControlPictures, needle_planes, plane_along
from app.rendering.slice_geometry import SlicePlane, ViewAxes, edge_letters, fitted_plane, view_axes
from app.rendering.slice_image import GreyScale
from app.views.palette import CAPTION_PX, DARK, FIGURE_PX, STEP_PX, TEXT_PX, font
from app.views.review_marks import paint_cross, paint_line, paint_ring
from app.views.slice_overlay import OverlayWords, paint_words
from planning.geometry import Grid, Vec3, vec3
from planning.model.case import Position
from planning.model.needle import Trajectory

SIZE_PX = (1200.0, 760.0)

_LEVEL_HU, _WIDTH_HU = 300.0, 1500.0
_RIGHT_SHARE, _ENTRY_SHARE = 0.36, 0.56
_LINE_PX, _TITLE_PX, _STOP_PX = 19.0, 26.0, 34.0
_SHAFT_PX, _SPECIMEN_PX = 2.0, 8.0
_LESION = (240, 228, 66)
_NEEDLE, _SPECIMEN = QColor(DARK.accent), QColor("#ffffff")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyView:
    """One planned needle with what is written beside it.

    Parameters
    ----------
    stop_words : str
        In large letters: where the hand stops.
    lines : tuple of str
        What else has to be known, the most important first.
    foot : str
        Who made it, and what it may be used for.
    grid : Grid
        Of the planning CT.
    """

    title: str
    stop_words: str
    lines: tuple[str, ...]
    foot: str
    path: Trajectory
    stop_lps_mm: Vec3
    specimen_lps_mm: tuple[Vec3, Vec3]
    slice_normal_lps: Vec3
    position: Position | None
    grid: Grid
    pictures: ControlPictures


def key_picture(view: KeyView) -> NDArray[np.uint8]:
    """Return the picture, shape (rows, columns, 3); needs no display, but Qt's libraries."""
    width, height = SIZE_PX
    image = QImage(round(width), round(height), QImage.Format.Format_RGB888)
    painter = QPainter(image)
    paint_key_view(painter, view)
    painter.end()
    return _pixels(image)


def paint_key_view(painter: QPainter, view: KeyView) -> None:
    """Paint it from the painter's origin on, `SIZE_PX` wide and high."""
    width, height = SIZE_PX
    painter.fillRect(QRectF(0.0, 0.0, width, height), QColor(DARK.background))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    gap = float(STEP_PX)
    right = width * _RIGHT_SHARE
    left, half = width - right - gap, (height - gap) / 2.0
    above = QRectF(0.0, 0.0, left, half)
    beside = QRectF(left + gap, 0.0, right, height * _ENTRY_SHARE)
    planes = needle_planes(vec3(view.path.direction_lps), view.slice_normal_lps)
    _along(painter, above, view, planes.in_plane, "Along the needle, in the slice")
    below = above.translated(0.0, half + gap)
    _along(painter, below, view, planes.off_plane, "Along the needle, off plane")
    _at_entry(painter, beside, view)
    rest = QRectF(beside.left(), beside.bottom(), right, height - beside.bottom())
    _paint_words(painter, rest.adjusted(2.0 * gap, 2.0 * gap, -2.0 * gap, -gap), view)


def _along(painter: QPainter, room: QRectF, view: KeyView, axes: ViewAxes, title: str) -> None:
    ends = (view.path.entry_lps_mm, view.path.tip_lps_mm)
    _paint_plane(
        painter, room, view, plane_along(axes, ends, ends, (room.width(), room.height())), title
    )


def _at_entry(painter: QPainter, room: QRectF, view: KeyView) -> None:
    """Paint the axial plane through the entry, as the patient lies for the biopsy."""
    axes = view_axes("axial", view.position)
    size = (room.width(), room.height())
    plane = fitted_plane(view.grid, axes, size, view.path.entry_lps_mm)
    _paint_plane(painter, room, view, plane, "Axial at the entry")


def _paint_plane(
    painter: QPainter, room: QRectF, view: KeyView, plane: SlicePlane, title: str
) -> None:
    painter.save()
    painter.setClipRect(room)
    painter.translate(room.topLeft())
    _paint_image(painter, view, plane)
    specimen = QLineF(*(_point(plane, end) for end in view.specimen_lps_mm))
    entry, tip = (_point(plane, p) for p in (view.path.entry_lps_mm, view.path.tip_lps_mm))
    paint_line(painter, specimen, _SPECIMEN, _SPECIMEN_PX)
    paint_line(painter, QLineF(entry, tip), _NEEDLE, _SHAFT_PX)
    paint_ring(painter, entry, 5.0, _NEEDLE)
    paint_cross(painter, _point(plane, view.stop_lps_mm), 6.0, _NEEDLE)
    paint_words(painter, plane, OverlayWords(title=title, letters=edge_letters(plane.axes)))
    painter.restore()


def _paint_image(painter: QPainter, view: KeyView, plane: SlicePlane) -> None:
    grey = GreyScale(_LEVEL_HU, _WIDTH_HU).grey(view.pictures.hu(plane, 1.0))
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    edge = view.pictures.lesion_edge(plane, 1.0)
    if edge is not None:
        rgb[edge] = _LESION
    height, width, _ = rgb.shape
    data = np.ascontiguousarray(rgb).tobytes()
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    painter.drawImage(QRectF(0.0, 0.0, *plane.size_px), image)


def _paint_words(painter: QPainter, room: QRectF, view: KeyView) -> None:
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    top = room.top()
    for text, size_px, high, colour in (
        (view.title, TEXT_PX, _TITLE_PX, DARK.text),
        (view.stop_words, FIGURE_PX, _STOP_PX, DARK.accent),
    ):
        painter.setFont(font(size_px, bold=True))
        painter.setPen(QColor(colour))
        painter.drawText(QRectF(room.left(), top, room.width(), high), flags, text)
        top += high
    painter.setFont(font(CAPTION_PX))
    painter.setPen(QColor(DARK.text))
    foot = QRectF(room.left(), room.bottom() - 2.0 * _LINE_PX, room.width(), 2.0 * _LINE_PX)
    wrapped = Qt.TextFlag.TextWordWrap
    for line in view.lines:
        where = QRectF(room.left(), top, room.width(), foot.top() - top)
        needed = painter.boundingRect(where, wrapped, line)
        if needed.bottom() > foot.top():
            break
        painter.drawText(where, wrapped, line)
        top = needed.bottom() + 1.0
    painter.setPen(QColor(DARK.caution))
    painter.drawText(foot, wrapped | Qt.AlignmentFlag.AlignBottom, view.foot)


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)


def _pixels(image: QImage) -> NDArray[np.uint8]:
    rows, columns, stride = image.height(), image.width(), image.bytesPerLine()
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(rows, stride)
    return flat[:, : 3 * columns].reshape(rows, columns, 3).copy()
