"""Where a mask's surface lies, finer than its voxels; draws nothing and builds no mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planning.anatomy.segment_kernel import nearest_to_segment
from planning.anatomy.surface_kernel import surface_indices_ijk
from planning.arrays import fixed
from planning.geometry import Float64Array, Grid, Vec3
from planning.image import Mask

Voxels = NDArray[np.bool_] | NDArray[np.uint8]

_PORTION = 4096
_BALL = 32
# Nearer ends would be felt: the window is up to half a voxel longer on one side than the other.
_BELL_ENDS = 4.5


def boundary_points_lps_mm(mask: Mask) -> Float64Array:
    """Return one surface point for every face between an inside and an outside voxel.

    A staircase of voxels hides where between two voxel centres the surface runs. The lightly
    smoothed mask tells: its half level is the face itself on flat, axis-parallel surfaces and
    averages the stairs on oblique and curved ones. Where a structure is so thin that smoothing
    would swallow it, the point stays on the voxel's face: a thin nerve never vanishes.

    Returns
    -------
    ndarray, shape (n, 3)
        LPS mm. Every point lies on the line between the two voxel centres of its face.
    """
    points = surface_indices_ijk(mask.inside)
    # In portions too small for the matrix library's threads, which cost more than they help here.
    for first in range(0, len(points), _PORTION):
        portion = slice(first, first + _PORTION)
        points[portion] = mask.grid.lps_from_index(points[portion])
    return points


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Surface points of a mask, and a tree over them that is built when first asked for.

    Parameters
    ----------
    data : ndarray, shape (n, 3)
        LPS mm.
    """

    data: Float64Array

    @cached_property
    def mins(self) -> Float64Array:
        """Least x, y and z."""
        return np.asarray(self.data.min(axis=0))

    @cached_property
    def maxes(self) -> Float64Array:
        """Largest x, y and z."""
        return np.asarray(self.data.max(axis=0))

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.data, compact_nodes=False, balanced_tree=False)

    def query(self, points_lps_mm: Float64Array) -> tuple[Float64Array, NDArray[np.intp]]:
        """Return the distance of (n, 3) points to the nearest of `data`, and its number."""
        distance, number = self._tree.query(points_lps_mm)
        return np.asarray(distance), np.asarray(number)

    @cached_property
    def _balls(
        self,
    ) -> tuple[Float64Array, NDArray[np.int64], Float64Array, Float64Array]:
        """The points, their numbers, neighbours together, and balls around every few of them."""
        order = np.asarray(self._tree.indices, dtype=np.int64)  # leaf after leaf
        first = np.arange(0, len(order), _BALL)
        points = self.data[order]
        low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
        centres, radii = (low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0
        return fixed(self.data), fixed(order), fixed(centres), fixed(radii)

    def nearest_to_segment(
        self, entry_lps_mm: Float64Array, along_lps: Float64Array, length_mm: float
    ) -> tuple[float, int]:
        """Return the distance of `data` to a segment, and the number of the nearest point.

        Parameters
        ----------
        entry_lps_mm, along_lps : ndarray, shape (3,)
            Where the segment begins, and its unit direction.
        """
        ends = fixed(entry_lps_mm), fixed(along_lps), length_mm
        distance, number = nearest_to_segment(*self._balls, _BALL, *ends)
        return float(distance), int(number)


def outward_normal_lps(
    grid: Grid, inside: Voxels, point_lps_mm: Vec3, scale_mm: float, *, bit: int = 1
) -> Float64Array | None:
    """Return the unit normal of a mask's surface near a point, pointing out of the mask.

    The normal is the gradient of the mask under a Gaussian of standard deviation `scale_mm`,
    evaluated at the point alone. None where the surroundings are all inside or all outside.

    Parameters
    ----------
    inside : ndarray of bool or uint8, shape ``grid.shape_kji``
        A mask, or flags of which `bit` tells the mask.
    """
    centre = grid.index_from_lps(point_lps_mm)
    reach = np.ceil(_BELL_ENDS * scale_mm / np.array(grid.spacing_mm)).astype(int)
    low = np.maximum(np.rint(centre).astype(int) - reach, 0)
    high = np.minimum(np.rint(centre).astype(int) + reach + 1, grid.size_ijk)
    if (low >= high).any():
        return None
    block = (inside[low[2] : high[2], low[1] : high[1], low[0] : high[0]] & np.uint8(bit)) > 0
    offsets = [
        (np.arange(lo, hi) - c) * h
        for lo, hi, c, h in zip(low, high, centre, grid.spacing_mm, strict=True)
    ]
    bells = [np.exp(-0.5 * (o / scale_mm) ** 2) for o in offsets]
    moments = []
    for axis in range(3):
        i, j, k = (b * offsets[a] if a == axis else b for a, b in enumerate(bells))
        moments.append(float(k @ (block @ i @ j)))
    outward = -np.array(moments) @ np.array(grid.direction_lps)
    length = float(np.linalg.norm(outward))
    if length < 1e-9 or block.all():
        return None
    return np.asarray(outward / length)
