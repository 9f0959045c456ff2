"""The brush paints exactly what its circle covers on the screen, and Escape takes it back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.brush_tool import BrushTool, resized
from app.views.slice_view import SliceView
from app.views.structure_values import Brush, BrushMode, DrawnStroke
from planning.editing.strokes import swept
from planning.geometry import Grid
from planning.model.case import Position
from tests.app.scenes import centres_lps_mm, grid_of, linear_volume

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PAINT = Brush(mode=BrushMode.PAINT, radius_mm=6.0)


class Desk:
    """One view with a brush, and what was drawn on it."""

    def __init__(self, qtbot: QtBot, orientation: str, kind: str, position: Position) -> None:
        self.grid: Grid = grid_of(kind)
        self.view, self.tool = SliceView(orientation), BrushTool()
        qtbot.addWidget(self.view)
        self.view.resize(420, 380)
        self.view.set_volume(linear_volume(self.grid))
        self.view.set_position(position)
        self.view.add_tool(self.tool)
        self.view.show()
        self.drawn: list[DrawnStroke] = []
        self.tool.stroke_drawn.connect(self.drawn.append)

    def drag(
        self, points: list[tuple[int, int]], button: Qt.MouseButton = LEFT, ctrl: bool = False
    ):
        keys = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.view, button, keys, QPoint(*points[0]))
        for point in points[1:]:
            QTest.mouseMove(self.view, QPoint(*point))
        QTest.mouseRelease(self.view, button, keys, QPoint(*points[-1]))


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("kind", ["plain", "permuted", "oblique"])
@pytest.mark.parametrize("position", [Position.SUPINE, Position.PRONE])
def test_the_voxels_under_the_circle_are_swept(
    qtbot: QtBot, orientation: str, kind: str, position: Position
) -> None:
    desk = Desk(qtbot, orientation, kind, position)
    desk.tool.set_brush(PAINT)
    desk.drag([(150, 200)])
    plane = desk.view.plane()
    painted = swept(desk.drawn[0].stroke, desk.grid).on(desk.grid)
    centres = centres_lps_mm(desk.grid)
    away_px = plane.screen_from_lps(centres) - np.array((150.0, 200.0))
    depth = np.abs(plane.depth_mm(centres))
    normal = np.abs(np.array(desk.grid.direction_lps) @ np.array(plane.axes.normal_lps))
    half = float(normal @ np.array(desk.grid.spacing_mm)) / 2.0
    under = (np.hypot(away_px[..., 0], away_px[..., 1]) * plane.mm_per_pixel <= 6.0) & (
        depth <= half + 1e-6
    )
    assert under.any()
    assert np.count_nonzero(painted != under) <= 0.02 * np.count_nonzero(under)


@pytest.mark.parametrize("position", [Position.SUPINE, Position.PRONE])
def test_left_on_the_screen_is_the_side_the_letters_say(qtbot: QtBot, position: Position) -> None:
    desk = Desk(qtbot, "axial", "plain", position)
    desk.tool.set_brush(PAINT)
    desk.drag([(120, 190)])
    x = swept(desk.drawn[0].stroke, desk.grid).centroid_lps_mm()[0]
    assert x < 0.0 if position is Position.SUPINE else x > 0.0  # LPS: the right side is negative


def test_a_stroke_is_seen_before_it_is_released_and_gone_after_escape(qtbot: QtBot) -> None:
    desk = Desk(qtbot, "axial", "plain", Position.SUPINE)
    desk.tool.set_brush(PAINT)
    desk.tool.set_colour("#00ff00")

    def green(x: int, y: int) -> float:
        colour = QColor(desk.view.grab().toImage().pixel(x, y))
        return colour.greenF() - colour.redF()

    QTest.mousePress(desk.view, LEFT, pos=QPoint(150, 200))
    QTest.mouseMove(desk.view, QPoint(250, 200))
    assert green(200, 200) > 0.2
    radius_px = round(6.0 / desk.view.plane().mm_per_pixel)
    assert green(200, 200 + radius_px - 4) > 0.2
    assert green(200, 200 + radius_px + 5) < 0.05
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert green(200, 200) < 0.05
    QTest.mouseRelease(desk.view, LEFT, pos=QPoint(250, 200))
    assert desk.drawn == []


def test_control_or_the_right_button_turn_the_brush_over(qtbot: QtBot) -> None:
    desk = Desk(qtbot, "axial", "plain", Position.SUPINE)
    for mode in (BrushMode.PAINT, BrushMode.ERASE):
        desk.tool.set_brush(Brush(mode=mode))
        desk.drag([(150, 200), (170, 200)])
        desk.drag([(150, 200), (170, 200)], RIGHT)
        desk.drag([(150, 200), (170, 200)], ctrl=True)
    assert [d.erases for d in desk.drawn] == [False, True, True, True, False, False]


def test_a_brush_that_is_put_away_leaves_the_mouse_alone(qtbot: QtBot) -> None:
    desk = Desk(qtbot, "axial", "plain", Position.SUPINE)
    with qtbot.waitSignal(desk.view.crosshair_moved):
        desk.drag([(150, 200)])
    with qtbot.waitSignal(desk.view.double_clicked):
        QTest.mouseDClick(desk.view, LEFT, pos=QPoint(150, 200))
    desk.tool.set_brush(PAINT)
    with qtbot.assertNotEmitted(desk.view.double_clicked):
        QTest.mouseDClick(desk.view, LEFT, pos=QPoint(150, 200))
    QTest.mouseRelease(desk.view, LEFT, pos=QPoint(150, 200))  # QTest leaves that out
    assert len(desk.drawn) == 1


def test_a_brush_that_goes_through_slices_is_a_ball(qtbot: QtBot) -> None:
    desk = Desk(qtbot, "coronal", "plain", Position.SUPINE)
    desk.tool.set_brush(Brush(mode=BrushMode.PAINT, radius_mm=6.0, ball=True))
    desk.drag([(210, 190)])
    made = swept(desk.drawn[0].stroke, desk.grid)
    assert made.volume_ml == pytest.approx(4 / 3 * np.pi * 6.0**3 / 1000.0, rel=0.08)


def test_the_radius_stays_within_bounds() -> None:
    assert resized(PAINT, 1.25, 0.5, 50.0).radius_mm == 7.5
    assert resized(PAINT, 1000.0, 0.5, 50.0).radius_mm == 50.0
    assert resized(PAINT, 0.001, 0.5, 50.0).radius_mm == 0.5
