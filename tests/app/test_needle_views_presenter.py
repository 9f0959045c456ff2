"""The views around a needle follow the shown one, and the depth that is pointed at."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from app.presenters.needle_views import NeedleViewsPresenter
from app.rendering.needle_axes import Framing
from app.session import Session
from app.view_state import ViewState
from app.views.depth_slider import DepthMarks, DepthSlider
from app.views.slice_view import SliceView
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, PlanResult


class Room:
    """A session with mocked views."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.views = tuple(Mock(spec=SliceView) for _ in range(3))
        self.slider = Mock(spec=DepthSlider)
        self.presenter = NeedleViewsPresenter(self.session, self.state, self.views, self.slider)

    @property
    def framings(self) -> list[Framing | None]:
        return [view.set_framing.call_args.args[0] for view in self.views]

    @property
    def depth_mm(self) -> float:
        depths = {f.depth_mm for f in self.framings if f is not None}
        assert len(depths) == 1
        (depth,) = depths
        assert self.slider.set_depth.call_args.args == (depth,)
        return depth

    def marks(self) -> DepthMarks | None:
        return self.slider.set_marks.call_args.args[0]


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages, plan: PlanResult) -> Room:
    made = Room()
    made.session.open(case, images)
    made.session.apply("Plan", replace(case, plan=plan))
    made.state.select("T1")
    return made


@pytest.fixture
def first(plan: PlanResult) -> Candidate:
    return plan.candidates[0]


def test_without_a_needle_the_views_are_empty(qapp: object, case: Case, images: CaseImages) -> None:
    made = Room()
    made.session.open(case, images)
    assert made.framings == [None, None, None]
    assert made.marks() is None
    made.presenter.step(3)
    made.presenter.go_to_depth(10.0)
    made.presenter.look_beside((0.0, 0.0, 0.0))
    made.state.point_at_depth(5.0)
    assert made.framings == [None, None, None]


def test_a_needle_is_first_looked_at_in_the_middle_of_its_specimen(
    room: Room, first: Candidate
) -> None:
    middle = np.mean(first.specimen_lps_mm, axis=0)
    for framing in room.framings:
        assert framing is not None
        assert framing.depth_lps_mm == pytest.approx(middle)
    eye, along, upright = room.framings
    assert eye.axes.normal_lps == pytest.approx(first.trajectory.direction_lps)
    assert along.axes.right_lps == pytest.approx(first.trajectory.direction_lps)
    assert upright.axes.right_lps == pytest.approx(first.trajectory.direction_lps)
    marks, tip = room.marks(), first.trajectory.insertion_depth_mm
    assert (marks.tip_mm, marks.stop_mm) == pytest.approx((tip, tip - 15.0))
    assert marks.deepest_mm == pytest.approx(tip + 20.0)


def test_pointing_at_a_depth_moves_views_slider_and_crosshair(room: Room, first: Candidate) -> None:
    room.state.point_at_depth(12.0)
    assert room.depth_mm == 12.0
    assert room.state.crosshair_lps_mm == pytest.approx(first.trajectory.at_depth_mm(12.0))
    room.state.point_at_depth(None)
    assert room.depth_mm == 12.0  # pointing nowhere leaves the views where they were


def test_the_crosshair_does_not_leave_the_volume(room: Room, first: Candidate) -> None:
    room.state.point_at_depth(12.0)
    inside = room.state.crosshair_lps_mm
    room.state.point_at_depth(-20.0)  # out in the air: entry at y = 25, the volume ends at 29
    assert room.state.crosshair_lps_mm == inside
    assert room.depth_mm == 0.0


def test_slider_and_wheel_go_along_the_needle(room: Room, first: Candidate) -> None:
    tip = first.trajectory.insertion_depth_mm
    room.presenter.go_to_depth(10.4)
    assert room.state.depth_mm == 10.4
    room.presenter.step(2)
    assert room.state.depth_mm == 12.0
    room.presenter.step(-100)
    assert room.state.depth_mm == 0.0
    room.presenter.step(1000)
    assert room.depth_mm == pytest.approx(tip + 20.0)


def test_pointing_beside_the_needle_goes_to_that_depth_and_leaves_the_crosshair(
    room: Room, first: Candidate
) -> None:
    beside = np.array(first.trajectory.at_depth_mm(9.0)) + np.cross(
        first.trajectory.direction_lps, (0.0, 0.0, 3.0)
    )
    room.state.set_crosshair(tuple(beside.tolist()))
    room.presenter.look_beside(tuple(beside.tolist()))
    assert room.depth_mm == pytest.approx(9.0)
    assert room.state.crosshair_lps_mm == pytest.approx(beside)


def test_another_selection_starts_at_its_specimen(room: Room, plan: PlanResult) -> None:
    room.state.point_at_depth(5.0)
    room.state.select("T2")
    second = plan.candidates[1]
    assert room.framings[0].depth_lps_mm == pytest.approx(np.mean(second.specimen_lps_mm, axis=0))
    assert room.state.depth_mm is None


def test_the_needle_in_the_hand_is_followed_at_the_same_depth(room: Room, first: Candidate) -> None:
    room.state.point_at_depth(20.0)
    path = Trajectory((0.0, 25.0, 130.0), (3.0, -10.0, 140.0))
    room.state.set_draft(replace(first, trajectory=path))
    assert room.depth_mm == 20.0
    assert room.framings[0].axes.normal_lps == pytest.approx(path.direction_lps)
    room.state.set_draft(None)
    assert room.framings[0].axes.normal_lps == pytest.approx(first.trajectory.direction_lps)


def test_undoing_the_plan_empties_the_views(room: Room) -> None:
    room.session.undo_stack.undo()
    assert room.framings == [None, None, None]
    assert room.marks() is None
