"""The needles in every picture, first where the hand is: shown one, ghosts, cores; no numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject

from app.presenters.coalescing import coalesced
from app.presenters.numbers import error_model_of, needle_path, purpose_of
from app.presenters.shown import plan_of, shown_candidate
from app.presenters.turns import Turns
from app.session import Session
from app.view_state import ViewState
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.values import NeedlePath
from planning.model.case import Case
from planning.model.plan import Candidate, PlanResult

_RANKED_ANEW_MS = 150


class NeedlesPresenter(QObject):
    """Draws a plan's needles in all pictures.

    While a needle is in the user's hand, the picture it is pulled in follows at once, the other
    slices a little later, and the 3-D view keeps only the needles that stand still: whoever pulls
    this one paints it over them.
    """

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        slices: Sequence[SliceView],
        scene: SceneView,
        parent: QObject | None = None,
        *,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._slices = tuple(slices)
        self._scene = scene
        self._frame: Callable[[SliceView], None] = lambda _: None
        self._turns = turns or Turns(parent=self)
        self._turns.rested.connect(self._draw_finely)
        self._ranked_anew = coalesced(self, _RANKED_ANEW_MS, self.redraw)
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.redraw)
        session.anatomy_changed.connect(lambda _: self.redraw())
        view_state.selection_changed.connect(lambda _: self.redraw())
        view_state.draft_changed.connect(self.follow_draft)
        view_state.pinned_changed.connect(lambda *_: self.redraw())
        view_state.together_changed.connect(lambda *_: self.redraw())
        view_state.reviewed_changed.connect(self.redraw)

    def frame_with(self, frame: Callable[[SliceView], None]) -> None:
        """Let a view be taken to the needle in the hand just before it is drawn there."""
        self._frame = frame

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Draw another plan; at leisure where a slider only ranks the same needles anew."""
        plan, before = new.plan, None if old is None else old.plan
        if old is not None and plan is before:
            return
        if plan is not None and before is not None and _same_needles(plan, before):
            self._ranked_anew.start()
        else:
            self.redraw()

    def redraw(self) -> None:
        """Draw every needle in every picture."""
        paths = self._paths()
        for view in self._slices:
            view.set_needles(paths)
        self._scene.set_needles(paths)

    def follow_draft(self, draft: Candidate | None) -> None:
        """Follow the needle in the user's hand, in the view it is pulled in first."""
        if draft is None:
            self._turns.forget()
            for view in self._slices:
                view.set_hurried(False)
            self.redraw()
            return
        for view in self._slices:
            if view.hasFocus():
                view.set_hurried(view.follows_needle)
                view.set_needles(self._paths())
        if self._scene.hasFocus():
            self._leave_to_hand()
        self.follow_in_turn()

    def prepare_for_hand(self) -> None:
        """Hear that a hand is about to take the shown needle."""
        shown = shown_candidate(self._session, self._state)
        if shown is not None and self._state.draft is None and self._scene.isVisible():
            still = self._standing_still(shown)
            self._turns.ask("prepared", lambda: self._scene.prepare_to_hurry(still))

    def follow_in_turn(self) -> None:
        """Draw what has changed around the needle in the hand in every other view, one by one."""
        for number, view in enumerate(self._slices):
            if view.isVisible() and not view.hasFocus():
                self._turns.ask(f"slice {number}", partial(self._show_now, view, hurried=True))

        if self._scene.isVisible():
            self._turns.ask("scene", self._leave_to_hand)

    def _draw_finely(self) -> None:
        """Draw what was drawn coarsely while the hand moved as it will be drawn at rest."""
        if self._state.draft is not None:
            self._turns.ask("scene", self._scene.draw_finely)
        for number, view in enumerate(self._slices):
            if view.isVisible() and view.follows_needle and self._state.draft is not None:
                self._turns.ask(f"slice {number}", partial(self._show_now, view, hurried=False))

    def _show_now(self, view: SliceView, *, hurried: bool) -> None:
        self._frame(view)
        view.set_hurried(hurried and view.follows_needle)
        view.set_needles(self._paths())
        view.repaint()  # here: else inside the painting of the view that is pulled in

    def _leave_to_hand(self) -> None:
        draft = self._state.draft
        if draft is not None:
            self._scene.hurry(self._standing_still(draft))

    def _standing_still(self, held: Candidate) -> tuple[NeedlePath, ...]:
        return tuple(path for path in self._paths() if path.key != held.candidate_id)

    def _paths(self) -> tuple[NeedlePath, ...]:
        """Return all needles, the shown one as it is now."""
        plan, images = plan_of(self._session), self._session.images
        if plan is None or images is None:
            return ()
        shown = shown_candidate(self._session, self._state)
        key = "" if shown is None else shown.candidate_id
        error_model = error_model_of(plan, self._session.anatomy)
        return tuple(
            needle_path(
                shown if shown is not None and c.candidate_id == key else c,
                plan.needle,
                selected=c.candidate_id == key,
                core_set=plan.core_set,
                error_model=error_model if c.candidate_id == key else None,
                slice_normal_lps=images.ct.slice_normal_lps,
                stress=self._stress(c, plan),
            )
            for c in plan.candidates
            if self._is_drawn(c, plan, key)
        )

    def _is_drawn(self, candidate: Candidate, plan: PlanResult, shown: str) -> bool:
        if candidate.candidate_id == shown:
            return True
        alone = self._state.set_together or bool(self._state.reviewed)
        return not alone or bool(self._stress(candidate, plan))

    def _stress(self, candidate: Candidate, plan: PlanResult) -> str:
        """Return why a trajectory is drawn otherwise than a ghost, if it is."""
        if self._state.reviewed:
            return "planned" if candidate.candidate_id in self._state.reviewed else ""
        if candidate.candidate_id == self._state.pinned:
            return "pinned"
        in_set = purpose_of(candidate, plan.core_set)
        return "set" if self._state.set_together and in_set else ""


def _same_needles(plan: PlanResult, before: PlanResult) -> bool:
    """Tell whether two plans draw the same needles."""
    return {c.candidate_id: c.trajectory for c in plan.candidates} == {
        c.candidate_id: c.trajectory for c in before.candidates
    }
