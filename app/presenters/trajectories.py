"""The ranked trajectories: table, card, needles in every view, and the selection; plans nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app import catalogue
from app.language import tr
from app.presenters.numbers import (
    card_numbers,
    is_extra,
    needle_path,
    not_checked_rows,
    short_slice_words,
    slice_words,
    trajectory_row,
    why_none,
)
from app.presenters.planning import can_plan
from app.presenters.shown import shown_candidate
from app.session import Session
from app.view_state import ViewState
from app.views.not_checked_panel import NotCheckedPanel
from app.views.numbers_card import NumbersCard
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.trajectory_table import TrajectoryTable
from app.views.values import NeedlePath
from planning.geometry import Vec3, vec3
from planning.image import CaseImages
from planning.model.case import Case, is_own_id
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol

_OTHERS_EVERY_MS, _ROWS_EVERY_MS = 70, 200
_NOT_OPEN = "Open a case to plan it."
_NOT_PLANNED = "Nothing planned yet. Choose needle and guidance, then press Plan."


class TrajectoriesPresenter(QObject):
    """Shows a plan and what is selected of it."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        table: TrajectoryTable,
        card: NumbersCard,
        not_checked: NotCheckedPanel,
        pictures: Sequence[SliceView | SceneView],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._table = table
        self._card = card
        self._not_checked = not_checked
        self._pictures = tuple(pictures)
        self._still: tuple[NeedlePath, ...] | None = None
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.show_plan)
        table.selected.connect(view_state.select)
        card.jump_requested.connect(view_state.set_crosshair)
        view_state.selection_changed.connect(self.show_selected)
        view_state.draft_changed.connect(self.follow_draft)
        # While a needle is in the hand: first what is under the hand, the rest a little later.
        self._others = _coalesced(self, _OTHERS_EVERY_MS, self._show_draft_elsewhere)
        self._rows = _coalesced(self, _ROWS_EVERY_MS, self._show_draft_row)
        table.set_message(_NOT_OPEN)

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another plan when there is one."""
        plan, before = new.plan, None if old is None else old.plan
        if plan is not None and before is not None and plan.candidates is before.candidates:
            if plan is not before:  # only what cores are taken for has changed
                self._fill_table(plan)
                self._show_selected(plan)
        elif old is not None and plan is not None and _same_ranked(plan, before):
            self._show_own(plan)
        elif old is None or plan is not before:
            self.show_plan()

    def show_plan(self) -> None:
        """Fill the table and select the best."""
        case, plan = self._session.case, self._plan()
        if case is None:
            return
        if plan is None:
            self._table.set_rows(())
            self._table.set_message(can_plan(case) or _NOT_PLANNED)
            self._not_checked.set_rows(())
        else:
            self._fill_table(plan)
            self._not_checked.set_rows(not_checked_rows(plan))
        first = plan.candidates[0].candidate_id if plan is not None and plan.candidates else ""
        if is_own_id(self._state.selected) and self._selected(plan) is not None:
            first = self._state.selected  # planning leaves the user with the needle at hand
        if self._state.selected == first:
            self.show_selected()
        else:
            self._state.select(first)

    def show_selected(self) -> None:
        """Show the selected trajectory's numbers and take every view there."""
        candidate = self._show_selected(self._plan())
        if candidate is not None:
            self._state.set_crosshair(specimen_centre_lps_mm(candidate))

    def follow_draft(self, draft: Candidate | None) -> None:
        """Follow the needle in the user's hand: its numbers and the view it is pulled in first."""
        plan = self._plan()
        if draft is None or plan is None:
            self._others.stop()
            self._rows.stop()
            if plan is not None:
                self._fill_table(plan)
            self._show_selected(plan)
            return
        self._show_numbers(plan, draft)
        paths = self._paths(plan, draft)
        for picture in self._pictures:
            if isinstance(picture, SliceView) and picture.hasFocus():
                picture.set_needles(paths)
        for timer in (self._others, self._rows):
            if not timer.isActive():
                timer.start()

    def _show_draft_elsewhere(self) -> None:
        """Show the needle in the hand in the views it is not pulled in."""
        plan, draft = self._plan(), self._state.draft
        if plan is None or draft is None:
            return
        paths = self._paths(plan, draft)
        still = tuple(path for path in paths if path.key != draft.candidate_id)
        for picture in self._pictures:
            if not isinstance(picture, SliceView):
                self._leave_to_hand(picture, still)
            elif not picture.hasFocus():
                picture.set_needles(paths)

    def _leave_to_hand(self, scene: SceneView, still: tuple[NeedlePath, ...]) -> None:
        """Render the other needles once; whoever pulls this one paints it over them."""
        if still != self._still:
            self._still = still
            scene.set_needles(still)

    def _show_draft_row(self) -> None:
        plan, draft = self._plan(), self._state.draft
        if plan is not None and draft is not None:
            known = {draft.candidate_id: draft}
            shown = (
                replace(known[c.candidate_id], rank=c.rank) if c.candidate_id in known else c
                for c in plan.candidates
            )
            self._fill_table(replace(plan, candidates=tuple(shown)))
            self._table.set_selected(draft.candidate_id)

    def _show_own(self, plan: PlanResult) -> None:
        """Show that paths placed by hand have changed; the views stay where they are."""
        self._fill_table(plan)
        self._not_checked.set_rows(not_checked_rows(plan))
        if self._selected(plan) is None and plan.candidates and self._state.selected:
            self._state.select(plan.candidates[0].candidate_id)
        else:
            self._show_selected(plan)

    def _fill_table(self, plan: PlanResult) -> None:
        """List the ranked trajectories, and the cores of the set that are not among them."""
        images = self._session.images
        if images is None:
            return
        rows = tuple(
            trajectory_row(
                c, short_slice_words(images.ct, c.trajectory.entry_lps_mm), plan.core_set
            )
            for c in plan.candidates
        )
        self._table.set_rows(rows, _summary(plan))
        self._table.set_message("" if rows else why_none(plan, protocol_of(plan)))

    def _show_selected(self, plan: PlanResult | None) -> Candidate | None:
        """Mark the selected trajectory everywhere and show its numbers; return it."""
        candidate = None if plan is None else shown_candidate(self._session, self._state)
        self._table.set_selected(candidate.candidate_id if candidate else "")
        self._show_needles(plan, candidate)
        if plan is None or candidate is None:
            self._card.set_numbers(None)
            return None
        self._show_numbers(plan, candidate)
        return candidate

    def _show_numbers(self, plan: PlanResult, candidate: Candidate) -> None:
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        self._card.set_numbers(
            card_numbers(
                candidate,
                plan,
                protocol_of(plan),
                self._entry_slice(case, images, candidate),
                self._session.anatomy,
            )
        )

    def step(self, places: int) -> None:
        """Select the trajectory so many places further down the ranking."""
        plan = self._plan()
        if plan is None or not plan.candidates:
            return
        keys = [c.candidate_id for c in plan.candidates]
        here = keys.index(self._state.selected) if self._state.selected in keys else -places
        self._state.select(keys[min(max(here + places, 0), len(keys) - 1)])

    def _show_needles(self, plan: PlanResult | None, selected: Candidate | None) -> None:
        paths = () if plan is None else self._paths(plan, selected)
        self._still = None
        for picture in self._pictures:
            picture.set_needles(paths)

    def _paths(self, plan: PlanResult, shown: Candidate | None) -> tuple[NeedlePath, ...]:
        """Return all needles, the shown one as it is now."""
        key = "" if shown is None else shown.candidate_id
        return tuple(
            needle_path(
                shown if shown is not None and c.candidate_id == key else c,
                plan.needle,
                selected=c.candidate_id == key,
                core_set=plan.core_set,
            )
            for c in plan.candidates
        )

    def _plan(self) -> PlanResult | None:
        case = self._session.case
        return case.plan if case is not None else None

    def _selected(self, plan: PlanResult | None) -> Candidate | None:
        if plan is None:
            return None
        wanted = self._state.selected
        return next((c for c in plan.candidates if c.candidate_id == wanted), None)

    def _entry_slice(self, case: Case, images: CaseImages, candidate: Candidate) -> str:
        # The table will stand elsewhere once the patient lies otherwise.
        return slice_words(
            images.ct, candidate.trajectory.entry_lps_mm, with_table=not case.position_differs
        )


def _coalesced(parent: QObject, every_ms: int, slot: Callable[[], None]) -> QTimer:
    """Return a timer that calls once, however often it was asked to in the meantime."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(every_ms)
    timer.timeout.connect(slot)
    return timer


def _same_ranked(plan: PlanResult, before: PlanResult | None) -> bool:
    """Tell whether two plans differ in own paths alone."""
    ranked, old = _ranked(plan), () if before is None else _ranked(before)
    return len(ranked) == len(old) and all(a is b for a, b in zip(ranked, old, strict=True))


def _ranked(plan: PlanResult) -> tuple[Candidate, ...]:
    return tuple(c for c in plan.candidates if not is_own_id(c.candidate_id))


def _summary(plan: PlanResult) -> str:
    """Say how many of what was tried are listed, and what is listed besides."""
    ranked = _ranked(plan)
    extra, own = (
        sum(is_extra(c, plan.core_set) for c in ranked),
        len(plan.candidates) - len(ranked),
    )
    parts = []
    if plan.evaluated or not own:
        parts.append(f"{len(ranked) - extra} of {plan.evaluated:,}")
    if extra:
        parts.append(tr("{count} more for the set", count=extra))
    if own:
        parts.append(tr("{count} by hand", count=own))
    return ", ".join(parts)


def protocol_of(plan: PlanResult) -> Protocol:
    """Return the protocol a plan was made with."""
    return catalogue.protocol(plan.protocol_key)


def specimen_centre_lps_mm(candidate: Candidate) -> Vec3:
    """Return the middle of the specimen: what the views go to."""
    return vec3(np.mean(candidate.specimen_lps_mm, axis=0))
