"""The case's images are listed, and the chosen one is laid over the CT in every view."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from app.presenters.images import ImagesPresenter, ct_facts, first_range
from app.session import Session
from app.view_state import ViewState
from app.views.images_panel import FusionText, ImagesPanel
from app.views.values import Choice
from planning.image import CaseImages, Series, Volume
from planning.model.case import Case, SecondImage
from tests.app.conftest import GRID

MOVED = "it was made in another position"


def volume(unit: str = "", most: float = 8.0) -> Volume:
    values = np.linspace(0.0, most, int(np.prod(GRID.shape_kji)), dtype=np.float32)
    series = Series(description="WB", date="20261120")
    return Volume(grid=GRID, values=values.reshape(GRID.shape_kji), unit=unit, series=series)


class Room:
    def __init__(self, case: Case, images: CaseImages) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel = Mock(spec=ImagesPanel)
        self.views = [Mock(spec=["set_overlay_image"]) for _ in range(2)]
        self.presenter = ImagesPresenter(self.session, self.state, self.panel, self.views)
        self.session.open(
            replace(
                case,
                second_images=(
                    SecondImage(kind="pet", path="pet", date="2026-11-20"),
                    SecondImage(kind="mr", path="mr", problem=MOVED),
                    SecondImage(kind="mr", path="lost", problem="it could not be read"),
                ),
                notes=(f'MR "mr" is only to be looked at: {MOVED}', "a mask was resampled"),
            ),
            replace(images, second={"pet": volume("SUV"), "mr": volume(most=400.0)}),
        )

    def laid(self):
        first, second = (view.set_overlay_image.call_args.args[0] for view in self.views)
        assert first is second
        return first


@pytest.fixture
def room(qapp, case, images):
    return Room(case, images)


def test_images_are_listed_with_what_is_wrong_with_them(room):
    rows = room.panel.set_second_images.call_args.args[0]
    assert [row.problem for row in rows] == ["", MOVED, "it could not be read"]
    assert rows[0].text == "PET, 2026-11-20, WB, SUV, pet"
    choices, current = room.panel.set_choices.call_args.args
    assert [choice.key for choice in choices] == ["pet", "mr"]  # what could be read
    assert current == ""
    facts, notes = room.panel.set_facts.call_args.args
    assert ("Series", "4") in facts
    assert ("Slices", "40 of 20 x 30") in facts
    assert notes == ("a mask was resampled",)  # the MR's own trouble stands beside the MR


def test_at_first_the_ct_stands_alone(room):
    assert room.laid() is None
    assert room.panel.set_fusion.call_args.args == (None,)


def test_the_chosen_image_is_laid_over_every_view(room):
    room.presenter.choose("pet")
    room.presenter.set_blend(0.25)
    laid = room.laid()
    assert (laid.coloured, laid.low, laid.high, laid.blend) == (True, 0.0, 10.0, 0.25)
    assert room.panel.set_fusion.call_args.args == (
        FusionText(name="PET", unit="SUV", low=0.0, high=10.0, blend=0.25),
    )
    room.presenter.choose("")
    assert room.laid() is None


def test_a_doubtful_image_says_so_in_the_views(room):
    room.presenter.choose("mr")
    laid = room.laid()
    assert not laid.coloured
    assert laid.name == "MR, only to be looked at"


def test_each_image_keeps_its_range(room):
    room.presenter.choose("pet")
    room.presenter.set_range(1.0, 5.0)
    room.presenter.choose("mr")
    assert room.laid().high > 300.0
    room.presenter.choose("pet")
    assert (room.laid().low, room.laid().high) == (1.0, 5.0)


def test_what_does_not_concern_it_lays_nothing_anew(room):
    room.presenter.choose("pet")
    for view in room.views:
        view.set_overlay_image.reset_mock()
    room.state.set_shown(replace(room.state.shown, heat_map=True))
    assert all(view.set_overlay_image.call_count == 0 for view in room.views)


def test_another_case_begins_without(room, case, images):
    room.presenter.choose("pet")
    room.session.open(case, images)
    assert room.laid() is None
    assert room.state.shown.second_image == ""
    assert room.panel.set_choices.call_args.args == ((), "")


def test_ranges_begin_at_what_the_body_holds():
    assert first_range(volume("SUV", 30.0), "pet") == (0.0, 10.0)
    low, high = first_range(volume(most=1000.0), "pet")
    assert low == 0.0
    assert high == pytest.approx(990.0, abs=2.0)
    low, high = first_range(volume(most=1000.0), "mr")
    assert low == pytest.approx(30.0, abs=3.0)
    assert high == pytest.approx(990.0, abs=2.0)
    empty = Volume(grid=GRID, values=np.zeros(GRID.shape_kji, dtype=np.float32))
    assert first_range(empty, "mr") == (0.0, 1.0)


def test_facts_that_are_not_known_are_left_out(case, images):
    silent = replace(images.ct, series=Series())
    captions = [caption for caption, _ in ct_facts(replace(case, ct_position=None), silent)]
    assert captions == ["Spacing", "Slices", "Scanned"]


def test_the_panel_tells_what_the_user_does(qtbot):
    panel = ImagesPanel()
    qtbot.addWidget(panel)
    panel.show()
    assert not panel._blend.isEnabled()
    assert "Choose an image" in panel._blend.toolTip()
    assert "no PET or MR" in panel._second.toolTip()
    told = []
    panel.second_chosen.connect(told.append)
    panel.blend_changed.connect(told.append)
    panel.range_changed.connect(lambda low, high: told.append((low, high)))
    panel.set_choices((Choice("pet", "PET"),), "pet")
    panel.set_fusion(FusionText(name="PET", unit="SUV", low=0.0, high=10.0, blend=0.5))
    assert told == []  # what is set is not told
    panel._blend.setValue(75)
    panel._high.setValue(8.0)
    panel._low.setValue(9.0)  # above the upper end: no range
    panel._second.setCurrentIndex(0)
    panel._second.activated.emit(0)
    assert told == [0.75, (0.0, 8.0), ""]
