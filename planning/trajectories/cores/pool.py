"""Which cores a set may be made of: a fan through one entry, or single needles; chooses none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.crossing import skin_crossing
from planning.anatomy.fields import ScreenFields
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array
from planning.model.core_set import CoreRules
from planning.model.needle import Trajectory
from planning.trajectories import judging
from planning.trajectories.cores.spacing import angles_deg, segment_distances_mm
from planning.trajectories.elimination import Survivors
from planning.trajectories.feasible import paired, screened
from planning.trajectories.placement import across
from planning.trajectories.sampling import along

_TIP_STEP_MM = 3.0
_RINGS = 2
_OPEN_CORTEX_MM = 1.0
_CELL_MM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Cores that may be taken together, all keeping every limit.

    Parameters
    ----------
    entries_lps_mm, tips_lps_mm : ndarray, shape (n, 3)
    one_entry : bool
        Whether all go through one hole.
    fan_deg : float
        Largest angle between two of them; 180 where each has its own entry.
    spacing_mm : float
        Wanted least distance between two specimens.
    """

    entries_lps_mm: Float64Array
    tips_lps_mm: Float64Array
    one_entry: bool
    fan_deg: float
    spacing_mm: float

    def __len__(self) -> int:
        return len(self.entries_lps_mm)

    def chosen(self, keep: NDArray[np.intp] | NDArray[np.bool_]) -> Pool:
        """Return a part of the pool."""
        return Pool(
            entries_lps_mm=self.entries_lps_mm[keep],
            tips_lps_mm=self.tips_lps_mm[keep],
            one_entry=self.one_entry,
            fan_deg=self.fan_deg,
            spacing_mm=self.spacing_mm,
        )


def fan(anatomy: Anatomy, fields: ScreenFields, lead: Trajectory, rules: CoreRules) -> Pool:
    """Return the cores that can be taken through the hole of one needle, itself first.

    The pivot is where the needle meets intact cortex, or the skin where it meets none. Needles
    turn about it by at most the fan's angle and end at different depths. Specimens are wanted as
    far apart as the fan allows at the lead's specimen, ``d tan(fan)`` at a distance d beyond the
    pivot, and never overlapping.
    """
    pivot_mm, is_bone = _pivot(anatomy, lead)
    fan_deg = rules.fan_bone_deg if is_bone else rules.fan_soft_deg
    pivot = np.array(lead.at_depth_mm(pivot_mm))
    directions = _directions(anatomy, lead.direction_lps, fan_deg)
    reach = _tip_distances(anatomy, lead.insertion_depth_mm - pivot_mm)
    tips = (pivot + reach[:, None, None] * directions).reshape(-1, 3)
    back = np.tile(directions, (len(reach), 1))
    if is_bone:
        entries = skin_crossing(anatomy.body, pivot - pivot_mm * back, tips)
    else:
        entries = np.repeat(np.array([lead.entry_lps_mm]), len(tips), axis=0)
    known = ~np.isnan(entries).any(axis=1)
    entries = np.vstack([lead.entry_lps_mm, entries[known]])
    tips = np.vstack([lead.tip_lps_mm, tips[known]])
    _, broken, _ = screened(
        anatomy, fields, paired(entries, tips), step_mm=anatomy.protocol.search.step_mm
    )
    keep = broken < 0
    keep[0] = True
    middle_mm = lead.insertion_depth_mm - pivot_mm - anatomy.needle.core_length_mm / 2.0
    allowed_mm = max(0.0, middle_mm) * float(np.tan(np.radians(fan_deg)))
    return Pool(
        entries_lps_mm=entries[keep],
        tips_lps_mm=tips[keep],
        one_entry=True,
        fan_deg=fan_deg,
        spacing_mm=min(rules.spacing_mm, max(allowed_mm, anatomy.needle.outer_diameter_mm)),
    )


def _pivot(anatomy: Anatomy, lead: Trajectory) -> tuple[float, bool]:
    """Return the depth about which needles through the same hole turn, and whether it is bone."""
    samples = along(anatomy, lead)
    bone_mm = samples.first_depth_mm(Tissue.BONE)
    drilled = samples.length_mm(Tissue.BONE) > _OPEN_CORTEX_MM
    return (bone_mm, True) if drilled else (0.0, False)


def _directions(anatomy: Anatomy, along_lps: Float64Array, fan_deg: float) -> Float64Array:
    """Return unit vectors on rings about a direction, itself first, shape (m, 3)."""
    one, other = across(along_lps[None], np.array(anatomy.near.direction_lps))
    found = [along_lps]
    for ring in range(1, _RINGS + 1):
        tilt = np.tan(np.radians(fan_deg * ring / _RINGS))
        for turn in np.arange(6 * ring) * 2.0 * np.pi / (6 * ring):
            tilted = along_lps + tilt * (np.cos(turn) * one[0] + np.sin(turn) * other[0])
            found.append(tilted / np.linalg.norm(tilted))
    return np.array(found)


def _tip_distances(anatomy: Anatomy, lead_mm: float) -> Float64Array:
    """Return distances of tips from the pivot, the lead's among them."""
    assert anatomy.lesion is not None, "only a case with a lesion is planned"
    span = anatomy.lesion.longest_chord_mm + anatomy.needle.core_length_mm
    steps = np.arange(-np.ceil(span / _TIP_STEP_MM), np.ceil(span / _TIP_STEP_MM) + 1.0)
    distances = lead_mm + _TIP_STEP_MM * steps
    return np.asarray(distances[distances > _TIP_STEP_MM])


def single_needles(anatomy: Anatomy, survivors: Survivors, rules: CoreRules) -> Pool:
    """Return survivors with different specimens: the best of each part of the lesion."""
    needles = survivors.needles
    entries = needles.entries_lps_mm[needles.entry_of]
    tips = needles.tips_lps_mm[needles.tip_of]
    lengths = np.linalg.norm(tips - entries, axis=1, keepdims=True)
    needle = anatomy.needle
    middle = tips - (tips - entries) / lengths * (needle.dead_space_mm + needle.core_length_mm / 2)
    axes = np.array(anatomy.near.direction_lps)
    assert anatomy.lesion is not None, "only a case with a lesion is planned"
    cell = np.floor((middle - np.array(anatomy.lesion.centroid_lps_mm)) @ axes.T / _CELL_MM + 0.5)
    order = np.argsort(-judging.scores(anatomy.protocol, survivors.measures), kind="stable")
    _, first = np.unique(cell[order].astype(np.int64), axis=0, return_index=True)
    best = order[np.sort(first)]
    return Pool(
        entries_lps_mm=entries[best],
        tips_lps_mm=tips[best],
        one_entry=False,
        fan_deg=180.0,
        spacing_mm=rules.spacing_mm,
    )


def compatible(
    anatomy: Anatomy, pool: Pool, spacing_mm: float, rules: CoreRules
) -> NDArray[np.bool_]:
    """Tell which two cores of a pool may be in one set, shape (n, n).

    Their specimens keep the spacing; through one entry they stay within the fan, and with two
    entries their shafts do not collide.
    """
    needle = anatomy.needle
    apart = pool.tips_lps_mm - pool.entries_lps_mm
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    directions = apart / lengths
    deep = pool.tips_lps_mm - directions * needle.dead_space_mm
    shallow = deep - directions * np.minimum(needle.core_length_mm, lengths - needle.dead_space_mm)
    fits = segment_distances_mm(shallow, deep) >= spacing_mm
    if pool.one_entry:
        return np.asarray(fits & (angles_deg(directions) <= pool.fan_deg + 1e-6))
    gap_mm = 2.0 * needle.radius_mm + rules.collision_mm
    return np.asarray(
        fits & (segment_distances_mm(pool.entries_lps_mm, pool.tips_lps_mm) >= gap_mm)
    )
