"""What lies along one needle, depth by depth, for a chart: density, tissue, room; judges nothing.

Lengths of the runs between skin and tip are those of `planning.trajectories.sampling`, so that the
chart and the numbers beside it cannot differ. Clearances come from the same surfaces as those of a
plan, every half millimetre unless somebody is in a hurry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.densities import hu_at
from planning.anatomy.risks import RiskGroup, RiskStructure
from planning.geometry import Float64Array
from planning.model.error_model import Spread
from planning.model.needle import Trajectory
from planning.trajectories.clearances import beyond_mm, demanded_mm, off_plane_of
from planning.trajectories.profile_runs import Run, runs_along

BEFORE_SKIN_MM = 5.0
BEYOND_TIP_MM = 20.0

_STEP_MM = 0.5
_ROUNDING_MM = 1e-9
# Half widths that hold 95 %: of a Gaussian, and of Student's t with the four degrees of freedom
# that `Spread` gives an error with heavy tails.
_GAUSSIAN_95 = 1.959963984540054
_STUDENT_95 = 2.7764451051977987


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """One needle's axis from 5 mm before the skin to 20 mm past the tip; depths from the entry.

    Parameters
    ----------
    depths_mm : ndarray, shape (n,)
        Ascending; skin (0) and tip are among them.
    hu : ndarray, shape (n,)
        The CT, linearly interpolated; NaN outside of it.
    runs : tuple of Run
        What the axis passes through, shallowest first, without gaps.
    nearest_mm : ndarray, shape (n,)
        From the needle's surface to the structure at risk that is tightest there (clearance less
        what is demanded); negative inside. NaN before the skin, beyond where a needle may go, and
        where no structure at risk is known.
    margin_mm : ndarray, shape (n,)
        What that structure demands at that depth; NaN where `nearest_mm` is.
    least_mm : ndarray, shape (n,)
        From the needle's surface to any structure at risk, whatever that demands.
    nearest : ndarray of int, shape (n,)
        Which of `structures` is tightest; -1 where none is known.
    allowance_mm : float
        What is taken off every clearance before it is judged: what voxels may hide.
    depth_error_mm : float
        95 % of the needles end within so much of the depth they were meant for.
    """

    depths_mm: Float64Array
    hu: Float64Array
    runs: tuple[Run, ...]
    nearest_mm: Float64Array
    margin_mm: Float64Array
    least_mm: Float64Array
    nearest: NDArray[np.intp]
    structures: tuple[str, ...]
    stop_mm: float
    tip_mm: float
    specimen_mm: tuple[float, float]
    allowance_mm: float
    depth_error_mm: float

    @property
    def too_near(self) -> NDArray[np.bool_]:
        """Tell at which depths a structure is nearer than is allowed."""
        return np.asarray(self.nearest_mm - self.margin_mm < self.allowance_mm)


def profile(anatomy: Anatomy, trajectory: Trajectory, *, step_mm: float = _STEP_MM) -> Profile:
    """Return what lies along a trajectory, at depths at most so far apart."""
    needle, tip_mm = anatomy.needle, trajectory.insertion_depth_mm
    depths = _depths_mm(tip_mm, step_mm)
    points = np.array(trajectory.entry_lps_mm) + depths[:, None] * trajectory.direction_lps
    deep = tip_mm - needle.dead_space_mm
    room = _room(anatomy, trajectory, depths, points)
    return Profile(
        depths_mm=depths,
        hu=hu_at(anatomy.ct, points),
        runs=runs_along(anatomy, trajectory, before_mm=BEFORE_SKIN_MM, beyond_mm=BEYOND_TIP_MM),
        nearest_mm=room.tightest_mm,
        margin_mm=room.margin_mm,
        least_mm=np.where(np.isinf(room.least_mm), np.nan, room.least_mm),
        nearest=room.tightest,
        structures=tuple(r.structure.name for r in anatomy.risks),
        stop_mm=tip_mm - needle.stop_to_tip_mm,
        tip_mm=tip_mm,
        specimen_mm=(max(0.0, deep - needle.core_length_mm), deep),
        allowance_mm=anatomy.allowance_mm,
        depth_error_mm=depth_error_mm(anatomy.error_model.corrected),
    )


def depth_error_mm(spread: Spread) -> float:
    """Return the half width, about the depth that was meant, that holds 95 % of the needles.

    Two-sided: ``1.96 sigma`` for a Gaussian, ``2.78`` scales for one with heavy tails.
    """
    return (_STUDENT_95 if spread.heavy_tails else _GAUSSIAN_95) * spread.along_mm


def _depths_mm(tip_mm: float, step_mm: float) -> Float64Array:
    """Return depths at most one step apart, with skin and tip among them."""
    inside = np.linspace(0.0, tip_mm, max(2, int(np.ceil(tip_mm / step_mm)) + 1))
    before = np.arange(-BEFORE_SKIN_MM, 0.0, step_mm)
    beyond = tip_mm + np.arange(step_mm, BEYOND_TIP_MM + step_mm / 2.0, step_mm)
    return np.concatenate([before, inside, beyond])


class _Room:
    """What is known of the structures looked at so far, for each depth; infinite where nothing."""

    def __init__(self, count: int) -> None:
        self.tightest_mm = np.full(count, np.nan)
        self.margin_mm = np.full(count, np.nan)
        self.least_mm = np.full(count, np.inf)
        self.slack_mm = np.full(count, np.inf)
        self.tightest = np.full(count, -1, dtype=np.intp)

    def take(
        self,
        number: int,
        at: NDArray[np.intp],
        clear_mm: Float64Array,
        demanded_mm: Float64Array,
    ) -> None:
        """Remember a structure's clearances at some depths where it is nearer or tighter."""
        self.least_mm[at] = np.minimum(self.least_mm[at], clear_mm)
        slack = clear_mm - demanded_mm
        tighter = slack < self.slack_mm[at]
        here = at[tighter]
        self.slack_mm[here] = slack[tighter]
        self.tightest_mm[here], self.margin_mm[here] = clear_mm[tighter], demanded_mm[tighter]
        self.tightest[here] = number


def _room(
    anatomy: Anatomy, trajectory: Trajectory, depths_mm: Float64Array, points: Float64Array
) -> _Room:
    """Return how near structures at risk come, looking only at those that may be the nearest."""
    found = _Room(len(depths_mm))
    if not anatomy.risks:
        return found
    end_mm = trajectory.insertion_depth_mm
    to_tip = (depths_mm >= 0.0) & (depths_mm <= end_mm + _ROUNDING_MM)
    to_beyond = (depths_mm >= 0.0) & (depths_mm <= end_mm + beyond_mm(anatomy, trajectory))
    demanded_by = _demanded_by(anatomy, trajectory, depths_mm)
    boxes = _box_distances_mm(anatomy.risks, points) - anatomy.needle.radius_mm
    for number in np.argsort(boxes.min(axis=1), kind="stable"):
        risk, box = anatomy.risks[number], boxes[number]
        demanded = demanded_by[risk.group]
        nearer = (box < found.least_mm) | (box - demanded < found.slack_mm)
        at = np.flatnonzero(nearer & (to_beyond if risk.enveloped else to_tip))
        if at.size:
            clear = risk.signed_distance_mm(points[at]) - anatomy.needle.radius_mm
            found.take(int(number), at, clear, demanded[at])
    return found


def _demanded_by(
    anatomy: Anatomy, trajectory: Trajectory, depths_mm: Float64Array
) -> dict[RiskGroup, Float64Array]:
    off_plane_deg = off_plane_of(anatomy, trajectory)
    one_of = {risk.group: risk for risk in anatomy.risks}
    return {
        group: demanded_mm(anatomy, risk, trajectory, depths_mm, off_plane_deg)
        for group, risk in one_of.items()
    }


def _box_distances_mm(
    risks: tuple[RiskStructure, ...], points_lps_mm: Float64Array
) -> Float64Array:
    """Return distances that structures surely keep from points, shape (structures, points).

    Minus infinity inside the box around a structure's surface, which tells nothing there.
    """
    low = np.array([r.surface.mins for r in risks])[:, None] - points_lps_mm
    high = points_lps_mm - np.array([r.surface.maxes for r in risks])[:, None]
    out = np.maximum(np.maximum(low, high), 0.0)
    gap = np.sqrt(np.einsum("rpc,rpc->rp", out, out))
    return np.where(gap > 0.0, gap, -np.inf)
