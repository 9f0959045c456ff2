"""Masks made larger, smaller or smoother by millimetres; knows neither strokes nor islands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.editing.joining import widened
from planning.geometry import Grid
from planning.image import Mask

_ROUNDING_MM = 1e-6


def grown(mask: Mask, by_mm: float, room: Grid) -> Mask:
    """Return a mask whose surface lies `by_mm` farther out, as far as `room` goes.

    A voxel is taken in if its centre lies within `by_mm` of the surface. Distances are Euclidean
    and exact for unequal spacings; the surface runs halfway from the outermost inside voxels to
    the next ones, which on flat faces along the grid's axes is the voxels' face.
    """
    if by_mm <= 0.0 or not mask.inside.any():
        return mask
    block = widened(mask, room, _margin_ijk(room, by_mm))
    return replace(block, inside=block.inside | _near_surface(~block.inside, block.grid, by_mm))


def shrunk(mask: Mask, by_mm: float, room: Grid) -> Mask:
    """Return a mask whose surface lies `by_mm` farther in; the border of `room` is no surface.

    What is outside grows as `grown` has it: taking away 2 mm and growing by 2 mm are each other's
    mirror image.
    """
    if by_mm <= 0.0 or not mask.inside.any():
        return mask
    block = widened(mask, room, (1, 1, 1))
    if block.inside.all():
        return mask
    return replace(block, inside=block.inside & ~_near_surface(block.inside, block.grid, by_mm))


def smoothed(mask: Mask, scale_mm: float, room: Grid) -> Mask:
    """Return a mask with bumps and dents up to about `scale_mm` evened out; its volume stays.

    A Gaussian of standard deviation `scale_mm`, of whose values the largest are kept: as many as
    there were voxels.
    """
    count = int(np.count_nonzero(mask.inside))
    if scale_mm <= 0.0 or count == 0:
        return mask
    block = widened(mask, room, _margin_ijk(room, 3.0 * scale_mm))
    sigma = scale_mm / np.array(block.grid.spacing_mm[::-1])
    # "nearest": a structure that the border of the scan cuts off goes on beyond it.
    soft = ndimage.gaussian_filter(block.inside.astype(np.float32), sigma, mode="nearest")
    least = np.partition(soft.ravel(), soft.size - count)[soft.size - count]
    inside = soft >= least
    return mask if np.array_equal(inside, block.inside) else replace(block, inside=inside)


def _margin_ijk(grid: Grid, by_mm: float) -> tuple[int, int, int]:
    i, j, k = (int(np.ceil(by_mm / s)) + 2 for s in grid.spacing_mm)
    return (i, j, k)


def _near_surface(of: NDArray[np.bool_], grid: Grid, within_mm: float) -> NDArray[np.bool_]:
    """Return those voxels in `of` that lie within a distance of the surface of the others.

    The distance is that to the nearest other voxel's centre, less half the way from one layer of
    voxels to the next in that direction. Layers across an axis lie a spacing apart, those across
    the diagonal of a plane by a factor sqrt(2) closer, in general by the largest part of the
    direction.
    """
    spacing = np.array(grid.spacing_mm[::-1])
    distance, nearest = ndimage.distance_transform_edt(
        of, sampling=spacing.tolist(), return_indices=True
    )
    limit = within_mm + _ROUNDING_MM
    near = of & (distance <= limit)
    # Only here does it matter how the layers lie.
    unsure = np.nonzero((distance > limit) & (distance <= limit + spacing.max() / 2.0))
    step = np.abs(np.stack([axis[unsure] for axis in nearest]) - np.stack(unsure))
    layers = (step * (spacing**2)[:, None]).max(axis=0) / distance[unsure]
    near[unsure] = distance[unsure] - layers / 2.0 <= limit
    return near
