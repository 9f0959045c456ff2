"""Where structures come nearest to a needle, within a frame of the screen; judges nothing."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import RiskStructure
from planning.anatomy.segment_kernel import inside_along
from planning.arrays import fixed
from planning.geometry import Float64Array, vec3
from planning.model.needle import Trajectory
from planning.model.plan import Nearest
from planning.trajectories.clearances import demanded_mm, off_plane_of

_STEP_MM = 0.5
_ROUGHLY = 24
_AROUND = 8
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a structure is near: signed distance from the axis, depth, and point."""

    distance_mm: float
    depth_mm: float
    point_lps_mm: Float64Array


def quick_nearest(anatomy: Anatomy, trajectory: Trajectory) -> tuple[Nearest, ...]:
    """Return where the six tightest structures come nearest, and the nearest of each class.

    The same surfaces as `planning.anatomy.risks.nearest_structures` reads, each measured against
    the whole segment. The least beyond its margin comes first.
    """
    axis, places, nearest = (
        _Axis(trajectory),
        list[tuple[RiskStructure, _Place]](),
        dict[str, float](),
    )
    at_least = _at_least_mm(anatomy, trajectory)
    for number in np.argsort(at_least, kind="stable").tolist():
        risk, least = anatomy.risks[number], at_least[number]
        crowded = len(places) >= _SHOWN and least - risk.margin_mm > _beyond(places[_SHOWN - 1])
        if crowded and least > nearest.get(risk.risk_class, np.inf):
            continue
        place = axis.nearest(risk, may_enter=least == 0.0)
        nearest[risk.risk_class] = min(place.distance_mm, nearest.get(risk.risk_class, np.inf))
        insort(places, (risk, place), key=_beyond)
    chosen, rest = places[:_SHOWN], places[_SHOWN:]
    for risk_class in {risk.risk_class for risk, _ in rest} - {r.risk_class for r, _ in chosen}:
        of_class = (one for one in rest if one[0].risk_class == risk_class)
        chosen.append(min(of_class, key=lambda one: one[1].distance_mm))
    off_plane_deg = off_plane_of(anatomy, trajectory)
    found = []
    for risk, at in chosen:
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


def _beyond(found: tuple[RiskStructure, _Place]) -> float:
    """Return how far a structure keeps beyond its margin."""
    return found[1].distance_mm - found[0].margin_mm


def _at_least_mm(anatomy: Anatomy, trajectory: Trajectory) -> Float64Array:
    """Return distances that the structures surely keep from the axis, from their boxes."""
    mins, maxes = _boxes_lps_mm(anatomy)
    ends = np.array([trajectory.entry_lps_mm, trajectory.tip_lps_mm])
    gap = np.maximum(np.maximum(mins - ends.max(axis=0), ends.min(axis=0) - maxes), 0.0)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", gap, gap)))


@lru_cache(maxsize=1)  # asked with every movement of a hand
def _boxes_lps_mm(anatomy: Anatomy) -> tuple[Float64Array, Float64Array]:
    """Return the least and the greatest x, y and z of each structure's surface, shape (n, 3)."""
    surfaces = [risk.surface for risk in anatomy.risks]
    mins = np.array([s.mins for s in surfaces]).reshape(-1, 3)
    return mins, np.array([s.maxes for s in surfaces]).reshape(-1, 3)


class _Axis:
    """A needle's axis."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._entry = np.array(trajectory.entry_lps_mm)
        self._along = trajectory.direction_lps
        self._length_mm = trajectory.insertion_depth_mm
        count = max(2, int(np.ceil(self._length_mm / _STEP_MM)) + 1)
        self._depth = np.linspace(0.0, self._length_mm, count)

    def nearest(self, risk: RiskStructure, *, may_enter: bool) -> _Place:
        """Return where a structure is nearest; where it is entered, where the axis is deepest."""
        if may_enter:
            inside = self._depth[self._inside(risk)]
            if len(inside):
                return self._deepest(risk, inside)
        distance, number = risk.surface.nearest_to_segment(
            self._entry, self._along, self._length_mm
        )
        point = risk.surface.data[number]
        depth = float((point - self._entry) @ self._along)
        return _Place(distance, min(max(depth, 0.0), self._length_mm), point)

    def _inside(self, risk: RiskStructure) -> np.ndarray:
        """Tell which of the depths lie inside a structure."""
        ends = risk.mask.grid.index_from_lps(
            np.array((self._entry, self._entry + self._length_mm * self._along))
        )
        count = len(self._depth)
        step = fixed((ends[1] - ends[0]) / (count - 1))
        return np.asarray(inside_along(fixed(risk.mask.inside), fixed(ends[0]), step, count))

    def _deepest(self, risk: RiskStructure, inside_mm: Float64Array) -> _Place:
        """Return which of some depths inside a structure lies farthest from its surface."""
        every = max(1, len(inside_mm) // _ROUGHLY)
        place, at = self._farthest(risk, inside_mm[::every])
        if every == 1:
            return place
        around = slice(max(0, at * every - every), at * every + every + 1)
        some = inside_mm[around]
        closer, _ = self._farthest(risk, some[:: max(1, len(some) // _AROUND)])
        return min(place, closer, key=lambda one: one.distance_mm)

    def _farthest(self, risk: RiskStructure, depth_mm: Float64Array) -> tuple[_Place, int]:
        distance, number = risk.surface.query(self._entry + depth_mm[:, None] * self._along)
        at = int(np.argmax(distance))
        return _Place(-float(distance[at]), float(depth_mm[at]), risk.surface.data[number[at]]), at
