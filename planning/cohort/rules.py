"""How cohorts are summed up, watched and learned from, as values with sources; computes nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRules:
    """How sure a statistic has to be.

    Parameters
    ----------
    confidence : float
        Of the intervals, 0 to 1.
    most_draws, fewest_draws, drawn_cores : int
        The bootstrap draws the cohort again so often that about `drawn_cores` cores are drawn,
        within these limits.
    bca_up_to_cases : int
        Up to so many cases the interval is corrected for bias and skewness.
    fewest_cases : int
        Below, no interval is given.
    fewest_cores_for_95 : int
        Below, no 95th percentile is given.
    """

    confidence: float
    most_draws: int
    fewest_draws: int
    drawn_cores: int
    bca_up_to_cases: int
    fewest_cases: int
    fewest_cores_for_95: int

    def draws(self, cores: int) -> int:
        """Return how often a cohort of so many cores is drawn again."""
        return min(self.most_draws, max(self.fewest_draws, self.drawn_cores // max(1, cores)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChartRules:
    """The constants of the control chart.

    Parameters
    ----------
    power : float
        To which an error is raised before it is averaged.
    weight : float
        Of the newest case.
    limit : float
        Deviations of the average from the baseline that raise the flag.
    """

    power: float
    weight: float
    limit: float
    baseline_cases: int
    fewest_baseline_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRules:
    """How own cases are weighed against what was known before.

    Parameters
    ----------
    preset_cases, department_cases : float
        As how many cases the preset, and for an operator the department's model, count.
    tail_log_odds : float
        How much better the other kind of tails has to explain the data.
    most_shared : float
        Largest share of an error that a preset may call shared.
    outlier_cohorts : float
        In how many cohorts of this size an outlier happens once.
    """

    preset_cases: float
    department_cases: float
    tail_log_odds: float
    most_shared: float
    outlier_cohorts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRules:
    """What a control CT adds to the error it shows, standard deviations per axis in mm."""

    across_mm: float
    along_mm: float
    registration_share: float
    registration_most_mm: float
    registration_usual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRules:
    """All of it.

    Parameters
    ----------
    depth_edges_mm, off_plane_edges_deg : tuple of float
        Edges of the bands, rising.
    window_cases, fewest_curve_cases : int
        Of the learning curve.
    calibration_bins, fewest_outcomes : int
        Of the calibration.
    sources : tuple of (str, str)
        Where each table's numbers come from.
    """

    depth_edges_mm: tuple[float, ...]
    off_plane_edges_deg: tuple[float, ...]
    intervals: IntervalRules
    chart: ControlChartRules
    window_cases: int
    fewest_curve_cases: int
    calibration_bins: int
    fewest_outcomes: int
    learning: LearningRules
    measurement: MeasurementRules
    sources: tuple[tuple[str, str], ...] = ()
