"""The plan is written where the user says, and never over another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

from app.presenters.handing_over import HandOverPresenter, can_export
from app.session import Session
from app.views.message_strip import MessageStrip
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult


def test_a_plan_is_written_once(
    qapp: object, case: Case, images: CaseImages, plan: PlanResult, tmp_path: Path
) -> None:
    session, message = Session(), Mock(spec=MessageStrip)
    presenter = HandOverPresenter(session, message)
    presenter.export(tmp_path)
    assert not any(tmp_path.iterdir())
    session.open(replace(case, plan=plan), images)
    presenter.export(tmp_path)
    assert (tmp_path / "plan.json").is_file()
    assert (tmp_path / "candidates.csv").is_file()
    assert str(tmp_path) in message.show_note.call_args.args[0]
    presenter.export(tmp_path)
    assert "already exists" in message.show_error.call_args.args[0]


def test_why_there_is_nothing_to_export(case: Case, plan: PlanResult) -> None:
    assert can_export(None) == "Open a case first."
    assert can_export(case).startswith("Plan first")
    assert can_export(replace(case, plan=replace(plan, candidates=()))).startswith("Plan first")
    assert can_export(replace(case, plan=plan)) == ""
