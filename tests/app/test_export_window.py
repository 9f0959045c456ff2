"""The real window: the menu leads to the export, one key press writes it, and the menu imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.export_panel import ExportPanel
from app.views.numbers_card import NumbersCard
from app.views.parts import Words
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.records.export_folder import damaged
from tests.printed import plain_text_of

PATIENCE_MS = 60_000


@pytest.fixture
def desk(qtbot: QtBot, case: Case, images: CaseImages, plan: PlanResult) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.session.open(replace(case, plan=plan), images)
    made.window.show_pictures()
    made.view_state.select("T1")
    qtbot.wait(20)
    yield made
    made.shut_down()
    made.window.close()


def test_from_the_menu_to_a_whole_export_by_keys_alone(
    desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, panel = desk.window, desk.window.findChild(ExportPanel)
    assert not panel.isVisible()
    window.last_folder = str(tmp_path)
    window.actions_by_key["export"].trigger()
    qtbot.wait(120)
    assert panel.isVisible()
    assert panel._go.hasFocus()
    assert not panel._go.visibleRegion().isEmpty()
    assert panel._folder.text() == str(tmp_path)
    QTest.keyClick(panel._go, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not desk.handing_over.job.is_running, timeout=PATIENCE_MS)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert damaged(folder) == ()
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other))
    panel._choose.click()
    assert panel._folder.text() == str(other)


def test_importing_says_why_it_cannot_be_done_yet(desk: Desk) -> None:
    action = desk.window.actions_by_key["import_paths"]
    assert action.isEnabled() or action.toolTip()
    assert desk.handing_over.job in desk.jobs


def test_the_menu_writes_all_reports_with_the_numbers_of_the_card(
    desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    action = desk.window.actions_by_key["reports"]
    assert action.isEnabled()
    action.trigger()
    qtbot.waitUntil(lambda: not desk.handing_over.job.is_running, timeout=PATIENCE_MS)
    pages = {path.stem.rpartition("_")[2]: path for path in tmp_path.rglob("*.pdf")}
    assert set(pages) == {"ct-room", "tumour-board", "pathology-request"}
    said = plain_text_of(pages["ct-room"].read_bytes())
    card = desk.window.findChild(NumbersCard)
    assert card is not None
    shown = [words.text() for words in card.findChildren(Words)]
    (stop,) = (text for text in shown if text.startswith("STOP at"))
    (then,) = (text for text in shown if text.startswith("then "))
    assert stop in said
    assert then in said
    assert "DOE, JANE" in said


def test_without_a_plan_there_are_no_reports(qtbot: QtBot, case: Case, images: CaseImages) -> None:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.session.open(case, images)
    action = made.window.actions_by_key["reports"]
    assert not action.isEnabled()
    assert "Plan first" in action.toolTip()
    made.shut_down()
