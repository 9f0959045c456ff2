"""Which few of many scored candidates are worth showing: undominated, and unlike each other."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array
from planning.model.needle import Trajectory
from planning.trajectories.screening import Needles

_SAME = 1e-9


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def is_dominated(values: Float64Array, by: Float64Array) -> bool:  # pragma: no cover
    """Tell whether a row of `by` (n, m) is nowhere worse, somewhere better than `values` (m,)."""
    for row in range(by.shape[0]):
        no_worse, better = True, False
        for column in range(by.shape[1]):
            difference = by[row, column] - values[column]
            if difference < -_SAME:
                no_worse = False
                break
            if difference > _SAME:
                better = True
        if no_worse and better:
            return True
    return False


def are_alternatives(
    one: Trajectory, other: Trajectory, *, entries_apart_mm: float, directions_apart_deg: float
) -> bool:
    """Tell whether two trajectories differ enough in entry or direction to be a choice."""
    apart = np.linalg.norm(np.subtract(one.entry_lps_mm, other.entry_lps_mm))
    cosine = float(np.clip(one.direction_lps @ other.direction_lps, -1.0, 1.0))
    return bool(apart >= entries_apart_mm or np.degrees(np.arccos(cosine)) >= directions_apart_deg)


def alternatives(
    needles: Needles,
    number: int,
    *,
    entries_apart_mm: float,
    directions_apart_deg: float,
) -> NDArray[np.bool_]:
    """Tell which needles are unlike one of them: another entry or direction, shape (n,)."""
    entries = needles.entries_lps_mm[needles.entry_of]
    along = needles.tips_lps_mm[needles.tip_of] - entries
    apart = np.linalg.norm(entries - entries[number], axis=1)
    cosine = along @ along[number]
    cosine /= np.linalg.norm(along, axis=1) * np.linalg.norm(along[number])
    turned = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return np.asarray((apart >= entries_apart_mm) | (turned >= directions_apart_deg))


def best_alternatives(
    needles: Needles,
    scores: Float64Array,
    pareto_values: Float64Array,
    *,
    entries_apart_mm: float,
    directions_apart_deg: float,
) -> Iterator[int]:
    """Yield undominated candidates, best score first, each an alternative to all before.

    Dominance comes before the weights: a weighted mean alone would drop good entries wherever
    the front is not convex. Every candidate is compared with all others, so what is yielded lies
    on the true Pareto front of the candidates measured.

    Parameters
    ----------
    scores : ndarray, shape (n,)
    pareto_values : ndarray, shape (n, m)
        Larger is better.
    """
    open_scores = scores.copy()
    while len(open_scores):
        number = int(np.argmax(open_scores))
        if open_scores[number] < 0.0:
            return
        if pareto_values.shape[1] and is_dominated(pareto_values[number], pareto_values):
            open_scores[number] = -1.0
            continue
        yield number
        unlike = alternatives(
            needles,
            number,
            entries_apart_mm=entries_apart_mm,
            directions_apart_deg=directions_apart_deg,
        )
        open_scores[~unlike] = -1.0
        open_scores[number] = -1.0
