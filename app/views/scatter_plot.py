"""A scatter of candidates painted on a widget: axes, dots, front; decides and measures nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.language import tr
from app.views.choosing_values import Axis, Dot, Scatter
from app.views.file_saving import write_drawing, write_image
from app.views.palette import CAPTION_PX, STEP_PX, colours, font

_DOT_PX, _CHOSEN_PX, _FAINT_PX = 4.5, 7.0, 1.2
_REACH_PX = 12.0
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 10.0, 22.0, 38.0
_TICKS = 5
_ROOM = 0.08  # of the range, on both sides
_SAVED = QSize(900, 700)
_FAINT_OPACITY = 0.45


class ScatterPlot(QWidget):
    """The plot itself.

    Signals
    -------
    picked : str
        Key of the dot that was clicked, or gone to with the arrow keys.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Scatter(x=Axis(key="", label=""), y=Axis(key="", label=""))
        self._hovered = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Scatter of candidates"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(80 * STEP_PX)

    def set_scatter(self, shown: Scatter) -> None:
        """Show these dots."""
        self._shown = shown
        self.update()

    def dot_at(self, place: QPointF) -> Dot | None:
        """Return the nearest dot within reach of a place of the widget, if there is one."""
        layout = _Layout.of(self._shown, QRectF(self.rect()))
        near = [(_apart(layout.place(d.x, d.y), place), n) for n, d in enumerate(self._shown.dots)]
        best = min(near, default=(np.inf, 0))
        return self._shown.dots[best[1]] if best[0] <= _REACH_PX else None

    def place_of(self, key: str) -> QPointF | None:
        """Return where a dot is on the widget."""
        layout = _Layout.of(self._shown, QRectF(self.rect()))
        return next((layout.place(d.x, d.y) for d in self._shown.dots if d.key == key), None)

    def save(self, file: Path) -> str:
        """Write the plot as PNG or SVG, by the file's ending; return what went wrong in words."""
        box = QRectF(0.0, 0.0, _SAVED.width(), _SAVED.height())
        if file.suffix.lower() == ".svg":
            title = self._shown.y.title
            return write_drawing(lambda painter: self._paint(painter, box), _SAVED, title, file)
        image = QImage(_SAVED * 2, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(2.0)
        painter = QPainter(image)
        self._paint(painter, box)
        painter.end()
        return write_image(image, file)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        self._paint(painter, QRectF(self.rect()))
        if self.hasFocus():
            painter.setPen(QColor(colours().accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        dot = self.dot_at(event.position())
        self._hover(dot, event.globalPosition().toPoint())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        dot = self.dot_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and dot is not None:
            self.picked.emit(dot.key)
        else:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None, QPoint())
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step, dots = steps.get(Qt.Key(event.key())), self._shown.dots
        if step is None or not dots:
            super().keyPressEvent(event)
            return
        order = sorted(dots, key=lambda d: (d.x, d.y))
        here = next((n for n, d in enumerate(order) if d.selected), -step)
        self.picked.emit(order[min(max(here + step, 0), len(order) - 1)].key)

    def _hover(self, dot: Dot | None, where: QPoint) -> None:
        key = "" if dot is None else dot.key
        if key != self._hovered:
            self._hovered = key
            self.update()
            if dot is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(where, dot.tip, self)

    def _paint(self, painter: QPainter, box: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, QColor(colours().panel))
        layout = _Layout.of(self._shown, box)
        _paint_axes(painter, layout, self._shown)
        _paint_cloud(painter, layout, self._shown)
        _paint_front(painter, layout, self._shown)
        order = sorted(self._shown.dots, key=lambda d: (d.selected, d.pinned, d.key))
        for dot in order:
            _paint_dot(painter, layout.place(dot.x, dot.y), dot, hovered=dot.key == self._hovered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where values lie in a box."""

    inside: QRectF
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @classmethod
    def of(cls, shown: Scatter, box: QRectF) -> _Layout:
        """Return the layout of a scatter in a box."""
        dots, cloud = shown.dots, shown.cloud
        faint = np.empty((0, 2)) if cloud is None else cloud
        inside = box.adjusted(_LEFT_PX, _TOP_PX, -_RIGHT_PX, -_BOTTOM_PX)
        return cls(
            inside=inside,
            x_range=_range([d.x for d in dots], faint[:, 0].tolist()),
            y_range=_range([d.y for d in dots], faint[:, 1].tolist()),
        )

    def place(self, x: float, y: float) -> QPointF:
        """Return where a pair of values lies."""
        (left, right), (low, high) = self.x_range, self.y_range
        return QPointF(
            self.inside.left() + (x - left) / (right - left) * self.inside.width(),
            self.inside.bottom() - (y - low) / (high - low) * self.inside.height(),
        )


def ticks(low: float, high: float, count: int = _TICKS) -> tuple[float, ...]:
    """Return round numbers (1, 2 or 5 times a power of ten) between two, about `count` of them."""
    rough = (high - low) / max(1, count)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(s * power for s in (1.0, 2.0, 5.0, 10.0) if s * power >= rough * (1.0 - 1e-9))
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return tuple(float(round(n * step, 9)) + 0.0 for n in np.arange(first, last + 1.0))


def _range(values: list[float], others: list[float]) -> tuple[float, float]:
    every = [*values, *others] or [0.0, 1.0]
    low, high = min(every), max(every)
    room = _ROOM * (high - low) or max(1.0, abs(high)) * _ROOM
    return low - room, high + room


def _paint_axes(painter: QPainter, layout: _Layout, shown: Scatter) -> None:
    table, inside = colours(), layout.inside
    painter.setFont(font(CAPTION_PX))
    middle, high = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
    for value in ticks(*layout.x_range):
        x = layout.place(value, layout.y_range[0]).x()
        painter.setPen(QPen(QColor(table.line), 1.0))
        painter.drawLine(QPointF(x, inside.top()), QPointF(x, inside.bottom()))
        painter.setPen(QColor(table.secondary))
        box = QRectF(x - 30.0, inside.bottom() + 2.0, 60.0, 16.0)
        painter.drawText(box, int(middle), f"{value:g}")
    for value in ticks(*layout.y_range):
        y = layout.place(layout.x_range[0], value).y()
        painter.setPen(QPen(QColor(table.line), 1.0))
        painter.drawLine(QPointF(inside.left(), y), QPointF(inside.right(), y))
        painter.setPen(QColor(table.secondary))
        box = QRectF(0.0, y - 8.0, inside.left() - 5.0, 16.0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | high), f"{value:g}")
    painter.setPen(QColor(table.text))
    below = QRectF(0.0, inside.bottom() + 18.0, inside.right(), 18.0)
    painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), _title(shown.x, "→", "←"))
    above = QRectF(4.0, 2.0, inside.right(), 18.0)
    painter.drawText(above, int(Qt.AlignmentFlag.AlignLeft), _title(shown.y, "↑", "↓"))


def _title(axis: Axis, more: str, less: str) -> str:
    if axis.better == "more":
        return tr("{axis}  {arrow} better", axis=axis.title, arrow=more)
    if axis.better == "less":
        return tr("{axis}  {arrow} better", axis=axis.title, arrow=less)
    return axis.title


def _paint_cloud(painter: QPainter, layout: _Layout, shown: Scatter) -> None:
    if shown.cloud is None or not len(shown.cloud):
        return
    colour = QColor(colours().secondary)
    colour.setAlphaF(_FAINT_OPACITY)
    places = [layout.place(x, y) for x, y in shown.cloud.tolist()]
    painter.setPen(QPen(colour, 2.0 * _FAINT_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(QPolygonF(places))


def _paint_front(painter: QPainter, layout: _Layout, shown: Scatter) -> None:
    """Join the dots of the front by steps: between two of them nothing is known to be better."""
    front = sorted((d for d in shown.dots if d.front), key=lambda d: (d.x, d.y))
    if len(front) < 2:
        return
    line, outward = QPolygonF(), shown.x.better != "less"
    for one, other in pairwise(front):
        corner = (one.x, other.y) if outward else (other.x, one.y)
        line.append(layout.place(one.x, one.y))
        line.append(layout.place(*corner))
    line.append(layout.place(front[-1].x, front[-1].y))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours().good), 1.5, Qt.PenStyle.DashLine))
    painter.drawPolyline(line)


def _paint_dot(painter: QPainter, centre: QPointF, dot: Dot, *, hovered: bool) -> None:
    table = colours()
    radius = _CHOSEN_PX if dot.selected or hovered else _DOT_PX
    colour = QColor(table.accent if dot.selected else table.text)
    if dot.broken:
        _paint_cross(painter, centre, radius, QColor(table.danger))
    else:
        painter.setPen(QPen(QColor(table.panel), 1.0))
        painter.setBrush(colour)
        if dot.own:
            diamond = [(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]
            painter.drawPolygon(QPolygonF([centre + QPointF(*c) * radius for c in diamond]))
        elif dot.core:
            painter.drawRect(
                QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
            )
        else:
            painter.drawEllipse(centre, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if dot.front:
        painter.setPen(QPen(QColor(table.good), 1.5))
        painter.drawEllipse(centre, radius + 3.0, radius + 3.0)
    if dot.pinned:
        painter.setPen(QPen(QColor(table.caution), 2.0))
        painter.drawEllipse(centre, radius + 5.5, radius + 5.5)
    painter.setFont(font(CAPTION_PX, bold=dot.selected))
    painter.setPen(QColor(table.accent if dot.selected else table.secondary))
    painter.drawText(centre + QPointF(radius + 5.0, -radius), dot.label)


def _paint_cross(painter: QPainter, centre: QPointF, radius: float, colour: QColor) -> None:
    painter.setPen(QPen(colour, 2.0))
    for sign in (1.0, -1.0):
        arm = QPointF(radius, sign * radius) * 0.8
        painter.drawLine(centre - arm, centre + arm)


def _apart(one: QPointF, other: QPointF) -> float:
    return float(np.hypot(one.x() - other.x(), one.y() - other.y()))
