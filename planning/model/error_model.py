"""How far needles land from where they were aimed, as numbers with sources; computes no yield."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from planning.geometry import Float64Array
from planning.model.case import Guidance, Role, Structure

R95 = 2.4477468306808166
"""Radius, in deviations per axis, that holds 95 % of a plane Gaussian: sqrt(-2 ln 0.05)."""

Z95 = 1.6448536269514722
"""Standard deviations below which 95 % of a Gaussian on a line lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How executed needles scatter about their plan at one stage of the work.

    At a depth t the needle's axis is displaced across itself by a Gaussian with the standard
    deviation ``sqrt(at_skin_mm^2 + (t tan growth_deg)^2)`` along each of two axes; along itself
    the needle ends too deep or too shallow by another.

    Parameters
    ----------
    at_skin_mm : float
        Standard deviation per axis where the needle enters.
    growth_deg : float
        Standard deviation per axis of the direction.
    off_plane_growth_deg : float
        Further deviation of the direction, in quadrature, of needles that leave the scan plane by
        `off_plane_full_deg` or more; less in proportion for those that leave it less.
    along_mm : float
        Standard deviation of the depth.
    shared_mm : float
        The part, per axis, that all needles of one session have in common: registration and a
        patient who moved. It is contained in `at_skin_mm` and `along_mm`.
    heavy_tails : bool
        Student's t with four degrees of freedom, the deviations above being its scale; else a
        Gaussian.
    reference_depth_mm, lateral_at_reference_mm : float
        The depth at which the source measured, and the deviation per axis that results there.
    """

    at_skin_mm: float
    growth_deg: float
    along_mm: float
    shared_mm: float
    reference_depth_mm: float
    lateral_at_reference_mm: float
    off_plane_growth_deg: float = 0.0
    off_plane_full_deg: float = 10.0
    heavy_tails: bool = False
    setting: str = ""
    source: str = ""

    def growth(self, off_plane_deg: Float64Array | float = 0.0) -> Float64Array:
        """Return the deviation added per mm of depth, for needles at an angle to the slices."""
        share = np.minimum(1.0, np.abs(off_plane_deg) / self.off_plane_full_deg)
        own = np.tan(np.radians(self.growth_deg))
        off = share * np.tan(np.radians(self.off_plane_growth_deg))
        return np.asarray(np.sqrt(own**2 + off**2))

    def lateral_mm(
        self, depth_mm: Float64Array | float, off_plane_deg: Float64Array | float = 0.0
    ) -> Float64Array:
        """Return the standard deviation per axis across the needle at some depths."""
        grown = np.asarray(depth_mm) * self.growth(off_plane_deg)
        return np.asarray(np.hypot(self.at_skin_mm, grown))


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskDoubt:
    """How far a mask's edge may lie from the true one, and what breathing adds.

    Parameters
    ----------
    by_model_mm, drawn_mm : float
        Standard deviation of the edge of a mask a network made, and of one a person drew or
        checked.
    drawn_words : tuple of str
        A mask whose maker's name contains one of these was drawn by a person.
    breathing_mm : float
        Standard deviation of what breathing moves.
    breathing_roles : tuple of Role
    breathing_words : tuple of str
        Structures of these roles, or whose names contain one of these words, breathe.
    """

    by_model_mm: float
    drawn_mm: float
    drawn_words: tuple[str, ...]
    breathing_mm: float
    breathing_roles: tuple[Role, ...]
    breathing_words: tuple[str, ...]
    sources: tuple[tuple[str, str], ...] = ()

    def edge_mm(self, structure: Structure) -> float:
        """Return the standard deviation of a structure's edge, without breathing."""
        maker = structure.made_by.lower()
        drawn = structure.verified_by or any(word in maker for word in self.drawn_words)
        return self.drawn_mm if drawn else self.by_model_mm

    def total_mm(self, structure: Structure) -> float:
        """Return the standard deviation of a structure's edge, breathing in quadrature."""
        name = structure.name.lower().replace("_", " ")
        breathes = structure.role in self.breathing_roles or any(
            word in name for word in self.breathing_words
        )
        return float(np.hypot(self.edge_mm(structure), self.breathing_mm if breathes else 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """What is known about one way of guiding needles, and about the masks they are planned on.

    Parameters
    ----------
    first_pass : Spread
        Of a needle that nobody has checked yet: for warnings.
    corrected : Spread
        After a check scan and its correction: for limits and yield.
    plunge_mm : float
        How far a needle may break through once it is drilled or hammered.
    operator : str
        Whose own measured errors these are; empty for a preset.
    case_count, core_count : int
        On how many own cases and cores they rest; 0 for a preset.
    until : str
        Date (ISO 8601) of the last of them.
    sha256 : str
        Of the file it was read from; empty for a preset.
    """

    key: str
    guidance: Guidance
    first_pass: Spread
    corrected: Spread
    doubt: MaskDoubt
    plunge_mm: float
    operator: str = ""
    case_count: int = 0
    # Not part of how it is written out: a preset's plans are told from others as they always were.
    core_count: int = field(default=0, repr=False)
    until: str = field(default="", repr=False)
    sha256: str = field(default="", repr=False)

    @property
    def is_preset(self) -> bool:
        """Tell whether nobody's own cases have gone into it."""
        return self.case_count == 0

    @property
    def origin(self) -> str:
        """What it rests on, in words; empty for a preset that comes with the program."""
        if self.is_preset:
            return "given by hand" if self.sha256 else ""
        whose = f"operator {self.operator}" if self.operator else "the department"
        if not self.until:
            return f"fitted to {self.core_count} cores in {self.case_count} cases of {whose}"
        return (
            f"fitted to {self.core_count} cores in {self.case_count} cases of {whose} until "
            f"{self.until}"
        )

    @property
    def beyond_mm(self) -> float:
        """How far past the tip 95 % of the needles stay, by the depth error alone."""
        return Z95 * self.corrected.along_mm
