"""Features of the histogram of binned intensities (IBSI family ZVCW); bins nothing itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.radiomics.feature import Definition, Measured, Undefined
from planning.radiomics.first_order import statistics

DEFINITIONS: tuple[Definition, ...] = (
    Definition("ih_mean", "X6K6", "Mean level", "level"),
    Definition("ih_var", "CH89", "Variance of levels", "level^2"),
    Definition("ih_skew", "88K1", "Skewness of levels"),
    Definition("ih_kurt", "C3I7", "Excess kurtosis of levels"),
    Definition("ih_median", "WIFQ", "Median level", "level"),
    Definition("ih_min", "1PR8", "Minimum level", "level"),
    Definition("ih_p10", "GPMT", "10th percentile level", "level"),
    Definition("ih_p90", "OZ0C", "90th percentile level", "level"),
    Definition("ih_max", "3NCY", "Maximum level", "level"),
    Definition("ih_mode", "AMMC", "Most frequent level", "level"),
    Definition("ih_iqr", "WR0O", "Interquartile range of levels", "level"),
    Definition("ih_range", "5Z3W", "Range of levels", "level"),
    Definition("ih_mad", "D2ZX", "Mean absolute deviation of levels", "level"),
    Definition("ih_rmad", "WRZB", "Robust mean absolute deviation of levels", "level"),
    Definition("ih_medad", "4RNL", "Median absolute deviation of levels", "level"),
    Definition("ih_cov", "CWYJ", "Coefficient of variation of levels"),
    Definition("ih_qcod", "SLWD", "Quartile coefficient of dispersion of levels"),
    Definition("ih_entropy", "TLU2", "Entropy of levels", "bit"),
    Definition("ih_uniformity", "BJ5W", "Uniformity of levels"),
    Definition("ih_max_grad", "12CE", "Steepest rise of the histogram", "voxels/level"),
    Definition("ih_max_grad_g", "8E6O", "Level of the steepest rise", "level"),
    Definition("ih_min_grad", "VQB3", "Steepest fall of the histogram", "voxels/level"),
    Definition("ih_min_grad_g", "RHQZ", "Level of the steepest fall", "level"),
)


def histogram_features(levels: NDArray[np.int64]) -> dict[str, Measured]:
    """Return the histogram features of (n,) levels, n > 0, each at least 1, by key.

    The histogram runs from level 1 to the highest one present. Of several most frequent levels
    the mode is the one nearest to the mean, the lower of two; of equal gradients the lowest level
    counts.

    Source: IBSI reference manual, section intensity histogram features
    (doi 10.1148/radiol.2020191145).
    """
    found = statistics(levels.astype(np.float64))
    counts = np.bincount(levels)[1:].astype(np.float64)
    share = counts[counts > 0] / levels.size
    modes = np.flatnonzero(counts == counts.max()) + 1
    mode = modes[np.argmin(np.abs(modes - levels.mean()))]
    named = {key.replace("stat_", "ih_"): value for key, value in found.items()}
    return {
        **named,
        "ih_mode": float(mode),
        "ih_entropy": abs(float(np.sum(share * np.log2(share)))),
        "ih_uniformity": float(np.sum(share**2)),
        **_gradients(counts),
    }


def _gradients(counts: NDArray[np.float64]) -> dict[str, Measured]:
    keys = ("ih_max_grad", "ih_max_grad_g", "ih_min_grad", "ih_min_grad_g")
    if counts.size < 2:
        return dict.fromkeys(keys, Undefined("a histogram of one level has no gradient"))
    slope = np.gradient(counts)
    high, low = int(np.argmax(slope)), int(np.argmin(slope))
    return dict(zip(keys, (slope[high], high + 1.0, slope[low], low + 1.0), strict=True))
