"""The skin is coloured for the tip that is shown, and says why an entry is rejected."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.presenters.heat_map import SKIN_KEY, HeatMapPresenter, score_range, skin_heat
from app.rendering.colour_maps import GREY, HOT_IRON, VIRIDIS, steps_of
from app.session import Session
from app.view_state import ViewState
from app.views.skin_heat import SkinHeat
from planning.model.needle import Trajectory
from planning.trajectories.live import LiveMap
from tests.app import heat_phantom

_SHEET = ["set_heat", "set_sheet", "update"]


class Room:
    """A session with the phantom open, and targets that keep what they were given."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.session, self.state = Session(), ViewState()
        self.slices, self.scene = Mock(spec=["set_heat", "update"]), Mock(spec=_SHEET)
        self.presenter = HeatMapPresenter(self.session, self.state, (self.slices,), self.scene)
        self.reasons: list[str] = []
        self.presenter.can_show_changed.connect(self.reasons.append)

    def shown(self) -> SkinHeat | None:
        self.presenter.show_map()
        self._qtbot.waitUntil(lambda: self.presenter.is_settled, timeout=30000)
        assert self.scene.set_heat.call_args == self.slices.set_heat.call_args
        return self.slices.set_heat.call_args.args[0]


@pytest.fixture
def room(qtbot):
    made = Room(qtbot)
    yield made
    made.presenter.job.shut_down()
    made.presenter.measuring.shut_down()


@pytest.fixture
def ready(room):
    phantom = heat_phantom.torso()
    room.session.open(phantom.case, phantom.images)
    room.session.set_anatomy(heat_phantom.anatomy())
    room.state.set_draft(heat_phantom.best())
    room.presenter.toggle()
    return room


def test_every_reason_for_no_map_says_what_to_do(room):
    phantom = heat_phantom.torso()
    assert "Open a case" in room.presenter.why_not()
    room.session.open(phantom.case, phantom.images)
    assert "Plan first" in room.presenter.why_not()
    room.session.set_anatomy(replace(heat_phantom.anatomy(), fields=None))
    assert "tumour" in room.presenter.why_not()
    room.session.set_anatomy(heat_phantom.anatomy())
    assert "Select a trajectory" in room.presenter.why_not()
    room.state.set_draft(heat_phantom.best())
    assert room.presenter.why_not() == ""
    assert room.shown() is None  # not asked for
    assert room.reasons == [""]


def test_the_good_side_is_coloured_and_the_other_is_grey_with_its_reason(ready):
    heat = ready.shown()
    skin = heat_phantom.anatomy().skin
    scored = np.isfinite(heat.scores)
    assert scored.sum() > 5
    assert (heat.points_lps_mm[scored, 0] < heat_phantom.MIDLINE_X_MM).all()
    assert (heat.points_lps_mm[scored, 1] > 0.0).all()  # a prone patient lies on the front
    spread = np.ptp(heat.colours_rgba[:, :3].astype(int), axis=1)
    assert (spread[scored] > 40).all()
    assert (spread[~scored] < 25).all()
    best = int(np.nanargmax(heat.scores))
    assert (
        heat.colours_rgba[best, :3].tolist()
        == VIRIDIS[steps_of(heat.scores[best], heat.low, heat.high)].tolist()
    )
    assert f"score {heat.scores[best]:.2f}" in heat.words(best)
    (left, *_) = np.flatnonzero(skin.no_entry & skin.entry_side_ok & ~skin.at_border)
    assert heat.words(left) == (
        "rejected: entry inside a zone marked as no entry; a click enters here all the same"
    )
    (cut, *_) = np.flatnonzero(skin.at_border)
    assert heat.colours_rgba[cut, 3] == 0


def test_the_needle_in_the_hand_moves_the_map_soon_but_not_at_once(ready, qtbot):
    before = ready.shown()
    ready.slices.set_heat.reset_mock()
    tip = heat_phantom.best().trajectory.tip_lps_mm
    for step in range(1, 6):
        moved = Trajectory(
            heat_phantom.best().trajectory.entry_lps_mm, (tip[0] - step, tip[1], tip[2])
        )
        ready.state.set_draft(replace(heat_phantom.best(), trajectory=moved))
    assert ready.slices.set_heat.call_count == 0  # a drag is not held up
    qtbot.waitUntil(lambda: ready.slices.set_heat.call_count > 0, timeout=5000)
    qtbot.waitUntil(lambda: ready.presenter.is_settled, timeout=5000)
    after = ready.slices.set_heat.call_args.args[0]
    expected = skin_heat(heat_phantom.anatomy(), after.points_lps_mm, moved.tip_lps_mm)
    np.testing.assert_array_equal(after.scores, expected.scores)
    assert not np.array_equal(after.scores, before.scores, equal_nan=True)
    assert after.points_lps_mm is before.points_lps_mm  # what was built for them stays right


def test_the_sheet_is_built_once_for_the_same_skin(ready, qtbot):
    with qtbot.waitSignal(ready.presenter.job.finished, timeout=30000):
        first = ready.shown()
    sheet, key = ready.scene.set_sheet.call_args.args
    assert key == SKIN_KEY
    assert sheet.points_lps_mm is first.points_lps_mm
    ready.session.set_anatomy(replace(heat_phantom.anatomy()))  # understood anew, the same skin
    assert ready.shown().points_lps_mm is first.points_lps_mm
    assert not ready.presenter.job.is_running


def test_switching_off_takes_the_colours_away(ready):
    assert ready.shown() is not None
    ready.presenter.toggle()
    assert ready.shown() is None


def test_the_colours_span_whole_tenths():
    def span(*scores: float) -> tuple[float, float]:
        found = np.array(scores)
        return score_range(LiveMap(scores=found, reason=np.zeros(len(found)), reasons=()))

    assert span(0.613, 0.885, np.nan) == pytest.approx((0.6, 0.9))
    assert span(0.7) == pytest.approx((0.7, 0.8))
    assert span(np.nan) == (0.0, 1.0)


def test_colour_maps_begin_dark_and_end_bright():
    assert VIRIDIS[0].tolist() == [0x44, 0x01, 0x54]
    assert VIRIDIS[-1].tolist() == [0xFD, 0xE7, 0x25]
    assert HOT_IRON[0].tolist() == [0, 0, 0]
    assert HOT_IRON[-1].tolist() == [255, 254, 252]
    assert GREY[128].tolist() == [128, 128, 128]
    brightness = VIRIDIS @ np.array([0.21, 0.72, 0.07])
    assert (np.diff(brightness) > -0.5).all()
    assert steps_of([-1.0, 2.0, 2.5, 99.0], 2.0, 3.0).tolist() == [0, 0, 128, 255]
