"""Which trajectory all views speak of: the one in the hand, else the selected; changes nothing."""

from __future__ import annotations

from app.session import Session
from app.view_state import ViewState
from planning.model.plan import Candidate, PlanResult


def plan_of(session: Session) -> PlanResult | None:
    """Return the open case's plan."""
    return None if session.case is None else session.case.plan


def selected_candidate(session: Session, state: ViewState) -> Candidate | None:
    """Return the candidate that is selected in the plan."""
    plan = plan_of(session)
    found = () if plan is None else plan.candidates
    return next((c for c in found if c.candidate_id == state.selected), None)


def shown_candidate(session: Session, state: ViewState) -> Candidate | None:
    """Return the needle in the user's hand, else the selected candidate."""
    return state.draft or selected_candidate(session, state)
