"""Every change of the case can be undone, a drag in one step; looking at it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session import Session
from app.view_state import Style, ViewState
from planning.geometry import Grid
from planning.image import CaseImages, Volume
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.plan_life import forked
from planning.records.case_origin import Origin
from tests import example_plans


def _images() -> CaseImages:
    grid = Grid(size_ijk=(2, 3, 4), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0))
    return CaseImages(ct=Volume(grid=grid, values=np.zeros((4, 3, 2), np.int16)), masks={})


@pytest.fixture
def session(qapp: object) -> Session:
    made = Session()
    made.open(Case(name="one", ct_id="ct"), _images())
    return made


def test_opening_tells_the_new_and_the_old_case(qapp: object) -> None:
    session, heard = Session(), []
    session.case_changed.connect(lambda new, old: heard.append((new, old)))
    first, second = Case(name="one", ct_id="ct"), Case(name="two", ct_id="ct")
    session.open(first, _images())
    session.open(second, _images())
    assert heard == [(first, None), (second, first)]


def test_undo_puts_the_very_same_case_back(session: Session) -> None:
    before = session.case
    session.apply("Choose needle", replace(before, needle_key="bone-8g-100"))
    assert session.case.needle_key == "bone-8g-100"
    assert session.undo_stack.undoText() == "Choose needle"
    session.undo_stack.undo()
    assert session.case is before
    session.undo_stack.redo()
    assert session.case.needle_key == "bone-8g-100"


def test_a_drag_is_one_step_and_two_drags_are_two(session: Session) -> None:
    names = []
    for key in ("drag-1", "drag-1", "drag-1", "", "drag-2", "drag-2"):
        names.append(f"{len(names)}")
        session.apply("Move", replace(session.case, name=names[-1]), merge_key=key)
    seen = []
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
        seen.append(session.case.name)
    assert seen == ["3", "2", "one"]


def test_the_same_case_is_no_step(session: Session) -> None:
    session.apply("Nothing", session.case)
    assert not session.undo_stack.canUndo()


def test_opening_another_case_forgets_the_steps(session: Session) -> None:
    session.apply("Rename", replace(session.case, name="x"))
    session.open(Case(name="two", ct_id="ct"), _images())
    assert not session.undo_stack.canUndo()


def test_view_state_speaks_only_when_something_changes(qapp: object) -> None:
    state, heard = ViewState(), []
    state.crosshair_changed.connect(heard.append)
    state.window_changed.connect(lambda *window: heard.append(window))
    state.selection_changed.connect(heard.append)
    for _ in range(2):
        state.set_crosshair((1.0, 2.0, 3.0))
        state.set_window(400.0, 2000.0)
        state.select("T3")
    assert heard == [(1.0, 2.0, 3.0), (400.0, 2000.0), "T3"]


def test_styles_change_one_structure_only(qapp: object) -> None:
    state, count = ViewState(), []
    state.set_styles({"a": Style("#111111"), "b": Style("#222222")})
    state.styles_changed.connect(lambda: count.append(1))
    state.set_visible("a", visible=False)
    state.set_visible("a", visible=False)
    state.set_opacity("a", 0.5)
    assert state.style("a") == Style("#111111", 0.5, visible=False)
    assert state.style("b") == Style("#222222")
    assert state.style("c") is None
    assert len(count) == 2


def _approved(case: Case) -> Case:
    approval = Approval(
        approved_by="A. Weber",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="0" * 64,
        candidate_ids=("T1",),
    )
    return replace(case, approval=approval, plan=example_plans.plan())


def test_what_is_approved_does_not_change_and_whoever_showed_the_wish_hears_it(
    session: Session,
) -> None:
    session.apply("Rename", replace(session.case, name="x"))
    session.seal(_approved(session.case))
    assert not session.undo_stack.canUndo(), "there is no way back over an approval"
    approved, said, heard = session.case, [], []
    session.refused.connect(said.append)
    session.case_changed.connect(lambda new, old: heard.append((new, old)))
    wish = replace(approved, needle_key="bone-8g-100", plan=None)
    assert not session.apply("Choose needle", wish)
    session.amend(wish)
    assert session.case is approved
    assert heard == [(approved, wish)] * 2
    assert said[0].startswith("Plan 1 was approved by A. Weber on 2026-11-26 10:12")
    assert not session.undo_stack.canUndo()
    assert session.apply("Write", replace(approved, remarks="seen"))
    session.undo_stack.undo()
    assert session.case is approved


def test_a_new_draft_can_be_undone_and_changes_freely(session: Session) -> None:
    session.seal(_approved(session.case))
    approved = session.case
    assert session.apply("Draft", forked(approved))
    assert session.apply("Choose needle", replace(session.case, needle_key="n", plan=None))
    assert session.case.past_plans[0].plan is approved.plan
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.case is approved


def test_saved_means_as_in_the_files_and_undo_leads_back_there(session: Session) -> None:
    heard = []
    session.saved_changed.connect(lambda: heard.append(session.is_unsaved))
    first = session.case
    session.apply("Rename", replace(first, name="x"))
    session.apply("Rename", replace(session.case, name="y"))
    session.undo_stack.undo()
    assert heard == [True]
    session.undo_stack.undo()
    assert heard == [True, False]
    session.undo_stack.redo()
    session.mark_saved(session.case, Origin(path=Path("a/case.toml"), folder=Path("a")))
    assert heard == [True, False, True, False]
    assert session.folder == Path("a")
    session.open(first, _images())
    assert session.folder is None


def test_completing_an_opened_case_leaves_it_saved(session: Session) -> None:
    heard = []
    session.saved_changed.connect(lambda: heard.append(session.is_unsaved))
    session.amend(replace(session.case, name="completed"))
    assert not session.is_unsaved
    session.apply("Rename", replace(session.case, name="x"))
    session.amend(replace(session.case, name="x, completed"))
    assert session.is_unsaved
    assert heard == [True]
    session.undo_stack.undo()
    assert session.case.name == "completed"
    assert not session.is_unsaved
