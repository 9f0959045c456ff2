"""Export from the window: one press writes all, beside what is there, or says why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app.exporting import NOTHING_DRAWN, Drawn
from app.key_views import key_pages, key_views
from app.presenters.handing_over import HandOverPresenter, can_export, free_folder
from app.reports.document import report
from app.session import Session
from app.view_state import ViewState
from app.views.export_panel import ExportPanel
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.handover.export_formats import FORMATS
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.records.export_folder import damaged, read_manifest

DRAWN = Drawn(key_views, key_pages, report)
KEYS = tuple(one.key for one in FORMATS)


class Scene:
    """A session with its export's presenter and panel, and what was said."""

    def __init__(self, folder: Path, drawn: Drawn = DRAWN) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel, self.message = ExportPanel(), Mock(spec=MessageStrip)
        self.presenter = HandOverPresenter(
            self.session,
            self.state,
            self.panel,
            Mock(spec=ProgressStrip),
            self.message,
            drawn=drawn,
        )
        self.presenter.set_folder(folder)
        self.presenter.show(shown=True)

    def export(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.presenter.job.ended, timeout=60_000):
            self.panel._go.click()


@pytest.fixture
def scene(qtbot: QtBot, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.presenter.job.shut_down()


def exports(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def test_one_press_writes_all_formats_and_the_next_one_beside_it(
    scene: Scene, case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    assert not scene.panel._go.isEnabled()
    scene.session.open(replace(case, plan=plan), images)
    assert scene.panel._go.text() == "Export all"
    scene.export(qtbot)
    (first,) = exports(tmp_path)
    assert first.name == f"Iliac-lesion_{datetime.now():%Y-%m-%d}"
    assert {record.format for record in read_manifest(first).files} == set(KEYS)
    assert damaged(first) == ()
    said = scene.message.show_note.call_args.args[0]
    assert str(first) in said
    assert f"{len([p for p in first.rglob('*') if p.is_file()])} files" in said
    scene.export(qtbot)
    assert [path.name for path in exports(tmp_path)] == [first.name, f"{first.name}_2"]
    scene.message.show_error.assert_not_called()


def test_only_what_is_ticked_is_written_and_without_the_patient_nobody_is_named(
    scene: Scene, case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    scene.session.open(replace(case, plan=plan), images)
    for key in set(KEYS) - {"csv", "sr"}:
        scene.panel._lines[key]._tick.setChecked(False)
    assert scene.panel._go.text() == "Export 2 formats"
    scene.panel._hide.setChecked(True)
    assert not scene.panel._hidden.isHidden()
    scene.export(qtbot)
    (folder,) = exports(tmp_path)
    manifest = read_manifest(folder)
    assert manifest.deidentified
    assert {record.format for record in manifest.files} == {"csv", "sr"}
    for path in folder.iterdir():
        assert b"DOE" not in path.read_bytes()
        assert b"Iliac" not in path.read_bytes()
        assert "liac" not in path.name
    for key in ("csv", "sr"):
        scene.panel._lines[key]._tick.setChecked(False)
    assert not scene.panel._go.isEnabled()
    assert scene.panel._go.toolTip() == "Tick at least one format."


def test_what_is_approved_or_selected_is_meant(
    scene: Scene, case: Case, images: CaseImages, set_plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    scene.session.open(replace(case, plan=set_plan), images)
    scene.state.select("T1")
    assert scene.panel._meant.text() == "Trajectory 1. Draft, not approved."
    scene.state.select("T2")  # of the set: its other core goes with it
    assert "C1" in scene.panel._meant.text()
    approval = Approval(
        approved_by="A", at="2026-11-26", plan_number=1, plan_sha256="0" * 64, candidate_ids=("T1",)
    )
    scene.session.seal(replace(scene.session.case, approval=approval))
    assert scene.panel._meant.text() == "Trajectory 1"
    scene.export(qtbot)
    (folder,) = exports(tmp_path)
    document = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (document["chosen"], document["plan_state"]) == (["T1"], "approved")
    assert (folder / "approval.json").is_file()


def test_what_cannot_be_written_says_why_and_leaves_nothing(
    scene: Scene, case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("mine", encoding="utf-8")
    scene.presenter.set_folder(blocked)
    scene.session.open(replace(case, plan=plan), images)
    scene.export(qtbot)
    assert "cannot be written" in scene.message.show_error.call_args.args[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


def test_an_export_that_is_stopped_leaves_nothing(
    scene: Scene, case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path
) -> None:
    scene.session.open(replace(case, plan=plan), images)
    scene.panel._go.click()
    scene.presenter.job.cancel()
    assert scene.presenter.job.shut_down(60.0)
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    scene.message.show_note.assert_not_called()


def test_a_format_that_cannot_be_written_says_why_and_the_others_go(
    case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    scene = Scene(tmp_path, NOTHING_DRAWN)
    qtbot.addWidget(scene.panel)
    scene.session.open(replace(case, plan=plan), images)
    line = scene.panel._lines["captures"]
    assert not line._tick.isEnabled()
    assert not line._why.isHidden()
    assert line._why.text() == "There is nothing here that draws pictures of the plan."
    assert scene.panel._go.text() == "Export all"
    drawn = {"captures", "pdf", "report", "board-report", "pathology"}
    assert set(scene.panel.ticked) == set(KEYS) - drawn
    assert scene.presenter.job.shut_down()


def test_why_there_is_nothing_to_export(case: Case, plan: PlanResult) -> None:
    assert can_export(None) == "Open a case first."
    assert can_export(case).startswith("Plan first")
    assert can_export(replace(case, plan=replace(plan, candidates=()))).startswith("Plan first")
    assert can_export(replace(case, plan=plan)) == ""


def test_a_folder_that_is_there_is_never_the_next_one(tmp_path: Path) -> None:
    for expected in ("a", "a_2", "a_3"):
        found = free_folder(tmp_path, "a")
        assert found.name == expected
        found.mkdir()
