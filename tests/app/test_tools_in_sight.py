"""What the left button does is always named, and what is approved or rejected says so at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.tool_strip import ToolStrip
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.plan import PlanResult


@pytest.fixture
def desk(qtbot: QtBot, case: Case, images: CaseImages) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.session.open(case, images)
    made.window.show_pictures()
    qtbot.waitUntil(lambda: not made.is_busy, timeout=60_000)
    yield made
    made.window.close()


def strip(desk: Desk) -> ToolStrip:
    return desk.window.findChild(ToolStrip)


def pressed_in(desk: Desk) -> list[str]:
    buttons = strip(desk).findChildren(QToolButton)
    return [button.accessibleName() for button in buttons if button.isChecked()]


def test_the_tool_in_the_hand_is_named_and_its_button_pressed_in(desk: Desk) -> None:
    assert strip(desk).text() == "Crosshair"
    assert pressed_in(desk) == ["Crosshair (C)"]
    desk.window.actions_by_key["tool_distance"].trigger()
    assert strip(desk).text() == "Distance (Esc ends)"
    assert pressed_in(desk) == ["Distance (D)"]
    desk.window.structures.set_current("tumour")
    desk.window.actions_by_key["brush"].trigger()
    assert strip(desk).text() == "Painting on lesion (Esc ends)"
    desk.window.structures.set_current("nerve")
    assert strip(desk).text() == "Painting on sciatic nerve (Esc ends)"
    desk.window.actions_by_key["eraser"].trigger()
    assert strip(desk).text() == "Erasing sciatic nerve (Esc ends)"
    QTest.keyClick(desk.window.axial, Qt.Key.Key_Escape)
    assert strip(desk).text() == "Crosshair"
    assert pressed_in(desk) == ["Crosshair (C)"]


def test_a_button_takes_its_tool_and_a_disabled_one_says_why_not(desk: Desk) -> None:
    buttons = {b.accessibleName(): b for b in strip(desk).findChildren(QToolButton)}
    QTest.mouseClick(buttons["HU in a disc (H)"], Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert desk.measuring.tool.value == "hu"
    assert pressed_in(desk) == ["HU in a disc (H)"]
    assert not buttons["Brush (B)"].isEnabled()
    assert "Select a structure" in buttons["Brush (B)"].toolTip()


def test_escape_ends_a_tool_wherever_the_focus_is_and_a_second_press_keeps_it(desk: Desk) -> None:
    buttons = {b.accessibleName(): b for b in strip(desk).findChildren(QToolButton)}
    for _ in range(2):
        QTest.mouseClick(buttons["Distance (D)"], Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
        assert pressed_in(desk) == ["Distance (D)"]
    QTest.keyClick(desk.window.table, Qt.Key.Key_Escape)
    assert pressed_in(desk) == ["Crosshair (C)"]


def test_an_approved_case_offers_nothing_that_would_change_it(desk: Desk, plan: PlanResult) -> None:
    desk.window.structures.set_current("tumour")
    desk.session.apply("Plan", replace(desk.session.case, plan=plan))
    approval = Approval(
        approved_by="AW",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="",
        candidate_ids=("T1",),
    )
    desk.session.seal(replace(desk.session.case, approval=approval))
    QApplication.processEvents()
    actions = desk.window.actions_by_key
    for key in ("plan", "place_entry", "place_tip", "edit_path", "brush", "eraser"):
        assert not actions[key].isEnabled(), key
        assert "approved by AW" in actions[key].toolTip(), key
    actions["fork"].trigger()
    assert actions["brush"].isEnabled()
    assert actions["plan"].isEnabled()


def test_what_was_undone_is_not_said_for_ever(desk: Desk, case: Case) -> None:
    window = desk.window
    desk.session.apply("Paint on lesion", replace(case, remarks="x"))
    window.actions_by_key["undo"].trigger()
    assert "Undone" in window.status.said
    desk.session.apply("Paint on lesion", replace(case, remarks="y"))
    assert "Undone" not in window.status.said
    assert "F1 keys" in window.status.said


def test_how_the_plan_was_made_is_not_said_of_a_plan_that_is_gone(
    desk: Desk, plan: PlanResult
) -> None:
    desk.session.apply("Plan", replace(desk.session.case, plan=plan))
    desk.window.status.say_planned("planned in 1.2 s")
    desk.session.undo_stack.undo()
    words = [label.text() for label in desk.window.statusBar().findChildren(QLabel)]
    assert "planned in 1.2 s" not in words
