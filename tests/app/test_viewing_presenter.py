"""Every view looks at the same point, through the same window, lying as the patient will lie."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from app.presenters.viewing import ViewingPresenter, first_look
from app.session import Session
from app.view_state import ViewState
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from planning.image import CaseImages
from planning.model.case import Case, Position


class Room:
    """A session with mocked views."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.slices = [Mock(spec=SliceView) for _ in range(3)]
        self.scene = Mock(spec=SceneView)
        self.presenter = ViewingPresenter(self.session, self.state, self.slices, self.scene)


@pytest.fixture
def room(qapp: object) -> Room:
    return Room()


def test_opening_shows_the_ct_at_the_lesion(room: Room, case: Case, images: CaseImages) -> None:
    room.session.open(case, images)
    for view in room.slices:
        view.set_volume.assert_called_once_with(images.ct)
        view.set_position.assert_called_once_with(Position.PRONE)
        view.set_window.assert_called_once_with(60.0, 500.0)
        assert view.set_crosshair.call_args.args == (room.state.crosshair_lps_mm,)
    # Voxels 10..13, 10..13, 4..7: the middle is half-way between the sixth and the seventh.
    assert room.state.crosshair_lps_mm == pytest.approx((-9.0, -7.0, 134.5))


def test_the_planned_lesion_comes_first(case: Case, images: CaseImages) -> None:
    other = replace(case.structures[2], name="other", mask_id="nerve")
    both = replace(case, structures=(other, *case.structures), lesion="lesion")
    assert first_look(both, images) == pytest.approx((-9.0, -7.0, 134.5))
    assert first_look(replace(case, structures=()), images) == images.ct.grid.centre_lps_mm


def test_a_moved_crosshair_reaches_every_view(room: Room, case: Case, images: CaseImages) -> None:
    room.session.open(case, images)
    room.state.set_crosshair((1.0, 2.0, 103.0))
    for view in (*room.slices, room.scene):
        assert view.set_crosshair.call_args.args == ((1.0, 2.0, 103.0),)


def test_number_keys_choose_windows(room: Room) -> None:
    room.presenter.choose_preset("1")
    for view in room.slices:
        view.set_window.assert_called_once_with(400.0, 2000.0)
    room.presenter.choose_preset("9")
    assert room.state.window_hu == (400.0, 2000.0)


def test_another_position_turns_the_views(room: Room, case: Case, images: CaseImages) -> None:
    room.session.open(case, images)
    room.session.apply("Turn", replace(case, patient_position=Position.LEFT_DECUBITUS))
    room.session.apply("Rename", replace(room.session.case, name="x"))
    for view in (*room.slices, room.scene):
        assert [call.args[0] for call in view.set_position.call_args_list] == [
            Position.PRONE,
            Position.LEFT_DECUBITUS,
        ]
