"""Structures a needle keeps clear of: their margins, and where they come nearest; no verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.surfaces import Surface, boundary_points_lps_mm
from planning.errors import InputError
from planning.geometry import Float64Array, Grid, Vec3, vec3
from planning.image import Mask
from planning.model.case import AT_RISK, Guidance, Role, Structure
from planning.model.error_model import MaskDoubt
from planning.model.needle import Trajectory
from planning.model.plan import Nearest
from planning.model.protocol import Protocol

_SAMPLE_MM = 0.5
_COARSE_SAMPLE_MM = 3.0
_WORTH_KNOWING_MM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskGroup:
    """Structures of one class that demand the same distances and so share one distance map.

    Parameters
    ----------
    doubt_mm : float
        Standard deviation of where their edges are.
    enveloped : bool
        Whether 95 % of the executed needles have to stay outside, at every depth.
    margin_in_bone_mm : float or None
        The margin that holds instead while the needle is inside bone.
    """

    risk_class: str
    margin_mm: float
    doubt_mm: float = 0.0
    enveloped: bool = False
    margin_in_bone_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskStructure:
    """One structure at risk with its margin and its surface.

    Parameters
    ----------
    risk_class : str
        vessel, nerve, joint or organ: the clearance criterion it feeds.
    margin_mm : float
        Least clearance that is demanded.
    mask : Mask
        Its part within the needle's surroundings (all of it where none lies there).
    surface : Surface
        Its surface points in LPS mm.
    doubt_mm, enveloped, margin_in_bone_mm
        See `RiskGroup`.
    """

    structure: Structure
    risk_class: str
    margin_mm: float
    mask: Mask
    surface: Surface
    doubt_mm: float = 0.0
    enveloped: bool = False
    margin_in_bone_mm: float | None = None

    @property
    def group(self) -> RiskGroup:
        """What it demands, alike for all structures that share its distance map."""
        return RiskGroup(
            risk_class=self.risk_class,
            margin_mm=self.margin_mm,
            doubt_mm=self.doubt_mm,
            enveloped=self.enveloped,
            margin_in_bone_mm=self.margin_in_bone_mm,
        )

    def nearest(self, trajectory: Trajectory, needle_radius_mm: float) -> Nearest:
        """Return where the structure comes nearest to the needle between skin and tip.

        The axis is sampled coarsely, then finely wherever the coarse samples leave room for a
        smaller distance; the surface points found are measured against the whole segment, so that
        the sampling does not show in the clearance.
        """
        depth = self._telling_depths_mm(trajectory)
        entry, direction = np.array(trajectory.entry_lps_mm), trajectory.direction_lps
        on_axis = entry + depth[:, None] * direction
        distance, index = (np.asarray(a) for a in self.surface.query(on_axis))
        inside = inside_at(self.mask, on_axis)
        if inside.any():
            deepest = int(np.argmax(np.where(inside, distance, -1.0)))
            return self._at(depth[deepest], -distance[deepest], index[deepest], needle_radius_mm)
        points = self.surface.data[index]
        along = np.clip((points - entry) @ direction, 0.0, trajectory.insertion_depth_mm)
        apart = np.linalg.norm(points - (entry + along[:, None] * direction), axis=1)
        best = int(np.argmin(apart))
        return self._at(along[best], apart[best], index[best], needle_radius_mm)

    def at_least_mm(self, trajectory: Trajectory) -> float:
        """Return a distance the surface surely keeps from the axis, from their bounding boxes."""
        ends = np.array([trajectory.entry_lps_mm, trajectory.tip_lps_mm])
        gap = np.maximum(
            self.surface.mins - ends.max(axis=0), ends.min(axis=0) - self.surface.maxes
        )
        return float(np.linalg.norm(np.maximum(gap, 0.0)))

    def _telling_depths_mm(self, trajectory: Trajectory) -> Float64Array:
        """Return depths, 0.5 mm apart, around every place that may be the nearest.

        A distance changes by no more than the way along the axis, so between two samples it
        cannot fall below the smaller of them less half their spacing.
        """
        length = trajectory.insertion_depth_mm
        coarse = np.linspace(0.0, length, max(2, int(np.ceil(length / _COARSE_SAMPLE_MM)) + 1))
        entry = np.array(trajectory.entry_lps_mm)
        on_axis = entry + coarse[:, None] * trajectory.direction_lps
        distance = self.signed_distance_mm(on_axis)
        near = coarse[distance <= distance.min() + _COARSE_SAMPLE_MM]
        half = np.arange(-_COARSE_SAMPLE_MM, _COARSE_SAMPLE_MM + _SAMPLE_MM, _SAMPLE_MM) / 2.0
        return np.unique(np.clip((near[:, None] + half).ravel(), 0.0, length))

    def _at(self, depth_mm: float, distance_mm: float, index: int, radius_mm: float) -> Nearest:
        return Nearest(
            structure=self.structure.name,
            role=self.structure.role.value,
            clearance_mm=float(distance_mm) - radius_mm,
            depth_mm=float(depth_mm),
            point_lps_mm=vec3(self.surface.data[index]),
            margin_mm=self.margin_mm,
        )

    def signed_distance_mm(self, points_lps_mm: Float64Array) -> Float64Array:
        """Return the distance of (n, 3) points to the surface; negative inside."""
        distance, _ = self.surface.query(points_lps_mm)
        return np.where(inside_at(self.mask, points_lps_mm), -distance, distance)


def nearest_structures(
    risks: tuple[RiskStructure, ...], trajectory: Trajectory, needle_radius_mm: float
) -> tuple[Nearest, ...]:
    """Return where structures come nearest to the needle, the least beyond its margin first.

    Structures that surely stay farther than 50 mm are left out, but for each class the nearest
    is always among the answers.
    """
    order = sorted((r.at_least_mm(trajectory), n) for n, r in enumerate(risks))
    found: list[Nearest] = []
    best: dict[str, float] = {}
    for at_least_mm, number in order:
        risk = risks[number]
        if at_least_mm > max(_WORTH_KNOWING_MM, best.get(risk.risk_class, np.inf)):
            continue
        nearest = risk.nearest(trajectory, needle_radius_mm)
        distance_mm = nearest.clearance_mm + needle_radius_mm
        best[risk.risk_class] = min(distance_mm, best.get(risk.risk_class, np.inf))
        found.append(nearest)
    return tuple(sorted(found, key=lambda n: (n.clearance_mm - n.margin_mm, n.structure)))


def inside_at(mask: Mask, points_lps_mm: Float64Array) -> NDArray[np.bool_]:
    """Tell which of (n, 3) points lie in an inside voxel."""
    index = np.rint(mask.grid.index_from_lps(points_lps_mm)).astype(int)
    valid = ((index >= 0) & (index < np.array(mask.grid.size_ijk))).all(axis=1)
    found = np.zeros(len(index), dtype=np.bool_)
    i, j, k = index[valid].T
    found[valid] = mask.inside[k, j, i]
    return found


def margin_of(structure: Structure, protocol: Protocol, guidance: Guidance) -> float:
    """Return the clearance a structure demands under a protocol and guidance.

    Raises
    ------
    InputError
        If the structure's own margin is below the protocol's floor and no reason is recorded.
    """
    constraint = protocol.constraint(AT_RISK[structure.role])
    if constraint is None:
        return structure.margin_mm or 0.0
    if structure.margin_mm is None:
        general = constraint.limit(guidance)
        return dict(constraint.margin_by_role).get(structure.role.value, general)
    floor = constraint.floor
    if floor is not None and structure.margin_mm < floor and not structure.reason:
        message = (
            f'"{structure.name}": a margin of {structure.margin_mm:g} mm is below the floor of '
            f"{floor:g} mm in protocol {protocol.key}; raise it or record a reason."
        )
        raise InputError(message)
    return structure.margin_mm


def risk_structures(
    structures: tuple[tuple[Structure, Mask], ...],
    near: Grid,
    protocol: Protocol,
    guidance: Guidance,
    *,
    doubt: MaskDoubt,
    canal_in_bone_mm: float | None = None,
) -> tuple[RiskStructure, ...]:
    """Return the structures at risk around the needle, in the order given.

    Parameters
    ----------
    doubt : MaskDoubt
        How far the masks' edges may be wrong.
    canal_in_bone_mm : float or None
        The canal's margin while the needle is inside bone, where the site has one of its own.
    near : Grid
        The needle's surroundings. Structures are cut to it; where a whole class lies beyond, its
        structures are kept whole, so that their clearance stays known.
    """
    at_risk = [(s, m) for s, m in structures if s.role in AT_RISK]
    cut = {s.mask_id: _cut_to(m, near) for s, m in at_risk}
    classes_near = {AT_RISK[s.role] for s, _ in at_risk if cut[s.mask_id].inside.any()}
    found = []
    for structure, mask in at_risk:
        part = cut[structure.mask_id]
        if not part.inside.any():
            if AT_RISK[structure.role] in classes_near:
                continue
            part = mask
        constraint = protocol.constraint(AT_RISK[structure.role])
        found.append(
            RiskStructure(
                structure=structure,
                risk_class=AT_RISK[structure.role],
                margin_mm=margin_of(structure, protocol, guidance),
                doubt_mm=doubt.total_mm(structure),
                enveloped=constraint is not None and constraint.envelope,
                margin_in_bone_mm=canal_in_bone_mm if structure.role is Role.CANAL else None,
                mask=part,
                surface=Surface(data=boundary_points_lps_mm(part)),
            )
        )
    return tuple(found)


def _cut_to(mask: Mask, near: Grid) -> Mask:
    overlap = mask.overlap(near)
    if overlap is None:
        return Mask(grid=near.cropped((0, 0, 0), (1, 1, 1)), inside=np.zeros((1, 1, 1), dtype=bool))
    (k, j, i), inside = overlap
    depth, height, width = inside.shape
    grid = near.cropped((i.start, j.start, k.start), (width, height, depth))
    return Mask(grid=grid, inside=inside.copy())


def first_inside_ahead_mm(
    risks: tuple[RiskStructure, ...],
    from_lps_mm: Vec3,
    direction_lps: Float64Array,
    reach_mm: float,
) -> tuple[float, str]:
    """Return how far ahead of a point the first structure at risk begins, and its name.

    The answer is `reach_mm` and an empty name where nothing at risk lies that near.
    """
    steps = np.arange(0.0, reach_mm, _SAMPLE_MM / 2.0)
    ahead = np.array(from_lps_mm) + steps[:, None] * direction_lps
    best, name = reach_mm, ""
    for risk in risks:
        hits = np.flatnonzero(inside_at(risk.mask, ahead))
        if hits.size and steps[hits[0]] < best:
            best, name = float(steps[hits[0]]), risk.structure.name
    return best, name
