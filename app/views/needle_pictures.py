"""Pictures of a planned needle on paper: along it both ways, at its entry, across it; no numbers.

Each is painted as an image: needle, specimen, edges of lesion and nearest structures, letters at
the edges, scale bar. What stands over it is written by whoever places it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.rendering.mask_edges import MaskEdges
from app.rendering.review_planes import ControlPictures, needle_planes, plane_along
from app.rendering.slice_geometry import SlicePlane, ViewAxes, edge_letters, fitted_plane, view_axes
from app.rendering.slice_image import GreyScale
from app.views.palette import DARK, STRUCTURE_COLOURS
from app.views.review_marks import paint_cross, paint_line, paint_ring
from app.views.slice_overlay import OverlayWords, paint_words
from planning.geometry import Grid, Vec3, vec3
from planning.model.case import Position
from planning.model.needle import Trajectory

LESION_COLOUR = STRUCTURE_COLOURS[3]
NEAREST_COLOURS = tuple(STRUCTURE_COLOURS[n] for n in (0, 2, 6, 5))
"""Of the nearest structures in their order; none is like the needle's or the lesion's."""

_SHARP = 2.5
_AROUND_MM = 8.0
_BEFORE_MM = 10.0
_ACROSS_MM = 60.0
_LEVEL_HU, _WIDTH_HU = 250.0, 1200.0
_SHAFT_PX, _SPECIMEN_PX = 1.6, 5.0
_NEEDLE, _SPECIMEN = QColor(DARK.accent), QColor("#ffffff")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PicturedNeedle:
    """A planned needle and what is seen around it.

    Parameters
    ----------
    edges : tuple of (str, MaskEdges)
        Colour and mask of the structures that are outlined.
    grid : Grid
        Of the planning CT.
    position : Position or None
        How the patient will lie.
    body_lps_mm : tuple of Vec3
        The outermost points of the body in the slice of the entry; empty to show the whole slice.
    """

    path: Trajectory
    stop_lps_mm: Vec3
    specimen_lps_mm: tuple[Vec3, Vec3]
    radius_mm: float
    slice_normal_lps: Vec3
    position: Position | None
    grid: Grid
    pictures: ControlPictures
    edges: tuple[tuple[str, MaskEdges], ...] = ()
    body_lps_mm: tuple[Vec3, ...] = ()


def plane_in_slice(needle: PicturedNeedle, size_px: tuple[float, float]) -> SlicePlane:
    """Return the plane along the needle that lies as nearly in the slices as it can."""
    axes = needle_planes(vec3(needle.path.direction_lps), needle.slice_normal_lps).in_plane
    return _along(axes, needle, size_px)


def plane_off_slice(needle: PicturedNeedle, size_px: tuple[float, float]) -> SlicePlane:
    """Return the plane along the needle, perpendicular to the other."""
    axes = needle_planes(vec3(needle.path.direction_lps), needle.slice_normal_lps).off_plane
    return _along(axes, needle, size_px)


def _along(axes: ViewAxes, needle: PicturedNeedle, size_px: tuple[float, float]) -> SlicePlane:
    """Return a plane along the needle with room for a letter before the entry."""
    ends = (needle.path.at_depth_mm(-_BEFORE_MM), needle.path.tip_lps_mm)
    return plane_along(axes, ends, ends, size_px)


def plane_at_entry(needle: PicturedNeedle, size_px: tuple[float, float]) -> SlicePlane:
    """Return the axial plane through the entry, as the patient will lie."""
    axes = view_axes("axial", needle.position)
    whole = fitted_plane(needle.grid, axes, size_px, needle.path.entry_lps_mm)
    if not needle.body_lps_mm:
        return whole
    points = np.array((*needle.body_lps_mm, needle.path.entry_lps_mm, needle.path.tip_lps_mm))
    right, down = np.array(axes.right_lps), np.array(axes.down_lps)
    middles, sides = [], []
    for axis in (right, down):
        along = points @ axis
        middles.append((along.min() + along.max()) / 2.0 * axis)
        sides.append(float(np.ptp(along)) + 2.0 * _AROUND_MM)
    centre = np.array(whole.centre_lps_mm)
    depth = centre @ np.array(axes.normal_lps) * np.array(axes.normal_lps)
    return replace(
        whole,
        centre_lps_mm=vec3(middles[0] + middles[1] + depth),
        mm_per_pixel=max(sides[0] / size_px[0], sides[1] / size_px[1]),
    )


def plane_at_specimen(needle: PicturedNeedle, size_px: tuple[float, float]) -> SlicePlane:
    """Return the plane across the needle at mid-specimen, seen from the entry."""
    axes = needle_planes(vec3(needle.path.direction_lps), needle.slice_normal_lps).across
    middle = vec3(np.mean(np.array(needle.specimen_lps_mm), axis=0))
    return SlicePlane(
        axes=axes,
        centre_lps_mm=middle,
        mm_per_pixel=_ACROSS_MM / min(size_px),
        size_px=size_px,
    )


def paint_needle_picture(
    painter: QPainter,
    room: QRectF,
    needle: PicturedNeedle,
    plane_of: Callable[[PicturedNeedle, tuple[float, float]], SlicePlane],
) -> None:
    """Paint one picture of a needle into a room on paper."""
    plane = plane_of(needle, (room.width(), room.height()))
    image = _ground(needle, plane)
    image.setDevicePixelRatio(_SHARP)
    inside = QPainter(image)
    inside.setRenderHint(QPainter.RenderHint.Antialiasing)
    if plane_of is plane_at_specimen:
        centre = _point(plane, plane.centre_lps_mm)
        radius = max(3.0, needle.radius_mm / plane.mm_per_pixel)
        paint_ring(inside, centre, radius, _NEEDLE)
    else:
        _paint_needle(inside, plane, needle)
    paint_words(inside, plane, OverlayWords(title="", letters=edge_letters(plane.axes)))
    inside.end()
    painter.drawImage(room, image)


def _paint_needle(painter: QPainter, plane: SlicePlane, needle: PicturedNeedle) -> None:
    specimen = QLineF(*(_point(plane, end) for end in needle.specimen_lps_mm))
    entry, tip = _point(plane, needle.path.entry_lps_mm), _point(plane, needle.path.tip_lps_mm)
    paint_line(painter, specimen, _SPECIMEN, _SPECIMEN_PX)
    paint_line(painter, QLineF(entry, tip), _NEEDLE, _SHAFT_PX)
    paint_ring(painter, entry, 4.0, _NEEDLE)
    paint_cross(painter, _point(plane, needle.stop_lps_mm), 5.0, _NEEDLE)


def _ground(needle: PicturedNeedle, plane: SlicePlane) -> QImage:
    grey = GreyScale(_LEVEL_HU, _WIDTH_HU).grey(needle.pictures.hu(plane, _SHARP))
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    for colour, mask in needle.edges:
        shade = QColor(colour)
        rgb[mask.edge(plane, _SHARP)] = (shade.red(), shade.green(), shade.blue())
    height, width, _ = rgb.shape
    data = np.ascontiguousarray(rgb).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
