"""Where the values of a cohort's chart lie on a rectangle, and which numbers stand at its axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from app.views.cohort_values import ChartAxis, FloatArray, Panel
from app.views.scatter_plot import ticks

_TICK_PX = 64.0
_GAP_PX = 6.0
_LABEL_PX = 18.0
_MOST_NAMES = 0.42  # of the width

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAxes:
    """The mapping of one panel onto a rectangle.

    Parameters
    ----------
    plot : QRectF
        Where values lie.
    x_range, y_range : tuple of float
        What it spans; wider than the axes ask for where a millimetre has to be as long on both.
    """

    plot: QRectF
    x_range: Span
    y_range: Span

    def place(self, x: float, y: float) -> QPointF:
        """Return where a pair of values lies."""
        return QPointF(self.x_px(x), self.y_px(y))

    def x_px(self, x: float) -> float:
        """Return where a value lies across."""
        low, high = self.x_range
        return self.plot.left() + (x - low) / (high - low) * self.plot.width()

    def y_px(self, y: float) -> float:
        """Return where a value lies up and down."""
        low, high = self.y_range
        return self.plot.bottom() - (y - low) / (high - low) * self.plot.height()

    def places(self, points: FloatArray) -> list[QPointF]:
        """Return where (n, 2) points lie."""
        scale = np.array(
            [
                self.plot.width() / (self.x_range[1] - self.x_range[0]),
                -self.plot.height() / (self.y_range[1] - self.y_range[0]),
            ]
        )
        start = np.array([self.x_range[0], self.y_range[0]])
        corner = np.array([self.plot.left(), self.plot.bottom()])
        return [QPointF(x, y) for x, y in (corner + (points - start) * scale).tolist()]


def axes_of(panel: Panel, box: QRectF, letters: QFontMetricsF) -> PanelAxes:
    """Return where a panel stands in a box, with room for the words at its axes."""
    x, y = (panel.x.low, panel.x.high), (panel.y.low, panel.y.high)
    plot = _plot(panel, box, letters, x, y)
    if panel.square:
        wide_x, wide_y = _of_one_scale(plot, x, y)
        plot = _plot(panel, box, letters, wide_x, wide_y)  # longer numbers may stand there now
        x, y = _of_one_scale(plot, x, y)
    return PanelAxes(plot=plot, x_range=x, y_range=y)


def _plot(panel: Panel, box: QRectF, letters: QFontMetricsF, x: Span, y: Span) -> QRectF:
    """Return what is left of a box beside the words at the axes."""
    height = letters.height()
    names = [letters.horizontalAdvance(name) for name in axis_words(panel.y, y, box.height())]
    left = min(max(names, default=0.0), _MOST_NAMES * box.width()) + 2 * _GAP_PX
    last = letters.horizontalAdvance(axis_words(panel.x, x, box.width())[-1]) / 2.0
    inside = box.adjusted(left, height + 4.0, -max(8.0, last), -(height + _LABEL_PX + _GAP_PX))
    return QRectF(
        inside.left(), inside.top(), max(20.0, inside.width()), max(20.0, inside.height())
    )


def _of_one_scale(plot: QRectF, x: Span, y: Span) -> tuple[Span, Span]:
    """Return spans around these, in which a millimetre is as long across as upward."""
    scale = max((x[1] - x[0]) / plot.width(), (y[1] - y[0]) / plot.height())
    return _widened(x, scale * plot.width()), _widened(y, scale * plot.height())


def axis_words(axis: ChartAxis, span: Span, length_px: float) -> tuple[str, ...]:
    """Return what stands at an axis that goes over a span, low to high."""
    if axis.names:
        return tuple(name for _, name in axis.names)
    values = numbers(span, length_px)
    return tuple(f"{value:g}" for value in values) or ("",)


def numbers(span: Span, length_px: float) -> tuple[float, ...]:
    """Return the round numbers of an axis that have room on it."""
    return ticks(*span, count=max(2, int(length_px / _TICK_PX)))


def _widened(span: Span, length: float) -> Span:
    middle = (span[0] + span[1]) / 2.0
    return middle - length / 2.0, middle + length / 2.0
