"""Where structures come nearest to a needle, within a frame of the screen; judges nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import RiskStructure, inside_at
from planning.geometry import Float64Array, vec3
from planning.model.needle import Trajectory
from planning.model.plan import Nearest
from planning.trajectories.clearances import demanded_mm, off_plane_of

_STEP_MM = 3.0
_AROUND_MM = 0.75
_ROUNDS = 2
_SHOWN = 8


def quick_nearest(anatomy: Anatomy, trajectory: Trajectory) -> tuple[Nearest, ...]:
    """Return where the eight tightest structures come nearest, and the nearest of each class.

    The same surfaces as `planning.anatomy.risks.nearest_structures` reads, but fewer samples of
    the axis: a clearance comes out up to about 0.2 mm too large. The least beyond its margin
    comes first.
    """
    radius_mm, off_plane_deg = anatomy.needle.radius_mm, off_plane_of(anatomy, trajectory)
    count = max(2, int(np.ceil(trajectory.insertion_depth_mm / _STEP_MM)) + 1)
    depth = np.linspace(0.0, trajectory.insertion_depth_mm, count)
    found: list[Nearest] = []
    best: dict[str, float] = {}
    order = sorted((r.at_least_mm(trajectory), n) for n, r in enumerate(anatomy.risks))
    for at_least_mm, number in order:
        risk = anatomy.risks[number]
        tight = sorted(n.clearance_mm - n.margin_mm for n in found)
        full = len(tight) >= _SHOWN and at_least_mm - radius_mm - risk.margin_mm > tight[_SHOWN - 1]
        if full and at_least_mm - radius_mm > best.get(risk.risk_class, np.inf):
            continue
        nearest = _nearest(risk, trajectory, depth, radius_mm)
        at = np.array([nearest.depth_mm])
        demanded = float(demanded_mm(anatomy, risk, trajectory, at, off_plane_deg)[0])
        found.append(replace(nearest, margin_mm=demanded))
        least = best.get(risk.risk_class, np.inf)
        best[risk.risk_class] = min(nearest.clearance_mm, least)
    return tuple(sorted(found, key=lambda n: (n.clearance_mm - n.margin_mm, n.structure)))


def _nearest(
    risk: RiskStructure, trajectory: Trajectory, depth_mm: Float64Array, radius_mm: float
) -> Nearest:
    """Return where one structure comes nearest, from coarse samples that are then closed in on."""
    entry, along = np.array(trajectory.entry_lps_mm), trajectory.direction_lps
    on_axis = entry + depth_mm[:, None] * along
    distance, index = (np.asarray(found) for found in risk.surface.query(on_axis))
    inside = inside_at(risk.mask, on_axis)
    surface = np.asarray(risk.surface.data)
    if inside.any():
        at = int(np.argmax(np.where(inside, distance, -1.0)))
        best = (-float(distance[at]), float(depth_mm[at]), surface[index[at]])
    else:
        best = _closest(surface[index], entry, along, trajectory.insertion_depth_mm)
        for _ in range(_ROUNDS):
            near = best[1] + np.array([-_AROUND_MM, 0.0, _AROUND_MM])
            near = np.clip(near, 0.0, trajectory.insertion_depth_mm)
            _, closer_by = risk.surface.query(entry + near[:, None] * along)
            closer = _closest(surface[closer_by], entry, along, trajectory.insertion_depth_mm)
            if closer[0] >= best[0]:
                break
            best = closer
    return Nearest(
        structure=risk.structure.name,
        role=risk.structure.role.value,
        clearance_mm=best[0] - radius_mm,
        depth_mm=best[1],
        point_lps_mm=vec3(best[2]),
        margin_mm=risk.margin_mm,
    )


def _closest(
    points_lps_mm: Float64Array, entry: Float64Array, along: Float64Array, length_mm: float
) -> tuple[float, float, Float64Array]:
    """Return the least distance of points to the segment, its depth, and the point."""
    depth = np.clip((points_lps_mm - entry) @ along, 0.0, length_mm)
    apart = np.linalg.norm(points_lps_mm - (entry + depth[:, None] * along), axis=1)
    at = int(np.argmin(apart))
    return float(apart[at]), float(depth[at]), points_lps_mm[at]
