"""Which trajectory all views speak of: the one in the hand, else the selected; changes nothing."""

from __future__ import annotations

from app.language import tr
from app.session import Session
from app.view_state import ViewState
from planning.model.case import OWN_PREFIX
from planning.model.core_set import EXTRA_PREFIX, CoreSet
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


def title_of(candidate: Candidate, core_set: CoreSet | None) -> str:
    """Return what a trajectory is called in a heading: by its rank, or by its id without one."""
    name = candidate.candidate_id
    if name.startswith(OWN_PREFIX):
        return tr("Own path {name}", name=name)
    if name.startswith(EXTRA_PREFIX) and core_set is not None and core_set.core_of(name):
        return tr("Core {name}", name=name)
    return tr("Trajectory {rank}", rank=candidate.rank)
