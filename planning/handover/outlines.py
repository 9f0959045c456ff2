"""The outlines of a slice of a mask as polygons along the pixels' faces; knows no millimetres.

A mask's boundary is the face between inside and outside voxels, so this is the outline itself, and
its corners are half a pixel away from every pixel's centre: whoever fills it by asking for centres
gets the very same pixels back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

_IntArray = NDArray[np.intp]


def outlines(inside: NDArray[np.bool_]) -> tuple[Float64Array, ...]:
    """Return closed polygons (n, 2) of corners (i, j) in pixels around a mask's inside.

    One for each part whose pixels share faces, with the inside on the same hand all along. A hole
    is joined to what is around it by a channel without width, drawn there and back (the keyhole
    of PS3.3 C.8.8.6.3), so that no polygon lies within another.

    Parameters
    ----------
    inside : ndarray of bool, shape (rows, columns)
        Index 0 is the centre of the first pixel.
    """
    loops, holes = _loops(np.pad(inside, 1))
    for hole in sorted(holes, key=lambda corners: (corners[0][1], corners[0][0])):
        _join(hole, loops, inside)
    return tuple(np.asarray(loop, dtype=np.float64) - 0.5 for loop in loops)


def _loops(padded: NDArray[np.bool_]) -> tuple[list[_IntArray], list[_IntArray]]:
    """Return the outer and the inner outlines as corners (x, y) of the pixels' lattice.

    Corner (x, y) is the upper left one of pixel (y, x). Each loop begins at its uppermost and then
    leftmost corner; outer ones leave it along the row, inner ones along the column.
    """
    corners, along_row, along_column = _linked_corners(padded)
    met = np.zeros(len(corners), dtype=np.bool_)
    outer: list[_IntArray] = []
    inner: list[_IntArray] = []
    row_next, column_next = along_row.tolist(), along_column.tolist()
    for start in range(len(corners)):  # in the order of rows, then columns
        if met[start]:
            continue
        x, y = corners[start]
        is_outer = bool(padded[y + 1, x + 1])
        first, second = (row_next, column_next) if is_outer else (column_next, row_next)
        loop, at = [], start
        while True:
            loop += [at, first[at]]
            at = second[first[at]]
            if at == start:
                break
        met[loop] = True
        (outer if is_outer else inner).append(corners[loop])
    return outer, inner


def _linked_corners(padded: NDArray[np.bool_]) -> tuple[_IntArray, _IntArray, _IntArray]:
    """Return all corners of the outlines, and each one's neighbour along its row and its column.

    Faces of one row (or column) of the lattice pair its corners off in their order. Where two
    pixels touch by a corner alone there are two corners in one place, one for each pixel; the
    second keys put them in the order in which their faces lie.
    """
    upper_left, upper_right = padded[:-1, :-1], padded[:-1, 1:]
    lower_left, lower_right = padded[1:, :-1], padded[1:, 1:]
    count = sum(part.astype(np.int8) for part in (upper_left, upper_right, lower_left, lower_right))
    crossed = (count == 2) & (upper_left == lower_right)
    single = (count % 2 == 1) | crossed
    y, x = np.nonzero(single)
    # The first of two corners in one place belongs to the upper pixel.
    twice_y, twice_x = np.nonzero(crossed)
    falling = upper_left[twice_y, twice_x]
    xs, ys = np.concatenate([x, twice_x]), np.concatenate([y, twice_y])
    rising = upper_right[y, x] & crossed[y, x]
    # Along a row the left pixel's corner comes first, along a column the upper pixel's.
    row_key = np.concatenate([rising.astype(np.intp), falling.astype(np.intp)])
    column_key = np.concatenate(
        [np.zeros(len(y), dtype=np.intp), np.ones(len(twice_y), dtype=np.intp)]
    )
    order = np.lexsort((column_key, xs, ys))
    xs, ys, row_key, column_key = xs[order], ys[order], row_key[order], column_key[order]
    along_row = _partners(np.lexsort((row_key, xs, ys)))
    along_column = _partners(np.lexsort((column_key, ys, xs)))
    return np.stack([xs, ys], axis=1), along_row, along_column


def _partners(order: _IntArray) -> _IntArray:
    """Return for each element the one that an order pairs it off with: 0 with 1, 2 with 3, ..."""
    partner = np.empty(len(order), dtype=np.intp)
    partner[order[0::2]] = order[1::2]
    partner[order[1::2]] = order[0::2]
    return partner


def _join(hole: _IntArray, loops: list[_IntArray], inside: NDArray[np.bool_]) -> None:
    """Put a hole into the loop that lies to the left of its first corner; holes above come first.

    Around that corner the pixels above and to the left are inside, so that a channel along the
    lattice's row runs through the inside until it meets another outline.
    """
    x, y = (int(v) for v in hole[0])
    left = inside[y - 1, :x] & inside[y, :x]
    stop = x - int(np.argmin(left[::-1])) if not left.all() else 0
    for number, loop in enumerate(loops):
        after = _position(loop, stop, y)
        if after is not None:
            meeting = np.array([[stop, y]])
            channel = (loop[: after + 1], meeting, hole, hole[:1], meeting, loop[after + 1 :])
            loops[number] = np.concatenate(channel)
            return
    message = "a hole's channel met no outline"
    raise AssertionError(message)


def _position(loop: _IntArray, x: int, y: int) -> int | None:
    """Return the corner after which a loop passes a place on a face along a column, or None."""
    ends = np.roll(loop, -1, axis=0)
    upright = (loop[:, 0] == x) & (ends[:, 0] == x) & (loop[:, 1] != ends[:, 1])
    spans = (np.minimum(loop[:, 1], ends[:, 1]) <= y) & (np.maximum(loop[:, 1], ends[:, 1]) >= y)
    found = np.flatnonzero(upright & spans)
    return int(found[0]) if found.size else None
