"""Which voxels of a CT may be a needle's metal, in pieces that hang together; finds no line.

Bone is in the way: cortex reaches 1500 to 2000 HU, and a thin needle in thick slices shows less
than that. So metal is looked for in three ways: what is denser than this scan's bone, anywhere;
what is as dense as bone outside the body and just under the skin, where a needle has to pass and
bone is rare; and what is as dense as bone around the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.anatomy.distance import signed_distance_mm
from planning.geometry import Box, Float64Array, Grid, box_around
from planning.image import Mask, Volume
from planning.model.needle import Trajectory

# Below this no metal is seen: even 18G steel across 5 mm slices shows more.
LEAST_HU = 800
# Where the valley between bone and metal is looked for: above most of cortex, below saturation.
_VALLEY_HU = (1300, 2600)
_BIN_HU = 100
# How deep under the skin bone is rare, and the needle not yet lost among it.
_UNDER_SKIN_MM = 10.0
# From planning-model: needles lie within 15 to 20 mm of their plan, or are looked for everywhere.
NEAR_PLAN_MM = 20.0
# How far outside the skin a needle and its hub reach.
_OUTSIDE_MM = 180.0
# Cells of this size link what thick slices and streaks tear apart by up to 6 mm.
_CELL_MM = 3.0
_COARSE_MM = 4.0
_ALL_AROUND = np.ones((3, 3, 3), dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinDepth:
    """How deep under the skin any place lies, to a coarse voxel or two.

    Parameters
    ----------
    grid : Grid
        Of the body's mask.
    step_ijk : ndarray, shape (3,)
        Voxels of that grid for each coarse one.
    depth_mm : ndarray of float32
        Negative outside.
    """

    grid: Grid
    step_ijk: NDArray[np.intp]
    depth_mm: NDArray[np.float32]

    def at(self, points_lps_mm: Float64Array) -> Float64Array:
        """Return the depth at (n, 3) points; beyond the mask that at its rim."""
        cell = np.rint(self.grid.index_from_lps(points_lps_mm) / self.step_ijk).astype(int)
        i, j, k = np.clip(cell, 0, np.array(self.depth_mm.shape)[::-1] - 1).T
        depth: Float64Array = self.depth_mm[k, j, i].astype(np.float64)
        return depth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Dense voxels that hang together.

    Parameters
    ----------
    points_lps_mm : ndarray, shape (n, 3)
    hu : ndarray, shape (n,)
    """

    points_lps_mm: Float64Array
    hu: Float64Array

    @property
    def extent_mm(self) -> float:
        """Diagonal of the box around it."""
        return float(np.linalg.norm(np.ptp(self.points_lps_mm, axis=0)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DenseVoxels:
    """Every voxel of a CT that may be metal.

    Parameters
    ----------
    index_ijk : ndarray of int, shape (n, 3)
    hu : ndarray, shape (n,)
    depth_mm : ndarray, shape (n,)
        Under the skin; negative outside.
    metal_hu : float
        What is denser than this scan's bone.
    """

    grid: Grid
    index_ijk: NDArray[np.intp]
    hu: Float64Array
    depth_mm: Float64Array
    metal_hu: float

    def pieces(self, chosen: NDArray[np.bool_]) -> tuple[Piece, ...]:
        """Return the chosen voxels in pieces that hang together, the longest first."""
        index, hu = self.index_ijk[chosen], self.hu[chosen]
        if len(index) == 0:
            return ()
        low = index.min(axis=0)
        cell = np.maximum(1, np.rint(_CELL_MM / np.array(self.grid.spacing_mm))).astype(int)
        cells = (index - low) // cell
        room = np.zeros(cells.max(axis=0) + 1, dtype=np.bool_)
        room[tuple(cells.T)] = True
        labels, count = ndimage.label(room, _ALL_AROUND)
        own = labels[tuple(cells.T)]
        order = np.argsort(own, kind="stable")
        ends = np.searchsorted(own[order], np.arange(1, count + 2))
        points = self.grid.lps_from_index(index)
        found = [
            Piece(points_lps_mm=points[order[a:b]], hu=hu[order[a:b]]) for a, b in pairwise(ends)
        ]
        return tuple(sorted(found, key=lambda piece: -piece.extent_mm))

    def surely_metal(self) -> NDArray[np.bool_]:
        """Tell which are denser than bone."""
        return np.asarray(self.hu >= self.metal_hu)

    def by_the_skin(self) -> NDArray[np.bool_]:
        """Tell which lie outside the body, as far as a hub reaches, or just under the skin."""
        depth = self.depth_mm
        return np.asarray((depth <= _UNDER_SKIN_MM) & (depth >= -_OUTSIDE_MM))

    def by_the_plan(self, plan: Trajectory) -> NDArray[np.bool_]:
        """Tell which lie near a planned needle, or near where it stands out of the patient."""
        ends = np.array(
            [
                plan.at_depth_mm(-_OUTSIDE_MM),
                plan.at_depth_mm(plan.insertion_depth_mm + NEAR_PLAN_MM),
            ]
        )
        return self.about(ends, NEAR_PLAN_MM)

    def about(self, ends_lps_mm: Float64Array, reach_mm: float) -> NDArray[np.bool_]:
        """Tell which lie within a distance of a straight stretch between two points."""
        line = ends_lps_mm[1] - ends_lps_mm[0]
        length = float(np.linalg.norm(line))
        away = self.grid.lps_from_index(self.index_ijk) - ends_lps_mm[0]
        along = away @ (line / length)
        across = np.linalg.norm(away - along[:, None] * (line / length), axis=1)
        return np.asarray((across <= reach_mm) & (along >= 0.0) & (along <= length))


def dense_voxels(
    control: Volume,
    skin: SkinDepth,
    within_lps_mm: Float64Array | None = None,
    margin_mm: float = 0.0,
) -> DenseVoxels:
    """Return every voxel of a CT that may be metal, or those by the box around points."""
    box = Box((0, 0, 0), control.grid.size_ijk)
    if within_lps_mm is not None:
        box = box_around(control.grid, within_lps_mm, margin_mm)
    values = np.ascontiguousarray(control.values[box.slices_kji])
    flat = values.reshape(-1)
    where = np.flatnonzero(np.greater_equal(flat, np.asarray(LEAST_HU, dtype=flat.dtype)))
    hu = flat[where].astype(np.float64)
    index = np.stack(np.unravel_index(where, values.shape)[::-1], axis=1) + np.array(box.low_ijk)
    return DenseVoxels(
        grid=control.grid,
        index_ijk=index,
        hu=hu,
        depth_mm=skin.at(control.grid.lps_from_index(index)),
        metal_hu=metal_threshold_hu(hu),
    )


def metal_threshold_hu(dense_hu: Float64Array) -> float:
    """Return where bone ends and metal begins in a scan: the valley between them.

    Bone gets rarer the denser it is; a needle's voxels, partly filled and partly saturated, are
    spread over the whole scale.
    """
    edges = np.arange(_VALLEY_HU[0], _VALLEY_HU[1] + _BIN_HU + 1, _BIN_HU)
    counts, _ = np.histogram(dense_hu, edges)
    smooth = ndimage.uniform_filter1d(counts.astype(np.float64), 3, mode="nearest")
    return float(edges[int(np.argmin(smooth))])


def skin_depth(grid: Grid, body: Mask) -> SkinDepth:
    """Return the depth under the skin everywhere on a grid."""
    step = np.maximum(1, np.rint(_COARSE_MM / np.array(grid.spacing_mm))).astype(int)
    inside = body.inside[:: step[2], :: step[1], :: step[0]]
    if inside.all() or not inside.any():
        depth = np.full(inside.shape, np.inf if inside.any() else -np.inf, dtype=np.float32)
    else:
        spacing = (step * np.array(grid.spacing_mm))[::-1].tolist()
        depth = -signed_distance_mm(inside, spacing)
    return SkinDepth(grid=body.grid, step_ijk=step, depth_mm=depth)
