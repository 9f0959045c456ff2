"""Where the views that follow a needle lie: axes and what they show when fitted; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from app.rendering.slice_geometry import Orientation, SlicePlane, ViewAxes
from planning.geometry import HEAD_LPS, POSTERIOR_LPS, Float64Array, Vec3, unit, vec3
from planning.model.needle import Trajectory

NeedleSight = Literal["eye", "along_axial", "along_head"]
"""Across the needle as its tip sees it; along it near the axial plane; along it, head on top."""

ViewKind = Orientation | NeedleSight

NEEDLE_SIGHTS: tuple[NeedleSight, ...] = get_args(NeedleSight)

DEEPER_THAN_TIP_MM = 20.0
"""How far past the tip one can look."""

_ALONG_BODY_SINE = 0.05
_EYE_MM = 60.0
_BEFORE_SKIN_MM, _PAST_TIP_MM = 15.0, 25.0
_LENGTH_STEP_MM = 20.0
_LEAST_HEIGHT_MM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What a view that follows a needle shows when it is fitted.

    Parameters
    ----------
    centre_lps_mm : Vec3
        What the middle of the view shows.
    width_mm, height_mm : float
        What has to have room.
    depth_mm : float
        The depth along the needle that is being looked at.
    depth_lps_mm : Vec3
        Where that is.
    """

    axes: ViewAxes
    centre_lps_mm: Vec3
    width_mm: float
    height_mm: float
    depth_mm: float
    depth_lps_mm: Vec3

    def plane(self, size_px: tuple[float, float]) -> SlicePlane:
        """Return the plane that shows all of it in a window."""
        width, height = max(size_px[0], 1.0), max(size_px[1], 1.0)
        return SlicePlane(
            axes=self.axes,
            centre_lps_mm=self.centre_lps_mm,
            mm_per_pixel=max(self.width_mm / width, self.height_mm / height),
            size_px=(width, height),
        )

    def carried(self, plane: SlicePlane, before: Framing) -> SlicePlane:
        """Return the plane for this framing, moved and magnified as `plane` was in another.

        So a needle can be moved under the hand without what the user did to the view being lost.
        """
        fitted, fitted_before = self.plane(plane.size_px), before.plane(plane.size_px)
        away = np.subtract(plane.centre_lps_mm, before.centre_lps_mm)
        across = float(away @ np.array(before.axes.right_lps))
        down = float(away @ np.array(before.axes.down_lps))
        centre = (
            np.array(self.centre_lps_mm)
            + across * np.array(self.axes.right_lps)
            + down * np.array(self.axes.down_lps)
        )
        untouched = np.isclose(plane.mm_per_pixel, fitted_before.mm_per_pixel)
        return SlicePlane(
            axes=self.axes,
            centre_lps_mm=vec3(centre),
            mm_per_pixel=fitted.mm_per_pixel if untouched else plane.mm_per_pixel,
            size_px=plane.size_px,
        )


def orientation_of(kind: ViewKind) -> Orientation | None:
    """Return which of the patient's axes a view follows; None where it follows a needle."""
    if kind == "axial" or kind == "coronal" or kind == "sagittal":
        return kind
    return None


def needle_axes(sight: NeedleSight, direction_lps: ArrayLike) -> ViewAxes:
    """Return the axes of a view that follows a needle; never mirrored.

    All three come from one frame: the needle's direction and, across it, the direction nearest to
    the head. The eye looks from the entry toward the tip, head on top. The two others have the
    entry on the left and the tip on the right: one lies as near to the axial plane as a plane
    through the needle can, seen from the feet; the other stands on it, head on top.

    The frame turns with the needle without a jump, except where the needle comes within three
    degrees of the body's long axis; there the back takes the head's part.
    """
    along = unit(direction_lps)
    head = _most_headward(along)
    aside = np.cross(head, along)
    if sight == "eye":
        return _axes(-aside, -head, along)
    if sight == "along_axial":
        return _axes(along, aside, head)
    return _axes(along, -head, aside)


def needle_framing(sight: NeedleSight, path: Trajectory, depth_mm: float) -> Framing:
    """Return what a view shows of a needle that is being looked at at a depth from its entry.

    Views along the needle hold the whole of it, in steps of length: as long as one end is pulled
    only a little, the other stays where it is.
    """
    axes = needle_axes(sight, path.direction_lps)
    looked_at = path.at_depth_mm(depth_mm)
    if sight == "eye":
        width = height = _EYE_MM
        centre = looked_at
    else:
        length = _BEFORE_SKIN_MM + path.insertion_depth_mm + _PAST_TIP_MM
        width = float(np.ceil(length / _LENGTH_STEP_MM)) * _LENGTH_STEP_MM
        height = _LEAST_HEIGHT_MM
        centre = path.at_depth_mm(width / 2.0 - _BEFORE_SKIN_MM)
    return Framing(
        axes=axes,
        centre_lps_mm=centre,
        width_mm=width,
        height_mm=height,
        depth_mm=depth_mm,
        depth_lps_mm=looked_at,
    )


def depth_of(path: Trajectory, point_lps_mm: Vec3) -> float:
    """Return the depth along a needle at which a point lies beside it; negative before the skin."""
    away = np.subtract(point_lps_mm, path.entry_lps_mm)
    return float(away @ path.direction_lps)


def _most_headward(along_lps: Float64Array) -> Float64Array:
    head = np.array(HEAD_LPS) - along_lps[2] * along_lps
    if float(np.linalg.norm(head)) < _ALONG_BODY_SINE:
        head = np.array(POSTERIOR_LPS) - along_lps[1] * along_lps
    return unit(head)


def _axes(right: Float64Array, down: Float64Array, normal: Float64Array) -> ViewAxes:
    return ViewAxes(vec3(right), vec3(down), vec3(normal))
