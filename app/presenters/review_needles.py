"""Has needles found and refined, and cores measured, as somebody answers for them; no sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.progress import show_progress
from app.presenters.review_answers import (
    Partial,
    all_answers,
    needle_of,
    said_of,
    still_open,
    whole,
)
from app.presenters.review_context import ReviewContext
from app.presenters.review_needles_words import NeedlesStanding, needle_name, needles_text
from app.presenters.review_work import WORK, Measurement, ReviewWork
from app.presenters.scan_fit_work import Registered
from app.presenters.shown import title_of
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from app.views.needles_panel import NeedlesPanel
from planning.errors import TrephineError
from planning.geometry import Vec3
from planning.model.case_review import Answer, CaseReview
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.model.review_life import (
    cores_of,
    with_found,
    with_needle,
    with_review,
    without_needle,
)
from planning.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Needles that were looked for in a scan as it was registered then."""

    registered: Registered
    needles: tuple[ExecutedNeedle, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Refined:
    """The needle that two points meant."""

    registered: Registered
    needle: ExecutedNeedle


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """A review that was measured; `before` is what it was made from, `step` what was said."""

    before: CaseReview
    after: CaseReview
    step: str


class ReviewNeedlesPresenter(QObject):
    """Needles of the control CT at hand, and which of them took which core.

    Signals
    -------
    marking_changed : bool
        Whether two points are to be marked in the slices.
    said : NeedlesText
        What the panel says now.
    """

    marking_changed = Signal(bool)
    said = Signal(object)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        context: ReviewContext,
        panel: NeedlesPanel,
        message: MessageStrip,
        *,
        work: ReviewWork = WORK,
        cannot_store: Callable[[], str] = lambda: "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._state, self._context = session, view_state, context
        self._panel, self._message = panel, message
        self._work, self._cannot_store = work, cannot_store
        self._partial: dict[str, Partial] = {}
        self._known: CaseReview | None = None
        self._looked_in: set[str] = set()
        self._is_marking = False
        self.job = LatestJob(self)
        show_progress(self.job, panel.progress)
        self.job.started.connect(self.refresh)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        self.job.ended.connect(self.end)
        session.opened.connect(self.start_anew)
        context.changed.connect(self.follow)
        panel.find_requested.connect(self.find)
        panel.mark_toggled.connect(self.set_marking)
        panel.needle_visited.connect(self.visit)
        panel.needle_removed.connect(self.remove)
        panel.core_selected.connect(view_state.select)
        panel.needle_chosen.connect(self.choose_needle)
        panel.state_chosen.connect(self.choose_state)
        self.refresh()

    @property
    def standing(self) -> NeedlesStanding:
        """How far the work has come."""
        context, plan = self._context, self._context.plan
        made = context.review
        return NeedlesStanding(
            review=made,
            cores=context.cores,
            core_set=None if plan is None else plan.core_set,
            selected=self._state.selected,
            partial=self._partial,
            suggestions={} if made is None else self._suggested(made, plan),
            held_up=self.held_up(),
            is_working=self.job.is_running,
            is_marking=self._is_marking,
            cannot_store=self._cannot_store(),
        )

    def held_up(self) -> str:
        """Return why nothing can be done with needles; empty where it can."""
        context = self._context
        if context.review is None:
            return tr("Accept the registration of a control CT first.")
        if context.control is None:
            return tr("Read the control CT first.")
        if not context.is_accepted:
            return tr("The registration was changed. Accept it first.")
        return ""

    def start_anew(self) -> None:
        """Forget what was said of another case."""
        self.job.cancel()
        self._partial, self._looked_in = {}, set()
        self.set_marking(on=False)
        self.refresh()

    def follow(self) -> None:
        """Look for needles in a control CT that was just accepted; measure what moved."""
        made = self._context.review
        if made is not self._known:
            self._known = made
            self._partial = still_open(made, self._partial)
        if self.held_up() and self._is_marking:
            self.set_marking(on=False)
        self.refresh()
        if made is None or self.held_up() or self.job.is_running:
            return
        if any(n.executed is not None and n.error is None for n in made.review.needles):
            self._measure(made.answers, "")
        elif not made.found and made.values_sha256 not in self._looked_in:
            self.find()

    def find(self) -> None:
        """Look for needles around the planned ones, then everywhere."""
        registered, made, find = self._context.registered, self._context.review, self._work.find
        if registered is None or made is None or self.held_up():
            return
        self._looked_in.add(made.values_sha256)
        paths = self._paths()
        self.job.start(
            tr("Looking for needles"),
            lambda progress: _Found(registered, find(registered, paths, progress)),
        )

    def set_marking(self, on: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Let two points be marked in the slices, or no longer."""
        wanted = on and not self.held_up()
        if wanted is not self._is_marking:
            self._is_marking = wanted
            self.marking_changed.emit(wanted)
        self.refresh()

    def mark(self, hub_side_lps_mm: Vec3, tip_lps_mm: Vec3) -> None:
        """Refine the needle that two points mean."""
        registered, refine = self._context.registered, self._work.refine
        self.set_marking(on=False)
        if registered is None or self.held_up():
            return

        def work(progress: Progress) -> _Refined:
            needle = refine(registered, hub_side_lps_mm, tip_lps_mm, progress)
            return _Refined(registered, needle)

        self.job.start(tr("Refining the needle"), work)

    def visit(self, key: str) -> None:
        """Take every view to the tip of a needle."""
        needle, images = needle_of(self._context.review, _number(key)), self._session.images
        if needle is not None and images is not None:
            if bool(images.ct.grid.contains(needle.tip_lps_mm)):
                self._state.set_crosshair(needle.tip_lps_mm)
            else:
                self._message.show_caution(tr("The tip lies outside the planning CT."))

    def remove(self, key: str) -> None:
        """Strike out what is no needle."""
        made, needle = self._context.review, needle_of(self._context.review, _number(key))
        if made is not None and needle is not None and not self.held_up():
            name = needle_name(made, needle)
            self._context.apply(tr("Strike out {name}", name=name), without_needle(made, needle))

    def choose_needle(self, core: str, key: str) -> None:
        """Say which needle took a core."""
        said = self._said(core)
        state = None if said.state is NeedleState.REMOVED else said.state
        self._say(core, Partial(_number(key), state))

    def choose_state(self, core: str, key: str) -> None:
        """Say what the control CT shows of a core's needle."""
        self._say(core, replace(self._said(core), state=NeedleState(key)))

    def take(self, result: object) -> None:
        """Go on with what the background brought, if it still speaks of what is at hand."""
        made, registered = self._context.review, self._context.registered
        if made is None:
            return
        if isinstance(result, _Found) and result.registered is registered:
            self._take_found(made, result.needles)
        elif isinstance(result, _Refined) and result.registered is registered:
            if self._context.apply(tr("Mark a needle"), with_needle(made, result.needle)):
                self.visit(str(len(made.found) + 1))
        elif isinstance(result, _Measured) and result.before is made:
            self._take_measured(result)

    def fail(self, error: TrephineError) -> None:
        """Say what went wrong; what was said of cores is asked again."""
        self._message.show_error(tr_core(str(error)))
        self.refresh()

    def end(self) -> None:
        """Ask again for what was not measured in the end."""
        self._partial = still_open(self._context.review, self._partial)
        self.refresh()

    def refresh(self) -> None:
        """Say how far the work is."""
        text = needles_text(self.standing)
        self._panel.set_text(text)
        self.said.emit(text)

    def _take_found(self, made: CaseReview, needles: tuple[ExecutedNeedle, ...]) -> None:
        after = with_found(made, needles)
        self._context.apply(tr("Find needles"), after)
        keys = [core.candidate_id for core in self._context.cores]
        if keys and self._state.selected not in keys:
            self._state.select(keys[0])
        self.visit("1")
        if not after.found:
            self._message.show_caution(
                tr(
                    "No needle was found in the control CT. Check the registration and that this "
                    "is the scan with the needle; or mark its hub side and tip yourself."
                )
            )

    def _take_measured(self, result: _Measured) -> None:
        if result.step:
            self._context.apply(result.step, result.after)
        elif self._session.case is not None:
            self._session.amend(with_review(self._session.case, result.after))

    def _say(self, core: str, said: Partial) -> None:
        made = self._context.review
        if made is not None and not self.held_up():
            self._partial[core] = said
            if whole(said, made) is not None:
                answers = all_answers(made, self._partial)
                self._measure(answers, tr("Review {core}", core=self._title(core)))
        self.refresh()

    def _measure(self, answers: dict[str, Answer], step: str) -> None:
        made, registered, plan = self._context.review, self._context.registered, self._context.plan
        if made is None or registered is None or plan is None:
            return
        measure, case = self._work.measure, self._session.case
        assert case is not None, "a review belongs to a case"
        what = Measurement(
            registered=replace(registered, pair=replace(registered.pair, case=case)),
            made=made,
            answers=answers,
            plan=plan,
            plan_sha256=self._context.plan_sha256(plan),
            cores=cores_of(plan),
            anatomy=self._session.anatomy,
        )
        self.job.start(
            tr("Measuring what the needles did"),
            lambda progress: _Measured(made, measure(what, progress), step),
        )

    def _said(self, core: str) -> Partial:
        made = self._context.review
        if made is None:
            return Partial()
        return said_of(core, self._partial, made, self.standing.suggestions)

    def _suggested(self, made: CaseReview, plan: PlanResult | None) -> dict[str, ExecutedNeedle]:
        """Return the needle nearest to each core that nobody answered for."""
        cores = tuple(c for c in self._context.cores if c.candidate_id not in made.answers)
        if plan is None or not cores or not made.found:
            return {}
        from planning.execution.case_reviews import suggested

        return suggested(made, cores, catalogue.protocol(plan.protocol_key).review)

    def _paths(self) -> tuple[Trajectory, ...]:
        return tuple(core.trajectory for core in self._context.cores)

    def _title(self, core: str) -> str:
        plan = self._context.plan
        candidate = cores_of(plan).get(core)
        return core if candidate is None or plan is None else title_of(candidate, plan.core_set)


def _number(key: str) -> int:
    return int(key) if key.isdigit() else 0
