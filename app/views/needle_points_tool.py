"""Marking a needle by two points on the slice views, hub side and tip; refines nothing."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen

from app.language import tr
from app.rendering.slice_geometry import SlicePlane
from app.views.palette import CAPTION_PX, EXECUTED_COLOUR
from app.views.slice_overlay import paint_text
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from planning.geometry import Vec3

_MARK_PX = 6.0
_SHADOW = QColor(0, 0, 0, 170)


class NeedlePointsTool(QObject, SliceTool):
    """Two presses of the left button: the needle's hub side, then its tip, in any views.

    Scrolling and the right button stay what they are in between. Backspace takes the first point
    back, Escape gives up.

    Signals
    -------
    marked : Vec3, Vec3
        Hub side and tip, LPS mm.
    point_set : Vec3
        The hub side was marked; the tip is to follow.
    given_up
    """

    marked = Signal(object, object)
    point_set = Signal(object)
    given_up = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_on = False
        self._hub: Vec3 | None = None
        self._over: tuple[SliceView, QPointF] | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether presses mark a needle."""
        return self._is_on

    def set_on(self, *, on: bool) -> None:
        """Let presses mark a needle from now on, or no longer."""
        self._is_on, self._hub, self._over = on, None, None

    def set_point(self, point_lps_mm: Vec3) -> None:
        """Set the next of the two points, as a press does."""
        if not self._is_on:
            return
        if self._hub is None:
            self._hub = point_lps_mm
            self.point_set.emit(point_lps_mm)
        elif point_lps_mm != self._hub:
            hub = self._hub
            self.set_on(on=False)
            self.marked.emit(hub, point_lps_mm)

    def press(self, view: SliceView, event: QMouseEvent) -> bool:
        plane = view.plane()
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        left = event.button() is Qt.MouseButton.LeftButton
        if not (self._is_on and left and plain) or plane is None:
            return False
        self.set_point(plane.lps_from_screen(event.position().x(), event.position().y()))
        view.update()
        return True

    def hover(self, view: SliceView, event: QMouseEvent) -> bool:
        if not self._is_on:
            return False
        self._over = (view, event.position())
        view.update()
        return True

    def leave(self, view: SliceView) -> None:
        if self._over is not None and self._over[0] is view:
            self._over = None

    def key(self, view: SliceView, event: QKeyEvent) -> bool:
        if not self._is_on or event.key() != Qt.Key.Key_Backspace:
            return False
        self._hub = None
        view.update()
        return True

    def claims_double_click(self) -> bool:
        return self._is_on

    def abandon(self) -> bool:
        if not self._is_on:
            return False
        self.set_on(on=False)
        self.given_up.emit()
        return True

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        del half_slab_mm
        if not self._is_on:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._over[1] if self._over is not None and self._over[0] is view else None
        words = tr("hub side") if self._hub is None else tr("tip")
        if self._hub is not None:
            x, y = plane.screen_from_lps(self._hub).tolist()
            hub = QPointF(x, y)
            if place is not None:
                _draw(painter, QLineF(hub, place))
            _mark(painter, hub)
        if place is not None:
            _mark(painter, place)
            corner = place + QPointF(2.0 * _MARK_PX, _MARK_PX)
            paint_text(painter, corner, words, CAPTION_PX, QColor(EXECUTED_COLOUR))
        painter.restore()


def _mark(painter: QPainter, place: QPointF) -> None:
    for dx, dy in ((1.0, 0.0), (0.0, 1.0)):
        away = QPointF(dx, dy) * _MARK_PX
        _draw(painter, QLineF(place - away, place + away))


def _draw(painter: QPainter, line: QLineF) -> None:
    for colour, width in ((_SHADOW, 3.5), (QColor(EXECUTED_COLOUR), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(line)
