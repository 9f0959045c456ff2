"""Which control CT of the case is reviewed, and what is at hand of it; finds and measures nothing.

All presenters of the review speak of the same one. What has to last is changed through the session
alone; what is at hand (the scan's voxels, a registration that nobody accepted yet) is not part of
the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.presenters.scan_fit_work import Registered
from app.session import Session
from app.view_state import ViewState
from planning.image import Volume
from planning.model.case import Case
from planning.model.case_review import CaseReview
from planning.model.plan import Candidate, PlanResult
from planning.model.review_life import cores_of, is_of, planning_to_control, with_review
from planning.records.approval_file import plan_sha256

if TYPE_CHECKING:
    from planning.imaging.transforms import RigidTransform

_SAME_MM = 1e-6


class ReviewContext(QObject):
    """The review that is worked on.

    Signals
    -------
    changed
        Another review, plan, control CT or registration is spoken of.
    """

    changed = Signal()

    def __init__(
        self, session: Session, view_state: ViewState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._state = session, view_state
        self._registered: Registered | None = None
        self._chosen = ""
        self._sha: tuple[PlanResult | None, str] = (None, "")
        session.case_changed.connect(self._follow_case)
        view_state.selection_changed.connect(lambda _: self.changed.emit())

    @property
    def registered(self) -> Registered | None:
        """The control CT at hand with its registration, accepted or not."""
        return self._registered

    @property
    def control(self) -> Volume | None:
        """The control CT at hand."""
        return None if self._registered is None else self._registered.pair.scan

    @property
    def review(self) -> CaseReview | None:
        """The review that is worked on: that of the scan at hand, else the one chosen or latest."""
        case = self._session.case
        if case is None or not case.reviews:
            return None
        wanted = self._chosen if self.control is None else self.control.values_sha256
        found = next((r for r in case.reviews if r.values_sha256 == wanted), None)
        return found if found is not None or self.control is not None else case.reviews[-1]

    @property
    def transform(self) -> RigidTransform | None:
        """From the planning CT to the control CT at hand, accepted or not."""
        registered = self._registered
        return None if registered is None else registered.registration.transform

    @property
    def is_accepted(self) -> bool:
        """Whether somebody accepted the registration of the scan at hand as it is now."""
        review = self.review
        if review is None or self._registered is None:
            return False
        accepted = planning_to_control(review.review.registration)
        shown = self._registered.registration.transform.matrix
        return bool(np.allclose(accepted, shown, rtol=0.0, atol=_SAME_MM))

    @property
    def plan(self) -> PlanResult | None:
        """The plan that is reviewed: the case's, or the approved one the review was made of."""
        case, review = self._session.case, self.review
        if case is None:
            return None
        if review is None or is_of(review, case.plan):
            return case.plan
        past = (p.plan for p in reversed(case.past_plans))
        return next((plan for plan in past if is_of(review, plan)), None)

    @property
    def is_plan_changed(self) -> bool:
        """Whether the plan has become another since the review, though its cores stayed."""
        review, plan = self.review, self.plan
        if review is None or plan is None:
            return False
        return review.review.plan_sha256 != self.plan_sha256(plan)

    def plan_sha256(self, plan: PlanResult) -> str:
        """Return what a plan's file is known by."""
        if self._sha[0] is not plan:
            self._sha = (plan, plan_sha256(plan))
        return self._sha[1]

    @property
    def cores(self) -> tuple[Candidate, ...]:
        """The planned cores to be answered for, in the plan's order."""
        case, plan, review = self._session.case, self.plan, self.review
        if case is None or plan is None:
            return ()
        known = cores_of(plan)
        answered = () if review is None else tuple(review.answers)
        wanted = _wanted(case, plan, self._state.selected if self._state.selected in known else "")
        names = dict.fromkeys((*wanted, *answered))
        return tuple(candidate for key, candidate in known.items() if key in names)

    def take_registered(self, registered: Registered | None) -> None:
        """Have another control CT, or another registration of it, at hand."""
        if registered is not self._registered:
            self._registered = registered
            if registered is not None:
                self._chosen = registered.pair.scan.values_sha256
            self.changed.emit()

    def choose(self, values_sha256: str) -> None:
        """Look at another reviewed control CT; the scan at hand is let go if it is another."""
        self._chosen = values_sha256
        if self.control is not None and self.control.values_sha256 != values_sha256:
            self._registered = None
        self.changed.emit()

    def apply(self, text: str, review: CaseReview) -> bool:
        """Make a changed review part of the case, as a step that can be undone."""
        case = self._session.case
        if case is None or review == self.review:
            return False
        return self._session.apply(text, with_review(case, review))

    def _follow_case(self, new: Case | None, old: Case | None) -> None:
        if old is None or new is None or new.reviews is not old.reviews or new.plan is not old.plan:
            self.changed.emit()


def _wanted(case: Case, plan: PlanResult, selected: str) -> Sequence[str]:
    """Return the ids of what was meant to be executed, as far as the case says it."""
    if case.approval is not None and plan is case.plan:
        return case.approval.candidate_ids
    if plan.core_set is not None:
        return [core.candidate.candidate_id for core in plan.core_set.cores]
    return [selected] if selected else [c.candidate_id for c in plan.candidates[:1]]
