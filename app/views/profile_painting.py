"""Paints the chart along the needle onto anything that can be painted on; reacts to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.language import tr
from app.views.palette import CAPTION_PX, Colours, font, scaled
from app.views.polygons import polygon_of
from app.views.profile_axes import ProfileAxes
from app.views.profile_values import FloatArray, ProfileShown

_FAINT, _LIGHT = 60, 110
_LINE_PX = 16.0
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter


def paint_profile(
    painter: QPainter, shown: ProfileShown, axes: ProfileAxes, table: Colours, head: str
) -> None:
    """Paint everything but the background and the mark at the depth pointed at.

    Parameters
    ----------
    head : str
        The line of words on top.
    """
    painter.setFont(font(CAPTION_PX))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _specimen(painter, shown, axes, table)
    _grid(painter, axes, table)
    _errors(painter, shown, axes, table)
    _band(painter, shown, axes)
    painter.save()
    painter.setClipRect(axes.plot.adjusted(0.0, -1.0, 0.0, 1.0))
    _distance(painter, shown, axes, table)
    _curve(
        painter, axes, QPen(QColor(table.text), 1.3), shown.depths_mm, axes.ys_of_hu_px(shown.hu)
    )
    painter.restore()
    _marks(painter, shown, axes, table)
    _head(painter, axes, table, head)


def paint_pointer(painter: QPainter, axes: ProfileAxes, table: Colours, depth_mm: float) -> None:
    """Mark the depth that is pointed at."""
    x = float(round(axes.x_px(depth_mm)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(QColor(table.text), 1.0, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, axes.plot.top()), QPointF(x, axes.band.bottom()))


def _specimen(painter: QPainter, shown: ProfileShown, axes: ProfileAxes, table: Colours) -> None:
    left, right = (axes.x_px(depth) for depth in shown.specimen_mm)
    box = QRectF(left, axes.plot.top(), right - left, axes.plot.height())
    fill = QColor(table.line)
    painter.setPen(QPen(QColor(table.secondary), 1.0))
    painter.setBrush(fill)
    painter.drawRect(box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    words = tr("specimen")
    if painter.fontMetrics().horizontalAdvance(words) < box.width() - 8.0 and box.height() > 30.0:
        painter.setPen(QColor(table.secondary))
        low = QRectF(box.left(), box.bottom() - scaled(14.0), box.width(), scaled(13.0))
        painter.drawText(low, _CENTRE, words)


def _errors(painter: QPainter, shown: ProfileShown, axes: ProfileAxes, table: Colours) -> None:
    """Paint where 95 % of stops and tips lie, a translucent band about each."""
    colour = QColor(table.accent)
    colour.setAlpha(_FAINT)
    for depth in dict.fromkeys((shown.stop_mm, shown.tip_mm)):
        left = axes.x_px(depth - shown.depth_error_mm)
        right = axes.x_px(depth + shown.depth_error_mm)
        painter.fillRect(QRectF(left, axes.plot.top(), right - left, axes.plot.height()), colour)


def _grid(painter: QPainter, axes: ProfileAxes, table: Colours) -> None:
    line, text, line_px = QColor(table.line), QColor(table.secondary), scaled(_LINE_PX)
    for hu in axes.hu_ticks:
        y = axes.y_of_hu_px(hu)
        painter.setPen(QPen(line, 1.0))
        painter.drawLine(QPointF(axes.plot.left(), y), QPointF(axes.plot.right(), y))
        painter.setPen(text)
        place = QRectF(0.0, y - line_px / 2.0, axes.plot.left() - 5.0, line_px)
        painter.drawText(place, _RIGHT, f"{hu:.0f}")
    painter.setPen(QColor(table.good))
    for distance in axes.distance_ticks_mm:
        y = axes.y_of_mm_px(distance)
        place = QRectF(axes.plot.right() + 5.0, y - line_px / 2.0, scaled(40.0), line_px)
        painter.drawText(place, _LEFT, f"{distance:.0f}")
    painter.setPen(text)
    for depth in axes.depth_ticks_mm:
        x = axes.x_px(depth)
        place = QRectF(x - line_px * 2.0, axes.ticks.top(), line_px * 4.0, axes.ticks.height())
        painter.drawText(place, _CENTRE, f"{depth:.0f} mm")
    words_top, high_px = axes.plot.top() - line_px, scaled(14.0)
    painter.drawText(QRectF(0.0, words_top, axes.plot.left() - 5.0, high_px), _RIGHT, tr("HU"))
    painter.setPen(QColor(table.good))
    room = tr("mm clear")
    width = painter.fontMetrics().horizontalAdvance(room) + 4.0
    right = axes.head.right() + 4.0
    painter.drawText(QRectF(right - width, words_top, width, high_px), _RIGHT, room)


def _band(painter: QPainter, shown: ProfileShown, axes: ProfileAxes) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    low, high = axes.depth_mm
    for band in shown.bands:
        if not band.colour:
            continue
        left = axes.x_px(max(low, band.from_mm))
        right = axes.x_px(min(high, band.to_mm))
        painter.fillRect(
            QRectF(left, axes.band.top(), right - left, axes.band.height()), QColor(band.colour)
        )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _distance(painter: QPainter, shown: ProfileShown, axes: ProfileAxes, table: Colours) -> None:
    """Paint the distance to the tightest structure, what it needs, and where that is not kept."""
    needs, y = axes.ys_of_mm_px(shown.needs_mm), axes.ys_of_mm_px(shown.nearest_mm)
    dashed = QPen(QColor(table.good), 1.0, Qt.PenStyle.DashLine)
    for start, end in _alike(shown.nearest):  # a line between two structures would mean nothing
        part = slice(start, end)
        _curve(painter, axes, dashed, shown.depths_mm[part], needs[part])
        _curve(painter, axes, QPen(QColor(table.good), 1.5), shown.depths_mm[part], y[part])
    danger = QColor(table.danger)
    for start, end in _stretches(shown.too_near):
        part = slice(start, end)
        _curve(painter, axes, QPen(danger, 3.0), shown.depths_mm[part], y[part])
        wash = QColor(danger)
        wash.setAlpha(_LIGHT)
        left = axes.x_px(float(shown.depths_mm[start]) - 0.25)
        right = axes.x_px(float(shown.depths_mm[end - 1]) + 0.25)
        low = axes.plot.bottom() - 4.0
        painter.fillRect(QRectF(left, low, right - left, 5.0), wash)


def _marks(painter: QPainter, shown: ProfileShown, axes: ProfileAxes, table: Colours) -> None:
    """Mark skin, stop and tip, with words that keep clear of each other."""
    accent, top = QColor(table.accent), axes.plot.top()
    places = [(0.0, tr("skin"), 1.0), (shown.tip_mm, shown.tip_words, 2.0)]
    if shown.stop_mm < shown.tip_mm:
        places.insert(1, (shown.stop_mm, shown.stop_words, 2.0))
    letters, taken = painter.fontMetrics(), axes.plot.left() - 30.0
    for depth, words, width in places:
        x = axes.x_px(depth)
        painter.setPen(QPen(accent, width))
        painter.drawLine(QPointF(x, top - 2.0), QPointF(x, axes.band.bottom()))
        long = letters.horizontalAdvance(words)
        left = max(taken, x - long / 2.0)
        painter.setPen(QColor(table.text))
        place = QRectF(left, top - scaled(_LINE_PX), long + 2.0, scaled(14.0))
        painter.drawText(place, _LEFT, words)
        taken = left + long + 10.0


def _head(painter: QPainter, axes: ProfileAxes, table: Colours, head: str) -> None:
    painter.setPen(QColor(table.secondary))
    fits = painter.fontMetrics().elidedText(
        head, Qt.TextElideMode.ElideRight, round(axes.head.width())
    )
    painter.drawText(axes.head, _LEFT, fits)


def _curve(
    painter: QPainter, axes: ProfileAxes, pen: QPen, depths_mm: FloatArray, y_px: FloatArray
) -> None:
    """Draw a line through the points that are known, broken where one is not."""
    painter.setPen(pen)
    points = np.column_stack((axes.xs_px(depths_mm), y_px))
    for start, end in _stretches(~np.isnan(y_px)):
        painter.drawPolyline(polygon_of(points[start:end]))


def _stretches(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the beginning and the end (exclusive) of each stretch of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _alike(numbers: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the beginning and the end (exclusive) of each stretch of one number."""
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    yield from pairwise(edges)
