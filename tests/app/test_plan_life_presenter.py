"""The hand-over step without windows: what it asks, what approving does, what is said."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from app.presenters.plan_life import PlanLifePresenter, why_not_undoable
from app.presenters.planning import can_plan
from app.session import Session
from app.view_state import ViewState
from app.views.approval_panel import ApprovalPanel
from app.views.approval_values import ApprovalText
from app.views.message_strip import MessageStrip
from app.views.remarks_panel import RemarksPanel
from planning.image import CaseImages
from planning.model.case import Case, Position
from planning.model.plan import PlanResult
from planning.records.approval_file import plan_sha256


class Room:
    """A session with a plan, and mocked views."""

    def __init__(self, case: Case, images: CaseImages) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel, self.remarks = Mock(spec=ApprovalPanel), Mock(spec=RemarksPanel)
        self.message = Mock(spec=MessageStrip)
        self.presenter = PlanLifePresenter(
            self.session,
            self.state,
            self.panel,
            self.remarks,
            self.message,
            now=lambda: "2026-11-26T10:12:00+01:00",
        )
        self.session.open(case, images)
        self.state.select("T1")
        self.presenter.show(shown=True)

    @property
    def text(self) -> ApprovalText:
        return self.panel.set_text.call_args.args[0]

    def approve(self, **answers: str) -> None:
        given = {row.key: "AW" for row in self.text.checks} | answers
        self.presenter.approve("A. Weber", "note", given)


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages, plan: PlanResult) -> Room:
    return Room(replace(case, plan=plan), images)


def test_the_list_is_worked_out_only_while_it_is_seen(room: Room) -> None:
    keys = [row.key for row in room.text.checks]
    assert keys == ["side_and_site", "not_checked", "surgeon", "bleeding", "position"]
    assert room.text.state == "Draft 1"
    room.presenter.show(shown=False)
    assert room.text.checks == ()


def test_approving_seals_the_case_and_says_so(room: Room) -> None:
    room.session.apply("Write", replace(room.session.case, remarks="x"))
    plan = room.session.case.plan
    room.approve(position="the lesion is fixed to bone")
    approval = room.session.case.approval
    assert approval.plan_sha256 == plan_sha256(plan)
    assert approval.position_reason == "the lesion is fixed to bone"
    assert approval.candidate_ids == ("T1",)
    assert room.text.state == "Approved by A. Weber, 2026-11-26 10:12"
    assert "Trajectory 1: STOP at" in "\n".join(room.text.lines)
    assert not room.session.undo_stack.canUndo()
    reason = why_not_undoable(room.session.case, can_undo=False)
    assert "What came before the approval stays" in reason
    assert "Ctrl+Shift+N" in can_plan(room.session.case)


def test_an_open_question_is_an_error_and_changes_nothing(room: Room) -> None:
    room.approve(position="")
    assert room.session.case.approval is None
    assert "Scanned supine, biopsy prone" in room.message.show_error.call_args.args[0]


def test_another_plan_or_trajectory_has_to_be_checked_anew(room: Room) -> None:
    token = room.text.token
    room.session.apply("Write", replace(room.session.case, remarks="x"))
    assert room.text.token == token
    room.state.select("T2")
    assert room.text.token != token
    token = room.text.token
    case = room.session.case
    room.session.apply("Plan", replace(case, plan=replace(case.plan, evaluated=7)))
    assert room.text.token != token


def test_a_plan_for_another_choice_cannot_be_approved(room: Room) -> None:
    case = room.session.case
    room.session.apply("Lie", replace(case, patient_position=Position.LEFT_DECUBITUS))
    assert "another position" in room.text.why_not
    assert room.text.checks == ()
    room.session.apply("Choose", replace(case, plan=None))
    assert room.text.state == "Draft 1, not planned"


def test_a_refused_change_reaches_the_strip(room: Room) -> None:
    room.approve()
    room.session.apply("Choose needle", replace(room.session.case, needle_key="x", plan=None))
    assert "cannot change" in room.message.show_caution.call_args.args[0]


def test_a_new_draft_lists_the_approved_plan(room: Room) -> None:
    reasons = []
    room.presenter.can_fork_changed.connect(reasons.append)
    room.presenter.fork()  # a draft has nothing to fork
    assert room.session.case.plan_number == 1
    room.approve()
    assert reasons[-1] == ""
    room.presenter.fork()
    assert room.message.show_note.call_args.args == (
        "Draft 2 can be changed. Plan 1 is kept as superseded.",
    )
    assert room.text.state == "Draft 2"
    assert [row.title for row in room.text.past] == ["Plan 1, 2026-11-26 10:12"]
    assert room.text.past[0].lines[0] == "Approved by A. Weber"
    assert "Note: note" in room.text.past[0].lines
    assert room.session.undo_stack.undoText() == "Start draft 2"


def test_typing_notes_is_one_step(room: Room) -> None:
    for text in ("a", "ab", "abc"):
        room.presenter.write_remarks(text)
    assert room.session.case.remarks == "abc"
    room.session.undo_stack.undo()
    assert room.session.case.remarks == ""
    assert room.remarks.set_remarks.call_args.args == ("",)
