"""The outline of the sample patient, prone on a flat mat, and the table; knows nothing inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from planning.geometry import Float64Array
from planning.sample.shapes import FloatArray

_OUTLINE = np.array(  # z, half width, front y, back y, squareness
    [
        (-110, 168, -112, 94, 2.6),
        (-75, 174, -113, 100, 2.55),
        (-40, 180, -114, 108, 2.4),
        (-10, 183, -116, 113, 2.3),
        (20, 181, -119, 115, 2.25),
        (50, 175, -123, 113, 2.2),
        (80, 167, -129, 107, 2.15),
        (110, 158, -134, 101, 2.15),
        (140, 152, -137, 98, 2.2),
        (180, 150, -138, 98, 2.2),
    ],
    dtype=np.float64,
)

MAT_Y_MM = -116.0
"""The flat mat the patient lies on."""

_ROUNDING_MM = 14.0
_CLEFT_TOP_MM = 62.0
_CROTCH_MM = -62.0


@dataclass(frozen=True, slots=True)
class Torso:
    """The patient's outline: superellipses flattened by the mat, cleft behind, legs apart below."""

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the signed distance, of first order around the skin."""
        levels, inverse = np.unique(points_lps_mm[:, 2].astype(np.float64), return_inverse=True)
        outline = _outline_at(levels)[:, inverse]
        x, y, z = points_lps_mm.T.astype(np.float64)
        distance = _distance(x, y, z, outline)
        return np.asarray(distance, dtype=points_lps_mm.dtype)

    def on_slice_mm(self, x_mm: FloatArray, y_mm: FloatArray, z_mm: float) -> FloatArray:
        """Return the same distance on a raster, shape (len(y), len(x)), at one height."""
        outline = _outline_at(np.array([z_mm]))[:, 0]
        heights = np.full((1, 1), z_mm, dtype=x_mm.dtype)
        return _distance(x_mm[None, :], y_mm[:, None], heights, outline.astype(x_mm.dtype))

    def bounds_lps_mm(self) -> Float64Array:
        """Return a box that holds the whole outline; it goes on above and below."""
        low, high = _OUTLINE.min(axis=0), _OUTLINE.max(axis=0)
        return np.array([(-high[1], low[2], -1e4), (high[1], high[3], 1e4)])


def _outline_at(z_mm: Float64Array) -> Float64Array:
    """Return half width, front, back and squareness, shape (4, n)."""
    values = PchipInterpolator(_OUTLINE[:, 0], _OUTLINE[:, 1:])(np.clip(z_mm, -110, 180))
    return np.asarray(values.T)


def _distance(x: FloatArray, y: FloatArray, z: FloatArray, outline: FloatArray) -> FloatArray:
    width, front, back, square = outline[0], outline[1], outline[2], outline[3]
    middle, half = (front + back) / 2, (back - front) / 2
    across, along = np.abs(x) / width, np.abs(y - middle) / half
    powers = np.maximum(across**square + along**square, 1e-6)
    level = powers ** (1 / square)
    slope = np.hypot(across ** (square - 1) / width, along ** (square - 1) / half) * level / powers
    distance: FloatArray = (level - 1) / np.maximum(slope, 1e-6)
    for groove in (MAT_Y_MM - y, _cleft_mm(x, y, z), _gap_mm(x, z)):
        distance = _rounded_maximum(distance, groove)
    return distance


def _cleft_mm(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """Return how far a point lies inside the wedge between the buttocks, positive inside."""
    depth = 44.0 * np.clip((_CLEFT_TOP_MM - z) / 70.0, 0.0, 1.0) ** 0.7
    floor = 106.0 - depth
    return np.asarray(np.minimum(0.22 * (y - floor) - np.abs(x) - 4.0, y - floor))


def _gap_mm(x: FloatArray, z: FloatArray) -> FloatArray:
    """Return how far a point lies inside the gap between the thighs, positive inside."""
    below = _CROTCH_MM - z
    return np.asarray(np.minimum(0.35 * below - np.abs(x) - 4.0, below))


def _rounded_maximum(first: FloatArray, second: FloatArray) -> FloatArray:
    overlap = np.maximum(_ROUNDING_MM - np.abs(first - second), 0.0)
    return np.asarray(np.maximum(first, second) + overlap * overlap / (4 * _ROUNDING_MM))
