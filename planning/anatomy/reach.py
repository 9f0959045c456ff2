"""Where needles can run at all, from skin to lesion; looks at no structure at risk."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What limits where a needle can run, before anything is known about tissue.

    Parameters
    ----------
    reach_mm : float
        Deepest insertion depth.
    ahead_mm : float
        How far beyond the lesion tips may lie and are looked ahead of.
    steepest_deg : float
        Largest angle to the slices.
    """

    reach_mm: float
    ahead_mm: float
    steepest_deg: float
    slice_normal_lps: Vec3


def limits_of(
    needle: Needle, protocol: Protocol, guidance: Guidance, slice_normal_lps: Vec3
) -> Limits:
    """Return the limits a needle has under a protocol and guidance."""
    angles = [c.limit(guidance) for c in protocol.constraints if c.criterion == "off_plane_deg"]
    return Limits(
        reach_mm=needle.reach_mm,
        ahead_mm=needle.core_length_mm + needle.dead_space_mm + protocol.search.beyond_tip_mm,
        steepest_deg=min([*angles, _ANY_ANGLE_DEG]),
        slice_normal_lps=slice_normal_lps,
    )


def within_reach(lesion: Lesion, skin: SkinPoints, limits: Limits) -> NDArray[np.bool_]:
    """Tell which points are skin, not the border of the volume, and near enough to the lesion."""
    away = np.linalg.norm(skin.points_lps_mm - np.array(lesion.centroid_lps_mm), axis=1)
    return np.asarray(~skin.at_border & (away <= limits.reach_mm + lesion.longest_chord_mm))


def reachable_block(
    near: Grid,
    lesion: Lesion,
    limits: Limits,
) -> Grid:
    """Return the block of `near` that any allowed needle into the lesion comes within 20 mm of.

    A needle no steeper to the slices than theta reaches ``L cos(phi - theta)`` along an axis at
    an angle phi to the slices, and its whole length along axes nearer to them.
    """
    steepest = np.radians(limits.steepest_deg)
    axes = np.array(near.direction_lps)
    to_slices = np.arcsin(np.clip(np.abs(axes @ np.array(limits.slice_normal_lps)), 0.0, 1.0))
    reach_mm = limits.reach_mm * np.cos(np.maximum(0.0, to_slices - steepest)) + _ROOM_MM
    corners = lesion.tumour.grid.corners_lps_mm()
    spread = np.vstack(
        [corners + s * r * a for r, a in zip(reach_mm, axes, strict=True) for s in (-1, 1)]
    )
    return box_around(near, spread, 0.0).of(near)


def needle_paths(
    near: Grid,
    lesion: Lesion,
    skin: SkinPoints,
    limits: Limits,
) -> Grid:
    """Return the block of `near` in which needles run, and what lies ahead of their tips.

    Skin is left out where geometry alone forbids it: beyond reach, on the table side, or so far
    from the lesion's slices that the needle would be steeper than the protocol allows.
    """
    corners = [box_around(near, lesion.tumour.grid.corners_lps_mm(), limits.ahead_mm).of(near)]
    climb_mm = limits.reach_mm * np.sin(np.radians(limits.steepest_deg))
    offset = skin.points_lps_mm - np.array(lesion.centroid_lps_mm)
    out_of_slice = np.abs(offset @ np.array(limits.slice_normal_lps))
    usable = within_reach(lesion, skin, limits) & skin.entry_side_ok & ~skin.no_entry
    usable &= out_of_slice <= climb_mm + lesion.longest_chord_mm
    if usable.any():
        corners.append(box_around(near, skin.points_lps_mm[usable], _ROOM_MM).of(near))
    return box_around(near, np.vstack([g.corners_lps_mm() for g in corners]), 0.0).of(near)
