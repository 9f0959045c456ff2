"""A second image over the CT: alone, not at all, in between, and where it lies in the patient."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from app.rendering.colour_maps import HOT_IRON, steps_of
from app.views.slice_fusion import OverlayImage
from app.views.slice_view import SliceView
from planning.model.case import Position
from tests import pet_phantom


@pytest.fixture
def view(qtbot):
    made = SliceView("axial")
    qtbot.addWidget(made)
    made.resize(400, 340)
    made.set_position(Position.SUPINE)
    made.set_volume(pet_phantom.ct_volume())
    made.set_crosshair(tuple(pet_phantom.HOT_CENTRE))
    made.show()
    return made


def pet(blend: float, *, coloured: bool = True, name: str = "PET") -> OverlayImage:
    return OverlayImage(
        volume=pet_phantom.still_pet(),
        name=name,
        coloured=coloured,
        low=0.0,
        high=10.0,
        blend=blend,
    )


def colour_at(view: SliceView, point_lps_mm) -> tuple[int, ...]:
    x, y = view.plane().screen_from_lps(point_lps_mm)
    return view.grab().toImage().pixelColor(int(x), int(y)).getRgb()[:3]


BODY = np.array([-20.0, -4.0, 13.0])
AIR = np.array([-50.0, 40.0, 13.0])


def test_blend_0_is_the_ct_alone(view):
    before = [colour_at(view, point) for point in (BODY, AIR)]
    view.set_overlay_image(pet(0.0))
    assert [colour_at(view, point) for point in (BODY, AIR)] == before
    assert before[0][0] == before[0][1] == before[0][2]


def test_blend_1_is_the_pet_alone(view):
    view.set_overlay_image(pet(1.0))
    for point, suv in ((BODY, 0.8), (AIR, 0.02)):
        expected = HOT_IRON[steps_of(suv, 0.0, 10.0)]
        assert np.abs(np.subtract(colour_at(view, point), expected)).max() <= 2
    beside = pet_phantom.HOT_CENTRE + np.array([2.5, 2.5, 0.0])  # not under the crosshair
    assert colour_at(view, beside)[0] > 240  # hot iron is bright where it is hot


def test_in_between_both_are_seen(view):
    ct = np.array(colour_at(view, BODY), dtype=float)
    view.set_overlay_image(pet(1.0))
    alone = np.array(colour_at(view, BODY), dtype=float)
    view.set_overlay_image(pet(0.5))
    assert np.abs(np.array(colour_at(view, BODY)) - (ct + alone) / 2.0).max() <= 2


@pytest.mark.parametrize(("position", "sign"), [(Position.SUPINE, 1), (Position.PRONE, -1)])
def test_left_is_left_in_the_pet_too(view, position, sign):
    view.set_position(position)
    view.set_overlay_image(pet(1.0))
    image = view.grab().toImage()
    hot = [
        x
        for x in range(view.width())
        for y in range(60, view.height() - 60)
        if image.pixelColor(x, y).blue() > 150 and image.pixelColor(x, y).red() > 240
    ]
    middle = view.plane().screen_from_lps((0.0, 0.0, 13.0))[0]
    assert np.sign(np.mean(hot) - middle) == sign  # the hot part lies on the patient's left


def test_an_mr_is_grey(view):
    view.set_overlay_image(pet(1.0, coloured=False, name="MR"))
    red, green, blue = colour_at(view, pet_phantom.TUMOUR_CENTRE + np.array([-8.0, 3.0, 3.0]))
    assert red == green == blue == pytest.approx(51, abs=3)  # 2 of 10


def test_where_the_second_image_ends_the_ct_goes_on(view):
    whole = pet_phantom.still_pet()
    half = whole.grid.cropped((0, 0, 0), (17, 30, 32))
    overlay = OverlayImage(
        volume=type(whole)(grid=half, values=whole.values[:, :, :17].copy()),
        name="PET",
        coloured=True,
        low=0.0,
        high=1.0,
        blend=1.0,
    )
    before = colour_at(view, (20.0, 20.0, 13.0))
    view.set_overlay_image(overlay)
    assert colour_at(view, (20.0, 20.0, 13.0)) == before
    assert colour_at(view, BODY) != colour_at(view, (20.0, 20.0, 13.0))


def test_its_words_stand_in_the_corner_and_its_value_at_the_pointer(view, qtbot):
    plane = view.plane()
    assert not any("PET" in line for line in view._words(plane).bottom_left)
    view.set_overlay_image(pet(0.5))
    assert "PET 0–10   50%" in view._words(plane).bottom_left  # noqa: RUF001
    x, y = plane.screen_from_lps(BODY)
    qtbot.mouseMove(view, QPoint(round(x), round(y)))
    assert view._words(plane).top_right.endswith("HU   PET 0.8")
    view.set_overlay_image(None)
    assert view._words(plane).top_right.endswith("HU")
