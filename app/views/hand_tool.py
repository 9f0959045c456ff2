"""Pulling and nudging the ends of one needle on the slice views; measures and snaps nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from app.rendering.slice_geometry import SlicePlane
from app.views.handles import GRASP_PX, End, Handles, paint_handle
from app.views.slice_needles import NEAR_MM
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from planning.geometry import Vec3, vec3

_STEP_MM, _LARGE_MM, _SMALL_MM = 1.0, 5.0, 0.2
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_DEEPER = {
    Qt.Key.Key_BracketLeft: -1.0,
    Qt.Key.Key_BraceLeft: -1.0,
    Qt.Key.Key_BracketRight: 1.0,
    Qt.Key.Key_BraceRight: 1.0,
}


@dataclass(frozen=True, slots=True)
class _Pull:
    """An end in the hand: where it and the pointer were, and the plane it moves in."""

    end: End
    start: QPointF
    point_lps_mm: Vec3
    plane: SlicePlane


class HandTool(QObject, SliceTool):
    """Handles of one needle on any slice view; there are none unless it is being edited.

    A handle moves in the view's plane, at the depth it has: one that lies beside the slice stays
    beside it. Arrow keys move the chosen end by 1 mm (Shift: 5 mm, Ctrl: 0.2 mm), brackets move
    the tip along the needle, Tab chooses the other end.

    Signals
    -------
    reached
        The pointer has come over a handle.
    grasped : End, object
        A handle was taken, on this view.
    pulled : Vec3, bool
        It was pulled here (LPS mm); True where nothing is to be snapped (Alt is held).
    let_go, abandoned
        The hand let go, or put everything back.
    end_chosen : End
    nudged : Vec3
        The chosen end is to move by this much (LPS mm).
    deepened : float
        The tip is to move along the needle by so many mm; positive is deeper.
    edit_requested
        Enter or the space bar was pressed.
    edit_ended
        Escape was pressed with nothing in the hand.
    """

    reached = Signal()
    grasped = Signal(object, object)
    pulled = Signal(object, bool)
    let_go = Signal()
    abandoned = Signal()
    end_chosen = Signal(object)
    nudged = Signal(object)
    deepened = Signal(float)
    edit_requested = Signal()
    edit_ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handles: Handles | None = None
        self._pull: _Pull | None = None
        self._over: tuple[SliceView, End] | None = None

    def set_handles(self, handles: Handles | None) -> None:
        """Offer these handles; None offers none."""
        self._handles = handles
        if handles is None:
            self._pull = None
            self._forget_pointer()

    def press(self, view: SliceView, event: QMouseEvent) -> bool:
        end = self._end_at(view, event.position())
        plane = view.plane()
        free = event.modifiers() & ~Qt.KeyboardModifier.AltModifier
        if end is None or plane is None or self._handles is None or free:
            return False
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        self._pull = _Pull(end, event.position(), self._handles.point_lps_mm(end), plane)
        view.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.grasped.emit(end, view)
        return True

    def move(self, view: SliceView, event: QMouseEvent) -> None:
        pull = self._pull
        if pull is None:
            view.update()
            return
        away = (event.position() - pull.start) * pull.plane.mm_per_pixel
        point = (
            np.array(pull.point_lps_mm)
            + away.x() * np.array(pull.plane.axes.right_lps)
            + away.y() * np.array(pull.plane.axes.down_lps)
        )
        free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        self.pulled.emit(vec3(point), free)
        view.repaint()  # at once, before the other views are told

    def release(self, view: SliceView, event: QMouseEvent) -> None:
        del event
        pull, self._pull = self._pull, None
        view.unsetCursor()
        self._over = None
        if pull is not None:
            self.let_go.emit()

    def hover(self, view: SliceView, event: QMouseEvent) -> bool:
        end = self._end_at(view, event.position())
        if end is None:
            self._forget_pointer()
            return False
        if self._over != (view, end):
            self._over = (view, end)
            view.setCursor(Qt.CursorShape.OpenHandCursor)
            self.reached.emit()
        return True

    def leave(self, view: SliceView) -> None:
        del view
        if self._pull is None:
            self._forget_pointer()

    def key(self, view: SliceView, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if self._handles is None:
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                self.edit_requested.emit()
                return True
            return False
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            other = End.TIP if self._handles.chosen is End.ENTRY else End.ENTRY
            self.end_chosen.emit(other)
            return True
        plane = view.plane()
        if key in _ARROWS and plane is not None:
            across, down = _ARROWS[key]
            way = across * np.array(plane.axes.right_lps) + down * np.array(plane.axes.down_lps)
            self.nudged.emit(vec3(way * _step_mm(event)))
            view.repaint()
            return True
        if key in _DEEPER:
            self.deepened.emit(_DEEPER[key] * _step_mm(event))
            view.repaint()
            return True
        return False

    def abandon(self) -> bool:
        if self._pull is not None:
            self._pull = None
            self._forget_pointer()
            self.abandoned.emit()
            return True
        if self._handles is not None:
            self.edit_ended.emit()
            return True
        return False

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        handles = self._handles
        if handles is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for end in (End.ENTRY, End.TIP):
            point = handles.point_lps_mm(end)
            beside_mm = abs(float(plane.depth_mm(point)))
            if beside_mm <= max(NEAR_MM, half_slab_mm):
                held = self._pull is not None and self._pull.end is end
                paint_handle(
                    painter,
                    QPointF(*plane.screen_from_lps(point).tolist()),
                    end,
                    chosen=end is handles.chosen,
                    near=beside_mm <= half_slab_mm,
                    held=held or self._over == (view, end),
                )
        painter.restore()

    def _end_at(self, view: SliceView, place: QPointF) -> End | None:
        """Return the nearest handle within grasp that the view shows."""
        plane, handles = view.plane(), self._handles
        if plane is None or handles is None:
            return None
        found: list[tuple[float, End]] = []
        for end in (End.TIP, End.ENTRY):
            point = handles.point_lps_mm(end)
            x, y = plane.screen_from_lps(point).tolist()
            away = float(np.hypot(x - place.x(), y - place.y()))
            if away <= GRASP_PX and abs(float(plane.depth_mm(point))) <= NEAR_MM:
                found.append((away, end))
        return min(found)[1] if found else None

    def _forget_pointer(self) -> None:
        if self._over is not None:
            view, _ = self._over
            self._over = None
            view.unsetCursor()


def _step_mm(event: QKeyEvent) -> float:
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return _SMALL_MM
    return _LARGE_MM if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP_MM
