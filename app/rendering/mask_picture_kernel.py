"""The compiled painting of one mask on a plane, pixel by pixel; knows no millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.compiled import compiled

BoolArray = NDArray[np.bool_]
UInt8Array = NDArray[np.uint8]
Int64Array = NDArray[np.int64]
Float64Array = NDArray[np.float64]


@compiled  # type: ignore[untyped-decorator]
def columns_within(
    first: float, step: float, count: int, low: int, high: int
) -> tuple[int, int]:  # pragma: no cover
    """Return which columns of a range lie within `count` voxels along one axis.

    None where both are the same; they never lie outside the range that was given, whatever lies
    beyond it: who fills the columns before and after would write past the end of a picture.
    """
    if abs(step) < 1e-9:
        inside = -0.5 <= first < count - 0.5
        return (low, high) if inside else (low, low)
    one, other = (-0.5 - first) / step, (count - 0.5 - first) / step
    start, end = max(min(one, other), float(low)), min(max(one, other), float(high - 1))
    if not start <= end:
        return low, low
    inner, outer = int(np.ceil(start)), int(np.floor(end)) + 1
    return (inner, outer) if inner < outer else (low, low)


@compiled  # type: ignore[untyped-decorator]
def paint_mask(
    inside_kji: BoolArray,
    first_ijk: Float64Array,
    across_ijk: Float64Array,
    down_ijk: Float64Array,
    look: Int64Array,
    flags: UInt8Array,
    ranges: Int64Array,
    picture: UInt8Array,
) -> None:  # pragma: no cover
    """Paint a mask over a picture by its nearest voxels, where they are inside.

    Parameters
    ----------
    first_ijk, across_ijk, down_ijk : ndarray, shape (3,)
        Where the first pixel lies among the mask's voxels, and the steps to the next ones.
    look : ndarray, shape (5,)
        Blue, green and red, opacity of the fill and of the outline, each 0 to 255.
    flags, ranges : ndarray, shape (rows, columns) and (rows, 2)
        Room to work in; what it holds does not matter.
    picture : ndarray, shape (rows, columns, 4)
        Blue, green, red, opacity, each 0 to 255, the colours scaled by the opacity.
    """
    depth, height, width = inside_kji.shape
    rows, columns = flags.shape
    first_row, last_row = rows, 0
    for row in range(rows):
        x = first_ijk[0] + row * down_ijk[0]
        y = first_ijk[1] + row * down_ijk[1]
        z = first_ijk[2] + row * down_ijk[2]
        low, high = columns_within(x, across_ijk[0], width, 0, columns)
        low, high = columns_within(y, across_ijk[1], height, low, high)
        low, high = columns_within(z, across_ijk[2], depth, low, high)
        ranges[row, 0], ranges[row, 1] = low, high
        for column in range(low, high):
            i = int(np.floor(x + column * across_ijk[0] + 0.5))
            j = int(np.floor(y + column * across_ijk[1] + 0.5))
            k = int(np.floor(z + column * across_ijk[2] + 0.5))
            valid = 0 <= i < width and 0 <= j < height and 0 <= k < depth
            flags[row, column] = 1 if valid and inside_kji[k, j, i] else 0
        if low < high:
            first_row, last_row = min(first_row, row), row + 1
    for row in range(first_row, last_row):
        low, high = ranges[row, 0], ranges[row, 1]
        for column in range(low, high):
            if flags[row, column] == 0:
                continue
            left = column == 0 or (column > low and flags[row, column - 1] == 1)
            right = column == columns - 1 or (column < high - 1 and flags[row, column + 1] == 1)
            above, below = row == 0, row == rows - 1
            if not above and ranges[row - 1, 0] <= column < ranges[row - 1, 1]:
                above = flags[row - 1, column] == 1
            if not below and ranges[row + 1, 0] <= column < ranges[row + 1, 1]:
                below = flags[row + 1, column] == 1
            opacity = look[3] if left and right and above and below else look[4]
            through = 255 - opacity
            for channel in range(3):
                value = look[channel] * opacity + picture[row, column, channel] * through + 127
                picture[row, column, channel] = value // 255
            value = 255 * opacity + picture[row, column, 3] * through + 127
            picture[row, column, 3] = value // 255
