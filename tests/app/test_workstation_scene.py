"""Heat map, images and saved pictures where they stand in the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from app.application import build_desk
from app.views.images_panel import ImagesPanel
from app.views.values import Tool
from tests import pet_phantom
from tests.app import heat_phantom

WITH_PET = """
schema_version = 1
[case]
name = "PET"
planning_ct = "ct.nii.gz"
[[structure]]
role = "tumour"
mask = "tumour.nii.gz"
[[image]]
kind = "pet"
path = "pet.nii.gz"
unit = "SUV"
"""


@pytest.fixture
def desk(qtbot):
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1500, 900)
    made.window.show()
    yield made
    made.window.close()


@pytest.fixture
def planned(desk):
    phantom = heat_phantom.torso()
    desk.session.open(phantom.case, phantom.images)
    desk.window.show_pictures()
    desk.session.set_anatomy(heat_phantom.anatomy())
    desk.view_state.set_draft(heat_phantom.best())
    desk.heat_map.show_map()
    return desk


def test_the_heat_map_is_switched_by_its_action_which_says_why_it_cannot(desk, qtbot):
    action = desk.window.actions_by_key["heat_map"]
    assert not action.isEnabled()
    assert "Open a case" in action.toolTip()
    assert action.shortcut().toString() == "M"


def test_switched_on_it_is_shown_and_a_click_is_passed_on(planned, qtbot):
    action = planned.window.actions_by_key["heat_map"]
    assert action.isEnabled()
    action.trigger()
    assert planned.view_state.shown.heat_map
    assert action.isChecked()
    planned.heat_map.show_map()
    qtbot.waitUntil(lambda: planned.heat_map.is_settled, timeout=30000)
    axial = planned.window.axial
    entry = heat_phantom.best().trajectory.entry_lps_mm
    planned.view_state.set_crosshair((0.0, 0.0, entry[2]))
    place = axial.plane().screen_from_lps(entry)
    asked = []
    planned.heat_map.entry_requested.connect(asked.append)
    pointer = QPoint(round(place[0]), round(place[1]))
    planned.measuring.choose(Tool.DISTANCE)
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=pointer)
    assert asked == []  # a distance is being measured
    planned.measuring.choose(Tool.CROSSHAIR)
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=pointer)
    assert len(asked) == 1
    assert abs(asked[0][0] - entry[0]) < 5.0
    action.trigger()
    assert planned.view_state.shown.heat_map is False


def test_a_pet_is_laid_over_every_slice_from_the_panel(desk, tmp_path):
    pet_phantom.write(tmp_path)
    loaded = pet_phantom.opened(tmp_path, WITH_PET)
    desk.session.open(loaded.case, loaded.images)
    desk.window.show_pictures()
    desk.window.show_step("images")
    panel = desk.window.findChild(ImagesPanel)
    assert panel.isVisible()
    panel.second_chosen.emit("pet.nii.gz")
    for view in desk.window.slices[:3]:
        assert "PET 0–10 SUV   50%" in view._words(view.plane()).bottom_left  # noqa: RUF001
    panel.second_chosen.emit("")
    assert not any("PET" in line for line in desk.window.axial._words(_plane(desk)).bottom_left)


def _plane(desk):
    return desk.window.axial.plane()


def test_the_focused_view_is_saved_else_all_of_them(planned, qtbot, tmp_path, monkeypatch):
    names = iter((tmp_path / "all.png", tmp_path / "axial.png"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(next(names)), ""))
    window = planned.window
    window.actions_by_key["save_picture"].trigger()
    window.axial.setFocus()
    qtbot.waitUntil(window.axial.hasFocus)
    window.actions_by_key["save_picture"].trigger()
    assert QImage(str(tmp_path / "all.png")).width() == window.grid.width()
    assert QImage(str(tmp_path / "axial.png")).width() == window.axial.width()
    assert all(any("Save picture" in a.text() for a in v.actions()) for v in window.pictures.all)
