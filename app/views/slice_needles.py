"""Needles painted on a slice, only where they are near it; moves and measures nothing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.rendering.slice_geometry import SlicePlane, clipped_to_slab
from app.views.palette import DARK
from app.views.values import NeedlePath
from planning.geometry import Vec3

NEAR_MM = 10.0
"""Beyond this distance from the slice a needle is not drawn at all."""
_RING_PX = 5.5
_THIN_PX = 2.0
_DOTS = (1.5, 2.0)  # on and off, in line widths
_SHADOW = QColor(0, 0, 0, 150)
_SPECIMEN = QColor("#ffffff")


@dataclass(frozen=True, slots=True)
class NeedleColours:
    """Axis of the selected needle, of the others, and of the one that is pinned."""

    selected: str
    ghost: str
    pinned: str = DARK.caution


def paint_needles(
    painter: QPainter,
    plane: SlicePlane,
    needles: tuple[NeedlePath, ...],
    half_slab_mm: float,
    colours: NeedleColours,
) -> None:
    """Paint ghosts first, then the other cores of the set, and the selected needle last.

    Within `half_slab_mm` of the plane (never less than the needle's radius) the needle is solid,
    farther away dotted, beyond `NEAR_MM` gone.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    stressed = [n for n in needles if n.stress and not n.selected]
    needles = tuple(n for n in needles if n not in stressed)
    for needle in needles:
        if not needle.selected and not needle.core:
            _paint_ghost(painter, plane, needle, QColor(colours.ghost))
    for needle in needles:
        if not needle.selected and needle.core:
            _paint_core(painter, plane, needle, QColor(colours.selected))
    for needle in stressed:
        colour = colours.pinned if needle.stress == "pinned" else colours.selected
        half = max(half_slab_mm, needle.radius_mm)
        _paint_selected(painter, plane, needle, half, QColor(colour))
    for needle in needles:
        if needle.selected:
            half = max(half_slab_mm, needle.radius_mm)
            _paint_selected(painter, plane, needle, half, QColor(colours.selected))
    painter.restore()


def _paint_ghost(painter: QPainter, plane: SlicePlane, needle: NeedlePath, colour: QColor) -> None:
    colour.setAlphaF(0.55)
    piece = clipped_to_slab(plane, (needle.entry_lps_mm, needle.tip_lps_mm), NEAR_MM / 2.0)
    if piece is not None:
        painter.setPen(QPen(colour, 1.0))
        painter.drawLine(_line(plane, piece))


def _paint_core(painter: QPainter, plane: SlicePlane, needle: NeedlePath, axis: QColor) -> None:
    """Paint a core of the set that is not selected: dotted, its specimen a thin line."""
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    piece = clipped_to_slab(plane, shaft, NEAR_MM)
    if piece is not None:
        _dotted(painter, _line(plane, piece), axis)
    specimen = clipped_to_slab(plane, needle.specimen_lps_mm, NEAR_MM)
    if specimen is not None:
        _solid(painter, _line(plane, specimen), _SPECIMEN, _THIN_PX)


def _paint_selected(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, half_mm: float, axis: QColor
) -> None:
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    diameter_px = 2.0 * needle.radius_mm / plane.mm_per_pixel
    shaft_px = min(max(2.5, diameter_px), 9.0)
    specimen_px = max(5.0, shaft_px * 1.5)
    for ends, colour in ((shaft, axis), (needle.specimen_lps_mm, _SPECIMEN)):
        near = clipped_to_slab(plane, ends, max(NEAR_MM, half_mm))
        if near is not None:
            _dotted(painter, _line(plane, near), colour)
    for ends, colour, width in (
        (shaft, axis, shaft_px),
        (needle.specimen_lps_mm, _SPECIMEN, specimen_px),
    ):
        within = clipped_to_slab(plane, ends, half_mm)
        if within is not None:
            _solid(painter, _line(plane, within), colour, width)
    _entry_ring(painter, plane, needle, half_mm, axis)


def _dotted(painter: QPainter, line: QLineF, colour: QColor) -> None:
    painter.setPen(QPen(_SHADOW, _THIN_PX + 1.5))
    painter.drawLine(line)
    dots = QPen(colour, _THIN_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    dots.setDashPattern(_DOTS)
    painter.setPen(dots)
    painter.drawLine(line)


def _solid(painter: QPainter, line: QLineF, colour: QColor, width_px: float) -> None:
    flat = Qt.PenCapStyle.FlatCap
    painter.setPen(QPen(_SHADOW, width_px + 1.5, Qt.PenStyle.SolidLine, flat))
    painter.drawLine(line)
    painter.setPen(QPen(colour, width_px, Qt.PenStyle.SolidLine, flat))
    painter.drawLine(line)


def _entry_ring(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, half_mm: float, colour: QColor
) -> None:
    depth = abs(float(plane.depth_mm(needle.entry_lps_mm)))
    if depth > max(NEAR_MM, half_mm):
        return
    style = Qt.PenStyle.SolidLine if depth <= half_mm else Qt.PenStyle.DotLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    centre = _point(plane, needle.entry_lps_mm)
    painter.setPen(QPen(_SHADOW, 4.0))
    painter.drawEllipse(centre, _RING_PX, _RING_PX)
    painter.setPen(QPen(colour, 2.0, style))
    painter.drawEllipse(centre, _RING_PX, _RING_PX)


def _line(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> QLineF:
    return QLineF(_point(plane, ends_lps_mm[0]), _point(plane, ends_lps_mm[1]))


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
