"""The compiled march along many needles at once; reads packed voxels, knows no protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from planning.anatomy.fields import (
    BONE_UNITS,
    CHANNEL_BONE,
    CHANNEL_CLEARANCE,
    CHANNEL_HABITAT,
    CHANNEL_HU,
    CHANNEL_TISSUE,
    CLEARANCE_UNITS_PER_MM,
    Tissue,
)

# Columns of the march's answer; one more for each risk group follows the last.
CORTEX_DEPTH: Final = 0
LESION_DEPTH: Final = 1
CORTEX_INCIDENCE: Final = 2
BEYOND_TIP: Final = 3
FORBIDDEN: Final = 4
OUTSIDE_CORRIDOR: Final = 5
OUTSIDE_BODY: Final = 6
BONE: Final = 7
LESION_LENGTH: Final = 8
VIABLE_LENGTH: Final = 9
NECROSIS_LENGTH: Final = 10
MEAN_HU: Final = 11
EFFECTIVE_HABITATS: Final = 12
RISK_INDEX: Final = 13
FIRST_GROUP: Final = 14

HABITATS_AT_MOST: Final = 16
_BLOCK: Final = 256
_SAMPLES_AT_MOST: Final = 1000

_TUMOUR: Final = int(Tissue.TUMOUR)
_VIABLE: Final = int(Tissue.VIABLE)
_NECROSIS: Final = int(Tissue.NECROSIS)
_BONE: Final = int(Tissue.BONE)
_FORBIDDEN: Final = int(Tissue.FORBIDDEN)
_CORRIDOR: Final = int(Tissue.CORRIDOR)
_BODY: Final = int(Tissue.BODY)
_AT_RISK: Final = int(Tissue.AT_RISK)

Packed = NDArray[np.int16]
Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]

_compiled = numba.njit(cache=True)
_compiled_parallel = numba.njit(cache=True, parallel=True)


@_compiled  # type: ignore[untyped-decorator]
def _incidence_deg(
    packed: Packed, k: int, j: int, i: int, inverse: Float64Array, along: Float64Array
) -> float:  # pragma: no cover
    """Angle between the axis and the gradient of smoothed bone at one voxel; NaN where flat."""
    depth, height, width, _ = packed.shape
    if not (0 < k < depth - 1 and 0 < j < height - 1 and 0 < i < width - 1):
        return np.nan
    gi = (packed[k, j, i + 1, CHANNEL_BONE] - packed[k, j, i - 1, CHANNEL_BONE]) * inverse[0]
    gj = (packed[k, j + 1, i, CHANNEL_BONE] - packed[k, j - 1, i, CHANNEL_BONE]) * inverse[1]
    gk = (packed[k + 1, j, i, CHANNEL_BONE] - packed[k - 1, j, i, CHANNEL_BONE]) * inverse[2]
    length = np.sqrt(gi * gi + gj * gj + gk * gk)
    if length < 0.001 * BONE_UNITS:
        return np.nan
    # The gradient points into the bone, the way the needle goes.
    cosine = (gi * along[0] + gj * along[1] + gk * along[2]) / length
    return float(np.degrees(np.arccos(min(1.0, max(-1.0, cosine)))))


@_compiled  # type: ignore[untyped-decorator]
def _danger(
    voxel: Packed, risk_margin: Float64Array, radius: float, range_mm: float
) -> float:  # pragma: no cover
    """How near one place comes to the margins: above 1 violated, 0 beyond the range."""
    worst = 0.0
    for g in range(len(risk_margin)):
        margin = risk_margin[g]
        if np.isnan(margin):
            continue
        short = margin + radius - voxel[CHANNEL_CLEARANCE + g] / CLEARANCE_UNITS_PER_MM
        share = 1.0 + short / (max(margin, 1.0) if short > 0.0 else range_mm)
        worst = max(worst, share)
    return worst


@_compiled  # type: ignore[untyped-decorator]
def _walk(
    packed: Packed,
    inverse: Float64Array,
    start: Float64Array,
    along: Float64Array,
    length: float,
    step_mm: float,
    needle: Float64Array,
    risk: Float64Array,
    scratch: tuple[Int32Array, Float64Array, Float64Array],
    row: Float32Array,
) -> None:  # pragma: no cover
    """Fill one row with what the needle meets from skin to tip."""
    depth, height, width, _ = packed.shape
    least, habitat_mm, danger = scratch
    samples = min(_SAMPLES_AT_MOST, max(1, int(np.ceil(length / step_mm))))
    h = length / samples
    specimen_end = length - needle[2]
    specimen_start = specimen_end - needle[1]
    step = along * inverse * h
    row[FORBIDDEN : NECROSIS_LENGTH + 1] = 0.0
    hu_sum, hu_mm, entered = 0.0, 0.0, False
    for s in range(samples):
        # Half a voxel is added so that truncation rounds to the nearest centre.
        i = int(start[0] + (s + 0.5) * step[0] + 0.5)
        j = int(start[1] + (s + 0.5) * step[1] + 0.5)
        k = int(start[2] + (s + 0.5) * step[2] + 0.5)
        danger[s] = 0.0
        if not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            row[OUTSIDE_BODY] += h
            continue
        voxel = packed[k, j, i]
        tissue = voxel[CHANNEL_TISSUE]
        for g in range(len(least)):
            least[g] = min(least[g], voxel[CHANNEL_CLEARANCE + g])
        danger[s] = _danger(voxel, risk[1:], needle[0], risk[0])
        if tissue & _BODY:
            entered = True
        elif entered:
            row[OUTSIDE_BODY] += h
        if tissue & _FORBIDDEN:
            row[FORBIDDEN] += h
        if not tissue & _CORRIDOR:
            row[OUTSIDE_CORRIDOR] += h
        if tissue & _BONE:
            row[BONE] += h
            if np.isnan(row[CORTEX_DEPTH]):
                row[CORTEX_DEPTH] = s * h
                row[CORTEX_INCIDENCE] = _incidence_deg(packed, k, j, i, inverse, along)
        if tissue & _TUMOUR and np.isnan(row[LESION_DEPTH]):
            row[LESION_DEPTH] = s * h
        inside = min((s + 1) * h, specimen_end) - max(s * h, specimen_start)
        if inside > 0.0:
            hu_sum += voxel[CHANNEL_HU] * inside
            hu_mm += inside
            if tissue & _TUMOUR:
                row[LESION_LENGTH] += inside
            if tissue & _NECROSIS:
                row[NECROSIS_LENGTH] += inside
            if tissue & _VIABLE:
                row[VIABLE_LENGTH] += inside
                habitat_mm[min(voxel[CHANNEL_HABITAT], HABITATS_AT_MOST)] += inside
    if hu_mm > 0.0:
        row[MEAN_HU] = hu_sum / hu_mm


@_compiled  # type: ignore[untyped-decorator]
def _free_ahead_mm(
    packed: Packed,
    inverse: Float64Array,
    tip: Float64Array,
    along: Float64Array,
    step_mm: float,
    ahead_mm: float,
) -> float:  # pragma: no cover
    """Distance from the tip to the first structure at risk straight ahead, at most `ahead_mm`."""
    depth, height, width, _ = packed.shape
    for s in range(int(ahead_mm / step_mm)):
        i = int(tip[0] + s * step_mm * along[0] * inverse[0] + 0.5)
        j = int(tip[1] + s * step_mm * along[1] * inverse[1] + 0.5)
        k = int(tip[2] + s * step_mm * along[2] * inverse[2] + 0.5)
        if not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            break
        if packed[k, j, i, CHANNEL_TISSUE] & _AT_RISK:
            return s * step_mm
    return ahead_mm


@_compiled  # type: ignore[untyped-decorator]
def _effective_number(lengths: Float64Array) -> float:  # pragma: no cover
    """``exp(-sum q ln q)`` over all but the first entry; 0 where there is none."""
    total = lengths[1:].sum()
    if total <= 0.0:
        return 0.0
    entropy = 0.0
    for length in lengths[1:]:
        if length > 0.0:
            entropy -= length / total * np.log(length / total)
    return float(np.exp(entropy))


@_compiled  # type: ignore[untyped-decorator]
def _risk_index(danger: Float64Array, window: int) -> float:  # pragma: no cover
    """Return the worst danger where a margin is violated, else its mean over the worst window."""
    running, worst, violated = 0.0, 0.0, 0.0
    for s in range(len(danger)):
        running += danger[s]
        violated = max(violated, danger[s])
        if s >= window:
            running -= danger[s - window]
        worst = max(worst, running / window)
    return violated if violated > 1.0 else worst


@_compiled_parallel  # type: ignore[untyped-decorator]
def march(
    packed: Packed,
    inverse: Float64Array,
    entry_index: Float64Array,
    tip_index: Float64Array,
    entry_of: Int32Array,
    tip_of: Int32Array,
    lengths: Float64Array,
    needle: Float64Array,
    search: Float64Array,
    risk: Float64Array,
) -> Float32Array:  # pragma: no cover
    """Return what each needle meets, shape (n, FIRST_GROUP + groups).

    Parameters
    ----------
    packed : ndarray of int16
        See `planning.anatomy.fields.ScreenFields`.
    inverse : ndarray, shape (3,)
        One over the spacing along i, j, k.
    entry_index, tip_index : ndarray, shape (entries, 3) and (tips, 3)
        Continuous (i, j, k) indices.
    entry_of, tip_of : ndarray of int32, shape (n,)
        Which entry and which tip each needle has.
    lengths : ndarray, shape (n,)
        Entry to tip in mm.
    needle : ndarray
        Radius, core length, dead space in mm.
    search : ndarray
        Step, look-ahead, risk window in mm.
    risk : ndarray, shape (1 + groups,)
        Risk range in mm, then each group's margin in mm, NaN where it has no part in the index.
    """
    groups = packed.shape[3] - CHANNEL_CLEARANCE
    out = np.full((len(entry_of), FIRST_GROUP + groups), np.nan, dtype=np.float32)
    for block in numba.prange((len(entry_of) + _BLOCK - 1) // _BLOCK):
        least = np.empty(groups, dtype=np.int32)
        habitat_mm = np.empty(HABITATS_AT_MOST + 1, dtype=np.float64)
        danger = np.empty(_SAMPLES_AT_MOST, dtype=np.float64)
        for p in range(block * _BLOCK, min((block + 1) * _BLOCK, len(entry_of))):
            start, end = entry_index[entry_of[p]], tip_index[tip_of[p]]
            length, row = lengths[p], out[p]
            along = (end - start) / inverse / length
            least[:] = 32767
            habitat_mm[:] = 0.0
            scratch = (least, habitat_mm, danger)
            _walk(packed, inverse, start, along, length, search[0], needle, risk, scratch, row)
            samples = min(_SAMPLES_AT_MOST, max(1, int(np.ceil(length / search[0]))))
            window = max(1, min(samples, int(search[2] * samples / length + 0.5)))
            row[BEYOND_TIP] = _free_ahead_mm(packed, inverse, end, along, search[0], search[1])
            row[EFFECTIVE_HABITATS] = _effective_number(habitat_mm)
            row[RISK_INDEX] = _risk_index(danger[:samples], window)
            for g in range(groups):
                row[FIRST_GROUP + g] = least[g] / CLEARANCE_UNITS_PER_MM - needle[0]
    return out


@_compiled  # type: ignore[untyped-decorator]
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


@_compiled_parallel  # type: ignore[untyped-decorator]
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

    Slower and truer than the nearest voxels `march` reads. Parameters as there.
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


def kernels_are_cached() -> bool:
    """Tell whether the compiled kernels can be loaded instead of being compiled anew."""
    folder = Path(march.stats.cache_path)
    return folder.is_dir() and any(folder.glob("kernels.march-*.nbi"))
