"""Finds the needles of a control CT, or refines one that was clicked; compares with no plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from planning.anatomy.body import body_of
from planning.errors import InputError
from planning.execution.needle_judging import (
    LEAST_CONFIDENCE,
    LEAST_LENGTH_MM,
    Measured,
    why_no_needle,
)
from planning.execution.needle_lines import Line, lines_in
from planning.execution.needle_metal import DenseVoxels, Piece, dense_voxels, skin_depth
from planning.execution.needle_refining import fitted_needle
from planning.execution.needle_shaft import (
    ControlScan,
    Shaft,
    described,
    roughly_measured,
    shaft_along,
)
from planning.geometry import Float64Array, Vec3, place_words, unit
from planning.image import Mask, Volume
from planning.model.execution import ExecutedNeedle
from planning.model.needle import Trajectory
from planning.progress import SILENT, Progress

_PIECES_AT_MOST = 40
_LEAST_EXTENT_MM = 10.0
_SAME_MM = 3.0
_SAME_DEG = 5.0
# How far a click may lie from the metal it means, and how far two of them may turn it.
_CLICK_MM = 6.0
_CLICK_DEG = 20.0
_CLICKED_BEYOND_MM = 10.0
_CLICKED_TIP_MM = 5.0


def find_needles(
    control: Volume,
    *,
    near: tuple[Trajectory, ...] = (),
    body: Mask | None = None,
    progress: Progress = SILENT,
) -> tuple[ExecutedNeedle, ...]:
    """Return the needles a CT shows, in its own frame; those by the plan first, then the surest.

    An empty answer means that nothing in it looks like a needle: straight metal of at least 20 mm,
    at most 5 mm thick, that comes from outside the body and ends inside.

    Parameters
    ----------
    near : tuple of Trajectory
        Planned needles in the frame of `control`; they make it look closer there, and say what to
        doubt elsewhere.
    body : Mask or None
        The patient in `control`, on its lattice; None has it found.

    Raises
    ------
    InputError
        If no body can be found in the CT.
    """
    progress.report(0.0, "Finding the skin in the control CT")
    scan = _scan_of(control, body, near)
    progress.report(0.4, "Looking for metal in the control CT")
    dense = dense_voxels(control, scan.skin)
    found: list[tuple[Measured, ExecutedNeedle]] = []
    for piece in _pieces(dense, near):
        progress.report(0.6, "Looking for needles in the metal")
        for line in lines_in(piece):
            if _is_known(line, found):
                continue
            judged = _examined(scan, line, found)
            if judged is not None and not _repeats(judged[1], found):
                found.append(judged)
    found.sort(key=lambda pair: (not pair[0].is_by_plan, -pair[1].confidence))
    return tuple(needle for _, needle in found)


def refine_needle(
    control: Volume,
    hub_side_lps_mm: Vec3,
    tip_lps_mm: Vec3,
    *,
    body: Mask | None = None,
) -> ExecutedNeedle:
    """Return the needle that two rough clicks mean: one toward its hub, one at its tip.

    A person says that it is a needle, so only straight metal is asked for; what speaks against it
    is told all the same.

    Raises
    ------
    InputError
        If there is no straight metal between the clicks, or they lie in one place.
    """
    clicks = np.array([hub_side_lps_mm, tip_lps_mm])
    if np.linalg.norm(clicks[0] - clicks[1]) < _CLICK_MM:
        message = (
            f"The two points lie in one place ({place_words(tip_lps_mm)}); give one at the tip "
            "and one well toward the hub."
        )
        raise InputError(message)
    scan = _scan_of(control, body, ())
    shafts = list(_clicked(scan, clicks))
    if not shafts:
        message = (
            f"There is no needle between {place_words(hub_side_lps_mm)} and "
            f"{place_words(tip_lps_mm)} in the control CT: no straight metal lies there. Show the "
            "needle in a bone or metal window and give both points on it."
        )
        raise InputError(message)
    shaft = min(shafts, key=lambda own: float(own.line.distance_mm(clicks).sum()))
    fit = fitted_needle(control, shaft.line, shaft.profile, shaft.used_mm)
    _, needle = described(scan, shaft, fit, "two points")
    doubts = needle.doubts
    along = float((clicks[1] - np.array(needle.tip_lps_mm)) @ shaft.line.direction)
    if abs(along) > _CLICKED_TIP_MM:
        doubts = (*doubts, f"Its metal ends {abs(along):.0f} mm from the point given as its tip.")
    return replace(needle, confidence=1.0, doubts=doubts)


def _scan_of(control: Volume, body: Mask | None, plans: tuple[Trajectory, ...]) -> ControlScan:
    body = body or body_of(control)
    return ControlScan(control=control, body=body, skin=skin_depth(control.grid, body), plans=plans)


def _pieces(dense: DenseVoxels, near: tuple[Trajectory, ...]) -> Iterator[Piece]:
    """Yield where to look: metal, then what is dense by the skin, then what is by the plans."""
    for chosen in (dense.surely_metal(), dense.by_the_skin(), *map(dense.by_the_plan, near)):
        pieces = dense.pieces(chosen)
        for piece in pieces[:_PIECES_AT_MOST]:
            if piece.extent_mm >= _LEAST_EXTENT_MM:
                yield piece


def _examined(
    scan: ControlScan, line: Line, found: list[tuple[Measured, ExecutedNeedle]]
) -> tuple[Measured, ExecutedNeedle] | None:
    """Return the needle along a line; None where there is none, or one that is already found."""
    shaft = shaft_along(scan, line)
    if shaft is None or shaft.visible_mm < LEAST_LENGTH_MM:
        return None
    # Streaks and hubs lead to the needle beside them, which need not be fitted again.
    if _is_known(shaft.line, found):
        return None
    if why_no_needle(roughly_measured(scan, shaft)):
        return None
    fit = fitted_needle(scan.control, shaft.line, shaft.profile, shaft.used_mm)
    measured, needle = described(scan, shaft, fit, "automatic")
    if why_no_needle(measured) or needle.confidence < LEAST_CONFIDENCE:
        return None
    return measured, needle


def _clicked(scan: ControlScan, clicks: Float64Array) -> Iterator[Shaft]:
    """Yield the shafts that two clicks, on the hub's side and at the tip, may mean."""
    control, axis = scan.control, unit(clicks[1] - clicks[0])
    ends = clicks + _CLICKED_BEYOND_MM * np.stack([-axis, axis])
    dense = dense_voxels(control, scan.skin, within_lps_mm=ends, margin_mm=_CLICK_MM)
    for piece in dense.pieces(dense.about(ends, _CLICK_MM)):
        for line in lines_in(piece):
            shaft = shaft_along(scan, line, tip_near_lps_mm=clicks[1])
            if shaft is None or (shaft.line.distance_mm(clicks) > _CLICK_MM).any():
                continue
            if -float(shaft.line.direction @ axis) >= np.cos(np.radians(_CLICK_DEG)):
                yield shaft


def _is_known(line: Line, found: list[tuple[Measured, ExecutedNeedle]]) -> bool:
    """Tell whether a line runs along a needle that is already found."""
    return any(
        _is_same(line, np.array(needle.entry_lps_mm), np.array(needle.tip_lps_mm))
        for _, needle in found
    )


def _is_same(line: Line, entry: Float64Array, tip: Float64Array) -> bool:
    aligned = abs(float(unit(tip - entry) @ line.direction)) >= np.cos(np.radians(_SAME_DEG))
    return bool(aligned and line.distance_mm(np.stack([entry, tip])).min() <= _SAME_MM)


def _repeats(needle: ExecutedNeedle, found: list[tuple[Measured, ExecutedNeedle]]) -> bool:
    tip = np.array(needle.tip_lps_mm)
    return _is_known(Line(tip, unit(np.array(needle.entry_lps_mm) - tip)), found)
