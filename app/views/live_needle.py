"""The tracked needle over slices and the 3-D view, an outline once it is stale; takes no mouse."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen

from app.rendering.needle_cuts import crossing_of
from app.rendering.slice_geometry import SlicePlane, clipped_to_slab
from app.views.navigation_values import LivePath
from app.views.palette import CAPTION_PX, DARK, LIVE_COLOUR
from app.views.review_marks import HALO, paint_cross, paint_line, paint_ring
from app.views.scene_tool import SceneTool
from app.views.scene_view import SceneView
from app.views.slice_needles import NEAR_MM
from app.views.slice_overlay import paint_text, text_size
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from planning.geometry import Vec3

_LEAST_PX, _MOST_PX = 4.0, 10.0
_SCENE_PX = 5.0
_THIN_PX = 2.0
_DOTS = (1.5, 2.0)
_LEAST_RING_PX = 5.0
_TIP_PX = 6.0
_NAME_PX = 10.0


class LiveSliceTool(QObject, SliceTool):
    """The tracked needle on any slice view."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: LivePath | None = None

    def set_path(self, path: LivePath | None) -> None:
        """Show the needle here; None shows none."""
        self._path = path

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        del view
        if self._path is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_on_slice(painter, plane, self._path, half_slab_mm)
        painter.restore()


class LiveSceneTool(QObject, SceneTool):
    """The tracked needle over the 3-D view as it was last rendered."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: LivePath | None = None

    def set_path(self, path: LivePath | None) -> None:
        """Show the needle here; None shows none."""
        self._path = path

    def paint(self, view: SceneView, painter: QPainter) -> None:
        path = self._path
        tip = None if path is None else view.place_of(path.tip_lps_mm)
        if path is None or tip is None:
            return
        painter.save()
        hub = None if path.hub_lps_mm is None else view.place_of(path.hub_lps_mm)
        if hub is not None:
            _paint_shaft(painter, QLineF(hub, tip), _SCENE_PX, path)
        _paint_tip(painter, tip, path)
        size = (float(view.width()), float(view.height()))
        _paint_name(painter, tip, path, size)
        painter.restore()


def _paint_on_slice(
    painter: QPainter, plane: SlicePlane, path: LivePath, half_slab_mm: float
) -> None:
    """Paint the needle where the slice shows it, dotted beside it, as a disc across it."""
    half = max(half_slab_mm, path.radius_mm)
    away_mm = abs(float(plane.depth_mm(path.tip_lps_mm)))
    if path.hub_lps_mm is not None:
        ends = (path.hub_lps_mm, path.tip_lps_mm)
        crossing = crossing_of(plane, ends)
        if crossing is not None and crossing.end_on:
            _paint_end_on(painter, plane, path, ends)
            return
        near = clipped_to_slab(plane, ends, max(NEAR_MM, half))
        if near is not None:
            paint_line(painter, _line(plane, near), _colour(path), _THIN_PX, _DOTS)
        within = clipped_to_slab(plane, ends, half)
        if within is not None:
            width = min(max(_LEAST_PX, 2.0 * path.radius_mm / plane.mm_per_pixel), _MOST_PX)
            _paint_shaft(painter, _line(plane, within), width, path)
    if away_mm <= NEAR_MM:
        tip = _point(plane, path.tip_lps_mm)
        if away_mm <= half:
            _paint_tip(painter, tip, path)
        _paint_name(painter, tip, path, plane.size_px)


def _paint_end_on(
    painter: QPainter, plane: SlicePlane, path: LivePath, ends_lps_mm: tuple[Vec3, Vec3]
) -> None:
    """Paint a disc where the plane cuts the needle; only a ring where it does not reach that far.

    A view across the needle looks at one depth while the tip is at another: there the ring shows
    where the axis goes through.
    """
    tip, hub = ends_lps_mm[1], ends_lps_mm[0]
    across = float(plane.depth_mm(tip)), float(plane.depth_mm(hub))
    share = across[0] / (across[0] - across[1])
    x, y, z = (t + share * (h - t) for t, h in zip(tip, hub, strict=True))
    centre = _point(plane, (x, y, z))
    radius = max(_LEAST_RING_PX, path.radius_mm / plane.mm_per_pixel)
    paint_ring(painter, centre, radius, _colour(path))
    if 0.0 <= share <= 1.0 and not path.stale:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(path))
        painter.drawEllipse(centre, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    _paint_name(painter, centre, path, plane.size_px)


def _paint_shaft(painter: QPainter, line: QLineF, width_px: float, path: LivePath) -> None:
    """Paint a thick line, or its outline once it is stale."""
    if not path.stale:
        paint_line(painter, line, _colour(path), width_px)
        return
    way = QPainterPath(line.p1())
    way.lineTo(line.p2())
    stroker = QPainterPathStroker()
    stroker.setWidth(width_px + _THIN_PX)
    stroker.setCapStyle(Qt.PenCapStyle.FlatCap)
    outline = stroker.createStroke(way)
    for colour, width in ((HALO, 4.0), (_colour(path), 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawPath(outline)


def _paint_tip(painter: QPainter, tip: QPointF, path: LivePath) -> None:
    paint_ring(painter, tip, _TIP_PX, _colour(path))
    if path.hub_lps_mm is None:
        paint_cross(painter, tip, 2.0 * _TIP_PX, _colour(path))


def _paint_name(
    painter: QPainter, at: QPointF, path: LivePath, size_px: tuple[float, float]
) -> None:
    wide, high = text_size(path.label, CAPTION_PX)
    left = min(max(2.0, at.x() + _NAME_PX), size_px[0] - wide - 2.0)
    top = min(max(2.0, at.y() + _NAME_PX), size_px[1] - high - 2.0)
    paint_text(painter, QPointF(left, top), path.label, CAPTION_PX, _colour(path))


def _colour(path: LivePath) -> QColor:
    return QColor(DARK.secondary if path.stale else LIVE_COLOUR)


def _line(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> QLineF:
    return QLineF(_point(plane, ends_lps_mm[0]), _point(plane, ends_lps_mm[1]))


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
