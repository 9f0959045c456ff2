"""Whether predicted chances come true: bins, intervals, calibration error; predicts nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.cohort.statistics import Share, share_of
from planning.geometry import Float64Array

_SEED = 2_718
_TRIALS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Predictions that lie together: their mean, and how often they came true."""

    low: float
    high: float
    predicted: float
    observed: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predicted chances against outcomes.

    Parameters
    ----------
    count : int
        Of outcomes that are known together with their prediction.
    mean_predicted, mean_observed : float
    expected_error : float
        Expected calibration error: mean distance of bins from the diagonal, weighted by count.
    expected_by_luck : float
        What that would be on average if every prediction were right: the least so many outcomes
        can show.
    brier : float
        Mean squared distance of prediction and outcome.
    brier_of_mean : float
        The same for somebody who always predicts the mean outcome.
    reason : str
        Why nothing is said; empty if something is.
    """

    count: int
    bins: tuple[CalibrationBin, ...] = ()
    mean_predicted: float = float("nan")
    mean_observed: float = float("nan")
    expected_error: float = float("nan")
    expected_by_luck: float = float("nan")
    brier: float = float("nan")
    brier_of_mean: float = float("nan")
    reason: str = ""


def calibration(
    predicted: Float64Array, outcome: Float64Array, *, bins: int, fewest: int = 1
) -> Calibration:
    """Return how well (n,) predicted chances agree with (n,) outcomes of 1 and 0; nan is unknown.

    Bins are of equal width; the intervals are Wilson's (doi 10.1080/01621459.1927.10502953).
    """
    known = np.isfinite(predicted) & np.isfinite(outcome)
    chance, came = predicted[known], outcome[known]
    if len(chance) < max(1, fewest):
        reason = f"{len(chance)} outcomes with a prediction are too few; it needs {fewest}"
        return Calibration(count=len(chance), reason=reason)
    number = np.minimum((chance * bins).astype(np.intp), bins - 1)
    made = []
    for k in range(bins):
        inside = number == k
        observed = share_of(came[inside])
        if observed is not None:
            mean = float(chance[inside].mean())
            made.append(
                CalibrationBin(low=k / bins, high=(k + 1) / bins, predicted=mean, observed=observed)
            )
    mean = float(came.mean())
    return Calibration(
        count=len(chance),
        bins=tuple(made),
        mean_predicted=float(chance.mean()),
        mean_observed=mean,
        expected_error=float(_errors(chance, came[None], number, bins)[0]),
        expected_by_luck=_by_luck(chance, number, bins),
        brier=float(np.mean((chance - came) ** 2)),
        brier_of_mean=mean * (1.0 - mean),
    )


def _errors(
    chance: Float64Array, outcomes: Float64Array, number: np.ndarray, bins: int
) -> Float64Array:
    """Return the expected calibration error of each of (t, n) sets of outcomes."""
    member = (number[:, None] == np.arange(bins)).astype(np.float64)
    gap = (outcomes - chance) @ member
    return np.asarray(np.abs(gap).sum(axis=1) / len(chance))


def _by_luck(chance: Float64Array, number: np.ndarray, bins: int) -> float:
    """Return the mean calibration error of outcomes drawn from the predictions themselves.

    The sum of a bin's outcomes is drawn as a normal number with their mean and variance, which is
    exact enough for a mean over many trials.
    """
    rng = np.random.default_rng(_SEED)
    variance = np.bincount(number, chance * (1.0 - chance), minlength=bins)
    gaps = rng.normal(size=(_TRIALS, bins)) * np.sqrt(variance)
    return float(np.abs(gaps).sum(axis=1).mean() / len(chance))
