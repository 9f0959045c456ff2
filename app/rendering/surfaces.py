"""Masks turned into surfaces that a 3-D view can show; pure, so that a background job can do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import (
    vtkQuadricDecimation,
    vtkTriangleFilter,
    vtkWindowedSincPolyDataFilter,
)
from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D

from planning.image import Mask
from planning.progress import SILENT, Progress

_SMOOTHING_ITERATIONS = 12
_PASS_BAND = 0.08
_COARSEST_STEP = 4
_VOXELS_AT_MOST = 6_000_000


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


def build_surfaces(
    masks: Mapping[str, Mask], *, triangles_at_most: int = 40_000, progress: Progress = SILENT
) -> dict[str, Surface]:
    """Return the surface of every mask that has an inside, by the mask's key.

    Raises
    ------
    planning.progress.Cancelled
        If the work is no longer wanted.
    """
    made: dict[str, Surface] = {}
    for done, (key, mask) in enumerate(masks.items()):
        progress.report(done / max(1, len(masks)), f"Building surfaces, {done} of {len(masks)}")
        surface = build_surface(mask, triangles_at_most=triangles_at_most)
        if surface is not None:
            made[key] = surface
    progress.report(1.0, "Surfaces built")
    return made


def build_surface(mask: Mask, *, triangles_at_most: int = 40_000) -> Surface | None:
    """Return the smoothed, thinned boundary of a mask, or None if it is empty."""
    if not mask.inside.any():
        return None
    block = mask.cropped()
    step = _step(block)
    inside = np.pad(block.inside[::step, ::step, ::step], 1).astype(np.uint8)
    polydata = _thinned(_boundary(inside), triangles_at_most)
    if polydata.GetNumberOfCells() == 0:
        return None
    index = (vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float64) - 1.0) * step
    triangles = vtk_to_numpy(polydata.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return Surface(
        points_lps_mm=block.grid.lps_from_index(index).astype(np.float32),
        triangles=triangles.astype(np.int32),
    )


def _step(block: Mask) -> int:
    """Return how many voxels to skip so that a very large mask (the skin) stays quick."""
    step = 1
    while block.inside.size / step**3 > _VOXELS_AT_MOST and step < _COARSEST_STEP:
        step += 1
    return step


def _boundary(inside_kji: NDArray[np.uint8]) -> Any:
    """Return the smoothed boundary as vtkPolyData in index units."""
    image = vtkImageData()
    image.SetDimensions(*inside_kji.shape[::-1])
    image.GetPointData().SetScalars(
        numpy_to_vtk(inside_kji.ravel(), deep=True, array_type=VTK_UNSIGNED_CHAR)
    )
    edges = vtkDiscreteFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 1)
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


def _thinned(surface: Any, triangles_at_most: int) -> Any:
    """Return vtkPolyData with about so many triangles."""
    count = surface.GetNumberOfCells()
    triangles = vtkTriangleFilter()
    triangles.SetInputData(surface)
    if count <= triangles_at_most:
        triangles.Update()
        return triangles.GetOutput()
    thin = vtkQuadricDecimation()
    thin.SetInputConnection(triangles.GetOutputPort())
    thin.SetTargetReduction(1.0 - triangles_at_most / count)
    thin.VolumePreservationOn()
    thin.Update()
    return thin.GetOutput()
