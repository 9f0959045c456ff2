"""What the 3-D view shows, checked by where colours are seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.rendering.surfaces import build_surfaces
from app.views.overlays import Overlays
from app.views.scene_view import SceneView
from app.views.values import NeedlePath, StructureStyle
from planning.model.case import Position
from tests.app.scenes import ball, grid_of

RIGHT, LEFT = (-20.0, 0.0, 10.0), (20.0, 0.0, -10.0)


@pytest.fixture
def view(qtbot):
    made = SceneView()
    qtbot.addWidget(made)
    made.resize(320, 240)
    grid = grid_of("plain")
    masks = {"red": ball(grid, RIGHT, 7.0), "green": ball(grid, LEFT, 7.0)}
    made.set_styles(
        (StructureStyle(key="red", colour="#ff0000"), StructureStyle(key="green", colour="#00ff00"))
    )
    made.set_surfaces(build_surfaces(masks))
    made.show()
    return made


def centre_of(view: SceneView, channel: int) -> np.ndarray | None:
    """Return the mean place of the pixels in which one colour channel dominates."""
    image = view.grab().toImage()
    found = []
    for x in range(90, view.width(), 2):
        for y in range(0, view.height(), 2):
            colour = list(image.pixelColor(x, y).getRgb()[:3])
            own = colour.pop(channel)
            if own > 60 and own > 2 * max(colour):
                found.append((x, y))
    return np.mean(found, axis=0) if found else None


@pytest.mark.parametrize(("position", "sign"), [(Position.SUPINE, -1), (Position.PRONE, +1)])
def test_the_first_look_is_from_the_biopsy_side_with_the_head_up(view, position, sign):
    view.set_position(position)
    red, green = centre_of(view, 0), centre_of(view, 1)
    assert red is not None
    assert green is not None
    assert np.sign(red[0] - green[0]) == sign  # the patient's right
    assert red[1] < green[1]  # the head


def test_styles_hide_and_recolour(view):
    view.set_styles(
        (
            StructureStyle(key="red", colour="#0000ff"),
            StructureStyle(key="green", colour="#00ff00", visible=False),
        )
    )
    assert centre_of(view, 0) is None
    assert centre_of(view, 1) is None
    assert centre_of(view, 2) is not None


def test_a_selected_needle_is_seen_even_behind_a_structure(view):
    view.set_position(Position.SUPINE)
    before = view.grab().toImage()
    behind = NeedlePath(
        key="n",
        label="1",
        entry_lps_mm=(-20.0, 28.0, 10.0),
        stop_lps_mm=(-20.0, 20.0, 10.0),
        tip_lps_mm=(-20.0, 10.0, 10.0),
        specimen_lps_mm=((-20.0, 20.0, 10.0), (-20.0, 10.0, 10.0)),
        radius_mm=1.5,
        selected=True,
    )
    view.set_needles((behind,))
    after = view.grab().toImage()
    red = centre_of(view, 0)
    assert red is not None
    box = [(x, y) for x in range(int(red[0]) - 25, int(red[0]) + 25) for y in range(view.height())]
    brighter = [after.pixelColor(x, y).blue() - before.pixelColor(x, y).blue() for x, y in box]
    assert max(brighter) > 80


def test_a_core_of_the_set_shows_its_specimen_in_3_d_too(view):
    view.set_position(Position.SUPINE)
    ghost = NeedlePath(
        key="n",
        label="1",
        entry_lps_mm=(20.0, -28.0, 0.0),
        stop_lps_mm=(0.0, -28.0, 0.0),
        tip_lps_mm=(-20.0, -28.0, 0.0),
        specimen_lps_mm=((0.0, -28.0, 0.0), (-20.0, -28.0, 0.0)),
        radius_mm=1.5,
    )

    def white(needle: NeedlePath) -> int:
        view.set_needles((needle,))
        image = view.grab().toImage()
        pixels = (image.pixelColor(x, y) for x in range(view.width()) for y in range(view.height()))
        return sum(min(c.red(), c.green(), c.blue()) > 215 for c in pixels)

    assert white(replace(ghost, core=True)) > white(ghost) + 20


def test_a_drag_turns_and_home_turns_back(view, qtbot):
    view.set_position(Position.SUPINE)
    before = centre_of(view, 0)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 120))
    for step in range(1, 6):
        qtbot.mouseMove(view, QPoint(100 + 20 * step, 120))
        view.grab()
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    turned = centre_of(view, 0)
    assert np.linalg.norm(turned - before) > 15
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert centre_of(view, 0) == pytest.approx(before, abs=2)


def test_a_closed_view_bears_every_setter(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.close_rendering()
    view.close_rendering()
    view.set_surfaces({})
    view.set_styles(())
    view.set_needles(())
    view.reset_view()
    view.set_message("Building surfaces")
    view.show()
    view.grab()


@pytest.mark.parametrize("position", [Position.SUPINE, Position.PRONE])
def test_a_ray_through_where_a_point_is_seen_meets_the_point(view, position):
    view.set_position(position)
    view.grab()
    for point in (RIGHT, LEFT, (3.0, -8.0, 17.0)):
        near, far = (np.array(end) for end in view.ray_lps_mm(view.place_of(point)))
        along = (far - near) / np.linalg.norm(far - near)
        away = np.array(point) - near
        assert np.linalg.norm(away - (away @ along) * along) < 1e-3
        assert 0.0 < away @ along < np.linalg.norm(far - near)


def test_a_narrow_view_still_shows_both_sides_of_the_patient(view):
    view.resize(600, 400)
    view.set_position(Position.PRONE)
    view.grab()
    view.resize(110, 400)
    view.grab()
    for point in (RIGHT, LEFT):
        place = view.place_of(point)
        assert 0.0 <= place.x() <= view.width()


ACROSS = NeedlePath(
    key="n",
    label="1",
    entry_lps_mm=(-24.0, -28.0, 0.0),
    stop_lps_mm=(0.0, -28.0, 0.0),
    tip_lps_mm=(16.0, -28.0, 0.0),
    specimen_lps_mm=((0.0, -28.0, 0.0), (16.0, -28.0, 0.0)),
    radius_mm=1.5,
    selected=True,
    envelope_mm=((0.0, 3.0), (20.0, 6.0), (40.0, 9.0)),
)


def bluish(view: SceneView) -> np.ndarray:
    """Return where blue dominates, by row and column."""
    image = view.grab().toImage()
    colours = np.array(
        [
            [image.pixelColor(x, y).getRgb()[:3] for x in range(view.width())]
            for y in range(view.height())
        ],
        dtype=int,
    )
    return colours[..., 2] - colours[..., 0] > 25


def test_the_envelope_is_as_wide_as_it_says_at_each_depth(view):
    view.set_position(Position.SUPINE)
    view.set_surfaces({})  # only the needle
    view.set_needles((ACROSS,))
    view.set_overlays(Overlays(labels=False))
    blue = bluish(view)
    for depth, radius in ((8.0, 4.2), (20.0, 6.0), (30.0, 7.5)):
        middle = (-24.0 + depth, -28.0, 0.0)
        x = view.place_of(middle).x()
        px_per_mm = (view.place_of((10.0, -28.0, 0.0)).x() - x) / (10.0 - middle[0])
        seen = np.count_nonzero(blue[:, round(x)])
        # The view is tilted by 17 degrees, which a round tube does not show.
        assert seen / px_per_mm == pytest.approx(2.0 * radius, abs=1.2), depth


def test_envelope_ghosts_and_labels_can_be_switched_off(view):
    view.set_position(Position.SUPINE)
    view.set_surfaces({})
    ghost = replace(
        ACROSS,
        key="g",
        label="2",
        selected=False,
        envelope_mm=(),
        entry_lps_mm=(-24.0, -28.0, 14.0),
        tip_lps_mm=(16.0, -28.0, 14.0),
    )
    view.set_needles((ACROSS, ghost))
    everything = np.count_nonzero(bluish(view))
    view.set_overlays(Overlays(envelope=False))
    assert np.count_nonzero(bluish(view)) < 0.6 * everything

    def bright_above() -> int:
        image = view.grab().toImage()
        high = round(view.place_of((0.0, -28.0, 10.0)).y())
        return sum(
            image.pixelColor(x, y).lightness() > 90
            for x in range(20, view.width())
            for y in range(24, high)
        )

    with_ghost = bright_above()
    view.set_overlays(Overlays(envelope=False, ghosts=False))
    without = bright_above()
    assert without < with_ghost / 4


def test_a_needle_that_stays_is_not_made_anew(view):
    view.set_needles((ACROSS,))
    (props,) = view._scene._needles.values()
    view.set_needles((ACROSS, replace(ACROSS, key="m", selected=False, tip_lps_mm=RIGHT)))
    assert props in view._scene._needles.values()
    view.set_needles(())
    assert view._scene._needles == {}
