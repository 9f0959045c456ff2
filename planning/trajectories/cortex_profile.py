"""How thick a cortex is, from the CT's profile along a line through it; knows no masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.geometry import Float64Array

# Air and lung next to thin bone would pull the half level down; nothing solid lies below fat.
_LEAST_LEVEL_HU = -150.0
_PEAK_BEFORE_MM = 2.0
_PEAK_BEHIND_MM = 4.0
_LEVEL_MM = 2.0
_FLAT = 0.05
_FALLEN = 0.25
_LEVEL_OVER_MM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CortexProfile:
    """What the profile shows of one cortex.

    Parameters
    ----------
    peak_hu : float
        Greatest density.
    outer_mm, inner_mm : float or None
        Depths of its two surfaces; None where the profile levels off on no side of the peak.
    """

    peak_hu: float
    outer_mm: float | None
    inner_mm: float | None

    @property
    def thickness_mm(self) -> float | None:
        """Along the line, from surface to surface."""
        if self.outer_mm is None or self.inner_mm is None:
            return None
        return self.inner_mm - self.outer_mm


def cortex_along(
    depth_mm: Float64Array, hu: Float64Array, hit_mm: float, *, least_hu: float
) -> CortexProfile | None:
    """Return the cortex that a line meets near `hit_mm`, or None if nothing there is dense enough.

    Each surface lies where the profile is halfway between the cortical peak and the level it
    falls to on that side: soft tissue outside, marrow or cancellous bone inside. Half-maximum
    edges are true where the cortex is wider than the scanner's point spread. A thinner one never
    reaches its own density, and the width found then tends to that of the point spread, too thick.

    Parameters
    ----------
    depth_mm, hu : ndarray, shape (n,)
        Evenly spaced samples, going inward; NaN outside the image.
    hit_mm : float
        Where a mask says bone begins; the peak is looked for from 2 mm before to 4 mm behind.
    least_hu : float
        A lower peak is no cortex.

    Source: half-maximum method and its bias on thin cortices, Treece et al. 2010,
    doi 10.1016/j.media.2010.01.003. What the sides fall to is taken where the profile becomes
    flat: engineering default.
    """
    near = (depth_mm >= hit_mm - _PEAK_BEFORE_MM) & (depth_mm <= hit_mm + _PEAK_BEHIND_MM)
    near &= ~np.isnan(hu)
    if not near.any():
        return None
    hu = np.maximum(hu, _LEAST_LEVEL_HU)
    known = np.where(np.isnan(hu), -np.inf, hu)
    peak = _climbed(known, int(np.argmax(np.where(near, known, -np.inf))))
    if known[peak] < least_hu:
        return None
    step_mm = float(depth_mm[1] - depth_mm[0])
    outward, inward = hu[peak::-1], hu[peak:]
    contrast = float(known[peak] - np.nanmin(hu))
    outer, inner = (_edge_mm(side, contrast, step_mm) for side in (outward, inward))
    return CortexProfile(
        peak_hu=float(known[peak]),
        outer_mm=None if outer is None else float(depth_mm[peak]) - outer,
        inner_mm=None if inner is None else float(depth_mm[peak]) + inner,
    )


def _climbed(hu: Float64Array, start: int) -> int:
    """Return the top of the slope a sample lies on: the window may end before the peak does."""
    at = start
    while at + 1 < len(hu) and hu[at + 1] > hu[at]:
        at += 1
    while at > 0 and hu[at - 1] > hu[at]:
        at -= 1
    return at


def _edge_mm(hu: Float64Array, contrast: float, step_mm: float) -> float | None:
    """Return how far from the first sample, the peak, a falling profile passes its half level.

    None where it does not level off again before its end.

    Parameters
    ----------
    contrast : float
        From the peak to the least on either side: what counts as falling and as flat.
    """
    level = _level_beyond(hu, contrast, step_mm)
    if level is None:
        return None
    half = (hu[0] + level) / 2.0
    below = int(np.argmax(hu <= half))
    share = (hu[below - 1] - half) / (hu[below - 1] - hu[below])
    return float((below - 1 + share) * step_mm)


def _level_beyond(hu: Float64Array, contrast: float, step_mm: float) -> float | None:
    """Return the level a profile falls to from its first sample: where it first stays flat."""
    ends = np.flatnonzero(np.isnan(hu))
    known = hu[: int(ends[0])] if len(ends) else hu
    over, ahead = round(_LEVEL_OVER_MM / step_mm), round(_LEVEL_MM / step_mm)
    if len(known) <= ahead + 1:
        return None
    drop = known[:-ahead] - known[ahead:]
    flat = (known[:-ahead] <= known[0] - _FALLEN * contrast) & (drop <= _FLAT * contrast)
    if not flat.any():
        return None
    first = int(np.argmax(flat))
    return float(np.median(known[first : first + over + 1]))
