"""The compiled search of many points for the one nearest to a segment; knows no structures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]


@compiled  # type: ignore[untyped-decorator]
def _squared_mm(
    point: Float64Array, entry: Float64Array, along: Float64Array, length: float
) -> float:  # pragma: no cover
    """Return the squared distance of a point to the segment."""
    x, y, z = point[0] - entry[0], point[1] - entry[1], point[2] - entry[2]
    t = min(max(x * along[0] + y * along[1] + z * along[2], 0.0), length)
    x, y, z = x - t * along[0], y - t * along[1], z - t * along[2]
    return float(x * x + y * y + z * z)


@compiled  # type: ignore[untyped-decorator]
def _least_in_ball(
    points: Float64Array,
    order: Int64Array,
    ball: int,
    size: int,
    entry: Float64Array,
    along: Float64Array,
    length: float,
) -> tuple[float, int]:  # pragma: no cover
    """Return the least squared distance in one ball, and whose it is."""
    best, at = np.inf, -1
    for n in range(ball * size, min((ball + 1) * size, len(order))):
        squared = _squared_mm(points[order[n]], entry, along, length)
        if squared < best:
            best, at = squared, order[n]
    return best, at


@compiled  # type: ignore[untyped-decorator]
def nearest_to_segment(
    points: Float64Array,
    order: Int64Array,
    centres: Float64Array,
    radii: Float64Array,
    size: int,
    entry: Float64Array,
    along: Float64Array,
    length: float,
) -> tuple[float, int]:  # pragma: no cover
    """Return the least distance of the points to a segment, and the number of that point.

    Parameters
    ----------
    order : ndarray of int64, shape (n,)
        The points' numbers, neighbours together: every `size` of them lie in one ball.
    centres, radii : ndarray, shape (m, 3) and (m,)
        Of the balls.
    entry, along : ndarray, shape (3,)
        Where the segment begins, and its unit direction.
    """
    at_least, first = np.empty(len(radii)), 0
    for ball in range(len(radii)):
        away = np.sqrt(_squared_mm(centres[ball], entry, along, length))
        at_least[ball] = max(0.0, away - radii[ball])
        if at_least[ball] < at_least[first]:
            first = ball
    best, at = _least_in_ball(points, order, first, size, entry, along, length)
    for ball in range(len(radii)):
        if ball != first and at_least[ball] * at_least[ball] < best:
            squared, number = _least_in_ball(points, order, ball, size, entry, along, length)
            if squared < best:
                best, at = squared, number
    return np.sqrt(best), at


@compiled  # type: ignore[untyped-decorator]
def inside_along(
    inside_kji: BoolArray, start_ijk: Float64Array, step_ijk: Float64Array, count: int
) -> BoolArray:  # pragma: no cover
    """Tell which of `count` places, one step apart, lie in an inside voxel."""
    depth, height, width = inside_kji.shape
    found = np.zeros(count, dtype=np.bool_)
    for n in range(count):
        i = int(np.floor(start_ijk[0] + n * step_ijk[0] + 0.5))
        j = int(np.floor(start_ijk[1] + n * step_ijk[1] + 0.5))
        k = int(np.floor(start_ijk[2] + n * step_ijk[2] + 0.5))
        if 0 <= i < width and 0 <= j < height and 0 <= k < depth:
            found[n] = inside_kji[k, j, i]
    return found
