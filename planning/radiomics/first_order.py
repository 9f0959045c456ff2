"""Statistics of a lesion's intensities (IBSI family UHIW); knows nothing of where they lie."""

from __future__ import annotations

import numpy as np

from planning.geometry import Float64Array
from planning.radiomics.feature import Definition, Measured, Undefined, ratio

DEFINITIONS: tuple[Definition, ...] = (
    Definition("stat_mean", "Q4LE", "Mean", "{u}"),
    Definition("stat_var", "ECT3", "Variance", "{uu}"),
    Definition("stat_skew", "KE2A", "Skewness"),
    Definition("stat_kurt", "IPH6", "Excess kurtosis"),
    Definition("stat_median", "Y12H", "Median", "{u}"),
    Definition("stat_min", "1GSF", "Minimum", "{u}"),
    Definition("stat_p10", "QG58", "10th percentile", "{u}"),
    Definition("stat_p90", "8DWT", "90th percentile", "{u}"),
    Definition("stat_max", "84IY", "Maximum", "{u}"),
    Definition("stat_iqr", "SALO", "Interquartile range", "{u}"),
    Definition("stat_range", "2OJQ", "Range", "{u}"),
    Definition("stat_mad", "4FUA", "Mean absolute deviation", "{u}"),
    Definition("stat_rmad", "1128", "Robust mean absolute deviation", "{u}"),
    Definition("stat_medad", "N72L", "Median absolute deviation", "{u}"),
    Definition("stat_cov", "7TET", "Coefficient of variation"),
    Definition("stat_qcod", "9S40", "Quartile coefficient of dispersion"),
    Definition("stat_energy", "N8CA", "Energy", "{uu}"),
    Definition("stat_rms", "5ZWQ", "Root mean square", "{u}"),
)

_LAST_BITS = 1e-9
_NOTHING_BETWEEN = Undefined("no intensity lies between the 10th and the 90th percentile")


def statistics(values: Float64Array) -> dict[str, Measured]:
    """Return the first-order statistics of (n,) intensities, n > 0, by key.

    Percentiles are interpolated linearly between the sorted values. Variance and higher moments
    divide by n; of equal values skewness and excess kurtosis are 0 by definition.

    Source: IBSI reference manual, section intensity-based statistical features
    (doi 10.1148/radiol.2020191145).
    """
    low, p10, p25, median, p75, p90, high = np.percentile(values, (0, 10, 25, 50, 75, 90, 100))
    if low == high:
        mean, variance, skewness, kurtosis = low, 0.0, 0.0, 0.0
    else:
        mean = values.mean()
        from_mean = values - mean
        variance = np.mean(from_mean**2)
        skewness = np.mean(from_mean**3) / variance**1.5
        kurtosis = np.mean(from_mean**4) / variance**2 - 3.0
    # A percentile often is one of the values: its last bit must not decide whether that counts.
    slack = _LAST_BITS * (high - low)
    robust = values[(values >= p10 - slack) & (values <= p90 + slack)]
    energy = float(np.sum(values**2))
    return {
        "stat_mean": float(mean),
        "stat_var": float(variance),
        "stat_skew": float(skewness),
        "stat_kurt": float(kurtosis),
        "stat_median": float(median),
        "stat_min": float(low),
        "stat_p10": float(p10),
        "stat_p90": float(p90),
        "stat_max": float(high),
        "stat_iqr": float(p75 - p25),
        "stat_range": float(high - low),
        "stat_mad": float(np.mean(np.abs(values - mean))),
        "stat_rmad": (
            float(np.mean(np.abs(robust - robust.mean()))) if robust.size else _NOTHING_BETWEEN
        ),
        "stat_medad": float(np.mean(np.abs(values - median))),
        "stat_cov": ratio(float(np.sqrt(variance)), float(mean), "the mean is zero"),
        "stat_qcod": ratio(float(p75 - p25), float(p75 + p25), "the quartiles add up to zero"),
        "stat_energy": energy,
        "stat_rms": float(np.sqrt(energy / values.size)),
    }
