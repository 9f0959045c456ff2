"""Features of grey-level co-occurrence in 3-D (IBSI family LFYI); bins nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array
from planning.radiomics.feature import Definition, Measured, Undefined, ratio

DEFINITIONS: tuple[Definition, ...] = (
    Definition("cm_joint_max", "GYBY", "Joint maximum"),
    Definition("cm_joint_avg", "60VM", "Joint average"),
    Definition("cm_joint_var", "UR99", "Joint variance"),
    Definition("cm_joint_entr", "TU9B", "Joint entropy", "bit"),
    Definition("cm_diff_avg", "TF7R", "Difference average"),
    Definition("cm_diff_var", "D3YU", "Difference variance"),
    Definition("cm_diff_entr", "NTRS", "Difference entropy", "bit"),
    Definition("cm_sum_avg", "ZGXS", "Sum average"),
    Definition("cm_sum_var", "OEEB", "Sum variance"),
    Definition("cm_sum_entr", "P6QZ", "Sum entropy", "bit"),
    Definition("cm_energy", "8ZQL", "Angular second moment"),
    Definition("cm_contrast", "ACUI", "Contrast"),
    Definition("cm_dissimilarity", "8S9J", "Dissimilarity"),
    Definition("cm_inv_diff", "IB1Z", "Inverse difference"),
    Definition("cm_inv_diff_norm", "NDRX", "Normalised inverse difference"),
    Definition("cm_inv_diff_mom", "WF0Z", "Inverse difference moment"),
    Definition("cm_inv_diff_mom_norm", "1QCO", "Normalised inverse difference moment"),
    Definition("cm_inv_var", "E8JP", "Inverse variance"),
    Definition("cm_corr", "NI2N", "Correlation"),
    Definition("cm_auto_corr", "QWB0", "Autocorrelation"),
    Definition("cm_clust_tend", "DG8W", "Cluster tendency"),
    Definition("cm_clust_shade", "7NFM", "Cluster shade"),
    Definition("cm_clust_prom", "AE86", "Cluster prominence"),
    Definition("cm_info_corr1", "R8DG", "Information correlation 1"),
    Definition("cm_info_corr2", "JN9H", "Information correlation 2"),
)

DIRECTIONS: tuple[tuple[int, ...], ...] = tuple(
    step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)
)
"""Steps (k, j, i) to 13 of the 26 neighbours; the others are their opposites."""

_ALONE = Undefined("no two voxels of the lesion are neighbours")
_ALIKE = "all neighbouring voxels have one level"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glcm:
    """The voxel pairs of a lesion by the two levels they join, symmetric.

    Parameters
    ----------
    present : ndarray of int
        The levels that occur, ascending.
    counts : ndarray of float, shape (n, n)
        How many pairs join two of those levels.
    level_count : int
        Levels there are: the highest one, as they count from 1.
    """

    present: NDArray[np.int64]
    counts: Float64Array
    level_count: int


def averaged_features(matrices: tuple[Glcm, ...]) -> dict[str, Measured]:
    """Return the mean of each feature over the directions in which the lesion has pairs.

    A feature that is undefined in one of them is undefined.
    """
    found = [_features(matrix) for matrix in matrices if matrix.counts.any()]
    if not found:
        return dict.fromkeys((d.key for d in DEFINITIONS), _ALONE)
    return {key: _mean([values[key] for values in found]) for key in found[0]}


def merged_features(matrices: tuple[Glcm, ...]) -> dict[str, Measured]:
    """Return the features of the sum of all directions' matrices."""
    counts = np.sum([matrix.counts for matrix in matrices], axis=0)
    if not counts.any():
        return dict.fromkeys((d.key for d in DEFINITIONS), _ALONE)
    first = matrices[0]
    return _features(Glcm(present=first.present, counts=counts, level_count=first.level_count))


def cooccurrence(levels: NDArray[np.int64]) -> tuple[Glcm, ...]:
    """Return one symmetric matrix for each of the 13 directions, at distance one voxel.

    Parameters
    ----------
    levels : ndarray of int, shape (k, j, i)
        0 outside the lesion, at least 1 inside.

    Source: IBSI reference manual, section grey level co-occurrence based features
    (doi 10.1148/radiol.2020191145).
    """
    present = np.unique(levels[levels > 0])
    number = np.where(levels > 0, np.searchsorted(present, levels), -1)
    size = present.size
    matrices = []
    for step in DIRECTIONS:
        one, other = number[_shifted(step, 1)], number[_shifted(step, -1)]
        pair = (one >= 0) & (other >= 0)
        code = one[pair] * size + other[pair]
        counts = np.bincount(code, minlength=size * size).reshape(size, size)
        matrices.append(
            Glcm(
                present=present,
                counts=(counts + counts.T).astype(np.float64),
                level_count=int(present[-1]),
            )
        )
    return tuple(matrices)


def _shifted(step: tuple[int, ...], sign: int) -> tuple[slice, ...]:
    """Return the block whose voxels have a neighbour at `step` (or at its opposite)."""
    ends = {-1: slice(1, None), 0: slice(None), 1: slice(None, -1)}
    return tuple(ends[sign * s] for s in step)


def _mean(values: list[Measured]) -> Measured:
    numbers = [value for value in values if not isinstance(value, Undefined)]
    undefined = [value for value in values if isinstance(value, Undefined)]
    if undefined:
        return Undefined(f"{undefined[0].reason} in {len(undefined)} of {len(values)} directions")
    return float(np.mean(numbers))


def _features(matrix: Glcm) -> dict[str, Measured]:
    row, column = np.nonzero(matrix.counts)
    p = matrix.counts[row, column] / matrix.counts.sum()
    i, j = matrix.present[row].astype(np.float64), matrix.present[column].astype(np.float64)
    apart, together = np.abs(i - j), i + j
    p_apart, p_together = _shares(apart, p), _shares(together, p)
    mean = float(i @ p)
    variance = float((i - mean) ** 2 @ p)
    apart_mean = float(apart @ p)
    off = together - 2.0 * mean
    unequal = apart > 0
    return {
        "cm_joint_max": float(p.max()),
        "cm_joint_avg": mean,
        "cm_joint_var": variance,
        "cm_joint_entr": _entropy(p),
        "cm_diff_avg": apart_mean,
        "cm_diff_var": float((apart - apart_mean) ** 2 @ p),
        "cm_diff_entr": _entropy(p_apart),
        "cm_sum_avg": 2.0 * mean,
        "cm_sum_var": float(off**2 @ p),
        "cm_sum_entr": _entropy(p_together),
        "cm_energy": float(p @ p),
        "cm_contrast": float(apart**2 @ p),
        "cm_dissimilarity": apart_mean,
        "cm_inv_diff": float(p @ (1.0 / (1.0 + apart))),
        "cm_inv_diff_norm": float(p @ (1.0 / (1.0 + apart / matrix.level_count))),
        "cm_inv_diff_mom": float(p @ (1.0 / (1.0 + apart**2))),
        "cm_inv_diff_mom_norm": float(p @ (1.0 / (1.0 + (apart / matrix.level_count) ** 2))),
        "cm_inv_var": float(p[unequal] @ (1.0 / apart[unequal] ** 2)),
        "cm_corr": ratio(float(((i - mean) * (j - mean)) @ p), variance, _ALIKE),
        "cm_auto_corr": float((i * j) @ p),
        "cm_clust_tend": float(off**2 @ p),
        "cm_clust_shade": float(off**3 @ p),
        "cm_clust_prom": float(off**4 @ p),
        **_information(_shares(row, p), p),
    }


def _information(marginal: Float64Array, p: Float64Array) -> dict[str, Measured]:
    single, joint = _entropy(marginal), _entropy(p)
    # A symmetric matrix: its marginals are equal, so both crossed entropies are twice the single.
    crossed = 2.0 * single
    return {
        "cm_info_corr1": ratio(joint - crossed, single, _ALIKE),
        "cm_info_corr2": float(np.sqrt(max(0.0, 1.0 - np.exp(-2.0 * (crossed - joint))))),
    }


def _shares(values: NDArray[Any], p: Float64Array) -> Float64Array:
    """Return the summed probabilities of equal values."""
    _, number = np.unique(values, return_inverse=True)
    return np.bincount(number, weights=p).astype(np.float64)


def _entropy(p: Float64Array) -> float:
    return abs(float(np.sum(p * np.log2(p))))
