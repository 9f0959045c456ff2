"""Pixels of a slice through a volume, and grey values from Hounsfield units; no drawing on top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from app.rendering.slice_geometry import SlicePlane, ViewAxes
from planning.arrays import fixed
from planning.geometry import Float64Array, Grid, Vec3, box_around
from planning.image import Volume

_TELLING_VOXELS = 0.6
OUTSIDE_HU = -32768.0
"""Value of pixels beyond the volume; darker than any window."""


class Reslicer:
    """Cuts planes out of one array on a grid as finely as the screen asks, interpolating linearly.

    The array is shared with VTK, not copied. Works in index space, so any direction, permuted,
    flipped or oblique, is exact. `threads` 0 leaves their number to VTK; 1 is quicker for small
    images.
    """

    def __init__(
        self, grid: Grid, values_kji: NDArray[Any], *, outside: float, threads: int = 0
    ) -> None:
        self._grid = grid
        self._outside = outside
        self._kept = np.ascontiguousarray(values_kji)  # VTK only borrows the memory
        self._reslice = vtkImageReslice()
        self._reslice.SetInputData(vtk_image(self._kept))
        self._reslice.SetOutputDimensionality(2)
        self._reslice.SetInterpolationModeToLinear()
        if threads:
            self._reslice.SetEnableSMP(0)
            self._reslice.SetNumberOfThreads(threads)
        self._reslice.SetBackgroundLevel(outside)
        self._reslice.SetOutputSpacing(1.0, 1.0, 1.0)
        self._reslice.SetOutputOrigin(0.0, 0.0, 0.0)

    def pixels(self, plane: SlicePlane, pixel_ratio: float = 1.0) -> NDArray[Any]:
        """Return the values of a plane, shape (height, width) in device pixels, first row on top.

        The array is valid until the next call.
        """
        width = max(1, round(plane.size_px[0] * pixel_ratio))
        height = max(1, round(plane.size_px[1] * pixel_ratio))
        self._reslice.SetResliceAxes(_vtk_matrix(index_from_pixel(self._grid, plane, pixel_ratio)))
        self._reslice.SetOutputExtent(0, width - 1, 0, height - 1, 0, 0)
        self._reslice.Update()
        flat = vtk_to_numpy(self._reslice.GetOutput().GetPointData().GetScalars())
        return np.asarray(flat.reshape(height, width))

    def quick_pixels(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[Any]:
        """Return the same but for the rounding of few pixels, on one processor, for small images.

        VTK shares even those out among threads, which costs more than the work where all are busy.
        """
        from app.rendering.slice_kernel import cut_plane  # brings the compiler along

        width = max(1, round(plane.size_px[0] * pixel_ratio))
        height = max(1, round(plane.size_px[1] * pixel_ratio))
        place = index_from_pixel(self._grid, plane, pixel_ratio)
        first, across, down = (fixed(place[:3, n]) for n in (3, 0, 1))
        out = np.empty((height, width), dtype=self._kept.dtype)
        whole = np.issubdtype(out.dtype, np.integer)
        cut_plane(fixed(self._kept), first, across, down, self._outside, whole, out)
        return out


def vtk_image(values: NDArray[Any]) -> vtkImageData:
    """Return a VTK image that borrows an array [k, j, i] or [j, i]; keep the array alive."""
    image = vtkImageData()
    shape = (1, *values.shape)[-3:]
    image.SetDimensions(*shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=False))
    return image


def index_from_pixel(grid: Grid, plane: SlicePlane, pixel_ratio: float) -> Float64Array:
    """Return the (4, 4) matrix from a device pixel (column, row, depth) to an index (i, j, k)."""
    step_mm = plane.mm_per_pixel / pixel_ratio
    first_px = 0.5 / pixel_ratio
    to_lps = np.eye(4)
    to_lps[:3, 0] = np.array(plane.axes.right_lps) * step_mm
    to_lps[:3, 1] = np.array(plane.axes.down_lps) * step_mm
    to_lps[:3, 2] = np.array(plane.axes.normal_lps) * step_mm
    to_lps[:3, 3] = plane.lps_from_screen(first_px, first_px)
    return np.asarray(grid.lps_to_index @ to_lps)


def telling_ratio(grid: Grid, plane: SlicePlane, pixel_ratio: float) -> float:
    """Return how many device pixels to a pixel of a plane tell anything, at most so many.

    Between voxels there is nothing to be seen that a smooth enlargement does not show as well.
    """
    return min(pixel_ratio, plane.mm_per_pixel / (_TELLING_VOXELS * min(grid.spacing_mm)))


def volume_reslicer(volume: Volume) -> Reslicer:
    """Return the reslicer of a CT; what lies beyond the volume is `OUTSIDE_HU`."""
    return Reslicer(volume.grid, volume.values, outside=OUTSIDE_HU)


class GreyScale:
    """Turns Hounsfield units into grey values by one window (level and width)."""

    def __init__(self, level_hu: float, width_hu: float) -> None:
        self._low_hu = level_hu - width_hu / 2.0
        self._width_hu = max(width_hu, 1.0)
        every = np.arange(-32768, 32768, dtype=np.float64)
        # Indexed by the bits of an int16 read as uint16: 0, 1, ... 32767, -32768, ... -1.
        self._table = np.roll(self._grey(every), 32768)

    def grey(self, values_hu: NDArray[Any]) -> NDArray[np.uint8]:
        """Return grey values of the same shape."""
        if values_hu.dtype == np.int16:
            return np.asarray(np.take(self._table, values_hu.view(np.uint16)))
        return self._grey(values_hu)

    def _grey(self, values_hu: NDArray[Any]) -> NDArray[np.uint8]:
        share = (values_hu - self._low_hu) * (255.0 / self._width_hu)
        return np.clip(share + 0.5, 0.0, 255.0).astype(np.uint8)


def hu_at(volume: Volume, point_lps_mm: Vec3) -> float | None:
    """Return the value of the voxel a point lies in, or None outside the volume."""
    if not bool(volume.grid.contains(point_lps_mm)):
        return None
    index = np.rint(volume.grid.index_from_lps(point_lps_mm)).astype(int)
    i, j, k = np.clip(index, 0, np.array(volume.grid.size_ijk) - 1)
    return float(volume.values[k, j, i])


def disc_values(
    volume: Volume, axes: ViewAxes, centre_lps_mm: Vec3, radius_mm: float
) -> NDArray[Any]:
    """Return the values of the voxels whose centres lie in a disc on a view's plane.

    The disc is as thick as the voxels are along the view's normal, so that an aligned view counts
    each voxel of one slice once.
    """
    grid = volume.grid
    box = box_around(grid, [centre_lps_mm], radius_mm + 2.0 * max(grid.spacing_mm))
    block = box.of(grid)
    k, j, i = np.indices(block.shape_kji)
    away = block.lps_from_index(np.stack((i, j, k), axis=-1)) - np.array(centre_lps_mm)
    across = away @ np.array(axes.right_lps)
    down = away @ np.array(axes.down_lps)
    depth = away @ np.array(axes.normal_lps)
    half = 0.5 * _thickness_mm(grid, axes.normal_lps)
    inside = (across**2 + down**2 <= radius_mm**2) & (depth > -half) & (depth <= half)
    return np.asarray(volume.values[box.slices_kji][inside])


def _thickness_mm(grid: Grid, normal_lps: Vec3) -> float:
    cosines = np.abs(np.array(grid.direction_lps) @ np.array(normal_lps))
    return float(grid.spacing_mm[int(np.argmax(cosines))])


def _vtk_matrix(matrix: Float64Array) -> vtkMatrix4x4:
    made = vtkMatrix4x4()
    made.DeepCopy(matrix.ravel().tolist())
    return made
