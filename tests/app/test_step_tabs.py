"""Tabs on the right: seen at their own steps, whenever they were added."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.step_tabs import StepTabs


def seen(tabs: StepTabs) -> list[str]:
    return [tabs.tabText(n) for n in range(tabs.count()) if tabs.isTabVisible(n)]


def test_a_tab_that_is_added_later_is_seen_only_at_its_steps(qtbot: QtBot) -> None:
    tabs = StepTabs()
    qtbot.addWidget(tabs)
    tabs.add(QLabel("a"), title="always")
    tabs.add(QLabel("b"), title="planned", steps=("plan",))
    tabs.show_step("plan")
    tabs.add(QLabel("c"), title="reviewed", steps=("review",))
    assert seen(tabs) == ["always", "planned"]
    tabs.show_step("review")
    assert seen(tabs) == ["always", "reviewed"]


def test_a_new_window_shows_the_tabs_of_planning(qtbot: QtBot) -> None:
    desk = build_desk()
    qtbot.addWidget(desk.window)
    shown = seen(desk.window.findChild(StepTabs))
    assert "Compare" in shown
    assert "Review" not in shown
    desk.window.actions_by_key["step_review"].trigger()
    assert "Review" in seen(desk.window.findChild(StepTabs))
    desk.window.close()
