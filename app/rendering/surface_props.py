"""One structure's surface as a VTK actor of one solid colour; builds no surface."""

from __future__ import annotations

from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from app.rendering.surfaces import Surface

_FEATURE_ANGLE_DEG = 60.0


def surface_prop(surface: Surface) -> Any:
    """Return a vtkActor that shows a surface."""
    points = vtkPoints()
    points.SetData(numpy_to_vtk(surface.points_lps_mm, deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, surface.triangles.size + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(surface.triangles.ravel().astype(np.int64), deep=True),
    )
    polydata = vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetPolys(cells)
    return _shaded(polydata)


def set_look(
    prop: Any, colour: tuple[float, float, float], opacity: float, *, visible: bool
) -> None:
    """Set colour, opacity and visibility of an actor."""
    prop.GetProperty().SetColor(*colour)
    prop.GetProperty().SetOpacity(opacity)
    prop.SetVisibility(visible and opacity > 0.0)


def _shaded(polydata: Any) -> Any:
    normals = vtkPolyDataNormals()
    normals.SetInputData(polydata)
    normals.SetFeatureAngle(_FEATURE_ANGLE_DEG)
    normals.SplittingOff()
    normals.ConsistencyOn()
    normals.AutoOrientNormalsOn()
    normals.Update()
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(normals.GetOutput())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetAmbient(0.15)
    look.SetDiffuse(0.8)
    look.SetSpecular(0.12)
    look.SetSpecularPower(20.0)
    return actor
