"""The 3-D view: structures, trajectories and specimen; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from app.language import tr
from app.rendering.heat_sheet import HeatSheet
from app.rendering.needle_props import SceneNeedle
from app.rendering.opengl import scene_if_it_can_be_drawn
from app.rendering.scene import Look, Scene
from app.rendering.surfaces import Surface
from app.views.overlays import Overlays
from app.views.palette import DARK
from app.views.render_schedule import RenderSchedule
from app.views.review_step_values import ExecutedPath
from app.views.scene_needles import scene_needles, seen_needles
from app.views.scene_overlay import SceneMarks, paint_marks, paint_message
from app.views.scene_picture import ScenePicture
from app.views.scene_tool import SceneTool
from app.views.values import NeedlePath, StructureStyle
from planning.geometry import Float64Array, Vec3
from planning.model.case import Position

_CLICK_PX = 4.0
_SOON_MS = 180
_SMOOTH = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
_BUTTONS = {
    Qt.MouseButton.LeftButton: "Left",
    Qt.MouseButton.MiddleButton: "Middle",
    Qt.MouseButton.RightButton: "Right",
}


class SceneView(QWidget):
    """Structures as surfaces, ranked trajectories, the patient's directions.

    Left drag turns, middle drag (or left with Shift) moves, right drag or wheel zooms, Home resets.

    Signals
    -------
    double_clicked
        The user wants this view large, or small again.
    clicked : QPointF
        The left button went down and up at one place of the view, and no tool had taken it.
    """

    double_clicked = Signal()
    clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = scene_if_it_can_be_drawn(DARK.background)
        self.can_draw = self._scene is not None  # stays as it is when rendering is closed
        self._position: Position | None = None
        self._has_surfaces = False
        self._message = ""
        self._crosshair: Vec3 | None = None
        self._picture = ScenePicture()
        self._dragging: Qt.MouseButton | None = None
        self._needles: tuple[NeedlePath, ...] = ()
        self._executed: tuple[ExecutedPath, ...] = ()
        self._sheet_lps_mm: Float64Array | None = None
        self._overlays = Overlays()
        self._pressed: QPointF | None = None
        self._schedule = RenderSchedule(_SOON_MS, self)
        self._schedule.due.connect(self.repaint)  # an update would wait for, and hold, the hand
        self._tools: tuple[SceneTool, ...] = ()
        self._held: SceneTool | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("3-D view"))

    def add_tool(self, tool: SceneTool) -> None:
        """Let a tool hear of the mouse before the camera does."""
        self._tools = (*self._tools, tool)

    def ray_lps_mm(self, place: QPointF) -> tuple[Vec3, Vec3] | None:
        """Return the nearest and the farthest point that a place on the view may show."""
        if self._scene is None:
            return None
        return self._scene.ray_lps_mm(place.x() / self.width(), place.y() / self.height())

    def place_of(self, point_lps_mm: Vec3) -> QPointF | None:
        """Return where on the view a point is seen."""
        if self._scene is None:
            return None
        x, y = self._scene.screen_from_lps(point_lps_mm)
        return QPointF(x * self.width(), y * self.height())

    def set_surfaces(self, surfaces: Mapping[str, Surface]) -> None:
        """Replace all surfaces (by structure key); styles set before keep holding."""
        if self._scene is None:
            return
        first = not self._has_surfaces
        self._has_surfaces = bool(surfaces)
        self._scene.set_surfaces(surfaces)
        if first:
            self.reset_view()
        self._show_anew()

    def set_styles(self, styles: tuple[StructureStyle, ...]) -> None:
        """Set colour, opacity and visibility by key; unknown keys wait for later surfaces."""
        if self._scene is not None:
            self._scene.set_looks(
                {style.key: Look(style.colour, style.opacity, style.visible) for style in styles}
            )
            self._show_anew()

    def set_needles(self, needles: tuple[NeedlePath, ...]) -> None:
        """Show these trajectories."""
        self._needles = needles
        self._picture.is_hurried = False
        self._show_needles()

    def prepare_to_hurry(self, needles: tuple[NeedlePath, ...]) -> None:
        """Be ready for a hand to pull a needle while these others stand still."""
        if self._scene is not None:
            seen = self._scene_needles(needles)
            self._picture.prepare(self._scene, seen, self.size(), self._ratio())

    def hurry(self, needles: tuple[NeedlePath, ...]) -> None:
        """Show these trajectories, which stand still while a hand pulls another one, at once.

        Until `set_needles` nothing else changes but the skin's colours.
        """
        if self._scene is None:
            return
        if needles != self._needles or not self._picture.is_hurried:
            self._needles = needles
            self._picture.is_hurried = True
            self._show_needles()
        self.repaint()

    def draw_finely(self) -> None:
        """Render a picture that was made in a hurry as it is seen at rest."""
        if self._picture.is_coarse:
            self._picture.is_hurried = False
            self._schedule.at_once()
            self.repaint()

    def set_executed(self, needles: tuple[ExecutedPath, ...]) -> None:
        """Show executed needles beside the planned ones, and what tells the two apart."""
        self._executed = needles
        self._show_needles()

    def set_overlays(self, overlays: Overlays) -> None:
        """Show names beside needles, the needles that are not selected, the 95 % envelope."""
        self._overlays = overlays
        self._show_needles()

    def set_heat_sheet(self, sheet: HeatSheet | None, in_place_of: str) -> None:
        """Keep a sheet over the skin, to be seen in place of the surface of that key."""
        self._sheet_lps_mm = None if sheet is None else sheet.points_lps_mm
        if self._scene is not None:
            self._scene.set_heat_sheet(sheet, in_place_of)
            self._picture.forget_heat()
            self._schedule.soon()

    def set_heat(
        self, points_lps_mm: Float64Array | None, colours_rgba: NDArray[np.uint8] | None
    ) -> None:
        """Colour the sheet if it was made for these points; None hides it."""
        fits = points_lps_mm is not None and points_lps_mm is self._sheet_lps_mm
        shown = colours_rgba if fits else None
        if self._scene is None or (shown is None and not self._picture.has_heat):
            return
        self._picture.set_heat(self._scene, shown)
        if self._picture.is_hurried:
            self._schedule.at_once()  # who hurries paints it in its turn
        elif shown is not None:
            self._schedule.soon()
        else:
            self._show_anew()

    def set_position(self, position: Position | None) -> None:
        """Look from the side from which the biopsy is done."""
        if position is not self._position:
            self._position = position
            self.reset_view()

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Mark the common point of the slice views."""
        self._crosshair = point_lps_mm
        if not self._schedule.is_waiting:  # else it is shown with what comes
            self.update()

    def set_message(self, text: str) -> None:
        """Show a sentence while there is nothing to see yet."""
        self._message = text
        self.update()

    def reset_view(self) -> None:
        """Look at everything from the biopsy side."""
        if self._scene is not None:
            self._scene.look_from(self._position)
            self._show_anew()

    def close_rendering(self) -> None:
        """Finalise VTK; called by `closeEvent`, harmless twice."""
        if self._scene is not None:
            self._scene.close()
            self._scene = None

    def leaveEvent(self, event: QEvent) -> None:
        for tool in self._tools:
            tool.leave(self)
        super().leaveEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_rendering()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._schedule.at_once()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(DARK.background))
        if self._scene is not None:
            if self._schedule.wants():
                self._picture.make(self._scene, self.size(), self._ratio())
                self._schedule.done()
            painter.setRenderHints(_SMOOTH)
            painter.drawImage(self.rect(), self._picture.image)
            self._paint_over(painter, self._scene)
        elif not self.can_draw:
            nothing = tr("No OpenGL: nothing is drawn in 3-D")
            paint_message(painter, nothing, (self.width(), self.height()))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._dragging is not None or self._held is not None:
            return
        self._held = next((tool for tool in self._tools if tool.press(self, event)), None)
        if self._held is None and event.button() in _BUTTONS:
            self._dragging, self._pressed = event.button(), event.position()
            self._feed(event, f"{_BUTTONS[event.button()]}ButtonPressEvent")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held.move(self, event)
        elif self._dragging is not None:
            away = event.position() - (self._pressed or event.position())
            if max(abs(away.x()), abs(away.y())) > _CLICK_PX:
                self._pressed = None
            self._feed(event, "MouseMoveEvent")
        else:
            any(tool.hover(self, event) for tool in self._tools)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release(self, event)
        elif self._dragging is event.button():
            self._feed(event, f"{_BUTTONS[event.button()]}ButtonReleaseEvent")
            self._dragging = None
            if self._pressed is not None:
                self._tell_of_click(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if turned := event.angleDelta().y():
            self._feed(event, f"MouseWheel{'Forward' if turned > 0 else 'Backward'}Event")
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self.reset_view()
        elif event.key() == Qt.Key.Key_Escape:
            held, self._held = self._held, None
            # Not taken where there was nothing to give up: a large view becomes small again.
            event.setAccepted(any(tool.abandon() for tool in self._tools) or held is not None)
        else:
            super().keyPressEvent(event)

    def _tell_of_click(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit(event.position())
        elif event.button() is Qt.MouseButton.RightButton:
            self._open_menu(event.globalPosition().toPoint())

    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"{tr('Look at everything')}\t{tr('Home')}", self.reset_view)
        menu.addActions(self.actions())
        menu.popup(where)

    def _feed(self, event: QMouseEvent | QWheelEvent, name: str) -> None:
        if self._scene is None:
            return
        ratio, point, keys = self._ratio(), event.position(), event.modifiers()
        ctrl = bool(keys & Qt.KeyboardModifier.ControlModifier)
        shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        x_px, y_px = round(point.x() * ratio), round(point.y() * ratio)
        self._scene.feed(name, x_px, y_px, ctrl=ctrl, shift=shift)
        self._show_anew()

    def _ratio(self) -> float:
        """Return device pixels per pixel; coarse during a drag, so that it follows the hand."""
        ratio = self.devicePixelRatioF()
        return min(1.0, ratio) if self._dragging is not None else ratio

    def _show_anew(self) -> None:
        self._picture.forget_layers()
        self._schedule.at_once()
        self.update()

    def _show_needles(self) -> None:
        if self._scene is not None:
            self._picture.set_needles(self._scene, self._scene_needles(self._needles))
            self._schedule.at_once()
            self.update()

    def _scene_needles(self, needles: tuple[NeedlePath, ...]) -> tuple[SceneNeedle, ...]:
        return scene_needles(needles, self._executed, self._overlays)

    def _paint_over(self, painter: QPainter, scene: Scene) -> None:
        marks = SceneMarks(
            crosshair_lps_mm=self._crosshair if self._has_surfaces else None,
            named=seen_needles(self._needles, self._overlays) if self._overlays.labels else (),
            executed=self._executed,
            message=self._message,
            directions=scene.screen_directions() if self._has_surfaces else None,
        )
        paint_marks(painter, (self.width(), self.height()), marks, self.place_of)
        for tool in self._tools:
            tool.paint(self, painter)
