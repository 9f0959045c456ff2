"""Sorts HU into numbered bins of equal width (levels); makes no statistics of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array
from planning.radiomics.feature import Undefined
from planning.radiomics.settings import RadiomicSettings

MOST_LEVELS = 4096
"""Bins of 25 HU cover all 16-bit values with fewer; more are no Hounsfield units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Which bin each intensity lies in, counted from 1."""

    levels: NDArray[np.int64]
    method: str


def binned(hu: Float64Array, settings: RadiomicSettings) -> Levels | Undefined:
    """Return the bin of each intensity, or why there is none.

    ``floor((hu - lowest edge) / size) + 1``; what lies under the lowest edge counts in bin 1, and
    that is said. Nothing is left out.

    Source: IBSI reference manual, fixed bin size discretisation with a fixed lower bound, as it
    advises for HU (doi 10.1148/radiol.2020191145).
    """
    edge, size = settings.lowest_bin_edge_hu, settings.bin_size_hu
    number = np.floor((hu - edge) / size) + 1.0
    if number.size and number.max() > MOST_LEVELS:
        return Undefined(f"the intensities fill more than {MOST_LEVELS} bins of {size:g} HU")
    below = int(np.count_nonzero(number < 1.0))
    method = f"bins of {size:g} HU from {edge:g} HU"
    if below:
        method += f", {below} voxels below that in the first bin"
    return Levels(levels=np.maximum(number, 1.0).astype(np.int64), method=method)
