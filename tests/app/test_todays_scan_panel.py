"""The panel of today's scan: what it shows in each state, what its buttons say, what it emits."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDoubleSpinBox, QLabel
from pytestqt.qtbot import QtBot

from app.views.scan_fit_values import ComparedPicture
from app.views.todays_scan_panel import TodaysScanPanel
from app.views.todays_scan_values import StaleRow, TodaysScanText
from app.views.values import Choice

REGISTERED = TodaysScanText(
    scan="CT, 2026-11-26, 30 slices of 2.0 mm, prone",
    residual="0.4 mm",
    verdict="Good: bone surfaces are 0.4 mm apart, 95 % under 1.1 mm.",
    tone="good",
    facts=("turned 8 degrees",),
    cannot_keep="The scans do not lie in one frame.",
    cannot_return="The case has not been carried over.",
)
STALE = (
    StaleRow(key="nerve", name="sciatic nerve", why="moved from the CT of 2026-11-23"),
    StaleRow(key="artery", name="iliac artery", why="moved from the CT of 2026-11-23"),
)


@pytest.fixture
def panel(qtbot: QtBot) -> TodaysScanPanel:
    made = TodaysScanPanel()
    qtbot.addWidget(made)
    made.resize(300, 1200)
    made.show()
    return made


def button(panel: TodaysScanPanel, text: str) -> QAbstractButton:
    return next(b for b in panel.findChildren(QAbstractButton) if b.text() == text)


def words(panel: TodaysScanPanel) -> str:
    return " | ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def picture(name: str, colour: tuple[int, int, int]) -> ComparedPicture:
    rgb = np.zeros((41, 41, 3), np.uint8)
    rgb[:, :20] = colour
    return ComparedPicture(name=name, rgb=rgb, letters=("R", "L", "A", "P"))


def test_nothing_of_a_registration_is_shown_before_there_is_one(panel: TodaysScanPanel) -> None:
    panel.set_text(TodaysScanText(hint="Choose the CT made on the table."))
    assert "Choose the CT made on the table." in words(panel)
    assert not button(panel, "Carry the plan over").isVisible()
    assert not any(box.isVisible() for box in panel.findChildren(QDoubleSpinBox))


def test_a_registration_is_a_number_with_words(panel: TodaysScanPanel) -> None:
    panel.set_text(REGISTERED)
    assert "0.4 mm" in words(panel)
    assert "Good: bone surfaces" in words(panel)
    carry, keep = button(panel, "Carry the plan over"), button(panel, "Take unmoved")
    assert carry.isEnabled()
    assert not keep.isEnabled()
    assert keep.toolTip() == "The scans do not lie in one frame."


def test_every_button_says_what_it_does_and_asks_for_it(
    panel: TodaysScanPanel, qtbot: QtBot
) -> None:
    panel.set_text(
        TodaysScanText(scan="CT", residual="0.4 mm", verdict="Good", cannot_return="", tone="good")
    )
    for text, signal in (
        ("Folder...", panel.folder_requested),
        ("File...", panel.file_requested),
        ("Register again", panel.register_requested),
        ("Take unmoved", panel.keep_requested),
        ("Discard", panel.discard_requested),
        ("Carry the plan over", panel.carry_requested),
        ("Back to the earlier CT", panel.return_requested),
    ):
        found = button(panel, text)
        assert found.toolTip()
        assert found.focusPolicy() & Qt.FocusPolicy.TabFocus
        with qtbot.waitSignal(signal):
            QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def test_the_six_numbers_move_the_scan_and_can_be_put_back_unheard(
    panel: TodaysScanPanel, qtbot: QtBot
) -> None:
    panel.set_text(REGISTERED)
    boxes = panel.findChildren(QDoubleSpinBox)
    assert len(boxes) == 6
    named = {box.accessibleName(): box for box in boxes}
    with qtbot.waitSignal(panel.nudged) as heard:
        named["to the back"].setValue(2.5)
    assert heard.args == [(0.0, 2.5, 0.0), (0.0, 0.0, 0.0)]
    with qtbot.waitSignal(panel.nudged) as heard:
        named["about head-feet"].setValue(-1.5)
    assert heard.args == [(0.0, 2.5, 0.0), (0.0, 0.0, -1.5)]
    with qtbot.assertNotEmitted(panel.nudged):
        panel.reset_nudge()
    assert all(box.value() == 0.0 for box in boxes)


def test_another_patient_has_to_be_confirmed(panel: TodaysScanPanel, qtbot: QtBot) -> None:
    panel.set_text(TodaysScanText(scan="CT", other_patient='ID "1" and "2"'))
    assert 'Another patient? The scans name ID "1" and "2".' in words(panel)
    with qtbot.waitSignal(panel.patient_confirmed) as heard:
        button(panel, "It is the same patient").click()
    assert heard.args == [True]


def test_series_and_position_are_asked_for_only_where_needed(
    panel: TodaysScanPanel, qtbot: QtBot
) -> None:
    panel.set_positions((Choice("", "not known"), Choice("prone", "Prone")))
    panel.set_text(TodaysScanText())
    assert not panel._series.isVisible()
    assert not panel._position.isVisible()
    panel.set_text(
        TodaysScanText(series=(Choice("a", "A"), Choice("b", "B")), scan="CT", ask_position=True)
    )
    assert panel._series.currentIndex() == -1
    for combo, signal, expected in (
        (panel._series, panel.series_chosen, "b"),
        (panel._position, panel.position_chosen, "prone"),
    ):
        assert combo.isVisible()
        with qtbot.waitSignal(signal) as heard:
            combo.setCurrentIndex(1)
            combo.activated.emit(1)
        assert heard.args == [expected]


def test_the_pictures_show_what_they_are_given_and_left_is_left(
    panel: TodaysScanPanel, qtbot: QtBot
) -> None:
    panel.set_text(REGISTERED)
    panel.set_pictures(
        (
            picture("Axial", (200, 10, 10)),
            picture("Coronal", (10, 200, 10)),
            picture("Sagittal", (10, 10, 200)),
        )
    )
    qtbot.wait(50)
    large, second, _ = panel.pictures._views
    assert large.width() == pytest.approx(large.height(), abs=2)
    image = large.grab().toImage()
    left = QColor(image.pixel(image.width() // 4, image.height() // 3))
    right = QColor(image.pixel(3 * image.width() // 4, image.height() // 3))
    assert left.red() > 150 > left.green()
    assert right.lightness() < 20
    QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert [p.name for p in panel.pictures.shown() if p] == ["Coronal", "Axial", "Sagittal"]
    panel.set_pictures(())
    assert not panel.pictures.isVisible()


def test_masks_are_ticked_one_by_one(panel: TodaysScanPanel, qtbot: QtBot) -> None:
    assert not panel.stale.isVisible()
    panel.set_stale(STALE)
    assert panel.stale.keys() == ("nerve", "artery")
    assert "2 masks moved with soft tissue and are to be checked" in words(panel)
    with qtbot.waitSignal(panel.checked) as heard:
        panel.stale.tick("artery")
    assert heard.args == ["artery"]
    with qtbot.waitSignal(panel.visited) as heard:
        panel.stale._list.setCurrentRow(1)
    assert heard.args == ["artery"]
    panel.set_stale(())
    assert not panel.stale.isVisible()
