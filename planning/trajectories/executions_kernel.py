"""The compiled execution of needles with errors: what specimens hold, what is touched; no limits.

An executed needle follows ``x(t) = entry + shift + t u + (a_m + t g_m) v_m``, with the planned
direction u, two directions v across it, displacements a and changes of direction g; its specimen
ends ``depth error`` deeper than planned.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from planning.anatomy.fields import CHANNEL_CLEARANCE, CLEARANCE_UNITS_PER_MM
from planning.trajectories.many_or_one import many_or_one

Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]

_FAR_UNITS: Final = 1_000_000


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _line(
    frames: Float64Array, p: int, a: float, b: float, g: float, e: float, t: float
) -> tuple[float, float, float, float, float, float]:  # pragma: no cover
    """Return an executed needle's index at a depth, and its index steps per mm of depth."""
    dx = frames[p, 1, 0] + g * frames[p, 2, 0] + e * frames[p, 3, 0]
    dy = frames[p, 1, 1] + g * frames[p, 2, 1] + e * frames[p, 3, 1]
    dz = frames[p, 1, 2] + g * frames[p, 2, 2] + e * frames[p, 3, 2]
    x = frames[p, 0, 0] + a * frames[p, 2, 0] + b * frames[p, 3, 0] + t * dx
    y = frames[p, 0, 1] + a * frames[p, 2, 1] + b * frames[p, 3, 1] + t * dy
    z = frames[p, 0, 2] + a * frames[p, 2, 2] + b * frames[p, 3, 2] + t * dz
    return x, y, z, dx, dy, dz


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _voxel(index: float) -> int:  # pragma: no cover
    """Return the nearest voxel; below the array for every negative index."""
    return int(index + 0.5) if index > -0.5 else -1


@many_or_one(needles=2)
def executed_specimens(
    classes: NDArray[np.uint8],
    count: int,
    frames: Float64Array,
    ends_mm: Float64Array,
    growth: Float64Array,
    spread: Float64Array,
    errors: Float64Array,
    shifts: Float64Array,
    step_mm: float,
) -> Float32Array:  # pragma: no cover
    """Return the length (mm) of each class in each executed specimen, shape (n, N, count).

    Parameters
    ----------
    classes : ndarray of uint8
        Class of every voxel; around the block everything is class 0.
    frames : ndarray, shape (n, 4, 3)
        Entry (i, j, k), then u and both v as index steps per mm, for each needle.
    ends_mm : ndarray, shape (n, 2)
        Depths at which the planned specimen begins and ends.
    growth : ndarray, shape (n,)
        Deviation of the direction, mm per mm.
    spread : ndarray, shape (2,)
        Deviation across at the skin, and along.
    errors : ndarray, shape (1 or n, N, 5)
        Standardised errors; one set for all needles, or each its own.
    shifts : ndarray, shape (N, 3)
        What all needles of one execution share, as index steps (i, j, k).
    step_mm : float
        Length of the pieces a specimen is cut into.
    """
    depth, height, width = classes.shape
    needles, draws = len(frames), errors.shape[1]
    out = np.zeros((needles, draws, count), dtype=np.float32)
    for job in numba.prange(needles * draws):
        p, d = job // draws, job % draws
        error = errors[p if len(errors) > 1 else 0, d]
        a, b = error[0] * spread[0], error[1] * spread[0]
        g, e = error[2] * growth[p], error[3] * growth[p]
        start, end = ends_mm[p, 0] + error[4] * spread[1], ends_mm[p, 1] + error[4] * spread[1]
        pieces = max(1, int(np.ceil((end - start) / step_mm)))
        h = (end - start) / pieces
        x, y, z, dx, dy, dz = _line(frames, p, a, b, g, e, start + 0.5 * h)
        x, y, z = x + shifts[d, 0], y + shifts[d, 1], z + shifts[d, 2]
        for s in range(pieces):
            i, j, k = _voxel(x + s * h * dx), _voxel(y + s * h * dy), _voxel(z + s * h * dz)
            if 0 <= i < width and 0 <= j < height and 0 <= k < depth:
                out[p, d, classes[k, j, i]] += h
            else:
                out[p, d, 0] += h
    return out


@many_or_one(needles=1)
def executed_distances(
    packed: NDArray[np.int16],
    frames: Float64Array,
    lengths_mm: Float64Array,
    growth: Float64Array,
    spread: Float64Array,
    errors: Float64Array,
    step_mm: float,
) -> Float32Array:  # pragma: no cover
    """Return how near each executed axis comes to each group, and at what depth.

    Parameters as for `executed_specimens`; distances are read from the nearest packed voxels.

    Returns
    -------
    ndarray, shape (n, N, groups, 2)
        Least signed distance from the axis in mm, and its depth in mm.
    """
    depth, height, width, channels = packed.shape
    groups = channels - CHANNEL_CLEARANCE
    needles, draws = len(frames), len(errors)
    out = np.zeros((needles, draws, groups, 2), dtype=np.float32)
    for job in numba.prange(needles * draws):
        p, d = job // draws, job % draws
        a, b = errors[d, 0] * spread[0], errors[d, 1] * spread[0]
        g, e = errors[d, 2] * growth[p], errors[d, 3] * growth[p]
        length = max(step_mm, lengths_mm[p] + errors[d, 4] * spread[1])
        pieces = int(np.ceil(length / step_mm))
        h = length / pieces
        least = np.full(groups, _FAR_UNITS, dtype=np.int32)
        where = np.zeros(groups, dtype=np.int32)
        x, y, z, dx, dy, dz = _line(frames, p, a, b, g, e, 0.0)
        for s in range(pieces + 1):
            i, j, k = _voxel(x + s * h * dx), _voxel(y + s * h * dy), _voxel(z + s * h * dz)
            if 0 <= i < width and 0 <= j < height and 0 <= k < depth:
                for c in range(groups):
                    if packed[k, j, i, CHANNEL_CLEARANCE + c] < least[c]:
                        least[c] = packed[k, j, i, CHANNEL_CLEARANCE + c]
                        where[c] = s
        for c in range(groups):
            out[p, d, c, 0] = least[c] / CLEARANCE_UNITS_PER_MM
            out[p, d, c, 1] = where[c] * h
    return out
