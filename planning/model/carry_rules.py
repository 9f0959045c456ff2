"""What becomes of a mask on another CT, and when a registration is good; no pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from planning.model.case import Role


class Moves(StrEnum):
    """How a structure comes along to another CT of the patient."""

    LESION = "lesion"
    BONE = "bone"
    SOFT = "soft"
    LEFT = "left"


class Verdict(StrEnum):
    """What a registration may be used for."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryRules:
    """The numbers and the table of `resources/carry_over.toml`; its file says why.

    Parameters
    ----------
    good_median_mm, good_p95_mm, usable_median_mm : float
        Distances between bone surfaces up to which a registration is good, and usable.
    least_overlap, least_correlation : float
        Under which it is doubtful.
    inside_share, touching_share : float
        From which on a lesion is one of bone: its part in bone masks, or of its surface on bone.
    dimmer_share : float
        A bone mask that is darker by more than this does not lie on its bone.
    """

    good_median_mm: float
    good_p95_mm: float
    usable_median_mm: float
    least_overlap: float
    least_correlation: float
    inside_share: float
    touching_share: float
    dimmer_share: float
    moves: Mapping[Role, Moves]

    def verdict(
        self, median_mm: float, p95_mm: float, overlap: float, correlation: float
    ) -> tuple[Verdict, str]:
        """Return what a registration may be used for, and why in a sentence."""
        apart = f"bone surfaces are {median_mm:.1f} mm apart, 95 % under {p95_mm:.1f} mm"
        if median_mm > self.usable_median_mm:
            return Verdict.UNUSABLE, f"Not usable: {apart}. Register again or adjust by hand."
        if correlation < self.least_correlation:
            alike = f"the bones hardly look alike (correlation {correlation:.2f})"
            return Verdict.DOUBTFUL, f"Doubtful: {alike}. Is it this region of this patient?"
        if median_mm > self.good_median_mm or p95_mm > self.good_p95_mm:
            return Verdict.DOUBTFUL, f"Doubtful: {apart}. Look at all three pictures."
        if overlap < self.least_overlap:
            part = f"the new scan shows {100 * overlap:.0f} % of the bone around the lesion"
            return Verdict.DOUBTFUL, f"Doubtful: {part}. Look at all three pictures."
        return Verdict.GOOD, f"Good: {apart}. Confirm it on the pictures."
