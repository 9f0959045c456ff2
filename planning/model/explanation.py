"""Why nothing can be planned, and what would change that: values only, no reasoning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planning.model.needle import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """One limit that the best path of its kind does not keep.

    Parameters
    ----------
    constraint_key : str
        Of the limit.
    measure : str
        Key of the criterion that is limited.
    what : str
        The structure that comes too near or the tissue that is crossed; otherwise what the limit
        says.
    value, demanded : float
        What the path has and what it would need, in `unit`; for clearances both lie at `depth_mm`.
    unit : str
        ``mm``, ``deg`` or empty.
    depth_mm : float or None
        Along the path, from the skin; None where the limit is not about a place.
    by_error : bool
        Whether the spread of the needles demands the distance, rather than the margin.
    hidden_mm : float
        The part of `demanded` that stands for what voxels may hide.
    trajectory : Trajectory
        The path.
    """

    constraint_key: str
    measure: str
    what: str
    value: float
    demanded: float
    unit: str
    trajectory: Trajectory
    at_least: bool = True
    depth_mm: float | None = None
    by_error: bool = False
    hidden_mm: float = 0.0

    @property
    def missing(self) -> float:
        """How far the path is from keeping the limit, in `unit`."""
        away = self.demanded - self.value
        return away if self.at_least else -away


class Change(StrEnum):
    """What kind of change opens a way."""

    PATH = "path"
    MARGIN = "margin"
    GUIDANCE = "guidance"
    NEEDLE = "needle"
    POSITION = "position"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A change with which at least one path keeps every limit, as was computed.

    Parameters
    ----------
    what : str
        The change in words.
    kept, tried : int
        How many of the candidates that were tried with it keep every limit, by the screening;
        at least one of them was measured exactly.
    trajectory : Trajectory
        That one.
    """

    change: Change
    what: str
    kept: int
    tried: int
    trajectory: Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why nothing was found.

    Parameters
    ----------
    blocked : tuple of tuple of Blocked
        The limits broken by each of the nearest misses.
    skin : str
        Why no path can even start; empty where some can.
    unopened : tuple of str
        What was tried and opens nothing, in words.
    """

    blocked: tuple[tuple[Blocked, ...], ...] = ()
    skin: str = ""
    openings: tuple[Opening, ...] = ()
    unopened: tuple[str, ...] = ()
