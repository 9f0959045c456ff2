"""Paints the charts of a cohort onto anything that can be painted on; reacts to nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.views.cohort_axes import PanelAxes, axes_of, numbers
from app.views.cohort_layers import ink_of, paint_key, paint_layer
from app.views.cohort_values import Figure, Layer, Level, Panel
from app.views.palette import CAPTION_PX, TEXT_PX, Colours, font

_MARGIN_PX = 12.0
_GAP_PX = 6.0
_KEY_PX = 22.0
_TICK_GAP_PX = 4.0
_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


def paint_figure(painter: QPainter, figure: Figure, box: QRectF, table: Colours) -> None:
    """Paint a figure with its background into a box; the same values give the same strokes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(box, QColor(table.panel))
    inside = box.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
    top = _head(painter, figure, inside, table)
    bottom = _notes(painter, figure, inside, table)
    top = _keys(painter, figure, QRectF(inside.left(), top, inside.width(), 200.0), table)
    width = (inside.width() - _MARGIN_PX * (len(figure.panels) - 1)) / len(figure.panels)
    for number, panel in enumerate(figure.panels):
        left = inside.left() + number * (width + _MARGIN_PX)
        _panel(painter, panel, QRectF(left, top, width, max(40.0, bottom - top)), table)


def _head(painter: QPainter, figure: Figure, box: QRectF, table: Colours) -> float:
    """Paint title and subtitle; return where they end."""
    top = box.top()
    for words, letters, tone in (
        (figure.title, font(TEXT_PX, bold=True), table.text),
        (figure.subtitle, font(CAPTION_PX), table.secondary),
    ):
        painter.setFont(letters)
        painter.setPen(QColor(tone))
        metrics = QFontMetricsF(letters)
        line = QRectF(box.left(), top, box.width(), metrics.height())
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(line, _LEFT, shown)
        top = line.bottom()
    return top + _GAP_PX


def _notes(painter: QPainter, figure: Figure, box: QRectF, table: Colours) -> float:
    """Paint the notes at the bottom; return where they begin."""
    painter.setFont(font(CAPTION_PX))
    painter.setPen(QColor(table.secondary))
    metrics = QFontMetricsF(painter.font())
    words = "\n".join(figure.notes)
    if not words:
        return box.bottom()
    most = box.height() * 0.4
    needed = metrics.boundingRect(QRectF(0.0, 0.0, box.width(), 10_000.0), _WRAPPED, words)
    height = min(most, needed.height())
    place = QRectF(box.left(), box.bottom() - height, box.width(), height)
    painter.save()
    painter.setClipRect(place)
    painter.drawText(place, _WRAPPED, words)
    painter.restore()
    return place.top() - _GAP_PX


def _keys(painter: QPainter, figure: Figure, box: QRectF, table: Colours) -> float:
    """Paint the legend, as many rows as it takes; return where it ends."""
    named: dict[str, Layer] = {}
    for panel in figure.panels:
        for layer in panel.layers:
            if not isinstance(layer, Level) and layer.name and not panel.empty:
                named.setdefault(layer.name, layer)
    if not named:
        return box.top()
    painter.setFont(font(CAPTION_PX))
    metrics = QFontMetricsF(painter.font())
    left, top, line = box.left(), box.top(), metrics.height() + 2.0
    for name, layer in named.items():
        room = min(metrics.horizontalAdvance(name), 0.45 * box.width())
        if left + _KEY_PX + room > box.right() and left > box.left():
            left, top = box.left(), top + line
        paint_key(painter, layer, QRectF(left, top, _KEY_PX - _TICK_GAP_PX, line), table)
        painter.setPen(QColor(table.text))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room + 1.0)
        painter.drawText(QRectF(left + _KEY_PX, top, room + 2.0, line), _LEFT, shown)
        left += _KEY_PX + room + 2.0 * _MARGIN_PX
    return top + line + _GAP_PX


def _panel(painter: QPainter, panel: Panel, box: QRectF, table: Colours) -> None:
    if panel.empty:
        painter.setFont(font(TEXT_PX))
        painter.setPen(QColor(table.secondary))
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        painter.drawText(box, flags, panel.empty)
        return
    painter.setFont(font(CAPTION_PX))
    metrics = QFontMetricsF(painter.font())
    axes = axes_of(panel, box, metrics)
    _across(painter, panel, axes, metrics, table)
    _upward(painter, panel, axes, metrics, table, box.left())
    painter.save()
    painter.setClipRect(axes.plot.adjusted(-1.0, -1.0, 1.0, 1.0))
    for layer in panel.layers:
        painter.save()
        paint_layer(painter, layer, axes, table)
        painter.restore()
    painter.restore()
    for layer in panel.layers:
        if isinstance(layer, Level) and layer.words:
            _words_on(painter, layer, axes, table)
    painter.setPen(QColor(table.text))
    shown = metrics.elidedText(panel.y.label, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(QRectF(box.left(), box.top(), box.width(), metrics.height()), _LEFT, shown)


def _across(
    painter: QPainter, panel: Panel, axes: PanelAxes, metrics: QFontMetricsF, table: Colours
) -> None:
    """Paint the lines and numbers of the horizontal axis, and its label."""
    plot, height = axes.plot, metrics.height()
    named = panel.x.names or [(v, f"{v:g}") for v in numbers(axes.x_range, plot.width())]
    for value, words in named:
        x = axes.x_px(value)
        painter.setPen(QPen(QColor(table.line), 1.0))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(QColor(table.secondary))
        box = QRectF(x - 50.0, plot.bottom() + _TICK_GAP_PX, 100.0, height)
        painter.drawText(box, _CENTRE, words)
    painter.setPen(QColor(table.text))
    below = QRectF(plot.left(), plot.bottom() + _TICK_GAP_PX + height, plot.width(), height + 4.0)
    shown = metrics.elidedText(panel.x.label, Qt.TextElideMode.ElideRight, plot.width())
    painter.drawText(below, _RIGHT, shown)


def _upward(
    painter: QPainter,
    panel: Panel,
    axes: PanelAxes,
    metrics: QFontMetricsF,
    table: Colours,
    left: float,
) -> None:
    """Paint the lines and numbers, or names, of the vertical axis."""
    plot, height = axes.plot, metrics.height()
    named = panel.y.names or [(v, f"{v:g}") for v in numbers(axes.y_range, plot.height())]
    room = plot.left() - left - _GAP_PX
    for value, words in named:
        y = axes.y_px(value)
        painter.setPen(QPen(QColor(table.line), 1.0))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(QColor(table.secondary))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRectF(left, y - height / 2.0, room, height), _RIGHT, shown)


def _words_on(painter: QPainter, layer: Level, axes: PanelAxes, table: Colours) -> None:
    painter.setPen(ink_of(layer.ink, table))
    plot, height = axes.plot, QFontMetricsF(painter.font()).height()
    if layer.upright:
        x = axes.x_px(layer.value)
        painter.drawText(QRectF(x + 3.0, plot.top(), 200.0, height), _LEFT, layer.words)
        return
    y = axes.y_px(layer.value)
    if plot.top() <= y <= plot.bottom():
        box = QRectF(plot.left(), y - height, plot.width() - 4.0, height)
        painter.drawText(box, _RIGHT, layer.words)
