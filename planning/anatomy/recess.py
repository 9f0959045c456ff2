"""Where the pleural recess lies between lung and ribs, level by level; names no structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from planning.anatomy.laterality import Side
from planning.anatomy.pooled import BoolArray, Lattice, along_lps
from planning.geometry import Box, Float64Array
from planning.image import Mask

Blocks = TypeVar("Blocks", BoolArray, Float64Array)

BELOW_RIBS_MM = 20.0
BELOW_LUNG_MM = 60.0
# Engineering defaults: how thick the layer is, how thick the chest wall outside it, how far ribs
# stand apart, how far beside the lung it may lie, and where the lung itself is the limit.
_THICKNESS_MM = 10.0
_WALL_MM = 8.0
_RIB_SPACING_MM = 15.0
_UNDER_LUNG_MM = 15.0
_BESIDE_LUNG_MM = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thorax:
    """Lung and ribs of one side as blocks; axis 0 runs from foot to head.

    Parameters
    ----------
    x_lps_mm, y_lps_mm : ndarray
        Of every block.
    spacing_mm : ndarray, shape (3,)
        Along the array's axes.
    cut_above : bool
        Whether the volume ends above, so that lung may go on out of view.
    axis, flipped : int, bool
        How the lattice's axes were turned.
    """

    lung: BoolArray
    ribs: BoolArray
    x_lps_mm: Float64Array
    y_lps_mm: Float64Array
    spacing_mm: Float64Array
    cut_above: bool
    axis: int
    flipped: bool

    def restored(self, blocks: BoolArray) -> BoolArray:
        """Return blocks in the order of the lattice."""
        first = blocks[::-1] if self.flipped else blocks
        return np.ascontiguousarray(np.moveaxis(first, 0, self.axis))


def thorax_of(lattice: Lattice, box: Box, lungs: Sequence[Mask], ribs: Sequence[Mask]) -> Thorax:
    """Return the lung and the ribs of one side in a box of the lattice."""
    upward = np.array(lattice.ct_grid.direction_lps)[::-1, 2]
    axis = int(np.argmax(np.abs(upward)))
    flipped = bool(upward[axis] < 0.0)
    top, end = box.high_ijk[2 - axis], int(lattice.size_ijk[2 - axis])
    if flipped:
        top, end = box.low_ijk[2 - axis], 0
    blocks, spacing = lattice.blocks(box), lattice.block_mm[::-1]
    lung = _turned(lattice.pooled(lungs, box), axis, flipped=flipped)
    return Thorax(
        lung=lung,
        ribs=_turned(lattice.pooled(ribs, box), axis, flipped=flipped),
        x_lps_mm=_turned(along_lps(blocks, 0), axis, flipped=flipped),
        y_lps_mm=_turned(along_lps(blocks, 1), axis, flipped=flipped),
        spacing_mm=np.array([spacing[axis], *np.delete(spacing, axis)]),
        cut_above=top == end and bool(lung[-1].any()),
        axis=axis,
        flipped=flipped,
    )


def _turned(blocks: Blocks, axis: int, *, flipped: bool) -> Blocks:
    first = np.moveaxis(blocks, axis, 0)
    return np.ascontiguousarray(first[::-1] if flipped else first)


def inside_ribs(thorax: Thorax, side: Side | None) -> BoolArray:
    """Return the layer inside the rib cage below the lung, down to 20 mm below the ribs.

    The cage at one level is the hull of the ribs 15 mm below to 20 mm above, so that it is closed
    between ribs. Toward the spine, where the hull ends, the lung's outline is carried down.
    """
    up_mm, *across_mm = thorax.spacing_mm.tolist()
    lung_above = np.logical_or.accumulate(thorax.lung[::-1], axis=0)[::-1]
    lowest = max(0, _lowest(thorax.ribs) - int(np.ceil(BELOW_RIBS_MM / up_mm)))
    layer = np.zeros_like(thorax.ribs)
    for k in range(lowest, _highest(thorax.lung) + 1):
        cage = _cage(thorax.ribs, k, up_mm)
        if not cage.any():
            continue
        to_rib = ndimage.distance_transform_edt(~cage, sampling=across_mm)
        deep = _depth_in_hull_mm(cage, np.array(across_mm)) >= _WALL_MM
        under = np.ones_like(cage) if thorax.cut_above else _within(lung_above[k], across_mm)
        medial = _medial(thorax, k, cage, side) & lung_above[k]
        layer[k] = (to_rib <= _THICKNESS_MM) & ((deep & under) | medial) & ~thorax.ribs[k]
        if thorax.lung[k].any():
            to_lung = ndimage.distance_transform_edt(~thorax.lung[k], sampling=across_mm)
            layer[k] &= to_lung > _BESIDE_LUNG_MM
    return layer


def _cage(ribs: BoolArray, level: int, up_mm: float) -> BoolArray:
    """Return the ribs around a level, seen from above."""
    low = max(0, level - int(np.ceil(_RIB_SPACING_MM / up_mm)))
    high = level + int(np.ceil(BELOW_RIBS_MM / up_mm)) + 1
    return np.asarray(ribs[low:high].any(axis=0))


def _medial(thorax: Thorax, level: int, cage: BoolArray, side: Side | None) -> BoolArray:
    """Return what lies nearer to the spine than the rearmost point of the ribs."""
    if side is None:
        return np.zeros_like(cage)
    lateral = thorax.x_lps_mm[level] * (1.0 if side is Side.LEFT else -1.0)
    backward = thorax.y_lps_mm[level]
    rearmost = cage & (backward >= backward[cage].max() - float(thorax.spacing_mm.min()) / 2.0)
    return np.asarray(lateral <= lateral[rearmost].max())


def _within(outline: BoolArray, across_mm: Sequence[float]) -> BoolArray:
    if not outline.any():
        return outline
    away = ndimage.distance_transform_edt(~outline, sampling=across_mm)
    return np.asarray(away <= _UNDER_LUNG_MM)


def below_lung(thorax: Thorax) -> BoolArray:
    """Return the rim of the lung's outline, carried 60 mm straight down."""
    up_mm, *across_mm = thorax.spacing_mm.tolist()
    outline = np.logical_or.accumulate(thorax.lung[::-1], axis=0)[::-1]
    layer = np.zeros_like(thorax.lung)
    lowest = max(0, _lowest(thorax.lung) - int(np.ceil(BELOW_LUNG_MM / up_mm)))
    for k in range(lowest, _highest(thorax.lung) + 1):
        depth = ndimage.distance_transform_edt(np.pad(outline[k], 1), sampling=across_mm)
        layer[k] = outline[k] & (depth[1:-1, 1:-1] <= _THICKNESS_MM)
    return layer


def _depth_in_hull_mm(points: BoolArray, spacing_mm: Float64Array) -> Float64Array:
    """Return how deep each pixel lies in the convex hull of the true ones; negative outside."""
    corners = np.argwhere(points) * spacing_mm
    depth = np.full(points.shape, -np.inf)
    try:
        hull = ConvexHull(corners)
    except (QhullError, ValueError):  # fewer than three pixels, or all on one line: no area
        return depth
    pixels = np.indices(points.shape).reshape(2, -1).T * spacing_mm
    signed = pixels @ hull.equations[:, :2].T + hull.equations[:, 2]
    return np.asarray(-signed.max(axis=1).reshape(points.shape))


def _lowest(inside: BoolArray) -> int:
    return int(np.flatnonzero(inside.any(axis=(1, 2)))[0])


def _highest(inside: BoolArray) -> int:
    return int(np.flatnonzero(inside.any(axis=(1, 2)))[-1])
