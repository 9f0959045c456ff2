"""The sentence every document that leaves Trephine carries; knows no format."""

from __future__ import annotations

from planning.model.plan import PlanResult

RESEARCH_USE = "Research use only. Not a medical device."


def notice_of(plan: PlanResult) -> str:
    """Return who made a document and what it may be used for."""
    return f"Trephine {plan.software_version}. {RESEARCH_USE}"
