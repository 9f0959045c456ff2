"""The 3-D view: structures, trajectories and specimen; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QLineF, QPointF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.rendering.needle_props import SceneNeedle
from app.rendering.scene import Look, Scene, rgb
from app.rendering.surfaces import Surface
from app.views.palette import CAPTION_PX, DARK, TEXT_PX
from app.views.scene_tool import SceneTool
from app.views.slice_overlay import paint_text, text_size
from app.views.values import NeedlePath, StructureStyle
from planning.geometry import Vec3
from planning.model.case import Position

_COMPASS_PX = 30.0
_COMPASS_MARGIN_PX = 46.0
_TURNED_AWAY = 0.85
_COMPASS_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
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
    """

    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = Scene(DARK.background)
        self._position: Position | None = None
        self._has_surfaces = False
        self._message = ""
        self._crosshair: Vec3 | None = None
        self._picture = QImage()
        self._stale = True
        self._dragging: Qt.MouseButton | None = None
        self._tools: tuple[SceneTool, ...] = ()
        self._held: SceneTool | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("3-D view")

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
        """Show these trajectories, the selected one with its specimen."""
        if self._scene is not None:
            self._scene.set_needles(_scene_needle(needle) for needle in needles)
            self._show_anew()

    def set_position(self, position: Position | None) -> None:
        """Look from the side from which the biopsy is done."""
        if position is not self._position:
            self._position = position
            self.reset_view()

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Mark the common point of the slice views."""
        self._crosshair = point_lps_mm
        self.update()

    def set_message(self, text: str) -> None:
        """Show a sentence while there is nothing to see yet ("Building surfaces ...")."""
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
        self._stale = True
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(DARK.background))
        if self._scene is not None:
            if self._stale:
                self._picture = self._rendered(self._scene)
                self._stale = False
            painter.drawImage(self.rect(), self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_over(painter, self._scene)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._dragging is not None or self._held is not None:
            return
        self._held = next((tool for tool in self._tools if tool.press(self, event)), None)
        if self._held is None and event.button() in _BUTTONS:
            self._dragging = event.button()
            self._feed(event, f"{_BUTTONS[event.button()]}ButtonPressEvent")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held.move(self, event)
        elif self._dragging is not None:
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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self._feed(event, f"MouseWheel{'Forward' if turned > 0 else 'Backward'}Event")
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self.reset_view()
        elif event.key() == Qt.Key.Key_Escape:
            self._held = None
            any(tool.abandon() for tool in self._tools)
        else:
            super().keyPressEvent(event)

    def _feed(self, event: QMouseEvent | QWheelEvent, name: str) -> None:
        if self._scene is None:
            return
        ratio = self._ratio()
        point, keys = event.position(), event.modifiers()
        self._scene.feed(
            name,
            round(point.x() * ratio),
            round(point.y() * ratio),
            ctrl=bool(keys & Qt.KeyboardModifier.ControlModifier),
            shift=bool(keys & Qt.KeyboardModifier.ShiftModifier),
        )
        self._show_anew()

    def _ratio(self) -> float:
        """Return device pixels per pixel; coarse during a drag, so that it follows the hand."""
        ratio = self.devicePixelRatioF()
        return min(1.0, ratio) if self._dragging is not None else ratio

    def _rendered(self, scene: Scene) -> QImage:
        ratio = self._ratio()
        pixels = scene.render(
            max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        )
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        return image.copy()

    def _show_anew(self) -> None:
        self._stale = True
        self.update()

    def _paint_over(self, painter: QPainter, scene: Scene) -> None:
        paint_text(painter, QPointF(8.0, 6.0), "3-D", TEXT_PX, QColor(DARK.text))
        if self._crosshair is not None and self._has_surfaces:
            x, y = scene.screen_from_lps(self._crosshair)
            centre = QPointF(x * self.width(), y * self.height())
            painter.setPen(QPen(QColor(DARK.accent), 1.0))
            for dx, dy in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
                way = QPointF(dx, dy)
                painter.drawLine(QLineF(centre + way * 6.0, centre + way * 13.0))
        if self._message:
            wide, high = text_size(self._message, TEXT_PX)
            corner = QPointF((self.width() - wide) / 2.0, (self.height() - high) / 2.0)
            paint_text(painter, corner, self._message, TEXT_PX, QColor(DARK.secondary))
        if self._has_surfaces:
            self._paint_compass(painter, scene)
        for tool in self._tools:
            tool.paint(self, painter)

    def _paint_compass(self, painter: QPainter, scene: Scene) -> None:
        """Paint the patient's six sides as seen now, the near ones bright and last."""
        middle = QPointF(_COMPASS_MARGIN_PX, self.height() - _COMPASS_MARGIN_PX)
        spokes = []
        for (positive, negative), way in zip(
            _COMPASS_LETTERS, scene.screen_directions(), strict=True
        ):
            for sign, letter in ((1.0, positive), (-1.0, negative)):
                near, seen = sign * float(way[2]), QPointF(sign * way[0], -sign * way[1])
                if near > -_TURNED_AWAY:  # else it would lie over the letter in front of it
                    spokes.append((near, letter, seen))
        for near, letter, way in sorted(spokes, key=lambda spoke: spoke[0]):
            colour = QColor(DARK.text if near > -0.2 else DARK.secondary)
            end = middle + way * _COMPASS_PX
            painter.setPen(QPen(colour, 1.0))
            painter.drawLine(QLineF(middle, middle + way * (_COMPASS_PX - 9.0)))
            wide, high = text_size(letter, CAPTION_PX)
            corner = end - QPointF(wide / 2.0, high / 2.0)
            paint_text(painter, corner, letter, CAPTION_PX, colour)


def _scene_needle(needle: NeedlePath) -> SceneNeedle:
    return SceneNeedle(
        entry_lps_mm=needle.entry_lps_mm,
        tip_lps_mm=needle.tip_lps_mm,
        specimen_lps_mm=needle.specimen_lps_mm,
        radius_mm=needle.radius_mm,
        selected=needle.selected or bool(needle.stress),
        colour=rgb(_needle_colour(needle)),
        core=needle.core,
    )


def _needle_colour(needle: NeedlePath) -> str:
    if needle.stress == "pinned" and not needle.selected:
        return DARK.caution
    return DARK.accent if needle.selected or needle.core else DARK.secondary
