"""An error model learned from own cases, with how sure it is, as values; fits nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.model.error_model import ErrorModel, Spread

PARTS = ("at_skin_mm", "growth_deg", "off_plane_growth_deg", "along_mm", "shared_mm", "lateral_mm")
"""What is learned: parts of a spread, and the lateral deviation at its reference depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One part of a spread.

    Parameters
    ----------
    value, low, high : float
        Most probable value, and the ends of the interval that holds it with the confidence of the
        cohort's intervals.
    preset : float
        What it was before.
    """

    part: str
    value: float
    low: float
    high: float
    preset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """A core whose error is larger than the fitted model lets one expect.

    Parameters
    ----------
    distance : float
        Of its error from none, in standard deviations (Mahalanobis).
    """

    case: str
    core: str
    lateral_mm: float
    depth_mm: float
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSpread:
    """How needles scatter at one stage, as own cases teach it.

    Parameters
    ----------
    spread : Spread
        The preset itself where there is no own case.
    cores, cases : int
        On which it rests.
    parts : tuple of Learned
    tail_log_odds : float
        Of heavy tails against a Gaussian, by the data alone.
    outliers : tuple of Outlier
        Reported; all of them count.
    remarks : tuple of str
        What the model does not hold, in sentences.
    """

    spread: Spread
    cores: int
    cases: int
    parts: tuple[Learned, ...] = ()
    tail_log_odds: float = 0.0
    outliers: tuple[Outlier, ...] = ()
    remarks: tuple[str, ...] = ()

    def part(self, name: str) -> Learned | None:
        """Return what was learned of one part; None where nothing was."""
        return next((p for p in self.parts if p.part == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedErrorModel:
    """An error model learned from own cases.

    Parameters
    ----------
    preset, model : ErrorModel
        What was known before, and what a plan goes by from now on.
    corrected, first_pass : FittedSpread
    since, until : str
        Dates (ISO 8601) of the first and the last case; empty where unknown.
    left_out : int
        Cores that were measured but cannot count: no planned depth, or no angle where that matters.
    """

    preset: ErrorModel
    model: ErrorModel
    corrected: FittedSpread
    first_pass: FittedSpread
    since: str = ""
    until: str = ""
    left_out: int = 0
