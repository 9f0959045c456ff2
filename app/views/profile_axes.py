"""Where depths, densities and distances lie on the chart along the needle; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF

from app.views.palette import scaled
from app.views.profile_values import FloatArray, ProfileShown

LEAST_HU, LEAST_TOP_HU = -200.0, 400.0
_HU_STEP = 100.0
_LEAST_TOP_MM, _MOST_TOP_MM, _MM_STEP = 20.0, 60.0, 10.0
_SIDE_PX, _HEAD_PX, _WORDS_PX, _TICKS_PX = 44.0, 18.0, 15.0, 15.0
_BAND_PX = (10.0, 14.0)
_TALL_PX = 140
_LEAST_TICK_PX, _LEAST_ACROSS_PX = 19.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileAxes:
    """The mapping of one profile onto a rectangle, in pixels.

    Parameters
    ----------
    plot, band, head, ticks : QRectF
        Where curves, tissue, the line of words on top, and the depths' numbers stand.
    depth_mm, hu, distance_mm : tuple of float
        Range of each axis.
    """

    plot: QRectF
    band: QRectF
    head: QRectF
    ticks: QRectF
    depth_mm: tuple[float, float]
    hu: tuple[float, float]
    distance_mm: tuple[float, float]

    def x_px(self, depth_mm: float) -> float:
        """Return where a depth lies."""
        low, high = self.depth_mm
        return self.plot.left() + (depth_mm - low) / (high - low) * self.plot.width()

    def depth_at_px(self, x_px: float) -> float | None:
        """Return the depth at a place; None beside the axis."""
        low, high = self.depth_mm
        share = (x_px - self.plot.left()) / self.plot.width()
        return low + share * (high - low) if 0.0 <= share <= 1.0 else None

    def y_of_hu_px(self, hu: float) -> float:
        """Return where a density lies; what is off the axis lies at its end."""
        return self._y_px(hu, *self.hu)

    def y_of_mm_px(self, distance_mm: float) -> float:
        """Return where a distance lies; what is off the axis lies at its end."""
        return self._y_px(distance_mm, *self.distance_mm)

    def xs_px(self, depths_mm: FloatArray) -> FloatArray:
        """Return where many depths lie."""
        low, high = self.depth_mm
        return self.plot.left() + (depths_mm - low) * (self.plot.width() / (high - low))

    def ys_of_hu_px(self, hu: FloatArray) -> FloatArray:
        """Return where many densities lie; NaN where one is."""
        return self._ys_px(hu, *self.hu)

    def ys_of_mm_px(self, distances_mm: FloatArray) -> FloatArray:
        """Return where many distances lie; NaN where one is."""
        return self._ys_px(distances_mm, *self.distance_mm)

    def _ys_px(self, values: FloatArray, low: float, high: float) -> FloatArray:
        shares = (np.clip(values, low, high) - low) / (high - low)
        return self.plot.bottom() - shares * self.plot.height()

    def _y_px(self, value: float, low: float, high: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return self.plot.bottom() - share * self.plot.height()

    @property
    def depth_ticks_mm(self) -> tuple[float, ...]:
        """Depths to number."""
        return _ticks(*self.depth_mm, room=self.plot.width() / scaled(_LEAST_ACROSS_PX))

    @property
    def hu_ticks(self) -> tuple[float, ...]:
        """Densities to number."""
        return _ticks(*self.hu, room=self.plot.height() / scaled(_LEAST_TICK_PX))

    @property
    def distance_ticks_mm(self) -> tuple[float, ...]:
        """Distances to number."""
        return _ticks(*self.distance_mm, room=self.plot.height() / scaled(_LEAST_TICK_PX))


def axes_of(shown: ProfileShown, area: QRectF) -> ProfileAxes:
    """Return where a profile stands in an area; low areas get a thinner band."""
    band_px = _BAND_PX[area.height() >= _TALL_PX]
    side_px, ticks_px = scaled(_SIDE_PX), scaled(_TICKS_PX)
    left, width = area.left() + side_px, max(1.0, area.width() - 2.0 * side_px)
    head = QRectF(area.left() + 8.0, area.top() + 2.0, area.width() - 16.0, scaled(_HEAD_PX))
    top = head.bottom() + scaled(_WORDS_PX)
    ticks = QRectF(left, area.bottom() - ticks_px - 2.0, width, ticks_px)
    band = QRectF(left, ticks.top() - band_px - 1.0, width, band_px)
    plot = QRectF(left, top, width, max(1.0, band.top() - 3.0 - top))
    return ProfileAxes(
        plot=plot,
        band=band,
        head=head,
        ticks=ticks,
        depth_mm=(float(shown.depths_mm[0]), float(shown.depths_mm[-1])),
        hu=(LEAST_HU, _top(shown.hu, LEAST_TOP_HU, np.inf, _HU_STEP)),
        distance_mm=_distances_mm(shown),
    )


def _distances_mm(shown: ProfileShown) -> tuple[float, float]:
    top = _top(shown.nearest_mm, _LEAST_TOP_MM, _MOST_TOP_MM, _MM_STEP)
    known = shown.nearest_mm[~np.isnan(shown.nearest_mm)]
    inside = known.size > 0 and float(known.min()) < 0.0
    return (-_MM_STEP if inside else 0.0), top


def _top(values: np.ndarray, least: float, most: float, step: float) -> float:
    """Return the end of an axis: a round number above all values."""
    known = values[~np.isnan(values)]
    highest = float(known.max()) if known.size else least
    return float(min(most, max(least, np.ceil(highest / step) * step)))


def _ticks(low: float, high: float, *, room: float) -> tuple[float, ...]:
    """Return round numbers from low to high, no more than there is room for."""
    most = max(2.0, room)
    steps = (m * 10.0**e for e in range(4) for m in (1.0, 2.0, 5.0))
    step = next((s for s in steps if (high - low) / s <= most), high - low)
    first = np.ceil(low / step) * step
    return tuple(float(v) + 0.0 for v in np.arange(first, high + step * 1e-6, step).round(6))
