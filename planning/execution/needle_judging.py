"""Whether what was measured is a needle, how sure that is, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from planning.execution.needle_metal import NEAR_PLAN_MM
from planning.geometry import Float64Array, unit
from planning.model.needle import Trajectory

# planning-model, section 6.
LEAST_LENGTH_MM = 20.0
STRAIGHT_RMS_MM = 0.5
ANGLE_TO_PLAN_DEG = 25.0
# 8G is 4.19 mm; what the fit makes of one that is blurred, or spread by thick slices and streaks,
# is off by half a millimetre and by a tenth of a slice.
_DIAMETER_MM = 5.0
_SPREAD = 0.1
# What lies where a needle was planned is one, only doubted: thick slices spread it farther.
_BY_PLAN_WIDER_MM = 1.5
# Wider than any needle, by what the fit is off; wider still, it takes in more than a needle.
_WIDEST_MM = 4.6
# Centres in thick slices go up in stairs.
_STAIRS = 0.1
# A curved wire is none; a needle bent as far as this is doubted.
_CROOKED_RMS_MM = 1.5
# Less metal than this, spread over a needle's width, is a tube or a calcified vessel.
_METAL_HU = 2500.0
# Less deep is a wire or a marker on the skin.
_LEAST_DEPTH_MM = 5.0
# Below this more speaks against a needle than for it.
LEAST_CONFIDENCE = 0.3
_LONG_ENOUGH_MM = 40.0


class OuterEnd(Enum):
    """Where the end away from the tip lies."""

    OUTSIDE = "outside the body"
    AT_THE_SKIN = "at the skin"
    LEAVES_THE_SCAN = "where the scan ends"
    INSIDE = "inside the body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What decides whether something is a needle.

    Parameters
    ----------
    visible_mm : float
        Of metal along the axis.
    tip_depth_mm : float
        Under the skin.
    from_plan_mm, to_plan_deg : float or None
        Of the nearest plan: its end from the axis, and between the directions; None without plans.
    """

    visible_mm: float
    diameter_mm: float
    rms_mm: float
    metal_hu: float
    misfit: float
    tip_depth_mm: float
    outer_end: OuterEnd
    slice_mm: float
    entry_seen: bool
    from_plan_mm: float | None
    to_plan_deg: float | None

    @property
    def is_by_plan(self) -> bool:
        """Whether a plan explains why it is there."""
        return (
            self.from_plan_mm is not None
            and self.to_plan_deg is not None
            and self.from_plan_mm <= NEAR_PLAN_MM
            and self.to_plan_deg <= ANGLE_TO_PLAN_DEG
        )


def why_no_needle(seen: Measured) -> str:
    """Return why something is no needle; empty where it may be one."""
    if seen.visible_mm < LEAST_LENGTH_MM:
        return f"only {seen.visible_mm:.0f} mm of metal"
    wider_mm = _BY_PLAN_WIDER_MM if seen.is_by_plan else 0.0
    if seen.diameter_mm > _DIAMETER_MM + _SPREAD * seen.slice_mm + wider_mm:
        return f"{seen.diameter_mm:.1f} mm thick"
    if seen.metal_hu < _METAL_HU:
        return "not as dense as metal"
    if seen.rms_mm > _CROOKED_RMS_MM:
        return "crooked"
    if seen.outer_end is OuterEnd.INSIDE:
        return "does not come from outside the body"
    if seen.outer_end is OuterEnd.LEAVES_THE_SCAN and not seen.is_by_plan:
        return "does not come from outside the body, as far as the scan shows"
    if seen.tip_depth_mm < _LEAST_DEPTH_MM:
        return "not under the skin"
    return ""


def confidence_of(seen: Measured) -> tuple[float, tuple[str, ...]]:
    """Return how sure a needle is (0 to 1), and what speaks against it."""
    sure, doubts = 1.0, []
    if seen.visible_mm < _LONG_ENOUGH_MM:
        sure *= 0.7 + 0.3 * (seen.visible_mm - LEAST_LENGTH_MM) / (
            _LONG_ENOUGH_MM - LEAST_LENGTH_MM
        )
        doubts.append(f"Only {seen.visible_mm:.0f} mm of it are seen.")
    straight = STRAIGHT_RMS_MM + _STAIRS * seen.slice_mm
    if seen.rms_mm > straight:
        sure *= max(0.4, straight / seen.rms_mm)
        doubts.append(f"It is not straight: its middle strays {seen.rms_mm:.1f} mm (RMS).")
    if seen.outer_end is OuterEnd.LEAVES_THE_SCAN:
        sure *= 0.8
        doubts.append("It leaves the scan before the skin; its entry is not seen.")
    elif not seen.entry_seen:
        sure *= 0.8
        doubts.append("The skin about it is not seen; its entry is the end of what is seen.")
    strange = max(seen.misfit, (seen.diameter_mm / _WIDEST_MM) ** 3)
    if strange > 1.0:
        sure *= max(0.5, 1.0 / strange)
        doubts.append("The metal does not look like one needle; streaks or other metal are near.")
    if seen.from_plan_mm is not None and not seen.is_by_plan:
        sure *= 0.6
        doubts.append(
            f"It is not near the plan: {seen.from_plan_mm:.0f} mm "
            f"and {seen.to_plan_deg:.0f} deg off."
        )
    return float(np.clip(sure, 0.0, 1.0)), tuple(doubts)


def nearest_plan(
    tip: Float64Array, direction: Float64Array, plans: tuple[Trajectory, ...]
) -> tuple[float, float] | None:
    """Return how far an axis passes from the end of the plan it fits best, and the angle (deg)."""
    best: tuple[float, float] | None = None
    for plan in plans:
        away = np.array(plan.tip_lps_mm) - tip
        off = float(np.linalg.norm(away - (away @ direction) * direction))
        cosine = float(unit(direction) @ plan.direction_lps)
        angle = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
        cost = off / NEAR_PLAN_MM + angle / ANGLE_TO_PLAN_DEG
        if best is None or cost < best[0] / NEAR_PLAN_MM + best[1] / ANGLE_TO_PLAN_DEG:
            best = (off, angle)
    return best
