"""Colours, text size and the sheet of keys in the real window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.application import build_desk
from app.desk import Desk
from app.settings import Settings, load_settings
from app.views.palette import DARK, LIGHT, apply_palette, colours
from app.views.parts import Words
from app.views.shortcut_sheet import ShortcutSheet


@pytest.fixture
def desk(qtbot: QtBot, tmp_path) -> Iterator[Desk]:
    made = build_desk(Settings(), data_dir=tmp_path)
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    yield made
    made.window.close()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_palette(application)


def shown(sheet: ShortcutSheet) -> set[str]:
    return {label.text() for label in sheet.findChildren(QLabel)}


def test_the_scheme_changes_at_once_and_is_kept(desk, tmp_path):
    assert colours() is DARK
    desk.window.actions_by_key["scheme_light"].trigger()
    assert colours() is LIGHT
    assert desk.window.actions_by_key["scheme_light"].isChecked()
    assert load_settings(tmp_path / "settings.json")[0].scheme == "light"


def test_all_text_grows_together(desk):
    words = [w for w in desk.window.findChildren(Words) if w.text()]
    before = [w.font().pixelSize() for w in words]
    for _ in range(3):
        desk.window.actions_by_key["text_larger"].trigger()
    assert [round(1.3 * size) for size in before] == [w.font().pixelSize() for w in words]
    desk.window.actions_by_key["text_usual"].trigger()
    assert before == [w.font().pixelSize() for w in words]


def test_f1_shows_every_key_of_the_menus_and_escape_sends_the_sheet_away(desk):
    sheet = desk.window.findChild(ShortcutSheet)
    assert sheet is not None
    assert not sheet.isVisible()
    desk.window.actions_by_key["shortcuts"].trigger()
    assert sheet.isVisible()
    said = shown(sheet)
    for row in ACTIONS:
        if row.shortcut:
            assert row.shortcut in said, row.key
    assert desk.window.rect().contains(sheet.geometry())
    desk.window.resize(1600, 1000)
    QApplication.processEvents()
    assert not sheet.findChild(QScrollArea).verticalScrollBar().isVisible(), "all at a glance"
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_no_key_is_given_twice():
    keys = [row.shortcut for row in ACTIONS if row.shortcut]
    assert sorted(set(keys)) == sorted(keys)
