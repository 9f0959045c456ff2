"""The heat map in real windows: coloured on the right side, explained, and chosen by a click."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from app.presenters.heat_map import SKIN_KEY, skin_heat
from app.rendering.heat_sheet import heat_sheet
from app.views.heat_tools import HeatSceneTool, HeatSliceTool
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from planning.model.case import Position
from tests.app import heat_phantom

LEFT = Qt.MouseButton.LeftButton


def heat():
    made, points = heat_phantom.anatomy(), heat_phantom.anatomy().skin.points_lps_mm
    return skin_heat(made, points, heat_phantom.best().trajectory.tip_lps_mm)


@pytest.fixture
def axial(qtbot):
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.set_position(Position.PRONE)
    view.set_volume(heat_phantom.torso().images.ct)
    view.set_crosshair((-30.0, 0.0, heat_phantom.best().trajectory.entry_lps_mm[2]))
    view.show()
    return view


@pytest.fixture
def scene(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(400, 320)
    tool = HeatSceneTool(view)
    made = heat_phantom.anatomy()
    tool.set_sheet(heat_sheet(made.body, made.skin.points_lps_mm), SKIN_KEY)
    tool.set_heat(heat())
    view.set_position(Position.PRONE)
    view.reset_view()
    view.show()
    view.grab()
    return view, tool


def colourful(image, rows: range, before=None) -> np.ndarray:
    """Return the places of strongly coloured pixels, of those that have changed if so wished."""
    found = []
    for y in rows:
        for x in range(image.width()):
            colour = image.pixelColor(x, y).getRgb()[:3]
            changed = before is None or image.pixel(x, y) != before.pixel(x, y)
            if max(colour) - min(colour) > 50 and changed:
                found.append((x, y))
    return np.array(found).reshape(-1, 2)


def place_of(view, point_lps_mm) -> QPoint:
    x, y = view.plane().screen_from_lps(point_lps_mm)
    return QPoint(round(x), round(y))


def test_marks_lie_outside_the_skin_on_the_side_that_may_be_entered(axial):
    before = axial.grab().toImage()
    tool = HeatSliceTool((axial,))
    tool.set_heat(heat())
    image = axial.grab().toImage()
    middle = place_of(axial, (heat_phantom.MIDLINE_X_MM, 45.0, 0.0))
    rows = range(max(0, middle.y() - 14), middle.y() + 4)
    found = colourful(image, rows, before)
    assert len(found) > 50
    # Prone, from the feet: the patient's right is on the right, their back on top.
    assert found[:, 0].min() >= middle.x() - 4
    on_the_back = found[:, 0] < place_of(axial, (-54.0, 45.0, 0.0)).x()
    assert found[on_the_back, 1].max() <= middle.y() + 1


def test_hovering_explains_and_a_click_asks_for_that_entry(axial, qtbot):
    tool, shown = HeatSliceTool((axial,)), heat()
    tool.set_heat(shown)
    entry = heat_phantom.best().trajectory.entry_lps_mm
    asked = []
    tool.signals.entry_requested.connect(asked.append)
    before = axial.grab().toImage()
    qtbot.mouseMove(axial, place_of(axial, entry))
    assert axial.grab().toImage() != before
    under = axial.plane().lps_from_screen(*axial_point(axial, entry))
    nearest = int(np.argmin(np.linalg.norm(shown.points_lps_mm - under, axis=1)))
    qtbot.mouseClick(axial, LEFT, pos=place_of(axial, entry))
    assert asked == [tuple(shown.points_lps_mm[nearest])]
    assert "score" in shown.words(nearest)


def axial_point(view, point) -> tuple[float, float]:
    place = place_of(view, point)
    return float(place.x()), float(place.y())


@pytest.mark.parametrize("case", ["far", "measuring", "off", "dragged", "shift"])
def test_other_clicks_stay_with_the_view(axial, qtbot, case):
    tool = HeatSliceTool((axial,))
    tool.set_heat(None if case == "off" else heat())
    tool.set_takes_clicks(case != "measuring")
    asked = []
    tool.signals.entry_requested.connect(asked.append)
    entry = heat_phantom.best().trajectory.entry_lps_mm
    place = place_of(axial, heat_phantom.best().trajectory.tip_lps_mm if case == "far" else entry)
    shift = Qt.KeyboardModifier.ShiftModifier if case == "shift" else Qt.KeyboardModifier(0)
    qtbot.mousePress(axial, LEFT, shift, pos=place)
    if case == "dragged":
        qtbot.mouseMove(axial, place + QPoint(20, 30))
    qtbot.mouseRelease(axial, LEFT, shift, pos=place)
    assert asked == []


def test_3_d_colours_the_same_side(scene):
    view, _ = scene
    image = view.grab().toImage()
    middle = view.place_of((heat_phantom.MIDLINE_X_MM, 45.0, 0.0))
    legend = range(view.height() - 60)
    found = colourful(image, legend)
    assert len(found) > 100
    assert found[:, 0].min() > middle.x() - 12  # a prone patient's right, seen from their back
    best = heat_phantom.best().trajectory.entry_lps_mm
    place = view.place_of(best)
    away = np.hypot(found[:, 0] - place.x(), found[:, 1] - place.y())
    assert away.min() < 4


def test_a_click_in_3_d_asks_for_the_point_seen_there(scene, qtbot):
    view, tool = scene
    shown = heat()
    (entry,) = [int(np.nanargmax(shown.scores))]
    place = view.place_of(shown.point_lps_mm(entry)).toPoint()
    with qtbot.waitSignal(tool.signals.entry_requested, timeout=3000) as asked:
        qtbot.mouseClick(view, LEFT, pos=place)
    assert np.linalg.norm(np.subtract(asked.args[0], shown.point_lps_mm(entry))) < 5.0


def test_turning_and_enlarging_place_no_needle(scene, qtbot):
    view, tool = scene
    asked = []
    tool.signals.entry_requested.connect(asked.append)
    place = view.place_of(heat_phantom.best().trajectory.entry_lps_mm).toPoint()
    qtbot.mousePress(view, LEFT, pos=place)
    qtbot.mouseMove(view, place + QPoint(30, 0))
    qtbot.mouseMove(view, place)
    qtbot.mouseRelease(view, LEFT, pos=place)
    qtbot.mouseClick(view, LEFT, pos=place)
    qtbot.mouseDClick(view, LEFT, pos=place)
    qtbot.wait(700)
    assert asked == []


def test_the_far_side_of_the_body_is_not_met(scene):
    view, _ = scene
    ray = view.ray_lps_mm(QPointF(view.place_of((-20.0, 45.0, 0.0))))
    shown = heat()
    found = shown.first_on_ray(ray, 6.0)
    assert found is not None
    assert np.linalg.norm(shown.points_lps_mm[found] - (-20.0, 45.0, 0.0)) < 7.0
    outside = view.ray_lps_mm(QPointF(2.0, 2.0))
    assert shown.first_on_ray(outside, 6.0) is None


def test_colours_for_other_points_than_the_sheets_are_not_shown(scene):
    view, tool = scene
    legend = range(view.height() - 60)
    assert len(colourful(view.grab().toImage(), legend)) > 0
    other = heat_phantom.anatomy()
    moved = skin_heat(
        other, other.skin.points_lps_mm.copy(), heat_phantom.best().trajectory.tip_lps_mm
    )
    tool.set_heat(moved)
    assert len(colourful(view.grab().toImage(), legend)) == 0


def test_a_rejected_place_says_why_and_that_a_click_enters_there_all_the_same():
    made = heat()
    rejected = int(np.flatnonzero(made.reason >= 0)[0])
    words = made.words(rejected)
    assert made.reasons[made.reason[rejected]] in words
    assert words.endswith("a click enters here all the same")
