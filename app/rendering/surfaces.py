"""Masks turned into surfaces that a 3-D view can show; pure, so that a background job can do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkWindowedSincPolyDataFilter

from planning.image import Mask
from planning.progress import SILENT, Progress

_SMOOTHING_ITERATIONS = 12
_PASS_BAND = 0.08
_COARSEST_STEP = 12
_HALF = 0.5
_TRIANGLES_PER_FACE = 1.7
_FEWEST_TRIANGLES, _MOST_TRIANGLES = 1_500, 30_000
_ROUNDED_UP_FROM = 0.25
TRIANGLES_IN_ALL = 150_000
"""What software renders several times a second."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """A closed triangle surface in LPS mm, for display only: smoothed and thinned.

    Parameters
    ----------
    points_lps_mm : ndarray of float32, shape (n, 3)
    triangles : ndarray of int32, shape (m, 3)
        Indices into the points.
    """

    points_lps_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]


def triangle_shares(masks: Mapping[str, Mask], in_all: int = TRIANGLES_IN_ALL) -> dict[str, int]:
    """Return how many triangles each mask may have, by its key, so that a view keeps its pace.

    Shared out by the root of the masks' extents: a nerve is not lost beside a pelvis.
    """
    extents = {key: _extent_mm2(mask) ** 0.5 for key, mask in masks.items()}
    total = sum(extents.values())
    return {
        key: round(min(max(in_all * extent / total, _FEWEST_TRIANGLES), _MOST_TRIANGLES))
        for key, extent in extents.items()
    }


def build_surfaces(
    masks: Mapping[str, Mask],
    shares: Mapping[str, int] | None = None,
    *,
    progress: Progress = SILENT,
) -> dict[str, Surface]:
    """Return the surface of every mask that has an inside, by the mask's key.

    Parameters
    ----------
    shares : mapping of str to int
        How many triangles each may have; None shares them out among these masks.

    Raises
    ------
    planning.progress.Cancelled
        If the work is no longer wanted.
    """
    made: dict[str, Surface] = {}
    each = triangle_shares(masks) if shares is None else shares
    for done, (key, mask) in enumerate(masks.items()):
        progress.report(done / max(1, len(masks)), f"Building surfaces, {done} of {len(masks)}")
        surface = build_surface(mask, triangles_at_most=each[key])
        if surface is not None:
            made[key] = surface
    progress.report(1.0, "Surfaces built")
    return made


def build_surface(mask: Mask, *, triangles_at_most: int = _MOST_TRIANGLES) -> Surface | None:
    """Return the smoothed boundary of a mask, or None if it is empty.

    A large mask is averaged over blocks of voxels first, which is much quicker than thinning a
    fine surface; `triangles_at_most` is met roughly.
    """
    if not mask.inside.any():
        return None
    block = mask.cropped()
    step = _step(block.inside, triangles_at_most)
    share = _block_means(block.inside, step)
    polydata = _boundary(np.pad(share, 1))
    if polydata.GetNumberOfCells() == 0:
        return None
    # Sample 1 of the padded blocks lies in the middle of the first `step` voxels.
    blocks = vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float64)
    index = (blocks - 1.0) * step + (step - 1) / 2.0
    triangles = vtk_to_numpy(polydata.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return Surface(
        points_lps_mm=block.grid.lps_from_index(index).astype(np.float32),
        triangles=triangles.astype(np.int32),
    )


def _step(inside_kji: NDArray[np.bool_], triangles_at_most: int) -> int:
    """Return how many voxels to average along each axis; triangles fall by its square."""
    faces = sum(
        int(np.count_nonzero(turned[1:] != turned[:-1]))
        for turned in (inside_kji, inside_kji.swapaxes(0, 1), inside_kji.swapaxes(0, 2))
    )
    wanted = (_TRIANGLES_PER_FACE * faces / triangles_at_most) ** 0.5
    return int(np.clip(np.ceil(wanted - _ROUNDED_UP_FROM), 1, _COARSEST_STEP))


def _extent_mm2(mask: Mask) -> float:
    """Return about how large a surface a mask's box can hold."""
    edges_mm = np.array(mask.grid.size_ijk) * np.array(mask.grid.spacing_mm)
    return float(np.prod(edges_mm) ** (2.0 / 3.0))


def _block_means(inside_kji: NDArray[np.bool_], step: int) -> NDArray[np.float32]:
    """Return the share of inside voxels in blocks of `step` voxels a side."""
    if step == 1:
        return inside_kji.astype(np.float32)
    pads = [(0, -size % step) for size in inside_kji.shape]
    total = np.pad(inside_kji, pads).astype(np.uint16)
    for axis in range(3):
        starts = np.arange(0, total.shape[axis], step)
        total = np.add.reduceat(total, starts, axis=axis, dtype=np.uint16)
    return total.astype(np.float32) / np.float32(step**3)


def _boundary(share_kji: NDArray[np.float32]) -> Any:
    """Return the smoothed boundary as vtkPolyData in index units."""
    image = vtkImageData()
    image.SetDimensions(*share_kji.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(share_kji.ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, _HALF)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(_SMOOTHING_ITERATIONS)
    smooth.SetPassBand(_PASS_BAND)
    smooth.NormalizeCoordinatesOn()
    smooth.Update()
    return smooth.GetOutput()
