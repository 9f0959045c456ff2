"""Pulling the ends of one needle in the 3-D view, over the picture as it was last rendered.

While a needle is in the hand it is painted here: rendering the whole scene for every movement
would make the hand wait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen

from app.views.handles import GRASP_PX, End, Handles, paint_handle
from app.views.palette import DARK
from app.views.scene_tool import SceneTool
from app.views.scene_view import SceneView
from app.views.values import NeedlePath
from planning.geometry import Vec3, vec3

_SHAFT_PX, _SPECIMEN_PX = 3.0, 5.0


@dataclass(frozen=True, slots=True)
class _Pull:
    """An end in the hand, and how deep behind the screen it lies (share of the looked-at depth)."""

    end: End
    offset: QPointF
    share: float


class HandSceneTool(QObject, SceneTool):
    """Handles of one needle in the 3-D view; there are none unless it is being edited.

    Signals
    -------
    grasped : End, object
        A handle was taken, on this view.
    seen : Vec3, Vec3, bool
        The entry was pulled to what is seen along this look (near and far point, LPS mm).
    pulled : Vec3, bool
        The tip was pulled here, parallel to the screen.
    let_go, abandoned, edit_ended
    """

    grasped = Signal(object, object)
    seen = Signal(object, object, bool)
    pulled = Signal(object, bool)
    let_go = Signal()
    abandoned = Signal()
    edit_ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handles: Handles | None = None
        self._draft: NeedlePath | None = None
        self._pull: _Pull | None = None

    def set_handles(self, handles: Handles | None) -> None:
        """Offer these handles; None offers none."""
        self._handles = handles
        if handles is None:
            self._pull = None

    def set_draft(self, draft: NeedlePath | None) -> None:
        """Paint the needle in the hand; None paints none."""
        self._draft = draft

    def press(self, view: SceneView, event: QMouseEvent) -> bool:
        free = event.modifiers() & ~Qt.KeyboardModifier.AltModifier
        if self._handles is None or free or event.button() is not Qt.MouseButton.LeftButton:
            return False
        place = event.position()
        found: list[tuple[float, End, QPointF]] = []
        for end in (End.TIP, End.ENTRY):
            seen = view.place_of(self._handles.point_lps_mm(end))
            if seen is not None:
                away = QLineF(place, seen).length()
                if away <= GRASP_PX:
                    found.append((away, end, seen))
        if not found:
            return False
        _, end, seen = min(found, key=lambda one: one[0])
        self._pull = _Pull(end, seen - place, _share(view, seen, self._handles.point_lps_mm(end)))
        self.grasped.emit(end, view)
        return True

    def move(self, view: SceneView, event: QMouseEvent) -> None:
        pull = self._pull
        look = None if pull is None else view.ray_lps_mm(event.position() + pull.offset)
        if pull is None or look is None:
            return
        free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        near, far = look
        at = vec3(np.array(near) + pull.share * np.subtract(far, near))
        if pull.end is End.ENTRY and not free:
            self.seen.emit(near, far, free)
        else:
            self.pulled.emit(at, free)

    def release(self, view: SceneView, event: QMouseEvent) -> None:
        del view, event
        pull, self._pull = self._pull, None
        if pull is not None:
            self.let_go.emit()

    def abandon(self) -> bool:
        if self._pull is not None:
            self._pull = None
            self.abandoned.emit()
            return True
        if self._handles is not None:
            self.edit_ended.emit()
            return True
        return False

    def paint(self, view: SceneView, painter: QPainter) -> None:
        painter.save()
        if self._draft is not None:
            shaft = (self._draft.entry_lps_mm, self._draft.tip_lps_mm)
            for ends, colour, width in (
                (shaft, DARK.accent, _SHAFT_PX),
                (self._draft.specimen_lps_mm, "#ffffff", _SPECIMEN_PX),
            ):
                places = [view.place_of(end) for end in ends]
                if places[0] is not None and places[1] is not None:
                    flat = Qt.PenCapStyle.FlatCap
                    painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, flat))
                    painter.drawLine(QLineF(places[0], places[1]))
        if self._handles is not None:
            for end in (End.ENTRY, End.TIP):
                centre = view.place_of(self._handles.point_lps_mm(end))
                if centre is not None:
                    held = self._pull is not None and self._pull.end is end
                    chosen = end is self._handles.chosen
                    paint_handle(painter, centre, end, chosen=chosen, near=True, held=held)
        painter.restore()


def _share(view: SceneView, seen: QPointF, point_lps_mm: Vec3) -> float:
    """Return how far along its look a point lies; one share is one plane parallel to the screen."""
    look = view.ray_lps_mm(seen)
    if look is None:
        return 0.0
    near, far = np.array(look[0]), np.array(look[1])
    return float((np.array(point_lps_mm) - near) @ (far - near) / ((far - near) @ (far - near)))
