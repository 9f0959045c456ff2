"""Fits a needle to the voxels about it: axis, bend, tip and diameter at once; finds none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planning.execution.needle_lines import Line
from planning.execution.needle_model import needle_values
from planning.execution.needle_profile import Profile
from planning.execution.needle_voxels import BEFORE_TIP_MM, TIP_MM, TOP_HU, Voxels, voxels_about
from planning.geometry import Float64Array
from planning.image import Volume

# What is known beforehand, with how far off it may be (natural logarithms of mm and HU): gauges 18
# to 8; steel and nitinol as CT shows them; kernels from sharp to soft; from blunt to a long bevel.
_DIAMETER = (np.log(2.4), 0.5)
_METAL_HU = (np.log(20000.0), 0.6)
_SIGMA = (np.log(0.46), 0.2)
_TAPER = (np.log(0.6), 0.8)
# Beyond these lies no needle and no kernel, only a way to explain streaks.
_RADIUS_MM = (0.25, 4.5)
_SIGMA_MM = (0.28, 0.62)
_TAPER_DIAMETERS = 3.5
_EMPTY = 0.5
# A needle bends by a millimetre or so.
_SAGITTA_MM = 1.5
# What lies before the tip, in its shadow, differs from what lies around by this.
_SHADOW_HU = 500.0
# Where the point lies, in radii off the axis.
_POINT = 0.6
# A median misfit this many times less than 1 is ordinary; better than the other share none is.
_ORDINARY_MEDIAN = 1.5
_BEST_MISFIT = 0.15
# Where the tip lies from the end of what is seen as metal: a thin point fades out before it ends.
_TIP_AT_MM = (-0.5, 1.5)
# A blunt end is tried beside what the whole needle told: long points and blunt ends in streaks are
# two answers with none between them.
_BLUNT_TAPER = np.log(0.2)
# How far the tip may lie off the axis of the shaft.
_ASTRAY_MM = 0.3
# Of the search for the best numbers.
_ROUNDS = 20
_NUDGE = 1e-3
_LONGEST_STEP = 1.5
_LEAST_GAIN = 1e-4
# Neighbouring voxels err together: what is known weighs as much as a handful of them.
_PRIOR_WEIGHT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedNeedle:
    """A needle as it fits the CT best.

    Parameters
    ----------
    line : Line
        From the guessed tip backward.
    length_mm : float
        Over which it was fitted, from the guessed tip.
    tip_mm : float
        Where the tip lies along the line.
    offsets_mm : ndarray, shape (2, 3)
        Across the line: at the guessed tip, how much more at the far end, and the sagitta.
    misfit : float
        Median of what is left, in units of an ordinary misfit.
    """

    line: Line
    length_mm: float
    tip_mm: float
    offsets_mm: Float64Array
    diameter_mm: float
    taper_mm: float
    sigma_mm: float
    metal_hu: float
    misfit: float

    def at(self, s_mm: float) -> Float64Array:
        """Return the point of the (bent) axis at a place along the line, LPS mm."""
        x = s_mm / self.length_mm
        across = self.offsets_mm @ np.array([1.0, x, 4.0 * x * (1.0 - x)])
        aside, other = self.line.across()
        return np.asarray(
            self.line.point + s_mm * self.line.direction + across[0] * aside + across[1] * other
        )

    def sagitta_mm(self, from_mm: float, to_mm: float) -> float:
        """Return how far the axis bows out between two places along it."""
        own = float(np.linalg.norm(self.offsets_mm[:, 2]))
        return own * ((to_mm - from_mm) / self.length_mm) ** 2


def fitted_needle(control: Volume, line: Line, profile: Profile, length_mm: float) -> FittedNeedle:
    """Return the needle that explains the voxels about a line best.

    First all of it, then, with what the shaft has told, the tip alone: metal in streaks is not
    alike everywhere.

    Parameters
    ----------
    line : Line
        From about the tip backward.
    profile : Profile
        Along that line.
    length_mm : float
        How far back from the tip its shaft is seen.
    """
    voxels = voxels_about(control, line, profile, length_mm)
    sigma = max(_SIGMA[0], float(np.log(0.5 * np.sort(control.grid.spacing_mm)[1])))
    tip = _TIP_AT_MM[1] + 0.5 * voxels.slice_mm * abs(float(voxels.normal[2]))
    problem = _Problem(voxels=voxels, length_mm=length_mm, sigma=sigma, tip_mm=tip)
    return _explained(problem, line)


def _explained(problem: _Problem, line: Line) -> FittedNeedle:
    whole = problem.solved(_start(problem), np.arange(_COUNT))
    # A scan that is cleaner than most tells more than what is known beforehand.
    misfit = _median_misfit(problem, whole)
    if misfit < 1.0 / _ORDINARY_MEDIAN:
        whole = problem.trusting(misfit).solved(whole, np.arange(_COUNT))
    near = problem.within(whole[0] - BEFORE_TIP_MM, whole[0] + TIP_MM)
    near = near.trusting(_median_misfit(near, whole))
    p = near.tip_solved(whole)
    radius, taper, sigma_mm, metal = _shape_of(p)
    return FittedNeedle(
        line=line,
        length_mm=problem.length_mm,
        tip_mm=float(p[0]),
        offsets_mm=np.array([whole[1:7:2], whole[2:7:2]]),
        diameter_mm=2.0 * radius,
        taper_mm=taper,
        sigma_mm=sigma_mm,
        metal_hu=metal,
        misfit=_median_misfit(problem, p),
    )


def _median_misfit(problem: _Problem, p: Float64Array) -> float:
    return float(np.median(np.abs(problem.misfits(p)[: len(problem.voxels.hu)])))


def _start(problem: _Problem) -> Float64Array:
    """Return numbers to begin with: the best of a thin and a thick needle, solid or hollow."""
    tries = []
    for diameter in _STARTS_MM:
        start = np.zeros(_COUNT)
        start[7:11] = np.log(diameter / 2.0), _TAPER[0], problem.sigma, _METAL_HU[0]
        tries.append(problem.solved(start, np.arange(_COUNT), rounds=4))
    return min(tries, key=lambda p: _robust_cost(problem.misfits(p)))


def _shape_of(p: Float64Array) -> tuple[float, float, float, float]:
    """Return radius, taper, sigma (mm) and HU; kept within what the tables hold."""
    radius = float(np.exp(np.clip(p[7], *np.log(_RADIUS_MM))))
    taper = float(np.clip(np.exp(p[8]), 0.0, _TAPER_DIAMETERS)) * 2.0 * radius
    sigma = float(np.exp(np.clip(p[9], *np.log(_SIGMA_MM))))
    return radius, max(taper, 0.3), sigma, float(np.exp(np.clip(p[10], 6.0, 11.0)))


# Tip along (mm); across at the tip, how much more at the far end, sagitta (mm, two of each);
# logarithms of radius, taper in diameters, sigma and metal; shadow (1000 HU); point (radii, two);
# how empty the bore is.
_COUNT = 15
_OF_THE_TIP = np.array([0, 1, 2, 7, 8, 10, 11, 12, 13])
_STARTS_MM = (2.2, 3.8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Problem:
    """What is to be explained: numbers in the order above."""

    voxels: Voxels
    length_mm: float
    sigma: float
    tip_mm: float

    def within(self, start_mm: float, end_mm: float) -> _Problem:
        """Return the same for a part of the needle."""
        s = self.voxels.places[:, 2]
        part = (s >= start_mm) & (s <= end_mm)
        voxels = replace(
            self.voxels,
            places=self.voxels.places[part],
            hu=self.voxels.hu[part],
            weight=self.voxels.weight[part],
            ground_hu=self.voxels.ground_hu[part],
        )
        return replace(self, voxels=voxels)

    def trusting(self, misfit: float) -> _Problem:
        """Return the same with voxels that count for more, where they fit better than ordinary."""
        more = 1.0 / float(np.clip(_ORDINARY_MEDIAN * misfit, _BEST_MISFIT, 1.0))
        return replace(self, voxels=replace(self.voxels, weight=more * self.voxels.weight))

    def tip_solved(self, whole: Float64Array) -> Float64Array:
        """Return the numbers with those of the tip made better: the best of a point and none."""
        blunt = whole.copy()
        blunt[0], blunt[8], blunt[12:14] = 0.0, _BLUNT_TAPER, 0.0
        tries = [self.solved(start, _OF_THE_TIP, around=whole) for start in (whole, blunt)]
        return min(tries, key=lambda p: _robust_cost(self._left(p, whole)))

    def solved(
        self,
        start: Float64Array,
        free: NDArray[np.intp],
        around: Float64Array | None = None,
        rounds: int = _ROUNDS,
    ) -> Float64Array:
        """Return the best numbers, only the free ones changed; `around` is known of the axis.

        Levenberg and Marquardt's way, robust: what is left counts as sqrt(1 + x^2) - 1.
        """
        p, damping = start.copy(), 1e-3
        left, slopes = self._linearised(p, free, around)
        cost = _robust_cost(left)
        for _ in range(rounds):
            weight = 1.0 / np.sqrt(1.0 + left**2)
            square = (slopes * weight) @ slopes.T
            descent = (slopes * weight) @ left
            while damping < 1e6:
                step = np.linalg.solve(square + damping * np.diag(np.diag(square)), -descent)
                tried = p.copy()
                tried[free] += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
                better = _robust_cost(self._left(tried, around))
                if better < cost:
                    break
                damping *= 8.0
            else:
                break
            gain, cost, p, damping = cost - better, better, tried, damping / 8.0
            if gain < _LEAST_GAIN * cost:
                break
            left, slopes = self._linearised(p, free, around)
        return p

    def _linearised(
        self, p: Float64Array, free: NDArray[np.intp], around: Float64Array | None
    ) -> tuple[Float64Array, Float64Array]:
        """Return what is left, and by how much each free number changes it, shape (free, n)."""
        left = self._left(p, around)
        slopes = np.empty((len(free), len(left)))
        for row, number in enumerate(free):
            moved = p.copy()
            moved[number] += _NUDGE
            slopes[row] = (self._left(moved, around) - left) / _NUDGE
        return left, slopes

    def _left(self, p: Float64Array, around: Float64Array | None) -> Float64Array:
        left = self.misfits(p)
        if around is None:
            return left
        return np.concatenate([left, _PRIOR_WEIGHT * (p[1:3] - around[1:3]) / _ASTRAY_MM])

    def misfits(self, p: Float64Array) -> Float64Array:
        """Return what is left of each voxel, in ordinary misfits, then of what is known."""
        voxels = self.voxels
        radius, taper, sigma, metal = _shape_of(p)
        axis = np.concatenate([p[:7], [self.length_mm]])
        point = p[12:14] / max(1.0, float(np.linalg.norm(p[12:14])))
        shape = np.array([radius, taper, sigma, *point, np.clip(p[14], 0.0, 1.0)])
        own, endless = needle_values(voxels.places, voxels.normal, voxels.slice_mm, axis, shape)
        shown = voxels.ground_hu + metal * own + 1000.0 * p[11] * (endless - own)
        left = (np.minimum(shown, TOP_HU) - voxels.hu) * voxels.weight
        known = np.array(
            [
                (p[0] - _TIP_AT_MM[0]) / self.tip_mm,
                (p[7] + np.log(2.0) - _DIAMETER[0]) / _DIAMETER[1],
                (p[8] - _TAPER[0]) / _TAPER[1],
                (p[9] - self.sigma) / _SIGMA[1],
                (p[10] - _METAL_HU[0]) / _METAL_HU[1],
                p[5] / _SAGITTA_MM,
                p[6] / _SAGITTA_MM,
                1000.0 * p[11] / _SHADOW_HU,
                p[12] / _POINT,
                p[13] / _POINT,
                p[14] / _EMPTY,
            ]
        )
        return np.concatenate([left, _PRIOR_WEIGHT * known])


def _robust_cost(left: Float64Array) -> float:
    return float(np.sqrt(1.0 + left**2).sum()) - len(left)
