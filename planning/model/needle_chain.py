"""What a needle is used through: introducer and drill, as sold; no path and no tissue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Introducer:
    """A coaxial introducer or drilled cannula.

    Parameters
    ----------
    usable_length_mm : float
        Hub face to its tip.
    hub_length_mm : float
        What it takes off the needle's length.
    """

    key: str
    name: str
    gauge: int
    outer_diameter_mm: float
    inner_diameter_mm: float
    usable_length_mm: float
    hub_length_mm: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill that goes through the introducer; its length is that under its own handle."""

    key: str
    name: str
    diameter_mm: float
    usable_length_mm: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleChain:
    """What one needle is used through; None for a part that it goes without."""

    introducer: Introducer | None = None
    drill: Drill | None = None
