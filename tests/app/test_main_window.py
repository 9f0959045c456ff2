"""The real window, without a display: open, plan, select, undo, and look at what it shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.settings import Settings
from app.views.patient_banner import NotCheckedChip
from app.views.slice_view import SliceView
from planning.geometry import Vec3
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.sample.sample_case import write_sample_case

PATIENCE_MS = 240_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample_case(folder, in_plane_size=160, slice_spacing_mm=3.0)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    yield made
    made.window.close()


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=PATIENCE_MS)
    qtbot.wait(20)


def white_along(view: SliceView, ends_lps_mm: tuple[Vec3, Vec3]) -> float:
    """Tell how much of a line is white where the view should show it."""
    image = view.grab().toImage()
    start, end = (np.array(point) for point in ends_lps_mm)
    shares = np.linspace(0.15, 0.85, 40)
    points = view.plane().screen_from_lps(start + shares[:, None] * (end - start))
    colours = [QColor(image.pixel(round(x), round(y))) for x, y in points]
    return float(np.mean([min(c.red(), c.green(), c.blue()) > 200 for c in colours]))


def shown_words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_a_first_start_says_what_to_do_and_what_this_is_not(desk: Desk) -> None:
    words = shown_words(desk.window)
    assert "Open a case" in words
    assert "Research use only. Not a medical device." in words
    assert not desk.window.right.isVisible()
    actions = desk.window.actions_by_key
    assert not actions["plan"].isEnabled()
    assert actions["plan"].toolTip() == "Open a case first."
    assert not actions["undo"].isEnabled()


def test_a_case_is_opened_planned_selected_and_undone(
    desk: Desk, qtbot: QtBot, sample: Path
) -> None:
    window, session = desk.window, desk.session
    window.open_case(sample)
    settle(desk, qtbot)
    assert "SAMPLE, PELVIS" in shown_words(window.banner)
    window.actions_by_key["plan"].trigger()
    assert not window.actions_by_key["plan"].isEnabled()
    assert window.actions_by_key["stop"].isEnabled()
    settle(desk, qtbot)
    plan = session.case.plan
    assert len(plan.candidates) >= 5
    assert "planned in" in shown_words(window.statusBar())
    assert f"STOP at {plan.candidates[0].criteria['stop_depth_mm']:.0f} mm" in shown_words(
        window.card
    )
    assert white_along(window.axial, plan.candidates[0].specimen_lps_mm) > 0.8
    window.actions_by_key["next"].trigger()
    second = plan.candidates[1]
    assert desk.view_state.selected == second.candidate_id
    middle = np.mean(second.specimen_lps_mm, axis=0)
    for view in window.slices:
        assert view.plane().depth_mm(middle) == pytest.approx(0.0, abs=1e-6)
    window.actions_by_key["undo"].trigger()
    assert session.case.plan is None
    assert not window.actions_by_key["export"].isEnabled()
    window.actions_by_key["redo"].trigger()
    assert session.case.plan is plan


def test_a_case_can_be_planned_as_soon_as_it_is_open(
    desk: Desk, qtbot: QtBot, sample: Path
) -> None:
    desk.open_case(sample, then_plan=True)
    settle(desk, qtbot)
    plan = desk.session.case.plan
    assert desk.view_state.selected == plan.candidates[0].candidate_id
    assert "STOP at" in shown_words(desk.window.card)
    desk.open_case(sample)
    settle(desk, qtbot)
    assert desk.session.case.plan is None


def test_only_the_case_that_was_to_be_planned_is(desk: Desk, qtbot: QtBot, sample: Path) -> None:
    desk.open_case(sample.parent / "not-there", then_plan=True)
    settle(desk, qtbot)
    desk.open_case(sample)
    settle(desk, qtbot)
    assert desk.session.case.plan is None


def test_planning_can_be_stopped(desk: Desk, qtbot: QtBot, sample: Path) -> None:
    window = desk.window
    window.open_case(sample)
    settle(desk, qtbot)
    window.actions_by_key["plan"].trigger()
    qtbot.waitUntil(lambda: desk.planning.job.is_running, timeout=5000)
    stop = next(
        b
        for b in window.planning_progress.findChildren(QAbstractButton)
        if "stop" in b.text().lower()
    )
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert not desk.planning.job.is_running
    assert desk.session.case.plan is None
    assert window.actions_by_key["plan"].isEnabled()


def test_an_error_stands_in_the_window_and_nothing_pops_up(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    desk.window.open_case(tmp_path / "not-there")
    settle(desk, qtbot)
    assert "not-there does not exist" in shown_words(desk.window.message)
    assert "Open a case" in shown_words(desk.window)


def test_a_folder_can_be_dropped_on_the_window(desk: Desk, qtbot: QtBot, sample: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(sample.parent))])
    event = QDropEvent(
        QPointF(800, 500),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    desk.window.dropEvent(event)
    settle(desk, qtbot)
    assert desk.session.case.name == "Sample: right iliac lesion"


def test_number_keys_set_the_window_of_every_view(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages
) -> None:
    desk.session.open(case, images)
    desk.window.show_pictures()
    desk.window.activateWindow()
    QTest.keyClick(desk.window, Qt.Key.Key_1)
    assert desk.view_state.window_hu == (400.0, 2000.0)
    settle(desk, qtbot)


def test_the_left_panel_folds_where_room_is_short(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages
) -> None:
    window = desk.window
    desk.session.open(case, images)
    window.show_pictures()
    settle(desk, qtbot)
    assert not window.left.is_folded
    wide = window.grid.width() / window.width()
    window.resize(1280, 800)
    qtbot.wait(20)
    assert window.left.is_folded
    assert window.grid.width() / window.width() > 0.63 > wide - 0.05
    window.left.pressed.emit("structures")
    assert not window.left.is_folded
    window.resize(1300, 800)
    qtbot.wait(20)
    assert not window.left.is_folded  # the user's choice holds


def test_one_view_can_be_large(desk: Desk, qtbot: QtBot, case: Case, images: CaseImages) -> None:
    window = desk.window
    desk.session.open(case, images)
    window.show_pictures()
    settle(desk, qtbot)
    small = window.coronal.size()
    QTest.mouseDClick(window.coronal, Qt.MouseButton.LeftButton, pos=QPoint(small.width() // 2, 60))
    qtbot.wait(20)
    assert window.coronal.width() > 1.9 * small.width()
    assert not window.axial.isVisible()
    window.grid.toggle_large("coronal")
    qtbot.wait(20)
    assert window.axial.isVisible()
    assert abs(window.coronal.width() - small.width()) <= 2


def test_why_there_is_no_trajectory_is_said(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages, plan: PlanResult
) -> None:
    desk.session.open(replace(case, plan=replace(plan, candidates=())), images)
    desk.window.show_pictures()
    settle(desk, qtbot)
    assert "No trajectory meets every limit." in shown_words(desk.window.table)
    assert not desk.window.actions_by_key["export"].isEnabled()


def test_what_was_not_checked_is_one_click_away(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages, plan: PlanResult
) -> None:
    window = desk.window
    crowded = tuple(replace(c, nearest=6 * c.nearest) for c in plan.candidates)
    desk.session.open(replace(case, plan=replace(plan, candidates=crowded)), images)
    window.show_pictures()
    window.resize(1280, 800)
    settle(desk, qtbot)
    assert "Not checked: 2" in shown_words(window.banner)
    heading = window.not_checked.findChildren(QLabel)[0]
    assert heading.visibleRegion().isEmpty()
    QTest.mouseClick(window.banner.findChild(NotCheckedChip), Qt.MouseButton.LeftButton)
    qtbot.wait(20)
    assert not heading.visibleRegion().isEmpty()


def test_the_window_comes_back_where_it_was(desk: Desk, qtbot: QtBot) -> None:
    desk.window.resize(1024, 765)
    again = build_desk(Settings(window_geometry=desk.window.place()))
    qtbot.addWidget(again.window)
    assert again.window.height() == 765
    again.window.close()


@pytest.mark.parametrize("geometry", ["", "AAAA", "AdnQywADAAD="])
def test_a_bad_place_is_no_place(desk: Desk, geometry: str) -> None:
    desk.window.restore_place(geometry)
    assert desk.window.height() >= desk.window.minimumHeight()
    assert desk.window.screen().geometry().contains(desk.window.geometry().center())


def test_closing_waits_for_no_job_longer_than_a_moment(
    desk: Desk, qtbot: QtBot, sample: Path
) -> None:
    desk.window.open_case(sample)
    began_s = time.monotonic()
    desk.window.close()
    assert not desk.is_busy
    assert time.monotonic() - began_s < 30.0


def test_a_step_that_is_nothing_but_its_panel_unfolds_it(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages
) -> None:
    window = desk.window
    desk.session.open(case, images)
    window.show_pictures()
    window.resize(1280, 800)
    settle(desk, qtbot)
    assert window.left.is_folded
    window.actions_by_key["step_structures"].trigger()
    assert not window.left.is_folded


def test_letters_stay_shortcuts_when_the_step_changes(
    desk: Desk, qtbot: QtBot, case: Case, images: CaseImages
) -> None:
    window = desk.window
    desk.session.open(case, images)
    window.show_pictures()
    settle(desk, qtbot)
    window.activateWindow()
    window.structures.set_current("tumour")
    qtbot.waitUntil(window.isActiveWindow)
    window.form.findChildren(QPushButton)[0].setFocus()
    window.actions_by_key["step_structures"].trigger()
    assert not isinstance(QApplication.focusWidget(), QLineEdit)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_B)
    assert window.actions_by_key["brush"].isChecked()
    assert [s.name for s in desk.session.case.structures] == [s.name for s in case.structures]


def test_undoing_is_said_in_the_status_bar(desk: Desk, case: Case, images: CaseImages) -> None:
    window = desk.window
    desk.session.open(case, images)
    desk.session.apply("Paint on lesion", replace(case, remarks="x"))
    window.say("Paint on lesion: 2 ml before, 3 ml now.")
    window.actions_by_key["undo"].trigger()
    assert "Undone: paint on lesion" in shown_words(window.statusBar())
    window.actions_by_key["redo"].trigger()
    assert "Done again: paint on lesion" in shown_words(window.statusBar())
