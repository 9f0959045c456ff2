"""Two planners of the usual kind, written with VTK: to compare with, not to plan with.

Both see every structure at risk as one closed surface. The first asks only whether the axis hits
it; the second samples the distance to it along the axis and keeps the least.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import (
    vtkAppendPolyData,
    vtkDecimatePro,
    vtkFlyingEdges3D,
    vtkImplicitPolyDataDistance,
    vtkWindowedSincPolyDataFilter,
)
from vtkmodules.vtkFiltersGeneral import vtkOBBTree

from planning.anatomy.anatomy import Anatomy
from planning.image import Mask

SAMPLES = 100
_SMOOTHING_STEPS = 10
_DECIMATION = 0.9


@dataclass(frozen=True)
class Obstacles:
    """All structures at risk as one surface in LPS mm."""

    surface: vtkPolyData

    @property
    def triangle_count(self) -> int:
        return self.surface.GetNumberOfCells()


def obstacles_of(anatomy: Anatomy) -> Obstacles:
    """Return the smoothed and thinned surfaces of what Trephine keeps clear of near the lesion."""
    joined = vtkAppendPolyData()
    for risk in anatomy.risks:
        joined.AddInputData(_surface_of(risk.mask))
    joined.Update()
    return Obstacles(joined.GetOutput())


def hit_tree(obstacles: Obstacles) -> vtkOBBTree:
    tree = vtkOBBTree()
    tree.SetDataSet(obstacles.surface)
    tree.BuildLocator()
    return tree


def hits(tree: vtkOBBTree, entries: np.ndarray, tips: np.ndarray) -> np.ndarray:
    """Tell which axes meet the surface."""
    ends = zip(entries.tolist(), tips.tolist(), strict=True)
    return np.array([tree.IntersectWithLine(a, b, None, None) != 0 for a, b in ends])


def distance_to(obstacles: Obstacles) -> vtkImplicitPolyDataDistance:
    distance = vtkImplicitPolyDataDistance()
    distance.SetInput(obstacles.surface)
    distance.EvaluateFunction((0.0, 0.0, 0.0))  # builds its locator
    return distance


def least_distances_mm(
    distance: vtkImplicitPolyDataDistance, entries: np.ndarray, tips: np.ndarray
) -> np.ndarray:
    """Return the least of 100 distances along each axis, negative inside."""
    share = np.linspace(0.0, 1.0, SAMPLES)[:, None]
    least = []
    for entry, tip in zip(entries, tips, strict=True):
        points = numpy_to_vtk(np.ascontiguousarray(entry + share * (tip - entry)))
        values = numpy_to_vtk(np.empty(SAMPLES))
        distance.FunctionValue(points, values)
        least.append(float(vtk_to_numpy(values).min()))
    return np.array(least)


def _surface_of(mask: Mask) -> vtkPolyData:
    grid = mask.grid.cropped((-1, -1, -1), tuple(n + 2 for n in mask.grid.size_ijk))
    image = vtkImageData()
    image.SetDimensions(grid.size_ijk)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm)
    image.SetDirectionMatrix(np.array(grid.direction_lps).T.ravel().tolist())
    padded = np.pad(mask.inside, 1).astype(np.uint8).ravel()
    image.GetPointData().SetScalars(numpy_to_vtk(padded, deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(_SMOOTHING_STEPS)
    fewer = vtkDecimatePro()
    fewer.SetInputConnection(smooth.GetOutputPort())
    fewer.SetTargetReduction(_DECIMATION)
    fewer.PreserveTopologyOn()
    fewer.Update()
    return fewer.GetOutput()
