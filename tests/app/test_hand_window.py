"""The real window, without a display: a needle is placed, pulled, nudged and given back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.main_window import MainWindow
from app.views.hand_panel import HandPanel
from app.views.handles import End
from app.views.slice_view import SliceView
from planning.anatomy.risks import inside_at
from planning.geometry import Vec3, vec3
from planning.model.needle import Trajectory
from planning.sample.sample_case import write_sample_case

PATIENCE_MS = 240_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample_case(folder, in_plane_size=160, slice_spacing_mm=3.0)


@pytest.fixture
def desk(qtbot: QtBot, sample: Path) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    made.open_case(sample)
    settle(made, qtbot)
    yield made
    made.window.close()


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=PATIENCE_MS)
    qtbot.wait(20)


def place(view: SliceView, point_lps_mm: Vec3) -> QPoint:
    x, y = view.plane().screen_from_lps(point_lps_mm).tolist()
    return QPoint(round(x), round(y))


def pull(view: SliceView, start: QPoint, by: QPoint, qtbot: QtBot) -> None:
    QTest.mousePress(view, LEFT, pos=start)
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(view, start + by * share)
        qtbot.wait(5)


def edited(desk: Desk, qtbot: QtBot) -> Trajectory:
    """Begin a path at the lesion and unlock it, with the axial view through its tip."""
    desk.window.actions_by_key["edit_path"].trigger()
    path = desk.hand.edited.trajectory
    desk.view_state.set_crosshair(path.tip_lps_mm)
    qtbot.wait(20)
    return path


def shown_words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def skin_distance_mm(desk: Desk, point_lps_mm: Vec3, toward: Vec3) -> float:
    """Return how far along the needle the body's mask begins from a point."""
    way = np.subtract(toward, point_lps_mm) / np.linalg.norm(np.subtract(toward, point_lps_mm))
    steps = np.arange(-20.0, 20.0, 0.1)
    held = inside_at(desk.session.anatomy.body, np.array(point_lps_mm) + steps[:, None] * way)
    return float(np.abs(steps[np.argmax(held)]))


def accent(view: SliceView, point_lps_mm: Vec3, reach_px: int = 10) -> int:
    """Count pixels of the accent colour around a point."""
    image, at, found = view.grab().toImage(), place(view, point_lps_mm), 0
    for dx in range(-reach_px, reach_px + 1):
        for dy in range(-reach_px, reach_px + 1):
            colour = QColor(image.pixel(at.x() + dx, at.y() + dy))
            found += colour.blue() > 200 and colour.red() < 120
    return found


def test_a_pull_on_the_axial_view_is_one_step_with_live_numbers(desk: Desk, qtbot: QtBot) -> None:
    window, stack = desk.window, desk.session.undo_stack
    before = edited(desk, qtbot)
    assert stack.undoText() == "Place M1"
    start, by = place(window.axial, before.tip_lps_mm), QPoint(-12, 6)
    pull(window.axial, start, by, qtbot)
    draft = desk.view_state.draft
    assert draft is not None
    assert f"STOP at {draft.criteria['stop_depth_mm']:.0f} mm" in shown_words(window.card)
    assert desk.hand.edited.trajectory == before
    plane = window.axial.plane()
    wanted = np.array(before.tip_lps_mm)
    wanted += plane.mm_per_pixel * (by.x() * np.array(plane.axes.right_lps))
    wanted += plane.mm_per_pixel * (by.y() * np.array(plane.axes.down_lps))
    assert draft.trajectory.tip_lps_mm == pytest.approx(tuple(wanted), abs=1e-6)
    assert accent(window.axial, draft.trajectory.tip_lps_mm) > 20
    QTest.mouseRelease(window.axial, LEFT, pos=start + by)
    assert stack.undoText() == "Move tip of M1"
    assert stack.count() == 2
    assert "move tip of M1" in window.actions_by_key["undo"].text()
    assert desk.hand.edited.trajectory.tip_lps_mm == pytest.approx(tuple(wanted), abs=1e-6)
    window.actions_by_key["undo"].trigger()
    assert desk.hand.edited.trajectory == before


def test_a_pull_leaves_no_trace_in_the_pictures(desk: Desk, qtbot: QtBot) -> None:
    """Whatever was drawn in a hurry, at rest every picture is what it is without a pull."""
    window = desk.window
    window.actions_by_key["layout_adjust"].trigger()
    before = edited(desk, qtbot)
    views = {key: view for key, view in window.pictures.views().items() if view.isVisible()}
    assert {"axial", "eye", "along_axial", "along_head", "scene"} <= set(views)
    window.axial.setFocus()
    qtbot.wait(400)
    first = {key: view.grab().toImage() for key, view in views.items()}
    start, by = place(window.axial, before.tip_lps_mm), QPoint(-14, 9)
    pull(window.axial, start, by, qtbot)
    qtbot.wait(120)
    hurried = {key: view.grab().toImage() for key, view in views.items()}
    assert all(hurried[key] != first[key] for key in views)
    QTest.mouseRelease(window.axial, LEFT, pos=start + by)
    QApplication.sendEvent(window.axial, QEvent(QEvent.Type.Leave))
    qtbot.wait(400)
    after = desk.hand.edited.trajectory
    moved = {key: view.grab().toImage() for key, view in views.items()}
    window.actions_by_key["undo"].trigger()
    assert desk.hand.edited.trajectory == before
    qtbot.wait(400)
    for key, view in views.items():
        assert alike(view.grab().toImage(), first[key]), key
    window.actions_by_key["redo"].trigger()
    assert desk.hand.edited.trajectory == after
    qtbot.wait(400)
    for key, view in views.items():
        assert alike(view.grab().toImage(), moved[key]), key


def test_a_hand_that_rests_sees_the_views_along_its_needle_finely(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    window.actions_by_key["layout_adjust"].trigger()
    before = edited(desk, qtbot)
    give_room_to_the_card(window)
    start, by = place(window.axial, before.tip_lps_mm), QPoint(-14, 9)
    pull(window.axial, start, by, qtbot)
    resting = window.pictures.views()["along_head"]
    qtbot.wait(900)
    held = resting.grab().toImage()
    tip = place(resting, desk.view_state.draft.trajectory.tip_lps_mm)
    QTest.mouseRelease(window.axial, LEFT, pos=start + by)
    qtbot.wait(400)
    differs = away(held, resting.grab().toImage()) > NEAR
    differs[:, tip.x() - 14 : tip.x() + 15] = False  # there the handle is in nobody's hand now
    assert differs.mean() < FEW


def test_no_picture_changes_its_size_while_a_hand_pulls(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    before = edited(desk, qtbot)
    views = (window.axial, window.coronal, window.sagittal, window.scene)
    start = place(window.axial, before.tip_lps_mm)
    sizes = {view.size().toTuple() for view in views}
    QTest.mousePress(window.axial, LEFT, pos=start)
    for step in range(1, 40):
        QTest.mouseMove(window.axial, start + QPoint(-2 * step, step % 7))
        qtbot.wait(5)
        assert {view.size().toTuple() for view in views} == sizes
    QTest.mouseRelease(window.axial, LEFT, pos=start + QPoint(-78, 0))


def give_room_to_the_card(window: MainWindow) -> None:
    """Make the panel wider than its longest words, so that what it says moves nothing."""
    split = next(s for s in window.findChildren(QSplitter) if s.isAncestorOf(window.card))
    sizes = split.sizes()
    split.setSizes([sizes[0], sizes[1] - 60, sizes[2] + 60])


NEAR, FEW = 8, 1e-4
"""Levels and share of pixels that count as roundings."""


def alike(one: QImage, other: QImage) -> bool:
    """Tell whether two pictures are the same but for the roundings of single pixels."""
    return bool((away(one, other) > NEAR).mean() < FEW)


def away(one: QImage, other: QImage) -> np.ndarray:
    """Return how far apart the colours of two pictures are, shape (rows, columns)."""
    assert one.size() == other.size()
    pixels = []
    for image in (one, other):
        flat = image.convertToFormat(QImage.Format.Format_RGBX8888)
        shape = (flat.height(), flat.bytesPerLine() // 4, 4)
        pixels.append(np.array(flat.constBits()).reshape(shape)[..., :3].astype(int))
    return np.abs(pixels[0] - pixels[1]).max(axis=-1)


def test_escape_gives_everything_back(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    before = edited(desk, qtbot)
    case, start = desk.session.case, place(window.axial, before.tip_lps_mm)
    pull(window.axial, start, QPoint(-20, 10), qtbot)
    QTest.keyClick(window.axial, Qt.Key.Key_Escape)
    QTest.mouseRelease(window.axial, LEFT, pos=start + QPoint(-20, 10))
    assert desk.session.case is case
    assert desk.view_state.draft is None
    assert desk.session.undo_stack.count() == 1
    assert desk.hand.is_editing
    QTest.keyClick(window.axial, Qt.Key.Key_Escape)
    assert not desk.hand.is_editing


def test_locked_ends_do_not_move_and_show_no_handles(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    path = edited(desk, qtbot)
    unlocked = accent(window.axial, path.tip_lps_mm)
    desk.hand.set_editing(on=False)
    qtbot.wait(20)
    assert accent(window.axial, path.tip_lps_mm) < unlocked
    case, start = desk.session.case, place(window.axial, path.tip_lps_mm)
    pull(window.axial, start, QPoint(-15, 0), qtbot)
    QTest.mouseRelease(window.axial, LEFT, pos=start + QPoint(-15, 0))
    assert desk.session.case is case
    assert desk.view_state.crosshair_lps_mm != path.tip_lps_mm, "the crosshair was pulled instead"


def test_the_entry_slides_over_the_skin(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    before = edited(desk, qtbot)
    desk.view_state.set_crosshair(before.entry_lps_mm)
    qtbot.wait(20)
    start = place(window.axial, before.entry_lps_mm)
    voxel_mm = max(desk.session.images.ct.grid.spacing_mm)
    for by in (QPoint(14, -18), QPoint(-9, 25)):
        pull(window.axial, start, by, qtbot)
        QTest.mouseRelease(window.axial, LEFT, pos=start + by)
        after = desk.hand.edited.trajectory
        assert after.entry_lps_mm != before.entry_lps_mm
        assert after.tip_lps_mm == before.tip_lps_mm
        assert skin_distance_mm(desk, after.entry_lps_mm, after.tip_lps_mm) < voxel_mm
        window.actions_by_key["undo"].trigger()
        desk.hand.set_editing(on=True)


def test_keys_place_choose_and_nudge(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    tumour = next(s for s in desk.session.case.structures if s.role.value == "tumour")
    desk.view_state.set_crosshair(desk.session.images.masks[tumour.mask_id].centroid_lps_mm())
    window.axial.setFocus()
    QTest.keyClick(window.axial, Qt.Key.Key_T)
    assert desk.session.undo_stack.undoText() == "Place tip of M1"
    QTest.keyClick(window.axial, Qt.Key.Key_Return)
    assert desk.hand.is_editing
    before = desk.hand.edited.trajectory
    for _ in range(3):
        QTest.keyClick(window.axial, Qt.Key.Key_Right)
    QTest.keyClick(window.axial, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(window.axial, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window.axial, Qt.Key.Key_Tab)
    assert window.axial.hasFocus(), "Tab chose the other end"
    after = desk.hand.edited.trajectory
    right = np.array(window.axial.plane().axes.right_lps)
    assert np.subtract(after.tip_lps_mm, before.tip_lps_mm) == pytest.approx(8.2 * right, abs=1e-6)
    assert desk.session.undo_stack.undoText() == "Move tip of M1"
    QTest.keyClick(window.axial, Qt.Key.Key_BracketRight)
    desk.hand.let_go()
    deeper = desk.hand.edited.trajectory
    assert deeper.insertion_depth_mm == pytest.approx(after.insertion_depth_mm + 1.0)


def test_in_three_dimensions_the_entry_stays_on_the_skin(desk: Desk, qtbot: QtBot) -> None:
    scene = desk.window.scene
    before = edited(desk, qtbot)
    qtbot.wait(150)
    seen = scene.place_of(before.entry_lps_mm).toPoint()
    QTest.mousePress(scene, LEFT, pos=seen)
    QTest.mouseMove(scene, seen + QPoint(-14, 9))
    QTest.mouseRelease(scene, LEFT, pos=seen + QPoint(-14, 9))
    after = desk.hand.edited.trajectory
    assert desk.session.undo_stack.undoText() == "Move entry of M1"
    assert after.tip_lps_mm == before.tip_lps_mm
    voxel_mm = max(desk.session.images.ct.grid.spacing_mm)
    assert skin_distance_mm(desk, after.entry_lps_mm, after.tip_lps_mm) < voxel_mm
    seen = scene.place_of(after.tip_lps_mm).toPoint()
    QTest.mousePress(scene, LEFT, pos=seen)
    QTest.mouseMove(scene, seen + QPoint(10, 0))
    QTest.mouseRelease(scene, LEFT, pos=seen + QPoint(10, 0))
    moved = scene.place_of(desk.hand.edited.trajectory.tip_lps_mm) - seen
    assert (moved.x(), moved.y()) == pytest.approx((10.0, 0.0), abs=1.0)


def test_own_paths_survive_planning_and_another_needle(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    path = edited(desk, qtbot)
    assert "1 by hand" in shown_words(window.table)
    assert window.actions_by_key["export"].isEnabled()
    window.actions_by_key["plan"].trigger()
    settle(desk, qtbot)
    candidates = desk.session.case.plan.candidates
    assert candidates[-1].candidate_id == "M1"
    assert candidates[-1].trajectory == path
    assert candidates[0].candidate_id == "T1"
    assert desk.view_state.selected == "M1"
    desk.planning.choose_needle("bone-8g-100")
    settle(desk, qtbot)
    (own,) = desk.session.case.plan.candidates
    assert own.trajectory == path
    assert desk.session.case.plan.needle.key == "bone-8g-100"


def test_the_panel_says_what_the_hand_can_do(desk: Desk, qtbot: QtBot) -> None:
    panel = desk.window.findChild(HandPanel)
    begin = next(b for b in panel.findChildren(QPushButton) if b.isVisible())
    assert begin.text() == "Place by hand"
    QTest.mouseClick(begin, LEFT)
    assert begin.text() == "Done"
    assert "Pull the ring" in shown_words(panel)
    QTest.mouseClick(begin, LEFT)
    assert begin.text() == "Edit M1"
    assert "locked" in shown_words(panel)
    desk.window.actions_by_key["delete_path"].trigger()
    assert desk.session.case.own_paths == ()
    assert desk.session.undo_stack.undoText() == "Delete M1"


def test_a_click_where_planning_is_under_way_says_so(desk: Desk, qtbot: QtBot) -> None:
    desk.planning.start()
    assert "Planning is under way" in desk.window.actions_by_key["place_tip"].toolTip()
    desk.hand.place_tip()
    assert desk.session.case.own_paths == ()
    desk.planning.cancel()
    settle(desk, qtbot)
    assert desk.hand.why_not_place() == ""


def test_numbers_follow_while_something_else_is_worked_out(desk: Desk, qtbot: QtBot) -> None:
    """Two threads in numba's fall-back pool would end the process."""
    from planning.trajectories.planner import plan

    edited(desk, qtbot)
    anatomy = desk.session.anatomy
    desk.structures.job.start("Working", lambda _: plan(anatomy, top=2) and {})
    desk.hand.grasp(End.TIP)
    tip = np.array(desk.hand.edited.trajectory.tip_lps_mm)
    until = time.monotonic() + 60.0
    count = 0
    while desk.structures.job.is_running and time.monotonic() < until:
        count += 1
        desk.hand.pull(vec3(np.add(tip, (0.0, 0.0, 0.1 * (count % 20)))))
        qtbot.wait(1)
        if count == 400:
            break
    desk.hand.abandon()
    desk.structures.job.cancel()
    assert count > 3
