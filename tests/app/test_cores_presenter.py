"""The core set is said in words, and what a core is taken for can be changed and undone."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from app.presenters.cores import CoresPresenter, core_set_text
from app.session import Session
from app.view_state import ViewState
from app.views.core_set_panel import CoreSetPanel
from planning.image import CaseImages
from planning.model.case import Case, Role, Structure
from planning.model.core_set import Purpose
from planning.model.plan import PlanResult


class Room:
    """A session with a mocked panel."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel = Mock(spec=CoreSetPanel)
        self.presenter = CoresPresenter(self.session, self.state, self.panel)

    def purposes(self) -> list[Purpose]:
        return [core.purpose for core in self.session.case.plan.core_set.cores]


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made = Room()
    made.session.open(case, images)
    return made


def test_without_a_set_it_says_why_and_what_to_do(room: Room, case: Case, plan: PlanResult) -> None:
    assert "press plan" in room.panel.set_message.call_args.args[0].lower()
    room.session.apply("Plan", replace(case, plan=plan))
    assert "single core" in room.panel.set_message.call_args.args[0]
    room.session.apply("Plan", replace(case, plan=replace(plan, candidates=())))
    assert "No trajectory meets every limit" in room.panel.set_message.call_args.args[0]


def test_a_set_is_said_with_what_it_rests_on(case: Case, set_plan: PlanResult) -> None:
    habitat = Structure(name="Habitat A", role=Role.HABITAT, mask_id="tumour", must_sample=True)
    text = core_set_text(replace(case, structures=(habitat,)), set_plan.core_set, 10.0)
    assert text.title == "2 cores through one entry"
    assert [(r.what, r.chance, r.expected_mm, r.wanted) for r in text.coverage] == [
        ("Habitat A", 0.93, 20.25, True),
        ("At least 10 mm in one core", 0.999, None, False),
    ]
    assert text.facts == (
        ("Contaminated tract", "1 entry, 87 mm, gluteus maximus right"),
        ("Choice", "best of 200 tested, gap 0.0 %"),
        ("Spread", "specimens at least 18.4 mm apart, effective habitats 1.9"),
    )
    first, second = text.cores
    assert (first.key, first.name, second.key, second.name) == ("T2", "Trajectory 2", "C1", "C1")
    assert first.purpose == "histology"
    assert "expected not known viable" not in first.numbers
    assert first.numbers.startswith("expected viable length not known, P(enough) not known")
    assert text.warnings == ("Habitat B cannot be sampled",)


def test_several_entries_are_counted(case: Case, set_plan: PlanResult) -> None:
    tract = replace(set_plan.core_set.tract, entries=3)
    text = core_set_text(case, replace(set_plan.core_set, tract=tract), None)
    assert text.title == "2 cores through 3 entries"
    assert text.coverage[-1].what == "Enough in one core"


def test_another_purpose_changes_the_container_and_can_be_undone(
    room: Room, case: Case, set_plan: PlanResult
) -> None:
    room.session.apply("Plan", replace(case, plan=set_plan))
    room.presenter.choose_purpose("C1", "culture")
    assert room.purposes() == [Purpose.HISTOLOGY, Purpose.CULTURE]
    changed = room.session.case.plan
    assert "sterile" in changed.core_set.cores[1].container
    assert changed.candidates is set_plan.candidates
    assert room.session.undo_stack.undoText() == "Send core C1 to culture"
    shown = room.panel.set_core_set.call_args.args[0]
    assert shown.cores[1].purpose == "culture"
    room.session.undo_stack.undo()
    assert room.session.case.plan is set_plan
    assert room.panel.set_core_set.call_args.args[0].cores[1].purpose == "reserve"


def test_the_same_purpose_is_no_step(room: Room, case: Case, set_plan: PlanResult) -> None:
    room.session.apply("Plan", replace(case, plan=set_plan))
    room.presenter.choose_purpose("C1", "reserve")
    room.presenter.choose_purpose("T1", "culture")  # no core of the set
    assert room.session.case.plan is set_plan


def test_each_core_says_what_it_holds_of_each_habitat(case: Case, set_plan: PlanResult) -> None:
    assert core_set_text(case, set_plan.core_set, 10.0).matrix is None  # an older plan
    cores = tuple(
        replace(core, expected_mm={"Habitat A": 8.0 + n}, chances={"Habitat A": 0.5, "enough": 0.4})
        for n, core in enumerate(set_plan.core_set.cores)
    )
    habitat = Structure(name="Habitat A", role=Role.HABITAT, mask_id="tumour", must_sample=True)
    marked = replace(case, structures=(habitat,))
    matrix = core_set_text(marked, replace(set_plan.core_set, cores=cores), 10.0).matrix
    assert matrix.columns == ("Habitat A", "enough in one core")
    assert matrix.wanted == (True, False)
    assert [(r.key, r.name, r.lengths, r.chances) for r in matrix.rows] == [
        ("T2", "2", ("8.0 mm", ""), (0.5, 0.4)),
        ("C1", "C1", ("9.0 mm", ""), (0.5, 0.4)),
        ("", "together", ("20.2 mm", ""), (0.93, 0.999)),
    ]
