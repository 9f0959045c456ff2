"""The ranked trajectories: the table, what was not checked, and the selection; plans nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject

from app import catalogue
from app.language import mark, tr
from app.presenters.coalescing import coalesced
from app.presenters.matters import note_of
from app.presenters.numbers import (
    is_extra,
    not_checked_rows,
    short_slice_words,
    trajectory_row,
    why_none,
)
from app.presenters.planning import can_plan
from app.presenters.shown import plan_of, selected_candidate
from app.session import Session
from app.view_state import ViewState
from app.views.not_checked_panel import NotCheckedPanel
from app.views.trajectory_table import TrajectoryTable
from planning.geometry import Vec3, vec3
from planning.model.case import Case, is_own_id
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol

_DRAFT_ROW_EVERY_MS = 200
_NOT_OPEN = mark("Open a case to plan it.")
_NOT_PLANNED = mark("Nothing planned yet. Choose needle and guidance, then press Plan.")
_OUT_OF_DATE = mark(
    "The plan no longer holds: what it was made from has changed. Press Plan to plan again, "
    "or Ctrl+Z to take the change back."
)


class TrajectoriesPresenter(QObject):
    """Lists a plan and keeps what is selected of it."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        table: TrajectoryTable,
        not_checked: NotCheckedPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._table = table
        self._not_checked = not_checked
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.show_plan)
        table.selected.connect(view_state.select)
        view_state.selection_changed.connect(self.show_selected)
        view_state.draft_changed.connect(self.follow_draft)
        self._draft_row = coalesced(self, _DRAFT_ROW_EVERY_MS, self._show_draft_row)
        table.set_message(tr(_NOT_OPEN))

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another plan when there is one; the views stay where the trajectories do."""
        plan, before = new.plan, None if old is None else old.plan
        if old is not None and plan is before:
            if plan is None and new.structures is not old.structures:
                self._table.set_message(can_plan(new) or tr(_NOT_PLANNED))
            return
        if plan is None or before is None or not same_ranked(plan, before):
            place = self._state.crosshair_lps_mm
            self.show_plan()
            if old is not None and not _is_planned_anew(new, old):
                self._state.set_crosshair(place)  # a mask is being edited there
            if old is not None and plan is None and replace(old, plan=None) != new:
                self._table.set_message(can_plan(new) or tr(_OUT_OF_DATE))
            return
        self._fill_table(plan)
        self._not_checked.set_rows(not_checked_rows(plan))
        if self._state.selected and selected_candidate(self._session, self._state) is None:
            self._state.select(plan.candidates[0].candidate_id if plan.candidates else "")
        else:
            self._table.set_selected(self._state.selected)

    def show_plan(self) -> None:
        """Fill the table and select the best; a needle placed by hand stays selected."""
        case, plan = self._session.case, plan_of(self._session)
        if case is None:
            return
        if plan is None:
            self._table.set_rows(())
            self._table.set_message(can_plan(case) or tr(_NOT_PLANNED))
            self._not_checked.set_rows(())
        else:
            self._fill_table(plan)
            self._not_checked.set_rows(not_checked_rows(plan))
        first = plan.candidates[0].candidate_id if plan is not None and plan.candidates else ""
        held = selected_candidate(self._session, self._state)
        if held is not None and is_own_id(held.candidate_id):
            first = held.candidate_id
        if self._state.selected == first:
            self.show_selected()
        else:
            self._state.select(first)

    def show_selected(self) -> None:
        """Mark the selected trajectory and take every view there."""
        candidate = selected_candidate(self._session, self._state)
        self._table.set_selected(candidate.candidate_id if candidate else "")
        if candidate is not None:
            self._state.set_crosshair(specimen_centre_lps_mm(candidate))

    def follow_draft(self, draft: Candidate | None) -> None:
        """Let the row of the needle in the user's hand follow it, now and then."""
        if draft is not None:
            if not self._draft_row.isActive():
                self._draft_row.start()
            return
        self._draft_row.stop()
        plan = plan_of(self._session)
        if plan is not None:
            self._fill_table(plan)
            self._table.set_selected(self._state.selected)

    def step(self, places: int) -> None:
        """Select the trajectory so many places further down the ranking."""
        plan = plan_of(self._session)
        if plan is None or not plan.candidates:
            return
        keys = [c.candidate_id for c in plan.candidates]
        here = keys.index(self._state.selected) if self._state.selected in keys else -places
        self._state.select(keys[min(max(here + places, 0), len(keys) - 1)])

    def _show_draft_row(self) -> None:
        plan, draft = plan_of(self._session), self._state.draft
        if plan is None or draft is None:
            return
        shown = (
            replace(draft, rank=c.rank) if c.candidate_id == draft.candidate_id else c
            for c in plan.candidates
        )
        self._fill_table(replace(plan, candidates=tuple(shown)))
        self._table.set_selected(draft.candidate_id)

    def _fill_table(self, plan: PlanResult) -> None:
        """List the ranked trajectories, the cores of the set and the needles placed by hand."""
        images = self._session.images
        if images is None:
            return
        rows = tuple(
            trajectory_row(
                c,
                short_slice_words(images.ct, c.trajectory.entry_lps_mm),
                plan.core_set,
                protocol_of(plan),
            )
            for c in plan.candidates
        )
        case = self._session.case
        caution = "" if case is None else note_of(case)
        if not plan.evaluated:  # own needles were measured, and nothing else
            caution = tr(_NOT_PLANNED)
        self._table.set_rows(rows, _summary(plan), caution=caution)
        self._table.set_message("" if rows else why_none(plan, protocol_of(plan)))


def same_ranked(plan: PlanResult, before: PlanResult) -> bool:
    """Tell whether two plans hold the same planned trajectories, ranked in whatever order."""
    return _ranked_paths(plan) == _ranked_paths(before)


def protocol_of(plan: PlanResult) -> Protocol:
    """Return the protocol a plan was made with."""
    return catalogue.protocol(plan.protocol_key)


def specimen_centre_lps_mm(candidate: Candidate) -> Vec3:
    """Return the middle of the specimen: what the views go to."""
    return vec3(np.mean(candidate.specimen_lps_mm, axis=0))


def _is_planned_anew(new: Case, old: Case) -> bool:
    """Tell a plan that was just made from own paths measured again and from an undone edit."""
    made = new.plan is not None and bool(_ranked(new.plan))
    return made and new.structures is old.structures


def _ranked(plan: PlanResult) -> tuple[Candidate, ...]:
    return tuple(c for c in plan.candidates if not is_own_id(c.candidate_id))


def _ranked_paths(plan: PlanResult) -> dict[str, object]:
    return {c.candidate_id: c.trajectory for c in _ranked(plan)}


def _summary(plan: PlanResult) -> str:
    """Say how many of what was tried are listed, and what is listed besides."""
    ranked = _ranked(plan)
    extra = sum(is_extra(c, plan.core_set) for c in ranked)
    own = len(plan.candidates) - len(ranked)
    parts = [] if plan.searched is None else [tr("ranked anew")]
    if plan.evaluated or not own:
        tried = f"{plan.evaluated:,}"
        parts.append(tr("{count} of {tried}", count=len(ranked) - extra, tried=tried))
    else:
        parts.append(tr("not planned"))
    if extra:
        parts.append(tr("{count} more for the set", count=extra))
    if own:
        parts.append(tr("{count} by hand", count=own))
    return ", ".join(parts)
