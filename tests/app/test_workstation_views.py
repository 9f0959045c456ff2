"""The views in the real window: layouts, one view large, the depth, what is drawn over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.settings import Settings, load_settings
from app.view_state import Shown
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from tests.app.test_slice_view import turn_wheel


@pytest.fixture
def desk(qtbot: QtBot, case: Case, images: CaseImages, plan: PlanResult) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1400, 900)
    made.window.show()
    made.session.open(replace(case, plan=plan), images)
    made.window.show_pictures()
    settle(made, qtbot)
    yield made
    made.window.close()


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=60_000)
    qtbot.wait(20)


def visible(desk: Desk) -> set[str]:
    return {key for key, view in desk.window.pictures.views().items() if view.isVisible()}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("overview", {"axial", "coronal", "sagittal", "scene"}),
        ("adjust", {"axial", "along_axial", "along_head", "eye", "scene"}),
        (
            "review",
            {"axial", "coronal", "sagittal", "along_axial", "along_head", "eye", "scene"},
        ),
    ],
)
def test_the_menu_lays_the_views_out_and_ticks_the_layout(
    desk: Desk, qtbot: QtBot, key: str, expected: set[str]
) -> None:
    action = desk.window.actions_by_key[f"layout_{key}"]
    action.trigger()
    settle(desk, qtbot)
    assert visible(desk) == expected
    assert action.isChecked()
    assert desk.window.pictures.depth.isVisible() == ("eye" in expected)
    desk.window.show_step("hand_over")
    assert visible(desk) == expected


def test_function_keys_choose_layouts(desk: Desk, qtbot: QtBot) -> None:
    desk.window.activateWindow()
    QTest.keyClick(desk.window, Qt.Key.Key_F4)
    settle(desk, qtbot)
    assert len(visible(desk)) == 7
    QTest.keyClick(desk.window, Qt.Key.Key_F2)
    settle(desk, qtbot)
    assert len(visible(desk)) == 4


@pytest.mark.parametrize("key", ["eye", "along_axial", "along_head"])
def test_a_double_click_makes_a_needle_view_large_and_escape_small(
    desk: Desk, qtbot: QtBot, key: str
) -> None:
    desk.layouts.choose("adjust")
    settle(desk, qtbot)
    view = desk.window.pictures.views()[key]
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 2, 70))
    qtbot.wait(20)
    assert visible(desk) == {key}
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    qtbot.wait(20)
    assert len(visible(desk)) == 5


def test_escape_first_gives_up_a_tool_and_then_the_large_view(desk: Desk, qtbot: QtBot) -> None:
    axial = desk.window.axial
    desk.window.grid.set_large("axial")
    desk.window.actions_by_key["tool_distance"].trigger()
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    assert visible(desk) == {"axial"}
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    qtbot.wait(20)
    assert len(visible(desk)) == 4
    desk.window.grid.set_large("scene")
    QTest.keyClick(desk.window.scene, Qt.Key.Key_Escape)
    assert len(visible(desk)) == 4


def test_my_layout_is_saved_and_comes_back_at_the_next_start(desk: Desk, qtbot: QtBot) -> None:
    actions = desk.window.actions_by_key
    assert not actions["layout_mine"].isEnabled()
    assert "save them first" in actions["layout_mine"].toolTip()
    actions["layout_adjust"].trigger()
    desk.window.grid.set_large("eye")
    actions["save_layout"].trigger()
    assert actions["layout_mine"].isEnabled()
    assert actions["layout_mine"].isChecked()
    kept = Settings(layout="mine", my_layout=desk.layouts.kept)
    again = build_desk(Settings.model_validate_json(kept.model_dump_json()))
    qtbot.addWidget(again.window)
    assert again.window.grid.large == "eye"
    again.window.close()


@pytest.mark.parametrize("name", ["labels", "ghosts", "fills", "envelope"])
def test_the_menu_says_what_is_drawn_over_the_views(desk: Desk, name: str) -> None:
    action = desk.window.actions_by_key[f"show_{name}"]
    assert action.isChecked()
    action.trigger()
    assert desk.view_state.shown == replace(Shown(), **{name: False})
    for view in desk.window.slices:
        assert not getattr(view._overlays, name)
    desk.view_state.set_shown(Shown())
    assert action.isChecked()


def test_a_letter_toggles_while_a_view_has_the_focus(desk: Desk) -> None:
    desk.window.activateWindow()
    desk.window.axial.setFocus()
    QTest.keyClick(desk.window.axial, Qt.Key.Key_F)
    QTest.keyClick(desk.window.axial, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert desk.view_state.shown == Shown(fills=False, envelope=False)


def test_the_wheel_in_the_eye_moves_depth_slider_and_crosshair(desk: Desk, qtbot: QtBot) -> None:
    desk.layouts.choose("adjust")
    settle(desk, qtbot)
    path = desk.session.case.plan.candidates[0].trajectory
    pictures = desk.window.pictures
    desk.view_state.point_at_depth(11.0)
    turn_wheel(pictures.eye, 3)
    assert desk.view_state.depth_mm == 14.0
    assert pictures.depth.depth_mm == 14.0
    point = path.at_depth_mm(14.0)
    assert desk.view_state.crosshair_lps_mm == pytest.approx(point)
    for view in desk.window.slices:
        assert view.plane().depth_mm(point) == pytest.approx(0.0, abs=1e-6)
    qtbot.keyClick(pictures.depth, Qt.Key.Key_Left)
    assert desk.view_state.depth_mm == 13.0


def test_every_view_shows_the_selected_needle_with_its_envelope(desk: Desk) -> None:
    for view in desk.window.slices:
        (chosen,) = [n for n in view._needles if n.selected]
        depth, radius = np.array(chosen.envelope_mm).T
        length = desk.session.case.plan.candidates[0].trajectory.insertion_depth_mm
        assert depth[0] == 0.0
        assert depth[-1] > length
        assert (np.diff(radius) > 0.0).all()
        assert all(n.envelope_mm == () for n in view._needles if not n.selected)


def test_layouts_are_kept_as_soon_as_they_change(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    made = build_desk(data_dir=tmp_path)
    qtbot.addWidget(made.window)
    made.layouts.choose("review")
    made.layouts.save_mine()
    kept, said = load_settings(file)
    assert said == ()
    assert (kept.layout, kept.my_layout) == ("mine", made.layouts.kept)
    made.window.close()
