"""The compiled reading of clearances between voxels: slower and truer than the march's nearest."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from planning.anatomy.envelope import ENVELOPED
from planning.anatomy.fields import CHANNEL_CLEARANCE, CHANNEL_TISSUE, CLEARANCE_UNITS_PER_MM
from planning.anatomy.tissue import Tissue
from planning.trajectories.kernels import Float32Array, Float64Array, Int32Array, Packed
from planning.trajectories.many_or_one import many_or_one

_BONE: Final = int(Tissue.BONE)
_ENVELOPED: Final = ENVELOPED


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


@many_or_one(needles=3)
def least_clearance(
    packed: Packed,
    entry_index: Float64Array,
    tip_index: Float64Array,
    entry_of: Int32Array,
    tip_of: Int32Array,
    lengths: Float64Array,
    needle: Float64Array,
    envelope: tuple[Int32Array, Int32Array, Int32Array],
    bins: Int32Array,
) -> Float32Array:  # pragma: no cover
    """Return each needle's least clearances and slacks, interpolated, shape (n, 2 groups + 1).

    Clearance and slack of each group as `march` gives them, then the worst case. Slower and truer
    than the nearest voxels that `march` reads.

    Parameters
    ----------
    needle : ndarray
        Radius, step, way past the tip in soft tissue and after drilling, in mm.
    """
    required, r95, flags = envelope
    depth, height, width, channels = packed.shape
    groups, last = channels - CHANNEL_CLEARANCE, required.shape[2] - 1
    out = np.full((len(entry_of), 2 * groups + 1), np.inf, dtype=np.float32)
    for p in numba.prange(len(entry_of)):
        start, end = entry_index[entry_of[p]], tip_index[tip_of[p]]
        samples = max(1, int(np.ceil(lengths[p] / needle[1])))
        h = lengths[p] / samples
        drilled, s = False, 0
        while s <= samples + int(np.ceil((needle[3] if drilled else needle[2]) / h)):
            f = s / samples
            x = min(max(start[0] + f * (end[0] - start[0]), 0.0), width - 1.001)
            y = min(max(start[1] + f * (end[1] - start[1]), 0.0), height - 1.001)
            z = min(max(start[2] + f * (end[2] - start[2]), 0.0), depth - 1.001)
            i, j, k = int(x), int(y), int(z)
            tissue = packed[int(z + 0.5), int(y + 0.5), int(x + 0.5), CHANNEL_TISSUE]
            place = 1 if tissue & _BONE else 0
            drilled = drilled or (place == 1 and s <= samples)
            at = min(last, int(np.ceil(s * h)))
            for g in range(groups):
                if s > samples and not flags[g] & _ENVELOPED:
                    continue
                value = _interpolated(packed, k, j, i, z - k, y - j, x - i, CHANNEL_CLEARANCE + g)
                if s <= samples:
                    out[p, g] = min(out[p, g], value / CLEARANCE_UNITS_PER_MM - needle[0])
                slack = (value - required[place, bins[p], at, g]) / CLEARANCE_UNITS_PER_MM
                out[p, groups + g] = min(out[p, groups + g], slack)
                if flags[g] & _ENVELOPED:
                    worst = (value - r95[bins[p], at, g]) / CLEARANCE_UNITS_PER_MM
                    out[p, 2 * groups] = min(out[p, 2 * groups], worst)
            s += 1
    return out
