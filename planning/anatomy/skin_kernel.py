"""The compiled passes over faces and voxels that points on the skin take; smooths nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.arrays import fixed
from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.int64]


@compiled  # type: ignore[untyped-decorator]
def ends(points: Float64Array) -> tuple[Float64Array, Float64Array]:  # pragma: no cover
    """Return the least and the largest of (n, 3) coordinates; n is at least 1."""
    low, high = points[0].copy(), points[0].copy()
    for n in range(len(points)):
        for axis in range(3):
            low[axis] = min(low[axis], points[n, axis])
            high[axis] = max(high[axis], points[n, axis])
    return low, high


def nearest_to_middle(
    index_kji: Float64Array,
    voxel_mm: Float64Array,
    origin_mm: Float64Array,
    tie: Float64Array,
    spacing_mm: float,
) -> tuple[IndexArray, Float64Array]:
    """Return the number of the point nearest to the middle of each cube of a lattice.

    Also how far off it is, in square millimetres, with the tie's share.

    Parameters
    ----------
    index_kji : ndarray, shape (n, 3)
    origin_mm : ndarray, shape (3,)
        A corner of a cube, ``index_kji * voxel_mm`` there.
    tie : ndarray, shape (3,)
        A small slope that is added, so that equally good points differ.
    """
    low, high = (
        np.floor((end * voxel_mm - origin_mm) / spacing_mm).astype(np.int64)
        for end in ends(index_kji)
    )
    number, off = _off_middle(index_kji, voxel_mm, origin_mm, tie, spacing_mm, low, high)
    best = np.full(int(np.prod(high - low + 1)), np.inf)
    _lower(best, number, off)
    chosen = np.flatnonzero(off == best[number])
    return chosen, off[chosen]


@compiled  # type: ignore[untyped-decorator]
def _off_middle(
    index_kji: Float64Array,
    voxel_mm: Float64Array,
    origin_mm: Float64Array,
    tie: Float64Array,
    spacing_mm: float,
    low: IndexArray,
    high: IndexArray,
) -> tuple[IndexArray, Float64Array]:  # pragma: no cover
    """Return each point's cube, numbered from `low`, and how far off its middle the point is."""
    number = np.zeros(len(index_kji), dtype=np.int64)
    off = np.empty(len(index_kji), dtype=np.float64)
    for n in range(len(index_kji)):
        away, lean = 0.0, 0.0
        for axis in range(3):
            along = index_kji[n, axis] * voxel_mm[axis] - origin_mm[axis]
            cube = int(np.floor(along / spacing_mm))
            from_middle = along - (cube + 0.5) * spacing_mm
            away += from_middle * from_middle
            lean += tie[axis] * along
            number[n] = number[n] * (high[axis] - low[axis] + 1) + cube - low[axis]
        off[n] = away + lean
    return number, off


@compiled  # type: ignore[untyped-decorator]
def _lower(best: Float64Array, number: IndexArray, off: Float64Array) -> None:  # pragma: no cover
    for n in range(len(number)):
        best[number[n]] = min(best[number[n]], off[n])


def block_sums(inside: BoolArray, factors_kji: tuple[int, int, int]) -> Float32Array:
    """Return how many voxels of each block are inside; an incomplete last block is left out."""
    sums: Float32Array = _block_sums(fixed(inside).view(np.uint8), factors_kji)
    return sums


@compiled  # type: ignore[untyped-decorator]
def _block_sums(
    inside: NDArray[np.uint8], factors_kji: tuple[int, int, int]
) -> Float32Array:  # pragma: no cover
    k, j, i = factors_kji
    depth, height, width = inside.shape[0] // k, inside.shape[1] // j, inside.shape[2] // i
    sums = np.empty((depth, height, width), dtype=np.float32)
    columns = np.empty(inside.shape[2], dtype=np.uint16)
    for kk in range(depth):
        for jj in range(height):
            columns[:] = 0
            for n in range(k * j):
                row = inside[kk * k + n // j, jj * j + n % j]
                for ii in range(len(columns)):
                    columns[ii] += row[ii]
            for ii in range(width):
                total = 0
                for n in range(i):
                    total += columns[ii * i + n]
                sums[kk, jj, ii] = total
    return sums
