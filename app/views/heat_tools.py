"""The skin's colours in slices and in 3-D, explained on hover, chosen by a click; scores nothing.

Slices show short marks just outside the skin; 3-D colours the skin itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from PySide6.QtCore import QLineF, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QPainter, QPen

from app.rendering.heat_sheet import HeatSheet
from app.rendering.slice_geometry import SlicePlane
from app.views.scene_tool import SceneTool
from app.views.scene_view import SceneView
from app.views.skin_heat import LEGEND_SIZE_PX, SkinHeat, flat_pen, paint_legend, paint_note
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from planning.geometry import Float64Array

_CATCH_MM = 4.0
_CATCH_3D_MM = 6.0
_CLICK_PX = 4.0
_MARK_PX = 6.0
_MARK_GAP_PX = 2.0
_NEAR_SPACINGS = 0.6
_LEAST_SLANT = 0.15
_LEGEND_ROOM_PX, _LEGEND_ROOM_3D_PX = (600.0, 300.0), (320.0, 200.0)
_LEGEND_RAISED_PX = 44.0

_Marks = list[tuple[QPen, list[QLineF]]]


class HeatSignals(QObject):
    """What the user asks for with the map.

    Signals
    -------
    entry_requested : Vec3
        A point of the skin was clicked.
    """

    entry_requested = Signal(object)


class HeatSliceTool(SliceTool):
    """Marks along the skin in slice views; one tool serves them all."""

    def __init__(self, views: Sequence[SliceView]) -> None:
        self.signals = HeatSignals()
        self._views = tuple(views)
        self._heat: SkinHeat | None = None
        self._takes_clicks = True
        self._hovered: tuple[SliceView, QPointF, int] | None = None
        self._pressed: tuple[QPointF, int] | None = None
        self._marks: dict[SliceView, tuple[tuple[object, ...], _Marks]] = {}
        for view in self._views:
            view.add_tool(self)

    def set_heat(self, heat: SkinHeat | None) -> None:
        """Take these colours; None for none."""
        self._heat, self._hovered = heat, self._hovered if heat is not None else None

    def update(self) -> None:
        """Show what was taken."""
        for view in self._views:
            view.update()

    def set_takes_clicks(self, takes: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Let a click on the skin ask for an entry, or leave it to a measuring tool."""
        self._takes_clicks = takes

    def press(self, view: SliceView, event: QMouseEvent) -> bool:
        if event.button() is not Qt.MouseButton.LeftButton or not self._takes_clicks:
            return False
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        found = self._under(view, event.position())
        self._pressed = None if found is None else (event.position(), found)
        return found is not None

    def move(self, view: SliceView, event: QMouseEvent) -> None:
        if self._pressed is not None and _far(self._pressed[0], event.position()):
            self._pressed = None
        self.hover(view, event)
        view.update()

    def release(self, view: SliceView, event: QMouseEvent) -> None:
        del view, event
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self._heat is not None:
            self.signals.entry_requested.emit(self._heat.point_lps_mm(pressed[1]))

    def abandon(self) -> bool:
        given_up, self._pressed = self._pressed is not None, None
        return given_up

    def hover(self, view: SliceView, event: QMouseEvent) -> bool:
        found = self._under(view, event.position())
        self._hovered = None if found is None else (view, event.position(), found)
        return found is not None

    def leave(self, view: SliceView) -> None:
        del view
        self._hovered = None

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        if self._heat is None:
            return
        self._paint_marks(view, painter, plane, self._heat, half_slab_mm)
        wide, high = plane.size_px
        if wide >= _LEGEND_ROOM_PX[0] and high >= _LEGEND_ROOM_PX[1]:
            corner = QPointF(8.0, high - _LEGEND_RAISED_PX - LEGEND_SIZE_PX[1])
            paint_legend(painter, corner, self._heat)
        if self._hovered is not None and self._hovered[0] is view:
            _, place, index = self._hovered
            paint_note(painter, place, self._heat.words(index), plane.size_px)

    def _paint_marks(
        self,
        view: SliceView,
        painter: QPainter,
        plane: SlicePlane,
        heat: SkinHeat,
        half_slab_mm: float,
    ) -> None:
        """Paint marks along the skin, the same as before where nothing has moved."""
        of, known = (plane, heat, half_slab_mm), self._marks.get(view)
        if known is None or known[0] != of:
            known = self._marks[view] = (of, _coloured_marks(plane, heat, half_slab_mm))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen, lines in known[1]:
            painter.setPen(pen)
            painter.drawLines(lines)
        painter.restore()

    def _under(self, view: SliceView, place: QPointF) -> int | None:
        plane = view.plane()
        if plane is None or self._heat is None:
            return None
        point = plane.lps_from_screen(place.x(), place.y())
        return self._heat.nearest(point, max(_CATCH_MM, self._heat.spacing_mm))


class HeatSceneTool(SceneTool):
    """The coloured skin in 3-D; a click asks for an entry unless it becomes a double click."""

    def __init__(self, view: SceneView) -> None:
        self.signals = HeatSignals()
        self._view = view
        self._heat: SkinHeat | None = None
        self._hovered: tuple[QPointF, int] | None = None
        self._asked: int | None = None
        self._waiting = QTimer(view)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self._ask)
        view.add_tool(self)
        view.clicked.connect(self._click)
        view.double_clicked.connect(self._waiting.stop)

    def set_sheet(self, sheet: HeatSheet | None, in_place_of: str) -> None:
        """Colour this sheet from now on, in place of the surface of that key."""
        self._view.set_heat_sheet(sheet, in_place_of)

    def set_heat(self, heat: SkinHeat | None) -> None:
        """Show these colours soon; None shows nothing."""
        self._heat, self._hovered = heat, self._hovered if heat is not None else None
        self._view.set_heat(None if heat is None else heat.points_lps_mm, _colours_of(heat))

    def update(self) -> None:
        """Show what was taken; the view renders in its own time."""
        self._view.update()

    def hover(self, view: SceneView, event: QMouseEvent) -> bool:
        found, before = self._under(event.position()), self._hovered
        self._hovered = None if found is None else (event.position(), found)
        if self._hovered is not None or before is not None:
            view.update()
        return found is not None

    def leave(self, view: SceneView) -> None:
        self._hovered = None
        view.update()

    def paint(self, view: SceneView, painter: QPainter) -> None:
        if self._heat is None:
            return
        size = (float(view.width()), float(view.height()))
        wide, high = LEGEND_SIZE_PX
        if size[0] >= _LEGEND_ROOM_3D_PX[0] and size[1] >= _LEGEND_ROOM_3D_PX[1]:
            paint_legend(painter, QPointF(size[0] - wide - 8.0, size[1] - high - 8.0), self._heat)
        if self._hovered is not None:
            place, index = self._hovered
            paint_note(painter, place, self._heat.words(index), size)

    def _under(self, place: QPointF) -> int | None:
        ray = None if self._heat is None else self._view.ray_lps_mm(place)
        if ray is None or self._heat is None:
            return None
        return self._heat.first_on_ray(ray, max(_CATCH_3D_MM, self._heat.spacing_mm))

    def _click(self, place: QPointF) -> None:
        self._asked = self._under(place)
        if self._asked is not None:
            # Skin is everywhere in 3-D: a double click that enlarges the view places no needle.
            self._waiting.start(QGuiApplication.styleHints().mouseDoubleClickInterval())

    def _ask(self) -> None:
        if self._heat is not None and self._asked is not None:
            self.signals.entry_requested.emit(self._heat.point_lps_mm(self._asked))


def _colours_of(heat: SkinHeat | None) -> np.ndarray | None:
    return None if heat is None else heat.colours_rgba


def _far(one: QPointF, other: QPointF) -> bool:
    away = other - one
    return max(abs(away.x()), abs(away.y())) > _CLICK_PX


def _coloured_marks(plane: SlicePlane, heat: SkinHeat, half_slab_mm: float) -> _Marks:
    """Return a mark along the skin for every point that lies near the plane, in its colour."""
    depth = plane.depth_mm(heat.points_lps_mm)
    within_mm = max(half_slab_mm, _NEAR_SPACINGS * heat.spacing_mm)
    near = np.flatnonzero((np.abs(depth) <= within_mm) & (heat.colours_rgba[:, 3] > 0))
    # The worst first and the nearest last, so that neither hides what matters more.
    worth = np.nan_to_num(heat.scores[near], nan=-1.0)
    near = near[np.lexsort((-np.abs(depth[near]), heat.colours_rgba[near, 0], worth))]
    starts, ends, shown = _marks(plane, heat, near, depth[near])
    colours = heat.colours_rgba[near[shown], :3].tolist()
    marks = zip(colours, starts, ends, strict=True)
    return [
        (
            flat_pen(QColor(*colour), _MARK_PX),
            [QLineF(*start, *end) for _, start, end in alike],
        )
        for colour, alike in groupby(marks, key=lambda mark: mark[0])
    ]


def _marks(
    plane: SlicePlane, heat: SkinHeat, near: np.ndarray, depth_mm: Float64Array
) -> tuple[list[list[float]], list[list[float]], np.ndarray]:
    """Return both ends of the marks on the screen, and which of the points have one.

    A point is moved along the skin into the plane, which skin that lies in the plane forbids.
    """
    normals, across = heat.normals_lps[near], np.array(plane.axes.normal_lps)
    slant = normals @ across
    shown = 1.0 - slant**2 > _LEAST_SLANT
    normals, slant, depth_mm = normals[shown], slant[shown], depth_mm[shown]
    along_skin = (across - slant[:, None] * normals) / (1.0 - slant**2)[:, None]
    points = heat.points_lps_mm[near[shown]] - depth_mm[:, None] * along_skin
    outward = normals @ np.array((plane.axes.right_lps, plane.axes.down_lps)).T
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    middle = plane.screen_from_lps(points) + (_MARK_GAP_PX + _MARK_PX / 2.0) * outward
    half = 0.7 * heat.spacing_mm / plane.mm_per_pixel
    tangent = np.stack((-outward[:, 1], outward[:, 0]), axis=-1) * max(half, 1.5)
    return (middle - tangent).tolist(), (middle + tangent).tolist(), shown
