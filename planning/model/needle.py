"""The biopsy needle and the path it takes: three points on one axis; no drawing, no tissue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from planning.geometry import Float64Array, Grid, Vec3, unit, vec3


class NeedleKind(StrEnum):
    """How the needle takes its specimen."""

    TREPHINE = "trephine"
    SIDE_NOTCH = "side-notch"
    FULL_CORE = "full-core"
    ASPIRATION = "aspiration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """A biopsy needle, with the introducer and drill it is used through.

    Parameters
    ----------
    usable_length_mm : float
        Hub face to the extended or fired tip.
    throw_mm : float
        How far the tip travels when a sprung needle fires; 0 for a trephine.
    core_length_mm, dead_space_mm : float
        Length of the specimen, and the distance from its deep end to the tip.
    introducer_hub_mm : float
        Length of the needle that stays outside in the introducer's hub; 0 without an introducer.
    introducer_outer_diameter_mm : float
        Outer diameter of the introducer; 0 without one.
    """

    key: str
    name: str
    kind: NeedleKind
    gauge: int
    outer_diameter_mm: float
    inner_diameter_mm: float
    usable_length_mm: float
    core_length_mm: float
    throw_mm: float = 0.0
    dead_space_mm: float = 0.0
    penetrates_bone: bool = False
    introducer: str = ""
    introducer_hub_mm: float = 0.0
    introducer_outer_diameter_mm: float = 0.0
    drill: str = ""
    source: str = ""

    @property
    def radius_mm(self) -> float:
        """Outer radius of the widest part that enters the body: the needle or its introducer."""
        return max(self.outer_diameter_mm, self.introducer_outer_diameter_mm) / 2.0

    @property
    def stop_to_tip_mm(self) -> float:
        """How far the tip goes on after the hand stops: the throw, or a trephine's core length."""
        return self.core_length_mm if self.kind is NeedleKind.TREPHINE else self.throw_mm

    @property
    def reach_mm(self) -> float:
        """Deepest insertion depth the needle allows, coaxial hub subtracted."""
        return self.usable_length_mm - self.introducer_hub_mm


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A straight needle path in the planning CT's frame, from the skin to the deepest point."""

    entry_lps_mm: Vec3
    tip_lps_mm: Vec3

    @property
    def insertion_depth_mm(self) -> float:
        """Distance from entry to tip along the axis."""
        return float(np.linalg.norm(np.subtract(self.tip_lps_mm, self.entry_lps_mm)))

    @property
    def direction_lps(self) -> Float64Array:
        """(3,) unit vector from entry to tip."""
        return unit(np.subtract(self.tip_lps_mm, self.entry_lps_mm))

    def at_depth_mm(self, depth_mm: float) -> Vec3:
        """Return the point on the axis at a depth from the entry."""
        return vec3(np.array(self.entry_lps_mm) + depth_mm * self.direction_lps)

    def lies_in(self, grid: Grid) -> bool:
        """Tell whether the whole path lies in a block of voxels."""
        return bool(grid.contains((self.entry_lps_mm, self.tip_lps_mm)).all())

    def stop_lps_mm(self, needle: Needle) -> Vec3:
        """Return where the hand stops and fires, or starts coring."""
        return self.at_depth_mm(self.insertion_depth_mm - needle.stop_to_tip_mm)

    def specimen_lps_mm(self, needle: Needle) -> tuple[Vec3, Vec3]:
        """Return the shallow and the deep end of the specimen."""
        deep = self.insertion_depth_mm - needle.dead_space_mm
        return self.at_depth_mm(deep - needle.core_length_mm), self.at_depth_mm(deep)
