"""The compiled search for the body's faces and for one of them in each cube; smooths nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.compiled import compiled, fixed

BoolArray = NDArray[np.bool_]
Int32Array = NDArray[np.int32]
Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.int64]
Words = NDArray[np.uint64]

_VOXELS: Final = 8  # in a word
_BYTE: Final = np.uint64(8)
_LAST_BYTE: Final = np.uint64(56)
_LAST_VOXEL: Final = np.uint64(255 << 56)
_ALL: Final = np.uint64(2**64 - 1)
_ONES: Final = np.uint64(0x0101010101010101)
_ONE: Final = np.uint64(1)
_ZERO: Final = np.uint64(0)


def faces_between(inside: BoolArray) -> tuple[Int32Array, Int32Array, Int32Array]:
    """Return the voxels below each face across k, j and i, shapes (n, 3), in order of k, j, i.

    A face lies between an inside and an outside voxel, so none lies at the array's rim.
    """
    width = inside.shape[2]
    short = -width % _VOXELS
    even = np.pad(inside, ((0, 0), (0, 0), (0, short)), mode="edge") if short else inside
    words = fixed(even).view(np.uint64)
    none = np.empty((0, 3), dtype=np.int32)
    counts = _list(words, width, none, none, none)
    k, j, i = (np.empty((n, 3), dtype=np.int32) for n in counts)
    _list(words, width, k, j, i)
    return k, j, i


@compiled  # type: ignore[untyped-decorator]
def _list(
    words: Words, width: int, across_k: Int32Array, across_j: Int32Array, across_i: Int32Array
) -> tuple[int, int, int]:  # pragma: no cover
    """Write down faces as far as there is room; return how many there are.

    Eight voxels are compared at once, for nearly all words hold no face.
    """
    depth, height, length = words.shape
    n_k, n_j, n_i = 0, 0, 0
    following = np.empty(length, dtype=np.uint64)
    for k in range(depth):
        for j in range(height):
            # A row at the rim meets itself, and so does the last voxel of each row.
            here = words[k, j]
            next_k, next_j = words[min(k + 1, depth - 1), j], words[k, min(j + 1, height - 1)]
            for w in range(length - 1):
                following[w] = (here[w] >> _BYTE) | (here[w + 1] << _LAST_BYTE)
            following[length - 1] = (here[length - 1] >> _BYTE) | (here[length - 1] & _LAST_VOXEL)
            for w in range(length):
                at_k, at_j = here[w] ^ next_k[w], here[w] ^ next_j[w]
                at_i = here[w] ^ following[w]
                if (at_k | at_j | at_i) != _ZERO:
                    first = w * _VOXELS
                    n_k = _unpack(at_k, k, j, first, width, across_k, n_k)
                    n_j = _unpack(at_j, k, j, first, width, across_j, n_j)
                    n_i = _unpack(at_i, k, j, first, width, across_i, n_i)
    return n_k, n_j, n_i


@compiled  # type: ignore[untyped-decorator]
def _unpack(
    faces: np.uint64, k: int, j: int, first: int, width: int, found: Int32Array, count: int
) -> int:  # pragma: no cover
    """Write down the voxels of one word that have a face; return the new count."""
    if first + _VOXELS > width:
        faces &= _ALL >> np.uint64(8 * (first + _VOXELS - width))
    if len(found) == 0:
        return count + int((faces * _ONES) >> _LAST_BYTE)
    i = first
    while faces:
        if faces & _ONE:
            found[count, 0], found[count, 1], found[count, 2] = k, j, i
            count += 1
        faces = faces >> _BYTE
        i += 1
    return count


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
def _lower(
    best: Float64Array, number: IndexArray, off: Float64Array
) -> None:  # pragma: no cover
    for n in range(len(number)):
        best[number[n]] = min(best[number[n]], off[n])
