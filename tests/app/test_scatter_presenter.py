"""Dots stand where their numbers are, the front is what nothing beats, and a click selects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from app.presenters.scatter import ScatterPresenter, axes_of, judged_by, scatter_of, with_front
from app.session import Session
from app.view_state import ViewState
from app.views.choosing_values import Axis, Dot
from app.views.scatter_panel import ScatterPanel
from app.views.scatter_plot import ticks
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.trajectories.cloud import Cloud

MORE = Axis(key="a", label="A", better="more")
LESS = Axis(key="b", label="B", better="less")


class Room:
    """A session with a mocked panel that is in view."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel = Mock(spec=ScatterPanel)
        self.panel.isVisible.return_value = True
        self.presenter = ScatterPresenter(self.session, self.state, self.panel)

    def dots(self) -> dict[str, Dot]:
        return {d.key: d for d in self.panel.set_scatter.call_args.args[0].dots}


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages, set_plan: PlanResult) -> Iterator[Room]:
    made = Room()
    made.session.open(case, images)
    numbers = {"T1": (3.0, 12.0), "T2": (6.0, 9.0), "C1": (2.0, 8.0)}
    candidates = tuple(
        replace(
            c,
            measures={"extra_clearance_mm": numbers[c.candidate_id][0]},
            criteria={**c.criteria, "expected_viable_length_mm": numbers[c.candidate_id][1]},
        )
        for c in set_plan.candidates
    )
    made.session.apply("Plan", replace(case, plan=replace(set_plan, candidates=candidates)))
    yield made
    made.session.undo_stack.clear()  # steps must not die with their stack


def dot(key: str, x: float, y: float, *, broken: bool = False) -> Dot:
    return Dot(key=key, label=key, x=x, y=y, tip="", broken=broken)


def test_the_front_is_what_no_other_dot_beats() -> None:
    dots = (dot("a", 1, 9), dot("b", 5, 5), dot("c", 4, 4), dot("d", 5, 5), dot("e", 9, 1))
    front = {d.key for d in with_front(dots, MORE, MORE) if d.front}
    assert front == {"a", "b", "d", "e"}
    front = {d.key for d in with_front(dots, LESS, MORE) if d.front}
    assert front == {"a"}


def test_what_breaks_a_limit_beats_nobody() -> None:
    dots = (dot("a", 9, 9, broken=True), dot("b", 1, 1))
    assert [d.front for d in with_front(dots, MORE, MORE)] == [False, True]


def test_dots_have_their_numbers_their_marks_and_words(room: Room) -> None:
    room.state.select("T1")
    shown = room.panel.set_scatter.call_args.args[0]
    assert (shown.x.key, shown.y.key) == ("extra_clearance_mm", "expected_viable_length_mm")
    assert (shown.x.unit, shown.x.better, shown.y.better) == ("mm", "more", "more")
    dots = room.dots()
    assert (dots["T2"].x, dots["T2"].y, dots["T2"].core) == (6.0, 9.0, True)
    assert (dots["T1"].core, dots["T1"].front, dots["C1"].front) == (False, True, False)
    assert dots["T1"].tip.splitlines() == [
        "Trajectory 1, score 0.80",
        "Expected in viable tumour: 12.0 mm",
        "Clearance beyond the margins: 3.0 mm",
    ]
    assert dots["T1"].selected
    assert not dots["T2"].selected


def test_selection_and_pin_elsewhere_are_marked(room: Room) -> None:
    room.state.select("T2")
    room.state.pin("T1")
    assert room.dots()["T2"].selected
    assert room.dots()["T1"].pinned
    assert not room.dots()["T1"].selected


def test_other_axes_show_other_numbers(room: Room) -> None:
    room.presenter.choose_axes("insertion_depth_mm", "score")
    shown = room.panel.set_scatter.call_args.args[0]
    assert (shown.x.better, shown.y.key) == ("less", "score")
    assert shown.dots[0].y == pytest.approx(0.8)
    offered = [choice.key for choice in room.panel.set_axes.call_args.args[0]]
    assert "insertion_depth_mm" in offered
    assert "vessel_clearance_mm" not in offered


def test_who_has_no_such_number_is_left_out_and_said(room: Room) -> None:
    case = room.session.case
    first, *others = case.plan.candidates
    without = replace(first, measures={"off_plane_deg": 3.0})
    room.session.apply("x", replace(case, plan=replace(case.plan, candidates=(without, *others))))
    shown = room.panel.set_scatter.call_args.args[0]
    assert "T1" not in {d.key for d in shown.dots}
    assert "1 have no such numbers" in shown.note


def test_a_sample_of_others_is_shown_where_it_has_the_numbers(room: Room) -> None:
    case = room.session.case
    sample = Cloud(
        measures={
            "extra_clearance_mm": np.array([1.0, 2.0, np.nan]),
            "expected_viable_length_mm": np.array([3.0, 4.0, 5.0]),
        },
        tried=10,
    )
    protocol = judged_by(case)
    axes = {a.key: a for a in axes_of(case.plan, protocol)}
    x, y = axes["extra_clearance_mm"], axes["expected_viable_length_mm"]
    shown = scatter_of(case.plan, x, y, protocol, sample)
    assert shown.cloud.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert scatter_of(case.plan, x, axes["insertion_depth_mm"], protocol, sample).cloud is None


def test_without_a_plan_it_says_what_to_do(room: Room) -> None:
    room.session.undo_stack.undo()
    assert "Press Plan" in room.panel.set_message.call_args.args[0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 10.0, (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)),
        (0.31, 0.84, (0.4, 0.6, 0.8)),
        (-7.0, 31.0, (0.0, 10.0, 20.0, 30.0)),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert ticks(low, high) == pytest.approx(expected)
    assert "-0" not in [f"{value:g}" for value in ticks(low, high)]
