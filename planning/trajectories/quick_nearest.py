"""Where structures come nearest to a needle, within a frame of the screen; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import RiskStructure, inside_at
from planning.geometry import Float64Array, vec3
from planning.model.needle import Trajectory
from planning.model.plan import Nearest
from planning.trajectories.clearances import demanded_mm, off_plane_of

_STEP_MM = 4.0
_AROUND_MM = 1.0
_ROUNDS = 3
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a structure is near: signed distance from the axis, depth, and point."""

    distance_mm: float
    depth_mm: float
    point_lps_mm: Float64Array


def quick_nearest(anatomy: Anatomy, trajectory: Trajectory) -> tuple[Nearest, ...]:
    """Return where the six tightest structures come nearest, and the nearest of each class.

    The same surfaces as `planning.anatomy.risks.nearest_structures` reads, but closed in on from
    few samples of the axis. The least beyond its margin comes first.
    """
    axis = _Axis(trajectory)
    order = sorted((r.at_least_mm(trajectory), n) for n, r in enumerate(anatomy.risks))
    rough: list[tuple[float, int, _Place]] = []  # beyond its margin, number
    least: dict[str, float] = {}
    for at_least_mm, number in order:
        risk = anatomy.risks[number]
        crowded = len(rough) >= _SHOWN and at_least_mm - risk.margin_mm > rough[_SHOWN - 1][0]
        if crowded and at_least_mm > least.get(risk.risk_class, np.inf):
            continue
        place = axis.roughly(risk)
        rough.append((place.distance_mm - risk.margin_mm, number, place))
        rough.sort(key=lambda one: one[:2])
        least[risk.risk_class] = min(place.distance_mm, least.get(risk.risk_class, np.inf))
    chosen, classes = rough[:_SHOWN], {anatomy.risks[n].risk_class for _, n, _ in rough[:_SHOWN]}
    for one in rough[_SHOWN:]:
        risk_class = anatomy.risks[one[1]].risk_class
        if risk_class not in classes and one[2].distance_mm <= least[risk_class]:
            chosen.append(one)
    off_plane_deg = off_plane_of(anatomy, trajectory)
    found = []
    for _, number, place in chosen:
        risk, at = anatomy.risks[number], axis.closing_in(anatomy.risks[number], place)
        depth = np.array([at.depth_mm])
        found.append(
            Nearest(
                structure=risk.structure.name,
                role=risk.structure.role.value,
                clearance_mm=at.distance_mm - anatomy.needle.radius_mm,
                depth_mm=at.depth_mm,
                point_lps_mm=vec3(at.point_lps_mm),
                margin_mm=float(demanded_mm(anatomy, risk, trajectory, depth, off_plane_deg)[0]),
            )
        )
    return tuple(sorted(found, key=lambda n: (n.clearance_mm - n.margin_mm, n.structure)))


class _Axis:
    """A needle's axis, sampled coarsely."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._entry = np.array(trajectory.entry_lps_mm)
        self._along = trajectory.direction_lps
        self._length_mm = trajectory.insertion_depth_mm
        count = max(2, int(np.ceil(self._length_mm / _STEP_MM)) + 1)
        self._depth = np.linspace(0.0, self._length_mm, count)
        self._points = self._entry + self._depth[:, None] * self._along

    def roughly(self, risk: RiskStructure) -> _Place:
        """Return where a structure is nearest, from the samples; exact where it is entered."""
        distance, index = (np.asarray(found) for found in risk.surface.query(self._points))
        surface = np.asarray(risk.surface.data)
        if float(distance.min()) < self._length_mm:
            inside = inside_at(risk.mask, self._points)
            if inside.any():
                at = int(np.argmax(np.where(inside, distance, -1.0)))
                depth_mm = float(self._depth[at])
                return _Place(-float(distance[at]), depth_mm, surface[index[at]])
        return self._closest(surface[index])

    def closing_in(self, risk: RiskStructure, place: _Place) -> _Place:
        """Return where a structure is nearest, beginning from a place not far from there."""
        around = np.array([-_AROUND_MM, 0.0, _AROUND_MM])
        for _ in range(_ROUNDS):
            depth = np.clip(place.depth_mm + around, 0.0, self._length_mm)
            points = self._entry + depth[:, None] * self._along
            distance, index = (np.asarray(found) for found in risk.surface.query(points))
            surface = np.asarray(risk.surface.data)
            if place.distance_mm < 0.0 or inside_at(risk.mask, points).any():
                signed = np.where(inside_at(risk.mask, points), -distance, distance)
                at = int(np.argmin(signed))
                closer = _Place(float(signed[at]), float(depth[at]), surface[index[at]])
            else:
                closer = self._closest(surface[index])
            if closer.distance_mm >= place.distance_mm:
                break
            place = closer
        return place

    def _closest(self, points_lps_mm: Float64Array) -> _Place:
        depth = np.clip((points_lps_mm - self._entry) @ self._along, 0.0, self._length_mm)
        apart = points_lps_mm - (self._entry + depth[:, None] * self._along)
        squared = np.einsum("ij,ij->i", apart, apart)
        at = int(np.argmin(squared))
        return _Place(float(np.sqrt(squared[at])), float(depth[at]), points_lps_mm[at])
