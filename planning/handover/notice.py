"""What every document that leaves Trephine says of itself and its needles; knows no format."""

from __future__ import annotations

from planning.model.plan import Candidate, PlanResult

RESEARCH_USE = "Research use only. Not a medical device."
VIOLATED = "constraint_violated"
"""How a remark begins that names a limit which a trajectory breaks."""


def notice_of(plan: PlanResult) -> str:
    """Return who made a document and what it may be used for."""
    return f"Trephine {plan.software_version}. {RESEARCH_USE}"


def candidate_remarks(candidate: Candidate) -> tuple[str, ...]:
    """Return what has to be known of a trajectory: the limits it breaks, then its warnings."""
    broken = (f"{VIOLATED}: {key}" for key in candidate.violations)
    return (*broken, *(str(notice) for notice in candidate.warnings))
