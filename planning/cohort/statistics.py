"""The errors of a cohort and its groups, summed up with how sure they are; draws no chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from planning.cohort.grouping import Grouping, case_numbers, final_errors, groups
from planning.cohort.resampling import resampled
from planning.cohort.rules import CohortRules, IntervalRules
from planning.geometry import Float64Array
from planning.model.cohort import CohortRows

ALL = "all"

_TWO_SIDED = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Measure:
    """One error of a needle: its column, what it is called, its unit, whether it has a sign."""

    key: str
    label: str
    unit: str
    signed: bool = False


MEASURES = (
    Measure("lateral_tip_mm", "Lateral error", "mm"),
    Measure("euclidean_tip_mm", "Euclidean error", "mm"),
    Measure("depth_mm", "Depth error", "mm", signed=True),
    Measure("target_to_axis_mm", "Target to axis", "mm"),
    Measure("euclidean_entry_mm", "Entry error", "mm"),
    Measure("angle_deg", "Angle", "deg"),
    Measure("in_plane_mm", "In-plane error", "mm", signed=True),
    Measure("off_plane_mm", "Off-plane error", "mm", signed=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A statistic and the ends of its interval; None where there are too few cases for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A proportion with Wilson's interval."""

    yes: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The proportion itself."""
        return self.yes / self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSummary:
    """One error over a group.

    Parameters
    ----------
    sd : Estimate or None
        None for a single core.
    p95 : Estimate or None
        95th percentile of the magnitude; None where there are too few cores for one.
    """

    measure: Measure
    cores: int
    cases: int
    mean: Estimate
    sd: Estimate | None
    median: Estimate
    p95: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """A group of a cohort.

    Parameters
    ----------
    by : Grouping or None
        None for the whole cohort.
    cores, cases : int
        Whose error is known.
    not_imaged : int
        Cores of which nothing was measured.
    within_tolerance, adequate : Share or None
        None where it is not known of any core.
    remark : str
        What is wrong with these numbers; empty if nothing is.
    """

    by: Grouping | None
    name: str
    cores: int
    cases: int
    not_imaged: int
    measures: tuple[MeasureSummary, ...]
    within_tolerance: Share | None
    adequate: Share | None
    remark: str = ""

    def of(self, key: str) -> MeasureSummary | None:
        """Return the summary of one error; None where it is not known of any core."""
        return next((m for m in self.measures if m.measure.key == key), None)


def summaries(
    rows: CohortRows, rules: CohortRules, by: Grouping | None = None
) -> tuple[GroupSummary, ...]:
    """Return the whole cohort summed up, then its groups.

    Only the last scan of each core counts.
    """
    last = rows if rows.is_last.all() else rows.where(rows.is_last)
    draws = rules.intervals.draws(len(last))
    whole = _summary(last, rules.intervals, None, ALL, draws)
    if by is None:
        return (whole,)
    return (
        whole,
        *(
            replace(whole, by=by, name=group.name)  # drawing it again would give the same
            if group.wanted.all()
            else _summary(last.where(group.wanted), rules.intervals, by, group.name, draws)
            for group in groups(last, by, rules)
        ),
    )


def share_of(values: Float64Array) -> Share | None:
    """Return how many of the known yes-or-no values are yes; None where none is known.

    Source of the interval: Wilson 1927, doi 10.1080/01621459.1927.10502953; with 95 %.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    yes, count = int(np.count_nonzero(known)), len(known)
    widening = _TWO_SIDED**2 / count
    centre = (yes / count + widening / 2.0) / (1.0 + widening)
    half = np.sqrt(widening * (yes * (count - yes) / count**2 + widening / 4.0)) / (1.0 + widening)
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return Share(yes=yes, count=count, low=low, high=high)


def _summary(
    rows: CohortRows, rules: IntervalRules, by: Grouping | None, name: str, draws: int
) -> GroupSummary:
    measured = final_errors(rows)
    numbers = case_numbers(measured)
    cases = int(numbers.max()) + 1 if len(numbers) else 0
    return GroupSummary(
        by=by,
        name=name,
        cores=len(measured),
        cases=cases,
        not_imaged=len(rows) - len(measured),
        measures=_measures(measured, numbers, rules, draws),
        within_tolerance=share_of(measured.within_tolerance),
        adequate=share_of(rows.adequate),
        remark=_remark(len(measured), cases, rules),
    )


def _remark(cores: int, cases: int, rules: IntervalRules) -> str:
    if cores == 0:
        return "no core of it was imaged"
    if cases < rules.fewest_cases:
        return f"too few cases for an interval: {cases} of {rules.fewest_cases}"
    if cores < rules.fewest_cores_for_95:
        return f"too few cores for a 95th percentile: {cores} of {rules.fewest_cores_for_95}"
    return ""


def _measures(
    rows: CohortRows, numbers: NDArray[np.intp], rules: IntervalRules, draws: int
) -> tuple[MeasureSummary, ...]:
    """Sum up what is known; errors known of the same cores are drawn again together."""
    alike: dict[bytes, list[Measure]] = {}
    for measure in MEASURES:
        known = np.isfinite(getattr(rows, measure.key))
        if known.any():
            alike.setdefault(known.tobytes(), []).append(measure)
    found: dict[str, MeasureSummary] = {}
    for pattern, measures in alike.items():
        known = np.frombuffer(pattern, dtype=np.bool_)
        values = np.stack([getattr(rows, m.key)[known] for m in measures])
        case = numbers[known]
        made = resampled(values, case, rules, draws=draws)
        for k, measure in enumerate(measures):
            low, high = made.low[k], made.high[k]
            parts = [_estimate(*row) for row in zip(made.value[k], low, high, strict=True)]
            found[measure.key] = _measure(measure, parts, len(case), made.cases, rules)
    return tuple(found[m.key] for m in MEASURES if m.key in found)


def _measure(
    measure: Measure, parts: list[Estimate], cores: int, cases: int, rules: IntervalRules
) -> MeasureSummary:
    mean, sd, median, p95 = parts
    return MeasureSummary(
        measure=measure,
        cores=cores,
        cases=cases,
        mean=mean,
        sd=sd if cores > 1 else None,
        median=median,
        p95=p95 if cores >= rules.fewest_cores_for_95 else None,
    )


def _estimate(value: float, low: float, high: float) -> Estimate:
    if not np.isfinite(low):
        return Estimate(value=float(value))
    return Estimate(value=float(value), low=float(low), high=float(high))
