"""The real window: plan, approve, find it locked, fork, save, open again, recover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.approval_panel import ApprovalPanel
from app.views.recovery_strip import RecoveryStrip
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.records.case_writer import save_case

Start = Callable[[], Desk]


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Start]:
    made: list[Desk] = []

    def begin() -> Desk:
        desk = build_desk(data_dir=tmp_path / "data")
        qtbot.addWidget(desk.window)
        desk.window.resize(1600, 1000)
        desk.window.show()
        made.append(desk)
        return desk

    yield begin
    for desk in made:
        desk.window.close()


@pytest.fixture
def saved(tmp_path: Path, case: Case, images: CaseImages, plan: PlanResult) -> Path:
    save_case(replace(case, plan=plan), images, tmp_path / "Iliac")
    return tmp_path / "Iliac"


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=60_000)
    qtbot.wait(20)


def opened(desk: Desk, folder: Path, qtbot: QtBot) -> None:
    desk.open_case(folder)
    settle(desk, qtbot)
    desk.view_state.select("T1")


def words(widget: QWidget) -> str:
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return "\n".join(labels)


def button(widget: QWidget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text)


def panel_of(desk: Desk) -> ApprovalPanel:
    return desk.window.findChild(ApprovalPanel)


def tick_everything(panel: ApprovalPanel) -> None:
    for tick in panel.findChildren(QCheckBox):
        if tick.isVisible():
            tick.setChecked(True)
    for line in panel.findChildren(QLineEdit):
        if line.isVisible() and not line.text():
            line.setText("words")


def test_a_plan_is_approved_locked_forked_and_found_again(
    start: Start, saved: Path, qtbot: QtBot
) -> None:
    desk = start()
    opened(desk, saved, qtbot)
    window, panel = desk.window, panel_of(desk)
    assert "Draft 1" in words(window.banner) + str(window.banner._details.accessibleName())
    window.actions_by_key["approve"].trigger()
    assert panel.isVisible()
    approve = button(panel, "Approve: Trajectory 1")
    assert not approve.isEnabled()
    assert "Still to be confirmed: Side and site" in approve.toolTip()
    assert "no mask of any vessel" in words(panel), "what was not checked is read here"
    tick_everything(panel)
    assert approve.isEnabled()
    approve.click()
    settle(desk, qtbot)
    assert desk.session.case.approval is not None
    assert (saved / "approval.json").exists()
    assert window.windowTitle() == "Iliac lesion[*] - Trephine"
    assert not window.isWindowModified()
    assert "Approved by" in words(panel)
    assert not window.actions_by_key["plan"].isEnabled()
    assert "cannot change" in window.actions_by_key["plan"].toolTip()
    assert "What came before the approval stays" in window.actions_by_key["undo"].toolTip()
    desk.planning.choose_indication("infection")
    assert "cannot change" in window.message.text()
    assert desk.session.case.approval is not None
    window.actions_by_key["fork"].trigger()
    settle(desk, qtbot)
    assert desk.session.case.plan_number == 2
    assert "Plan 1" in panel.findChildren(QPushButton)[-1].text()
    assert (saved / "past" / "approval-1.json").exists()
    opened(desk, saved, qtbot)
    assert desk.session.case.past_plans[0].number == 1
    assert desk.session.case.approval is None


def test_typed_notes_are_undone_by_the_windows_undo(
    start: Start, saved: Path, qtbot: QtBot
) -> None:
    desk = start()
    opened(desk, saved, qtbot)
    desk.window.show_step("hand_over")
    edit = desk.window.findChild(QPlainTextEdit)
    desk.window.activateWindow()
    edit.setFocus()
    QTest.keyClicks(edit, "bleeds easily")
    assert desk.session.case.remarks == "bleeds easily"
    assert desk.window.isWindowModified()
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.session.case.remarks == ""
    assert edit.toPlainText() == ""
    assert not desk.window.isWindowModified()


def test_what_was_not_saved_is_offered_at_the_next_start_and_recent_cases_too(
    start: Start, saved: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    first = start()
    opened(first, saved, qtbot)
    first.life.plan.write_remarks("not saved")
    first.window.close()
    second = start()
    strip = second.window.findChild(RecoveryStrip)
    assert 'Recover "Iliac lesion", unsaved changes of' in strip.text()
    assert "Iliac" in [b.text() for b in second.window.empty.findChildren(QPushButton)]
    with qtbot.waitSignal(second.life.recovery.recovered, timeout=20_000):
        button(strip, "Recover").click()
    settle(second, qtbot)
    assert second.session.case.remarks == "not saved"
    assert second.window.right.isVisible(), "the case is shown"
    assert strip.text() == ""
    second.window.actions_by_key["save"].trigger()
    settle(second, qtbot)
    assert not second.window.isWindowModified()
    second.window.close()
    saved.rename(tmp_path / "moved")
    third = start()
    assert third.window.findChild(RecoveryStrip).text() == ""
    recent = button(third.window.empty, "Iliac")
    assert not recent.isEnabled()
    assert "is not there any more" in recent.toolTip()


def test_the_panel_is_reached_in_a_narrow_window(start: Start, saved: Path, qtbot: QtBot) -> None:
    desk = start()
    desk.window.resize(1280, 800)
    opened(desk, saved, qtbot)
    desk.window.actions_by_key["approve"].trigger()
    assert panel_of(desk).isVisible()
    panel = panel_of(desk)
    assert panel.visibleRegion().boundingRect().height() >= min(200, panel.height())
