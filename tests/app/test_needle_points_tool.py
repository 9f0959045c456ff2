"""Marking a needle by two presses in any views; Escape and Backspace take it back."""

from __future__ import annotations

from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.views.needle_points_tool import NeedlePointsTool
from app.views.slice_view import SliceView
from tests.app.scenes import grid_of, linear_volume

HUB, TIP = (-10.0, 8.0, 0.0), (6.0, -4.0, 0.0)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(params=["plain", "oblique"])
def views(qtbot: QtBot, request: pytest.FixtureRequest):
    tool, made = NeedlePointsTool(), []
    for kind in ("axial", "coronal"):
        view = SliceView(kind)
        qtbot.addWidget(view)
        view.resize(400, 400)
        view.set_volume(linear_volume(grid_of(request.param)))
        view.set_crosshair((0.0, 0.0, 0.0))
        view.add_tool(tool)
        view.show()
        made.append(view)
    heard = {name: Mock() for name in ("marked", "point_set", "given_up")}
    for name, mock in heard.items():
        getattr(tool, name).connect(mock)
    return tool, *made, heard


def place(view: SliceView, point_lps_mm) -> QPoint:
    x, y = view.plane().screen_from_lps(point_lps_mm).tolist()
    return QPoint(round(x), round(y))


def test_two_presses_in_two_views_mark_a_needle(views, qtbot):
    tool, axial, coronal, heard = views
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    heard["point_set"].assert_not_called()  # the view's own gesture, while the tool rests
    tool.set_on(on=True)
    axial.set_crosshair((0.0, 0.0, 0.0))
    before = axial._crosshair
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    assert axial._crosshair == before
    inside = (6.0, 0.0, -4.0)
    qtbot.mouseClick(coronal, LEFT, pos=place(coronal, inside))
    hub, tip = heard["marked"].call_args.args
    off_mm = axial.plane().mm_per_pixel
    assert hub == pytest.approx(HUB, abs=off_mm)
    assert np.array(tip)[[0, 2]] == pytest.approx([6.0, -4.0], abs=coronal.plane().mm_per_pixel)
    assert not tool.is_on


def test_other_buttons_and_scrolling_stay_what_they_are(views, qtbot):
    tool, axial, _, heard = views
    tool.set_on(on=True)
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    qtbot.keyClick(axial, Qt.Key.Key_Up)
    assert axial._crosshair != (0.0, 0.0, 0.0)
    qtbot.mousePress(axial, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    qtbot.mouseRelease(axial, Qt.MouseButton.MiddleButton, pos=QPoint(120, 100))
    heard["marked"].assert_not_called()
    assert tool.is_on


def test_a_point_can_be_taken_back(views, qtbot):
    tool, axial, _, heard = views
    tool.set_on(on=True)
    qtbot.mouseClick(axial, LEFT, pos=place(axial, TIP))
    qtbot.keyClick(axial, Qt.Key.Key_Backspace)
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    heard["marked"].assert_not_called()
    qtbot.mouseClick(axial, LEFT, pos=place(axial, TIP))
    assert heard["marked"].call_args.args[0] == pytest.approx(HUB, abs=0.5)


def test_the_crosshair_can_be_taken_in_place_of_the_mouse(views):
    tool, _, _, heard = views
    tool.set_point(HUB)
    heard["point_set"].assert_not_called()  # it rests
    tool.set_on(on=True)
    tool.set_point(HUB)
    tool.set_point(TIP)
    heard["marked"].assert_called_once_with(HUB, TIP)
    assert not tool.is_on


def test_escape_gives_up_and_leaves_everything_as_it_was(views, qtbot):
    tool, axial, _, heard = views
    tool.set_on(on=True)
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    qtbot.keyClick(axial, Qt.Key.Key_Escape)
    heard["given_up"].assert_called_once()
    assert not tool.is_on
    qtbot.mouseClick(axial, LEFT, pos=place(axial, TIP))
    heard["marked"].assert_not_called()


def test_one_point_twice_is_no_needle(views, qtbot):
    tool, axial, _, heard = views
    tool.set_on(on=True)
    for _ in range(2):
        qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    heard["marked"].assert_not_called()
    assert tool.is_on


def test_the_first_point_is_seen_where_it_was_set(views, qtbot):
    tool, axial, _, _ = views
    axial.set_window(4000.0, 10.0)
    tool.set_on(on=True)
    qtbot.mouseClick(axial, LEFT, pos=place(axial, HUB))
    image, at = axial.grab().toImage(), place(axial, HUB)
    around = [(dx, dy) for dx in range(-5, 6) for dy in range(-5, 6)]
    shown = [image.pixelColor(at.x() + dx, at.y() + dy) for dx, dy in around]
    assert sum(c.red() > 120 and c.red() > c.blue() + 60 for c in shown) > 5
