"""Chances under placement error in closed form, and the executions that are drawn; reads no mask.

The lateral error of an executed needle is a plane Gaussian across its axis (or Student's t with
four degrees of freedom), with the standard deviation sigma along each of two axes.

Statistics take half a second to import and are first wanted when somebody plans, so each function
fetches its own.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from planning.errors import TrephineError
from planning.geometry import Float64Array

TAIL_FREEDOM = 4.0
"""Degrees of freedom of the heavy-tailed model."""

_SEED = 20_241
_TINY = 1e-9
_INCOMPLETE = (
    "The tables of placement errors are missing; the installation is incomplete. Install Trephine "
    "again."
)


def touches_disc(radius_mm: ArrayLike, sigma_mm: float, miss_mm: ArrayLike = 0.0) -> Float64Array:
    """Return the chance that the executed axis passes within a disc across the planned axis.

    ``ncx2.cdf(R^2/sigma^2, df=2, nc=d^2/sigma^2)``; with no planned miss
    ``1 - exp(-R^2 / 2 sigma^2)``.

    Parameters
    ----------
    miss_mm : array_like
        Planned distance of the axis from the disc's centre.
    """
    return _within(radius_mm, sigma_mm, miss_mm, 2)


def ends_in_ball(radius_mm: ArrayLike, sigma_mm: float, miss_mm: ArrayLike = 0.0) -> Float64Array:
    """Return the chance that a point with isotropic error in space ends inside a ball.

    ``ncx2.cdf(R^2/sigma^2, df=3, nc=d^2/sigma^2)``.
    """
    return _within(radius_mm, sigma_mm, miss_mm, 3)


def _within(
    radius_mm: ArrayLike, sigma_mm: float, miss_mm: ArrayLike, dimensions: int
) -> Float64Array:
    from scipy.stats import chi2, ncx2

    # scipy's non-central law is not defined at a non-centrality of zero in every version.
    reach = (np.asarray(radius_mm, dtype=np.float64) / sigma_mm) ** 2
    apart = (np.asarray(miss_mm, dtype=np.float64) / sigma_mm) ** 2
    off_centre = ncx2.cdf(reach, dimensions, np.maximum(apart, _TINY))
    return np.asarray(np.where(apart > _TINY, off_centre, chi2.cdf(reach, dimensions)))


def sigma_of_mean_lateral(mean_mm: float) -> float:
    """Return the deviation per axis of a Rayleigh law with that mean: ``mean sqrt(2 / pi)``."""
    return mean_mm * float(np.sqrt(2.0 / np.pi))


def rms_for_hit(volume_ml: float, chance: float) -> float:
    """Return the root-mean-square error in space at which a ball is hit with a chance.

    Source: the hotspot of 0.3 ml that needs 2.87 mm for 90 % (van de Ven 2011).
    """
    from scipy.stats import chi2

    radius_mm = (3.0 * volume_ml * 1000.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    return float(radius_mm / np.sqrt(chi2.ppf(chance, 3)) * np.sqrt(3.0))


def any_touches_disc(radius_mm: float, own_mm: float, shared_mm: float, count: int) -> float:
    """Return the chance that at least one of several needles at one disc touches it.

    All share one error, drawn once; each has one of its own:
    ``1 - E_b[(1 - p | b)^count]``. Deviations are per axis.
    """

    def missed(shift_mm: float) -> float:
        alone = 1.0 - float(touches_disc(radius_mm, own_mm, shift_mm))
        density = shift_mm / shared_mm**2 * np.exp(-0.5 * (shift_mm / shared_mm) ** 2)
        return float(alone**count * density)

    if shared_mm <= 0.0:
        return float(1.0 - (1.0 - touches_disc(radius_mm, own_mm)) ** count)
    from scipy.integrate import quad

    chance, _ = quad(missed, 0.0, 12.0 * shared_mm, limit=200)
    return 1.0 - float(chance)


@lru_cache(maxsize=32)
def executions(count: int, *, heavy_tails: bool, salt: int = 0) -> Float64Array:
    """Return the standardised errors of executed needles, shape (count, 5), read-only.

    Columns: displacement across the axis along two directions, change of direction about the
    same two, and depth; each with mean 0 and (Gaussian) standard deviation 1. Points of a
    scrambled Sobol sequence, so that a few hundred are as good as thousands drawn at random; the
    same every time.

    Parameters
    ----------
    count : int
        A power of two.
    heavy_tails : bool
        All five of a needle are stretched together to Student's t with four degrees of freedom.
    salt : int
        Another number gives independent executions.

    Raises
    ------
    TrephineError
        If the numbers that the sequence is made of are missing; every needle would be perfect.
    """
    from scipy.stats import chi2, norm, qmc

    sobol = qmc.Sobol(6, scramble=True, rng=np.random.default_rng(_SEED + salt))
    uniform = np.clip(sobol.random(count), _TINY, 1.0 - _TINY)
    if count > 1 and len(np.unique(uniform[:, 0])) < count:  # scipy would not say so
        raise TrephineError(_INCOMPLETE)
    errors = norm.ppf(uniform[:, :5])
    if heavy_tails:
        errors *= np.sqrt(TAIL_FREEDOM / chi2.ppf(uniform[:, 5:], TAIL_FREEDOM))
    errors.flags.writeable = False
    return np.asarray(errors)


def across(along_lps: Float64Array, axes_lps: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return two unit vectors across each of (n, 3) directions, each (n, 3).

    They are tied to the grid's axes (the rows of `axes_lps`), so that they move with the patient.
    """
    least = axes_lps[np.argmin(np.abs(along_lps @ axes_lps.T), axis=1)]
    first = _cross(along_lps, least)
    first /= np.sqrt(np.einsum("ij,ij->i", first, first))[:, None]
    return first, _cross(along_lps, first)


def _cross(one: Float64Array, other: Float64Array) -> Float64Array:
    """Return the cross products of (n, 3) vectors; numpy's own takes a while to begin."""
    a, b, c = one.T
    x, y, z = other.T
    found = np.empty_like(one)
    found[:, 0], found[:, 1], found[:, 2] = b * z - c * y, c * x - a * z, a * y - b * x
    return found
