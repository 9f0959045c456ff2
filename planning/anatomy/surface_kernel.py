"""The compiled search for a mask's surface between its voxels; knows no millimetres."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.faces import faces_between
from planning.arrays import fixed
from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
UInt8Array = NDArray[np.uint8]
Float64Array = NDArray[np.float64]
Int32Array = NDArray[np.int32]

_SMOOTHING_VOXELS: Final = 0.7
_REACH: Final = 2  # three standard deviations
# One more than the bell reaches, so that the voxel across an outermost face has a whole bell too.
_ROOM: Final = _REACH + 1


def surface_indices_ijk(inside: BoolArray) -> Float64Array:
    """Return where on every face between inside and outside voxels the surface lies, as (i, j, k).

    Where the mask, smoothed by a Gaussian of 0.7 voxel, crosses one half between the two voxel
    centres beside a face, the surface lies where the straight line between both levels does;
    elsewhere on the face. Everything beyond the array is outside.

    Returns
    -------
    ndarray, shape (n, 3)
        Faces across k first, then j, then i; in order of the index across, then of k, j, i.
    """
    padded = fixed(np.pad(inside, _ROOM))
    offsets = np.arange(-_REACH, _REACH + 1)
    bell = np.exp(-0.5 / _SMOOTHING_VOXELS**2 * offsets**2)
    bell /= bell.sum()
    columns, levels = _columns(padded), _column_levels(bell)
    faces = faces_between(padded)
    points = np.empty((sum(map(len, faces)), 3))
    start = 0
    for axis, voxels in enumerate(faces):
        _cross(columns, bell, levels, voxels, axis, points[start : start + len(voxels)])
        start += len(voxels)
    points -= _ROOM
    return points


@compiled  # type: ignore[untyped-decorator]
def _columns(padded: BoolArray) -> UInt8Array:  # pragma: no cover
    """Return for each voxel the five voxels along k about it as bits, the lowest first."""
    depth, height, width = padded.shape
    codes = np.zeros(padded.shape, dtype=np.uint8)
    for k in range(depth):
        for bit in range(2 * _REACH + 1):
            other = k + bit - _REACH
            if 0 <= other < depth:
                for j in range(height):
                    for i in range(width):
                        codes[k, j, i] |= np.uint8(padded[other, j, i]) << np.uint8(bit)
    return codes


def _column_levels(bell: Float64Array) -> Float64Array:
    """Return the smoothed level for each of the 32 columns that `_columns` tells apart."""
    bits = (np.arange(1 << bell.size)[:, None] >> np.arange(bell.size)) & 1
    pairs = bits[:, :_REACH] + bits[:, : -_REACH - 1 : -1]
    levels = bits[:, _REACH] * bell[_REACH]
    for n in range(_REACH):
        levels = levels + pairs[:, n] * bell[n]
    # Each axis is rounded to single precision, as a smoothed image of that type would be.
    return np.asarray(levels.astype(np.float32), dtype=np.float64)


@compiled  # type: ignore[untyped-decorator]
def _across_j(
    columns: UInt8Array, at: int, width: int, bell: Float64Array, levels: Float64Array
) -> float:  # pragma: no cover
    """Return the mask smoothed along k and j in one voxel of the flattened columns."""
    level = levels[columns[at]] * bell[2]
    level += (levels[columns[at - 2 * width]] + levels[columns[at + 2 * width]]) * bell[0]
    level += (levels[columns[at - width]] + levels[columns[at + width]]) * bell[1]
    return np.float64(np.float32(level))


@compiled  # type: ignore[untyped-decorator]
def _level(
    columns: UInt8Array, at: int, width: int, bell: Float64Array, levels: Float64Array
) -> np.float32:  # pragma: no cover
    """Return the smoothed mask in one voxel, at least two voxels from the array's rim."""
    level = _across_j(columns, at, width, bell, levels) * bell[2]
    level += (
        _across_j(columns, at - 2, width, bell, levels)
        + _across_j(columns, at + 2, width, bell, levels)
    ) * bell[0]
    level += (
        _across_j(columns, at - 1, width, bell, levels)
        + _across_j(columns, at + 1, width, bell, levels)
    ) * bell[1]
    return np.float32(level)


@compiled  # type: ignore[untyped-decorator]
def _crossing(low: np.float32, high: np.float32) -> float:  # pragma: no cover
    """Return where between two voxel centres (0 to 1) the surface lies."""
    half = np.float32(0.5)
    if (low > half) == (high > half):
        return 0.5
    return float((half - low) / (high - low))


@compiled  # type: ignore[untyped-decorator]
def _cross(
    columns: UInt8Array,
    bell: Float64Array,
    levels: Float64Array,
    voxels_kji: Int32Array,
    axis: int,
    points: Float64Array,
) -> None:  # pragma: no cover
    """Write the point on the face above each voxel along an axis, in order of that axis first."""
    _, height, width = columns.shape
    flat = columns.ravel()
    place = np.zeros(columns.shape[axis] + 1, dtype=np.int64)
    for n in range(len(voxels_kji)):
        place[voxels_kji[n, axis] + 1] += 1
    place = np.cumsum(place)
    step = (height * width, width, 1)[axis]
    for n in range(len(voxels_kji)):
        k, j, i = voxels_kji[n]
        at = (k * height + j) * width + i
        low = _level(flat, at, width, bell, levels)
        high = _level(flat, at + step, width, bell, levels)
        across = voxels_kji[n, axis]
        point = points[place[across]]
        point[0], point[1], point[2] = i, j, k
        point[2 - axis] += _crossing(low, high)
        place[across] += 1
