"""Needles painted on a slice, only where they are near it; moves and measures nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.rendering.needle_cuts import crossing_of
from app.rendering.slice_geometry import SlicePlane, clipped_to_slab
from app.views.overlays import Overlays
from app.views.palette import CAPTION_PX, DARK
from app.views.slice_envelope import paint_envelope
from app.views.slice_overlay import paint_text, text_size
from app.views.values import NeedlePath
from planning.geometry import Vec3

PLANNED = "planned"
"""Stress of a needle that an executed one is compared with."""
NEAR_MM = 10.0
"""Beyond this distance from the slice a needle is not drawn at all."""
_RING_PX = 5.5
_THIN_PX = 2.0
_LEAST_END_PX = 3.0
_DOTS, _DASHES = (1.5, 2.0), (4.0, 2.5)  # on and off, in line widths
_HAIR_PX, _LEAST_HALF_PX = 1.5, 2.5
_NAME_PX = 9.0
_POINTED_PX = 12.0
_SHADOW = QColor(0, 0, 0, 150)
_SPECIMEN = QColor("#ffffff")


@dataclass(frozen=True, slots=True)
class NeedleColours:
    """Axis of the selected needle, of the others, and of the one that is pinned."""

    selected: str
    ghost: str
    pinned: str = DARK.caution

    def of(self, needle: NeedlePath) -> str:
        """Return the colour of a needle that stands out from the ghosts."""
        return self.pinned if needle.stress == "pinned" else self.selected


def paint_needles(
    painter: QPainter,
    plane: SlicePlane,
    needles: tuple[NeedlePath, ...],
    half_slab_mm: float,
    colours: NeedleColours,
    overlays: Overlays | None = None,
    pointer: QPointF | None = None,
) -> None:
    """Paint ghosts first, then the other cores of the set, and the selected needle last.

    Within `half_slab_mm` of the plane (never less than the needle's radius) the needle is solid,
    farther away dotted, beyond `NEAR_MM` gone. A needle that is looked at along its axis is a ring
    of its own size where it is cut: white and filled within the specimen.
    """
    drawn = overlays or Overlays()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    compared = [n for n in needles if n.stress == PLANNED]
    needles = tuple(n for n in needles if n.stress != PLANNED)
    stressed = [n for n in needles if n.stress and not n.selected]
    plain = [n for n in needles if not n.stress and not n.selected]
    ghosts = [n for n in plain if not n.core] if drawn.ghosts else []
    cores = [n for n in plain if n.core]
    chosen = [n for n in needles if n.selected]
    for needle in compared:
        if drawn.envelope and needle.selected:
            paint_envelope(painter, plane, needle, QColor(colours.selected))
        _paint_planned(painter, plane, needle, half_slab_mm, QColor(colours.selected))
    for needle in ghosts:
        _paint_ghost(painter, plane, needle, QColor(colours.ghost))
    for needle in cores:
        _paint_core(painter, plane, needle, QColor(colours.selected))
    for needle in stressed:
        half = max(half_slab_mm, needle.radius_mm)
        _paint_selected(painter, plane, needle, half, QColor(colours.of(needle)))
    for needle in chosen:
        half = max(half_slab_mm, needle.radius_mm)
        if drawn.envelope:
            paint_envelope(painter, plane, needle, QColor(colours.selected))
        _paint_selected(painter, plane, needle, half, QColor(colours.selected))
    if drawn.labels:
        named = [(n, colours.of(n)) for n in (*compared, *chosen, *stressed, *cores)]
        if pointer is not None:
            named += [(n, colours.ghost) for n in ghosts if _points_at(plane, n, pointer)]
        taken: list[QRectF] = []
        for needle, colour in named:
            if needle.selected and _is_end_on(plane, needle):
                continue  # it would lie on the rings, in a view that speaks of this needle only
            _paint_name(painter, plane, needle, QColor(colour), taken)
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


def _paint_planned(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, half_slab_mm: float, axis: QColor
) -> None:
    """Paint a needle that an executed one is compared with: a dotted axis, a dashed outline.

    Only the selected one has an outline, and stands out from the others.
    """
    axis.setAlphaF(1.0 if needle.selected else 0.55)
    half = max(half_slab_mm, needle.radius_mm)
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    crossing = crossing_of(plane, shaft)
    if crossing is not None and crossing.end_on:
        _paint_end_on(painter, plane, needle, crossing.depth_mm, axis)
        return
    near = clipped_to_slab(plane, shaft, max(NEAR_MM, half))
    if near is not None:
        _dotted(painter, _line(plane, near), axis)
    if not needle.selected:
        return
    for ends, colour in ((shaft, axis), (needle.specimen_lps_mm, _SPECIMEN)):
        within = clipped_to_slab(plane, ends, half)
        if within is not None:
            _outlined(painter, _line(plane, within), needle.radius_mm / plane.mm_per_pixel, colour)
    _entry_ring(painter, plane, needle, half, axis)


def _outlined(painter: QPainter, line: QLineF, half_px: float, colour: QColor) -> None:
    """Paint the two edges of a band and its ends, dashed, around a line."""
    if line.length() < 1.0:
        return
    way = line.unitVector()
    across = QPointF(-way.dy(), way.dx()) * max(half_px, _LEAST_HALF_PX)
    corners = (line.p1() + across, line.p2() + across, line.p2() - across, line.p1() - across)
    for shade, width in ((_SHADOW, _HAIR_PX + 1.5), (colour, _HAIR_PX)):
        pen = QPen(shade, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        if shade is colour:
            pen.setDashPattern(_DASHES)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(corners)


def _paint_selected(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, half_mm: float, axis: QColor
) -> None:
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    crossing = crossing_of(plane, shaft)
    if crossing is not None and crossing.end_on:
        _paint_end_on(painter, plane, needle, crossing.depth_mm, axis)
        return
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


def _paint_end_on(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, depth_mm: float, axis: QColor
) -> None:
    """Paint the needle as a plane across it cuts it; dotted a little beyond its ends."""
    entry, tip = np.array(needle.entry_lps_mm), np.array(needle.tip_lps_mm)
    length = float(np.linalg.norm(tip - entry))
    beyond = max(-depth_mm, depth_mm - length)
    if beyond > NEAR_MM:
        return
    specimen = [float(np.linalg.norm(np.array(end) - entry)) for end in needle.specimen_lps_mm]
    held = specimen[0] <= depth_mm <= specimen[1]
    centre = _point(plane, (entry + (tip - entry) * (depth_mm / length)).tolist())
    radius = max(_LEAST_END_PX, needle.radius_mm / plane.mm_per_pixel)
    colour = _SPECIMEN if held else axis
    fill = QColor(colour)
    fill.setAlphaF(0.45 if held else 0.15)
    painter.setBrush(fill if beyond <= 0.0 else Qt.BrushStyle.NoBrush)
    width = 3.0 if held else 2.0
    painter.setPen(QPen(_SHADOW, width + 1.5))
    painter.drawEllipse(centre, radius, radius)
    style = Qt.PenStyle.SolidLine if beyond <= 0.0 else Qt.PenStyle.DotLine
    painter.setPen(QPen(colour, width, style))
    painter.drawEllipse(centre, radius, radius)


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


def _paint_name(
    painter: QPainter,
    plane: SlicePlane,
    needle: NeedlePath,
    colour: QColor,
    taken: list[QRectF],
) -> None:
    """Paint what a needle is called beside it: at its entry, or a core of the set at its tip.

    Cores often share their entry. A name that would cover another is left out.
    """
    piece = clipped_to_slab(plane, (needle.entry_lps_mm, needle.tip_lps_mm), NEAR_MM)
    if piece is None or not needle.label:
        return
    wide, high = text_size(needle.label, CAPTION_PX)
    shift = QPointF(_NAME_PX, -_NAME_PX - high) if needle.selected else QPointF(_NAME_PX, 0.0)
    corner = _point(plane, piece[0] if needle.selected else piece[1]) + shift
    left = min(max(2.0, corner.x()), plane.size_px[0] - wide - 2.0)
    top = min(max(2.0, corner.y()), plane.size_px[1] - high - 2.0)
    box = QRectF(left, top, wide, high)
    if not any(box.intersects(other) for other in taken):
        taken.append(box)
        paint_text(painter, box.topLeft(), needle.label, CAPTION_PX, colour)


def _is_end_on(plane: SlicePlane, needle: NeedlePath) -> bool:
    crossing = crossing_of(plane, (needle.entry_lps_mm, needle.tip_lps_mm))
    return crossing is not None and crossing.end_on


def _points_at(plane: SlicePlane, needle: NeedlePath, pointer: QPointF) -> bool:
    piece = clipped_to_slab(plane, (needle.entry_lps_mm, needle.tip_lps_mm), NEAR_MM / 2.0)
    if piece is None:
        return False
    start, end = plane.screen_from_lps(np.array(piece))
    way, at = end - start, np.array((pointer.x(), pointer.y()))
    share = np.clip((at - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
    return bool(np.linalg.norm(start + share * way - at) <= _POINTED_PX)


def _line(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> QLineF:
    return QLineF(_point(plane, ends_lps_mm[0]), _point(plane, ends_lps_mm[1]))


def _point(plane: SlicePlane, point_lps_mm: Vec3 | list[float]) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
