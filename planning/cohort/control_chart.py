"""Whether a department's needles drift away from what they were: a control chart; judges nobody."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from planning.cohort.grouping import case_numbers, final_errors
from planning.cohort.rules import ControlChartRules
from planning.geometry import Float64Array
from planning.model.cohort import CohortRows, DateColumn, TextColumn


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A run of cases beyond the limits.

    Parameters
    ----------
    first, last : int
        Numbers of the cases on the chart.
    worse : bool
        Errors have grown; else they have shrunk.
    ratio : float
        Of the average at its farthest to the baseline's.
    """

    first: int
    last: int
    worse: bool
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlChart:
    """Cases in the order of their dates; all errors in mm.

    Parameters
    ----------
    baseline : int
        So many cases at the beginning are what the others are compared with.
    error_mm : ndarray, shape (n,)
        Of each case: the mean of its cores on the chart's scale.
    average_mm, low_mm, high_mm : ndarray, shape (n,)
        Moving average and limits; nan in the baseline.
    centre_mm : float
        Of the baseline.
    undated : int
        Cases left out because they have no date.
    reason : str
        Why there is no chart; empty if there is one.
    """

    case: TextColumn
    date: DateColumn
    baseline: int
    error_mm: Float64Array
    average_mm: Float64Array
    low_mm: Float64Array
    high_mm: Float64Array
    centre_mm: float
    drifts: tuple[Drift, ...]
    undated: int = 0
    reason: str = ""

    @property
    def is_drifting(self) -> bool:
        """Tell whether the newest case lies above the limit."""
        last = len(self.case) - 1
        return any(drift.worse and drift.last == last for drift in self.drifts)


def control_chart(rows: CohortRows, rules: ControlChartRules) -> ControlChart:
    """Return the moving average of the lateral error over the cases, and where it drifts.

    Exponentially weighted, ``z_i = (1 - w) z_(i-1) + w x_i`` from the baseline's mean on, with x
    the error raised to `rules.power`; its limits are
    ``m +- L s sqrt(w / (2 - w) (1 - (1 - w)^2i) + 1 / n)`` with mean m and standard deviation s of
    the n cases of the baseline (Lucas and Saccucci 1990, doi 10.1080/00401706.1990.10484583; the
    last term is the doubt about m).
    """
    measured = final_errors(rows)
    dated = ~np.isnat(measured.date)
    undated = len(np.unique(case_numbers(measured)[~dated]))
    dated_rows = measured if dated.all() else measured.where(dated)
    number = case_numbers(dated_rows)
    order, value = _by_date(dated_rows, number, rules.power)
    first = np.unique(number, return_index=True)[1][order]
    base = min(rules.baseline_cases, len(order) // 2)
    average, low, high = (np.full(len(order), np.nan) for _ in range(3))
    centre, reason = float("nan"), ""
    drifts: tuple[Drift, ...] = ()
    if base < rules.fewest_baseline_cases:
        needed = 2 * rules.fewest_baseline_cases
        reason = f"{len(order)} dated cases are too few for a control chart; it needs {needed}"
    else:
        centre, spread = float(value[:base].mean()), float(value[:base].std(ddof=1))
        average[base:] = _averages(value[base:], centre, rules.weight)
        half = rules.limit * spread * _widths(len(order) - base, base, rules.weight)
        low[base:], high[base:] = centre - half, centre + half
        drifts = _drifts(average, low, high, centre, rules.power)

    def in_mm(values: Float64Array) -> Float64Array:
        return np.asarray(np.maximum(values, 0.0) ** (1.0 / rules.power))

    return ControlChart(
        case=dated_rows.case[first],
        date=dated_rows.date[first],
        baseline=base if not reason else 0,
        error_mm=in_mm(value),
        average_mm=in_mm(average),
        low_mm=in_mm(low),
        high_mm=in_mm(high),
        centre_mm=float(in_mm(np.array(centre))),
        drifts=drifts,
        undated=undated,
        reason=reason,
    )


def _by_date(rows: CohortRows, number: np.ndarray, power: float) -> tuple[np.ndarray, Float64Array]:
    """Return the cases in the order of their dates, and their mean errors on the chart's scale."""
    if not len(rows):
        return np.empty(0, dtype=np.intp), np.empty(0)
    count = np.bincount(number)
    mean = np.bincount(number, rows.lateral_tip_mm**power) / count
    began = rows.date[np.unique(number, return_index=True)[1]]
    order = np.argsort(began, kind="stable")
    return order, mean[order]


def _averages(values: Float64Array, start: float, weight: float) -> Float64Array:
    steps = accumulate(
        values.tolist(), lambda before, x: (1.0 - weight) * before + weight * x, initial=start
    )
    return np.array(list(steps)[1:])


def _widths(count: int, baseline: int, weight: float) -> Float64Array:
    passed = np.arange(1, count + 1)
    own = weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * passed))
    return np.asarray(np.sqrt(own + 1.0 / baseline))


def _drifts(
    average: Float64Array, low: Float64Array, high: Float64Array, centre: float, power: float
) -> tuple[Drift, ...]:
    found = []
    for worse, beyond in ((True, average > high), (False, average < low)):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            run = average[start:end]
            extreme = run.max() if worse else run.min()
            ratio = float((max(0.0, extreme) / centre) ** (1.0 / power))
            found.append(Drift(first=int(start), last=int(end) - 1, worse=worse, ratio=ratio))
    return tuple(sorted(found, key=lambda drift: drift.first))
