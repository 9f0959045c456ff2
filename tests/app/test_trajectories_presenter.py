"""A plan becomes a table, a card and needles, and selecting a row takes every view there."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from app.presenters.needles import NeedlesPresenter
from app.presenters.numbers import not_checked_rows, unchecked_structures
from app.presenters.trajectories import TrajectoriesPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.not_checked_panel import NotCheckedPanel
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.trajectory_table import TrajectoryTable
from planning.image import CaseImages
from planning.model.case import Case, Position
from planning.model.core_set import Purpose
from planning.model.plan import NotChecked, PlanResult
from planning.trajectories.criteria import CRITERION_KEYS


class Room:
    """A session with mocked views."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.table = Mock(spec=TrajectoryTable)
        self.not_checked, self.picture = Mock(spec=NotCheckedPanel), Mock(spec=SliceView)
        self.presenter = TrajectoriesPresenter(
            self.session, self.state, self.table, self.not_checked
        )
        self.needles_presenter = NeedlesPresenter(
            self.session, self.state, [self.picture], Mock(spec=SceneView)
        )

    def needles(self) -> list[tuple[str, bool]]:
        return [(n.key, n.selected) for n in self.picture.set_needles.call_args.args[0]]


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made = Room()
    made.session.open(case, images)
    return made


def test_without_a_plan_it_says_what_to_do(room: Room) -> None:
    assert "press Plan" in room.table.set_message.call_args.args[0]


def test_what_cannot_be_planned_is_said_where_the_plan_would_stand(
    room: Room, case: Case, images: CaseImages
) -> None:
    room.session.open(replace(case, structures=()), images)
    assert "no tumour mask" in room.table.set_message.call_args.args[0]


def test_a_plan_fills_the_table_and_selects_the_best(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=plan))
    rows, summary = room.table.set_rows.call_args.args
    assert [(row.key, row.rank, row.caution) for row in rows] == [
        ("T1", 1, ""),
        ("T2", 2, "dense: lower yield"),
    ]
    assert summary == "2 of 1,200"
    assert rows[0].angle_words == "25° right, 7° head"
    assert (rows[0].nearest_structure, rows[0].nearest_mm) == ("sciatic nerve", 9.3)
    assert room.state.selected == "T1"
    assert room.needles() == [("T1", True), ("T2", False)]


def test_cores_of_a_set_are_marked_and_those_not_ranked_are_not_counted(
    room: Room, case: Case, set_plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=set_plan))
    rows, summary = room.table.set_rows.call_args.args
    assert [(row.label, row.core) for row in rows] == [
        ("1", ""),
        ("2", "histology"),
        ("C1", "reserve"),
    ]
    assert summary == "2 of 1,200, 1 more for the set"
    cores = [(n.key, n.core) for n in room.picture.set_needles.call_args.args[0]]
    assert cores == [("T1", False), ("T2", True), ("C1", True)]


def test_another_purpose_leaves_selection_and_crosshair_alone(
    room: Room, case: Case, set_plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=set_plan))
    room.state.select("C1")
    room.state.set_crosshair((1.0, 2.0, 103.0))
    first, second = set_plan.core_set.cores
    changed = replace(set_plan.core_set, cores=(first, replace(second, purpose=Purpose.CULTURE)))
    planned = room.session.case
    room.session.apply("Send", replace(planned, plan=replace(set_plan, core_set=changed)))
    assert room.state.selected == "C1"
    assert room.state.crosshair_lps_mm == (1.0, 2.0, 103.0)
    assert room.table.set_rows.call_args.args[0][2].core == "culture"
    assert room.table.set_selected.call_args.args == ("C1",)


def test_rules_that_masks_cannot_tell_are_no_missing_structures(plan: PlanResult) -> None:
    asked = replace(plan, not_checked=(NotChecked("rule:bleeding-risk", "anticoagulation"),))
    assert [row.what for row in not_checked_rows(asked)] == ["Rule: bleeding risk"]
    assert unchecked_structures(asked) == ()


def test_selecting_a_row_goes_to_the_middle_of_its_specimen(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=plan))
    room.state.select("T2")
    assert room.table.set_selected.call_args.args == ("T2",)
    assert room.needles() == [("T1", False), ("T2", True)]
    shallow, deep = plan.candidates[1].specimen_lps_mm
    assert room.state.crosshair_lps_mm == pytest.approx(tuple(np.add(shallow, deep) / 2))


def test_stepping_stops_at_both_ends(room: Room, case: Case, plan: PlanResult) -> None:
    room.presenter.step(1)
    room.session.apply("Plan", replace(case, plan=plan))
    seen = []
    for places in (1, 1, -1, -1):
        room.presenter.step(places)
        seen.append(room.state.selected)
    assert seen == ["T2", "T2", "T1", "T1"]


def test_what_was_not_checked_is_said_structures_first(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=plan))
    (rows,) = room.not_checked.set_rows.call_args.args
    assert [row.what for row in rows] == ["sacral foramina", "Nearest vessel"]


def test_every_measure_that_was_not_taken_is_said_in_words(plan: PlanResult) -> None:
    unknown = tuple(NotChecked(key, "because") for key in CRITERION_KEYS)
    (row,) = not_checked_rows(replace(plan, not_checked=unknown))
    assert row.things == len(CRITERION_KEYS)
    assert "_" not in row.what


def test_an_empty_plan_gives_the_reasons_commonest_first(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=replace(plan, candidates=())))
    said = room.table.set_message.call_args.args[0]
    assert said.startswith("No trajectory meets every limit. Of 1,200 tried: 700 needle too short;")
    assert "vessel" not in said


def test_undoing_the_plan_empties_table_and_views(room: Room, case: Case, plan: PlanResult) -> None:
    room.session.apply("Plan", replace(case, plan=plan))
    room.session.undo_stack.undo()
    assert room.table.set_rows.call_args.args == ((),)
    assert room.needles() == []
    room.session.undo_stack.redo()
    assert room.state.selected == "T1"
    assert room.needles() == [("T1", True), ("T2", False)]


def test_the_entry_is_named_as_the_scanner_counts(room: Room, case: Case, plan: PlanResult) -> None:
    room.session.apply("Plan", replace(case, patient_position=Position.SUPINE, plan=plan))
    rows, _ = room.table.set_rows.call_args.args
    assert rows[0].entry_slice == "image 130"


def test_editing_a_mask_leaves_the_views_where_the_brush_is(
    room: Room, case: Case, plan: PlanResult
) -> None:
    planned = replace(case, plan=plan)
    room.session.apply("Plan", planned)
    here = (3.0, 4.0, 150.0)
    room.state.set_crosshair(here)
    edited = replace(case, structures=tuple(replace(s, date="2026") for s in case.structures))
    room.session.apply("Paint", edited)
    said = room.table.set_message.call_args.args[0]
    assert "no longer holds" in said
    assert "Ctrl+Z" in said
    own = replace(plan.candidates[0], candidate_id="M1", rank=0)
    room.session.amend(replace(edited, plan=replace(plan, candidates=(own,), evaluated=0)))
    assert room.state.selected == "M1"
    assert room.state.crosshair_lps_mm == here
    room.session.undo_stack.undo()
    assert room.session.case is planned
    assert room.state.crosshair_lps_mm == here


def test_a_plan_that_was_taken_back_is_not_called_out_of_date(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=plan))
    room.session.undo_stack.undo()
    assert "Nothing planned yet" in room.table.set_message.call_args.args[0]
