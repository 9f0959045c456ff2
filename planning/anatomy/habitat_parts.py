"""Label maps of a lesion's parts: tidied, compared and joined; measures no tissue."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.geometry import Float64Array

Labels = NDArray[np.int16]
BoolArray = NDArray[np.bool_]


def tidied(labels: Labels, part_at_least_points: float) -> Labels:
    """Return a label map (0 outside) without thin and small pieces, which join what is nearest.

    What an opening by one point takes away, also along the lesion's border, is thinner than the
    features can tell from a border; connected pieces (by faces) below `part_at_least_points` are
    too small to be aimed at.
    """
    region = labels > 0
    kept = np.zeros_like(labels)
    for label in range(1, int(labels.max(initial=0)) + 1):
        pieces, count = ndimage.label(ndimage.binary_opening(labels == label))
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        large = sizes >= part_at_least_points
        large[0] = False
        kept[large[pieces]] = label
    if not kept.any():
        return np.where(region, np.int16(1), np.int16(0))
    return np.where(region, filled(kept), np.int16(0))


def filled(labels: Labels) -> Labels:
    """Return a label map in which every 0 has the nearest label."""
    nearest = ndimage.distance_transform_edt(
        labels == 0, return_distances=False, return_indices=True
    )
    return np.asarray(labels[tuple(nearest)])


def least_mean(values: Iterable[float], kinds: Iterable[str]) -> float:
    """Return the least of the means over the values of each kind; 1 without any.

    Means, because both ways of a shift and of a contour belong together.
    """
    grouped: dict[str, list[float]] = {}
    for value, kind in zip(values, kinds, strict=True):
        grouped.setdefault(kind, []).append(value)
    return min((sum(group) / len(group) for group in grouped.values()), default=1.0)


def dice(one: BoolArray, other: BoolArray) -> float:
    """Return twice the common part over the sum of both (Dice 1945, doi 10.2307/1932409)."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return float(2.0 * np.count_nonzero(one & other) / total) if total else 1.0


def matched(labels: Labels, reference: Labels) -> Labels:
    """Return a flat label map renamed: each label is the one of `reference` it covers most of.

    Several may become one. Compared is where both are set.
    """
    both = (labels > 0) & (reference > 0)
    size = int(reference.max(initial=0)) + 1
    table = np.zeros((int(labels.max(initial=0)) + 1, size), dtype=np.int64)
    np.add.at(table, (labels[both], reference[both]), 1)
    names = table.argmax(axis=1).astype(np.int16)
    names[0] = 0
    return np.asarray(names[labels])


def bhattacharyya(one: Float64Array, other: Float64Array) -> float:
    """Return the distance between the normal laws of two samples, shape (n, features).

    ``(m1-m2)' S^-1 (m1-m2) / 8 + ln(det S / sqrt(det S1 det S2)) / 2`` with S the mean of both
    covariances (Bhattacharyya 1943; Kailath 1967, doi 10.1109/TCOM.1967.1089532).
    """
    if len(one) == 0 or len(other) == 0:
        return np.inf
    ridge = 1e-6 * np.eye(one.shape[1])
    first, second = (
        np.atleast_2d(np.cov(s, rowvar=False, bias=True)) + ridge for s in (one, other)
    )
    middle = (first + second) / 2.0
    apart = one.mean(axis=0) - other.mean(axis=0)
    volumes = [np.linalg.slogdet(c)[1] for c in (middle, first, second)]
    spread = volumes[0] - (volumes[1] + volumes[2]) / 2.0
    return float(apart @ np.linalg.solve(middle, apart) / 8.0 + spread / 2.0)
