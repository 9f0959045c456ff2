"""Outlines of a mask on a slice plane, independent of zoom and pan; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D, vtkStripper

from app.rendering.slice_geometry import SlicePlane, ViewAxes
from app.rendering.slice_image import Reslicer, vtk_image
from planning.geometry import Float64Array, Grid, Vec3, vec3
from planning.image import Mask

_ALIGNED_COSINE = 0.9999
_LONGEST_LOOP = 1_000_000
_INSIDE = 200  # half of it lies exactly on the faces between voxels


class MaskContours:
    """Cuts one mask by planes; the outline runs on the faces between inside and outside voxels.

    Where four voxels meet diagonally the corner is cut off. Worth keeping from slice to slice,
    because preparing a mask costs more than cutting it.
    """

    def __init__(self, mask: Mask) -> None:
        block = mask.cropped()
        self._grid = block.grid
        self._values = block.inside.astype(np.uint8) * np.uint8(_INSIDE)
        self._cutters: dict[ViewAxes, tuple[float, float, _Cutter]] = {}

    def loops_mm(self, axes: ViewAxes, point_lps_mm: Vec3) -> list[Float64Array]:
        """Return closed outlines on the plane through a point.

        Returns
        -------
        list of ndarray, shape (n, 2)
            Distances in mm from the LPS origin along the view's right and down; empty where the
            plane misses the mask. Fill them by the odd-even rule: inner loops are holes.
        """
        if axes not in self._cutters:
            depths = self._grid.corners_lps_mm() @ np.array(axes.normal_lps)
            self._cutters[axes] = (depths.min(), depths.max(), self._cutter(axes))
        low, high, cutter = self._cutters[axes]
        depth = sum(p * n for p, n in zip(point_lps_mm, axes.normal_lps, strict=True))
        if not low <= depth < high:
            return []
        inside = cutter.cut(depth)
        if not inside.any():
            return []
        return [cutter.first_mm + loop * cutter.step_mm for loop in _loops_px(inside)]

    def _cutter(self, axes: ViewAxes) -> _Cutter:
        cosines = (
            np.array(self._grid.direction_lps)
            @ np.array((axes.right_lps, axes.down_lps, axes.normal_lps)).T
        )
        order = np.abs(cosines).argmax(axis=0)
        if np.abs(cosines).max(axis=0).min() < _ALIGNED_COSINE:
            return _oblique(self._grid, self._values, axes)
        signs = np.sign(cosines[order, range(3)])
        return _aligned(self._grid, self._values, axes, order, signs)


class _Cutter(Protocol):
    """Samples a mask on planes of one direction, with a border of background."""

    @property
    def first_mm(self) -> Float64Array:
        """(2,) where the first sample lies along right and down."""

    @property
    def step_mm(self) -> Float64Array:
        """(2,) distance between samples along right and down."""

    def cut(self, depth_mm: float) -> NDArray[np.uint8]:
        """Return samples (row, column) at a depth from the LPS origin along the normal."""


@dataclass(frozen=True, slots=True)
class _Aligned:
    """Takes whole slices: for a view parallel to the mask's voxels."""

    first_mm: Float64Array
    step_mm: Float64Array
    slices: NDArray[np.uint8]
    first_depth_mm: float
    slice_step_mm: float

    def cut(self, depth_mm: float) -> NDArray[np.uint8]:
        number = round((depth_mm - self.first_depth_mm) / self.slice_step_mm)
        chosen = self.slices[min(max(number, 0), len(self.slices) - 1)]
        framed = np.zeros((chosen.shape[0] + 2, chosen.shape[1] + 2), dtype=np.uint8)
        framed[1:-1, 1:-1] = chosen
        return framed


def _aligned(
    grid: Grid,
    values: NDArray[np.uint8],
    axes: ViewAxes,
    order: NDArray[np.intp],
    signs: Float64Array,
) -> _Aligned:
    right, down, normal = (int(axis) for axis in order)
    slices = values.transpose(2 - normal, 2 - down, 2 - right)
    turned = slices[tuple(slice(None, None, int(signs[a])) for a in (2, 1, 0))]
    first_index = np.zeros(3)
    for axis, sign in zip(order, signs, strict=True):
        first_index[axis] = 0 if sign > 0 else grid.size_ijk[axis] - 1
    first = grid.lps_from_index(first_index)
    step = np.array(grid.spacing_mm)[[right, down]]
    corner = np.array((first @ np.array(axes.right_lps), first @ np.array(axes.down_lps)))
    return _Aligned(
        first_mm=corner - step,
        step_mm=step,
        slices=turned,
        first_depth_mm=float(first @ np.array(axes.normal_lps)),
        slice_step_mm=grid.spacing_mm[normal],
    )


@dataclass(frozen=True, slots=True)
class _Oblique:
    """Interpolates: for a view at an angle to the mask's voxels."""

    first_mm: Float64Array
    step_mm: Float64Array
    size_px: tuple[int, int]
    axes: ViewAxes
    reslicer: Reslicer

    def cut(self, depth_mm: float) -> NDArray[np.uint8]:
        middle = self.first_mm + (np.array(self.size_px) / 2.0 - 0.5) * self.step_mm
        axes = self.axes
        centre = (
            middle[0] * np.array(axes.right_lps)
            + middle[1] * np.array(axes.down_lps)
            + depth_mm * np.array(axes.normal_lps)
        )
        # Samples may be higher than wide, so the way down is stretched.
        tall = float(self.step_mm[1] / self.step_mm[0])
        plane = SlicePlane(
            axes=replace(axes, down_lps=vec3(np.array(axes.down_lps) * tall)),
            centre_lps_mm=vec3(centre),
            mm_per_pixel=float(self.step_mm[0]),
            size_px=self.size_px,
        )
        return np.asarray(self.reslicer.pixels(plane), dtype=np.uint8)


def _oblique(grid: Grid, values: NDArray[np.uint8], axes: ViewAxes) -> _Oblique:
    basis = np.array((axes.right_lps, axes.down_lps)).T
    step = np.full(2, min(grid.spacing_mm))
    corners = grid.corners_lps_mm() @ basis
    columns, rows = np.ceil(np.ptp(corners, axis=0) / step).astype(int) + 3
    # The border of the block must count as background, or the outline would stay open there.
    padded = np.pad(values, 1)
    i, j, k = grid.size_ijk
    wider = grid.cropped((-1, -1, -1), (i + 2, j + 2, k + 2))
    return _Oblique(
        first_mm=corners.min(axis=0) - step,
        step_mm=step,
        size_px=(int(columns), int(rows)),
        axes=axes,
        reslicer=Reslicer(wider, padded, outside=0.0, threads=1),
    )


def _loops_px(inside: NDArray[np.uint8]) -> list[Float64Array]:
    """Return closed outlines in pixel indices (column, row) of an image with a border of zeros."""
    edges = vtkFlyingEdges2D()
    edges.SetInputData(vtk_image(inside))
    edges.SetValue(0, _INSIDE / 2)
    edges.ComputeScalarsOff()
    strip = vtkStripper()
    strip.SetInputConnection(edges.GetOutputPort())
    strip.SetMaximumLength(_LONGEST_LOOP)
    strip.Update()
    output = strip.GetOutput()
    if output.GetNumberOfLines() == 0:
        return []
    points = vtk_to_numpy(output.GetPoints().GetData()).astype(np.float64)[:, :2]
    lines = output.GetLines()
    offsets = vtk_to_numpy(lines.GetOffsetsArray())
    order = vtk_to_numpy(lines.GetConnectivityArray())
    return [points[order[a:b]] for a, b in pairwise(offsets.tolist())]
