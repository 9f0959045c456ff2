"""A slice of the planning CT with structures, needles and measuring tools; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from app.language import tr
from app.rendering.mask_contours import SharedContours
from app.rendering.needle_axes import ViewKind
from app.rendering.slice_geometry import SlicePlane, scrolled
from app.views.slice_tool import SliceTool
from app.views.slice_words import title_of
from app.views.still_canvas import StillCanvas
from app.views.values import WINDOW_PRESETS, Tool
from planning.geometry import HEAD_LPS, LEFT_LPS, Vec3

_WHEEL_NOTCH = 120.0
_ZOOM_NOTCH = 1.2
_CLICK_PX = 4.0
_HU_PER_PX = 2.0
_SMALLEST_MM_PER_PX, _LARGEST_MM_PER_PX = 0.01, 10.0
_FORWARD_LPS: dict[ViewKind, Vec3] = {
    "axial": HEAD_LPS,
    "coronal": (0.0, -1.0, 0.0),
    "sagittal": LEFT_LPS,
}
"""Where the wheel turned away from the user, and the up key, go."""
_MEASURING = (Tool.DISTANCE, Tool.HU)


@dataclass(frozen=True, slots=True)
class _Drag:
    """What a held button does, and what was there when it was pressed."""

    action: str  # crosshair, pan, window or measure
    start: QPointF
    plane: SlicePlane
    crosshair: Vec3
    window_hu: tuple[float, float]


class SliceView(StillCanvas):
    """One linked slice view, in patient axes or following a needle, radiological convention.

    Left: point, or measure with the chosen tool. Right drag: window. Middle drag, or left with
    Shift: pan. Wheel: scroll (along the needle in views that follow one); with Ctrl, or a pinch:
    zoom. Escape gives up a drag. Keys 1 to 6
    pick a window, Up and Down (Page Up and Page Down by ten) scroll, + and - zoom, Home fits.

    Signals
    -------
    crosshair_moved : Vec3
        The user pointed or scrolled to this point (LPS mm); the view has already gone there.
    window_changed : float, float
        Level and width in HU; the view already shows them.
    measured : Measurement
        A measurement was finished.
    tool_requested : Tool
        Escape was pressed with nothing to give up: the crosshair is wanted back.
    double_clicked
        The user wants this view large, or small again.
    depth_stepped : int
        In a view that follows a needle: so many steps along it, positive toward the tip.
    """

    crosshair_moved = Signal(object)
    window_changed = Signal(float, float)
    measured = Signal(object)
    tool_requested = Signal(object)
    double_clicked = Signal()
    depth_stepped = Signal(int)

    def __init__(
        self,
        kind: ViewKind,
        parent: QWidget | None = None,
        *,
        contours: SharedContours | None = None,
    ) -> None:
        self._tools: tuple[SliceTool, ...] = ()
        super().__init__(kind, parent, contours=contours)
        self._tool = Tool.CROSSHAIR
        self._drag: _Drag | None = None
        self._held: SliceTool | None = None
        self._right_dragged = False
        self._wheel = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Else X11 would open the menu on the press, before it can become a drag.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAccessibleName(title_of(kind))

    def add_tool(self, tool: SliceTool) -> None:
        """Let a tool hear of the mouse and the keys before the view's own gestures."""
        self._tools = (*self._tools, tool)

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left mouse button does."""
        self._tool = tool
        self._measuring.abandon()
        measuring = tool in _MEASURING
        self.setCursor(Qt.CursorShape.CrossCursor if measuring else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._plane is None or self._drag is not None or self._held is not None:
            return
        self._held = next((tool for tool in self._tools if tool.press(self, event)), None)
        if self._held is not None:
            return
        action = self._action(event)
        if action is None:
            return
        point = event.position()
        self._drag = _Drag(action, point, self._plane, self._crosshair, self._window_hu)
        self._right_dragged = False
        if action == "measure":
            self._measuring.press(self._tool, self._plane.lps_from_screen(point.x(), point.y()))
        self._follow(point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._held is not None:
            self._held.move(self, event)
            return  # a tool shows itself what it has moved
        if self._drag is not None:
            self._follow(event.position())
        elif self._measuring.under_way and self._plane is not None:
            self._measuring.move(self._lps(self._plane, event.position()))
        elif self._plane is not None:
            any(tool.hover(self, event) for tool in self._tools)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release(self, event)
        drag, self._drag = self._drag, None
        if drag is None or self._plane is None:
            return
        if drag.action == "measure":
            made = self._measuring.release(self._plane)
            self.update()
            if made is not None:
                self.measured.emit(made)
        elif drag.action == "window" and not self._right_dragged:
            self._open_menu(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        claimed = self._tool in _MEASURING or any(t.claims_double_click() for t in self._tools)
        if event.button() is Qt.MouseButton.LeftButton and not claimed:
            self.double_clicked.emit()
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y() / _WHEEL_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(_ZOOM_NOTCH**self._wheel, event.position())
            self._wheel = 0.0
            return
        steps = int(self._wheel)
        self._wheel -= steps
        if steps:
            self._step(steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()))
        middle = QPointF(self.width() / 2.0, self.height() / 2.0)
        if self._plane is not None and any(tool.key(self, event) for tool in self._tools):
            return
        if steps is not None:
            self._step(steps)
        elif event.key() == Qt.Key.Key_Escape:
            event.setAccepted(self._give_up())  # else a large view becomes small again
        elif event.key() == Qt.Key.Key_Home:
            self.reset_view()
        elif event.text() in ("+", "-"):
            self._zoom(_ZOOM_NOTCH if event.text() == "+" else 1.0 / _ZOOM_NOTCH, middle)
        elif not self._pick_window(event.text()):
            super().keyPressEvent(event)

    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for preset in WINDOW_PRESETS:
            window = f"W {preset.width_hu:.0f}  C {preset.level_hu:.0f}"
            menu.addAction(f"{tr(preset.name)}: {window}\t{preset.key}").triggered.connect(
                lambda _checked=False, key=preset.key: self._pick_window(key)
            )
        menu.addSeparator()
        menu.addAction(f"{tr('Fit the whole slice')}\t{tr('Home')}").triggered.connect(
            self.reset_view
        )
        menu.addAction(tr("Remove measurements")).triggered.connect(self.clear_measurements)
        menu.addActions(self.actions())  # what the window adds for all its pictures
        menu.popup(where)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            # Before Qt goes to the next widget: Tab chooses between a needle's ends.
            tab = event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
            if tab and any(tool.key(self, event) for tool in self._tools):
                return True
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is pinch:
            self._zoom(1.0 + event.value(), event.position())
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        for tool in self._tools:
            tool.leave(self)
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def _action(self, event: QMouseEvent) -> str | None:
        if event.button() is Qt.MouseButton.RightButton:
            return "window"
        if event.button() is Qt.MouseButton.MiddleButton:
            return "pan"
        if event.button() is not Qt.MouseButton.LeftButton:
            return None
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._tool is Tool.PAN:
            return "pan"
        return "measure" if self._tool in _MEASURING else "crosshair"

    def _follow(self, point: QPointF) -> None:
        """Do what the held button does, with the pointer here."""
        drag = self._drag
        if drag is None or self._plane is None:
            return
        away = point - drag.start
        if drag.action == "pan":
            self._plane = drag.plane.panned(away.x(), away.y())
        elif drag.action == "crosshair":
            self._point_at(self._lps(self._plane, point))
        elif drag.action == "measure":
            self._measuring.move(self._lps(self._plane, point))
        elif self._right_dragged or max(abs(away.x()), abs(away.y())) > _CLICK_PX:
            self._right_dragged = True
            level, width = drag.window_hu
            wide = max(1.0, width + _HU_PER_PX * away.x())
            self._show_window(round(level + _HU_PER_PX * away.y()), round(wide))
        self.update()

    def _give_up(self) -> bool:
        """Put back what a drag has changed; without a drag ask for the crosshair.

        Tells whether there was anything to give up.
        """
        drag, self._drag = self._drag, None
        held, self._held = self._held, None
        idle = drag is None and held is None and self._tool is Tool.CROSSHAIR
        if any(tool.abandon() for tool in self._tools):
            idle = False
        elif self._measuring.under_way:
            self._measuring.abandon()
        elif drag is None:
            self.tool_requested.emit(Tool.CROSSHAIR)
        else:
            self._plane = drag.plane
            if drag.crosshair != self._crosshair:
                self._point_at(drag.crosshair)
            if drag.window_hu != self._window_hu:
                self._show_window(*drag.window_hu)
        self.update()
        return not idle

    def _step(self, steps: int) -> None:
        if self._volume is None or self._plane is None:
            return
        if self.follows_needle:
            self.depth_stepped.emit(steps)
        else:
            toward = _FORWARD_LPS[self._kind]
            self._point_at(scrolled(self._volume.grid, self._crosshair, toward, steps))

    def _zoom(self, factor: float, at: QPointF) -> None:
        if self._plane is None:
            return
        wanted = self._plane.mm_per_pixel / factor
        allowed = float(np.clip(wanted, _SMALLEST_MM_PER_PX, _LARGEST_MM_PER_PX))
        self._plane = self._plane.zoomed(self._plane.mm_per_pixel / allowed, at.x(), at.y())
        self.update()

    def _point_at(self, point_lps_mm: Vec3) -> None:
        if self._volume is None or not bool(self._volume.grid.contains(point_lps_mm)):
            return
        if point_lps_mm != self._crosshair:
            self._go_to(point_lps_mm)
            self.crosshair_moved.emit(point_lps_mm)

    def _pick_window(self, key: str) -> bool:
        for preset in WINDOW_PRESETS:
            if preset.key == key:
                self._show_window(preset.level_hu, preset.width_hu)
                return True
        return False

    def _show_window(self, level_hu: float, width_hu: float) -> None:
        self.set_window(level_hu, width_hu)
        self.window_changed.emit(level_hu, width_hu)

    def _paint_moving(self, painter: QPainter, plane: SlicePlane, half_slab_mm: float) -> None:
        for tool in self._tools:
            tool.paint(self, painter, plane, half_slab_mm)

    @staticmethod
    def _lps(plane: SlicePlane, point: QPointF) -> Vec3:
        return plane.lps_from_screen(point.x(), point.y())
