"""The compiled search for faces between inside and outside voxels; places no surface on them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.arrays import fixed
from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
Int32Array = NDArray[np.int32]
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
