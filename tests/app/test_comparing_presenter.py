"""Two trajectories side by side: their numbers, which is better, and who is pinned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app.presenters.comparing import ComparingPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.choosing_values import ComparedRow
from app.views.compare_panel import ComparePanel
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult

NUMBERS = {
    "T1": {"stop_depth_mm": 60.0, "insertion_depth_mm": 75.4, "nerve_clearance_mm": 9.3},
    "T2": {"stop_depth_mm": 52.0, "insertion_depth_mm": 67.0, "nerve_clearance_mm": 9.34},
}


class Room:
    """A session with a mocked panel."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel = Mock(spec=ComparePanel)
        self.presenter = ComparingPresenter(self.session, self.state, self.panel)

    def rows(self) -> dict[str, ComparedRow]:
        shown = self.panel.set_comparison.call_args.args[0]
        return {row.caption: row for group in shown.groups for row in group.rows}


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages, plan: PlanResult) -> Iterator[Room]:
    made = Room()
    made.session.open(case, images)
    candidates = tuple(
        replace(c, criteria={**c.criteria, **NUMBERS[c.candidate_id]}) for c in plan.candidates
    )
    made.session.apply("Plan", replace(case, plan=replace(plan, candidates=candidates)))
    made.state.select("T1")
    made.presenter.pin_selected()
    yield made
    made.session.undo_stack.clear()  # steps must not die with their stack


def test_it_says_how_to_pin_and_how_to_go_on(room: Room) -> None:
    assert "No. 1 is pinned" in room.panel.set_message.call_args.args[0]
    room.presenter.pin_selected()
    assert "Ctrl+K" in room.panel.set_message.call_args.args[0]
    room.session.undo_stack.undo()
    assert "nothing to compare" in room.panel.set_message.call_args.args[0]


def test_numbers_stand_side_by_side_and_the_better_one_is_named(room: Room) -> None:
    room.state.select("T2")
    rows = room.rows()
    assert rows["Skin to tip"] == ComparedRow(
        caption="Skin to tip", first="75 mm", second="67 mm", apart="2 by 8 mm", better=1
    )
    assert (rows["Skin to stop"].apart, rows["Skin to stop"].better) == ("8 mm", -1)
    assert (rows["Nearest nerve"].apart, rows["Nearest nerve"].better) == ("same", -1)
    assert (rows["Score"].first, rows["Score"].better) == ("0.80", 0)
    assert rows["Tip to side"].first == "25° right"
    assert "Nearest vessel" not in rows
    shown = room.panel.set_comparison.call_args.args[0]
    assert (shown.names, shown.keys) == (("No. 1", "No. 2"), ("T1", "T2"))
    assert any("dense: lower yield" in note for note in shown.notes)


def test_swapping_goes_to_the_pinned_one(room: Room) -> None:
    room.state.select("T2")
    room.presenter.swap()
    assert (room.state.pinned, room.state.selected) == ("T2", "T1")
    assert room.panel.set_comparison.call_args.args[0].keys == ("T2", "T1")


def test_the_needle_in_the_hand_is_the_current_one(room: Room, qtbot: QtBot) -> None:
    draft = replace(room.session.case.plan.candidates[1], candidate_id="M1")
    room.state.set_draft(draft)
    qtbot.waitUntil(lambda: room.panel.set_comparison.called, timeout=5000)
    assert room.panel.set_comparison.call_args.args[0].names == ("No. 1", "M1")


def test_what_is_gone_is_unpinned(room: Room) -> None:
    case = room.session.case
    plan = replace(case.plan, candidates=case.plan.candidates[1:])
    room.session.apply("Plan", replace(case, plan=plan))
    assert room.state.pinned == ""


def test_broken_limits_are_said_in_the_protocols_words(room: Room) -> None:
    case = room.session.case
    first, second = case.plan.candidates
    broken = replace(second, violations=("reach",))
    room.session.apply("x", replace(case, plan=replace(case.plan, candidates=(first, broken))))
    room.state.select("T2")
    shown = room.panel.set_comparison.call_args.args[0]
    assert "No. 2 breaks a limit: needle too short" in shown.notes


def test_chances_are_said_as_on_the_card(room: Room) -> None:
    plan = room.session.case.plan
    seldom = tuple(
        replace(c, criteria={**c.criteria, "touch_probability": 0.0004, "viable_probability": 1.0})
        for c in plan.candidates
    )
    room.session.apply("Plan", replace(room.session.case, plan=replace(plan, candidates=seldom)))
    room.state.select("T2")
    assert room.rows()["Probability of touching a structure"].first == "< 0.01"
