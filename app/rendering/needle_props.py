"""Needles of the 3-D view as VTK actors: shaft, specimen, ring, envelope; plans nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkTubeFilter
from vtkmodules.vtkFiltersSources import vtkLineSource, vtkRegularPolygonSource
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from planning.geometry import Vec3, unit, vec3

_SIDES = 20
_LEAST_RADIUS_MM = 1.0
_GHOST_RADIUS_MM = 0.8
_GHOST_OPACITY = 0.8
_DASH_RADIUS_MM, _DASH_MM, _GAP_MM = 0.8, 5.0, 3.0
_RING_RADIUS_MM = 5.0
_RING_WIRE_MM = 0.8
_ENVELOPE_SIDES = 32
_ENVELOPE_OPACITY = 0.3

_Rgb = tuple[float, float, float]
_WHITE: _Rgb = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneNeedle:
    """One needle of the scene; colours are shares of red, green and blue.

    Parameters
    ----------
    specimen_lps_mm : tuple of Vec3 or None
        None for a needle of which nobody said what it is for.
    envelope_mm : tuple of (float, float)
        Depth from the entry and radius of the band in which 95 % of the needles stay; empty for
        none.
    dashed : bool
        Thin pieces with gaps between them, beside which a solid needle stands out.
    """

    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    specimen_lps_mm: tuple[Vec3, Vec3] | None
    radius_mm: float
    selected: bool
    colour: _Rgb
    core: bool = False
    envelope_mm: tuple[tuple[float, float], ...] = ()
    dashed: bool = False


def needle_props(needle: SceneNeedle, opacity: float = 1.0) -> tuple[Any, ...]:
    """Return the vtkActors of a needle; `opacity` scales their own.

    A core of the set that is not selected is a ghost that shows its specimen.
    """
    shaft = (needle.entry_lps_mm, needle.tip_lps_mm)
    envelope = (_envelope(needle, opacity),) if len(needle.envelope_mm) > 1 else ()
    specimen = needle.specimen_lps_mm
    if needle.dashed:
        pieces = _pieces(shaft)
        return (*(_tube(p, _DASH_RADIUS_MM, needle.colour, opacity) for p in pieces), *envelope)
    if not needle.selected and needle.core and specimen is not None:
        return (
            _tube(shaft, _GHOST_RADIUS_MM, needle.colour, _GHOST_OPACITY * opacity),
            _tube(specimen, 2.0 * _GHOST_RADIUS_MM, _WHITE, _GHOST_OPACITY * opacity),
        )
    if not needle.selected:
        return (_tube(shaft, _GHOST_RADIUS_MM, needle.colour, _GHOST_OPACITY * opacity),)
    radius = max(needle.radius_mm, _LEAST_RADIUS_MM)
    return (
        _tube(shaft, radius, needle.colour, opacity),
        *(() if specimen is None else (_tube(specimen, 1.6 * radius, _WHITE, opacity),)),
        _ring(needle, opacity),
        *envelope,
    )


def _pieces(ends_lps_mm: tuple[Vec3, Vec3]) -> list[tuple[Vec3, Vec3]]:
    """Return the dashes of a line, the last of which reaches its end."""
    start, end = np.array(ends_lps_mm[0]), np.array(ends_lps_mm[1])
    length = float(np.linalg.norm(end - start))
    count = max(1, round((length + _GAP_MM) / (_DASH_MM + _GAP_MM)))
    step = (length + _GAP_MM) / count
    way = (end - start) / max(length, 1e-9)
    firsts = [number * step for number in range(count)]
    return [(vec3(start + f * way), vec3(start + (f + step - _GAP_MM) * way)) for f in firsts]


def _tube(ends_lps_mm: tuple[Vec3, Vec3], radius_mm: float, colour: _Rgb, opacity: float) -> Any:
    line = vtkLineSource()
    line.SetPoint1(*ends_lps_mm[0])
    line.SetPoint2(*ends_lps_mm[1])
    return _actor(line, radius_mm, colour, opacity)


def _ring(needle: SceneNeedle, opacity: float) -> Any:
    circle = vtkRegularPolygonSource()
    circle.GeneratePolygonOff()
    circle.SetNumberOfSides(2 * _SIDES)
    circle.SetCenter(*needle.entry_lps_mm)
    circle.SetNormal(*np.subtract(needle.tip_lps_mm, needle.entry_lps_mm).tolist())
    circle.SetRadius(_RING_RADIUS_MM)
    return _actor(circle, _RING_WIRE_MM, needle.colour, opacity)


def _envelope(needle: SceneNeedle, opacity: float) -> Any:
    """Return the band as a tube around the axis that is as wide at each depth as it says."""
    depth_mm, radius_mm = np.array(needle.envelope_mm).T
    entry = np.array(needle.entry_lps_mm)
    way = unit(np.array(needle.tip_lps_mm) - entry)
    points = vtkPoints()
    points.SetData(numpy_to_vtk(entry + depth_mm[:, None] * way, deep=True))
    line = vtkCellArray()
    line.InsertNextCell(len(depth_mm), list(range(len(depth_mm))))
    axis = vtkPolyData()
    axis.SetPoints(points)
    axis.SetLines(line)
    axis.GetPointData().SetScalars(numpy_to_vtk(radius_mm, deep=True))
    tube = vtkTubeFilter()
    tube.SetInputData(axis)
    tube.SetVaryRadiusToVaryRadiusByAbsoluteScalar()
    tube.SetNumberOfSides(_ENVELOPE_SIDES)
    actor = _shown(tube, needle.colour, _ENVELOPE_OPACITY * opacity)
    actor.GetProperty().BackfaceCullingOn()  # else its wall is counted twice
    return actor


def _actor(source: Any, radius_mm: float, colour: _Rgb, opacity: float) -> Any:
    tube = vtkTubeFilter()
    tube.SetInputConnection(source.GetOutputPort())
    tube.SetRadius(radius_mm)
    tube.SetNumberOfSides(_SIDES)
    tube.CappingOn()
    return _shown(tube, colour, opacity)


def _shown(tube: Any, colour: _Rgb, opacity: float) -> Any:
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(tube.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*colour)
    actor.GetProperty().SetOpacity(opacity)
    actor.GetProperty().SetAmbient(0.75)
    actor.GetProperty().SetDiffuse(0.35)
    return actor
