"""Follows straight metal along a line, finds its tip and its skin, and says what it measures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planning.execution.needle_entry import skin_crossing_mm
from planning.execution.needle_judging import (
    LEAST_LENGTH_MM,
    Measured,
    OuterEnd,
    confidence_of,
    nearest_plan,
)
from planning.execution.needle_lines import Line
from planning.execution.needle_metal import SkinDepth
from planning.execution.needle_profile import (
    STEP_MM,
    Profile,
    centres_along,
    profile_along,
    slice_width_mm,
    straightened,
)
from planning.execution.needle_refining import FittedNeedle
from planning.geometry import Float64Array, unit, vec3
from planning.image import Mask, Volume
from planning.model.execution import ExecutedNeedle
from planning.model.needle import Trajectory

LEAST_SHAFT_MM = 10.0
# A mask of the body keeps stubs of a needle that stand out of the skin, and the skin's depth is
# known to a coarse voxel or two.
_AT_THE_SKIN_MM = 8.0
_BORDER_MM = 6.0
# A needle's metal goes through the skin; streaks may hide this much of it.
_SHORT_OF_SKIN_MM = 5.0
_BEYOND_THE_SHAFT_MM = 10.0
_OUTSIDE_USED_MM = 12.0
_ROUNDS = 4
# Of a bent needle: how much of its end is followed, and how far on it may lead.
_LAST_MM = 25.0
_LAST_GAIN_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlScan:
    """A control CT with the body in it and the plans in its frame."""

    control: Volume
    body: Mask
    skin: SkinDepth
    plans: tuple[Trajectory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaft:
    """A straight stretch of metal, seen from its tip backward.

    Parameters
    ----------
    line : Line
        From the tip, as far as it is known, backward.
    profile : Profile
        Along that line.
    crossing_mm : float or None
        Where the line crosses the skin; None where that is not seen.
    used_mm : float
        How far back it says where the needle lies in the patient: hands and hub bend it outside.
    """

    line: Line
    profile: Profile
    visible_mm: float
    outer_end: OuterEnd
    crossing_mm: float | None
    used_mm: float


def shaft_along(
    scan: ControlScan, line: Line, tip_near_lps_mm: Float64Array | None = None
) -> Shaft | None:
    """Return the metal that stands alone along a line, the line drawn through its middle.

    Parameters
    ----------
    tip_near_lps_mm : ndarray, shape (3,), or None
        Which end is the tip, where somebody knows; otherwise the one deeper under the skin.

    Returns
    -------
    Shaft or None
        None where there is less than 10 mm of metal.
    """
    shaft = None
    for _ in range(_ROUNDS):
        profile = profile_along(scan.control, line)
        run = profile.run()
        if run is None or run[1] - run[0] < LEAST_SHAFT_MM:
            return None
        shaft = _turned(scan, line, profile, run, tip_near_lps_mm)
        centres = centres_along(scan.control, shaft.line, 0.0, shaft.used_mm)
        line = straightened(shaft.line, centres)
    return None if shaft is None else _followed(scan, shaft)


def _followed(scan: ControlScan, shaft: Shaft) -> Shaft:
    """Return a shaft as far as its last stretch goes, which may bend away from the whole's line."""
    stretch = min(_LAST_MM, shaft.used_mm)
    last = straightened(shaft.line, centres_along(scan.control, shaft.line, 0.0, stretch))
    run = profile_along(scan.control, last).run()
    if run is None or not -_LAST_GAIN_MM <= run[0] < -STEP_MM:
        return shaft
    gain = -run[0]
    return replace(
        shaft,
        line=Line(shaft.line.point - gain * shaft.line.direction, shaft.line.direction),
        profile=shaft.profile.seen_from(-gain, backward=False),
        visible_mm=shaft.visible_mm + gain,
        crossing_mm=None if shaft.crossing_mm is None else shaft.crossing_mm + gain,
        used_mm=shaft.used_mm + gain,
    )


def _turned(
    scan: ControlScan,
    line: Line,
    profile: Profile,
    run: tuple[float, float],
    tip_near_lps_mm: Float64Array | None,
) -> Shaft:
    """Return a shaft with its tip in front: the deeper end, or the one inside the scan."""
    ends = line.at(np.array(run))
    depth = scan.skin.at(ends)
    border = scan.control.grid.border_distance_mm(ends)
    outward = [_outer_end(d, b) for d, b in zip(depth, border, strict=True)]
    if tip_near_lps_mm is not None:
        tip = int(np.argmin(np.linalg.norm(ends - tip_near_lps_mm, axis=1)))
    else:
        tip = 0 if depth[0] >= depth[1] else 1
        if outward[1 - tip] is OuterEnd.INSIDE and outward[tip] is not OuterEnd.INSIDE:
            tip = 1 - tip
    turned = Line(ends[tip], line.direction if tip == 0 else -line.direction)
    visible = run[1] - run[0]
    crossing = skin_crossing_mm(
        scan.control, scan.body, turned, 0.0, visible + _BEYOND_THE_SHAFT_MM
    )
    return Shaft(
        line=turned,
        profile=profile.seen_from(run[tip], backward=tip == 1),
        visible_mm=visible,
        outer_end=_through_the_skin(outward[1 - tip], visible, crossing),
        crossing_mm=crossing,
        used_mm=_used_mm(scan, visible, crossing),
    )


def _used_mm(scan: ControlScan, visible_mm: float, crossing_mm: float | None) -> float:
    if crossing_mm is None:
        return visible_mm
    # Thick slices tell less for each millimetre, so more are used.
    outside = _OUTSIDE_USED_MM * max(1.0, slice_width_mm(scan.control))
    return max(min(visible_mm, crossing_mm + outside), LEAST_SHAFT_MM)


def _outer_end(depth_mm: float, border_mm: float) -> OuterEnd:
    if depth_mm <= 0.0:
        return OuterEnd.OUTSIDE
    if depth_mm <= _AT_THE_SKIN_MM:
        return OuterEnd.AT_THE_SKIN
    return OuterEnd.LEAVES_THE_SCAN if border_mm <= _BORDER_MM else OuterEnd.INSIDE


def _through_the_skin(outer: OuterEnd, visible_mm: float, crossing_mm: float | None) -> OuterEnd:
    """Return where the outer end lies, once the skin on the axis is known: a screw ends short."""
    if crossing_mm is not None and crossing_mm > visible_mm + _SHORT_OF_SKIN_MM:
        return OuterEnd.INSIDE
    if crossing_mm is None and outer is OuterEnd.AT_THE_SKIN:
        return OuterEnd.INSIDE
    return outer


def roughly_measured(scan: ControlScan, shaft: Shaft) -> Measured:
    """Return what can be said of a shaft before it is fitted; its width and metal look perfect."""
    tip = shaft.line.point
    plan = nearest_plan(tip, -shaft.line.direction, scan.plans)
    return Measured(
        visible_mm=shaft.visible_mm,
        diameter_mm=0.0,
        rms_mm=_rms_mm(scan, shaft),
        metal_hu=np.inf,
        misfit=0.0,
        tip_depth_mm=float(scan.skin.at(tip[None])[0]),
        outer_end=shaft.outer_end,
        slice_mm=slice_width_mm(scan.control),
        entry_seen=shaft.crossing_mm is not None,
        from_plan_mm=plan[0] if plan else None,
        to_plan_deg=plan[1] if plan else None,
    )


def described(
    scan: ControlScan, shaft: Shaft, fit: FittedNeedle, method: str
) -> tuple[Measured, ExecutedNeedle]:
    """Return what a fitted shaft measures, and the needle it is."""
    end_mm = shaft.visible_mm if shaft.crossing_mm is None else shaft.crossing_mm
    tip, entry = fit.at(fit.tip_mm), fit.at(end_mm)
    plan = nearest_plan(tip, unit(tip - entry), scan.plans)
    measured = Measured(
        visible_mm=shaft.visible_mm,
        diameter_mm=fit.diameter_mm,
        rms_mm=_rms_mm(scan, shaft),
        metal_hu=fit.metal_hu,
        misfit=fit.misfit,
        tip_depth_mm=float(scan.skin.at(tip[None])[0]),
        outer_end=shaft.outer_end,
        slice_mm=slice_width_mm(scan.control),
        entry_seen=shaft.crossing_mm is not None,
        from_plan_mm=plan[0] if plan else None,
        to_plan_deg=plan[1] if plan else None,
    )
    confidence, doubts = confidence_of(measured)
    return measured, ExecutedNeedle(
        entry_lps_mm=vec3(entry),
        tip_lps_mm=vec3(tip),
        method=method,
        rms_mm=measured.rms_mm,
        bending_mm=fit.sagitta_mm(fit.tip_mm, end_mm),
        diameter_mm=fit.diameter_mm,
        confidence=confidence,
        doubts=doubts,
    )


def _rms_mm(scan: ControlScan, shaft: Shaft) -> float:
    """Return how far metal's centres stray from the straight line through them."""
    end_mm = shaft.visible_mm if shaft.crossing_mm is None else shaft.crossing_mm
    centres = centres_along(scan.control, shaft.line, 2.0, max(end_mm, LEAST_LENGTH_MM))
    seen = centres.weight > 0.0
    if np.count_nonzero(seen) < 3:
        return float("inf")
    design = np.stack([np.ones_like(centres.s_mm), centres.s_mm], axis=1)[seen]
    offset = centres.offset_mm[seen]
    shift, *_ = np.linalg.lstsq(design, offset, rcond=None)
    return float(np.sqrt(((offset - design @ shift) ** 2).sum(axis=1).mean()))
