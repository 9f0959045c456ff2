"""How errors run: along an operator's cases, with depth and with angle; fits no error model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from planning.cohort.grouping import case_numbers, choices, final_errors
from planning.cohort.rules import CohortRules
from planning.geometry import Float64Array
from planning.model.cohort import CohortRows

_MOST_POINTS = 60
_WINDOWS = 20  # that fit one after the other into the cases of one operator who has very many


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunningMedian:
    """A running median with its quartiles at rising places x, all of shape (n,)."""

    x: Float64Array
    median: Float64Array
    low: Float64Array
    high: Float64Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearningCurve:
    """The lateral error of one operator, case by case in the order of their dates.

    Parameters
    ----------
    error_mm : ndarray, shape (n,)
        Median of each case's cores.
    running : RunningMedian or None
        Over the last `window` cases up to each; None where there are too few.
    """

    operator: str
    error_mm: Float64Array
    running: RunningMedian | None
    window: int


def learning_curves(rows: CohortRows, rules: CohortRules) -> tuple[LearningCurve, ...]:
    """Return the curve of every named operator, who did most first."""
    measured = final_errors(rows)
    made = [
        _learning_curve(measured.where(np.asarray(measured.operator == who)), who, rules)
        for who in choices(measured.operator)
    ]
    return tuple(sorted(made, key=lambda curve: (-len(curve.error_mm), curve.operator)))


def running_median(x: Float64Array, y: Float64Array, window: int) -> RunningMedian | None:
    """Return median and quartiles of y over windows of so many neighbours in x.

    At most sixty places, spread evenly over the values; None where there are fewer values than
    the window has.
    """
    known = np.isfinite(x) & np.isfinite(y)
    if np.count_nonzero(known) < window:
        return None
    order = np.argsort(x[known], kind="stable")
    xs, ys = x[known][order], y[known][order]
    starts = np.unique(np.linspace(0, len(xs) - window, _MOST_POINTS).round().astype(np.intp))
    low, median, high = np.quantile(
        sliding_window_view(ys, window)[starts], [0.25, 0.5, 0.75], axis=1
    )
    middle = np.median(sliding_window_view(xs, window)[starts], axis=1)
    return RunningMedian(x=middle, median=median, low=low, high=high)


def _learning_curve(rows: CohortRows, who: str, rules: CohortRules) -> LearningCurve:
    number = case_numbers(rows)
    began = rows.date[np.unique(number, return_index=True)[1]]
    error = _medians(rows.lateral_tip_mm, number)[np.argsort(began, kind="stable")]
    window = min(len(error), max(rules.window_cases, len(error) // _WINDOWS))
    enough = window >= rules.fewest_curve_cases
    running = _running(error, window) if enough else None
    return LearningCurve(operator=who, error_mm=error, running=running, window=window)


def _medians(values: Float64Array, number: NDArray[np.intp]) -> Float64Array:
    """Return the median of each case's values, all cases at once: there may be thousands."""
    rising = values[np.lexsort((values, number))]
    count = np.bincount(number)
    start = np.cumsum(count) - count
    return np.asarray((rising[start + (count - 1) // 2] + rising[start + count // 2]) / 2.0)


def _running(error_mm: Float64Array, window: int) -> RunningMedian:
    """Return the running median with each place at the window's last case: no case looks ahead."""
    number = np.arange(1.0, len(error_mm) + 1.0)
    found = running_median(number, error_mm, window)
    assert found is not None, "there are as many cases as the window takes"
    shift = (window - 1) / 2.0
    return RunningMedian(x=found.x + shift, median=found.median, low=found.low, high=found.high)
