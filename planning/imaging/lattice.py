"""Voxels on another lattice: reordered axes, nearest or linear neighbours; checks no frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from planning.geometry import Box, Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.volume_files import image_of

_ALIGNED = 0.999  # cosine: axes 2.6 degrees apart are the same axis, named in another order


def reordered(mask: Mask, grid: Grid) -> Mask:
    """Give the mask the CT's order and direction of axes where both share the same three axes."""
    cosines = np.array(grid.direction_lps) @ np.array(mask.grid.direction_lps).T
    order = np.abs(cosines).argmax(axis=1)  # the mask's axis for each of the CT's
    signs = cosines[range(3), order]
    if np.abs(signs).min() < _ALIGNED or set(order.tolist()) != {0, 1, 2}:
        return mask
    inside = mask.inside.transpose([2 - order[axis] for axis in (2, 1, 0)])
    flipped = tuple(2 - axis for axis in range(3) if signs[axis] < 0)  # array axes run k, j, i
    inside = np.ascontiguousarray(np.flip(inside, flipped))
    start = np.zeros(3)
    for axis in range(3):
        if signs[axis] < 0:
            start[order[axis]] = mask.grid.size_ijk[order[axis]] - 1
    directions = np.array(mask.grid.direction_lps)[order] * np.sign(signs)[:, None]
    k, j, i = inside.shape
    turned = Grid(
        size_ijk=(i, j, k),
        spacing_mm=vec3(np.array(mask.grid.spacing_mm)[order]),
        origin_lps_mm=vec3(mask.grid.lps_from_index(start)),
        direction_lps=(vec3(directions[0]), vec3(directions[1]), vec3(directions[2])),
    )
    return Mask(grid=turned, inside=inside, frame_of_reference_uid=mask.frame_of_reference_uid)


def block_under(grid: Grid, ct: Grid) -> Box | None:
    """Return the CT's voxels that `grid` may touch, or None if it lies beside the CT."""
    index = ct.index_from_lps(grid.corners_lps_mm())
    low = np.maximum(np.floor(index.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0)) + 1, ct.size_ijk).astype(int)
    if (low >= high).any():
        return None
    (i0, j0, k0), (i1, j1, k1) = low.tolist(), high.tolist()
    return Box((i0, j0, k0), (i1, j1, k1))


def nearest(mask: Mask, target: Grid) -> NDArray[np.bool_]:
    """Look up every voxel centre of `target` in the voxel of the mask that holds it."""
    resample = _onto(target)
    resample.SetInterpolator(sitk.sitkNearestNeighbor)
    resample.SetDefaultPixelValue(0)
    result = resample.Execute(image_of(mask.inside.astype(np.uint8), mask.grid))
    array: NDArray[Any] = sitk.GetArrayFromImage(result)
    return array.astype(np.bool_)


def linear(volume: Volume, target: Grid) -> NDArray[np.float32]:
    """Interpolate a volume linearly at every voxel centre of `target`; NaN outside its voxels."""
    resample = _onto(target)
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetDefaultPixelValue(float("nan"))
    resample.SetOutputPixelType(sitk.sitkFloat32)
    result: NDArray[np.float32] = sitk.GetArrayFromImage(
        resample.Execute(image_of(volume.values, volume.grid))
    )
    return result


def _onto(target: Grid) -> Any:
    """Return a resampler whose output lies on `target`."""
    frame = image_of(np.zeros((1, 1, 1), dtype=np.uint8), target)
    resample = sitk.ResampleImageFilter()
    resample.SetSize(target.size_ijk)
    resample.SetOutputOrigin(frame.GetOrigin())
    resample.SetOutputSpacing(frame.GetSpacing())
    resample.SetOutputDirection(frame.GetDirection())
    return resample
