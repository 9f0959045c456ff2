"""How likely measured tip errors are under a spread; finds no maximum and knows no preset.

The tip of core c of a session s ends off its plan by ``b_s + e_c + m_c`` along each of three axes:
a shift b that all cores of the session share (patient and registration), an error e of the needle's
own, and what the control CT errs by. Across the needle e has the variance
``at_skin^2 + (t tan growth)^2`` at the depth t, along it another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

TAIL_FREEDOM = 4.0
"""Degrees of freedom of Student's t, as in the planner's heavy-tailed model."""

_NODES = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TipErrors:
    """Measured tip errors, the cores of a session one after the other.

    Parameters
    ----------
    across_mm : ndarray, shape (n, 2)
    along_mm, depth_mm : ndarray, shape (n,)
        Depth error, and depth of the planned tip below the skin.
    off_plane : ndarray, shape (n,)
        0 for a needle in the plane of the slices to 1 for one that is fully off it.
    session : ndarray of int, shape (n,)
        Rising from 0.
    measured_across, measured_along, measured_shared : ndarray, shape (n,)
        Variances that the control CT adds, in mm2.
    """

    across_mm: Float64Array
    along_mm: Float64Array
    depth_mm: Float64Array
    off_plane: Float64Array
    session: NDArray[np.intp]
    measured_across: Float64Array
    measured_along: Float64Array
    measured_shared: Float64Array

    @property
    def sessions(self) -> int:
        """How many there are."""
        return int(self.session[-1]) + 1 if len(self.session) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The independent parts of an error: standard deviations, or scales of Student's t.

    Parameters
    ----------
    own_at_skin_mm, own_along_mm : float
        Of each needle's own.
    growth, off_plane_growth : float
        Tangents of the deviations of the direction.
    shared_mm : float
    """

    own_at_skin_mm: float
    growth: float
    own_along_mm: float
    shared_mm: float
    off_plane_growth: float = 0.0

    @property
    def at_skin_mm(self) -> float:
        """Deviation at the skin, the shared part included."""
        return float(np.hypot(self.own_at_skin_mm, self.shared_mm))

    @property
    def along_mm(self) -> float:
        """Deviation along the needle, the shared part included."""
        return float(np.hypot(self.own_along_mm, self.shared_mm))

    def own_across(self, depth_mm: Float64Array, off_plane: Float64Array) -> Float64Array:
        """Return the variance across of each needle's own error at some depths."""
        squared = self.growth**2 + (off_plane * self.off_plane_growth) ** 2
        return np.asarray(self.own_at_skin_mm**2 + depth_mm**2 * squared)


def log_likelihood(errors: TipErrors, parts: Parts, *, heavy: bool) -> float:
    """Return the natural logarithm of the likelihood of measured errors.

    Gaussian: exactly, by the inverse of each session's covariance (own variances on the diagonal,
    one shared variance everywhere). Heavy tails: each needle's own error is Student's t along each
    axis, and the shared Gaussian shift is integrated out numerically; that the axes of one needle
    are stretched together is not used.
    """
    across = parts.own_across(errors.depth_mm, errors.off_plane) + errors.measured_across
    along = parts.own_along_mm**2 + errors.measured_along
    begins = np.flatnonzero(np.diff(errors.session, prepend=-1))
    shared = parts.shared_mm**2 + errors.measured_shared[begins]
    axes = (
        (errors.across_mm[:, 0], across),
        (errors.across_mm[:, 1], across),
        (errors.along_mm, along),
    )
    of_axis = _heavy if heavy else _gaussian
    return sum(of_axis(values, own, shared, errors.session, begins) for values, own in axes)


def _gaussian(
    values: Float64Array,
    own: Float64Array,
    shared: Float64Array,
    session: NDArray[np.intp],
    begins: NDArray[np.intp],
) -> float:
    precision = np.add.reduceat(1.0 / own, begins)
    pull = np.add.reduceat(values / own, begins)
    squares = np.add.reduceat(values**2 / own, begins)
    stretch = 1.0 + shared * precision
    quadratic = squares.sum() - (shared * pull**2 / stretch).sum()
    logs = np.log(own).sum() + np.log(stretch).sum()
    return float(-0.5 * (quadratic + logs + len(session) * np.log(2.0 * np.pi)))


def _heavy(
    values: Float64Array,
    own: Float64Array,
    shared: Float64Array,
    session: NDArray[np.intp],
    begins: NDArray[np.intp],
) -> float:
    """Integrate the shift by Gauss and Hermite, the nodes where a robust look at the data is."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    # Weights of a t's tail: far values say little about where the session's shift is.
    centre = np.zeros(len(begins))
    for _ in range(3):
        off = values - centre[session]
        trust = (TAIL_FREEDOM + 1.0) / (TAIL_FREEDOM + off**2 / own) / own
        precision = np.add.reduceat(trust, begins) + 1.0 / shared
        centre = np.add.reduceat(trust * values, begins) / precision
    width = np.sqrt(1.0 / precision)
    shift = centre[:, None] + width[:, None] * nodes
    off = values[:, None] - shift[session]
    scale = own[:, None]
    logs = -0.5 * (TAIL_FREEDOM + 1.0) * np.log1p(off**2 / (TAIL_FREEDOM * scale))
    logs += _T_CONSTANT - 0.5 * np.log(scale)
    summed = np.add.reduceat(logs, begins, axis=0)
    prior = -0.5 * (shift**2 / shared[:, None] + np.log(2.0 * np.pi * shared[:, None]))
    density = summed + prior + 0.5 * nodes**2 + np.log(weights) + np.log(width)[:, None]
    most = density.max(axis=1)
    return float((most + np.log(np.exp(density - most[:, None]).sum(axis=1))).sum())


_T_CONSTANT = float(np.log(3.0 / 8.0))
"""Density of Student's t with four degrees of freedom at zero: 3 / 8."""
