"""The compiled passes over every voxel that finding the body takes; decides nothing by itself."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
UInt8Array = NDArray[np.uint8]
IndexArray = NDArray[np.intp]

INSIDE: Final = np.uint8(1)
WAITING: Final = np.uint8(2)


@compiled  # type: ignore[untyped-decorator]
def largest_by_label(
    labels: NDArray[np.int32], values: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:  # pragma: no cover
    """Return the size and the largest value (0 at least) of each label from 0 to `count`."""
    sizes = np.zeros(count + 1, dtype=np.int64)
    largest = np.zeros(count + 1, dtype=np.float32)
    for k in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            for i in range(labels.shape[2]):
                label = labels[k, j, i]
                sizes[label] += 1
                largest[label] = max(largest[label], values[k, j, i])
    return sizes, largest


@compiled  # type: ignore[untyped-decorator]
def refine_slice(
    values: NDArray[np.int16],
    threshold: np.int16,
    always: UInt8Array,
    if_tissue: UInt8Array,
    row_of: IndexArray,
    steps: int,
    inside: UInt8Array,
) -> None:  # pragma: no cover
    """Fill one slice of the body at full resolution, 1 inside and 0 outside.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    threshold : scalar of the values' own type
        Tissue is what lies above.
    always : ndarray of uint8, shape (coarse rows, columns)
        1 where every pixel is inside.
    if_tissue : ndarray of uint8, shape (coarse rows, columns)
        INSIDE where tissue is inside, WAITING where it is if it hangs together with such within
        `steps` 4-connected steps, 0 where it is not.
    row_of : ndarray of int
        Coarse row of each row.
    """
    seen = np.uint8(0)
    for r in range(len(values)):
        _decide_row(values[r], threshold, always[row_of[r]], if_tissue[row_of[r]], inside[r])
        for c in range(values.shape[1]):
            seen = np.uint8(seen | inside[r, c])
    if seen & WAITING:
        _grow(inside, steps)


@compiled  # type: ignore[untyped-decorator]
def _decide_row(
    values: NDArray[np.int16],
    threshold: np.int16,
    always: UInt8Array,
    if_tissue: UInt8Array,
    row: UInt8Array,
) -> None:  # pragma: no cover
    for c in range(len(values)):
        # No branch: so many pixels are decided at once.
        tissue = np.uint8(0) - np.uint8(values[c] > threshold)
        row[c] = always[c] | (if_tissue[c] & tissue)


@compiled  # type: ignore[untyped-decorator]
def _grow(inside: UInt8Array, steps: int) -> None:  # pragma: no cover
    """Turn waiting pixels into inside ones step by step, then the rest of them into outside."""
    rows, columns = inside.shape
    waiting = 0
    for r in range(rows):
        for c in range(columns):
            waiting += inside[r, c] == WAITING
    left = np.empty((waiting, 2), dtype=np.int32)
    count = 0
    for r in range(rows):
        for c in range(columns):
            if inside[r, c] == WAITING:
                left[count, 0], left[count, 1] = r, c
                count += 1
    reached = np.empty(waiting, dtype=np.bool_)
    for _ in range(steps):
        for n in range(count):
            r, c = left[n, 0], left[n, 1]
            reached[n] = (
                (r > 0 and inside[r - 1, c] == INSIDE)
                or (r + 1 < rows and inside[r + 1, c] == INSIDE)
                or (c > 0 and inside[r, c - 1] == INSIDE)
                or (c + 1 < columns and inside[r, c + 1] == INSIDE)
            )
        kept = 0
        for n in range(count):
            if reached[n]:
                inside[left[n, 0], left[n, 1]] = INSIDE
            else:
                left[kept, 0], left[kept, 1] = left[n, 0], left[n, 1]
                kept += 1
        if kept == count:
            break
        count = kept
    for n in range(count):
        inside[left[n, 0], left[n, 1]] = 0
