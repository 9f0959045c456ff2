"""The skin as a surface that takes its colours from the skin's points; scores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from app.rendering.scene_layers import SheetOnScreen
from app.rendering.surface_props import surface_prop
from app.rendering.surfaces import Surface, build_surface
from planning.geometry import Float64Array
from planning.image import Mask

TRIANGLES = 25_000
"""Wanted of the skin, met roughly: about as many corners as the skin has points."""
_FARTHEST_MM = 15.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatSheet:
    """The skin's surface, and which point of the skin each of its corners is coloured by.

    Parameters
    ----------
    points_lps_mm : ndarray, shape (n, 3)
        The skin's points: what colours will be given for.
    nearest : ndarray of int, shape (m,)
        Of each corner of the surface.
    whole : Surface
        The body's surface, which may serve other points too.
    """

    surface: Surface
    points_lps_mm: Float64Array
    nearest: NDArray[np.intp]
    whole: Surface


def heat_sheet(
    body: Mask, points_lps_mm: Float64Array, surface: Surface | None = None
) -> HeatSheet | None:
    """Return the sheet over a body's skin, or None without one; slow, for the background.

    Where the body is cut or hollow, no point of the skin is near: the sheet has holes there.

    Parameters
    ----------
    surface : Surface or None
        The body's, if it was built before.
    """
    from scipy.spatial import cKDTree

    made = surface or build_surface(body, triangles_at_most=TRIANGLES)
    if made is None or len(points_lps_mm) == 0:
        return None
    found = cKDTree(points_lps_mm).query(made.points_lps_mm)
    away_mm, nearest = np.asarray(found[0]), np.asarray(found[1], dtype=np.intp)
    whole = (away_mm[made.triangles] <= _FARTHEST_MM).all(axis=1)
    sheet = Surface(points_lps_mm=made.points_lps_mm, triangles=made.triangles[whole])
    return HeatSheet(surface=sheet, points_lps_mm=points_lps_mm, nearest=nearest, whole=made)


class HeatProp:
    """A sheet as a VTK actor whose colours can be replaced quickly."""

    def __init__(self, sheet: HeatSheet) -> None:
        self.actor: Any = surface_prop(sheet.surface)
        self._nearest = sheet.nearest
        self._mapper = self.actor.GetMapper()
        self._mapper.ScalarVisibilityOn()
        self._mapper.SetColorModeToDirectScalars()
        self.actor.ForceTranslucentOn()
        self.actor.VisibilityOff()
        look = self.actor.GetProperty()
        look.BackfaceCullingOn()  # the far side would shine through, in any order
        look.SetAmbient(0.7)
        look.SetDiffuse(0.4)
        look.SetSpecular(0.0)

    def on_screen(self, camera: Any, width_px: int, height_px: int) -> SheetOnScreen:
        """Return the sheet as a vtkCamera sees it in a picture of this size."""
        data = self._mapper.GetInput()
        points = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
        normals = vtk_to_numpy(data.GetPointData().GetNormals()).astype(np.float64)
        triangles = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)
        project = _matrix(camera.GetCompositeProjectionTransformMatrix(width_px / height_px, -1, 1))
        seen = np.column_stack((points, np.ones(len(points)))) @ project.T
        at = seen[:, :3] / seen[:, 3:] / 2.0 + 0.5
        turn = _matrix(camera.GetModelViewTransformMatrix())[:3, :3]
        look = self.actor.GetProperty()
        return SheetOnScreen(
            places=at * np.array((width_px, height_px, 1.0)),
            inverse_w=1.0 / seen[:, 3],
            normals=normals @ turn.T,
            triangles=triangles.astype(np.int32),
            coloured_by=self._nearest.astype(np.int32),
            ambient=look.GetAmbient(),
            diffuse=look.GetDiffuse(),
        )

    def set_colours(self, colours_rgba: NDArray[np.uint8]) -> None:
        """Colour the sheet by its points, shape (n, 4) from 0 to 255."""
        scalars = numpy_to_vtk(np.ascontiguousarray(colours_rgba[self._nearest]), deep=True)
        self._mapper.GetInput().GetPointData().SetScalars(scalars)
        self._mapper.GetInput().Modified()


def _matrix(matrix: Any) -> Float64Array:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
