"""Solids onto a voxel grid, each voxel judged at its centre; knows no anatomy and no file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Box, Grid, box_around
from planning.sample.shapes import FloatArray, Shape

_BLOCK_MM = 4.5
_OUTSIDE_MM = 8.0
_STEP_AT_MOST_MM = 2.6
_CHUNK_POINTS = 300_000


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """The voxels of a grid that a solid covers or touches.

    Parameters
    ----------
    index : ndarray of int, shape (n,)
        Positions in the flattened array.
    distance_mm : ndarray, shape (n,)
        Of the voxels' centres to the surface, negative inside. Deeper than was asked for it is
        only known to be deep.
    """

    index: NDArray[np.int64]
    distance_mm: NDArray[np.float32]


def spot(
    shape: Shape,
    grid: Grid,
    *,
    outside_mm: float = 0.0,
    depth_mm: float = 0.0,
    smooth: bool = False,
) -> Spot:
    """Return the voxels of `grid` inside `shape` or less than `outside_mm` off it.

    Blocks of a few voxels are judged by their middle first, so the cost follows the solid's
    surface. Of a `smooth` solid only every other column, row and slice is evaluated (as far as
    they are no more than 2.6 mm apart) and the distance is linear in between: its error is up to
    ``step^2 / 8 R`` on a surface of curvature radius R.
    """
    low, high = shape.bounds_lps_mm()
    corners = np.array(np.meshgrid(*np.stack([low, high], axis=1), indexing="ij")).reshape(3, 8).T
    box = box_around(grid, corners, outside_mm + 1.0)
    lattice = _lattice(grid, box, smooth=smooth)
    margin_mm = max(lattice.spacing_mm)
    distance = _distances(shape, lattice, outside_mm + margin_mm, depth_mm + margin_mm)
    for axis in range(3):
        if lattice.spacing_mm[axis] > grid.spacing_mm[axis]:
            distance = doubled(distance, 2 - axis, box.size_ijk[axis])
    columns, rows, slices = box.size_ijk
    distance = distance[:slices, :rows, :columns]
    k, j, i = np.nonzero(distance <= outside_mm)
    width, height, _ = grid.size_ijk
    low_i, low_j, low_k = box.low_ijk
    index = ((k + low_k) * height + (j + low_j)) * width + (i + low_i)
    return Spot(index, distance[k, j, i])


def inside_of(shape: Shape, grid: Grid) -> NDArray[np.bool_]:
    """Return which voxel centres of the grid lie inside the solid, shape ``grid.shape_kji``."""
    inside = np.zeros(grid.shape_kji, dtype=np.bool_)
    inside.reshape(-1)[spot(shape, grid).index] = True
    return inside


def centres_lps_mm(grid: Grid, index: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the (n, 3) centres of voxels given by their place in the flattened array."""
    width, height, _ = grid.size_ijk
    rest, i = np.divmod(index, width)
    k, j = np.divmod(rest, height)
    return _points(grid, np.stack([i, j, k], axis=-1))


def doubled(values: NDArray[np.float32], axis: int, size: int) -> NDArray[np.float32]:
    """Return `size` values along an axis from every other one of them, linear in between."""
    values = np.moveaxis(values, axis, -1)
    fine = np.empty((*values.shape[:-1], 2 * values.shape[-1] - 1), dtype=np.float32)
    fine[..., ::2] = values
    fine[..., 1::2] = (values[..., 1:] + values[..., :-1]) * np.float32(0.5)
    return np.moveaxis(fine[..., :size], -1, axis)


def _points(
    grid: Grid, index_ijk: NDArray[np.integer] | NDArray[np.floating]
) -> NDArray[np.float32]:
    matrix = grid.index_to_lps.astype(np.float32)
    return np.asarray(index_ijk.astype(np.float32) @ matrix[:3, :3].T + matrix[:3, 3])


def _lattice(grid: Grid, box: Box, *, smooth: bool) -> Grid:
    """Return the box's voxels, or every other one and up to one beyond the box's last."""
    steps = np.array([2 if smooth and 2 * s <= _STEP_AT_MOST_MM else 1 for s in grid.spacing_mm])
    i, j, k = (-(-(np.array(box.size_ijk) - 1) // steps) + 1).tolist()
    x, y, z = (np.array(grid.spacing_mm) * steps).tolist()
    return Grid(
        size_ijk=(i, j, k),
        spacing_mm=(x, y, z),
        origin_lps_mm=box.of(grid).origin_lps_mm,
        direction_lps=grid.direction_lps,
    )


def _distances(
    shape: Shape, lattice: Grid, outside_mm: float, depth_mm: float
) -> NDArray[np.float32]:
    """Return the distance at each lattice point; far outside and deep inside in whole blocks."""
    block = tuple(max(1, round(_BLOCK_MM / s)) for s in lattice.spacing_mm)
    counts = [-(-n // b) for n, b in zip(lattice.size_ijk, block, strict=True)]
    k, j, i = np.indices(counts[::-1]).reshape(3, -1)
    firsts = np.stack([i, j, k], axis=-1) * np.array(block)
    half_mm = float(np.linalg.norm((np.array(block) - 1) * np.array(lattice.spacing_mm))) / 2.0
    middles = _points(lattice, firsts + (np.array(block) - 1) / 2.0)
    middle = np.minimum(_evaluated(shape, middles), np.float32(_OUTSIDE_MM))
    padded = [c * b for c, b in zip(counts, block, strict=True)]
    distance = np.repeat(middle.reshape(counts[::-1]), block[2], axis=0)
    distance = np.repeat(np.repeat(distance, block[1], axis=1), block[0], axis=2)
    near = (middle < half_mm + outside_mm) & (middle > -(half_mm + depth_mm))
    inner = np.indices(block[::-1]).reshape(3, -1)[::-1].T
    index = (firsts[near][:, None, :] + inner[None, :, :]).reshape(-1, 3)
    exact = _evaluated(shape, _points(lattice, index))
    flat = (index[:, 2] * padded[1] + index[:, 1]) * padded[0] + index[:, 0]
    distance.reshape(-1)[flat] = exact
    columns, rows, slices = lattice.size_ijk
    return distance[:slices, :rows, :columns]


def _evaluated(shape: Shape, points: FloatArray) -> NDArray[np.float32]:
    pieces = [
        shape.distance_mm(points[start : start + _CHUNK_POINTS])
        for start in range(0, len(points), _CHUNK_POINTS)
    ]
    return np.concatenate(pieces).astype(np.float32) if pieces else np.empty(0, np.float32)
