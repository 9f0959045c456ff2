"""The planes in which an executed needle is shown against the planned one, and what CT they show.

Draws nothing. The planes follow the planned needle and the slices of the planning CT, as the parts
of the error do; so a part is seen in its true length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.rendering.slice_geometry import SlicePlane, ViewAxes
from app.rendering.slice_image import OUTSIDE_HU, Reslicer
from planning.execution.placement_error import across_axes
from planning.geometry import POSTERIOR_LPS, Vec3, unit, vec3
from planning.image import Mask, Volume

_STEP_MM = 0.75
_MOST_SHEETS = 24
_ROOM_MM = 12.0
_ROOM_AHEAD_SHARE = 0.3  # of the needles' length: for what is written beyond the tips
_LEAST_ACROSS_MM = 24.0
_INSIDE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedlePlanes:
    """Axes of the three planes.

    Parameters
    ----------
    in_plane : ViewAxes
        Along the needle, entry on the left: positive in-plane errors go up.
    off_plane : ViewAxes
        Along the needle, entry on the left: positive off-plane errors (toward the head) go up.
    across : ViewAxes
        As seen from the entry: in-plane to the right, off-plane up.
    """

    in_plane: ViewAxes
    off_plane: ViewAxes
    across: ViewAxes


def needle_planes(direction_lps: Vec3, slice_normal_lps: Vec3) -> NeedlePlanes:
    """Return the planes of a planned needle; never mirrored.

    A needle along the normal has no in-plane direction of its own; the back then takes the head's
    part.
    """
    along = unit(direction_lps)
    axes = across_axes(direction_lps, slice_normal_lps)
    if axes is None:
        axes = across_axes(direction_lps, POSTERIOR_LPS)
    assert axes is not None, "a direction cannot lie along two that are perpendicular"
    aside, up = (np.array(axis) for axis in axes)
    return NeedlePlanes(
        in_plane=ViewAxes(vec3(along), vec3(-aside), vec3(up)),
        off_plane=ViewAxes(vec3(along), vec3(-up), vec3(-aside)),
        across=ViewAxes(vec3(aside), vec3(-up), vec3(along)),
    )


def plane_along(
    axes: ViewAxes,
    planned_lps_mm: tuple[Vec3, Vec3],
    executed_lps_mm: tuple[Vec3, Vec3],
    size_px: tuple[float, float],
) -> SlicePlane:
    """Return the plane through the planned needle that has room for all of both needles.

    Parameters
    ----------
    planned_lps_mm, executed_lps_mm : tuple of Vec3
        Entry and deepest point.
    """
    origin, right, down = (np.array(v) for v in (planned_lps_mm[0], axes.right_lps, axes.down_lps))
    ends = np.array([*planned_lps_mm, *executed_lps_mm]) - origin
    along, across = ends @ right, ends @ down
    length = float(along.max() - along.min())
    low, high = float(along.min()) - _ROOM_MM, float(along.max()) + _ROOM_AHEAD_SHARE * length
    tall = 2.0 * (float(np.abs(across).max()) + _ROOM_MM)
    return SlicePlane(
        axes=axes,
        centre_lps_mm=vec3(origin + (low + high) / 2.0 * right),
        mm_per_pixel=max((high - low) / size_px[0], tall / size_px[1]),
        size_px=size_px,
    )


def plane_across(
    axes: ViewAxes,
    planned_end_lps_mm: Vec3,
    executed_tip_lps_mm: Vec3,
    size_px: tuple[float, float],
) -> SlicePlane:
    """Return the plane across the planned needle through the executed tip."""
    away = np.subtract(executed_tip_lps_mm, planned_end_lps_mm)
    depth = float(away @ np.array(axes.normal_lps)) * np.array(axes.normal_lps)
    lateral = float(np.linalg.norm(away - depth))
    wide = max(_LEAST_ACROSS_MM, 3.0 * lateral)
    return SlicePlane(
        axes=axes,
        centre_lps_mm=vec3(np.array(planned_end_lps_mm) + depth),
        mm_per_pixel=wide / min(size_px),
        size_px=size_px,
    )


class ControlPictures:
    """Cuts the control CT and the lesion's edge.

    Parameters
    ----------
    control : Volume
        Its grid placed where it lies in the planning CT.
    """

    def __init__(self, control: Volume, lesion: Mask | None) -> None:
        self._control = Reslicer(control.grid, control.values, outside=OUTSIDE_HU)
        self._lesion = (
            None
            if lesion is None
            else Reslicer(lesion.grid, lesion.inside.astype(np.uint8) * 255, outside=0.0)
        )

    def hu(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.int16]:
        """Return the control CT in a plane, (height, width)."""
        return self._cut(plane, pixel_ratio)

    def brightest(
        self, plane: SlicePlane, through_lps_mm: tuple[Vec3, Vec3], pixel_ratio: float
    ) -> tuple[NDArray[np.int16], float]:
        """Return the brightest of a slab, and its thickness (mm).

        A needle that was turned leaves the planned needle's plane; the slab is as thick as it takes
        to show all of it between two points.
        """
        depths = plane.depth_mm(np.array(through_lps_mm))
        low, high = float(depths.min()) - _STEP_MM, float(depths.max()) + _STEP_MM
        count = min(_MOST_SHEETS, max(2, round((high - low) / _STEP_MM) + 1))
        sheets = np.linspace(low, high, count)
        found = self._cut(_behind(plane, float(sheets[0])), pixel_ratio)
        for depth in sheets[1:]:
            np.maximum(found, self._cut(_behind(plane, float(depth)), pixel_ratio), out=found)
        return found, high - low

    def lesion_edge(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.bool_] | None:
        """Return the pixels inside the lesion that have one outside beside them."""
        if self._lesion is None:
            return None
        inside = self._lesion.pixels(plane, pixel_ratio) >= _INSIDE
        deep = inside.copy()
        deep[1:] &= inside[:-1]
        deep[:-1] &= inside[1:]
        deep[:, 1:] &= inside[:, :-1]
        deep[:, :-1] &= inside[:, 1:]
        return np.asarray(inside & ~deep)

    def _cut(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.int16]:
        pixels = self._control.pixels(plane, pixel_ratio)
        return np.asarray(np.clip(np.rint(pixels), -32768, 32767), dtype=np.int16)


def _behind(plane: SlicePlane, depth_mm: float) -> SlicePlane:
    centre = np.array(plane.centre_lps_mm) + depth_mm * np.array(plane.axes.normal_lps)
    return replace(plane, centre_lps_mm=vec3(centre))
