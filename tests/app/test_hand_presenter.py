"""Ends are placed, pulled and nudged as single named steps, and only what is unlocked moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.jobs import LatestJob
from app.presenters.hand import HandPresenter
from app.presenters.understanding import UnderstandingPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.handles import End
from app.views.message_strip import MessageStrip
from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.model.approval import Approval
from planning.model.plan import PlanResult
from planning.trajectories.planner import plan as plan_anatomy
from tests import phantoms

SKIN_Y = phantoms.HALF_DEPTH_MM
VOXEL_MM = 1.5


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(VOXEL_MM)


@pytest.fixture(scope="module")
def anatomy(torso: phantoms.Phantom) -> Anatomy:
    return torso.understood()


@pytest.fixture(scope="module")
def planned(anatomy: Anatomy) -> PlanResult:
    return plan_anatomy(anatomy, top=2)


class Room:
    """A session of the torso that is understood, and a hand without windows."""

    def __init__(self, torso: phantoms.Phantom, anatomy: Anatomy) -> None:
        self.session, self.state = Session(), ViewState()
        self.message = Mock(spec=MessageStrip)
        self.planning = LatestJob()
        self.understanding = UnderstandingPresenter(
            self.session, self.planning, understand=Mock(side_effect=AssertionError)
        )
        self.hand = HandPresenter(self.session, self.state, self.understanding, self.message)
        self.handles: list[object] = []
        self.hand.handles_changed.connect(self.handles.append)
        self.session.open(torso.case, torso.images)
        self.session.set_anatomy(anatomy)
        self.state.set_crosshair((4.0, -14.0, 2.0))

    def own(self, number: int = 0):
        return self.session.case.own_paths[number]

    def steps(self) -> list[str]:
        stack = self.session.undo_stack
        return [stack.text(n) for n in range(stack.count())]


@pytest.fixture
def room(qapp: object, torso: phantoms.Phantom, anatomy: Anatomy) -> Iterator[Room]:
    made = Room(torso, anatomy)
    yield made
    made.session.undo_stack.clear()  # a stack that still holds steps speaks while it dies


def test_a_tip_alone_becomes_a_measured_candidate(room: Room) -> None:
    room.hand.place_tip()
    assert room.steps() == ["Place tip of M1"]
    assert room.own().trajectory.tip_lps_mm == (4.0, -14.0, 2.0)
    (candidate,) = room.session.case.plan.candidates
    assert (candidate.candidate_id, room.state.selected) == ("M1", "M1")
    assert candidate.violations == ()
    assert room.state.crosshair_lps_mm == (4.0, -14.0, 2.0)
    room.session.undo_stack.undo()
    assert room.session.case.plan is None


def test_an_entry_then_a_tip_are_one_path_in_two_steps(room: Room) -> None:
    room.state.set_crosshair((14.0, 50.0, 8.0))
    room.hand.place_entry()
    entry = room.own().trajectory.entry_lps_mm
    assert entry[1] == pytest.approx(SKIN_Y, abs=VOXEL_MM / 2)
    room.hand.place_tip((6.0, -12.0, 2.0))
    assert room.steps() == ["Place entry of M1", "Place tip of M1"]
    assert room.own().trajectory.entry_lps_mm == entry
    assert room.own().trajectory.tip_lps_mm == (6.0, -12.0, 2.0)


def test_a_planned_trajectory_is_copied_and_never_changes(room: Room, planned: PlanResult) -> None:
    room.session.apply("Plan", replace(room.session.case, plan=planned))
    room.state.select("T1")
    room.hand.place_tip((5.0, -12.0, 3.0))
    assert room.session.case.plan.candidates[: len(planned.candidates)] == planned.candidates
    assert room.own().trajectory.entry_lps_mm == planned.candidates[0].trajectory.entry_lps_mm
    room.state.select("T2" if len(planned.candidates) > 1 else "T1")
    room.hand.set_editing(on=True)
    assert [path.path_id for path in room.session.case.own_paths] == ["M1", "M2"]
    assert room.steps()[-1].startswith("Copy trajectory")
    assert room.state.selected == "M2"


def test_nothing_moves_unless_it_is_unlocked(room: Room) -> None:
    room.hand.place_tip()
    before = room.session.case
    room.hand.grasp(End.TIP)
    room.hand.pull((0.0, 0.0, 0.0))
    room.hand.nudge((1.0, 0.0, 0.0))
    room.hand.deepen(1.0)
    room.hand.let_go()
    assert room.session.case is before
    assert room.state.draft is None
    assert room.handles[-1] is None
    room.hand.set_editing(on=True)
    assert room.handles[-1].tip_lps_mm == room.own().trajectory.tip_lps_mm
    room.state.select("")
    assert room.handles[-1] is None
    assert not room.hand.is_editing


def test_a_pull_shows_numbers_and_ends_as_one_step(room: Room) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    before = room.own().trajectory
    drafts: list[object] = []
    room.state.draft_changed.connect(drafts.append)
    room.hand.grasp(End.ENTRY)
    for x in (6.0, 8.0, 10.0):
        room.hand.pull((x, SKIN_Y + 8.0, 2.0))
    assert len(drafts) == 3
    assert drafts[-1].candidate_id == "M1"
    assert drafts[-1].criteria["insertion_depth_mm"] > 50.0
    assert room.own().trajectory == before, "nothing has changed while it is in the hand"
    room.hand.let_go()
    moved = room.own().trajectory
    assert moved.tip_lps_mm == before.tip_lps_mm
    assert moved.entry_lps_mm[1] == pytest.approx(SKIN_Y, abs=VOXEL_MM / 2)
    assert room.steps() == ["Place tip of M1", "Move entry of M1"]
    assert room.state.draft is None
    assert room.session.case.plan.candidates[0].trajectory == moved
    room.session.undo_stack.undo()
    assert room.own().trajectory == before


def test_alt_leaves_the_skin_and_the_candidate_says_so(room: Room) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    room.hand.grasp(End.ENTRY)
    room.hand.pull((4.0, SKIN_Y - 12.0, 2.0), free=True)
    room.hand.let_go()
    assert room.own().trajectory.entry_lps_mm == (4.0, SKIN_Y - 12.0, 2.0)
    assert "entry_off_skin" in room.session.case.plan.candidates[0].violations


def test_an_abandoned_pull_leaves_no_trace(room: Room) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    before = room.session.case
    room.hand.grasp(End.TIP)
    room.hand.pull((10.0, 0.0, 0.0))
    room.hand.abandon()
    room.hand.let_go()
    assert room.session.case is before
    assert room.state.draft is None
    assert room.steps() == ["Place tip of M1"]
    assert room.hand.is_editing


def test_nudges_in_a_row_are_one_step(room: Room, qtbot: QtBot) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    tip = np.array(room.own().trajectory.tip_lps_mm)
    for _ in range(3):
        room.hand.nudge((0.0, 0.0, 1.0))
    qtbot.waitUntil(lambda: len(room.steps()) == 2, timeout=3000)
    room.hand.nudge((0.0, 0.0, 0.2))
    room.hand.let_go()
    assert room.own().trajectory.tip_lps_mm == pytest.approx(np.add(tip, (0.0, 0.0, 3.2)))
    assert room.steps() == ["Place tip of M1", "Move tip of M1"]
    room.session.undo_stack.undo()
    assert room.own().trajectory.tip_lps_mm == pytest.approx(tuple(tip))


def test_depth_goes_along_the_needle(room: Room) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    before = room.own().trajectory
    room.hand.deepen(5.0)
    room.hand.let_go()
    after = room.own().trajectory
    assert after.insertion_depth_mm == pytest.approx(before.insertion_depth_mm + 5.0)
    assert after.direction_lps == pytest.approx(before.direction_lps)
    room.hand.set_depth(40.0)
    assert room.own().trajectory.insertion_depth_mm == pytest.approx(40.0)
    assert room.steps()[-1] == "Set depth of M1"


def test_a_nudged_entry_stays_on_the_skin(room: Room) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    room.hand.choose_end(End.ENTRY)
    for _ in range(8):
        room.hand.nudge((1.0, 3.0, 0.0))
    room.hand.let_go()
    assert room.own().trajectory.entry_lps_mm[1] == pytest.approx(SKIN_Y, abs=VOXEL_MM / 2)


def test_a_deleted_path_comes_back_and_its_number_is_not_used_again(room: Room) -> None:
    room.hand.place_tip()
    room.hand.delete()
    assert room.session.case.own_paths == ()
    assert room.session.case.plan is None
    assert room.steps()[-1] == "Delete M1"
    room.state.select("")
    room.hand.place_tip()
    assert [path.path_id for path in room.session.case.own_paths] == ["M2"]
    room.session.undo_stack.undo()
    room.session.undo_stack.undo()
    assert [path.path_id for path in room.session.case.own_paths] == ["M1"]
    assert room.hand.why_not_delete() != "" or room.state.selected == "M1"


def test_a_tip_outside_the_ct_is_refused(room: Room) -> None:
    room.hand.place_tip()
    before = room.session.case
    room.hand.place_tip((500.0, 0.0, 0.0))
    assert room.session.case is before
    assert "no room" in room.message.show_caution.call_args.args[0]
    room.hand.set_editing(on=True)
    room.hand.grasp(End.TIP)
    room.hand.pull((500.0, 0.0, 0.0))
    room.hand.let_go()
    assert room.session.case is before


def test_what_may_not_be_changed_stays_and_the_reason_is_shown(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    before = room.session.case

    def refuse(*_: object) -> None:
        raise InputError("The plan is approved; fork it to change it.")

    monkeypatch.setattr(room.session, "apply", refuse)
    room.hand.grasp(End.TIP)
    room.hand.pull((4.0, -12.0, 4.0))
    room.hand.let_go()
    assert room.session.case is before
    assert room.state.draft is None
    assert "approved" in room.message.show_error.call_args.args[0]


def test_before_the_anatomy_is_there_placing_says_why_not(room: Room) -> None:
    room.session.set_anatomy(None)
    room.hand.place_tip()
    assert room.session.case.own_paths == ()
    assert room.message.show_caution.call_args.args[0] == room.hand.why_not_place()
    room.planning.start("Planning", lambda _: None)
    assert "Planning is under way" in room.hand.why_not_place()
    assert room.planning.shut_down()


def test_a_refused_needle_leaves_the_selection_alone(room: Room, planned: PlanResult) -> None:
    approval = Approval(
        approved_by="AW",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="",
        candidate_ids=("T1",),
    )
    room.session.apply("Plan", replace(room.session.case, plan=planned))
    room.session.seal(replace(room.session.case, approval=approval))
    room.state.select("T1")
    room.hand.place_entry()
    assert room.session.case.own_paths == ()
    assert room.state.selected == "T1"
    said = room.message.show_caution.call_args.args[0]
    assert "approved by AW" in said, "approving does not change what was understood"


def test_an_approved_plan_takes_the_ends_out_of_the_hand(room: Room, planned: PlanResult) -> None:
    room.session.apply("Plan", replace(room.session.case, plan=planned))
    room.hand.place_tip()
    room.hand.set_editing(on=True)
    assert room.handles[-1] is not None
    approval = Approval(
        approved_by="AW",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="",
        candidate_ids=("M1",),
    )
    room.session.seal(replace(room.session.case, approval=approval))
    assert not room.hand.is_editing
    assert room.handles[-1] is None
    assert "approved by AW" in room.hand.why_not_place()
    assert "approved by AW" in room.hand.why_not_delete()


def test_a_limit_that_a_placed_needle_breaks_is_said_at_once(room: Room) -> None:
    said: list[tuple[str, str]] = []
    room.hand.said.connect(lambda text, tone: said.append((text, tone)))
    room.hand.place_tip((4.0, -14.0, 2.0))
    good = room.session.case.plan.candidates[0].violations
    assert said[-1] == ("", "secondary") if not good else "breaks a limit" in said[-1][0]
    room.hand.place_tip((30.0, 0.0, 2.0))  # beside the lesion: nothing is sampled
    assert room.session.case.plan.candidates[0].violations
    text, tone = said[-1]
    assert text.startswith("M1 breaks a limit: ")
    assert "too short inside the lesion" in text
    assert tone == "danger"
