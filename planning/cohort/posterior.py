"""The most probable parts of an error, and how sure they are; knows no cohort and no spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planning.cohort.error_likelihood import Parts, TipErrors, log_likelihood
from planning.geometry import Float64Array

_SEED = 10_007
_STEP = 1e-2
_SLIGHT = 1e-5
_FARTHEST = 5.0  # as a logarithm, from what was known
_LEAST_CURVATURE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maximum:
    """The most probable parts, and the posterior about them.

    Parameters
    ----------
    logs : ndarray, shape (p,)
        Logarithms of the parts: own at the skin, growth, own along, shared, growth off the plane
        if that is learned.
    covariance : ndarray, shape (p, p)
        Of the logarithms, by the curvature at the maximum (Laplace).
    log_likelihood : float
        Of the data there.
    """

    logs: Float64Array
    covariance: Float64Array
    log_likelihood: float
    heavy: bool

    @property
    def parts(self) -> Parts:
        """The parts themselves."""
        return parts_of(np.exp(self.logs))

    def draws(self, count: int) -> tuple[Parts, ...]:
        """Return parts drawn from the posterior; the same every time."""
        rng = np.random.default_rng(_SEED)
        logs = rng.multivariate_normal(self.logs, self.covariance, count, method="eigh")
        return tuple(parts_of(values) for values in np.exp(np.clip(logs, -20.0, 20.0)))


def most_probable(
    errors: TipErrors, known: Parts, weight: float, *, heavy: bool, first: Parts | None = None
) -> Maximum:
    """Return the maximum of the posterior.

    The logarithm of a deviation that was known as k has a Gaussian prior about ln k with the
    variance 1 / 2w: as sure as w measurements of it, ``-w (ln s - ln k)^2``. Of growth off the scan
    plane nothing is learned where none was known.

    Parameters
    ----------
    first : Parts or None
        Where the search begins; None for what was known.
    """
    from scipy.optimize import minimize

    before = vector_of(known)

    def against(logs: Float64Array) -> float:
        away = logs - np.log(before)
        prior = -weight * float((away**2).sum())
        likelihood = log_likelihood(errors, parts_of(np.exp(logs)), heavy=heavy)
        return -(likelihood + prior) / (len(errors.session) + weight)

    start = np.log(before if first is None else vector_of(first))
    bounds = [(x - _FARTHEST, x + _FARTHEST) for x in np.log(before)]
    found = minimize(against, start, method="L-BFGS-B", bounds=bounds, options={"eps": _SLIGHT})
    logs = np.asarray(found.x)
    curvature = _curvature(against, logs) * (len(errors.session) + weight)
    squares, axes = np.linalg.eigh(curvature)
    covariance = axes @ np.diag(1.0 / np.maximum(squares, _LEAST_CURVATURE)) @ axes.T
    parts = parts_of(np.exp(logs))
    return Maximum(
        logs=logs,
        covariance=covariance,
        log_likelihood=log_likelihood(errors, parts, heavy=heavy),
        heavy=heavy,
    )


def vector_of(parts: Parts) -> Float64Array:
    """Return what is learned of the parts, shape (4,), or (5,) with growth off the scan plane."""
    values = [parts.own_at_skin_mm, parts.growth, parts.own_along_mm, parts.shared_mm]
    off_plane = [parts.off_plane_growth] if parts.off_plane_growth > 0.0 else []
    return np.array([*values, *off_plane])


def parts_of(values: Float64Array) -> Parts:
    """Return the parts that `vector_of` made values of."""
    at_skin, growth, along, shared, *off_plane = (float(value) for value in values)
    return Parts(
        own_at_skin_mm=at_skin,
        growth=growth,
        own_along_mm=along,
        shared_mm=shared,
        off_plane_growth=off_plane[0] if off_plane else 0.0,
    )


def _curvature(function: Callable[[Float64Array], float], at: Float64Array) -> Float64Array:
    """Return the second derivatives by central differences."""
    count = len(at)
    steps = np.eye(count) * _STEP
    out = np.empty((count, count))
    here = function(at)
    for i in range(count):
        up, down = function(at + steps[i]), function(at - steps[i])
        out[i, i] = (up - 2.0 * here + down) / _STEP**2
        for j in range(i):
            corners = [
                a * b * function(at + a * steps[i] + b * steps[j])
                for a in (1.0, -1.0)
                for b in (1.0, -1.0)
            ]
            out[i, j] = out[j, i] = sum(corners) / (4.0 * _STEP**2)
    return out
