"""Saving without windows: where to, when, what is said, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app.presenters.saving import SavingPresenter
from app.remembered import Remembered, load_remembered, save_remembered, with_recent
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.records.approval_file import plan_sha256
from planning.records.case_file import load_case


@pytest.fixture
def session(qapp: object, case: Case, images: CaseImages) -> Session:
    made = Session()
    made.open(case, images)
    return made


@pytest.fixture
def message() -> Mock:
    return Mock(spec=MessageStrip)


@pytest.fixture
def saving(session: Session, message: Mock) -> Iterator[SavingPresenter]:
    made = SavingPresenter(session, Mock(spec=ProgressStrip), message)
    yield made
    made.job.shut_down()


def test_a_case_without_a_folder_asks_for_one_and_has_it_then(
    saving: SavingPresenter, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    asked, titles = [], []
    saving.folder_wanted.connect(asked.append)
    saving.title_changed.connect(lambda *title: titles.append(title))
    session.apply("Write", replace(session.case, remarks="x"))
    assert titles[-1] == ("Iliac lesion", True)
    saving.save()
    assert asked == ["Iliac-lesion"]
    with qtbot.waitSignal(saving.saved, timeout=20_000):
        saving.save_to(tmp_path / "a")
    assert titles[-1] == ("Iliac lesion", False)
    session.apply("Write", replace(session.case, remarks="y"))
    with qtbot.waitSignal(saving.saved, timeout=20_000):
        saving.save()
    assert asked == ["Iliac-lesion"]
    assert load_case(tmp_path / "a", role_tables={}).case.remarks == "y"
    saving.save_as()
    assert len(asked) == 2


def test_what_changes_while_it_is_saved_stays_unsaved(
    saving: SavingPresenter, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(saving.saved, timeout=20_000):
        saving.save_to(tmp_path / "a")
        session.apply("Write", replace(session.case, remarks="later"))
    assert session.is_unsaved
    assert session.folder == tmp_path / "a"


def test_an_approval_is_on_the_disk_at_once(
    saving: SavingPresenter, session: Session, plan: PlanResult, tmp_path: Path, qtbot: QtBot
) -> None:
    session.apply("Plan", replace(session.case, plan=plan))
    with qtbot.waitSignal(saving.saved, timeout=20_000):
        saving.save_to(tmp_path / "a")
    approval = Approval(
        approved_by="AW",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256=plan_sha256(plan),
        candidate_ids=("T1",),
    )
    with qtbot.waitSignal(saving.saved, timeout=20_000):
        session.seal(replace(session.case, approval=approval))
    assert (tmp_path / "a" / "approval.json").exists()
    assert load_case(tmp_path / "a", role_tables={}).case.approval == approval


def test_a_failure_is_said_and_the_case_stays_unsaved(
    saving: SavingPresenter, session: Session, message: Mock, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("x", encoding="utf-8")
    session.apply("Write", replace(session.case, remarks="x"))
    with qtbot.waitSignal(saving.job.ended, timeout=20_000):
        saving.save_to(tmp_path / "a")
    assert "holds files already" in message.show_error.call_args.args[0]
    assert session.is_unsaved
    assert session.folder is None


def test_recent_cases_are_remembered_latest_first(tmp_path: Path) -> None:
    held = Remembered()
    for number in [*range(12), 5]:
        held = with_recent(held, tmp_path / str(number))
    file = tmp_path / "below" / "remembered.json"
    assert save_remembered(held, file) == ""
    names = [Path(name).name for name in load_remembered(file).recent]
    assert names == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
    twice = with_recent(with_recent(held, tmp_path / "5"), tmp_path / "5" / "case.toml")
    assert twice.recent == held.recent, "a case's file and its folder are one case"
    file.write_text("{", encoding="utf-8")
    assert load_remembered(file) == Remembered()
    assert "could not be remembered" in save_remembered(held, file / "below")
