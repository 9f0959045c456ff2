"""Measuring in a slice view: a distance by two clicks, HU by point or disc; keeps no image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.rendering.slice_geometry import SlicePlane, ViewAxes
from app.views.palette import CAPTION_PX
from app.views.slice_overlay import paint_text, text_size
from app.views.values import Measurement, Tool
from planning.geometry import Vec3

_COLOUR = QColor("#ffcf66")
_SHADOW = QColor(0, 0, 0, 160)
_TICK_PX = 3.5
_CLICK_PX = 4.0

Statistics = Callable[[Vec3, float], str]
"""Says the HU at a point (radius 0) or in a disc of a radius in mm."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A measurement and the plane it was made on: its axes, and its depth along their normal."""

    measurement: Measurement
    axes: ViewAxes
    depth_mm: float


class Measuring:
    """The measurements of one view and the one under way.

    Parameters
    ----------
    statistics : callable
        How HU are said; given by the view, which has the image.
    """

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._done: list[_Placed] = []
        self._tool = Tool.DISTANCE
        self._first: Vec3 | None = None
        self._second: Vec3 | None = None

    @property
    def under_way(self) -> bool:
        """Tell whether a first point was set and the second is awaited."""
        return self._first is not None

    def press(self, tool: Tool, point_lps_mm: Vec3) -> None:
        """Set the first point; a second press belongs to the measurement under way."""
        if self._first is None:
            self._tool, self._first = tool, point_lps_mm
        self._second = point_lps_mm

    def move(self, point_lps_mm: Vec3) -> None:
        """Let the second point follow the pointer."""
        if self._first is not None:
            self._second = point_lps_mm

    def release(self, plane: SlicePlane) -> Measurement | None:
        """Finish the measurement if two points are apart; a click on HU reads the one voxel."""
        if self._first is None or self._second is None:
            return None
        apart_px = np.linalg.norm(
            plane.screen_from_lps(self._first) - plane.screen_from_lps(self._second)
        )
        if apart_px < _CLICK_PX and self._tool is Tool.DISTANCE:
            return None  # the second click is still to come
        points = (self._first,) if apart_px < _CLICK_PX else (self._first, self._second)
        made = Measurement(tool=self._tool, points_lps_mm=points, text=self._text(points))
        self._done.append(_Placed(made, plane.axes, _depth(plane)))
        self.abandon()
        return made

    def abandon(self) -> None:
        """Forget the measurement under way."""
        self._first = self._second = None

    def clear(self) -> None:
        """Forget all measurements."""
        self._done.clear()
        self.abandon()

    def paint(self, painter: QPainter, plane: SlicePlane, half_slab_mm: float) -> None:
        """Paint what was measured on this slice, and what is being measured."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for placed in self._done:
            near = abs(placed.depth_mm - _depth(plane)) <= half_slab_mm
            if near and placed.axes == plane.axes:
                _paint(painter, plane, placed.measurement)
        if self._first is not None and self._second is not None:
            points = (self._first, self._second)
            text = self._text(points)
            _paint(painter, plane, Measurement(tool=self._tool, points_lps_mm=points, text=text))
        painter.restore()

    def _text(self, points: tuple[Vec3, ...]) -> str:
        radius = float(np.linalg.norm(np.subtract(points[0], points[-1])))
        return (
            f"{radius:.1f} mm"
            if self._tool is Tool.DISTANCE
            else self._statistics(points[0], radius)
        )


def _depth(plane: SlicePlane) -> float:
    return -float(plane.depth_mm((0.0, 0.0, 0.0)))


def _paint(painter: QPainter, plane: SlicePlane, measurement: Measurement) -> None:
    ends = [QPointF(*plane.screen_from_lps(p).tolist()) for p in measurement.points_lps_mm]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(_SHADOW, 3.5), QPen(_COLOUR, 1.5)):
        painter.setPen(pen)
        if measurement.tool is Tool.DISTANCE:
            painter.drawLine(ends[0], ends[-1])
            for end in ends:
                painter.drawEllipse(end, _TICK_PX, _TICK_PX)
        else:
            away = ends[-1] - ends[0]
            radius = max(_TICK_PX, float(np.hypot(away.x(), away.y())))
            painter.drawEllipse(ends[0], radius, radius)
    _paint_label(painter, plane, ends, measurement.text)


def _paint_label(painter: QPainter, plane: SlicePlane, ends: list[QPointF], text: str) -> None:
    """Paint the result beside the lower end, moved inside the view if it would be cut off."""
    lowest = max(ends, key=lambda point: point.y())
    wide, high = text_size(text, CAPTION_PX)
    left = min(max(4.0, lowest.x() + 8.0), plane.size_px[0] - wide - 4.0)
    top = min(max(4.0, lowest.y() + 4.0), plane.size_px[1] - high - 4.0)
    paint_text(painter, QPointF(left, top), text, CAPTION_PX, _COLOUR)
