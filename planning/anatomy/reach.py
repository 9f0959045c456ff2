"""Where needles can run at all, from skin to lesion; looks at no structure at risk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.lesion import Lesion
from planning.anatomy.skin import SkinPoints
from planning.geometry import Grid, Vec3, box_around
from planning.model.case import Guidance
from planning.model.needle import Needle
from planning.model.protocol import Protocol

_ROOM_MM = 20.0
_ANY_ANGLE_DEG = 90.0


def within_reach(lesion: Lesion, skin: SkinPoints, needle: Needle) -> NDArray[np.bool_]:
    """Tell which points are skin, not the border of the volume, and near enough to the lesion."""
    away = np.linalg.norm(skin.points_lps_mm - np.array(lesion.centroid_lps_mm), axis=1)
    return np.asarray(~skin.at_border & (away <= needle.reach_mm + lesion.longest_chord_mm))


def needle_paths(
    near: Grid,
    lesion: Lesion,
    skin: SkinPoints,
    *,
    needle: Needle,
    protocol: Protocol,
    guidance: Guidance,
    slice_normal_lps: Vec3,
) -> Grid:
    """Return the block of `near` in which needles run, and what lies ahead of their tips.

    Skin is left out where geometry alone forbids it: beyond reach, on the table side, or so far
    from the lesion's slices that the needle would be steeper than the protocol allows.
    """
    ahead_mm = needle.core_length_mm + needle.dead_space_mm + protocol.search.beyond_tip_mm
    corners = [box_around(near, lesion.tumour.grid.corners_lps_mm(), ahead_mm).of(near)]
    climb_mm = needle.reach_mm * np.sin(np.radians(_steepest_deg(protocol, guidance)))
    offset = skin.points_lps_mm - np.array(lesion.centroid_lps_mm)
    out_of_slice = np.abs(offset @ np.array(slice_normal_lps))
    usable = within_reach(lesion, skin, needle) & skin.entry_side_ok & ~skin.no_entry
    usable &= out_of_slice <= climb_mm + lesion.longest_chord_mm
    if usable.any():
        corners.append(box_around(near, skin.points_lps_mm[usable], _ROOM_MM).of(near))
    return box_around(near, np.vstack([g.corners_lps_mm() for g in corners]), 0.0).of(near)


def _steepest_deg(protocol: Protocol, guidance: Guidance) -> float:
    """Return the steepest angle to the slices that a protocol allows."""
    limits = [c.limit(guidance) for c in protocol.constraints if c.criterion == "off_plane_deg"]
    return min([*limits, _ANY_ANGLE_DEG])
