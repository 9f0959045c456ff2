"""Approving a plan, the next draft, and notes; writes no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.core_language import tr_core
from app.language import tr
from app.presenters.broken_limits import broken_texts
from app.presenters.locking import why_locked
from app.presenters.numbers import not_checked_rows
from app.presenters.shown import title_of
from app.session import Session
from app.view_state import ViewState
from app.views.approval_panel import ApprovalPanel
from app.views.approval_values import ApprovalText, CheckRow, PastRow
from app.views.message_strip import MessageStrip
from app.views.remarks_panel import RemarksPanel
from planning.anatomy.lesion_side import site_words
from planning.clock import clock_problem
from planning.errors import TrephineError
from planning.model.approval import Approval
from planning.model.case import Case, PastPlan
from planning.model.plan import Candidate, PlanResult
from planning.model.plan_life import (
    LIMITS,
    NOT_CHECKED,
    CheckItem,
    approval_of,
    approved,
    approved_ids,
    checklist,
    forked,
    why_not_approvable,
)

Now = Callable[[], str]


class PlanLifePresenter(QObject):
    """Keeps the panel true to the case, and changes the state of its plan on request.

    Signals
    -------
    approved_by : str
        A plan was approved, and by whom.
    can_fork_changed : str
        Empty if the plan is approved and a new draft can be started; otherwise why not.
    """

    approved_by = Signal(str)
    can_fork_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: ApprovalPanel,
        remarks: RemarksPanel,
        message: MessageStrip,
        *,
        now: Now | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._panel = panel
        self._remarks = remarks
        self._message = message
        self._now = now or local_time
        self._is_shown = False
        self._site: tuple[object, str] = (None, "")
        self._checked: tuple[object, ...] = ()
        self._token = 0
        session.case_changed.connect(self.refresh)
        session.refused.connect(lambda why: message.show_caution(tr_core(why)))
        view_state.selection_changed.connect(self.refresh)
        panel.approve_requested.connect(self.approve)
        panel.fork_requested.connect(self.fork)
        remarks.changed.connect(self.write_remarks)
        self.refresh()

    def show(self, *, shown: bool) -> None:
        """Say whether the panel is seen: what takes time is worked out only then."""
        self._is_shown = shown
        self.refresh()

    def approve(self, who: str, note: str, answers: Mapping[str, str]) -> None:
        """Approve the selected trajectory of the plan; there is no way back but a new draft."""
        from planning.records.approval_file import plan_sha256

        case, candidate = self._session.case, self._selected()
        if case is None or case.plan is None or candidate is None:
            return
        try:
            approval = approval_of(
                case,
                candidate,
                self._items(case, candidate),
                answers,
                approved_by=who,
                at=self._now(),
                plan_sha256=plan_sha256(case.plan),
                note=note,
            )
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return
        self._session.seal(approved(case, approval))
        self.approved_by.emit(approval.approved_by)
        self._message.show_note(
            tr("Plan {number} is approved and cannot change any more.", number=case.plan_number)
        )
        earlier = (past.approval.at for past in case.past_plans)
        if problem := clock_problem(datetime.fromisoformat(approval.at), earlier):
            self._message.show_caution(tr_core(problem))

    def fork(self) -> None:
        """Start the next draft from the approved plan, which is kept as superseded."""
        case = self._session.case
        if case is not None and case.approval is not None:
            parts = {"number": case.plan_number + 1, "old": case.plan_number}
            if self._session.apply(tr("Start draft {number}", **parts), forked(case)):
                self._message.show_note(
                    tr("Draft {number} can be changed. Plan {old} is kept as superseded.", **parts)
                )

    def write_remarks(self, text: str) -> None:
        """Change the notes about the case; typing is one step."""
        case = self._session.case
        if case is not None and text != case.remarks:
            self._session.apply(tr("Write notes"), replace(case, remarks=text), merge_key="remarks")

    def refresh(self) -> None:
        """Show the state of the open case's plan."""
        case = self._session.case
        self.can_fork_changed.emit(why_not_forkable(case))
        if case is None:
            return
        self._remarks.set_remarks(case.remarks)
        candidate = self._selected()
        if (case.plan, candidate) != self._checked:
            self._checked = (case.plan, candidate)
            self._token += 1
        why_not = tr_core(why_not_approvable(case, candidate))
        checks: tuple[CheckRow, ...] = ()
        if self._is_shown and not why_not and candidate is not None:
            items = self._items(case, candidate)
            checks = tuple(
                CheckRow(
                    key=i.key,
                    text=tr_core(i.text),
                    detail=tuple(map(tr_core, i.detail)),
                    is_text=i.is_text,
                    suggested=i.suggested,
                )
                for i in items
            )
        self._panel.set_text(
            ApprovalText(
                state=state_words(case),
                is_approved=case.approval is not None,
                lines=approved_lines(case.plan, case.approval),
                checks=checks,
                why_not=why_not,
                what=self._what(case, candidate),
                past=tuple(past_row(past) for past in reversed(case.past_plans)),
                token=self._token,
            )
        )

    def _what(self, case: Case, candidate: Candidate | None) -> str:
        """Name what would be approved."""
        if candidate is None or case.plan is None:
            return ""
        if len(approved_ids(case.plan, candidate)) > 1:
            return tr("all cores of the set")
        return title_of(candidate, case.plan.core_set)

    def _selected(self) -> Candidate | None:
        case = self._session.case
        plan = case.plan if case is not None else None
        found = () if plan is None else plan.candidates
        return next((c for c in found if c.candidate_id == self._state.selected), None)

    def _items(self, case: Case, candidate: Candidate) -> tuple[CheckItem, ...]:
        """Return what has to be confirmed, as approvals keep it: in English."""
        items = checklist(case, candidate, self._site_words(case))
        if case.plan is None:
            return items
        details = {
            NOT_CHECKED: tuple(map(str, not_checked_rows(case.plan, str))),
            LIMITS: broken_texts(candidate, catalogue.protocol(case.plan.protocol_key)),
        }
        return tuple(replace(i, detail=details.get(i.key, i.detail)) for i in items)

    def _site_words(self, case: Case) -> str:
        images = self._session.images
        if images is None:
            return case.site
        seen = (case.structures, case.site, case.lesion)
        if self._site[0] != seen:
            self._site = (seen, site_words(case, images.masks))
        return self._site[1]


def local_time() -> str:
    """Return date and time with the offset from UTC, ISO 8601."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def state_words(case: Case) -> str:
    """Say in a few words how far the plan is."""
    if case.approval is not None:
        return tr(
            "Approved by {who}, {when}", who=case.approval.approved_by, when=case.approval.when
        )
    draft = tr("Draft {number}", number=case.plan_number)
    if case.plan is None:
        return tr("{draft}, not planned", draft=draft)
    if not case.plan.candidates:
        return tr("{draft}, no safe trajectory", draft=draft)
    return draft if case.plan.evaluated else tr("{draft}, only by hand", draft=draft)


def why_not_forkable(case: Case | None) -> str:
    """Return an empty string if a new draft can be started, otherwise why not."""
    if case is None:
        return tr("Open a case first.")
    return (
        "" if case.approval is not None else tr("The plan is a draft and can be changed as it is.")
    )


def why_not_undoable(case: Case | None, *, can_undo: bool) -> str:
    """Return an empty string if a step can be undone, otherwise why not."""
    if can_undo:
        return ""
    if case is not None and case.approval is not None:
        return tr("What came before the approval stays. {locked}", locked=why_locked(case))
    return tr("There is nothing to undo.")


def approved_lines(plan: PlanResult | None, approval: Approval | None) -> tuple[str, ...]:
    """Return what was approved of a plan, and how, line by line."""
    if plan is None or approval is None:
        return ()
    found = {c.candidate_id: c for c in plan.candidates}
    chosen = [found[key] for key in approval.candidate_ids if key in found]
    lines = [tr("Needle: {needle}", needle=tr_core(plan.needle.name))]
    lines += [_path_line(c, title_of(c, plan.core_set)) for c in chosen]
    lines += [f"{tr_core(c.text.split(' | ')[0])}: {c.answer}" for c in approval.checklist]
    if approval.note:
        lines.append(tr("Note: {note}", note=approval.note))
    return tuple(lines)


def past_row(past: PastPlan) -> PastRow:
    """Return a superseded plan as the panel lists it."""
    approval = past.approval
    title = tr("Plan {number}, {when}", number=past.number, when=approval.when)
    by = tr("Approved by {who}", who=approval.approved_by)
    return PastRow(
        number=past.number, title=title, lines=(by, *approved_lines(past.plan, past.approval))
    )


def _path_line(candidate: Candidate, name: str) -> str:
    stop_mm = candidate.criteria.get("stop_depth_mm")
    entry = ", ".join(f"{x:.1f}" for x in candidate.trajectory.entry_lps_mm)
    tip = ", ".join(f"{x:.1f}" for x in candidate.trajectory.tip_lps_mm)
    depth = "" if stop_mm is None else tr("STOP at {depth:.0f} mm", depth=stop_mm)
    return tr(
        "{name}: {depth}, entry LPS {entry}, tip LPS {tip}",
        name=name,
        depth=depth,
        entry=entry,
        tip=tip,
    )
