"""Confidence intervals of a cohort's statistics, by drawing whole cases again; chooses no group."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.cohort.rules import IntervalRules
from planning.geometry import Float64Array

STATISTICS = ("mean", "sd", "median", "p95")

_SEED = 15_485
_MEDIAN, _P95 = 0.5, 0.95
_STRAY, _LEAST_NEAR = 6.0, 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """The statistics of m measures: values, lower and upper ends, each (m, 4).

    Columns as `STATISTICS`; the 95th percentile is that of magnitudes. `cases` were drawn.
    """

    cases: int
    value: Float64Array
    low: Float64Array
    high: Float64Array


def resampled(
    measures: Float64Array, case: NDArray[np.intp], rules: IntervalRules, *, draws: int
) -> Resampled:
    """Return mean, standard deviation, median and 95th percentile with their intervals.

    Cases are drawn again with replacement, with all their cores: cores of one case share an error,
    so that drawing cores would make intervals too narrow. The same input gives the same numbers.

    Parameters
    ----------
    measures : ndarray, shape (m, n)
        Finite values of n cores.
    case : ndarray, shape (n,)
        Number of each core's case.
    draws : int
        How often the cases are drawn.

    Notes
    -----
    Up to `rules.bca_up_to_cases` cases the interval is bias-corrected and accelerated (Efron 1987,
    doi 10.1080/01621459.1987.10478410), else that of plain percentiles. Fewer cases than
    `rules.fewest_cases` have none: its ends are nan.
    """
    occurs = np.bincount(case) > 0
    cases, number = int(occurs.sum()), (np.cumsum(occurs) - 1)[case]
    sample = _Sample.of(measures, number, cases)
    value = sample.statistics(np.arange(cases)[None])[..., 0]
    if cases < rules.fewest_cases:
        nowhere = np.full(value.shape, np.nan)
        return Resampled(cases=cases, value=value, low=nowhere, high=nowhere)
    tails = 50.0 * (1.0 - rules.confidence), 50.0 * (1.0 + rules.confidence)
    rng = np.random.default_rng(_SEED)
    if cases > rules.bca_up_to_cases:  # without scipy's, whose import takes longer than all draws
        made = sample.statistics(rng.integers(0, cases, (draws, cases)))
        low, high = np.percentile(made, tails, axis=-1)
    else:
        low, high = _corrected(sample, cases, rules.confidence, draws, rng)
    return Resampled(cases=cases, value=value, low=low, high=high)


def _corrected(
    sample: _Sample, cases: int, confidence: float, draws: int, rng: np.random.Generator
) -> tuple[Float64Array, Float64Array]:
    """Return the ends (m, 4) of intervals that are corrected for bias and skewness."""
    from scipy.stats import bootstrap

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a statistic that never changes: mended below
        made = bootstrap(
            (np.arange(cases),),
            sample,
            n_resamples=draws,
            confidence_level=confidence,
            method="BCa",
            vectorized=True,
            rng=rng,
        )
    low, high = made.confidence_interval.low, made.confidence_interval.high
    tails = 50.0 * (1.0 - confidence), 50.0 * (1.0 + confidence)
    plain = np.percentile(made.bootstrap_distribution, tails, axis=-1)
    return np.where(np.isfinite(low), low, plain[0]), np.where(np.isfinite(high), high, plain[1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """A cohort summed up by case, so that a draw of cases is only a set of weights.

    Parameters
    ----------
    sums : ndarray, shape (cases, 1 + 2 m)
        Cores of each case; sums of its values, off the cohort's mean, and of their squares.
    centre : ndarray, shape (m,)
        The cohort's means.
    quantiles : tuple of _Quantile
        Median and 95th percentile of each measure in turn.
    """

    sums: Float64Array
    centre: Float64Array
    quantiles: tuple[_Quantile, ...]

    @classmethod
    def of(cls, values: Float64Array, number: NDArray[np.intp], cases: int) -> _Sample:
        """Return the sample of (m, n) values."""
        centre = values.mean(axis=1)
        off = values - centre[:, None]  # so that squares do not cancel
        columns = (np.ones(len(number)), *off, *off**2)
        sums = np.stack([np.bincount(number, column, minlength=cases) for column in columns])
        return cls(
            sums=np.asarray(sums.T, dtype=np.float64),
            centre=centre,
            quantiles=tuple(
                _Quantile.of(v, number, cases, share)
                for row in values
                for v, share in ((row, _MEDIAN), (np.abs(row), _P95))
            ),
        )

    def __call__(self, drawn: NDArray[np.intp], axis: int = -1) -> Float64Array:
        """Return the statistics (m, 4, ...) of draws of cases, as `scipy.stats.bootstrap` asks."""
        rows = np.moveaxis(drawn, axis, -1)
        found = self.statistics(rows.reshape(-1, rows.shape[-1]))
        return found.reshape(*found.shape[:2], *rows.shape[:-1])

    def statistics(self, drawn: NDArray[np.intp]) -> Float64Array:
        """Return the statistics (m, 4, B) of (B, c) drawn cases."""
        count, cases, m = len(drawn), len(self.sums), len(self.centre)
        flat = (drawn + cases * np.arange(count)[:, None]).ravel()
        times = np.bincount(flat, minlength=count * cases).reshape(count, cases).astype(np.int32)
        weights = times.astype(np.float64)
        sums = (weights @ self.sums).T
        before = weights @ np.stack([quantile.below for quantile in self.quantiles], axis=1)
        total, mean = sums[0], sums[1 : 1 + m] / sums[0]
        out = np.empty((m, len(STATISTICS), count))
        square = np.maximum(0.0, sums[1 + m :] - total * mean**2)
        out[:, 0] = mean + self.centre[:, None]
        out[:, 1] = np.sqrt(square / np.maximum(1.0, total - 1.0))
        for k, quantile in enumerate(self.quantiles):
            out[k // 2, 2 + k % 2] = quantile.of_draws(times, total, before[:, k])
        return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Quantile:
    """One quantile of values of which only those near it are looked at in every draw.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rising.
    number : ndarray, shape (n,)
        Case of each.
    near : slice
        Where the quantile of a draw lies, but for one draw in millions.
    below : ndarray, shape (cases,)
        How many cores of each case lie before that.
    """

    share: float
    values: Float64Array
    number: NDArray[np.intp]
    near: slice
    below: Float64Array

    @classmethod
    def of(
        cls, values: Float64Array, number: NDArray[np.intp], cases: int, share: float
    ) -> _Quantile:
        """Return the quantile of (n,) values."""
        order = np.argsort(values, kind="stable")
        rising, case, count = values[order], number[order], len(order)
        middle = round(share * (count - 1))
        under = np.bincount(case[:middle], minlength=cases)
        # How far a draw's quantile strays, in ranks: by the cases' own excess of cores under it.
        stray = np.linalg.norm(under - share * np.bincount(case, minlength=cases))
        half = int(_STRAY * stray) + _LEAST_NEAR
        near = slice(max(0, middle - half), min(count, middle + half))
        below = np.bincount(case[: near.start], minlength=cases).astype(np.float64)
        return cls(share=share, values=rising, number=case, near=near, below=below)

    def of_draws(
        self, times: NDArray[np.int32], total: Float64Array, before: Float64Array
    ) -> Float64Array:
        """Return the quantile, as `numpy.quantile` defines it, of each draw (B,)."""
        found, fits = self._within(times, total, self.near, before)
        if not fits.all():
            far = ~fits
            whole = slice(0, len(self.values))
            found[far] = self._within(times[far], total[far], whole, np.zeros(far.sum()))[0]
        return found

    def _within(
        self, times: NDArray[np.int32], total: Float64Array, near: slice, before: Float64Array
    ) -> tuple[Float64Array, NDArray[np.bool_]]:
        values, rows = self.values[near], np.arange(len(times))
        upto = np.cumsum(times[:, self.number[near]], axis=1, dtype=np.int32)
        place = (total - 1.0) * self.share
        first = np.floor(place) - before
        second = np.minimum(first + 1.0, total - 1.0 - before)
        step = int(upto[:, -1].max()) + 1  # the draws end to end, so that one search finds all
        flat = (upto + (rows * step)[:, None]).ravel()

        def ranked(rank: Float64Array) -> Float64Array:
            inside = np.clip(rank, 0, upto[:, -1] - 1).astype(np.intp)
            at = np.searchsorted(flat, rows * step + inside, side="right") - rows * len(values)
            return np.asarray(values[np.minimum(at, len(values) - 1)])

        low = ranked(first)
        found = low + (place - np.floor(place)) * (ranked(second) - low)
        return np.asarray(found), (first >= 0) & (second < upto[:, -1])
