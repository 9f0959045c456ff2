"""Painting in the real window: on any view, on an oblique grid too, undone and redone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.slice_view import SliceView
from app.views.structure_properties import StructurePropertiesPanel
from app.views.structure_values import BrushMode
from planning.image import CaseImages, Mask
from planning.model.case import Case, Position, Role, Structure
from tests.app.scenes import ball, centres_lps_mm, grid_of, linear_volume

LEFT = Qt.MouseButton.LeftButton
CASE = Case(
    name="balls",
    ct_id="ct",
    ct_position=Position.PRONE,
    structures=(
        Structure(name="lesion", role=Role.TUMOUR, mask_id="tumour"),
        Structure(name="right nerve", role=Role.NERVE, mask_id="nerve"),
    ),
)


@pytest.fixture(params=["plain", "oblique"])
def desk(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Desk]:
    desk = build_desk()
    qtbot.addWidget(desk.window)
    desk.window.resize(1600, 1000)
    desk.window.show()
    grid = grid_of(request.param)
    masks = {
        "tumour": ball(grid, (6.0, 0.0, 0.0), 6.0).cropped(),
        "nerve": ball(grid, (-10.0, 4.0, 2.0), 3.0).cropped(),
    }
    desk.session.open(CASE, CaseImages(ct=linear_volume(grid), masks=masks))
    desk.window.show_pictures()
    desk.structures.show_rows()
    settle(desk, qtbot)
    yield desk
    desk.shut_down()


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=240_000)
    desk.structures.show_rows()


def nerve(desk: Desk) -> tuple[Structure, Mask]:
    structure = next(s for s in desk.session.case.structures if s.name == "right nerve")
    return structure, desk.session.images.masks[structure.mask_id]


def painted(desk: Desk, view: SliceView, points: list[tuple[float, float]]) -> np.ndarray:
    """Drag with the left button and return the voxels that this added."""
    grid = desk.session.images.ct.grid
    before = nerve(desk)[1].on(grid)
    places = [QPoint(round(x), round(y)) for x, y in points]
    QTest.mousePress(view, LEFT, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(view, place)
    QTest.mouseRelease(view, LEFT, pos=places[-1])
    return nerve(desk)[1].on(grid) & ~before


def test_a_hand_paints_what_the_circle_covers_in_every_view(desk: Desk, qtbot: QtBot) -> None:
    window, grid = desk.window, desk.session.images.ct.grid
    window.structures.set_current("nerve")
    window.actions_by_key["brush"].trigger()
    assert window.step == "structures"
    assert desk.editing.brush.mode is BrushMode.PAINT
    steps = 0
    desk.view_state.set_crosshair((-12.0, -8.0, -6.0))
    centres = centres_lps_mm(grid)
    for view in (v for v in window.slices if v.plane() is not None):
        plane = view.plane()
        start = plane.screen_from_lps((-12.0, -8.0, -6.0))
        way = np.array((24.0, 10.0))
        before = nerve(desk)[1].on(grid)
        made = painted(desk, view, [tuple(start), tuple(start + way)])
        steps += 1
        px = plane.screen_from_lps(centres) - np.rint(start)
        share = np.clip(px @ way / (way @ way), 0.0, 1.0)
        apart = np.linalg.norm(px - share[..., None] * way, axis=-1) * plane.mm_per_pixel
        cosines = np.abs(np.array(grid.direction_lps) @ np.array(plane.axes.normal_lps))
        half = float(cosines @ np.array(grid.spacing_mm)) / 2.0
        radius = desk.editing.brush.radius_mm
        under = (apart <= radius) & (np.abs(plane.depth_mm(centres)) <= half + 1e-6) & ~before
        assert under.any()
        assert np.count_nonzero(made != under) <= 0.03 * np.count_nonzero(under)
        assert centres[made][:, 0].mean() < -4.0  # the patient's right, whatever the screen
    assert desk.session.undo_stack.count() == steps
    settle(desk, qtbot)


def test_undo_gives_back_the_very_masks_and_the_line_stays_current(
    desk: Desk, qtbot: QtBot
) -> None:
    window = desk.window
    window.structures.set_current("nerve")
    window.actions_by_key["brush"].trigger()
    first = nerve(desk)[1]
    x, y = window.axial.plane().screen_from_lps((-12.0, -8.0, 0.0))
    painted(desk, window.axial, [(x, y), (x + 15, y)])
    second = nerve(desk)[1]
    assert "paint on right nerve" in window.actions_by_key["undo"].text()
    settle(desk, qtbot)
    assert window.structures.current_key() == "nerve"
    window.actions_by_key["undo"].trigger()
    assert nerve(desk)[1] is first
    window.actions_by_key["redo"].trigger()
    assert nerve(desk)[1] is second
    settle(desk, qtbot)


def test_escape_gives_up_a_stroke_then_the_brush(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    window.structures.set_current("nerve")
    window.actions_by_key["brush"].trigger()
    QTest.mousePress(window.axial, LEFT, pos=QPoint(150, 150))
    QTest.mouseMove(window.axial, QPoint(190, 150))
    QTest.keyClick(window.axial, Qt.Key.Key_Escape)
    QTest.mouseRelease(window.axial, LEFT, pos=QPoint(190, 150))
    assert not desk.session.undo_stack.canUndo()
    assert desk.editing.brush.mode is BrushMode.PAINT
    QTest.keyClick(window.axial, Qt.Key.Key_Escape)
    assert desk.editing.brush.mode is BrushMode.OFF
    assert window.actions_by_key["tool_crosshair"].isChecked()
    settle(desk, qtbot)


def test_other_tools_and_steps_put_the_brush_away(desk: Desk, qtbot: QtBot) -> None:
    window, actions = desk.window, desk.window.actions_by_key
    window.structures.set_current("nerve")
    actions["eraser"].trigger()
    assert desk.editing.brush.mode is BrushMode.ERASE
    actions["tool_distance"].trigger()
    assert desk.editing.brush.mode is BrushMode.OFF
    assert actions["tool_distance"].isChecked()
    actions["brush"].trigger()
    window.show_step("plan")
    assert desk.editing.brush.mode is BrushMode.OFF
    assert not actions["brush"].isChecked()
    settle(desk, qtbot)


def test_a_mask_is_distrusted_with_a_reason_and_planning_says_why(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    window.structures.set_current("tumour")
    panel = window.findChild(StructurePropertiesPanel)
    panel.exclusion_given.emit("leaks")
    assert "not used (leaks)" in window.actions_by_key["plan"].toolTip()
    window.actions_by_key["undo"].trigger()
    assert desk.session.case.structures == CASE.structures
    drawn = replace(CASE, structures=())
    desk.session.apply("x", drawn)
    assert "draw one" in window.actions_by_key["plan"].toolTip()
    settle(desk, qtbot)
