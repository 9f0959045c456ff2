"""Where a slice view lies in the patient: axes, letters, screen to LPS and back; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from planning.geometry import (
    HEAD_LPS,
    LEFT_LPS,
    POSTERIOR_LPS,
    Float64Array,
    Grid,
    Vec3,
    unit,
    vec3,
)
from planning.model.case import UP_LPS, Position

Orientation = Literal["axial", "coronal", "sagittal"]

_RIGHT_LPS: Vec3 = (-1.0, 0.0, 0.0)
_FEET_LPS: Vec3 = (0.0, 0.0, -1.0)
_ALIGNED_COSINE = 0.9999
_LETTER_FROM = 0.35
_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))


@dataclass(frozen=True, slots=True)
class ViewAxes:
    """Unit vectors of a view in LPS: to the right of the screen, down, and away from the viewer."""

    right_lps: Vec3
    down_lps: Vec3
    normal_lps: Vec3


def view_axes(orientation: Orientation, position: Position | None) -> ViewAxes:
    """Return the axes of a view for a patient who lies like this; None counts as supine.

    Axial: seen from the feet, what is up in the room on top, so that a supine patient's right is
    on the left of the screen and a prone patient's right is on its right. Coronal: head on top,
    seen from above the supine or prone patient, so that both views agree on left and right; from
    the front in a decubitus position. Sagittal: head on top, seen from the patient's left.
    """
    lies = position or Position.SUPINE
    if orientation == "axial":
        down = np.negative(UP_LPS[lies])
        return _axes(np.cross(down, HEAD_LPS), down)
    if orientation == "coronal":
        return _axes(_RIGHT_LPS if lies is Position.PRONE else LEFT_LPS, _FEET_LPS)
    return _axes(POSTERIOR_LPS, _FEET_LPS)


def direction_letters(direction_lps: ArrayLike) -> str:
    """Name a direction by the patient's sides, the strongest first: ``R``, ``HL``."""
    direction = unit(direction_lps)
    order = np.argsort(-np.abs(direction), kind="stable")
    return "".join(
        _LETTERS[axis][int(direction[axis] > 0)]
        for axis in order
        if abs(direction[axis]) > _LETTER_FROM
    )


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """What stands at the four edges of a view."""

    left: str
    right: str
    top: str
    bottom: str


def edge_letters(axes: ViewAxes) -> EdgeLetters:
    """Return the patient's sides at the edges of a view."""
    return EdgeLetters(
        left=direction_letters(np.negative(axes.right_lps)),
        right=direction_letters(axes.right_lps),
        top=direction_letters(np.negative(axes.down_lps)),
        bottom=direction_letters(axes.down_lps),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePlane:
    """A rectangle of pixels in the patient.

    Parameters
    ----------
    centre_lps_mm : Vec3
        What the middle of the rectangle shows.
    mm_per_pixel : float
    size_px : tuple of float
        Width and height. Screen coordinates are continuous: (0, 0) is the upper left corner and
        the first pixel's centre is (0.5, 0.5).
    """

    axes: ViewAxes
    centre_lps_mm: Vec3
    mm_per_pixel: float
    size_px: tuple[float, float]

    def lps_from_screen(self, x_px: float, y_px: float) -> Vec3:
        """Return the point of the plane that a screen position shows."""
        across = (x_px - self.size_px[0] / 2.0) * self.mm_per_pixel
        down = (y_px - self.size_px[1] / 2.0) * self.mm_per_pixel
        return vec3(
            np.array(self.centre_lps_mm)
            + across * np.array(self.axes.right_lps)
            + down * np.array(self.axes.down_lps)
        )

    def screen_from_lps(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Project (..., 3) points onto the screen, (..., 2) pixels."""
        away = np.asarray(points_lps_mm, dtype=np.float64) - np.array(self.centre_lps_mm)
        basis = np.array((self.axes.right_lps, self.axes.down_lps)).T
        return np.asarray(away @ basis / self.mm_per_pixel + np.array(self.size_px) / 2.0)

    def depth_mm(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Return how far (..., 3) points lie behind the plane; negative toward the viewer."""
        away = np.asarray(points_lps_mm, dtype=np.float64) - np.array(self.centre_lps_mm)
        return np.asarray(away @ np.array(self.axes.normal_lps))

    def through(self, point_lps_mm: Vec3) -> SlicePlane:
        """Return the parallel plane through a point; the middle moves along the normal only."""
        depth = float(self.depth_mm(point_lps_mm))
        centre = np.array(self.centre_lps_mm) + depth * np.array(self.axes.normal_lps)
        return replace(self, centre_lps_mm=vec3(centre))

    def panned(self, dx_px: float, dy_px: float) -> SlicePlane:
        """Return the plane with its content moved by so many pixels."""
        width, height = self.size_px
        centre = self.lps_from_screen(width / 2.0 - dx_px, height / 2.0 - dy_px)
        return replace(self, centre_lps_mm=centre)

    def zoomed(self, factor: float, x_px: float, y_px: float) -> SlicePlane:
        """Return the plane magnified by `factor`; what lies under (x, y) stays there."""
        fixed = np.array(self.lps_from_screen(x_px, y_px))
        centre = fixed + (np.array(self.centre_lps_mm) - fixed) / factor
        return replace(self, centre_lps_mm=vec3(centre), mm_per_pixel=self.mm_per_pixel / factor)

    def resized(self, width_px: float, height_px: float) -> SlicePlane:
        """Return the plane for a window of another size; middle and scale stay."""
        return replace(self, size_px=(width_px, height_px))


def fitted_plane(
    grid: Grid, axes: ViewAxes, size_px: tuple[float, float], point_lps_mm: Vec3
) -> SlicePlane:
    """Return the plane through a point that shows the whole grid, with a little room around."""
    corners = grid.corners_lps_mm()
    across = np.ptp(corners @ np.array(axes.right_lps))
    down = np.ptp(corners @ np.array(axes.down_lps))
    width, height = max(size_px[0], 1.0), max(size_px[1], 1.0)
    plane = SlicePlane(
        axes=axes,
        centre_lps_mm=grid.centre_lps_mm,
        mm_per_pixel=float(max(across / width, down / height)) * 1.02,
        size_px=(width, height),
    )
    return plane.through(point_lps_mm)


@dataclass(frozen=True, slots=True)
class Scroll:
    """How a view steps through a grid: along which index axis, how far, and how many steps.

    `axis` is None where no index axis is parallel to the view's normal; the steps are then as
    long as the smallest spacing.
    """

    axis: int | None
    step_mm: float
    count: int


def scroll_of(grid: Grid, normal_lps: Vec3) -> Scroll:
    """Return how to step through `grid` along a normal."""
    cosines = np.abs(np.array(grid.direction_lps) @ np.array(normal_lps))
    axis = int(np.argmax(cosines))
    if cosines[axis] >= _ALIGNED_COSINE:
        return Scroll(axis, grid.spacing_mm[axis], grid.size_ijk[axis])
    step = min(grid.spacing_mm)
    depth = float(np.ptp(grid.corners_lps_mm() @ np.array(normal_lps)))
    return Scroll(None, step, max(1, round(depth / step)))


def scrolled(grid: Grid, point_lps_mm: Vec3, toward_lps: Vec3, steps: int) -> Vec3:
    """Return the point after so many steps toward a direction, on slice centres where there are.

    The point never leaves the grid.
    """
    scroll = scroll_of(grid, toward_lps)
    if scroll.axis is None:
        moved = np.array(point_lps_mm) + steps * scroll.step_mm * np.array(toward_lps)
        return vec3(moved) if bool(grid.contains(moved)) else point_lps_mm
    index = grid.index_from_lps(point_lps_mm)
    sign = 1 if np.dot(grid.direction_lps[scroll.axis], toward_lps) > 0 else -1
    index[scroll.axis] = np.clip(np.rint(index[scroll.axis]) + sign * steps, 0, scroll.count - 1)
    return vec3(grid.lps_from_index(index))


def clipped_to_slab(
    plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3], half_mm: float
) -> tuple[Vec3, Vec3] | None:
    """Return the part of a straight piece within `half_mm` of the plane, or None."""
    start, end = np.array(ends_lps_mm[0]), np.array(ends_lps_mm[1])
    depth = plane.depth_mm(np.array((start, end)))
    change = float(depth[1] - depth[0])
    if abs(change) < 1e-9:
        return ends_lps_mm if abs(float(depth[0])) <= half_mm else None
    crossings = sorted(
        ((-half_mm - float(depth[0])) / change, (half_mm - float(depth[0])) / change)
    )
    low, high = max(0.0, crossings[0]), min(1.0, crossings[1])
    if low >= high:
        return None
    return vec3(start + low * (end - start)), vec3(start + high * (end - start))


def _axes(right: ArrayLike, down: ArrayLike) -> ViewAxes:
    across, below = np.asarray(right), np.asarray(down)
    return ViewAxes(vec3(across), vec3(below), vec3(np.cross(across, below)))
