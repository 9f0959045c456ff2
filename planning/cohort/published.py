"""What other systems were measured at, as values with their sources; compares nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.model.case import Guidance


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAccuracy:
    """One published error.

    Parameters
    ----------
    measure : str
        Key of the error that was measured, as in `PlacementError`.
    centre, low, high : float
        Mean and one standard deviation to both sides, or median and quartiles.
    statistic : str
        Which of them: "mean-sd" or "median-quartiles".
    count : int
        Of needles; 0 where the source does not say.
    setting : str
        In what, and how, it was measured.
    """

    name: str
    guidance: Guidance
    measure: str
    statistic: str
    centre: float
    low: float
    high: float
    count: int
    setting: str
    source: str
