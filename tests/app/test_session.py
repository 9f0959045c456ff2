"""Every change of the case can be undone, a drag in one step; looking at it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.session import Session
from app.view_state import Style, ViewState
from planning.geometry import Grid
from planning.image import CaseImages, Volume
from planning.model.case import Case


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
