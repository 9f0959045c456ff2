"""Draws where the cores lie in the lesion: its outline from three sides; measures nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.rendering.mask_edges import MaskEdges, edge_of
from app.rendering.slice_geometry import (
    Orientation,
    SlicePlane,
    edge_letters,
    view_axes,
)
from app.views.palette import LIGHT, STRUCTURE_COLOURS
from app.views.paper import paper_font, write_fitting
from planning.geometry import Grid, Vec3, vec3

HABITAT_COLOURS = tuple(STRUCTURE_COLOURS[n] for n in (1, 0, 2, 6, 5, 4))
NECROSIS = "#8a8f98"

_SHARP = 2.5
_ROOM_MM = 8.0
_CORE_PX, _FONT_PX, _LETTER_PX = 4.0, 11, 11
_PAPER = 255
_FILL = 0.45
_BARS_MM = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_INK = QColor(LIGHT.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedCore:
    """One specimen: its number and its two ends, the shallow one first."""

    number: str
    ends_lps_mm: tuple[Vec3, Vec3]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoreMap:
    """A lesion with the specimens that are planned in it.

    Parameters
    ----------
    lesion : MaskEdges
    grid : Grid
        Of the lesion's mask, cropped to it.
    parts : tuple of (str, MaskEdges)
        Colour and mask of habitats and necrosis.
    """

    lesion: MaskEdges
    grid: Grid
    parts: tuple[tuple[str, MaskEdges], ...]
    cores: tuple[MappedCore, ...]


def map_plane(
    drawing: CoreMap, orientation: Orientation, size_px: tuple[float, float]
) -> SlicePlane:
    """Return the plane of one view, through the middle of all specimens.

    As a patient is shown who lies on the back: axial from the feet, coronal from the front,
    sagittal from the left.
    """
    axes = view_axes(orientation, None)
    ends = np.array([end for core in drawing.cores for end in core.ends_lps_mm])
    corners = np.concatenate([drawing.grid.corners_lps_mm(), ends])
    across, down = corners @ np.array(axes.right_lps), corners @ np.array(axes.down_lps)
    middle = ends.mean(axis=0)
    normal = np.array(axes.normal_lps)
    centre = (
        (across.min() + across.max()) / 2.0 * np.array(axes.right_lps)
        + (down.min() + down.max()) / 2.0 * np.array(axes.down_lps)
        + (middle @ normal) * normal
    )
    wide, high = np.ptp(across) + 2.0 * _ROOM_MM, np.ptp(down) + 2.0 * _ROOM_MM
    return SlicePlane(
        axes=axes,
        centre_lps_mm=vec3(centre),
        mm_per_pixel=float(max(wide / size_px[0], high / size_px[1])),
        size_px=size_px,
    )


def paint_core_map(
    painter: QPainter, room: QRectF, drawing: CoreMap, orientation: Orientation
) -> None:
    """Paint one view: the lesion's whole outline, what the cut shows inside, and all cores."""
    plane = map_plane(drawing, orientation, (room.width(), room.height()))
    painter.drawImage(room, _ground(drawing, plane))
    painter.setPen(QPen(QColor(LIGHT.line), 0.7))
    painter.drawRect(room)
    painter.save()
    painter.translate(room.topLeft())
    _paint_cores(painter, plane, drawing.cores)
    _paint_letters(painter, plane)
    _paint_bar(painter, plane)
    painter.restore()


def _ground(drawing: CoreMap, plane: SlicePlane) -> QImage:
    outline = drawing.lesion.shadow(plane, _SHARP)
    rgb = np.full((*outline.shape, 3), _PAPER, dtype=np.float64)
    cut = drawing.lesion.inside(plane, _SHARP)
    rgb[cut] = 232.0
    for colour, mask in drawing.parts:
        shade = QColor(colour)
        solid = np.array((shade.red(), shade.green(), shade.blue()), dtype=np.float64)
        inside = mask.inside(plane, _SHARP) & cut
        rgb[inside] = _FILL * solid + (1.0 - _FILL) * _PAPER
    rgb[edge_of(outline, 2)] = 60.0
    height, width, _ = rgb.shape
    data = np.ascontiguousarray(rgb.astype(np.uint8)).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _paint_cores(painter: QPainter, plane: SlicePlane, cores: tuple[MappedCore, ...]) -> None:
    """Paint each specimen with its number at the shallow end and a dot at the deep one."""
    taken: list[QRectF] = []
    for core in cores:
        shallow, deep = (_point(plane, end) for end in core.ends_lps_mm)
        cap = Qt.PenCapStyle.FlatCap
        for shade, wide in ((QColor("#ffffff"), _CORE_PX + 2.0), (_INK, _CORE_PX)):
            painter.setPen(QPen(shade, wide, Qt.PenStyle.SolidLine, cap))
            painter.drawLine(QLineF(shallow, deep))
        painter.setPen(QPen(QColor("#ffffff"), 1.0))
        painter.setBrush(QColor(LIGHT.danger))
        painter.drawEllipse(deep, 3.6, 3.6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    for core in cores:
        shallow, deep = (_point(plane, end) for end in core.ends_lps_mm)
        taken.append(_paint_number(painter, plane, core.number, shallow, deep, taken))


def _paint_number(
    painter: QPainter,
    plane: SlicePlane,
    number: str,
    shallow: QPointF,
    deep: QPointF,
    taken: list[QRectF],
) -> QRectF:
    """Write a core's number beyond its shallow end, where nothing else is written."""
    line = QLineF(deep, shallow)
    length = max(line.length(), 1e-6)
    along = QPointF(line.dx(), line.dy()) / length if line.length() > 1e-3 else QPointF(0.0, -1.0)
    whole = QRectF(0.0, 0.0, *plane.size_px)
    side = _FONT_PX + 5.0
    box = QRectF()
    for away in (10.0, 22.0, 34.0, 46.0, 58.0):
        for aside in (0.0, 14.0, -14.0):
            at = shallow + along * away + QPointF(-along.y(), along.x()) * aside
            box = QRectF(at.x() - side / 2.0, at.y() - side / 2.0, side, side)
            if whole.contains(box) and not any(box.intersects(other) for other in taken):
                painter.setPen(QPen(_INK, 0.7))
                painter.drawLine(QLineF(shallow, at))
                painter.setBrush(QColor("#ffffff"))
                painter.drawEllipse(box)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setFont(paper_font(_FONT_PX, bold=True))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, number)
                return box
    return box


def _paint_letters(painter: QPainter, plane: SlicePlane) -> None:
    letters, (width, height) = edge_letters(plane.axes), plane.size_px
    painter.setFont(paper_font(_LETTER_PX, bold=True))
    painter.setPen(_INK)
    flag = Qt.AlignmentFlag
    room = QRectF(0.0, 0.0, width, height).adjusted(4.0, 3.0, -4.0, -3.0)
    for text, where in (
        (letters.left, flag.AlignLeft | flag.AlignVCenter),
        (letters.right, flag.AlignRight | flag.AlignVCenter),
        (letters.top, flag.AlignHCenter | flag.AlignTop),
        (letters.bottom, flag.AlignHCenter | flag.AlignBottom),
    ):
        painter.drawText(room, where, text)


def _paint_bar(painter: QPainter, plane: SlicePlane) -> None:
    width, height = plane.size_px
    fitting = [mm for mm in _BARS_MM if mm / plane.mm_per_pixel <= width / 4.0]
    if not fitting:
        return
    length = fitting[-1] / plane.mm_per_pixel
    right, y = width - 8.0, height - 8.0
    painter.setPen(QPen(_INK, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLine(QLineF(right - length, y, right, y))
    where = QRectF(right - 60.0, y - 15.0, 60.0, 12.0)
    write_fitting(painter, where, f"{fitting[-1]:.0f} mm", 9, at_right=True)


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
