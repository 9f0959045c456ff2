"""A slice over which something moves looks as it does otherwise, and shows every other change."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.views.slice_tool import SliceTool
from app.views.slice_view import SliceView
from tests.app.scenes import grid_of, marked_volume

MARK = QColor("#ff00ff")


class Dot(SliceTool):
    """Paints a square wherever it is put."""

    def __init__(self) -> None:
        self.at = (100, 100)

    def paint(self, view: SliceView, painter: QPainter, plane, half_slab_mm: float) -> None:
        painter.fillRect(*self.at, 10, 10, MARK)


@pytest.fixture
def view(qtbot: QtBot) -> SliceView:
    made = SliceView("axial")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_volume(marked_volume(grid_of("plain"), (8.0, -5.0, 4.0)))
    return made


def picture(view: SliceView) -> QImage:
    return view.grab().toImage()


def test_it_looks_the_same_with_and_without(view):
    dot = Dot()
    view.add_tool(dot)
    plain = picture(view)
    view.set_tools_moving(moving=True)
    assert picture(view) == plain
    dot.at = (200, 150)
    view.update_tools()
    moved = picture(view)
    assert moved.pixelColor(205, 155) == MARK
    assert moved.pixelColor(105, 105) != MARK
    view.set_tools_moving(moving=False)
    assert picture(view) == moved


def test_other_changes_are_seen_while_something_moves(view):
    view.add_tool(Dot())
    view.set_tools_moving(moving=True)
    before = picture(view)
    view.set_crosshair((8.0, -5.0, 4.0))
    pointed = picture(view)
    assert pointed != before
    view.set_window(500.0, 10.0)
    assert picture(view) != pointed
    view.resize(300, 300)
    assert picture(view).width() == 300
    view.set_volume(None)
    assert picture(view).pixelColor(105, 105) != MARK
