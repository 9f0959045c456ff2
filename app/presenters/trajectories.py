"""The ranked trajectories: table, needles in every view, and the selection; plans nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app import catalogue
from app.presenters.numbers import (
    error_model_of,
    is_extra,
    needle_path,
    not_checked_rows,
    purpose_of,
    short_slice_words,
    trajectory_row,
    why_none,
)
from app.presenters.planning import can_plan
from app.session import Session
from app.view_state import ViewState
from app.views.not_checked_panel import NotCheckedPanel
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.trajectory_table import TrajectoryTable
from app.views.values import NeedlePath
from planning.geometry import Vec3, vec3
from planning.model.case import Case
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol

_NEEDLES_MS = 150

_NOT_OPEN = "Open a case to plan it."
_NOT_PLANNED = "Nothing planned yet. Choose needle and guidance, then press Plan."


class TrajectoriesPresenter(QObject):
    """Shows a plan and what is selected of it."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        table: TrajectoryTable,
        not_checked: NotCheckedPanel,
        pictures: Sequence[SliceView | SceneView],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._table = table
        self._not_checked = not_checked
        self._pictures = tuple(pictures)
        self._needles_soon = self._timer(_NEEDLES_MS, self._redraw)
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.show_plan)
        table.selected.connect(view_state.select)
        view_state.selection_changed.connect(self.show_selected)
        view_state.pinned_changed.connect(self._redraw)
        view_state.together_changed.connect(self._redraw)
        table.set_message(_NOT_OPEN)

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another plan when there is one."""
        plan, before = new.plan, None if old is None else old.plan
        if plan is not None and before is not None and plan.candidates is before.candidates:
            if plan is not before:  # only what cores are taken for has changed
                self._fill_table(plan)
                self._show_selected(plan)
        elif plan is not None and before is not None and same_paths(plan, before):
            self._show_ranked_anew(plan)
        elif old is None or plan is not before:
            self.show_plan()

    def _show_ranked_anew(self, plan: PlanResult) -> None:
        """List the same trajectories in another order; who is selected stays, and so do the views.

        A slider may be moving: the table follows at once, the rest as soon as there is time.
        """
        self._fill_table(plan)
        self._table.set_selected(self._state.selected)
        self._needles_soon.start()

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
        if self._state.selected == first:
            self.show_selected()
        else:
            self._state.select(first)

    def show_selected(self) -> None:
        """Mark the selected trajectory and take every view there."""
        candidate = self._show_selected(self._plan())
        if candidate is not None:
            self._state.set_crosshair(specimen_centre_lps_mm(candidate))

    def _fill_table(self, plan: PlanResult) -> None:
        """List the ranked trajectories, and the cores of the set that are not among them."""
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
        extra = sum(is_extra(c, plan.core_set) for c in plan.candidates)
        more = f", {extra} more for the set" if extra else ""
        self._table.set_rows(rows, f"{len(rows) - extra} of {plan.evaluated:,}{more}")
        self._table.set_message("" if rows else why_none(plan, protocol_of(plan)))

    def _show_selected(self, plan: PlanResult | None) -> Candidate | None:
        """Mark the selected trajectory everywhere; return it."""
        candidate = self._selected(plan)
        self._table.set_selected(candidate.candidate_id if candidate else "")
        self._show_needles(plan, candidate)
        return candidate

    def step(self, places: int) -> None:
        """Select the trajectory so many places further down the ranking."""
        plan = self._plan()
        if plan is None or not plan.candidates:
            return
        keys = [c.candidate_id for c in plan.candidates]
        here = keys.index(self._state.selected) if self._state.selected in keys else -places
        self._state.select(keys[min(max(here + places, 0), len(keys) - 1)])

    def _show_needles(self, plan: PlanResult | None, selected: Candidate | None) -> None:
        images, paths = self._session.images, tuple[NeedlePath, ...]()
        if plan is not None and images is not None:
            error_model = error_model_of(plan, self._session.anatomy)
            paths = tuple(
                needle_path(
                    c,
                    plan.needle,
                    selected=c is selected,
                    core_set=plan.core_set,
                    error_model=error_model if c is selected else None,
                    slice_normal_lps=images.ct.slice_normal_lps,
                    stress=self._stress(c, plan),
                )
                for c in plan.candidates
                if not self._state.set_together or c is selected or self._stress(c, plan)
            )
        for picture in self._pictures:
            picture.set_needles(paths)

    def _stress(self, candidate: Candidate, plan: PlanResult) -> str:
        """Return why a trajectory is drawn as strongly as the selected one, if it is."""
        if candidate.candidate_id == self._state.pinned:
            return "pinned"
        in_set = purpose_of(candidate, plan.core_set)
        return "set" if self._state.set_together and in_set else ""

    def _timer(self, after_ms: int, show: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(show)
        return timer

    def _redraw(self) -> None:
        plan = self._plan()
        self._show_needles(plan, self._selected(plan))

    def _plan(self) -> PlanResult | None:
        case = self._session.case
        return case.plan if case is not None else None

    def _selected(self, plan: PlanResult | None) -> Candidate | None:
        if plan is None:
            return None
        wanted = self._state.selected
        return next((c for c in plan.candidates if c.candidate_id == wanted), None)


def same_paths(plan: PlanResult, before: PlanResult) -> bool:
    """Tell whether two plans hold the same trajectories, ranked in whatever order."""
    return bool(plan.candidates) and {c.candidate_id: c.trajectory for c in plan.candidates} == {
        c.candidate_id: c.trajectory for c in before.candidates
    }


def protocol_of(plan: PlanResult) -> Protocol:
    """Return the protocol a plan was made with."""
    return catalogue.protocol(plan.protocol_key)


def specimen_centre_lps_mm(candidate: Candidate) -> Vec3:
    """Return the middle of the specimen: what the views go to."""
    return vec3(np.mean(candidate.specimen_lps_mm, axis=0))
