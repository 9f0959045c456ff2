"""The compiled cutting of a plane out of an array, interpolating linearly; knows no millimetres."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.rendering.mask_picture_kernel import columns_within
from planning.compiled import compiled

Float64Array = NDArray[np.float64]


@compiled  # type: ignore[untyped-decorator]
def cut_plane(
    values_kji: NDArray[Any],
    first_ijk: Float64Array,
    across_ijk: Float64Array,
    down_ijk: Float64Array,
    outside: float,
    whole: bool,  # noqa: FBT001 (a compiled function takes no keyword-only argument)
    out: NDArray[Any],
) -> None:  # pragma: no cover
    """Write the values of a plane, shape (rows, columns).

    Parameters
    ----------
    first_ijk, across_ijk, down_ijk : ndarray, shape (3,)
        Where the first pixel lies among the voxels, and the steps to the next ones.
    outside : float
        What lies beyond the voxels.
    whole : bool
        Round to whole numbers.
    """
    depth, height, width = values_kji.shape
    rows, columns = out.shape
    flat = values_kji.ravel()
    across = across_ijk.astype(np.float32)
    one, half, none = np.float32(1.0), np.float32(0.5), np.float32(0.0)
    last_x, last_y, last_z = np.float32(width - 1), np.float32(height - 1), np.float32(depth - 1)
    next_x = 1 if width > 1 else 0
    next_y = width if height > 1 else 0
    next_z = width * height if depth > 1 else 0
    for row in range(rows):
        x0 = first_ijk[0] + row * down_ijk[0]
        y0 = first_ijk[1] + row * down_ijk[1]
        z0 = first_ijk[2] + row * down_ijk[2]
        low, high = columns_within(x0, across_ijk[0], width, 0, columns)
        low, high = columns_within(y0, across_ijk[1], height, low, high)
        low, high = columns_within(z0, across_ijk[2], depth, low, high)
        for column in range(low):
            out[row, column] = outside
        for column in range(high, columns):
            out[row, column] = outside
        fx0, fy0, fz0 = np.float32(x0), np.float32(y0), np.float32(z0)
        for column in range(low, high):
            step = np.float32(column)
            x = min(max(fx0 + step * across[0], none), last_x)
            y = min(max(fy0 + step * across[1], none), last_y)
            z = min(max(fz0 + step * across[2], none), last_z)
            i, j, k = (
                min(np.int64(x), max(width - 2, 0)),
                min(np.int64(y), max(height - 2, 0)),
                min(np.int64(z), max(depth - 2, 0)),
            )
            x, y, z = x - np.float32(i), y - np.float32(j), z - np.float32(k)
            n = np.uint64((k * height + j) * width + i)
            m = n + np.uint64(next_z)
            dx, dy = np.uint64(next_x), np.uint64(next_y)
            near = (one - y) * ((one - x) * flat[n] + x * flat[n + dx]) + y * (
                (one - x) * flat[n + dy] + x * flat[n + dy + dx]
            )
            far = (one - y) * ((one - x) * flat[m] + x * flat[m + dx]) + y * (
                (one - x) * flat[m + dy] + x * flat[m + dy + dx]
            )
            value = (one - z) * near + z * far
            out[row, column] = np.floor(value + half) if whole else value
