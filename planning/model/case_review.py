"""A control CT that belongs to a case, and what came of comparing it with the plan; no pixels."""

from __future__ import annotations

from dataclasses import dataclass

from planning.model.execution import ExecutedNeedle, NeedleState, Review
from planning.model.needle import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPath:
    """Where a core was planned when its needle was reviewed; `core` is its candidate id."""

    core: str
    trajectory: Trajectory


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said of one core.

    Parameters
    ----------
    state : NeedleState
    needle : ExecutedNeedle or None
        One of those that were found; None for a core that was not imaged.
    """

    state: NeedleState
    needle: ExecutedNeedle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReview:
    """One control CT of a case with its review, as far as that has come.

    Parameters
    ----------
    path : str
        The file or folder that the control CT was read from; it stays where it is.
    chosen_series_uid : str
        Which series of a folder was chosen; empty where there was no choice.
    values_sha256 : str
        Of the control CT's values, so that it is known again.
    at : str
        When its registration was accepted, ISO 8601 with the offset from UTC.
    found : tuple of ExecutedNeedle
        All needles of the control CT in planning LPS, in the order in which they became known:
        each is called by its number, from 1.
    planned : tuple of PlannedPath
        The cores that were answered for, as they were planned then.
    review : Review
        Its needles are those cores; before any is answered for it has none.
    """

    path: str
    chosen_series_uid: str
    values_sha256: str
    at: str
    review: Review
    found: tuple[ExecutedNeedle, ...] = ()
    planned: tuple[PlannedPath, ...] = ()

    @property
    def answers(self) -> dict[str, Answer]:
        """What was said of each core, by candidate id."""
        return {n.core: Answer(n.needle_state, n.executed) for n in self.review.needles}

    def number_of(self, needle: ExecutedNeedle | None) -> int:
        """Return what number a needle is called by; 0 for one that is not among those found."""
        return 0 if needle is None or needle not in self.found else self.found.index(needle) + 1
