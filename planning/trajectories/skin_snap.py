"""Puts an entry that a hand points at onto the skin; measures and judges nothing."""

from __future__ import annotations

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.crossing import skin_crossing
from planning.anatomy.risks import inside_at
from planning.geometry import Float64Array, Vec3, vec3

_STEP_VOXELS = 0.5
_LEAST_MM = 1.0
_NEARBY_MM = 15.0


def on_skin_along(anatomy: Anatomy, point_lps_mm: Vec3, tip_lps_mm: Vec3) -> Vec3:
    """Return where the line from a tip through a point leaves the body, nearest to the point.

    The outer skin along the needle's own direction, so that an entry follows the hand without
    leaving the plane it is pulled in. Where that line meets no skin, the nearest skin point is
    taken instead.
    """
    tip, wanted = np.array(tip_lps_mm), np.array(point_lps_mm)
    away = float(np.linalg.norm(wanted - tip))
    if away < _LEAST_MM:
        return nearest_skin(anatomy, point_lps_mm)
    outward = (wanted - tip) / away
    step = _STEP_VOXELS * min(anatomy.ct.grid.spacing_mm)
    depth = np.arange(0.0, _longest_mm(anatomy), step)
    points = tip + depth[:, None] * outward
    held = inside_at(anatomy.body, points)
    leaves = np.flatnonzero(held[:-1] & ~held[1:])
    # Where the volume ends the body is cut: that is no skin.
    leaves = leaves[anatomy.ct.grid.border_distance_mm(points[leaves + 1]) > step]
    if leaves.size == 0:
        return nearest_skin(anatomy, point_lps_mm)
    at = leaves[np.argmin(np.abs(depth[leaves] - away))]
    return _settled(anatomy, points[at], tip)


def nearest_skin(anatomy: Anatomy, point_lps_mm: Vec3) -> Vec3:
    """Return the nearest point of the skin that is skin and not the border of the volume.

    Of points about as near, one on the side that may be entered is preferred.
    """
    skin = anatomy.skin
    away = np.linalg.norm(skin.points_lps_mm - np.array(point_lps_mm), axis=1)
    real = ~skin.at_border
    if not real.any():
        return point_lps_mm
    away = np.where(real, away, np.inf)
    allowed = np.where(skin.entry_side_ok & ~skin.no_entry, away, np.inf)
    chosen = away if allowed.min() > away.min() + _NEARBY_MM else allowed
    return vec3(skin.points_lps_mm[int(np.argmin(chosen))])


def on_skin_seen(anatomy: Anatomy, from_lps_mm: Vec3, to_lps_mm: Vec3) -> Vec3 | None:
    """Return the first skin that a look from one point toward another meets; None where none."""
    start, end = np.array(from_lps_mm), np.array(to_lps_mm)
    length = float(np.linalg.norm(end - start))
    if length < _LEAST_MM:
        return None
    step = _STEP_VOXELS * min(anatomy.ct.grid.spacing_mm)
    points = start + np.arange(0.0, length, step)[:, None] * (end - start) / length
    held = inside_at(anatomy.body, points)
    first = np.flatnonzero(~held[:-1] & held[1:])
    if first.size == 0:
        return None
    return _settled(anatomy, points[first[0]], end)


def inward_from(anatomy: Anatomy, entry_lps_mm: Vec3, depth_mm: float) -> Vec3:
    """Return the point so deep under an entry, straight in from the skin."""
    _, nearest = anatomy.skin_tree.query(entry_lps_mm)
    normal = anatomy.skin.normals_lps[nearest]
    return vec3(np.array(entry_lps_mm) - depth_mm * normal)


def _settled(anatomy: Anatomy, guess: Float64Array, inside: Float64Array) -> Vec3:
    """Return where the smoothed body begins near a guess, finer than a voxel."""
    found = skin_crossing(anatomy.body, guess[None], inside[None])[0]
    return vec3(guess if np.isnan(found).any() else found)


def _longest_mm(anatomy: Anatomy) -> float:
    return float(np.linalg.norm(np.ptp(anatomy.ct.grid.corners_lps_mm(), axis=0)))
