"""Executed and planned needles in every view, checked by pixels where their points project to."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.rendering.needle_axes import NEEDLE_SIGHTS, needle_framing
from app.views.palette import DARK, EXECUTED_COLOUR
from app.views.review_step_values import ExecutedPath
from app.views.scene_view import SceneView
from app.views.slice_executed import ExecutedTool
from app.views.slice_needles import PLANNED
from app.views.slice_view import SliceView
from app.views.values import NeedlePath
from planning.geometry import unit, vec3
from planning.model.needle import Trajectory
from tests.app.scenes import grid_of, linear_volume

ENTRY, TIP = (-16.0, 18.0, 9.0), (7.0, -13.0, -3.0)
BESIDE = (3.0, 4.0, 5.0)
"""How far the planned needle lies from the executed one: nowhere do the two cross."""

ORANGE, BLUE = QColor(EXECUTED_COLOUR), QColor(DARK.accent)


def executed(entry=ENTRY, tip=TIP, *, on_mm: float = 0.0, specimen_mm: float = 0.0, **more):
    way = unit(np.subtract(tip, entry))
    deepest = vec3(np.array(tip) + on_mm * way)
    held = (vec3(np.array(deepest) - specimen_mm * way), deepest) if specimen_mm else None
    return ExecutedPath(
        key="C1", label="", entry_lps_mm=entry, tip_lps_mm=tip, deepest_lps_mm=deepest,
        radius_mm=1.5, specimen_lps_mm=held, stands_out=True, **more,
    )  # fmt: skip


def planned(*, selected=True) -> NeedlePath:
    entry, tip = (vec3(np.add(end, BESIDE)) for end in (ENTRY, TIP))
    way = unit(np.subtract(tip, entry))
    return NeedlePath(
        key="C1", label="", entry_lps_mm=entry, stop_lps_mm=vec3(np.array(tip) - 12.0 * way),
        tip_lps_mm=tip, specimen_lps_mm=(vec3(np.array(tip) - 12.0 * way), tip), radius_mm=1.5,
        selected=selected, stress=PLANNED,
    )  # fmt: skip


@pytest.fixture
def make(qtbot: QtBot):
    def _make(kind: str, grid_kind: str, needle: ExecutedPath | None) -> SliceView:
        view = SliceView(kind)
        qtbot.addWidget(view)
        view.resize(420, 420)
        view.set_volume(linear_volume(grid_of(grid_kind)))
        view.set_window(-2000.0, 10.0)  # nearly white, so that every colour stands out
        tool = ExecutedTool(view)
        view.add_tool(tool)
        tool.set_needles((needle,) if needle else (), legend=False)
        if kind in NEEDLE_SIGHTS:
            path = Trajectory(needle.entry_lps_mm, needle.tip_lps_mm)
            view.set_framing(needle_framing(kind, path, path.insertion_depth_mm / 2.0))
        view.show()
        return view

    return _make


def near(colour: QColor, other: QColor, off: int = 40) -> bool:
    pairs = zip(colour.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) <= off for a, b in pairs)


def seen(view: SliceView, point_lps_mm, colour: QColor, reach_px: int = 3) -> bool:
    """Tell whether a colour is seen close to where a point projects."""
    image = view.grab().toImage()
    x, y = view.plane().screen_from_lps(point_lps_mm).tolist()
    around = range(-reach_px, reach_px + 1)
    places = [(int(x) + dx, int(y) + dy) for dx in around for dy in around]
    return any(near(image.pixelColor(*p), colour) for p in places if image.rect().contains(*p))


def at(share: float, entry=ENTRY, tip=TIP):
    return vec3(np.array(entry) + share * np.subtract(tip, entry))


@pytest.mark.parametrize("grid_kind", ["plain", "permuted", "flipped", "oblique"])
@pytest.mark.parametrize("kind", ["axial", "coronal", "sagittal"])
def test_it_is_seen_where_it_goes_through_a_slice(make, kind, grid_kind):
    view = make(kind, grid_kind, executed())
    for share in (0.2, 0.5, 0.9):
        view.set_crosshair(at(share))
        assert seen(view, at(share), ORANGE)
    far = np.array(at(0.5)) + 30.0 * np.array(view.plane().axes.normal_lps)
    view.set_crosshair(vec3(np.clip(far, -25.0, 25.0)))
    mirrored = vec3(np.multiply(at(0.5), -1.0))
    assert not seen(view, mirrored, ORANGE)


@pytest.mark.parametrize("grid_kind", ["plain", "oblique"])
@pytest.mark.parametrize("kind", ["along_axial", "along_head"])
def test_along_itself_all_of_it_is_seen(make, kind, grid_kind):
    view = make(kind, grid_kind, executed())
    assert all(seen(view, at(share), ORANGE) for share in (0.05, 0.35, 0.65, 0.95))
    past = at(1.25)
    assert not seen(view, past, ORANGE)


@pytest.mark.parametrize("grid_kind", ["plain", "oblique"])
def test_across_it_is_a_disc_of_its_size(make, grid_kind):
    view = make("eye", grid_kind, executed())
    plane = view.plane()
    image = view.grab().toImage()
    x, y = plane.screen_from_lps(at(0.5)).tolist()
    radius = 1.5 / plane.mm_per_pixel
    assert near(image.pixelColor(int(x), int(y)), ORANGE)
    assert near(image.pixelColor(int(x + radius * 0.8), int(y)), ORANGE)
    assert not near(image.pixelColor(int(x + radius * 1.6), int(y)), ORANGE)


def test_what_is_inferred_is_broken_and_what_was_seen_is_not(make):
    needle = executed(tip=at(0.7), on_mm=11.0)
    view = make("along_head", "plain", needle)
    image = view.grab().toImage()

    def share_of(first, last):
        steps = np.linspace(first, last, 160)
        xy = view.plane().screen_from_lps([at(s) for s in steps])
        return np.mean([near(image.pixelColor(int(x), int(y)), ORANGE) for x, y in xy])

    assert share_of(0.05, 0.62) > 0.95
    length = np.linalg.norm(np.subtract(TIP, ENTRY))
    assert 0.2 < share_of(0.74, 0.7 + 10.0 / length) < 0.9


def test_the_specimen_is_a_white_line_inside(make):
    view = make("along_head", "plain", executed(specimen_mm=12.0))
    white = QColor("#ffffff")
    view.set_window(4000.0, 10.0)  # black behind it
    assert seen(view, at(0.9), white, reach_px=1)
    assert not seen(view, at(0.3), white, reach_px=1)


@pytest.mark.parametrize("grid_kind", ["plain", "oblique"])
def test_planned_and_executed_are_told_apart_in_one_picture(make, grid_kind):
    view = make("axial", grid_kind, executed())
    view.set_needles((planned(),))
    view.set_crosshair(at(0.5))
    assert seen(view, at(0.5), ORANGE)
    beside = vec3(np.add(at(0.5), BESIDE))
    view.set_crosshair(beside)
    assert seen(view, beside, BLUE, reach_px=12)
    assert not seen(view, beside, ORANGE, reach_px=2)


def test_only_the_selected_plan_has_an_outline(make):
    def blue_pixels(selected: bool) -> int:
        view = make("axial", "plain", None)
        view.set_needles((planned(selected=selected),))
        view.set_crosshair(vec3(np.add(at(0.5), BESIDE)))
        image = view.grab().toImage()
        places = ((x, y) for x in range(100, 320) for y in range(100, 320))
        return sum(near(image.pixelColor(x, y), BLUE) for x, y in places)

    assert blue_pixels(selected=True) > blue_pixels(selected=False) + 20


def test_a_legend_says_which_is_which_where_there_is_room(make):
    view = make("axial", "plain", executed())
    tool = view._tools[0]
    tool.set_needles((executed(),), legend=False)
    without = view.grab().toImage()
    tool.set_needles((executed(),), legend=True)
    assert view.grab().toImage() != without
    view.resize(200, 160)
    small = view.grab().toImage()
    tool.set_needles((executed(),), legend=False)
    assert view.grab().toImage() == small


@pytest.fixture
def scene(qtbot: QtBot) -> SceneView:
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(420, 420)
    view.show()
    return view


def test_in_3d_both_needles_lie_where_their_points_project(scene):
    scene.set_executed((executed(specimen_mm=12.0),))
    scene.set_needles((planned(),))
    scene.reset_view()
    image = scene.grab().toImage()

    def count(point, colour) -> int:
        place = scene.place_of(vec3(point))
        around = range(-4, 5)
        at_px = [(int(place.x()) + dx, int(place.y()) + dy) for dx in around for dy in around]
        return sum(near(image.pixelColor(*p), colour, 60) for p in at_px)

    assert count(at(0.3), ORANGE) > 5
    assert count(at(0.3), BLUE) == 0
    shares = np.linspace(0.05, 0.95, 40)
    blue = [count(np.add(at(s), BESIDE), BLUE) > 3 for s in shares]
    assert any(blue)
    orange = [count(at(s), ORANGE) > 3 for s in np.linspace(0.1, 0.6, 20)]
    assert all(orange)  # solid
    scene.set_executed(())
    image = scene.grab().toImage()
    assert count(at(0.3), ORANGE) == 0
