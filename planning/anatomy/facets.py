"""The facet joints in what lies between two vertebrae, without disc and processes; no capsule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from planning.anatomy.pooled import BoolArray, Lattice, along_lps, signed_distance_mm
from planning.geometry import Float64Array, Grid
from planning.image import Mask

# Engineering defaults. The rim of a narrow disc bulges less than 3 mm behind the bodies; spinous
# processes lie within 7 mm of the midline and, where they touch, are small beside a facet joint;
# half a vertebral body is no deeper than 24 mm.
_BEHIND_BODIES_MM = 3.0
_BESIDE_MIDLINE_MM = 7.0
_SMALL_PART = 0.25
_CENTRAL = 0.8
_HALF_BODY_MM = 24.0
_BODY_LATTICE_MM = 3.2
_SAME_COLUMN_MM = 15.0
_ADJACENT_MM = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyWall:
    """The middle of a vertebral body's posterior wall."""

    x_lps_mm: float
    y_lps_mm: float
    z_lps_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A stretch of spine: the line along two neighbours' posterior walls."""

    above: BodyWall
    below: BodyWall

    def wall_lps_mm(self, z_lps_mm: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return x and y of the wall's middle at some heights."""
        fall = min(self.below.z_lps_mm - self.above.z_lps_mm, -1.0)
        share = (z_lps_mm - self.above.z_lps_mm) / fall
        x = self.above.x_lps_mm + share * (self.below.x_lps_mm - self.above.x_lps_mm)
        y = self.above.y_lps_mm + share * (self.below.y_lps_mm - self.above.y_lps_mm)
        return x, y


def column_of(upper: Sequence[Mask], lower: Sequence[Mask], ct_grid: Grid) -> Column | None:
    """Return the column two vertebrae form, or None where a body is not found."""
    above = body_wall(upper, ct_grid)
    below = body_wall(lower, ct_grid, beside=above)
    return None if above is None or below is None else Column(above=above, below=below)


def facet_spaces(space: Mask, column: Column) -> tuple[Mask | None, Mask | None]:
    """Return the right and the left part of a space that lies behind the vertebral bodies.

    What lies at least 3 mm behind the line along the posterior walls and 7 mm beside the midline
    stays, except small parts.

    Parameters
    ----------
    space : Mask
        What lies close to both vertebrae: disc space, facet joints, touching processes.
    """
    x, y, z = (along_lps(space.grid, axis) for axis in range(3))
    middle, wall = column.wall_lps_mm(z)
    behind = space.inside & (y >= wall + _BEHIND_BODIES_MM)
    right = _large_parts(behind & (middle - x >= _BESIDE_MIDLINE_MM))
    left = _large_parts(behind & (x - middle >= _BESIDE_MIDLINE_MM))
    return _mask(space, right), _mask(space, left)


def halves(mask: Mask, column: Column) -> tuple[Mask, Mask]:
    """Return the right and the left half of a mask, parted by the column's midline."""
    x, z = along_lps(mask.grid, 0), along_lps(mask.grid, 2)
    is_left = x >= column.wall_lps_mm(z)[0]
    right = Mask(grid=mask.grid, inside=mask.inside & ~is_left)
    return right, Mask(grid=mask.grid, inside=mask.inside & is_left)


def _large_parts(inside: BoolArray) -> BoolArray:
    labels, count = ndimage.label(inside, np.ones((3, 3, 3), dtype=np.bool_))
    if count < 2:
        return inside
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    keep = np.concatenate([[False], sizes >= _SMALL_PART * sizes.max()])
    return np.asarray(keep[labels])


def body_wall(
    vertebra: Sequence[Mask], ct_grid: Grid, beside: BodyWall | None = None
) -> BodyWall | None:
    """Return where the body of a vertebra ends at the canal, or None without any mask.

    The body is where the vertebra is thickest. From there the way goes straight back until the
    vertebra ends, at most 24 mm.

    Parameters
    ----------
    beside : BodyWall or None
        The neighbour above; the body is then sought below it in the same column, because the
        sacrum is thickest at its wings.
    """
    lattice = Lattice.about(ct_grid, _BODY_LATTICE_MM)
    box = lattice.around(vertebra, _BODY_LATTICE_MM)
    if box is None:
        return None
    inside, blocks = lattice.pooled(vertebra, box), lattice.blocks(box)
    depth = np.where(inside, -signed_distance_mm(inside, lattice.block_mm), -1.0)
    if beside is not None:
        column = np.abs(along_lps(blocks, 0) - beside.x_lps_mm) <= _SAME_COLUMN_MM
        depth[~column | (along_lps(blocks, 2) < beside.z_lps_mm - _ADJACENT_MM)] = -1.0
    thickest = float(depth.max())
    if thickest < 0.0:
        return None
    thick = np.argwhere(depth >= _CENTRAL * thickest)
    x, y, z = blocks.lps_from_index(thick[:, ::-1]).mean(axis=0).tolist()
    return BodyWall(x_lps_mm=x, y_lps_mm=y + _way_back_mm(inside, blocks, (x, y, z)), z_lps_mm=z)


def _way_back_mm(
    inside: BoolArray, blocks: Grid, centre_lps_mm: tuple[float, float, float]
) -> float:
    """Return how far straight back (LPS +y) from a point the inside goes on."""
    steps = np.arange(0.0, _HALF_BODY_MM, 0.5)
    points = np.array(centre_lps_mm) + steps[:, None] * np.array([0.0, 1.0, 0.0])
    index = np.rint(blocks.index_from_lps(points)).astype(np.int64)
    valid = ((index >= 0) & (index < np.array(blocks.size_ijk))).all(axis=1)
    i, j, k = index[: int(np.argmin(np.append(valid, False)))].T
    ended = np.flatnonzero(~inside[k, j, i])
    return float(steps[ended[0]]) if ended.size else _HALF_BODY_MM


def _mask(space: Mask, inside: BoolArray) -> Mask | None:
    return Mask(grid=space.grid, inside=inside).cropped() if inside.any() else None
