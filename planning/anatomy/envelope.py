"""How far a needle has to stay from structures at each depth so that 95 % keep off; no verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.fields import CLEARANCE_UNITS_PER_MM
from planning.anatomy.risks import RiskGroup
from planning.geometry import Float64Array
from planning.model.error_model import R95, Spread

COUNTS_AS_RISK = 1
ENVELOPED = 2

_OFF_PLANE_BINS = 9
_FAR_UNITS = -1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnvelopeTables:
    """What compiled loops look up instead of computing roots.

    Parameters
    ----------
    required : ndarray of int32, shape (2, bins, depths, groups)
        Distance from the axis that each group demands, in the packed fields' units, at whole
        millimetres of depth; first outside bone, then inside.
    r95 : ndarray of int32, shape (bins, depths, groups)
        Distance from the axis within which 95 % of the executed axes and mask edges lie.
    flags : ndarray of int32, shape (groups,)
        `COUNTS_AS_RISK`, `ENVELOPED`.
    """

    required: NDArray[np.int32]
    r95: NDArray[np.int32]
    flags: NDArray[np.int32]

    def bins(self, off_plane_deg: Float64Array, spread: Spread) -> NDArray[np.int32]:
        """Return which bin needles at an angle to the slices belong to, rounded to more error."""
        count = self.r95.shape[0]
        if count == 1:
            return np.zeros(len(off_plane_deg), dtype=np.int32)
        share = np.minimum(1.0, np.abs(off_plane_deg) / spread.off_plane_full_deg)
        return np.asarray(np.ceil(share * (count - 1)), dtype=np.int32)


def required_mm(
    group: RiskGroup, spread: Spread, depth_mm: Float64Array, off_plane_deg: float = 0.0
) -> Float64Array:
    """Return the clearance from the needle's surface a group demands at some depths.

    ``max(margin, 2.448 sqrt(sigma_lat(t)^2 + sigma_mask^2))`` for enveloped groups, the margin
    for others.
    """
    margin = np.full(np.shape(depth_mm), group.margin_mm)
    if not group.enveloped:
        return margin
    return np.asarray(np.maximum(margin, r95_mm(group, spread, depth_mm, off_plane_deg)))


def r95_mm(
    group: RiskGroup, spread: Spread, depth_mm: Float64Array, off_plane_deg: float = 0.0
) -> Float64Array:
    """Return the radius that holds 95 % of executed axes and mask edges at some depths."""
    lateral = spread.lateral_mm(depth_mm, off_plane_deg)
    return np.asarray(R95 * np.hypot(lateral, group.doubt_mm))


def envelope_tables(
    groups: Sequence[RiskGroup], spread: Spread, *, radius_mm: float, deepest_mm: float
) -> EnvelopeTables:
    """Return the tables for needles of one radius under one spread, down to a depth."""
    depth = np.arange(int(np.ceil(deepest_mm)) + 2, dtype=np.float64)
    bins = _OFF_PLANE_BINS if spread.off_plane_growth_deg > 0.0 else 1
    angles = np.linspace(0.0, spread.off_plane_full_deg, bins) if bins > 1 else np.zeros(1)
    outside = np.full((bins, len(depth), len(groups)), float(_FAR_UNITS))
    r95 = outside.copy()
    for b, angle in enumerate(angles):
        for g, group in enumerate(groups):
            outside[b, :, g] = required_mm(group, spread, depth, angle)
            r95[b, :, g] = r95_mm(group, spread, depth, angle)
    inside = outside.copy()
    for g, group in enumerate(groups):
        if group.margin_in_bone_mm is not None:
            inside[:, :, g] = group.margin_in_bone_mm
    required = (np.stack([outside, inside]) + radius_mm) * CLEARANCE_UNITS_PER_MM
    return EnvelopeTables(
        required=np.ceil(required).astype(np.int32),
        r95=np.ceil((r95 + radius_mm) * CLEARANCE_UNITS_PER_MM).astype(np.int32),
        flags=np.array([_flags(group) for group in groups], dtype=np.int32),
    )


def _flags(group: RiskGroup) -> int:
    # A joint is entered or not; coming near one is no danger.
    counts = COUNTS_AS_RISK if group.risk_class != "joint" else 0
    return counts | (ENVELOPED if group.enveloped else 0)
