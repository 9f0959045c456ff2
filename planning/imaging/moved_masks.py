"""Masks and images of one CT brought into the frame of another by a rigid transform.

Decides neither whether the transform is right nor what a moved mask is worth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.geometry import Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.lattice import block_under, nearest
from planning.imaging.transforms import RigidTransform

_ODD = (1, 3, 5)
_CLOSE_ENOUGH = 0.55


def moved_mask(mask: Mask, transform: RigidTransform, target: Volume) -> Mask | None:
    """Return a mask on the smallest block of another CT's lattice; None if nothing of it is there.

    A voxel is inside if most of it is: where the target's voxels are coarser than the mask's, each
    is looked up in several places. What is too thin to fill half of any voxel keeps every voxel it
    touches, rather than vanish.

    Parameters
    ----------
    transform : RigidTransform
        From the mask's frame (its "CT") into the target's (its "second").
    """
    mask = mask.cropped(margin_voxels=1)
    placed = replace(mask, grid=transform.inverse.placed_in_ct(mask.grid))
    box = block_under(placed.grid, target.grid)
    if box is None:
        return None
    block = box.of(target.grid)
    parts = _parts(block, placed.grid)
    looked_up = nearest(placed, _divided(block, parts))
    k, j, i = block.shape_kji
    a, b, c = parts[::-1]
    filled = looked_up.reshape(k, a, j, b, i, c).mean(axis=(1, 3, 5), dtype=np.float32)
    inside = filled >= 0.5
    if not inside.any():
        inside = filled > 0.0
    if not inside.any():
        return None
    moved = Mask(grid=block, inside=inside, frame_of_reference_uid=target.frame_of_reference_uid)
    return moved.cropped()


def _parts(block: Grid, source: Grid) -> tuple[int, int, int]:
    """Return into how many parts a voxel of the block is divided along each of its axes."""
    finest = min(source.spacing_mm)
    # Odd numbers: with an even number of places half of them can be inside, which would have to
    # count as in or as out, and shift every flat face by a part of a voxel.
    i, j, k = (
        next((n for n in _ODD if n >= _CLOSE_ENOUGH * spacing / finest), _ODD[-1])
        for spacing in block.spacing_mm
    )
    return (i, j, k)


def _divided(block: Grid, parts: tuple[int, int, int]) -> Grid:
    first = block.lps_from_index([(1.0 / n - 1.0) / 2.0 for n in parts])
    i, j, k = (size * n for size, n in zip(block.size_ijk, parts, strict=True))
    return Grid(
        size_ijk=(i, j, k),
        spacing_mm=vec3([s / n for s, n in zip(block.spacing_mm, parts, strict=True)]),
        origin_lps_mm=vec3(first),
        direction_lps=block.direction_lps,
    )


def moved_volume(volume: Volume, transform: RigidTransform, target: Volume) -> Volume:
    """Return an image as it lies in another CT's frame; its voxels stay what they are."""
    back = transform.inverse
    return replace(
        volume,
        grid=back.placed_in_ct(volume.grid),
        slice_normal_lps=vec3(transform.rotation @ np.array(volume.slice_normal_lps)),
        frame_of_reference_uid=target.frame_of_reference_uid,
    )
