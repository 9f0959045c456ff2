"""The 3-D scene as VTK props, rendered off screen into an array of pixels; knows no widgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkBoundingBox
from vtkmodules.vtkInteractionStyle import vtkInteractorStyleTrackballCamera
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

from app.rendering.heat_sheet import HeatProp, HeatSheet
from app.rendering.needle_props import SceneNeedle, needle_props
from app.rendering.scene_layers import SceneLayers
from app.rendering.surface_props import set_look, surface_prop
from app.rendering.surfaces import Surface
from planning.geometry import Float64Array, Vec3, unit, vec3
from planning.model.case import UP_LPS, Position

_TILT = 0.30
_CLOSER = 1.35
_SEEN_THROUGH = 0.6


@dataclass(frozen=True, slots=True)
class Look:
    """Colour (``#rrggbb``), opacity and visibility of one surface."""

    colour: str
    opacity: float
    visible: bool


class Scene:
    """Surfaces, needles and a camera; renders only when asked.

    Needles are drawn twice: among the surfaces, and faintly over them, so that a needle inside
    bone is still seen. The skin's colours lie between, over everything translucent, so that no
    structure's colour mixes into a score's. Call `close` before the owner goes away.
    """

    def __init__(self, background: str, window: Any = None) -> None:
        self._looks: dict[str, Look] = {}
        self._surfaces: dict[str, Any] = {}
        self._made_of: dict[str, Surface] = {}
        self._needles: dict[SceneNeedle, tuple[tuple[Any, ...], tuple[Any, ...]]] = {}
        self._heat: HeatProp | None = None
        self._heat_in_place_of = ""
        self._solid = vtkRenderer()
        self._skin = vtkRenderer()
        self._over = vtkRenderer()
        self._window: Any = window or vtkRenderWindow()
        self._pixels = vtkUnsignedCharArray()
        self._interactor: Any = vtkGenericRenderWindowInteractor()
        self._assemble()
        self.set_background(background)

    def _assemble(self) -> None:
        window = self._window
        window.SetOffScreenRendering(1)
        window.SetShowWindow(False)  # noqa: FBT003
        window.SetMultiSamples(0)
        window.SetNumberOfLayers(3)
        for layer, renderer in enumerate((self._skin, self._over), start=1):
            renderer.SetLayer(layer)
            renderer.InteractiveOff()
            renderer.SetActiveCamera(self._solid.GetActiveCamera())
        self._skin.PreserveDepthBufferOn()
        self._solid.SetUseFXAA(True)  # noqa: FBT003
        for renderer in (self._solid, self._skin, self._over):
            window.AddRenderer(renderer)
        self._interactor.SetRenderWindow(window)
        self._interactor.SetInteractorStyle(vtkInteractorStyleTrackballCamera())
        self._interactor.EnableRenderOff()  # the owner renders when it paints
        self._interactor.Initialize()

    def set_background(self, colour: str) -> None:
        """Set the colour behind everything."""
        self._solid.SetBackground(*rgb(colour))

    def set_surfaces(self, surfaces: Mapping[str, Surface]) -> None:
        """Replace all surfaces, those that stay being kept; looks set before keep holding."""
        for key in [k for k, made in self._made_of.items() if surfaces.get(k) is not made]:
            self._solid.RemoveActor(self._surfaces.pop(key))
            del self._made_of[key]
        for key, surface in surfaces.items():
            if key not in self._surfaces:
                self._surfaces[key] = surface_prop(surface)
                self._solid.AddActor(self._surfaces[key])
                self._apply(key)
        self._made_of = dict(surfaces)

    def set_looks(self, looks: Mapping[str, Look]) -> None:
        """Set how surfaces look, by key; keys without a surface wait for one."""
        self._looks = dict(looks)
        for key in self._surfaces:
            self._apply(key)

    def set_needles(self, needles: Iterable[SceneNeedle]) -> None:
        """Replace all needles; one that stays is kept as it is."""
        wanted = dict.fromkeys(needles)
        for needle in self._needles.keys() - wanted.keys():
            solid, over = self._needles.pop(needle)
            for prop in solid:
                self._solid.RemoveActor(prop)
            for prop in over:
                self._over.RemoveActor(prop)
        for needle in wanted:
            if needle not in self._needles:
                self._needles[needle] = (needle_props(needle), needle_props(needle, _SEEN_THROUGH))
                self._add_needle(needle)

    def _add_needle(self, needle: SceneNeedle) -> None:
        solid, over = self._needles[needle]
        for prop in solid:
            self._solid.AddActor(prop)
        for prop in over:
            self._over.AddActor(prop)

    def set_heat_sheet(self, sheet: HeatSheet | None, in_place_of: str = "") -> None:
        """Keep a sheet to colour, to be seen in place of the surface of that key."""
        self._hide_heat()
        if self._heat is not None:
            self._skin.RemoveActor(self._heat.actor)
        self._heat = None if sheet is None else HeatProp(sheet)
        self._heat_in_place_of = in_place_of
        if self._heat is not None:
            self._skin.AddActor(self._heat.actor)

    def set_heat(self, colours_rgba: NDArray[np.uint8] | None) -> None:
        """Show the sheet in these colours, one for each of its points; None hides it."""
        if self._heat is None or colours_rgba is None:
            self._hide_heat()
            return
        self._heat.set_colours(colours_rgba)
        self._heat.actor.VisibilityOn()
        if self._heat_in_place_of in self._surfaces:
            self._surfaces[self._heat_in_place_of].VisibilityOff()

    def _hide_heat(self) -> None:
        if self._heat is not None:
            self._heat.actor.VisibilityOff()
        if self._heat_in_place_of in self._surfaces:
            self._apply(self._heat_in_place_of)

    def look_from(self, position: Position | None) -> None:
        """Look from above the patient as they lie (None: supine), head up, at what is visible."""
        up = np.array(UP_LPS[position or Position.SUPINE])
        toward_viewer = unit(up + _TILT * np.array((0.0, 0.0, 1.0)))
        camera = self._solid.GetActiveCamera()
        focus = np.array(camera.GetFocalPoint())
        camera.SetPosition(*(focus + 100.0 * toward_viewer).tolist())
        camera.SetViewUp(0.0, 0.0, 1.0)
        bounds = self._bounds()
        if bounds is not None:
            self._solid.ResetCamera(bounds)
            camera.Dolly(_CLOSER)
            self._solid.ResetCameraClippingRange(bounds)

    def _bounds(self) -> list[float] | None:
        """Return the box around all that is visible, skin included: least, greatest x, y, z."""
        box = vtkBoundingBox()
        for renderer in (self._solid, self._skin):
            box.AddBounds(renderer.ComputeVisiblePropBounds())  # nothing if none is visible
        if not box.IsValid():
            return None
        bounds = [0.0] * 6
        box.GetBounds(bounds)
        return bounds

    def focus_on(self, point_lps_mm: Vec3) -> None:
        """Turn around this point from now on, without turning or zooming."""
        camera = self._solid.GetActiveCamera()
        move = np.array(point_lps_mm) - np.array(camera.GetFocalPoint())
        camera.SetPosition(*(np.array(camera.GetPosition()) + move).tolist())
        camera.SetFocalPoint(*point_lps_mm)

    def feed(self, event: str, x_px: int, y_px: int, *, ctrl: bool, shift: bool) -> None:
        """Hand a pointer event to the camera.

        Parameters
        ----------
        event : str
            VTK's name, for example ``LeftButtonPressEvent``.
        x_px, y_px : int
            From the upper left of the last rendering.
        """
        self._interactor.SetEventInformationFlipY(x_px, y_px, int(ctrl), int(shift), "\0", 0, None)
        self._interactor.InvokeEvent(event)

    def screen_directions(self) -> Float64Array:
        """Return left, posterior and head (rows) as right, up and toward the viewer (columns)."""
        camera = self._solid.GetActiveCamera()
        near = -unit(camera.GetDirectionOfProjection())
        right = unit(np.cross(np.array(camera.GetViewUp()), near))
        return np.array((right, np.cross(near, right), near)).T

    def screen_from_lps(self, point_lps_mm: Vec3) -> tuple[float, float]:
        """Return where a point is seen, as shares of width and height from the upper left."""
        renderer: Any = self._solid
        renderer.SetWorldPoint(*point_lps_mm, 1.0)
        renderer.WorldToView()
        x, y, _ = vec3(renderer.GetViewPoint())
        return (x + 1.0) / 2.0, (1.0 - y) / 2.0

    def ray_lps_mm(self, x_share: float, y_share: float) -> tuple[Vec3, Vec3]:
        """Return where a place of the picture is seen from: the nearest and the farthest point.

        Parameters
        ----------
        x_share, y_share : float
            Of width and height, from the upper left.
        """
        renderer: Any = self._solid
        ends = []
        for depth in (0.0, 1.0):  # the near and the far clipping plane
            renderer.SetViewPoint(2.0 * x_share - 1.0, 1.0 - 2.0 * y_share, 2.0 * depth - 1.0)
            renderer.ViewToWorld()
            x, y, z, w = renderer.GetWorldPoint()
            ends.append((x / w, y / w, z / w))
        return ends[0], ends[1]

    def render(self, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return the picture, shape (height, width, 4) RGBA, first row on top."""
        self._frame(width_px, height_px)
        return np.ascontiguousarray(self._rendered()[::-1])

    def layers(self, width_px: int, height_px: int) -> SceneLayers:
        """Return the picture taken apart, to be coloured anew without being rendered anew."""
        self._frame(width_px, height_px)
        over = [prop for _, props in self._needles.values() for prop in props]
        sheet = None
        if self._heat is not None and self._heat_is_seen():
            camera = self._solid.GetActiveCamera()
            sheet = self._heat.on_screen(camera, width_px, height_px)
        heat = [] if self._heat is None else [self._heat.actor]
        # Else the empty layers would wipe out how far away what is solid lies.
        self._over.PreserveDepthBufferOn()
        with _hidden([*over, *heat]):
            base, depth = self._rendered()[..., :3].copy(), self._depth()
        self._over.PreserveDepthBufferOff()
        return SceneLayers(base, depth, self._over_alone(heat) if over else None, sheet)

    def _over_alone(self, heat: list[Any]) -> NDArray[np.uint8]:
        """Return what lies over everything: its colours by opacity, and what is seen through."""
        solid = [
            *self._surfaces.values(),
            *(p for props, _ in self._needles.values() for p in props),
        ]
        background, found = self._solid.GetBackground(), []
        with _hidden([*solid, *heat]):
            for grey in (0.0, 1.0):
                self._solid.SetBackground(grey, grey, grey)
                found.append(self._rendered()[..., :3].copy())
        self._solid.SetBackground(background)
        on_black, on_white = found
        through = (on_white.astype(np.int16) - on_black).clip(0, 255).max(axis=2, keepdims=True)
        return np.concatenate((on_black, through.astype(np.uint8)), axis=2)

    def _depth(self) -> NDArray[np.float32]:
        width, height = self._window.GetSize()
        values = vtkFloatArray()
        self._window.GetZbufferData(0, 0, width - 1, height - 1, values)
        return np.asarray(vtk_to_numpy(values).reshape(height, width)).copy()

    def _frame(self, width_px: int, height_px: int) -> None:
        """Take the camera to a picture of this size; everything that is visible has room."""
        window = self._window
        camera = self._solid.GetActiveCamera()
        camera.SetUseHorizontalViewAngle(width_px < height_px)  # else a narrow view cuts the sides
        window.SetSize(width_px, height_px)
        self._interactor.SetSize(width_px, height_px)
        bounds = self._bounds()
        if bounds is not None:
            self._solid.ResetCameraClippingRange(bounds)

    def _rendered(self) -> NDArray[np.uint8]:
        """Return the picture in the size of the frame, the lowest row first."""
        width, height = self._window.GetSize()
        self._window.Render()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)
        return np.asarray(vtk_to_numpy(self._pixels).reshape(height, width, 4))

    def close(self) -> None:
        """Give the graphics resources back; the scene must not be used afterwards."""
        self._interactor.SetRenderWindow(None)
        for renderer in (self._over, self._skin, self._solid):
            self._window.RemoveRenderer(renderer)
        self._window.Finalize()

    def _apply(self, key: str) -> None:
        look = self._looks.get(key)
        if look is not None:
            covered = key == self._heat_in_place_of and self._heat_is_seen()
            visible = look.visible and not covered
            set_look(self._surfaces[key], rgb(look.colour), look.opacity, visible=visible)

    def _heat_is_seen(self) -> bool:
        return self._heat is not None and bool(self._heat.actor.GetVisibility())


@contextmanager
def _hidden(props: Iterable[Any]) -> Iterator[None]:
    """Hide some of a scene for a while."""
    seen = [prop for prop in props if prop.GetVisibility()]
    for prop in seen:
        prop.VisibilityOff()
    try:
        yield
    finally:
        for prop in seen:
            prop.VisibilityOn()


def rgb(colour: str) -> tuple[float, float, float]:
    """Return ``#rrggbb`` as three shares."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255.0 for start in (1, 3, 5))
    return red, green, blue
