"""Outlines of a mask on a slice plane, independent of zoom and pan; draws nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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
_MOST_AXES = 12
_COARSEST_STEPS = 2.0
_EDGES = np.array([(a, a | bit) for bit in (1, 2, 4) for a in range(8) if not a & bit])
"""The twelve edges of a box, by the numbers of the corners they join."""


@dataclass(frozen=True, slots=True)
class CutWindow:
    """The part of a plane that is wanted, and how finely.

    Parameters
    ----------
    low_mm, high_mm : tuple of float
        Along the view's right and down, from the LPS origin.
    step_mm : float
        What is finer is not seen.
    """

    low_mm: tuple[float, float]
    high_mm: tuple[float, float]
    step_mm: float

    def covers(self, other: CutWindow) -> bool:
        """Tell whether what was cut for this window serves another one."""
        inside = all(a <= b for a, b in zip(self.low_mm, other.low_mm, strict=True))
        inside &= all(a >= b for a, b in zip(self.high_mm, other.high_mm, strict=True))
        return inside and self.step_mm <= 1.3 * other.step_mm


class MaskContours:
    """Cuts one mask by planes; the outline runs on the faces between inside and outside voxels.

    Where four voxels meet diagonally the corner is cut off. Worth keeping from slice to slice and
    sharing between views, because preparing a mask costs more than cutting it. Planes parallel to
    the voxels take whole slices; all others are interpolated, with nothing kept for them, so that
    they may turn with every frame.
    """

    def __init__(self, mask: Mask) -> None:
        block = mask.cropped()
        self._grid = block.grid
        self._inside = block.inside
        i, j, k = block.grid.size_ijk
        self._wider = block.grid.cropped((-1, -1, -1), (i + 2, j + 2, k + 2))
        self._corners_lps_mm = _corners(self._wider)
        self._centre_lps_mm = vec3(self._corners_lps_mm.mean(axis=0))
        self._half_lps_mm = [
            vec3((self._corners_lps_mm[1 << axis] - self._corners_lps_mm[0]) / 2.0)
            for axis in range(3)
        ]
        self._reslicer: Reslicer | None = None
        self._slices: dict[ViewAxes, _Aligned] = {}

    def is_aligned(self, axes: ViewAxes) -> bool:
        """Tell whether a view's planes are parallel to the voxels; such cuts need no window."""
        return _turn(self._grid.direction_lps, axes) is not None

    def loops_mm(
        self, axes: ViewAxes, point_lps_mm: Vec3, window: CutWindow | None = None
    ) -> list[Float64Array]:
        """Return closed outlines on the plane through a point.

        Parameters
        ----------
        window : CutWindow or None
            What is wanted of a plane that is not parallel to the voxels; None for all of it. What
            reaches beyond is closed along its edge.

        Returns
        -------
        list of ndarray, shape (n, 2)
            Distances in mm from the LPS origin along the view's right and down; empty where the
            plane misses the mask. Fill them by the odd-even rule: inner loops are holes.
        """
        depth = _dot(point_lps_mm, axes.normal_lps)
        aligned = self._aligned(axes)
        found = self._oblique(axes, depth, window) if aligned is None else aligned.cut(depth)
        if found is None or not found.inside.any():
            return []
        return [found.first_mm + loop * found.step_mm for loop in _loops_px(found.inside)]

    def _aligned(self, axes: ViewAxes) -> _Aligned | None:
        turn = _turn(self._grid.direction_lps, axes)
        if turn is None:
            return None
        if axes not in self._slices:
            made = _aligned_slices(self._grid, self._inside, axes, turn)
            if len(self._slices) >= _MOST_AXES:
                self._slices.pop(next(iter(self._slices)))
            self._slices[axes] = made
        return self._slices[axes]

    def _may_meet(self, axes: ViewAxes, depth_mm: float, window: CutWindow | None) -> bool:
        """Tell quickly, in plain numbers, whether the mask's box can lie in what is wanted."""
        wanted = [(axes.normal_lps, depth_mm, depth_mm)]
        if window is not None:
            wanted += [
                (axes.right_lps, window.low_mm[0], window.high_mm[0]),
                (axes.down_lps, window.low_mm[1], window.high_mm[1]),
            ]
        for way, low, high in wanted:
            middle = _dot(self._centre_lps_mm, way)
            reach = sum(abs(_dot(half, way)) for half in self._half_lps_mm)
            if middle + reach < low or middle - reach > high:
                return False
        return True

    def _oblique(self, axes: ViewAxes, depth_mm: float, window: CutWindow | None) -> _Cut | None:
        """Interpolate where plane and mask may meet, on a lattice that is fixed in the plane."""
        if not self._may_meet(axes, depth_mm, window):
            return None
        basis = np.array((axes.right_lps, axes.down_lps))
        meeting = _meeting(self._corners_lps_mm, basis, np.array(axes.normal_lps), depth_mm)
        if meeting is None:
            return None
        low, high = meeting
        finest = min(self._grid.spacing_mm)
        step = finest
        if window is not None:
            low, high = np.maximum(low, window.low_mm), np.minimum(high, window.high_mm)
            step = float(np.clip(window.step_mm, finest, _COARSEST_STEPS * finest))
        if (low >= high).any():
            return None
        first = np.floor(low / step) * step - step
        columns, rows = (np.ceil((high - first) / step).astype(int) + 2).tolist()
        middle = first + (np.array((columns, rows)) / 2.0 - 0.5) * step
        centre = middle @ basis + depth_mm * np.array(axes.normal_lps)
        if self._reslicer is None:
            # The border counts as background, or an outline would stay open there.
            padded = np.pad(self._inside.view(np.uint8) * np.uint8(_INSIDE), 1)
            self._reslicer = Reslicer(self._wider, padded, outside=0.0, threads=1)
        plane = SlicePlane(
            axes=axes, centre_lps_mm=vec3(centre), mm_per_pixel=step, size_px=(columns, rows)
        )
        inside = np.zeros((rows, columns), dtype=np.uint8)
        inside[1:-1, 1:-1] = self._reslicer.pixels(plane)[1:-1, 1:-1]
        return _Cut(inside, first, np.full(2, step))


class SharedContours:
    """The prepared masks of all views together: each is prepared once, and let go by the last."""

    def __init__(self) -> None:
        self._made: dict[int, MaskContours] = {}
        self._kept_by: dict[int, dict[int, Mask]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def of(self, mask: Mask) -> MaskContours:
        """Return a mask prepared; one that nobody keeps is prepared anew each time."""
        key = id(mask)
        if key not in self._made:
            made = MaskContours(mask)
            if not any(key in kept for kept in self._kept_by.values()):
                return made
            self._made[key] = made
        return self._made[key]

    def keep(self, owner: object, masks: Iterable[Mask]) -> None:
        """Keep these masks for one owner, and no others; what no owner keeps is let go."""
        # The masks are held as well, so that an id cannot be given to another mask.
        self._kept_by[id(owner)] = {id(mask): mask for mask in masks}
        alive = {key for kept in self._kept_by.values() for key in kept}
        self._made = {key: made for key, made in self._made.items() if key in alive}


@dataclass(frozen=True, slots=True)
class _Cut:
    """Samples (row, column) of a mask on a plane, with a border of background.

    `first_mm` is where the first lies along right and down, `step_mm` the distances between them.
    """

    inside: NDArray[np.uint8]
    first_mm: Float64Array
    step_mm: Float64Array


@dataclass(frozen=True, slots=True)
class _Aligned:
    """Takes whole slices: for a view parallel to the mask's voxels."""

    first_mm: Float64Array
    step_mm: Float64Array
    slices: NDArray[np.bool_]
    first_depth_mm: float
    slice_step_mm: float

    def cut(self, depth_mm: float) -> _Cut | None:
        share = (depth_mm - self.first_depth_mm) / self.slice_step_mm
        if not -0.5 <= share < len(self.slices) - 0.5:
            return None
        chosen = self.slices[min(max(round(share), 0), len(self.slices) - 1)]
        framed = np.zeros((chosen.shape[0] + 2, chosen.shape[1] + 2), dtype=np.uint8)
        np.multiply(chosen, np.uint8(_INSIDE), out=framed[1:-1, 1:-1])
        return _Cut(framed, self.first_mm, self.step_mm)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Which index axis runs along right, down and normal of a view, and which way (1 or -1)."""

    order: tuple[int, int, int]
    signs: tuple[int, int, int]


@lru_cache(maxsize=64)  # masks share one lattice: asked once for each frame
def _turn(direction_lps: tuple[Vec3, Vec3, Vec3], axes: ViewAxes) -> _Turn | None:
    """Return how a lattice lies in a view that is parallel to it; None if it is at an angle."""
    view = np.array((axes.right_lps, axes.down_lps, axes.normal_lps)).T
    cosines = np.array(direction_lps) @ view
    if np.abs(cosines).max(axis=0).min() < _ALIGNED_COSINE:
        return None
    right, down, normal = np.abs(cosines).argmax(axis=0).tolist()
    signs = [1 if cosines[axis, n] > 0.0 else -1 for n, axis in enumerate((right, down, normal))]
    return _Turn((right, down, normal), (signs[0], signs[1], signs[2]))


def _aligned_slices(grid: Grid, inside: NDArray[np.bool_], axes: ViewAxes, turn: _Turn) -> _Aligned:
    """Return a mask as a stack of slices, not copied, of a view that is parallel to it."""
    order, signs = turn.order, turn.signs
    right, down, normal = order
    slices = inside.transpose(2 - normal, 2 - down, 2 - right)
    turned = slices[tuple(slice(None, None, signs[a]) for a in (2, 1, 0))]
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


def _dot(one: Vec3, other: Vec3) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _corners(grid: Grid) -> Float64Array:
    """Return the centres of the eight corner voxels; bit a of a corner's number is its axis a."""
    bits = np.array([[number >> axis & 1 for axis in range(3)] for number in range(8)])
    return grid.lps_from_index(bits * (np.array(grid.size_ijk) - 1))


def _meeting(
    corners_lps_mm: Float64Array,
    basis: Float64Array,
    normal: Float64Array,
    depth_mm: float,
) -> tuple[Float64Array, Float64Array] | None:
    """Return the least rectangle of a plane around where it cuts a box; None where it does not."""
    away = corners_lps_mm @ normal - depth_mm
    start, end = away[_EDGES[:, 0]], away[_EDGES[:, 1]]
    crossed = (start < 0.0) != (end < 0.0)
    if not crossed.any():
        return None
    begin, finish = corners_lps_mm[_EDGES[crossed].T]
    share = start[crossed] / (start[crossed] - end[crossed])
    points = (begin + share[:, None] * (finish - begin)) @ basis.T
    return points.min(axis=0), points.max(axis=0)


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
