"""Executed needles over the slices, told from planned ones by colour, line and words; no sums."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.language import tr
from app.rendering.needle_cuts import crossing_of
from app.rendering.slice_geometry import SlicePlane, clipped_to_slab
from app.views.palette import CAPTION_PX, DARK, EXECUTED_COLOUR
from app.views.review_step_values import ExecutedPath
from app.views.slice_needles import NEAR_MM
from app.views.slice_overlay import paint_text, text_size
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from planning.geometry import Vec3

_SHADOW = QColor(0, 0, 0, 170)
_SPECIMEN = QColor("#ffffff")
_QUIET = QColor("#c3cbd6")
_LEAST_PX, _MOST_PX = 3.0, 9.0
_LEAST_END_PX = 3.0
_THIN_PX = 2.0
_DOTS, _DASHES = (1.5, 2.0), (3.0, 2.0)  # on and off, in line widths
_TIP_PX = 4.0
_NAME_PX = 9.0
_SAMPLE_PX, _LEGEND_BOTTOM_PX, _MARGIN_PX = 22.0, 34.0, 8.0
_LEAST_FOR_LEGEND_PX = (260.0, 190.0)
_BESIDE = 0.55


class ExecutedTool(QObject, SliceTool):
    """Executed needles on any slice view, with a legend; takes neither mouse nor keys."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._needles: tuple[ExecutedPath, ...] = ()
        self._legend = False

    def set_needles(self, needles: tuple[ExecutedPath, ...], *, legend: bool) -> None:
        """Show these needles, and what the two kinds of lines mean."""
        self._needles, self._legend = needles, legend

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        del view
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        needles = sorted(self._needles, key=lambda n: n.stands_out)
        for needle in needles:
            paint_executed(painter, plane, needle, half_slab_mm)
        taken: list[QRectF] = []
        for needle in reversed(needles):
            _paint_name(painter, plane, needle, taken)
        if self._legend:
            paint_legend(painter, plane.size_px)
        painter.restore()


def paint_executed(
    painter: QPainter, plane: SlicePlane, needle: ExecutedPath, half_slab_mm: float
) -> None:
    """Paint a needle solid where the slice shows it, dotted beside it, as a disc across it.

    What it reached only after the scan is dashed; the specimen is a white line inside.
    """
    colour = _colour(needle)
    half = max(half_slab_mm, needle.radius_mm)
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    whole = (needle.entry_lps_mm, needle.deepest_lps_mm)
    crossing = crossing_of(plane, whole)
    if crossing is not None and crossing.end_on:
        _paint_end_on(painter, plane, needle, crossing.depth_mm, colour)
        return
    width = min(max(_LEAST_PX, 2.0 * needle.radius_mm / plane.mm_per_pixel), _MOST_PX)
    near = clipped_to_slab(plane, whole, max(NEAR_MM, half))
    if near is not None:
        _stroke(painter, _line(plane, near), colour, _THIN_PX, _DOTS)
    inferred = clipped_to_slab(plane, (needle.tip_lps_mm, needle.deepest_lps_mm), half)
    if inferred is not None:
        _stroke(painter, _line(plane, inferred), colour, width, _DASHES)
    within = clipped_to_slab(plane, shaft, half)
    if within is not None:
        _stroke(painter, _line(plane, within), colour, width)
    if needle.specimen_lps_mm is not None:
        held = clipped_to_slab(plane, needle.specimen_lps_mm, half)
        if held is not None:
            painter.setPen(QPen(_SPECIMEN, max(1.0, width / 3.0)))
            painter.drawLine(_line(plane, held))
    if abs(float(plane.depth_mm(needle.tip_lps_mm))) <= half:
        _cross_line(painter, plane, needle, colour)


def paint_legend(painter: QPainter, size_px: tuple[float, float]) -> None:
    """Paint what dashed and solid needles are, above the scale bar, where there is room."""
    if size_px[0] < _LEAST_FOR_LEGEND_PX[0] or size_px[1] < _LEAST_FOR_LEGEND_PX[1]:
        return
    rows = (
        (tr("planned"), QColor(DARK.accent), 1.5, _DASHES),
        (tr("executed"), QColor(EXECUTED_COLOUR), 4.0, ()),
    )
    high = text_size("0", CAPTION_PX)[1] + 2.0
    wide = max(text_size(text, CAPTION_PX)[0] for text, *_ in rows)
    left = size_px[0] - _MARGIN_PX - wide
    for number, (text, colour, width, pattern) in enumerate(rows):
        top = size_px[1] - _LEGEND_BOTTOM_PX - (len(rows) - number) * high
        middle = top + high / 2.0
        sample = QLineF(left - _SAMPLE_PX - 6.0, middle, left - 6.0, middle)
        _stroke(painter, sample, colour, width, pattern)
        paint_text(painter, QPointF(left, top), text, CAPTION_PX, _QUIET)


def _paint_end_on(
    painter: QPainter, plane: SlicePlane, needle: ExecutedPath, depth_mm: float, colour: QColor
) -> None:
    """Paint the needle as a plane across it cuts it; only a ring a little beyond its ends."""
    entry, deepest = np.array(needle.entry_lps_mm), np.array(needle.deepest_lps_mm)
    length = float(np.linalg.norm(deepest - entry))
    beyond = max(-depth_mm, depth_mm - length)
    if beyond > NEAR_MM:
        return
    centre = _point(plane, (entry + (deepest - entry) * (depth_mm / length)).tolist())
    radius = max(_LEAST_END_PX, needle.radius_mm / plane.mm_per_pixel)
    painter.setBrush(colour if beyond <= 0.0 else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_SHADOW, 3.5))
    painter.drawEllipse(centre, radius, radius)
    style = Qt.PenStyle.SolidLine if beyond <= 0.0 else Qt.PenStyle.DotLine
    painter.setPen(QPen(colour, 2.0, style))
    painter.drawEllipse(centre, radius, radius)


def _cross_line(painter: QPainter, plane: SlicePlane, needle: ExecutedPath, colour: QColor) -> None:
    """Paint a short line across the tip, so that it is seen where the needle ended."""
    start, end = plane.screen_from_lps(np.array((needle.entry_lps_mm, needle.tip_lps_mm)))
    way = end - start
    length = float(np.linalg.norm(way))
    if length < 1.0:
        return
    across = QPointF(-way[1] / length, way[0] / length) * (_TIP_PX + _LEAST_PX)
    tip = QPointF(float(end[0]), float(end[1]))
    _stroke(painter, QLineF(tip - across, tip + across), colour, _THIN_PX)


def _paint_name(
    painter: QPainter, plane: SlicePlane, needle: ExecutedPath, taken: list[QRectF]
) -> None:
    """Paint what it is called, on the other side than a planned needle's name; never over another.

    Where the needle is seen along its axis, beside its disc.
    """
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    piece = clipped_to_slab(plane, shaft, NEAR_MM)
    if piece is None or not needle.label:
        return
    wide, high = text_size(needle.label, CAPTION_PX)
    crossing = crossing_of(plane, shaft)
    end_on = crossing is not None and crossing.end_on
    place = _point(plane, piece[1] if end_on else piece[0])
    corner = place + QPointF(-_NAME_PX - wide, _NAME_PX)
    left = min(max(2.0, corner.x()), plane.size_px[0] - wide - 2.0)
    top = min(max(2.0, corner.y()), plane.size_px[1] - high - 2.0)
    box = QRectF(left, top, wide, high)
    if not any(box.intersects(other) for other in taken):
        taken.append(box)
        paint_text(painter, box.topLeft(), needle.label, CAPTION_PX, _colour(needle))


def _colour(needle: ExecutedPath) -> QColor:
    colour = QColor(EXECUTED_COLOUR)
    colour.setAlphaF(1.0 if needle.stands_out else _BESIDE)
    return colour


def _stroke(
    painter: QPainter,
    line: QLineF,
    colour: QColor,
    width_px: float,
    pattern: tuple[float, ...] = (),
) -> None:
    flat = Qt.PenCapStyle.FlatCap
    painter.setPen(QPen(_SHADOW, width_px + 1.5, Qt.PenStyle.SolidLine, flat))
    painter.drawLine(line)
    pen = QPen(colour, width_px, Qt.PenStyle.SolidLine, flat)
    if pattern:
        pen.setDashPattern(pattern)
    painter.setPen(pen)
    painter.drawLine(line)


def _line(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> QLineF:
    return QLineF(_point(plane, ends_lps_mm[0]), _point(plane, ends_lps_mm[1]))


def _point(plane: SlicePlane, point_lps_mm: Vec3 | list[float]) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
