"""Polygons onto pixels, exactly: a pixel is inside if its centre is; knows no millimetres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

_DECIMALS = 6
"""Corners are rounded to a millionth of a pixel, so that an edge drawn through pixel centres is
not thrown to either side by the last bit of a coordinate transform."""

_CROSSING_FROM = 0.05
"""Share of a contour's pixels: a hole that touches the edge of its region, or an island the edge
of its hole, may reach over it by a pixel here and there."""


def filled(
    polygons: Sequence[Float64Array], low_ij: tuple[int, int], size_ij: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return which pixels lie inside the polygons, shape (j, i).

    Even-odd over all polygons together: a polygon within another is a hole, and the two sides of
    a keyhole's channel cancel. A centre exactly on an edge belongs to the polygon on its right
    (greater i) or below (greater j), so that neighbours sharing an edge share no pixel.

    Parameters
    ----------
    polygons : sequence of (n, 2) arrays
        Corners (i, j) in pixels, index 0.0 at a pixel's centre; the last is joined to the first.
    low_ij, size_ij : tuple of int
        The block of pixels to fill.
    """
    width, height = size_ij
    toggles = np.zeros((height, width + 1), dtype=np.intp)
    for corners in polygons:
        rows, columns = _crossings(np.round(corners - np.array(low_ij), _DECIMALS))
        within = (rows >= 0) & (rows < height)
        starts = np.clip(columns[within], 0, width)
        np.add.at(toggles, (rows[within], starts), 1)
    return np.asarray(np.cumsum(toggles, axis=1)[:, :width] % 2 == 1)


def combined(
    polygons: Sequence[Float64Array], low_ij: tuple[int, int], size_ij: tuple[int, int]
) -> tuple[NDArray[np.bool_], int]:
    """Return what contours enclose that were drawn one by one, and how many cross another.

    A contour within another is a hole, one within a hole an island, as in `filled`. One that lies
    partly on another is added to it: nobody draws a hole that reaches out of what it is a hole in,
    and leaving the overlap out would hide tissue that was drawn twice.
    """
    if len(polygons) == 1:
        return filled(polygons, low_ij, size_ij), 0
    alone = [filled([corners], low_ij, size_ij) for corners in polygons]
    inside = np.zeros_like(alone[0])
    crossing = 0
    for one in sorted(alone, key=np.count_nonzero, reverse=True):
        drawn = np.count_nonzero(one)
        shared = np.count_nonzero(one & inside)
        if min(shared, drawn - shared) > _CROSSING_FROM * drawn:
            inside |= one
            crossing += 1
        else:
            inside ^= one
    return inside, crossing


def _crossings(corners: Float64Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, for each crossing of an edge with a row of centres, the row and the first pixel."""
    ends = np.roll(corners, -1, axis=0)
    low_j = np.minimum(corners[:, 1], ends[:, 1])
    first = np.ceil(low_j).astype(np.intp)
    count = np.ceil(np.maximum(corners[:, 1], ends[:, 1])).astype(np.intp) - first
    edge = np.repeat(np.arange(len(corners)), count)  # edges along a row cross none
    before = np.cumsum(count) - count
    rows = first[edge] + np.arange(edge.size) - before[edge]
    start, end = corners[edge], ends[edge]
    share = (rows - start[:, 1]) / (end[:, 1] - start[:, 1])
    columns = start[:, 0] + share * (end[:, 0] - start[:, 0])
    return rows, np.ceil(np.round(columns, _DECIMALS)).astype(np.intp)
