"""Exact signed distance maps of masks, compiled; knows no structure and draws no surface.

SimpleITK has the same map, SignedMaurerDistanceMap, and takes three times as long for it: at full
size that was a third of the time between loading a case and planning it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.arrays import fixed
from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
Float32Array = NDArray[np.float32]
UInt8Array = NDArray[np.uint8]

_NONE: Final = np.float32(np.inf)
# More than single precision rounds away.
_A_LITTLE_MORE: Final = 1.0 + 1e-5


def signed_distance_mm(
    inside: BoolArray, spacing_kji_mm: Sequence[float], *, at_most_mm: float = math.inf
) -> Float32Array:
    """Return each voxel's distance to the outermost inside voxels, centre to centre, in mm.

    Negative inside, 0 on inside voxels that touch an outside one by a face, edge or corner, and
    infinite everywhere if there are none such. The rim of the array is no outside.

    The squared distance is exact: the lower envelope of parabolas, one axis after the other
    (Maurer, Qi, Raghavan 2003, doi 10.1109/TPAMI.2003.1177156).

    Parameters
    ----------
    inside : ndarray of bool, shape (k, j, i)
    spacing_kji_mm : sequence of 3 floats
        Distance between voxel centres along the array's axes.
    at_most_mm : float
        Up to where distances are wanted, inside and outside; farther ones come out too far or
        infinite, which takes less time.
    """
    k, j, i = (_places_mm(n, h) for n, h in zip(inside.shape, spacing_kji_mm, strict=True))
    farthest = np.finfo(np.float32).max
    limit = np.float32(min(at_most_mm**2 * _A_LITTLE_MORE, float(farthest)))
    distance: Float32Array = _signed(fixed(inside), k, j, i, limit)
    return distance


def _places_mm(count: int, spacing_mm: float) -> Float32Array:
    """Return where voxels lie along an axis, shape (2, n): as sites and as askers.

    Both are the same but for the last bit, which SimpleITK rounds in two ways; so its maps and
    these are equal bit for bit.
    """
    index = np.arange(count)
    sites = index.astype(np.float32) * np.float32(spacing_mm)
    return np.stack([sites, (index * float(spacing_mm)).astype(np.float32)])


@compiled  # type: ignore[untyped-decorator]
def _signed(
    inside: BoolArray,
    k_mm: Float32Array,
    j_mm: Float32Array,
    i_mm: Float32Array,
    limit: np.float32,
) -> Float32Array:  # pragma: no cover
    """Fill the map: rows within slices, columns within slices, then across the slices."""
    depth, height, width = inside.shape
    out = np.empty(inside.shape, dtype=np.float32)
    longest = max(depth, height, width)
    squares = np.empty(longest, dtype=np.float32)
    sites = np.empty((2, longest), dtype=np.float32)
    room = np.empty(width, dtype=np.uint8)
    for k in range(depth):
        rows = 0
        for j in range(height):
            if _mark_outermost(inside, k, j, room, out[k, j]):
                _lower_envelope(out[k, j], i_mm, limit, sites)
                rows += 1
        for i in range(width if rows else 0):
            for j in range(height):
                squares[j] = out[k, j, i]
            _lower_envelope(squares[:height], j_mm, limit, sites)
            for j in range(height):
                out[k, j, i] = squares[j]
    for j in range(height):
        for i in range(width):
            for k in range(depth):
                squares[k] = out[k, j, i]
            _lower_envelope(squares[:depth], k_mm, limit, sites)
            for k in range(depth):
                away = np.sqrt(squares[k])
                out[k, j, i] = -away if inside[k, j, i] else away
    return out


@compiled  # type: ignore[untyped-decorator]
def _mark_outermost(
    inside: BoolArray, k: int, j: int, room: UInt8Array, row: Float32Array
) -> bool:  # pragma: no cover
    """Set a row to 0 on inside voxels with an outside neighbour, else infinite; tell if any is."""
    depth, height, width = inside.shape
    held = 0
    for i in range(width):
        room[i] = 1
        row[i] = _NONE
        held |= inside[k, j, i]
    if not held:
        return False
    for kk in range(max(k - 1, 0), min(k + 2, depth)):
        for jj in range(max(j - 1, 0), min(j + 2, height)):
            for i in range(width):
                room[i] &= np.uint8(inside[kk, jj, i])
    found = False
    for i in range(width):
        if inside[k, j, i] and not (room[max(i - 1, 0)] & room[i] & room[min(i + 1, width - 1)]):
            row[i] = 0.0
            found = True
    return found


@compiled  # type: ignore[untyped-decorator]
def _lower_envelope(
    squares: Float32Array, places_mm: Float32Array, limit: np.float32, sites: Float32Array
) -> None:  # pragma: no cover
    """Replace squared distances along a line by their least over all voxels of the line, in place.

    Parabolas above the limit are left out. `sites` is room to work in: height and place of the
    parabolas that are lowest somewhere.
    """
    height, place = sites[0], sites[1]
    last = -1
    for n in range(len(squares)):
        square = squares[n]
        if square > limit:
            continue
        here = places_mm[0, n]
        while last >= 1:
            left, right = place[last] - place[last - 1], here - place[last]
            whole = here - place[last - 1]
            above = whole * height[last] - right * height[last - 1] - left * square
            if above - left * right * whole <= 0.0:
                break
            last -= 1
        last += 1
        height[last], place[last] = square, here
    if last < 0:
        return
    lowest = 0
    for n in range(len(squares)):
        here = places_mm[1, n]
        best = height[lowest] + (place[lowest] - here) * (place[lowest] - here)
        while lowest < last:
            away = place[lowest + 1] - here
            following = height[lowest + 1] + away * away
            if best <= following:
                break
            lowest += 1
            best = following
        squares[n] = best
