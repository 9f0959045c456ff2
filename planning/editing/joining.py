"""Two masks of one lattice put together: added, taken away, common to both; draws no shapes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.geometry import Box, Grid
from planning.image import Mask


def added(mask: Mask, more: Mask) -> Mask:
    """Return what is inside either mask, on a block that holds both.

    The same object where `more` brings nothing new.

    Raises
    ------
    ValueError
        If the two do not share one lattice.
    """
    if not more.inside.any() or not _brings(mask, more):
        return mask
    grid = _hull(mask, more.cropped())
    inside = mask.on(grid)
    block = more.overlap(grid)
    assert block is not None, "the block was made to hold both"
    inside[block[0]] |= block[1]
    return replace(mask, grid=grid, inside=inside)


def taken_away(mask: Mask, less: Mask) -> Mask:
    """Return what is inside `mask` and not inside `less`; the same object where that is all of it.

    Raises
    ------
    ValueError
        If the two do not share one lattice.
    """
    block = less.overlap(mask.grid)
    if block is None or not (mask.inside[block[0]] & block[1]).any():
        return mask
    inside = mask.inside.copy()
    inside[block[0]] &= ~block[1]
    return replace(mask, inside=inside)


def common(mask: Mask, other: Mask) -> Mask:
    """Return what is inside both; the same object where that is all of `mask`.

    Raises
    ------
    ValueError
        If the two do not share one lattice.
    """
    there = other.on(mask.grid)
    if not (mask.inside & ~there).any():
        return mask
    return replace(mask, inside=mask.inside & there)


def empty_mask(grid: Grid, frame_of_reference_uid: str = "") -> Mask:
    """Return a mask without an inside on the first voxel of a grid."""
    return Mask(
        grid=grid.cropped((0, 0, 0), (1, 1, 1)),
        inside=np.zeros((1, 1, 1), dtype=np.bool_),
        frame_of_reference_uid=frame_of_reference_uid,
    )


def widened(mask: Mask, room: Grid, margin_ijk: tuple[int, int, int]) -> Mask:
    """Return a mask cropped to its inside and a margin of voxels around it, as far as `room` goes.

    Raises
    ------
    ValueError
        If the mask and the room do not share one lattice.
    """
    block = mask.cropped()
    offset = block.offset_kji(room)[::-1]
    ends = zip(offset, block.grid.size_ijk, margin_ijk, room.size_ijk, strict=True)
    low, high = [], []
    for start, size, margin, most in ends:
        low.append(max(0, start - margin))
        high.append(min(most, start + size + margin))
    grid = Box((low[0], low[1], low[2]), (high[0], high[1], high[2])).of(room)
    return replace(block, grid=grid, inside=block.on(grid))


def _brings(mask: Mask, more: Mask) -> bool:
    return bool((more.inside & ~mask.on(more.grid)).any())


def _hull(mask: Mask, more: Mask) -> Grid:
    """Return the block around both; only around the second where the first is empty."""
    offset = more.offset_kji(mask.grid)[::-1]
    if not mask.inside.any():
        return more.grid
    low = [min(0, o) for o in offset]
    ends = zip(offset, more.grid.size_ijk, mask.grid.size_ijk, strict=True)
    size = [max(most, o + n) - lo for (o, n, most), lo in zip(ends, low, strict=True)]
    return mask.grid.cropped((low[0], low[1], low[2]), (size[0], size[1], size[2]))
