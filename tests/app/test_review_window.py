"""The real window: a control CT is dropped, registered, accepted, its needle found and reviewed.

Everything works as it does for a user: no part is mocked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.assembly.needle_planes import KEY
from app.desk import Desk
from app.views.needle_drawing import NeedleDrawing
from app.views.palette import DARK, EXECUTED_COLOUR
from app.views.slice_control import ControlMode
from planning.execution.placement_error import error_between
from planning.geometry import unit, vec3
from planning.imaging.volume_files import image_of
from planning.model.case_review import CaseReview
from planning.model.execution import NeedleState, SpecimenKnowledge
from planning.model.needle import Needle
from planning.model.plan import PlanResult
from planning.records.case_file import load_case
from planning.records.case_writer import save_case
from planning.records.review_file import read_review
from tests.app.review_scene import control_ct, executed_ends, planned_case

PATIENCE_MS = 240_000
NEAR_MM = 2.0
"""Slices of 2.5 mm, a phantom of 2 mm voxels: how true a needle is found is tested elsewhere."""


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    yield made
    made.window.close()


@pytest.fixture
def control(tmp_path: Path, trephine_needle: Needle) -> Path:
    scan = control_ct(trephine_needle)
    path = tmp_path / "control.nii.gz"
    sitk.WriteImage(image_of(scan.values, scan.grid), str(path))
    return path


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(30)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=PATIENCE_MS)
    qtbot.wait(30)


def review_of(desk: Desk) -> CaseReview:
    made = desk.reviewing.context.review
    assert made is not None
    return made


def orange_near(desk: Desk, view, point_lps_mm) -> bool:
    view.set_crosshair(vec3(point_lps_mm))
    image = view.grab().toImage()
    x, y = view.plane().screen_from_lps(point_lps_mm).tolist()
    wanted = QColor(EXECUTED_COLOUR)
    around = [(int(x) + dx, int(y) + dy) for dx in range(-4, 5) for dy in range(-4, 5)]
    found = [image.pixelColor(*place) for place in around]
    return any(
        max(abs(c.red() - wanted.red()), abs(c.green() - wanted.green()), c.blue() - 110) < 40
        for c in found
    )


def test_a_needle_is_reviewed_from_the_dropped_file_to_the_saved_case(
    desk: Desk,
    qtbot: QtBot,
    control: Path,
    tmp_path: Path,
    trephine_needle: Needle,
    plan: PlanResult,
) -> None:
    window, session, reviewing = desk.window, desk.session, desk.reviewing
    case, images = planned_case(trephine_needle, plan)
    session.open(case, images)
    window.show_pictures()
    settle(desk, qtbot)
    window.actions_by_key["step_review"].trigger()
    assert window.step == "review"
    window.path_dropped.emit(control)
    settle(desk, qtbot)
    assert session.case is case  # dropped on this step it is a control CT, not another case
    panel = reviewing.control_panel
    assert panel._residual.text().endswith(" mm")
    assert panel._cautions.text()  # nobody says who was scanned
    panel._accept.click()
    settle(desk, qtbot)
    found = review_of(desk).found
    assert len(found) == 1
    truth = executed_ends()
    apart = np.linalg.norm(np.subtract(found[0].tip_lps_mm, truth[1]))
    assert apart < NEAR_MM

    box = reviewing.needles_panel._cores["T1"]
    assert box._needle.currentText() == "Needle 1"  # suggested
    box._state.setCurrentIndex(box._state.findData("fired"))
    box.state_chosen.emit("T1", "fired")
    settle(desk, qtbot)
    reviewed = review_of(desk).review.needles[0]
    planned = case.plan.candidates[0]
    expected = error_between(
        (planned.trajectory.entry_lps_mm, planned.trajectory.tip_lps_mm),
        truth,
        direction_lps=unit(
            np.subtract(planned.trajectory.tip_lps_mm, planned.trajectory.entry_lps_mm)
        ),
        slice_normal_lps=images.ct.slice_normal_lps,
    )
    assert reviewed.error.euclidean_tip_mm == pytest.approx(expected.euclidean_tip_mm, abs=NEAR_MM)
    assert reviewed.error.off_plane_mm == pytest.approx(expected.off_plane_mm, abs=NEAR_MM)
    assert reviewed.achieved.knowledge is SpecimenKnowledge.IMAGED
    assert reviewed.achieved.criteria["lesion_length_mm"] > 5.0
    assert "from the planned tip" in reviewing.review_card._tiles[0]._words.text()

    _pictures_are_true(desk, qtbot, found[0].tip_lps_mm)
    _drawing_is_shown(desk, qtbot)
    _files_are_written(desk, qtbot, tmp_path / "out")
    _saved_and_opened_again(desk, qtbot, tmp_path / "saved")


def _pictures_are_true(desk: Desk, qtbot: QtBot, tip_lps_mm) -> None:
    window, needle = desk.window, review_of(desk).found[0]
    middle = vec3(np.add(needle.entry_lps_mm, needle.tip_lps_mm) / 2.0)
    for view in (window.axial, window.coronal, window.sagittal):
        assert orange_near(desk, view, middle)
    # The control CT's metal lies under the executed needle, in the planning CT there is none.
    hu = {}
    for mode in (ControlMode.CONTROL, ControlMode.PLANNING):
        desk.reviewing.pictures.choose_mode(mode)
        hu[mode] = window.axial._hu_words(middle, 0.0)
    assert int(hu[ControlMode.CONTROL].split()[0]) > 1500
    assert int(hu[ControlMode.PLANNING].split()[0]) < 800
    window.actions_by_key["review_switch"].trigger()
    assert desk.view_state.shown.control == ControlMode.CONTROL
    place = window.scene.place_of(middle)
    qtbot.wait(50)
    image = window.scene.grab().toImage()
    colours = [
        image.pixelColor(int(place.x()) + dx, int(place.y()) + dy)
        for dx in range(-6, 7)
        for dy in range(-6, 7)
    ]
    assert any(c.red() > 180 and c.red() > c.blue() + 90 for c in colours)
    window.show_step("plan")
    assert not orange_near(desk, window.axial, middle)
    assert desk.view_state.reviewed == ()
    window.show_step("review")
    assert orange_near(desk, window.axial, middle)


def _drawing_is_shown(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    drawings = window.findChildren(NeedleDrawing)
    small = next(d for d in drawings if not window.grid.isAncestorOf(d))
    large = next(d for d in drawings if window.grid.isAncestorOf(d))
    window.show_tab(small)
    qtbot.wait(50)
    picture = small.grab().toImage()
    blue = QColor(DARK.accent)
    colours = {picture.pixel(x, y) for x in range(0, 300, 2) for y in range(0, 300, 2)}
    assert any(abs(QColor(c).blue() - blue.blue()) < 8 and QColor(c).red() < 120 for c in colours)
    button = small.parentWidget().findChild(QPushButton)
    button.click()
    assert large.isVisible()
    assert not window.axial.isVisible()
    assert desk.window.grid.arrangement().root.parts == (KEY,)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.axial.isVisible()
    assert not large.isVisible()


def _files_are_written(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    desk.reviewing.exporting.export(folder)
    settle(desk, qtbot)
    names = {path.name for path in folder.iterdir()}
    assert {"review.json", "review.pdf", "review-T1.png"} <= names
    back = read_review(folder / "review.json")
    assert back.needles[0].core == "T1"
    assert back.registration.accepted
    desk.reviewing.exporting.export(folder)
    settle(desk, qtbot)
    assert "holds a review already" in desk.window.message._text.text()


def _saved_and_opened_again(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    session = desk.session
    assert session.is_unsaved
    save_case(session.case, session.images, folder)
    loaded = load_case(folder, role_tables={})
    assert loaded.case.reviews == session.case.reviews
    desk.open_case(folder)
    settle(desk, qtbot)
    assert desk.window.step == "review"
    assert desk.reviewing.context.is_accepted  # the scan was read again, still where it was
    assert review_of(desk).answers["T1"].state is NeedleState.FIRED
    middle = vec3(
        np.add(review_of(desk).found[0].entry_lps_mm, review_of(desk).found[0].tip_lps_mm) / 2
    )
    assert orange_near(desk, desk.window.axial, middle)


def test_two_points_are_marked_with_the_mouse_and_given_up(
    desk: Desk, qtbot: QtBot, control: Path, trephine_needle: Needle, plan: PlanResult
) -> None:
    window, session, reviewing = desk.window, desk.session, desk.reviewing
    case, images = planned_case(trephine_needle, plan)
    session.open(case, images)
    window.show_pictures()
    window.show_step("review")
    reviewing.control.open(control)
    settle(desk, qtbot)
    reviewing.control.accept()
    settle(desk, qtbot)
    reviewing.needles.remove("1")
    assert review_of(desk).found == ()
    settle(desk, qtbot)
    assert review_of(desk).found == ()  # nobody looks again unasked

    view = window.axial
    window.actions_by_key["review_mark"].trigger()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 120))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not reviewing.needles.standing.is_marking
    reviewing.needles_panel._mark.click()
    assert reviewing.needles.standing.is_marking
    entry, tip = (np.array(end) for end in executed_ends())
    along = unit(tip - entry)
    for point in (entry + 8.0 * along + (1.0, 0.0, 0.0), tip - 1.5 * along):
        view.set_crosshair(vec3(point))
        x, y = view.plane().screen_from_lps(point).tolist()
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    settle(desk, qtbot)
    assert not reviewing.needles.standing.is_marking
    (found,) = review_of(desk).found
    assert found.method == "two points"
    assert np.linalg.norm(np.subtract(found.tip_lps_mm, tip)) < NEAR_MM
    assert session.undo_stack.undoText() == "Mark a needle"


def test_a_scan_without_a_needle_says_so(
    desk: Desk, qtbot: QtBot, tmp_path: Path, trephine_needle: Needle, plan: PlanResult
) -> None:
    window, reviewing = desk.window, desk.reviewing
    desk.session.open(*planned_case(trephine_needle, plan))
    window.show_pictures()
    window.show_step("review")
    scan = control_ct(trephine_needle, with_needle=False)
    path = tmp_path / "empty.nii.gz"
    sitk.WriteImage(image_of(scan.values, scan.grid), str(path))
    reviewing.control.open(path)
    settle(desk, qtbot)
    reviewing.control.accept()
    settle(desk, qtbot)
    assert review_of(desk).found == ()
    assert "No needle was found" in window.message._text.text()


def test_other_steps_and_cases_take_what_is_dropped(
    desk: Desk, qtbot: QtBot, control: Path, trephine_needle: Needle, plan: PlanResult
) -> None:
    case, images = planned_case(trephine_needle, plan)
    desk.session.open(case, images)
    desk.window.show_pictures()
    desk.window.show_step("review")
    assert not desk.reviewing.take_dropped(Path("/somewhere/case.toml"))
    desk.window.show_step("plan")
    assert not desk.reviewing.take_dropped(control)
    assert not desk.window.actions_by_key["review_switch"].isEnabled()
