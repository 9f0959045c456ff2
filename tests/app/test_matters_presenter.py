"""Sliders weigh and limit, the plan is ranked anew at once, and one drag is one step back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import Mock

import pytest

from app import catalogue
from app.planning_setup import setup_of
from app.presenters.matters import MattersPresenter, slider_rows
from app.session import Session
from app.views.choosing_values import SliderRow
from app.views.matters_panel import LIMIT, WEIGHT, MattersPanel
from planning.image import CaseImages
from planning.model.case import Case, Guidance, RuleChange
from planning.model.limit import LimitChange
from planning.model.plan import PlanResult

DEPTH_MM = {"T1": 40.0, "T2": 90.0}
EXTRA_MM = {"T1": 1.0, "T2": 9.0}


@pytest.fixture
def scored(plan: PlanResult) -> PlanResult:
    """Return the plan of two with what a score is made of: one short, the other clear."""
    return replace(
        plan,
        candidates=tuple(
            replace(
                c,
                criteria={**c.criteria, "insertion_depth_mm": DEPTH_MM[c.candidate_id]},
                measures={"extra_clearance_mm": EXTRA_MM[c.candidate_id]},
            )
            for c in plan.candidates
        ),
    )


class Room:
    """A session with a mocked panel."""

    def __init__(self, case: Case, images: CaseImages) -> None:
        self.session = Session()
        self.panel = Mock(spec=MattersPanel)
        self.presenter = MattersPresenter(self.session, self.panel)
        self.session.open(case, images)

    def rows(self) -> dict[tuple[str, str], SliderRow]:
        return {(r.kind, r.key): r for r in self.panel.set_rows.call_args.args[0]}

    def order(self) -> list[str]:
        return [c.candidate_id for c in self.session.case.plan.candidates]


@pytest.fixture
def make(qapp: object, images: CaseImages) -> Iterator[Callable[[Case], Room]]:
    """Open cases in rooms, and forget their steps in the end: not to die with their stack."""
    made: list[Room] = []

    def room_of(case: Case) -> Room:
        made.append(Room(case, images))
        return made[-1]

    yield room_of
    for room in made:
        room.session.undo_stack.clear()


@pytest.fixture
def room(make: Callable[[Case], Room], case: Case, scored: PlanResult) -> Room:
    return make(replace(case, plan=scored))


def test_every_objective_and_every_adjustable_limit_has_a_slider(room: Room) -> None:
    protocol = catalogue.protocol("bone-ct")
    assert list(room.rows()) == [
        *((WEIGHT, o.key) for o in protocol.objectives),
        *((LIMIT, a.key) for a in protocol.adjustable),
    ]
    depth = room.rows()[WEIGHT, "depth"]
    assert (depth.start, depth.value, depth.usual, depth.end) == (0.0, 1.0, 1.0, 2.0)
    plane = room.rows()[LIMIT, "scan_plane_angle"]
    assert (plane.start, plane.end, plane.words) == (30.0, 0.0, "30°")
    assert room.rows()[LIMIT, "depth"].words == "any"
    assert room.panel.set_note.call_args.args == ("",)


def test_a_limit_begins_where_the_guidance_puts_it(room: Room, case: Case) -> None:
    freehand = replace(case, guidance=Guidance.FREEHAND)
    rows = {(r.kind, r.key): r for r in slider_rows(freehand, setup_of(freehand))}
    assert rows[LIMIT, "scan_plane_angle"].start == 15.0


def test_a_limit_that_the_case_switched_off_has_no_slider(case: Case) -> None:
    off = replace(
        case, rule_changes=(RuleChange(key="beyond_tip", reason="no drill", enabled=False),)
    )
    assert all(r.key != "beyond_tip" for r in slider_rows(off, setup_of(off)))


def test_moving_a_weight_ranks_anew_and_says_on_what_it_rests(room: Room) -> None:
    room.presenter.move(WEIGHT, "depth", 0.0)
    assert room.order() == ["T2", "T1"]
    assert [c.rank for c in room.session.case.plan.candidates] == [1, 2]
    assert room.session.case.weights == (("depth", 0.0),)
    note = room.panel.set_note.call_args.args[0]
    assert "Press Plan to search all 1,200 candidates" in note
    assert room.rows()[WEIGHT, "depth"].words == "off"
    room.presenter.move(WEIGHT, "extra_clearance", 0.0)
    room.presenter.move(WEIGHT, "depth", 2.0)
    assert room.order() == ["T1", "T2"]


def test_a_drag_is_one_step_and_the_next_one_another(room: Room) -> None:
    opened = room.session.case
    for drag in range(2):
        room.presenter.begin()
        for weight in (0.8, 0.5, 0.2 + drag):
            room.presenter.move(WEIGHT, "depth", weight)
    assert room.session.undo_stack.count() == 2
    assert room.session.undo_stack.undoText() == "Change what matters: Short way"
    room.session.undo_stack.undo()
    assert room.session.case.weights == (("depth", 0.2),)
    room.session.undo_stack.undo()
    assert room.session.case is opened
    room.session.undo_stack.redo()
    room.session.undo_stack.redo()
    assert room.session.case.weights == (("depth", 1.2),)


def test_a_tighter_limit_marks_what_breaks_it_and_puts_it_last(room: Room) -> None:
    room.presenter.move(LIMIT, "depth", 60.0)
    assert room.order() == ["T1", "T2"]
    assert room.session.case.plan.candidates[1].violations == ("depth",)
    assert "1 break a limit" in room.panel.set_note.call_args.args[0]
    assert room.rows()[LIMIT, "depth"].words == "60 mm"
    room.presenter.move(LIMIT, "extra_clearance", 5.0)
    broken = [c.violations for c in room.session.case.plan.candidates]
    assert broken == [("extra_clearance",), ("depth",)] or broken == [
        ("depth",),
        ("extra_clearance",),
    ]
    room.presenter.reset(LIMIT, "depth")
    assert room.session.case.limits == (LimitChange(key="extra_clearance", value=5.0),)


def test_a_reset_of_all_gives_the_plan_as_it_was_found(room: Room) -> None:
    room.presenter.move(LIMIT, "depth", 60.0)
    room.presenter.move(WEIGHT, "risk", 0.3)
    first = room.session.case.plan
    assert first.searched is not None
    room.presenter.reset("", "")
    case = room.session.case
    assert (case.weights, case.limits, case.plan.searched) == ((), (), None)
    assert [c.violations for c in case.plan.candidates] == [(), ()]
    steps = room.session.undo_stack.count()
    room.presenter.reset("", "")
    assert room.session.undo_stack.count() == steps


def test_a_reset_keeps_what_the_case_file_gave_a_reason_for(
    make: Callable[[Case], Room], case: Case
) -> None:
    reasoned = LimitChange(key="scan_plane_angle", value=40.0, reason="tilted gantry")
    room = make(replace(case, limits=(reasoned,), weights=(("depth", 3.0),)))
    assert room.rows()[LIMIT, "scan_plane_angle"].start == 40.0
    assert room.rows()[WEIGHT, "depth"].end == 3.0
    room.presenter.reset("", "")
    assert (room.session.case.weights, room.session.case.limits) == ((), (reasoned,))


def test_a_plan_that_cannot_be_ranked_is_given_up(
    make: Callable[[Case], Room], case: Case, plan: PlanResult
) -> None:
    room = make(replace(case, plan=plan))
    room.presenter.move(WEIGHT, "depth", 0.5)
    assert room.session.case.plan is None
    room.session.undo_stack.undo()
    assert room.session.case.plan is plan


def test_without_a_case_there_is_nothing_to_slide(qapp: object) -> None:
    panel = Mock(spec=MattersPanel)
    presenter = MattersPresenter(Session(), panel)
    assert panel.set_rows.call_args.args == ((),)
    assert "Open a case" in panel.set_reason.call_args.args[0]
    presenter.move(WEIGHT, "depth", 0.0)
    presenter.reset("", "")
