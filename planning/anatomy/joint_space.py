"""Joint spaces between bones and the capsules around them, as masks; knows no joint by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from planning.anatomy.joint_rules import Capsule, JointRules, Part
from planning.anatomy.pooled import (
    BoolArray,
    Float32Array,
    Lattice,
    along_lps,
    overlap,
    signed_distance_mm,
)
from planning.geometry import Grid
from planning.image import Mask

_FINE_MM = 1.8
_COARSE_MM = 3.2
_FINE_CAPSULE_MM = 10.0
_MIDDLE_BAND_DEG = 20.0


def space_between(
    one: Sequence[Mask], other: Sequence[Mask], rules: JointRules, ct_grid: Grid
) -> Mask | None:
    """Return the voxels within `rules.gap_mm` of both bones, on the CT's lattice; None if none are.

    Of the bones themselves only the outer `rules.cortex_mm` belong to the space; so touching bones
    have one too. Bones are pooled to blocks of up to 1.8 mm, so the space is never too small.
    """
    lattice = Lattice.about(ct_grid, _FINE_MM)
    # Distances run between centres; the bones' faces are half a block nearer.
    half_mm = float(lattice.block_mm.max()) / 2.0
    # Twice the gap, so that the nearest face of each bone lies in the box as well.
    reach_mm = 2.0 * (rules.gap_mm + 2.0 * half_mm)
    box = overlap(lattice.around(one, reach_mm), lattice.around(other, reach_mm))
    if box is None:
        return None
    near = np.ones(lattice.blocks(box).shape_kji, dtype=np.bool_)
    farthest_mm = max(rules.gap_mm + half_mm, rules.cortex_mm)
    for bone in (one, other):
        distance = signed_distance_mm(
            lattice.pooled(bone, box), lattice.block_mm, at_most_mm=farthest_mm
        )
        near &= (distance <= rules.gap_mm + half_mm) & (distance >= half_mm - rules.cortex_mm)
    return lattice.mask_of(near, box).cropped() if near.any() else None


def capsule_around(
    space: Mask,
    bones: Mapping[str, Sequence[Mask]],
    capsules: Sequence[Capsule],
    rules: JointRules,
    ct_grid: Grid,
) -> Mask | None:
    """Return the capsule of a joint space: what hugs each bone end within its capsular distance.

    A voxel belongs to the bone it is nearest to. It has to lie within `rules.shell_mm` outside
    that bone or `rules.cortex_mm` inside it, and within the bone end's capsular distance of the
    joint space. Anterior and posterior are seen from the centre of the bone end.

    Parameters
    ----------
    bones : mapping of str to sequence of Mask
        By key; the bones that meet in the space.
    """
    farthest = max(c.distance_mm for c in capsules)
    lattice = Lattice.about(ct_grid, _FINE_MM if farthest <= _FINE_CAPSULE_MM else _COARSE_MM)
    everything = [m for masks in bones.values() for m in masks]
    box = overlap(
        lattice.around([space], farthest + rules.shell_mm),
        lattice.around(everything, rules.shell_mm),
    )
    if box is None:
        return None
    blocks = lattice.blocks(box)
    to_space = signed_distance_mm(
        lattice.pooled([space], box), lattice.block_mm, at_most_mm=farthest
    )
    hugging_mm = max(rules.shell_mm, rules.cortex_mm)
    depths = {
        key: signed_distance_mm(lattice.pooled(masks, box), lattice.block_mm, at_most_mm=hugging_mm)
        for key, masks in bones.items()
    }
    nearest = np.minimum.reduce(list(depths.values()))
    inside = np.zeros(blocks.shape_kji, dtype=np.bool_)
    for key, depth in depths.items():
        hugging = (depth == nearest) & (depth <= rules.shell_mm) & (depth >= -rules.cortex_mm)
        end = (depth <= 0.0) & (to_space <= farthest)
        inside |= hugging & (to_space <= _reach_mm(end, key, capsules, blocks))
    return lattice.mask_of(inside, box).cropped() if inside.any() else None


def _reach_mm(end: BoolArray, bone: str, capsules: Sequence[Capsule], blocks: Grid) -> Float32Array:
    """Return the capsular distance of a bone end in every direction around its axis."""
    reach = {c.part: c.distance_mm for c in capsules if c.bone in (bone, "*")}
    limit = np.full(end.shape, reach.get(Part.ALL, 0.0), dtype=np.float32)
    if not end.any() or not reach.keys() - {Part.ALL}:
        return limit
    sideways = along_lps(blocks, 0)
    backward = along_lps(blocks, 1)
    sideways = sideways - sideways[end].mean()
    backward = backward - backward[end].mean()
    band = np.abs(backward) <= np.abs(sideways) * np.tan(np.radians(_MIDDLE_BAND_DEG))
    where = {Part.ANTERIOR: backward < 0.0, Part.POSTERIOR: backward >= 0.0, Part.MIDDLE: band}
    for part, region in where.items():
        if part in reach:
            limit[region] = reach[part]
    return limit


def joined(masks: Sequence[Mask], ct_grid: Grid) -> Mask:
    """Return the union of masks on the smallest block of the CT that holds them all."""
    lattice = Lattice(ct_grid=ct_grid, factors_ijk=(1, 1, 1))
    box = lattice.around(masks, 0.0)
    assert box is not None, "empty masks are not joined"
    return lattice.mask_of(lattice.pooled(masks, box), box)
