"""Paints one layer of a cohort's chart, and its mark in the legend; knows no axis and no words."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.views.cohort_axes import PanelAxes
from app.views.cohort_values import Band, Bars, Dots, FloatArray, Ink, Layer, Level, Line, Shade
from app.views.palette import DARK, Colours

_SERIES_DARK = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00")
_SERIES_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B07800", "#56B4E9")
_CAP_PX = 4.0
_FAINTEST = 0.06
_MOST_SMOOTH = 2_000


def ink_of(ink: Ink, table: Colours, opacity: float = 1.0) -> QColor:
    """Return a tone of the table, or the colour of a series (Okabe and Ito's set)."""
    if isinstance(ink, int):
        series = _SERIES_DARK if table == DARK else _SERIES_LIGHT
        colour = QColor(series[ink % len(series)])
    else:
        colour = QColor(getattr(table, ink))
    colour.setAlphaF(opacity)
    return colour


def paint_layer(painter: QPainter, layer: Layer, axes: PanelAxes, table: Colours) -> None:
    """Paint a layer where its values lie."""
    match layer:
        case Dots():
            _dots(painter, layer, axes.places(_known(layer.points)), table)
        case Shade():
            _shade(painter, layer, axes, table)
        case Line():
            _line(painter, layer, axes, table)
        case Band():
            _band(painter, layer, axes, table)
        case Bars():
            _bars(painter, layer, axes, table)
        case Level():
            _level(painter, layer, axes, table)


def paint_key(painter: QPainter, layer: Layer, box: QRectF, table: Colours) -> None:
    """Paint the mark of a layer into the legend."""
    middle, y = box.center(), box.center().y()
    left, right = QPointF(box.left(), y), QPointF(box.right(), y)
    match layer:
        case Dots():
            _dots(painter, layer, [middle], table)
        case Shade() | Band():
            opacity = layer.opacity if isinstance(layer, Band) else 0.6
            painter.fillRect(box.adjusted(0.0, 3.0, 0.0, -3.0), ink_of(layer.ink, table, opacity))
        case Line():
            painter.setPen(_pen(layer, table))
            painter.drawLine(left, right)
        case Bars():
            painter.setPen(QPen(ink_of(layer.ink, table), 1.6))
            painter.drawLine(left, right)
            _mark(painter, middle, layer.size_px, layer.ink, table, hollow=layer.hollow)
        case Level():
            pass


def _dots(painter: QPainter, layer: Dots, places: list[QPointF], table: Colours) -> None:
    colour = ink_of(layer.ink, table, layer.opacity)
    if layer.hollow:
        painter.setPen(QPen(colour, 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in places:
            painter.drawEllipse(place, layer.size_px / 2.0, layer.size_px / 2.0)
        return
    painter.setPen(QPen(colour, layer.size_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(QPolygonF(places))


def _shade(painter: QPainter, layer: Shade, axes: PanelAxes, table: Colours) -> None:
    most = float(layer.counts.max()) if layer.counts.size else 0.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    for row, column in zip(*np.nonzero(layer.counts), strict=True):
        share = float(np.sqrt(layer.counts[row, column] / most))
        low = axes.place(layer.x_edges[column], layer.y_edges[row])
        high = axes.place(layer.x_edges[column + 1], layer.y_edges[row + 1])
        opacity = _FAINTEST + (1.0 - _FAINTEST) * share
        cell = QRectF(QPointF(low.x(), high.y()), QPointF(high.x(), low.y()))
        painter.fillRect(cell, ink_of(layer.ink, table, opacity))


def _line(painter: QPainter, layer: Line, axes: PanelAxes, table: Colours) -> None:
    pen = _pen(layer, table)
    if len(layer.points) > _MOST_SMOOTH:  # thousands of smooth strokes take a second
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        pen.setWidthF(1.0)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    known = np.isfinite(layer.points).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        painter.drawPolyline(QPolygonF(axes.places(layer.points[start:end])))


def _band(painter: QPainter, layer: Band, axes: PanelAxes, table: Colours) -> None:
    known = np.isfinite(layer.low) & np.isfinite(layer.high)
    x, low, high = layer.x[known], layer.low[known], layer.high[known]
    there, back = np.column_stack([x, high]), np.column_stack([x, low])[::-1]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink_of(layer.ink, table, layer.opacity))
    painter.drawPolygon(QPolygonF(axes.places(np.concatenate([there, back]))))


def _bars(painter: QPainter, layer: Bars, axes: PanelAxes, table: Colours) -> None:
    for at, centre, low, high in zip(layer.at, layer.centre, layer.low, layer.high, strict=True):
        painter.setPen(QPen(ink_of(layer.ink, table), 1.6))
        if np.isfinite(low) and np.isfinite(high):
            ends = [_at(axes, layer, at, value) for value in (low, high)]
            painter.drawLine(*ends)
            cap = QPointF(0.0, _CAP_PX) if layer.across else QPointF(_CAP_PX, 0.0)
            for end in ends:
                painter.drawLine(end - cap, end + cap)
        if np.isfinite(centre):
            place = _at(axes, layer, at, centre)
            _mark(painter, place, layer.size_px, layer.ink, table, hollow=layer.hollow)


def _at(axes: PanelAxes, layer: Bars, at: float, value: float) -> QPointF:
    return axes.place(value, at) if layer.across else axes.place(at, value)


def _mark(
    painter: QPainter, place: QPointF, size_px: float, ink: Ink, table: Colours, *, hollow: bool
) -> None:
    painter.setPen(QPen(ink_of(ink, table), 1.4))
    painter.setBrush(QColor(table.panel) if hollow else ink_of(ink, table))
    painter.drawEllipse(place, size_px / 2.0, size_px / 2.0)


def _level(painter: QPainter, layer: Level, axes: PanelAxes, table: Colours) -> None:
    style = Qt.PenStyle.DashLine if layer.dashed else Qt.PenStyle.SolidLine
    painter.setPen(QPen(ink_of(layer.ink, table), 1.2, style))
    plot = axes.plot
    if layer.upright:
        x = axes.x_px(layer.value)
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    else:
        y = axes.y_px(layer.value)
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))


def _pen(layer: Line, table: Colours) -> QPen:
    style = Qt.PenStyle.DashLine if layer.dashed else Qt.PenStyle.SolidLine
    return QPen(ink_of(layer.ink, table), layer.width_px, style)


def _known(points: FloatArray) -> FloatArray:
    return points[np.isfinite(points).all(axis=1)]
