"""A lesion's block of voxels on isotropic points and back; measures no texture.

The block is first laid along the patient's axes, so that how a file stores its axes changes
neither the points nor the order in which they are visited.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from planning.geometry import Float64Array, Grid, vec3

Float32Array = NDArray[np.float32]

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upright:
    """How arrays of a grid are turned so that their axes run most nearly along S, P and L.

    Parameters
    ----------
    order_kji : tuple of int
        Which array axis becomes the first, second and third.
    flipped : tuple of int
        Axes of the turned array that are reversed.
    """

    order_kji: tuple[int, ...]
    flipped: tuple[int, ...]

    def turned(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return a view of `array` along the patient's axes."""
        return np.flip(array.transpose(self.order_kji), self.flipped)

    def stored(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return a view of a turned array as the grid stores it: the inverse of `turned`."""
        return np.flip(array, self.flipped).transpose(np.argsort(self.order_kji))


def upright(grid: Grid) -> Upright:
    """Return how arrays of `grid` are laid along the patient's axes."""
    cosines = np.array(grid.direction_lps)[::-1, ::-1]  # array axes k, j, i against S, P, L
    order = max(
        permutations(range(3)),
        key=lambda p: float(np.abs(cosines[list(p), range(3)]).sum().round(6)),
    )
    signs = cosines[list(order), range(3)]
    return Upright(order_kji=order, flipped=tuple(int(a) for a in np.flatnonzero(signs < 0)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Isotropic points over a block of voxels, about its middle; arrays are turned upright.

    Parameters
    ----------
    spacing_mm : float
        Between points.
    voxel_mm : ndarray, shape (3,)
        Between the block's voxels, along the axes of its upright array.
    voxels, shape : tuple of int
        Size of the upright block, and of the points laid over it.
    grid : Grid
        The points in space: array axes along the upright block's.
    """

    spacing_mm: float
    voxel_mm: Float64Array
    voxels: tuple[int, ...]
    shape: tuple[int, int, int]
    grid: Grid

    def sampled(self, values: NDArray[Any], shift_points: float = 0.0) -> Float32Array:
        """Return upright block values at the points, without what the points cannot carry.

        Parameters
        ----------
        shift_points : float
            Moves all points along every axis, in their own spacing.
        """
        found = np.asarray(values, dtype=np.float32)
        for axis in range(3):
            voxel_mm = self.voxel_mm[axis]
            if voxel_mm < self.spacing_mm:
                blur_mm = 0.5 * np.sqrt(self.spacing_mm**2 - voxel_mm**2)
                found = gaussian_filter1d(found, blur_mm / voxel_mm, axis, mode="nearest")
            at = self._at(axis) + shift_points * self.spacing_mm / voxel_mm
            found = _interpolated(found, at, axis)
        return found

    def spread(self, values: Float32Array) -> Float32Array:
        """Return values given at the points at every voxel of the upright block."""
        found = values
        for axis in range(3):
            step = self.spacing_mm / self.voxel_mm[axis]
            at = (np.arange(self.voxels[axis]) - self._at(axis)[0]) / step
            found = _interpolated(found, at, axis)
        return found

    def _at(self, axis: int) -> Float64Array:
        """Return the points' positions along one axis, in voxels of the block."""
        count = self.shape[axis]
        steps = np.arange(count) - (count - 1) / 2.0
        middle = (self.voxels[axis] - 1) / 2.0
        return np.asarray(middle + steps * self.spacing_mm / self.voxel_mm[axis])


def points_over(block: Grid, spacing_mm: float) -> tuple[Points, Upright]:
    """Return isotropic points that reach to the outer voxels of `block`, and how it is turned."""
    way = upright(block)
    voxel_mm = np.array(block.spacing_mm)[::-1][list(way.order_kji)]
    voxels = [block.shape_kji[a] for a in way.order_kji]
    counts = [
        int(np.ceil((n - 1) * h / spacing_mm)) + 1 for n, h in zip(voxels, voxel_mm, strict=True)
    ]
    axes = np.array(block.direction_lps)[::-1][list(way.order_kji)]
    axes[list(way.flipped)] *= -1.0
    half = (np.array(counts) - 1) / 2.0 * spacing_mm
    grid = Grid(
        size_ijk=(counts[2], counts[1], counts[0]),
        spacing_mm=(spacing_mm,) * 3,
        origin_lps_mm=vec3(np.array(block.centre_lps_mm) - half @ axes),
        direction_lps=(vec3(axes[2]), vec3(axes[1]), vec3(axes[0])),
    )
    points = Points(
        spacing_mm=spacing_mm,
        voxel_mm=voxel_mm,
        voxels=tuple(voxels),
        shape=(counts[0], counts[1], counts[2]),
        grid=grid,
    )
    return points, way


def _interpolated(values: Float32Array, at: Float64Array, axis: int) -> Float32Array:
    """Return values linearly interpolated along one axis; beyond the ends the last one holds."""
    size = values.shape[axis]
    at = np.clip(at, 0.0, size - 1.0)
    low = np.minimum(at.astype(np.intp), max(size - 2, 0))
    shape = [1, 1, 1]
    shape[axis] = len(at)
    part = (at - low).astype(np.float32).reshape(shape)
    high = np.minimum(low + 1, size - 1)
    found = np.take(values, low, axis) * (1.0 - part) + np.take(values, high, axis) * part
    return np.asarray(found, dtype=np.float32)
