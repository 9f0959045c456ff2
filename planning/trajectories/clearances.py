"""How one needle stands against what each structure at risk demands, exactly; counts no tissue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.envelope import r95_mm, required_mm
from planning.anatomy.risks import RiskStructure, nearest_structures
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array
from planning.model.needle import Trajectory
from planning.model.plan import Nearest
from planning.trajectories.criteria import CLEARANCE_CLASSES

_COARSE_MM = 1.0
_FINE_MM = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a needle stands against one structure.

    Parameters
    ----------
    slack_mm : float
        Least clearance beyond what is demanded at that depth, from the skin to as far past the
        tip as a needle may go.
    worst_case_mm : float or None
        Least clearance less the radius that holds 95 % of the needles; None without an envelope.
    """

    risk: RiskStructure
    nearest: Nearest
    slack_mm: float
    worst_case_mm: float | None


def standings(anatomy: Anatomy, trajectory: Trajectory) -> tuple[Standing, ...]:
    """Return how a needle stands against each structure near it, the tightest first.

    The margin of each `Nearest` is what is demanded where it lies.
    """
    by_name = {r.structure.name: r for r in anatomy.risks}
    off_plane_deg = off_plane_of(anatomy, trajectory)
    found = []
    for nearest in nearest_structures(anatomy.risks, trajectory, anatomy.needle.radius_mm):
        risk = by_name[nearest.structure]
        if not risk.enveloped:
            slack, worst = nearest.clearance_mm - risk.margin_mm, None
        else:
            slack, worst = _least(anatomy, trajectory, risk, off_plane_deg)
        demanded = demanded_mm(
            anatomy, risk, trajectory, np.array([nearest.depth_mm]), off_plane_deg
        )
        found.append(
            Standing(
                risk=risk,
                nearest=replace(nearest, margin_mm=float(demanded[0])),
                slack_mm=slack,
                worst_case_mm=worst,
            )
        )
    return tuple(sorted(found, key=lambda s: (s.slack_mm, s.nearest.structure)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightest:
    """The depth at which a needle falls shortest of what one structure demands.

    Parameters
    ----------
    clearance_mm : float
        From the needle's surface to the structure, there.
    demanded_mm : float
        By the margin or by the radius that holds 95 % of the needles, there.
    least_mm : float
        Least clearance at any depth.
    worst_case_mm : float
        Least clearance less the radius that holds 95 % of the needles, at any depth.
    """

    depth_mm: float
    clearance_mm: float
    demanded_mm: float
    least_mm: float
    worst_case_mm: float

    @property
    def slack_mm(self) -> float:
        """Clearance less what is demanded."""
        return self.clearance_mm - self.demanded_mm


def tightest(
    anatomy: Anatomy, trajectory: Trajectory, risk: RiskStructure, *, step_mm: float = _FINE_MM
) -> Tightest:
    """Return where one structure is tightest, from the skin to as far as a needle may go."""
    end_mm = trajectory.insertion_depth_mm
    if risk.enveloped:
        end_mm += beyond_mm(anatomy, trajectory)
    depth = np.linspace(0.0, end_mm, max(2, int(np.ceil(end_mm / step_mm)) + 1))
    clear = risk.signed_distance_mm(_points(trajectory, depth)) - anatomy.needle.radius_mm
    off_plane_deg = off_plane_of(anatomy, trajectory)
    demanded = demanded_mm(anatomy, risk, trajectory, depth, off_plane_deg)
    r95 = r95_mm(risk.group, anatomy.error_model.corrected, depth, off_plane_deg)
    at = int(np.argmin(clear - demanded))
    return Tightest(
        depth_mm=float(depth[at]),
        clearance_mm=float(clear[at]),
        demanded_mm=float(demanded[at]),
        least_mm=float(clear.min()),
        worst_case_mm=float((clear - r95).min()),
    )


def off_plane_of(anatomy: Anatomy, trajectory: Trajectory) -> float:
    """Return a trajectory's angle to the slices, in degrees."""
    sine = float(trajectory.direction_lps @ np.array(anatomy.ct.slice_normal_lps))
    return float(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def clearance_numbers(found: tuple[Standing, ...]) -> Mapping[str, float]:
    """Return the clearance criteria, and the slacks that limits are judged by."""
    numbers: dict[str, float] = {}
    for risk_class in CLEARANCE_CLASSES:
        of_class = [s for s in found if s.risk.risk_class == risk_class]
        if of_class:
            least = min(s.nearest.clearance_mm for s in of_class)
            numbers[f"{risk_class}_clearance_mm"] = least
            numbers[f"{risk_class}_slack_mm"] = min(s.slack_mm for s in of_class)
    if found:
        numbers["extra_clearance_mm"] = min(s.slack_mm for s in found)
    worst = [s.worst_case_mm for s in found if s.worst_case_mm is not None]
    if worst:
        numbers["worst_case_clearance_mm"] = min(worst)
    return numbers


def _least(
    anatomy: Anatomy, trajectory: Trajectory, risk: RiskStructure, off_plane_deg: float
) -> tuple[float, float]:
    """Return slack and worst case of one enveloped structure."""
    end_mm = trajectory.insertion_depth_mm + beyond_mm(anatomy, trajectory)
    depth = np.linspace(0.0, end_mm, max(2, int(np.ceil(end_mm / _COARSE_MM)) + 1))
    slack, worst = _sampled(anatomy, trajectory, risk, depth, off_plane_deg)
    # A distance changes by no more than the way along the axis.
    open_ = (slack <= slack.min() + 2.0 * _COARSE_MM) | (worst <= worst.min() + 2.0 * _COARSE_MM)
    around = np.arange(-_COARSE_MM / 2.0, _COARSE_MM / 2.0 + _FINE_MM, _FINE_MM)
    fine = np.unique(np.clip((depth[open_][:, None] + around).ravel(), 0.0, end_mm))
    slack, worst = _sampled(anatomy, trajectory, risk, fine, off_plane_deg)
    return float(slack.min()), float(worst.min())


def beyond_mm(anatomy: Anatomy, trajectory: Trajectory) -> float:
    """Return how far past the tip the needle may go: by the depth error, or plunging from bone."""
    model = anatomy.error_model
    points = _points(trajectory, np.arange(0.0, trajectory.insertion_depth_mm, _FINE_MM))
    drilled = bool((anatomy.tissue.at(points)[0] & Tissue.BONE).any())
    return max(model.beyond_mm, model.plunge_mm) if drilled else model.beyond_mm


def _sampled(
    anatomy: Anatomy,
    trajectory: Trajectory,
    risk: RiskStructure,
    depth_mm: Float64Array,
    off_plane_deg: float,
) -> tuple[Float64Array, Float64Array]:
    clear = risk.signed_distance_mm(_points(trajectory, depth_mm)) - anatomy.needle.radius_mm
    demanded = demanded_mm(anatomy, risk, trajectory, depth_mm, off_plane_deg)
    r95 = r95_mm(risk.group, anatomy.error_model.corrected, depth_mm, off_plane_deg)
    return clear - demanded, clear - r95


def demanded_mm(
    anatomy: Anatomy,
    risk: RiskStructure,
    trajectory: Trajectory,
    depth_mm: Float64Array,
    off_plane_deg: float,
) -> Float64Array:
    """Return the clearance a structure demands at some depths."""
    group = risk.group
    demanded = required_mm(group, anatomy.error_model.corrected, depth_mm, off_plane_deg)
    if group.margin_in_bone_mm is None:
        return demanded
    in_bone = (anatomy.tissue.at(_points(trajectory, depth_mm))[0] & Tissue.BONE) > 0
    return np.where(in_bone, group.margin_in_bone_mm, demanded)


def _points(trajectory: Trajectory, depth_mm: Float64Array) -> Float64Array:
    return np.array(trajectory.entry_lps_mm) + depth_mm[:, None] * trajectory.direction_lps
