"""Masks on a coarser lattice of the CT and back, so that nothing thin vanishes; no meaning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy import distance
from planning.arrays import fixed
from planning.compiled import compiled
from planning.geometry import Box, Float64Array, Grid, box_of, vec3
from planning.image import Mask

BoolArray = NDArray[np.bool_]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Blocks of voxels of the CT; every box below counts blocks.

    Parameters
    ----------
    factors_ijk : tuple of int
        Voxels per block along i, j, k. The last block of an axis may be incomplete.
    """

    ct_grid: Grid
    factors_ijk: tuple[int, int, int]

    @classmethod
    def about(cls, ct_grid: Grid, block_mm: float) -> Lattice:
        """Return a lattice with blocks of at most `block_mm`, or single voxels where larger."""
        i, j, k = (max(1, int(block_mm / h)) for h in ct_grid.spacing_mm)
        return cls(ct_grid=ct_grid, factors_ijk=(i, j, k))

    @property
    def block_mm(self) -> Float64Array:
        """(3,) edges of a block along i, j, k."""
        return np.array(self.ct_grid.spacing_mm) * self.factors_ijk

    @property
    def size_ijk(self) -> NDArray[np.int64]:
        """(3,) blocks along i, j, k."""
        return np.asarray(-(-np.array(self.ct_grid.size_ijk) // np.array(self.factors_ijk)))

    def around(self, masks: Sequence[Mask], margin_mm: float) -> Box | None:
        """Return the blocks within `margin_mm` of the masks' box; None if all masks are empty."""
        ends = [e for e in (self._ends(m) for m in masks) if e is not None]
        if not ends:
            return None
        factors = np.array(self.factors_ijk)
        reach = np.ceil(margin_mm / self.block_mm).astype(np.int64)
        low = np.min([e[0] for e in ends], axis=0) // factors - reach
        high = -(-np.max([e[1] for e in ends], axis=0) // factors) + reach
        return _box(np.maximum(low, 0), np.minimum(high, self.size_ijk))

    def _ends(self, mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        box = box_of(mask.inside)
        offset = mask.grid.offset_in(self.ct_grid)
        if offset is None:
            message = "the mask lies on another lattice than the CT"
            raise ValueError(message)
        if box is None:
            return None
        return np.add(box.low_ijk, offset), np.add(box.high_ijk, offset)

    def voxels(self, box: Box) -> Grid:
        """Return the CT's voxels in a box, as a grid."""
        factors = np.array(self.factors_ijk)
        low = np.array(box.low_ijk) * factors
        high = np.minimum(np.array(box.high_ijk) * factors, self.ct_grid.size_ijk)
        return _box(low, high).of(self.ct_grid)

    def blocks(self, box: Box) -> Grid:
        """Return the blocks in a box as a grid of their centres."""
        first = np.array(box.low_ijk) * self.factors_ijk + (np.array(self.factors_ijk) - 1) / 2.0
        return Grid(
            size_ijk=box.size_ijk,
            spacing_mm=vec3(self.block_mm),
            origin_lps_mm=vec3(self.ct_grid.lps_from_index(first)),
            direction_lps=self.ct_grid.direction_lps,
        )

    def pooled(self, masks: Iterable[Mask], box: Box) -> BoolArray:
        """Return which blocks of a box hold any voxel of any of the masks, ``[k, j, i]``."""
        voxels = self.voxels(box)
        blocks = np.zeros(box.size_ijk[::-1], dtype=np.bool_)
        for mask in masks:
            pool_into(blocks, mask, voxels, self.factors_ijk)
        return blocks

    def mask_of(self, blocks: BoolArray, box: Box) -> Mask:
        """Return the voxels of the CT in the blocks that are true."""
        voxels = self.voxels(box)
        inside = np.empty(voxels.shape_kji, dtype=np.bool_)
        _unpool(fixed(blocks), self.factors_ijk[::-1], inside)
        return Mask(grid=voxels, inside=inside)


def pool_into(
    blocks: BoolArray, mask: Mask, voxels: Grid, factors_ijk: tuple[int, int, int]
) -> None:
    """Set the blocks of a grid of voxels, ``[k, j, i]``, that hold any voxel of a mask.

    Raises
    ------
    ValueError
        If mask and grid do not share one lattice.
    """
    offset = mask.offset_kji(voxels)
    _pool(blocks, fixed(mask.inside), offset, voxels.shape_kji, factors_ijk[::-1])


@compiled  # type: ignore[untyped-decorator]
def _pool(
    blocks: BoolArray,
    inside: BoolArray,
    offset_kji: tuple[int, int, int],
    size_kji: tuple[int, int, int],
    factors_kji: tuple[int, int, int],
) -> None:  # pragma: no cover
    k, j, i = offset_kji
    depth, height, width = inside.shape
    low, high = max(i, 0), min(i + width, size_kji[2])
    block_i = np.arange(size_kji[2]) // factors_kji[2]
    for kk in range(max(k, 0), min(k + depth, size_kji[0])):
        for jj in range(max(j, 0), min(j + height, size_kji[1])):
            row = blocks[kk // factors_kji[0], jj // factors_kji[1]]
            mask = inside[kk - k, jj - j]
            for ii in range(low, high):
                if mask[ii - i]:
                    row[block_i[ii]] = True


@compiled  # type: ignore[untyped-decorator]
def _unpool(
    blocks: BoolArray, factors_kji: tuple[int, int, int], inside: BoolArray
) -> None:  # pragma: no cover
    depth, height, width = inside.shape
    block_i = np.arange(width) // factors_kji[2]
    for k in range(depth):
        for j in range(height):
            if j % factors_kji[1]:
                inside[k, j] = inside[k, j - 1]
            elif k % factors_kji[0]:
                inside[k, j] = inside[k - 1, j]
            else:
                row = blocks[k // factors_kji[0], j // factors_kji[1]]
                for i in range(width):
                    inside[k, j, i] = row[block_i[i]]


def overlap(one: Box | None, other: Box | None) -> Box | None:
    """Return the box two boxes share, or None."""
    if one is None or other is None:
        return None
    low = np.maximum(one.low_ijk, other.low_ijk)
    high = np.minimum(one.high_ijk, other.high_ijk)
    return _box(low, high) if (low < high).all() else None


def signed_distance_mm(
    inside: BoolArray, block_mm: Float64Array, *, at_most_mm: float = math.inf
) -> Float32Array:
    """Return each block's distance to the structure's outermost blocks, centre to centre.

    Negative inside, 0 on the outermost inside blocks, infinite where the structure is empty and
    too far or infinite beyond `at_most_mm`.
    """
    return distance.signed_distance_mm(inside, block_mm[::-1].tolist(), at_most_mm=at_most_mm)


def along_lps(grid: Grid, axis: int) -> Float64Array:
    """Return one LPS coordinate (0 x, 1 y, 2 z) of every voxel's centre, ``[k, j, i]``, in mm."""
    steps = np.array(grid.direction_lps)[:, axis] * grid.spacing_mm
    i, j, k = (s * np.arange(n) for s, n in zip(steps, grid.size_ijk, strict=True))
    return np.asarray(grid.origin_lps_mm[axis] + k[:, None, None] + j[:, None] + i)


def _box(low: NDArray[np.int64], high: NDArray[np.int64]) -> Box:
    i, j, k = (int(v) for v in low)
    a, b, c = (int(v) for v in high)
    return Box((i, j, k), (a, b, c))
