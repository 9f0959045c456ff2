"""The compiled reading of clearances between voxels: slower and truer than the march's nearest."""

from __future__ import annotations

import numba
import numpy as np

from planning.anatomy.fields import CHANNEL_CLEARANCE, CLEARANCE_UNITS_PER_MM
from planning.trajectories.kernels import Float32Array, Float64Array, Int32Array, Packed


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _interpolated(
    packed: Packed, k: int, j: int, i: int, z: float, y: float, x: float, channel: int
) -> float:  # pragma: no cover
    """Trilinear value between voxel (k, j, i) and its upper neighbours."""
    near = (1 - y) * ((1 - x) * packed[k, j, i, channel] + x * packed[k, j, i + 1, channel]) + y * (
        (1 - x) * packed[k, j + 1, i, channel] + x * packed[k, j + 1, i + 1, channel]
    )
    far = (1 - y) * (
        (1 - x) * packed[k + 1, j, i, channel] + x * packed[k + 1, j, i + 1, channel]
    ) + y * ((1 - x) * packed[k + 1, j + 1, i, channel] + x * packed[k + 1, j + 1, i + 1, channel])
    return float((1 - z) * near + z * far)


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def least_clearance(
    packed: Packed,
    entry_index: Float64Array,
    tip_index: Float64Array,
    entry_of: Int32Array,
    tip_of: Int32Array,
    lengths: Float64Array,
    radius: float,
    step_mm: float,
) -> Float32Array:  # pragma: no cover
    """Return each needle's least signed clearance to each group, interpolated, shape (n, groups).

    Slower and truer than the nearest voxels `march` reads. Parameters as for `march`.
    """
    depth, height, width, channels = packed.shape
    groups = channels - CHANNEL_CLEARANCE
    out = np.full((len(entry_of), groups), np.inf, dtype=np.float32)
    for p in numba.prange(len(entry_of)):
        start, end = entry_index[entry_of[p]], tip_index[tip_of[p]]
        samples = max(1, int(np.ceil(lengths[p] / step_mm)))
        for s in range(samples + 1):
            f = s / samples
            x = min(max(start[0] + f * (end[0] - start[0]), 0.0), width - 1.001)
            y = min(max(start[1] + f * (end[1] - start[1]), 0.0), height - 1.001)
            z = min(max(start[2] + f * (end[2] - start[2]), 0.0), depth - 1.001)
            i, j, k = int(x), int(y), int(z)
            for g in range(groups):
                value = _interpolated(packed, k, j, i, z - k, y - j, x - i, CHANNEL_CLEARANCE + g)
                out[p, g] = min(out[p, g], value / CLEARANCE_UNITS_PER_MM - radius)
    return out
