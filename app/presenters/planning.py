"""What is planned with, and planning itself in the background; ranks and draws nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.catalogue import PRESET_ERRORS
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.planning_setup import (
    Setup,
    core_request,
    counts_with,
    is_fresh,
    judged_with,
    one_entry_of,
    plan_case,
    setup_of,
)
from app.presenters.locking import why_locked
from app.presenters.numbers import sentences, spoken
from app.presenters.planning_choices import (
    AS_SCANNED,
    error_choices,
    guidance_choices,
    indication_choices,
    needle_choices,
    position_choices,
)
from app.presenters.progress import show_progress
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.planning_form import PlanningForm
from app.views.progress_strip import ProgressStrip
from app.views.values import Choice
from planning.errors import TrephineError
from planning.image import CaseImages
from planning.model.case import Case, Guidance, Indication, Position, Role
from planning.model.plan import PlanResult
from planning.model.protocol import Protocol
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

    Plan = Callable[[Case, CaseImages, Setup, Progress], tuple[Anatomy, PlanResult]]

AUTO, ONE_ENTRY, SEVERAL_ENTRIES = "auto", "one", "several"

_MOST_CORES = 6
_ENTRY_WISHES = {AUTO: None, ONE_ENTRY: True, SEVERAL_ENTRIES: False}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """A finished planning, with the case it was for."""

    case: Case
    anatomy: Anatomy
    plan: PlanResult
    seconds: float


class PlanningPresenter(QObject):
    """Fills the form, applies its choices, and plans.

    Signals
    -------
    planned : float
        Seconds the planning took.
    can_plan_changed : str
        Empty if planning can start; otherwise why not.
    """

    planned = Signal(float)
    can_plan_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        form: PlanningForm,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        plan: Plan | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._form = form
        self._message = message
        self._plan = plan
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.started.connect(self._refresh_button)
        self.job.ended.connect(self._refresh_button)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        session.case_changed.connect(self.follow_case)
        form.needle_chosen.connect(self.choose_needle)
        form.guidance_chosen.connect(self.choose_guidance)
        form.errors_chosen.connect(self.choose_errors)
        form.position_chosen.connect(self.choose_position)
        form.indication_chosen.connect(self.choose_indication)
        form.core_count_chosen.connect(self.choose_core_count)
        form.entries_chosen.connect(self.choose_entries)
        form.must_sample_ticked.connect(self.choose_must_sample)
        form.plan_requested.connect(self.start)
        self.refresh()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show what the case wants; a planning for what was before is given up."""
        if self.job.is_running and old is not None:
            self.job.cancel()
        if old is None or _chosen_in(new) != _chosen_in(old):
            self.refresh()
        else:
            self._refresh_button()

    def start(self) -> None:
        """Plan the open case in the background."""
        case, images = self._session.case, self._session.images
        if case is None or images is None or self._why_not():
            return
        self._message.clear_message()
        setup, began_s = setup_of(case), time.monotonic()
        plan = self._plan or partial(_plan, self._ready(case, images, setup))

        def work(progress: Progress) -> Planned:
            from planning.trajectories.own import with_own

            anatomy, alone = plan(case, images, setup, progress)
            result = with_own(alone, anatomy, case.own_paths) or alone
            seconds = time.monotonic() - began_s
            return Planned(case=case, anatomy=anatomy, plan=result, seconds=seconds)

        self.job.start(tr("Planning"), work)

    def _ready(self, case: Case, images: CaseImages, setup: Setup) -> Anatomy | None:
        """Return the anatomy that was derived in the background, if it is this case's own."""
        anatomy = self._session.anatomy
        # One that was widened for a path placed by hand would stand for other inputs.
        if anatomy is None or anatomy.around_lps_mm or not is_fresh(anatomy, case, images):
            return None
        if not counts_with(anatomy, setup):  # learned anew meanwhile
            return None
        return anatomy

    def cancel(self) -> None:
        """Give up planning."""
        self.job.cancel()

    def take(self, planned: Planned) -> None:
        """Make the finished plan part of the case."""
        if planned.case is not self._session.case:
            return
        self._session.set_anatomy(planned.anatomy)
        self._session.apply(tr("Plan"), replace(planned.case, plan=planned.plan))
        self.planned.emit(planned.seconds)
        news = [n.text for n in planned.plan.warnings if n.text not in planned.case.notes]
        if news:
            self._message.show_caution(sentences(news))

    def fail(self, error: TrephineError) -> None:
        """Say why nothing could be planned."""
        self._message.show_error(tr_core(str(error)))

    def choose_needle(self, key: str) -> None:
        """Plan with another needle."""
        if (case := self._session.case) is not None:
            self._change(tr("Choose needle"), replace(case, needle_key=key))

    def choose_guidance(self, key: str) -> None:
        """Plan for another guidance."""
        if (case := self._session.case) is not None:
            self._change(tr("Choose guidance"), replace(case, guidance=Guidance(key)))

    def choose_errors(self, key: str) -> None:
        """Count with the placement errors of one's own cases, or with the preset."""
        if (case := self._session.case) is not None:
            chosen = "" if key == PRESET_ERRORS else key
            self._change(tr("Choose placement errors"), replace(case, error_model=chosen))

    def choose_position(self, key: str) -> None:
        """Plan for another position of the patient."""
        position = None if key == AS_SCANNED else Position(key)
        if (case := self._session.case) is not None:
            self._change(tr("Choose position"), replace(case, patient_position=position))

    def choose_indication(self, key: str) -> None:
        """Plan for another indication."""
        if (case := self._session.case) is not None:
            self._change(tr("Choose indication"), replace(case, indication=Indication(key)))

    def choose_core_count(self, key: str) -> None:
        """Plan another number of cores."""
        if (case := self._session.case) is not None:
            count = 0 if key == AUTO else int(key)
            self._change(tr("Choose number of cores"), replace(case, core_count=count))

    def choose_entries(self, key: str) -> None:
        """Plan the cores through one entry, or through several."""
        if (case := self._session.case) is not None:
            self._change(tr("Choose entries"), replace(case, one_entry=_ENTRY_WISHES[key]))

    def choose_must_sample(self, key: str, wanted: bool) -> None:  # noqa: FBT001 (a signal's)
        """Say whether a habitat has to be sampled."""
        if (case := self._session.case) is not None:
            structures = tuple(
                replace(s, must_sample=wanted) if s.mask_id == key else s for s in case.structures
            )
            self._change(tr("Choose what to sample"), replace(case, structures=structures))

    def _change(self, text: str, wanted: Case) -> None:
        """Apply a choice; what was planned for another choice no longer holds."""
        if wanted != self._session.case:
            self._session.apply(text, replace(wanted, plan=None))

    def protocol_words(self) -> str:
        """Say which protocol the open case's plan was made with."""
        case = self._session.case
        plan = case.plan if case is not None else None
        return "" if plan is None else f"{plan.protocol_key} {plan.protocol_version}"

    def refresh(self) -> None:
        """Show what the open case wants, and whether it can be planned."""
        case = self._session.case
        if case is not None:
            self._show_choices(case)
        self._refresh_button()

    def _show_choices(self, case: Case) -> None:
        try:
            setup = judged_with(case)
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return
        self._form.set_needles(needle_choices(), setup.needle.key)
        self._form.set_guidances(guidance_choices(), setup.guidance.value)
        whose = case.error_model or PRESET_ERRORS
        self._form.set_errors(error_choices(setup.guidance, whose), whose)
        position = case.patient_position.value if case.patient_position else AS_SCANNED
        self._form.set_positions(position_choices(case), position)
        self._form.set_indications(indication_choices(), case.indication.value)
        self._show_core_choices(case, setup.protocol)

    def _show_core_choices(self, case: Case, protocol: Protocol) -> None:
        usual = protocol.cores.count
        counts = (Choice(str(n), str(n)) for n in range(1, _MOST_CORES + 1))
        self._form.set_core_counts(
            (Choice(AUTO, tr("Protocol ({count})", count=usual)), *counts),
            str(case.core_count) if case.core_count else AUTO,
        )
        usually = tr("one") if one_entry_of(case, protocol) else tr("several")
        entries = (
            Choice(AUTO, tr("Auto ({usually})", usually=usually)),
            Choice(ONE_ENTRY, tr("One entry for all")),
            Choice(SEVERAL_ENTRIES, tr("Several entries")),
        )
        chosen = next(key for key, wish in _ENTRY_WISHES.items() if wish is case.one_entry)
        self._form.set_entries(entries, chosen)
        habitats = [s for s in case.trusted if s.role is Role.HABITAT]
        self._form.set_habitats(
            tuple(Choice(s.mask_id, spoken(s.name)) for s in habitats),
            frozenset(s.mask_id for s in habitats if s.must_sample),
        )

    def _refresh_button(self) -> None:
        reason = self._why_not()
        self._form.set_plan_enabled(reason)
        self.can_plan_changed.emit(reason)

    def _why_not(self) -> str:
        if self.job.is_running:
            return tr("Planning is under way.")
        return can_plan(self._session.case)


def _chosen_in(case: Case) -> tuple[object, ...]:
    """Return what the form shows of a case."""
    wanted = (case.protocol_key, case.needle_key, case.guidance, case.indication)
    return (
        *wanted,
        case.error_model,
        case.patient_position,
        case.ct_position,
        case.core_count,
        case.one_entry,
        case.structures,
    )


def can_plan(case: Case | None) -> str:
    """Return an empty string if a case can be planned, otherwise why not and what to do."""
    if case is None:
        return tr("Open a case first.")
    if locked := why_locked(case):
        return locked
    wanted = (Role.TUMOUR, Role.VIABLE)
    if not any(s.role in wanted for s in case.trusted):
        excluded = next((s for s in case.distrusted if s.role in wanted), None)
        if excluded is not None:
            return tr(
                "The only tumour mask, {name}, is not used ({reason}): use it again, or draw one.",
                name=spoken(excluded.name),
                reason=tr_core(excluded.excluded_because),
            )
        return tr(
            "The case has no tumour mask; draw one, add it to the case, or place a needle by "
            "hand (E, T)."
        )
    try:
        setup_of(case)
    except TrephineError as error:
        return tr_core(str(error))
    return ""


def _plan(
    ready: Anatomy | None, case: Case, images: CaseImages, setup: Setup, progress: Progress
) -> tuple[Anatomy, PlanResult]:
    cores = core_request(case, setup)
    return plan_case(case, images, setup, cores=cores, anatomy=ready, progress=progress)
