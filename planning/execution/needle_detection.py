"""Finds the needles of a control CT, or refines one that was clicked; compares with no plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planning.anatomy.body import body_of
from planning.errors import InputError
from planning.execution.needle_entry import skin_crossing_mm
from planning.execution.needle_judging import (
    LEAST_LENGTH_MM,
    Measured,
    OuterEnd,
    confidence_of,
    nearest_plan,
    why_no_needle,
)
from planning.execution.needle_lines import Line, lines_in
from planning.execution.needle_metal import DenseVoxels, Piece, SkinDepth, dense_voxels, skin_depth
from planning.execution.needle_profile import (
    Profile,
    centres_along,
    profile_along,
    slice_width_mm,
    straightened,
)
from planning.execution.needle_refining import FittedNeedle, fitted_needle
from planning.geometry import Float64Array, Vec3, vec3
from planning.image import Mask, Volume
from planning.model.execution import ExecutedNeedle
from planning.model.needle import Trajectory
from planning.progress import SILENT, Progress

_PIECES_AT_MOST = 40
_LEAST_EXTENT_MM = 10.0
_LEAST_RUN_MM = 10.0
# The body's mask keeps stubs of a needle that stand out of the skin this far.
_AT_THE_SKIN_MM = 8.0
_BORDER_MM = 6.0
_OUTSIDE_USED_MM = 12.0
_SAME_MM = 3.0
_SAME_DEG = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Patient:
    """A control CT with its body and the plans in its frame."""

    control: Volume
    body: Mask
    skin: SkinDepth
    plans: tuple[Trajectory, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shaft:
    """A straight stretch of metal, seen from its tip backward.

    Parameters
    ----------
    line : Line
        From the tip, as far as it is known, backward.
    """

    line: Line
    visible_mm: float
    outer_end: OuterEnd
    profile: Profile


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
    """
    progress.report(0.0, "Finding the skin in the control CT")
    body = body or body_of(control)
    patient = _Patient(control=control, body=body, skin=skin_depth(control.grid, body), plans=near)
    progress.report(0.4, "Looking for metal in the control CT")
    dense = dense_voxels(control, patient.skin)
    found: list[tuple[Measured, ExecutedNeedle]] = []
    for piece in _pieces(dense, near):
        progress.report(0.6, "Looking for needles in the metal")
        for line in lines_in(piece):
            if _is_known(line, found):
                continue
            judged = _examined(patient, line)
            if judged is not None and not _repeats(judged[1], found):
                found.append(judged)
    found.sort(key=lambda pair: (not pair[0].is_by_plan, -pair[1].confidence))
    return tuple(needle for _, needle in found)


def _pieces(dense: DenseVoxels, near: tuple[Trajectory, ...]) -> Iterator[Piece]:
    """Yield where to look: metal, then what is dense by the skin, then what is by the plans."""
    for chosen in (dense.surely_metal(), dense.by_the_skin(), *map(dense.by_the_plan, near)):
        pieces = dense.pieces(chosen)
        for piece in pieces[:_PIECES_AT_MOST]:
            if piece.extent_mm >= _LEAST_EXTENT_MM:
                yield piece


def _examined(patient: _Patient, line: Line) -> tuple[Measured, ExecutedNeedle] | None:
    shaft = _shaft_on(patient, line)
    if shaft is None or shaft.outer_end is OuterEnd.INSIDE:
        return None
    fit = _fitted(patient, shaft)
    measured, needle = _described(patient, shaft, fit)
    return None if why_no_needle(measured) or needle.confidence < 0.3 else (measured, needle)


def _shaft_on(patient: _Patient, line: Line) -> _Shaft | None:
    """Return the metal that stands alone along a line, the line drawn through its middle.

    The part outside the skin, where hands and hub bend it, is let go once it has shown the way.
    """
    shaft = None
    for _ in range(4):
        profile = profile_along(patient.control, line)
        run = profile.run()
        if run is None or run[1] - run[0] < _LEAST_RUN_MM:
            return None
        shaft = _turned(patient, line, profile, run)
        line = straightened(
            shaft.line, centres_along(patient.control, shaft.line, 0.0, _used_mm(patient, shaft))
        )
    return shaft if shaft is not None and shaft.visible_mm >= LEAST_LENGTH_MM else None


def _used_mm(patient: _Patient, shaft: _Shaft) -> float:
    """Return how far back from the tip a shaft says where the needle lies in the patient."""
    control = patient.control
    crossing = skin_crossing_mm(control, patient.body, shaft.line, 0.0, shaft.visible_mm + 10.0)
    if crossing is None:
        return shaft.visible_mm
    # Thick slices tell less for each millimetre, so more are used.
    outside = _OUTSIDE_USED_MM * max(1.0, slice_width_mm(control))
    return max(min(shaft.visible_mm, crossing + outside), _LEAST_RUN_MM)


def _turned(patient: _Patient, line: Line, profile: Profile, run: tuple[float, float]) -> _Shaft:
    """Return a shaft with its tip in front: the deeper end, or the one inside the scan."""
    ends = line.at(np.array(run))
    depth = patient.skin.at(ends)
    border = patient.control.grid.border_distance_mm(ends)
    outward = [_outer_end(d, b) for d, b in zip(depth, border, strict=True)]
    tip = 0 if depth[0] >= depth[1] else 1
    if outward[1 - tip] is OuterEnd.INSIDE and outward[tip] is not OuterEnd.INSIDE:
        tip = 1 - tip
    return _Shaft(
        line=Line(ends[tip], line.direction if tip == 0 else -line.direction),
        visible_mm=run[1] - run[0],
        outer_end=outward[1 - tip],
        profile=profile.seen_from(run[tip], backward=tip == 1),
    )


def _outer_end(depth_mm: float, border_mm: float) -> OuterEnd:
    if depth_mm <= 0.0:
        return OuterEnd.OUTSIDE
    if depth_mm <= _AT_THE_SKIN_MM:
        return OuterEnd.AT_THE_SKIN
    return OuterEnd.LEAVES_THE_SCAN if border_mm <= _BORDER_MM else OuterEnd.INSIDE


def _fitted(patient: _Patient, shaft: _Shaft) -> FittedNeedle:
    return fitted_needle(patient.control, shaft.line, shaft.profile, _used_mm(patient, shaft))


def _described(
    patient: _Patient, shaft: _Shaft, fit: FittedNeedle
) -> tuple[Measured, ExecutedNeedle]:
    tip = fit.at(fit.tip_mm)
    crossing = skin_crossing_mm(
        patient.control, patient.body, shaft.line, 0.0, shaft.visible_mm + 10.0
    )
    end_mm = shaft.visible_mm if crossing is None else crossing
    entry = fit.at(end_mm)
    bending = fit.sagitta_mm(fit.tip_mm, end_mm)
    axis = tip - entry
    plan = nearest_plan(tip, axis / np.linalg.norm(axis), patient.plans)
    measured = Measured(
        visible_mm=shaft.visible_mm,
        diameter_mm=fit.diameter_mm,
        rms_mm=_rms_mm(patient, shaft, end_mm),
        bending_mm=bending,
        metal_hu=fit.metal_hu,
        misfit=fit.misfit,
        tip_depth_mm=float(patient.skin.at(tip[None])[0]),
        outer_end=shaft.outer_end,
        slice_mm=slice_width_mm(patient.control),
        entry_seen=crossing is not None,
        from_plan_mm=plan[0] if plan else None,
        to_plan_deg=plan[1] if plan else None,
    )
    confidence, doubts = confidence_of(measured)
    return measured, ExecutedNeedle(
        entry_lps_mm=vec3(entry),
        tip_lps_mm=vec3(tip),
        method="automatic",
        rms_mm=measured.rms_mm,
        bending_mm=bending,
        diameter_mm=fit.diameter_mm,
        confidence=confidence,
        doubts=doubts,
    )


def _rms_mm(patient: _Patient, shaft: _Shaft, end_mm: float) -> float:
    """Return how far metal's centres stray from the straight line through them."""
    centres = centres_along(patient.control, shaft.line, 2.0, max(end_mm, LEAST_LENGTH_MM))
    seen = centres.weight > 0.0
    if np.count_nonzero(seen) < 3:
        return float("inf")
    design = np.stack([np.ones_like(centres.s_mm), centres.s_mm], axis=1)[seen]
    offset = centres.offset_mm[seen]
    shift, *_ = np.linalg.lstsq(design, offset, rcond=None)
    return float(np.sqrt(((offset - design @ shift) ** 2).sum(axis=1).mean()))


def _is_known(line: Line, found: list[tuple[Measured, ExecutedNeedle]]) -> bool:
    """Tell whether a line runs along a needle that is already found."""
    return any(
        _is_same(line, np.array(needle.entry_lps_mm), np.array(needle.tip_lps_mm))
        for _, needle in found
    )


def _is_same(line: Line, entry: Float64Array, tip: Float64Array) -> bool:
    ends = np.stack([entry, tip])
    axis = (tip - entry) / np.linalg.norm(tip - entry)
    cosine = abs(float(axis @ line.direction))
    aligned = np.degrees(np.arccos(min(1.0, cosine))) <= _SAME_DEG
    return bool(aligned and line.distance_mm(ends).min() <= _SAME_MM)


def _repeats(needle: ExecutedNeedle, found: list[tuple[Measured, ExecutedNeedle]]) -> bool:
    tip = np.array(needle.tip_lps_mm)
    axis = np.array(needle.entry_lps_mm) - tip
    return _is_known(Line(tip, axis / np.linalg.norm(axis)), found)


def refine_needle(
    control: Volume,
    hub_side_lps_mm: Vec3,
    tip_lps_mm: Vec3,
    *,
    near: tuple[Trajectory, ...] = (),
    body: Mask | None = None,
) -> ExecutedNeedle:
    """Return the needle that two rough clicks mean."""
    raise InputError(f"no needle between {hub_side_lps_mm} and {tip_lps_mm}")
