"""The compiled march along many needles at once; reads packed voxels, knows no protocol."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from planning.anatomy.envelope import COUNTS_AS_RISK, ENVELOPED
from planning.anatomy.fields import (
    BONE_UNITS,
    CHANNEL_BONE,
    CHANNEL_CLEARANCE,
    CHANNEL_TISSUE,
    CLEARANCE_UNITS_PER_MM,
)
from planning.anatomy.tissue import Tissue
from planning.trajectories.many_or_one import many_or_one
from planning.trajectories.march_columns import (
    BEYOND_TIP,
    BONE,
    CORTEX_DEPTH,
    CORTEX_INCIDENCE,
    EFFECTIVE_HABITATS,
    FIRST_GROUP,
    FORBIDDEN,
    LESION_DEPTH,
    OUTSIDE_BODY,
    OUTSIDE_CORRIDOR,
    RISK_INDEX,
    WORST_CASE,
)
from planning.trajectories.specimen_kernel import (
    HABITATS_AT_MOST,
    core,
    effective_number,
    expected_in_core,
)

_BLOCK: Final = 256
_SAMPLES_AT_MOST: Final = 1000
_FAR_UNITS: Final = 1_000_000

_TUMOUR: Final = int(Tissue.TUMOUR)
_BONE: Final = int(Tissue.BONE)
_FORBIDDEN: Final = int(Tissue.FORBIDDEN)
_CORRIDOR: Final = int(Tissue.CORRIDOR)
_BODY: Final = int(Tissue.BODY)
_AT_RISK: Final = int(Tissue.AT_RISK)
_COUNTS_AS_RISK: Final = COUNTS_AS_RISK
_ENVELOPED: Final = ENVELOPED

Packed = NDArray[np.int16]
Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

_compiled = numba.njit(cache=True)


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
def _walk(
    packed: Packed,
    start: Float64Array,
    step: Float64Array,
    samples: int,
    h: float,
    bin_number: int,
    required: Int32Array,
    r95: Int32Array,
    flags: Int32Array,
    least: Int32Array,
    slack: Int32Array,
    short: Int32Array,
) -> tuple[int, int, int, int, int, int, int]:  # pragma: no cover
    """Step from skin to tip; count samples and note where bone and lesion begin (-1: nowhere).

    `least` receives each group's least distance, `slack` how much more it is than required,
    `short` for every sample how far the worst group that counts as a risk falls short of what it
    requires, all in units of the packed distances. Last comes the worst case: the least distance
    to enveloped groups less the radius that holds 95 % of the needles.
    """
    depth, height, width, _ = packed.shape
    groups = len(least)
    x, y, z = start[0] + 0.5 + 0.5 * step[0], start[1] + 0.5 + 0.5 * step[1], start[2] + 0.5
    z += 0.5 * step[2]
    forbidden, in_corridor, off_body, in_bone, cortex, lesion = 0, 0, 0, 0, -1, -1
    worst_case, last = _FAR_UNITS, required.shape[2] - 1
    entered = False
    for s in range(samples):
        # Half a voxel was added, so truncation rounds to the nearest centre.
        i, j, k = int(x + s * step[0]), int(y + s * step[1]), int(z + s * step[2])
        short[s] = -_FAR_UNITS
        if not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            off_body += 1
            continue
        tissue = packed[k, j, i, CHANNEL_TISSUE]
        place = 1 if tissue & _BONE else 0
        at = min(last, int((s + 1) * h))
        worst = -_FAR_UNITS
        for g in range(groups):
            distance = packed[k, j, i, CHANNEL_CLEARANCE + g]
            least[g] = min(least[g], distance)
            beyond = distance - required[place, bin_number, at, g]
            slack[g] = min(slack[g], beyond)
            if flags[g] & _COUNTS_AS_RISK:
                worst = max(worst, -beyond)
            if flags[g] & _ENVELOPED:
                worst_case = min(worst_case, distance - r95[bin_number, at, g])
        short[s] = worst
        if tissue & _BODY:
            entered = True
        elif entered:
            off_body += 1
        if tissue & _FORBIDDEN:
            forbidden += 1
        if tissue & _CORRIDOR:
            in_corridor += 1
        if place:
            in_bone += 1
            if cortex < 0:
                cortex = s
        if lesion < 0 and tissue & _TUMOUR:
            lesion = s
    return forbidden, in_corridor, off_body, in_bone, cortex, lesion, worst_case


@_compiled  # type: ignore[untyped-decorator]
def _plunge(
    packed: Packed,
    start: Float64Array,
    step: Float64Array,
    samples: int,
    more: int,
    h: float,
    bin_number: int,
    required: Int32Array,
    r95: Int32Array,
    flags: Int32Array,
    slack: Int32Array,
    worst_case: int,
) -> int:  # pragma: no cover
    """Carry slack and worst case on past the tip, for `more` samples; return the worst case."""
    depth, height, width, _ = packed.shape
    last = required.shape[2] - 1
    for s in range(samples, samples + more):
        i = int(start[0] + (s + 0.5) * step[0] + 0.5)
        j = int(start[1] + (s + 0.5) * step[1] + 0.5)
        k = int(start[2] + (s + 0.5) * step[2] + 0.5)
        if not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            break
        place = 1 if packed[k, j, i, CHANNEL_TISSUE] & _BONE else 0
        at = min(last, int((s + 1) * h))
        for g in range(len(slack)):
            if flags[g] & _ENVELOPED:
                distance = packed[k, j, i, CHANNEL_CLEARANCE + g]
                slack[g] = min(slack[g], distance - required[place, bin_number, at, g])
                worst_case = min(worst_case, distance - r95[bin_number, at, g])
    return worst_case


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
def _risk_index(short: Int32Array, range_mm: float, window: int) -> float:  # pragma: no cover
    """Return the mean nearness to the margins over the worst window, or 1 and more if violated."""
    running, worst, most = 0.0, 0.0, -_FAR_UNITS
    scale = 1.0 / (range_mm * CLEARANCE_UNITS_PER_MM)
    for s in range(len(short)):
        most = max(most, short[s])
        running += max(0.0, 1.0 + short[s] * scale)
        if s >= window:
            running -= max(0.0, 1.0 + short[s - window] * scale)
        worst = max(worst, running)
    return 1.0 + most * scale if most > 0 else worst / window


@many_or_one(needles=4)
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
    envelope: tuple[Int32Array, Int32Array, Int32Array],
    bins: Int32Array,
    yields: tuple[Packed, Int64Array],
    scales: Float64Array,
) -> Float32Array:  # pragma: no cover
    """Return what each needle meets, shape (n, FIRST_GROUP + 2 groups).

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
        Step, look-ahead, risk window, risk range, way past the tip in soft tissue and after
        drilling, in mm.
    envelope : tuple of ndarray
        `EnvelopeTables.required`, `.r95`, `.flags`.
    bins : ndarray of int32, shape (n,)
        Which bin of the tables each needle belongs to.
    yields : tuple of ndarray
        `YieldFields.blurred`, `.low_kji`.
    scales : ndarray, shape (n,)
        Between which scales of the blurred maps each needle's deviation lies.
    """
    required, r95, flags = envelope
    groups = packed.shape[3] - CHANNEL_CLEARANCE
    out = np.full((len(entry_of), FIRST_GROUP + 2 * groups), np.nan, dtype=np.float32)
    for block in numba.prange((len(entry_of) + _BLOCK - 1) // _BLOCK):
        least, slack = np.empty(groups, dtype=np.int32), np.empty(groups, dtype=np.int32)
        habitat_mm = np.empty(HABITATS_AT_MOST + 1, dtype=np.float64)
        short = np.empty(_SAMPLES_AT_MOST, dtype=np.int32)
        for p in range(block * _BLOCK, min((block + 1) * _BLOCK, len(entry_of))):
            start, end = entry_index[entry_of[p]], tip_index[tip_of[p]]
            length, row = lengths[p], out[p]
            samples = min(_SAMPLES_AT_MOST, max(1, int(np.ceil(length / search[0]))))
            h = length / samples
            step = (end - start) / samples
            along = step / inverse / h
            least[:], slack[:] = _FAR_UNITS, _FAR_UNITS
            habitat_mm[:] = 0.0
            forbidden, in_corridor, off_body, in_bone, cortex, lesion, worst_case = _walk(
                packed, start, step, samples, h, bins[p], required, r95, flags, least, slack, short
            )
            more = int(np.ceil((search[5] if in_bone else search[4]) / h))
            worst_case = _plunge(
                packed, start, step, samples, more, h, bins[p], required, r95, flags, slack,
                worst_case,
            )  # fmt: skip
            row[FORBIDDEN], row[OUTSIDE_CORRIDOR] = forbidden * h, length - in_corridor * h
            row[OUTSIDE_BODY], row[BONE] = off_body * h, in_bone * h
            if cortex >= 0:
                row[CORTEX_DEPTH] = cortex * h
                at = start + (cortex + 0.5) * step + 0.5
                row[CORTEX_INCIDENCE] = _incidence_deg(
                    packed, int(at[2]), int(at[1]), int(at[0]), inverse, along
                )
            if lesion >= 0:
                row[LESION_DEPTH] = lesion * h
            core(packed, start, step, samples, length, needle, habitat_mm, row)
            expected_in_core(
                yields[0], yields[1], start, step, samples, length, needle, scales[p], row
            )
            window = max(1, min(samples, int(search[2] / h + 0.5)))
            row[BEYOND_TIP] = _free_ahead_mm(packed, inverse, end, along, search[0], search[1])
            row[EFFECTIVE_HABITATS] = effective_number(habitat_mm)
            row[RISK_INDEX] = _risk_index(short[:samples], search[3], window)
            row[WORST_CASE] = worst_case / CLEARANCE_UNITS_PER_MM
            for g in range(groups):
                row[FIRST_GROUP + g] = least[g] / CLEARANCE_UNITS_PER_MM - needle[0]
                row[FIRST_GROUP + groups + g] = slack[g] / CLEARANCE_UNITS_PER_MM
    return out
