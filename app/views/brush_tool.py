"""A round brush on the slices, drawn to scale, and the stroke a hand draws; changes no mask."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF

from app.rendering.slice_geometry import SlicePlane
from app.views.palette import DARK
from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from app.views.structure_values import Brush, BrushMode, DrawnStroke
from planning.editing.strokes import Stroke
from planning.geometry import Vec3

_STROKE_ALPHA = 0.45
_LEAST_STEP_PX = 0.5


class BrushTool(QObject, SliceTool):
    """Paints with the left button, or erases, as the brush is set; Ctrl or the right button swaps.

    With Shift the left button still moves the picture. Escape gives up the stroke. While a stroke
    is drawn it lies over the picture as it will be swept; the mask follows on release.

    Signals
    -------
    stroke_drawn : DrawnStroke
    """

    stroke_drawn = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._brush = Brush()
        self._colour = DARK.accent
        self._over: SliceView | None = None
        self._at = QPointF()
        self._drawn: list[Vec3] = []
        self._erases = False

    def set_brush(self, brush: Brush) -> None:
        """Use this brush from now on; a stroke under way is given up if it is put away."""
        self._brush = brush
        if brush.mode is BrushMode.OFF:
            self._drawn = []
        self._repaint()

    def set_colour(self, colour: str) -> None:
        """Paint in the colour ``#rrggbb`` of what is painted on."""
        self._colour = colour
        self._repaint()

    def claims_double_click(self) -> bool:
        return self._brush.mode is not BrushMode.OFF

    def press(self, view: SliceView, event: QMouseEvent) -> bool:
        plane, button = view.plane(), event.button()
        if self._brush.mode is BrushMode.OFF or plane is None:
            return False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        if button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return False
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        swaps = ctrl or button is Qt.MouseButton.RightButton
        self._erases = (self._brush.mode is BrushMode.ERASE) is not swaps
        self._over, self._at = view, event.position()
        self._drawn = [plane.lps_from_screen(self._at.x(), self._at.y())]
        view.update()
        return True

    def move(self, view: SliceView, event: QMouseEvent) -> None:
        plane, away = view.plane(), event.position() - self._at
        if plane is None or not self._drawn:
            return
        if max(abs(away.x()), abs(away.y())) >= _LEAST_STEP_PX:
            self._at = event.position()
            self._drawn.append(plane.lps_from_screen(self._at.x(), self._at.y()))
            view.update()

    def release(self, view: SliceView, event: QMouseEvent) -> None:
        self.move(view, event)
        plane, drawn = view.plane(), tuple(self._drawn)
        self._drawn = []
        view.update()
        if plane is not None and drawn:
            stroke = Stroke(
                points_lps_mm=drawn,
                radius_mm=self._brush.radius_mm,
                normal_lps=None if self._brush.ball else plane.axes.normal_lps,
            )
            self.stroke_drawn.emit(DrawnStroke(stroke, self._erases))

    def hover(self, view: SliceView, event: QMouseEvent) -> bool:
        if self._brush.mode is BrushMode.OFF:
            return False
        self._over, self._at = view, event.position()
        view.update()
        return True

    def leave(self, view: SliceView) -> None:
        if self._over is view and not self._drawn:
            self._over = None

    def abandon(self) -> bool:
        held, self._drawn = bool(self._drawn), []
        self._repaint()
        return held

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        del half_slab_mm
        if self._brush.mode is BrushMode.OFF or self._over is not view:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius_px = self._brush.radius_mm / plane.mm_per_pixel
        erases = self._erases if self._drawn else self._brush.mode is BrushMode.ERASE
        colour = QColor(DARK.danger if erases else self._colour)
        if self._drawn:
            _paint_stroke(painter, plane, self._drawn, radius_px, colour)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shade, width in ((QColor(0, 0, 0, 160), 3.0), (colour, 1.4)):
            painter.setPen(QPen(shade, width))
            painter.drawEllipse(self._at, radius_px, radius_px)
        painter.restore()

    def _repaint(self) -> None:
        if self._over is not None:
            self._over.update()


def resized(brush: Brush, factor: float, least_mm: float, most_mm: float) -> Brush:
    """Return a brush with another radius, to a tenth of a millimetre, within bounds."""
    radius = round(min(max(brush.radius_mm * factor, least_mm), most_mm), 1)
    return replace(brush, radius_mm=radius)


def _paint_stroke(
    painter: QPainter, plane: SlicePlane, drawn: list[Vec3], radius_px: float, colour: QColor
) -> None:
    shade = QColor(colour)
    shade.setAlphaF(_STROKE_ALPHA)
    pen = QPen(shade, max(1.0, 2.0 * radius_px))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    points = [QPointF(x, y) for x, y in plane.screen_from_lps(drawn).tolist()]
    if len(points) == 1:
        painter.drawPoint(points[0])
    else:
        painter.drawPolyline(QPolygonF(points))
