"""Where a path begins when only one of its ends was placed by hand; keeps and judges none."""

from __future__ import annotations

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.geometry import Vec3, vec3
from planning.model.needle import Trajectory
from planning.trajectories.live import skin_map
from planning.trajectories.skin_snap import inward_from, nearest_skin, on_skin_along

_NO_DIRECTION_MM = 10.0
_FIRST_DEPTH_MM = 40.0


def from_tip(anatomy: Anatomy, tip_lps_mm: Vec3) -> Trajectory:
    """Return a path to a tip from the best skin for it, else from the nearest that may be entered.

    The best is the highest score of all skin from which no limit is broken.
    """
    fields = anatomy.fields
    if fields is not None and bool(fields.grid.contains(tip_lps_mm)):
        scores = skin_map(anatomy, fields, tip_lps_mm).scores
        if np.isfinite(scores).any():
            entry = anatomy.skin.points_lps_mm[int(np.nanargmax(scores))]
            return Trajectory(vec3(entry), tip_lps_mm)
    entry_lps_mm = nearest_skin(anatomy, tip_lps_mm)
    if _apart_mm(entry_lps_mm, tip_lps_mm) < 1.0:
        return Trajectory(entry_lps_mm, inward_from(anatomy, entry_lps_mm, _FIRST_DEPTH_MM))
    return Trajectory(entry_lps_mm, tip_lps_mm)


def from_entry(anatomy: Anatomy, point_lps_mm: Vec3) -> Trajectory:
    """Return a path from the skin at a point into the middle of the lesion.

    The specimen's middle lies in the lesion's. Without a lesion the path goes from the nearest
    skin to the point, or straight in where the point itself is on the skin.
    """
    lesion, needle = anatomy.lesion, anatomy.needle
    if lesion is None:
        entry = nearest_skin(anatomy, point_lps_mm)
        if _apart_mm(entry, point_lps_mm) >= _NO_DIRECTION_MM:
            return Trajectory(entry, point_lps_mm)
        return Trajectory(entry, inward_from(anatomy, entry, _FIRST_DEPTH_MM))
    middle = lesion.centroid_lps_mm
    if _apart_mm(point_lps_mm, middle) < _NO_DIRECTION_MM:
        entry = nearest_skin(anatomy, point_lps_mm)
    else:
        entry = on_skin_along(anatomy, point_lps_mm, middle)
    way = Trajectory(entry, middle)
    beyond_mm = needle.dead_space_mm + needle.core_length_mm / 2.0
    tip = way.at_depth_mm(way.insertion_depth_mm + beyond_mm)
    return Trajectory(entry, tip if bool(anatomy.ct.grid.contains(tip)) else middle)


def _apart_mm(first_lps_mm: Vec3, second_lps_mm: Vec3) -> float:
    return float(np.linalg.norm(np.subtract(first_lps_mm, second_lps_mm)))
