"""Pieces of two CTs as they show bone, brought to one sharpness so that they can be compared.

Finds no transform. Values are Hounsfield units held between soft tissue and dense bone, so that
what moves otherwise than bone hardly counts; metal and what lies outside the body count not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.geometry import Float64Array, Grid, box_around, vec3
from planning.image import Mask, Volume

METAL_HU = 2500
"""From here on it is no bone: implants and needles. The densest cortex stays under 2300."""
SOFT_HU, DENSE_HU = 120.0, 1300.0
"""What is darker counts as soft tissue and what is brighter as dense bone."""

_METAL_HALO_MM = 4.0  # partial volume and the nearest streaks
_FINEST_MM = 0.9  # smaller voxels are averaged: they hold more noise than shape
_BLUR_VOXELS = 0.5  # of the coarser image, beyond what both have: keeps gradients smooth
_AIR_HU = -1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A block of a CT.

    Parameters
    ----------
    values : ndarray of float32, shape ``grid.shape_kji``
        HU; air outside the body, soft tissue in place of metal.
    valid : ndarray of bool
        False near metal, where nothing is known.
    """

    grid: Grid
    values: NDArray[np.float32]
    valid: NDArray[np.bool_]

    def around(self, points_lps_mm: Float64Array, reach_mm: float) -> Piece:
        """Return the part of it within a reach of points."""
        box = box_around(self.grid, points_lps_mm, reach_mm)
        block = box.slices_kji
        return Piece(grid=box.of(self.grid), values=self.values[block], valid=self.valid[block])

    def binned(self, spacing_mm: float) -> Piece:
        """Return it with voxels averaged to no more than about a spacing.

        An incomplete block at the end is dropped.
        """
        sizes = self.grid.size_ijk
        steps = [
            min(size, max(1, int(spacing_mm / spacing + 0.001)))
            for size, spacing in zip(sizes, self.grid.spacing_mm, strict=True)
        ]
        if max(steps) == 1:
            return self
        size = [n // step for n, step in zip(sizes, steps, strict=True)]
        pairs = list(zip(size[::-1], steps[::-1], strict=True))
        whole = tuple(slice(0, n * step) for n, step in pairs)
        folded = [part for pair in pairs for part in pair]
        first = self.grid.lps_from_index((np.array(steps) - 1) / 2.0)
        grid = Grid(
            size_ijk=(size[0], size[1], size[2]),
            spacing_mm=vec3(np.array(self.grid.spacing_mm) * steps),
            origin_lps_mm=vec3(first),
            direction_lps=self.grid.direction_lps,
        )
        values = self.values[whole].reshape(folded).mean(axis=(1, 3, 5), dtype=np.float32)
        valid = self.valid[whole].reshape(folded).all(axis=(1, 3, 5))
        return Piece(grid=grid, values=values, valid=np.asarray(valid))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """How a piece shows bone.

    Parameters
    ----------
    values : ndarray of float32
        HU above `SOFT_HU`, 0 for everything softer.
    gradient : ndarray of float32, shape (3, k, j, i)
        In HU per mm along LPS x, y, z.
    """

    grid: Grid
    values: NDArray[np.float32]
    gradient: NDArray[np.float32]
    valid: NDArray[np.bool_]

    def at(self, points_lps_mm: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return values (n,) and gradients (n, 3) at points; NaN values where nothing is known."""
        index = self.grid.index_from_lps(points_lps_mm)[:, ::-1].T
        near = np.rint(index).astype(np.intp)
        shape = np.array(self.values.shape)[:, None]
        known = ((index >= 0) & (index <= shape - 1)).all(axis=0)
        k, j, i = np.clip(near, 0, shape - 1)
        known &= self.valid[k, j, i]
        values = _linear(self.values, index)
        values[~known] = np.nan
        return values, np.stack([_linear(part, index) for part in self.gradient], axis=1)


def _linear(values: NDArray[np.float32], index_kji: Float64Array) -> Float64Array:
    found = ndimage.map_coordinates(values, index_kji, order=1, mode="nearest", output=np.float64)
    return np.asarray(found)


def piece_of(
    volume: Volume,
    points_lps_mm: Float64Array,
    reach_mm: float,
    *,
    body: Mask | None = None,
    spacing_mm: float = _FINEST_MM,
) -> Piece:
    """Return the block of a CT around points, its voxels averaged to about a spacing."""
    box = box_around(volume.grid, points_lps_mm, reach_mm)
    hu = np.array(volume.values[box.slices_kji], dtype=np.float32)
    metal = hu > METAL_HU
    grid = box.of(volume.grid)
    if body is not None:
        hu[~body.on(grid)] = _AIR_HU
    hu[metal] = SOFT_HU
    piece = Piece(grid=grid, values=hu, valid=~metal).binned(spacing_mm)
    if not metal.any():
        return piece
    halo = np.ceil(_METAL_HALO_MM / np.array(piece.grid.spacing_mm[::-1])).astype(int)
    unknown = ndimage.maximum_filter(~piece.valid, size=tuple(2 * halo + 1))
    valid = ~np.asarray(unknown, dtype=np.bool_)
    values = np.where(valid, piece.values, np.minimum(piece.values, np.float32(SOFT_HU)))
    return Piece(grid=piece.grid, values=values, valid=valid)


def matched_pictures(
    fixed: Piece, moving: Piece, rotation: Float64Array, blur_mm: float = 0.0
) -> tuple[Picture, Picture]:
    """Return both pieces as equally sharp pictures of bone.

    A voxel averages over its cube, so it blurs by its edge over the root of twelve; whichever
    image is sharper along an axis is smoothed to what the other shows.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        About how the moving image is turned against the fixed one.
    blur_mm : float
        Standard deviation both have at least.
    """
    own_fixed, own_moving = _blur_mm2(fixed.grid, np.eye(3)), _blur_mm2(moving.grid, rotation.T)
    least = (_BLUR_VOXELS * min(max(fixed.grid.spacing_mm), max(moving.grid.spacing_mm))) ** 2
    wanted = np.maximum(np.maximum(own_fixed, own_moving) + least, blur_mm**2)
    return (
        _picture(fixed, wanted - own_fixed, np.eye(3)),
        _picture(moving, wanted - own_moving, rotation.T),
    )


def _blur_mm2(grid: Grid, into_fixed: Float64Array) -> Float64Array:
    """Return the variance with which voxels blur along the fixed frame's x, y, z."""
    axes = np.array(grid.direction_lps) @ into_fixed.T
    return np.asarray((np.array(grid.spacing_mm) ** 2 / 12.0) @ axes**2)


def _picture(piece: Piece, extra_mm2: Float64Array, into_fixed: Float64Array) -> Picture:
    axes = np.array(piece.grid.direction_lps) @ into_fixed.T
    sigma_mm = np.sqrt(axes**2 @ extra_mm2)
    sigma = (sigma_mm / np.array(piece.grid.spacing_mm))[::-1]
    smooth = ndimage.gaussian_filter(piece.values, sigma, mode="nearest", truncate=3.0)
    values = np.clip(smooth, SOFT_HU, DENSE_HU) - np.float32(SOFT_HU)
    slopes = np.stack([_slope(values, axis) for axis in (2, 1, 0)])
    per_mm = np.array(piece.grid.direction_lps) / np.array(piece.grid.spacing_mm)[:, None]
    gradient = np.tensordot(per_mm.T.astype(np.float32), slopes, axes=1)
    return Picture(grid=piece.grid, values=values, gradient=gradient, valid=piece.valid)


def _slope(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis), dtype=np.float32)
