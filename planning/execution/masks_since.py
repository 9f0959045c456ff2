"""Whether a planned specimen still holds what the plan says; says nothing of executed needles."""

from __future__ import annotations

from planning.anatomy.anatomy import Anatomy
from planning.model.plan import Candidate
from planning.trajectories.measure import measure

_SAME_LENGTH_MM = 0.2
_LENGTHS = ("lesion_length_mm", "viable_length_mm")


def holds_otherwise(anatomy: Anatomy, core: Candidate) -> bool:
    """Tell whether a planned specimen holds something else today than the plan says."""
    if not core.trajectory.lies_in(anatomy.near):
        return False
    today = measure(anatomy, core.trajectory).criteria
    return any(_differ(core.criteria.get(key), today[key]) for key in _LENGTHS)


def _differ(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return (then is None) is not (now is None)
    return abs(then - now) > _SAME_LENGTH_MM
