"""How far an executed needle is from the planned one, by formula; finds and registers nothing.

Definitions as published for needle placement: Euclidean, lateral and depth error of the end, and
the distance from the target to the executed axis. Everything is in the planning CT's frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from planning.errors import InputError
from planning.geometry import Float64Array, Vec3, unit, vec3
from planning.model.execution import ExecutedNeedle, NeedleState, PlacementError, Tolerance
from planning.model.plan import Candidate

_ALONG_NORMAL_SINE = 1e-6
_NO_LENGTH_MM = 1e-6


def placement_error(
    planned: Candidate,
    executed: ExecutedNeedle,
    state: NeedleState,
    slice_normal_lps: Vec3,
) -> PlacementError:
    """Return the errors of a needle in some state against the core it was meant to take.

    Parameters
    ----------
    executed : ExecutedNeedle
        In the planning CT's frame.
    state : NeedleState
        Decides which planned point its end is compared with, see `planned_end`.
    slice_normal_lps : Vec3
        Of the planning CT's slices, toward the head.

    Raises
    ------
    InputError
        If the needle has no length, or its state says that it was not imaged.
    """
    path = planned.trajectory
    return error_between(
        (path.entry_lps_mm, planned_end(planned, state)),
        (executed.entry_lps_mm, executed.tip_lps_mm),
        direction_lps=path.direction_lps,
        slice_normal_lps=slice_normal_lps,
    )


def planned_end(planned: Candidate, state: NeedleState) -> Vec3:
    """Return the planned point at which a needle in this state should end.

    The tip where it has fired or cored; the stop where it stands there or an introducer does.

    Raises
    ------
    InputError
        If nothing is in the patient any more.
    """
    if not state.is_imaged:
        message = (
            f"Core {planned.candidate_id}: a removed needle cannot be compared with the plan. Give "
            "the state in which the control CT shows it."
        )
        raise InputError(message)
    return planned.trajectory.tip_lps_mm if state.ends_at_tip else planned.stop_lps_mm


def is_within(error: PlacementError, tolerance: Tolerance) -> bool:
    """Tell whether a needle counts as placed as planned."""
    return (
        error.lateral_tip_mm <= tolerance.lateral_tip_mm
        and abs(error.depth_mm) <= tolerance.depth_mm
        and error.angle_deg <= tolerance.angle_deg
    )


def error_between(
    planned_lps_mm: tuple[Vec3, Vec3],
    executed_lps_mm: tuple[Vec3, Vec3],
    *,
    direction_lps: ArrayLike,
    slice_normal_lps: Vec3,
) -> PlacementError:
    """Return the errors between a planned and an executed entry and end.

    Parameters
    ----------
    planned_lps_mm, executed_lps_mm : tuple of Vec3
        Entry and end.
    direction_lps : array_like, shape (3,)
        Of the planned needle, from the entry inward: the planned end may be the entry itself.

    Raises
    ------
    InputError
        If the executed entry and end are one point.
    """
    (entry_p, end_p), (entry_a, end_a) = (
        np.array(points, dtype=np.float64) for points in (planned_lps_mm, executed_lps_mm)
    )
    along_p = unit(direction_lps)
    if float(np.linalg.norm(end_a - entry_a)) < _NO_LENGTH_MM:
        message = "The executed needle's entry and tip are the same point; give two points."
        raise InputError(message)
    along_a = unit(end_a - entry_a)
    off = end_a - end_p
    depth = float(off @ along_p)
    across = off - depth * along_p
    in_plane, off_plane = _in_and_off_plane(across, along_p, slice_normal_lps)
    return PlacementError(
        euclidean_tip_mm=float(np.linalg.norm(off)),
        lateral_tip_mm=float(np.linalg.norm(across)),
        depth_mm=depth,
        euclidean_entry_mm=float(np.linalg.norm(entry_a - entry_p)),
        target_to_axis_mm=float(np.linalg.norm(np.cross(end_p - entry_a, along_a))),
        angle_deg=angle_between_deg(along_p, along_a),
        in_plane_mm=in_plane,
        off_plane_mm=off_plane,
    )


def angle_between_deg(one: Float64Array, other: Float64Array) -> float:
    """Return the angle between two directions, 0 to 180; exact where they are nearly parallel."""
    sine = float(np.linalg.norm(np.cross(one, other)))
    return float(np.degrees(np.arctan2(sine, float(one @ other))))


def across_axes(direction_lps: ArrayLike, slice_normal_lps: Vec3) -> tuple[Vec3, Vec3] | None:
    """Return the unit vectors across a needle along which its lateral error is split.

    The first lies in the slice, ``u x n``: to the right of somebody who looks along the needle
    with the head up. The second, ``(u x n) x u``, is the part of the slice normal that is across
    the needle: positive toward the head. None for a needle along the normal itself, which has no
    such directions: all that is across it lies in the slice.
    """
    along, normal = unit(direction_lps), unit(slice_normal_lps)
    aside = np.cross(along, normal)
    if float(np.linalg.norm(aside)) < _ALONG_NORMAL_SINE:
        return None
    in_plane = unit(aside)
    return vec3(in_plane), vec3(np.cross(in_plane, along))


def _in_and_off_plane(
    across: Float64Array, along: Float64Array, slice_normal_lps: Vec3
) -> tuple[float, float]:
    """Return the signed parts; for a needle along the normal, all of it unsigned, and 0."""
    axes = across_axes(along, slice_normal_lps)
    if axes is None:
        return float(np.linalg.norm(across)), 0.0
    return float(across @ np.array(axes[0])), float(across @ np.array(axes[1]))
