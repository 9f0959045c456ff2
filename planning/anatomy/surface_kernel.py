"""The compiled search for a mask's surface between its voxels; knows no millimetres."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.compiled import compiled, fixed

BoolArray = NDArray[np.bool_]
UInt8Array = NDArray[np.uint8]
Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]

_SMOOTHING_VOXELS: Final = 0.7
_REACH: Final = 2  # three standard deviations
# One more than the bell reaches, so that the voxel across an outermost face has a whole bell too.
_ROOM: Final = _REACH + 1


def surface_indices_kji(inside: BoolArray) -> Float64Array:
    """Return the surface's continuous index on every face between inside and outside voxels.

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
    columns = _columns(padded)
    faces = [np.zeros(n, dtype=np.int64) for n in padded.shape]
    _count(columns, faces[0], faces[1], faces[2])
    ends = np.cumsum(np.concatenate(faces))
    first = np.split(ends - np.concatenate(faces), np.cumsum(padded.shape)[:2])
    points = np.empty((int(ends[-1]), 3))
    _place(columns, bell, _column_levels(bell), (first[0], first[1], first[2]), points)
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
    return levels.astype(np.float32).astype(np.float64)


@compiled  # type: ignore[untyped-decorator]
def _count(
    columns: UInt8Array, across_k: Int64Array, across_j: Int64Array, across_i: Int64Array
) -> None:  # pragma: no cover
    """Count the faces behind each index of each axis."""
    depth, height, width = columns.shape
    centre = 1 << _REACH
    for k in range(depth - 1):
        for j in range(height - 1):
            here, next_j, next_k = columns[k, j], columns[k, j + 1], columns[k + 1, j]
            in_k, in_j = 0, 0
            for i in range(width - 1):
                in_k += ((here[i] ^ next_k[i]) & centre) >> _REACH
                in_j += ((here[i] ^ next_j[i]) & centre) >> _REACH
                across_i[i] += ((here[i] ^ here[i + 1]) & centre) >> _REACH
            across_k[k] += in_k
            across_j[j] += in_j


@compiled  # type: ignore[untyped-decorator]
def _across_j(
    columns: UInt8Array, bell: Float64Array, levels: Float64Array, k: int, j: int, i: int
) -> float:  # pragma: no cover
    """Return the mask smoothed along k and j in one voxel."""
    level = levels[columns[k, j, i]] * bell[2]
    level += (levels[columns[k, j - 2, i]] + levels[columns[k, j + 2, i]]) * bell[0]
    level += (levels[columns[k, j - 1, i]] + levels[columns[k, j + 1, i]]) * bell[1]
    return np.float64(np.float32(level))


@compiled  # type: ignore[untyped-decorator]
def _level(
    columns: UInt8Array, bell: Float64Array, levels: Float64Array, k: int, j: int, i: int
) -> np.float32:  # pragma: no cover
    """Return the smoothed mask in one voxel, at least two voxels from the array's rim."""
    level = _across_j(columns, bell, levels, k, j, i) * bell[2]
    level += (
        _across_j(columns, bell, levels, k, j, i - 2)
        + _across_j(columns, bell, levels, k, j, i + 2)
    ) * bell[0]
    level += (
        _across_j(columns, bell, levels, k, j, i - 1)
        + _across_j(columns, bell, levels, k, j, i + 1)
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
def _place(
    columns: UInt8Array,
    bell: Float64Array,
    levels: Float64Array,
    first: tuple[Int64Array, Int64Array, Int64Array],
    points: Float64Array,
) -> None:  # pragma: no cover
    """Write each face's point where its axis and index say; `first` counts on."""
    depth, height, width = columns.shape
    centre = np.uint8(1 << _REACH)
    for k in range(_REACH, depth - _ROOM):
        for j in range(_REACH, height - _ROOM):
            here, next_j, next_k = columns[k, j], columns[k, j + 1], columns[k + 1, j]
            for i in range(_REACH, width - _ROOM):
                at_k = (here[i] ^ next_k[i]) & centre
                at_j = (here[i] ^ next_j[i]) & centre
                at_i = (here[i] ^ here[i + 1]) & centre
                if (at_k | at_j | at_i) == 0:
                    continue
                low = _level(columns, bell, levels, k, j, i)
                if at_k:
                    high = _level(columns, bell, levels, k + 1, j, i)
                    row = points[first[0][k]]
                    row[0], row[1], row[2] = k + _crossing(low, high), j, i
                    first[0][k] += 1
                if at_j:
                    high = _level(columns, bell, levels, k, j + 1, i)
                    row = points[first[1][j]]
                    row[0], row[1], row[2] = k, j + _crossing(low, high), i
                    first[1][j] += 1
                if at_i:
                    high = _level(columns, bell, levels, k, j, i + 1)
                    row = points[first[2][i]]
                    row[0], row[1], row[2] = k, j, i + _crossing(low, high)
                    first[2][i] += 1
