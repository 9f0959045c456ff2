"""The compiled reading of what a specimen holds, as planned and as expected; knows no protocol."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from planning.anatomy.fields import CHANNEL_HABITAT, CHANNEL_HU, CHANNEL_TISSUE
from planning.anatomy.tissue import Tissue
from planning.anatomy.yields import FULL_UNITS
from planning.trajectories.march_columns import (
    EXPECTED_LENGTH,
    EXPECTED_NECROSIS,
    LESION_LENGTH,
    MEAN_HU,
    NECROSIS_LENGTH,
    VIABLE_LENGTH,
)

HABITATS_AT_MOST: Final = 16

_TUMOUR: Final = int(Tissue.TUMOUR)
_VIABLE: Final = int(Tissue.VIABLE)
_NECROSIS: Final = int(Tissue.NECROSIS)

Packed = NDArray[np.int16]
Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_compiled = numba.njit(cache=True)


@_compiled  # type: ignore[untyped-decorator]
def expected_in_core(
    blurred: Packed,
    low_kji: Int64Array,
    start: Float64Array,
    step: Float64Array,
    samples: int,
    length: float,
    needle: Float64Array,
    scale: float,
    row: Float32Array,
) -> None:  # pragma: no cover
    """Add to one row what the specimen is expected to hold, from the lesion's blurred maps."""
    depth, height, width, channels = blurred.shape
    h = length / samples
    deep = length - needle[2]
    shallow = max(0.0, deep - needle[1])
    lower = min(int(scale), channels // 2 - 2)
    share = scale - lower
    wanted, dead = 0.0, 0.0
    for s in range(int(shallow / h), min(samples, int(deep / h) + 1)):
        i = int(start[0] + (s + 0.5) * step[0] + 0.5) - low_kji[2]
        j = int(start[1] + (s + 0.5) * step[1] + 0.5) - low_kji[1]
        k = int(start[2] + (s + 0.5) * step[2] + 0.5) - low_kji[0]
        inside = min((s + 1) * h, deep) - max(s * h, shallow)
        if inside <= 0.0 or not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            continue
        near, far = blurred[k, j, i, 2 * lower], blurred[k, j, i, 2 * lower + 2]
        wanted += ((1.0 - share) * near + share * far) * inside
        near, far = blurred[k, j, i, 2 * lower + 1], blurred[k, j, i, 2 * lower + 3]
        dead += ((1.0 - share) * near + share * far) * inside
    row[EXPECTED_LENGTH] = wanted / FULL_UNITS
    row[EXPECTED_NECROSIS] = dead / FULL_UNITS


@_compiled  # type: ignore[untyped-decorator]
def core(
    packed: Packed,
    start: Float64Array,
    step: Float64Array,
    samples: int,
    length: float,
    needle: Float64Array,
    habitat_mm: Float64Array,
    row: Float32Array,
) -> None:  # pragma: no cover
    """Fill one row with what the specimen holds; `habitat_mm` receives its habitats."""
    depth, height, width, _ = packed.shape
    h = length / samples
    deep = length - needle[2]
    shallow = max(0.0, deep - needle[1])
    hu_sum, hu_mm, lesion_mm, viable_mm, dead_mm = 0.0, 0.0, 0.0, 0.0, 0.0
    for s in range(int(shallow / h), min(samples, int(deep / h) + 1)):
        i = int(start[0] + (s + 0.5) * step[0] + 0.5)
        j = int(start[1] + (s + 0.5) * step[1] + 0.5)
        k = int(start[2] + (s + 0.5) * step[2] + 0.5)
        inside = min((s + 1) * h, deep) - max(s * h, shallow)
        if inside <= 0.0 or not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            continue
        tissue = packed[k, j, i, CHANNEL_TISSUE]
        hu_sum += packed[k, j, i, CHANNEL_HU] * inside
        hu_mm += inside
        if tissue & _TUMOUR:
            lesion_mm += inside
        if tissue & _NECROSIS:
            dead_mm += inside
        if tissue & _VIABLE:
            viable_mm += inside
            habitat_mm[min(packed[k, j, i, CHANNEL_HABITAT], HABITATS_AT_MOST)] += inside
    row[LESION_LENGTH], row[VIABLE_LENGTH], row[NECROSIS_LENGTH] = lesion_mm, viable_mm, dead_mm
    if hu_mm > 0.0:
        row[MEAN_HU] = hu_sum / hu_mm


@_compiled  # type: ignore[untyped-decorator]
def effective_number(lengths: Float64Array) -> float:  # pragma: no cover
    """``exp(-sum q ln q)`` over all but the first entry; 0 where there is none."""
    total = lengths[1:].sum()
    if total <= 0.0:
        return 0.0
    entropy = 0.0
    for length in lengths[1:]:
        if length > 0.0:
            entropy -= length / total * np.log(length / total)
    return float(np.exp(entropy))
