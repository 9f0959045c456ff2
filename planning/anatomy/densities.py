"""The CT between its voxel centres, and thin dense layers in it; knows no tissue."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from planning.geometry import Float64Array
from planning.image import Volume


def hu_at(ct: Volume, points_lps_mm: Float64Array) -> Float64Array:
    """Return the CT at (n, 3) points in LPS mm, linearly interpolated; NaN outside its voxels.

    Up to half a voxel beyond the outermost centres the nearest ones count.
    """
    found = np.full(len(points_lps_mm), np.nan)
    inside = ct.grid.contains(points_lps_mm)
    if not inside.any():
        return found
    index = ct.grid.index_from_lps(points_lps_mm[inside])
    low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, ct.grid.size_ijk)
    block = ct.values[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
    at = (index - low)[:, ::-1].T
    found[inside] = map_coordinates(block, at, output=np.float64, order=1, mode="nearest")
    return found


def ridge_hu(hu: Float64Array) -> Float64Array:
    """Return how far the highest ridge of profiles stands out from both its sides.

    Parameters
    ----------
    hu : ndarray, shape (..., n)

    Returns
    -------
    ndarray, shape (...)
        Greatest height of a sample over the higher of the least before and the least behind it.
    """
    before = np.minimum.accumulate(hu, axis=-1)
    behind = np.minimum.accumulate(hu[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray((hu - np.maximum(before, behind)).max(axis=-1))
