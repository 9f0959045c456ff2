"""The chart follows the needle in the hand, the selection and the colours; no window is opened."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtTest import QTest

from app.presenters.profile import ProfilePresenter
from app.session import Session
from app.view_state import Style, ViewState
from app.views.profile_chart import ProfileChart
from app.views.profile_values import ProfileShown
from planning.model.case import OwnPath
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from planning.trajectories.measure import measure
from tests import phantoms

ENTRY, TIP = (-6.0, 45.0, -9.0), (5.5, -15.0, 6.0)


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(2.0, extra=(("muscle_right", phantoms.Role.MUSCLE, phantoms._maximus),))


@pytest.fixture(scope="module")
def anatomy(torso):
    return torso.understood()


@pytest.fixture(scope="module")
def first(anatomy) -> Candidate:
    return measure(anatomy, Trajectory(ENTRY, TIP), candidate_id="T1", rank=1)


class Room:
    """A session with a planned torso and a mocked chart."""

    def __init__(self, torso, anatomy, plan, first: Candidate) -> None:
        self.session, self.state = Session(), ViewState()
        self.chart = Mock(spec=ProfileChart)
        self.presenter = ProfilePresenter(self.session, self.state, self.chart)
        self.session.open(torso.case, torso.images)
        self.plan = replace(plan, candidates=(first,), needle=anatomy.needle)
        self.session.set_anatomy(anatomy)
        self.session.apply("Plan", replace(torso.case, plan=self.plan))
        self.state.select("T1")

    @property
    def shown(self) -> ProfileShown | None:
        found: ProfileShown | None = self.chart.set_profile.call_args.args[0]
        return found


@pytest.fixture
def room(qapp, torso, anatomy, plan, first) -> Room:
    return Room(torso, anatomy, plan, first)


def test_it_shows_the_selected(room: Room, first: Candidate) -> None:
    shown = room.shown
    assert shown is not None
    assert "Trajectory 1" in shown.title
    depth = first.criteria["insertion_depth_mm"]
    assert depth is not None
    assert shown.tip_words == f"tip {depth:.0f}"
    assert shown.stop_words == f"STOP {depth - 15.0:.0f}"
    assert "right nerve" in shown.structures
    assert not shown.editable
    below = shown.needs_mm[~np.isnan(shown.needs_mm)]
    assert below.min() >= 5.0 + 1.0  # the margin, and half a voxel that may hide the surface


def test_it_follows_the_needle_in_the_hand(room: Room, first: Candidate) -> None:
    before = room.shown
    x, y, z = TIP
    moved = replace(first, candidate_id="M1", trajectory=Trajectory(ENTRY, (x, y + 8.0, z)))
    drawn = room.chart.set_profile.call_count
    room.state.set_draft(first)
    room.state.set_draft(moved)
    QTest.qWait(300)
    assert room.chart.set_profile.call_count == drawn + 1, "places passed by are not drawn"
    assert room.shown is not None
    assert before is not None
    assert room.shown.tip_mm == pytest.approx(moved.trajectory.insertion_depth_mm)
    assert "Own path M1" in room.shown.title
    room.state.set_draft(None)
    QTest.qWait(1)
    assert room.shown.tip_mm == before.tip_mm


def test_without_a_needle_or_a_reading_it_says_what_to_do(room: Room) -> None:
    room.state.select("")
    assert room.shown is None
    assert "Select a trajectory" in room.chart.set_message.call_args.args[0]
    room.state.select("T1")
    room.session.set_anatomy(None)
    assert room.shown is None
    assert "once the case is read" in room.chart.set_message.call_args.args[0]
    room.session.undo_stack.undo()
    assert room.shown is None


def test_bands_wear_the_structures_colours(room: Room) -> None:
    room.state.set_styles({"slab": Style("#123456"), "Habitat B": Style("#00ff00")})
    assert room.shown is not None
    colours = {band.name: band.colour for band in room.shown.bands}
    assert colours["slab"] == "#123456"
    assert colours["Habitat B"] == "#00ff00"
    assert colours["outside the body"] == ""
    assert colours["muscle right"] not in ("", colours["soft tissue"])
    room.state.set_colour("slab", "#654321")
    assert {b.name: b.colour for b in room.shown.bands}["slab"] == "#654321"


def test_pointing_goes_to_the_state_and_back_to_the_chart(qapp) -> None:
    chart, state = ProfileChart(), ViewState()
    ProfilePresenter(Session(), state, chart)
    chart.depth_pointed.emit(31.5)
    assert state.depth_mm == 31.5
    state.point_at_depth(12.0)
    assert chart._depth_mm == 12.0
    chart.depth_pointed.emit(None)
    assert state.depth_mm is None
    chart.deleteLater()


def test_leaving_goes_back_to_where_the_views_were(qapp) -> None:
    chart, state = ProfileChart(), ViewState()
    ProfilePresenter(Session(), state, chart)
    state.set_crosshair((1.0, 2.0, 3.0))
    chart.depth_pointed.emit(31.5)
    state.set_crosshair((4.0, 4.0, 4.0))  # the views follow the depth
    chart.depth_pointed.emit(32.0)
    chart.depth_pointed.emit(None)
    assert state.crosshair_lps_mm == (1.0, 2.0, 3.0)
    chart.depth_pointed.emit(33.0)
    state.select("T2")
    state.set_crosshair((9.0, 9.0, 9.0))  # selecting takes the views to another specimen
    chart.depth_pointed.emit(None)
    assert state.crosshair_lps_mm == (9.0, 9.0, 9.0)
    chart.deleteLater()


def test_a_click_sets_the_depth_of_an_own_path_only(room: Room, torso, first: Candidate) -> None:
    chosen, said = [], []
    room.presenter.depth_chosen.connect(chosen.append)
    room.presenter.said.connect(said.append)
    room.presenter.choose_depth(40.0)
    assert (chosen, said) == ([], ["Press E or T to make your own"])
    own = replace(first, candidate_id="M1")
    case = replace(
        torso.case,
        own_paths=(OwnPath(path_id="M1", trajectory=own.trajectory),),
        plan=replace(room.plan, candidates=(first, own)),
    )
    room.session.apply("Place", case)
    room.state.select("M1")
    assert room.shown is not None
    assert room.shown.editable
    room.presenter.choose_depth(40.0)
    assert chosen == [40.0]
