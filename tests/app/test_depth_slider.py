"""The slider along the needle, by keys, by mouse and by what it shows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.views.depth_slider import DepthMarks, DepthSlider

MARKS = DepthMarks(stop_mm=60.0, tip_mm=75.0, specimen_mm=(60.0, 75.0), deepest_mm=95.0)


@pytest.fixture
def slider(qtbot: QtBot) -> DepthSlider:
    made = DepthSlider()
    qtbot.addWidget(made)
    made.resize(420, 36)
    made.set_marks(MARKS)
    made.set_depth(40.0)
    made.show()
    return made


def test_keys_go_by_millimetres_and_stay_between_skin_and_end(
    slider: DepthSlider, qtbot: QtBot
) -> None:
    heard: list[float] = []
    slider.depth_chosen.connect(heard.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_Left, Qt.Key.Key_PageDown):
        qtbot.keyClick(slider, key)
    assert heard == [41.0, 51.0, 50.0, 40.0]
    qtbot.keyClick(slider, Qt.Key.Key_End)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.depth_mm == 95.0
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert heard[-1] == 0.0


def test_the_mouse_goes_to_where_it_points(slider: DepthSlider, qtbot: QtBot) -> None:
    place = QPoint(round(slider.place_of(75.0)), 25)
    with qtbot.waitSignal(slider.depth_chosen) as heard:
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=place)
    assert heard.args[0] == pytest.approx(75.0, abs=0.3)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(slider, QPoint(round(slider.place_of(20.0)), 25))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=place)
    assert slider.depth_mm == pytest.approx(20.0, abs=0.3)


def test_what_it_is_told_it_does_not_tell(slider: DepthSlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(slider.depth_chosen):
        slider.set_depth(12.3)
        slider.set_marks(
            DepthMarks(stop_mm=5.0, tip_mm=8.0, specimen_mm=(5.0, 8.0), deepest_mm=10.0)
        )
        slider.set_marks(None)
    assert not slider.isEnabled()
    assert slider.toolTip() == "Select a trajectory"
    slider.set_marks(MARKS)
    assert slider.isEnabled()


def test_specimen_and_handle_stand_where_they_are(slider: DepthSlider) -> None:
    image = slider.grab().toImage()

    def colour(depth_mm: float) -> QColor:
        return image.pixelColor(round(slider.place_of(depth_mm)), slider.height() - 11)

    assert colour(67.0).name() == "#e6ebf1"
    assert colour(40.0).name() == "#4cc2ff"
    assert colour(20.0).name() == "#4cc2ff"  # the shaft
    assert colour(90.0).name() == "#343a43"
