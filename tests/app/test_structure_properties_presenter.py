"""Role, margin, name, check and trust of a structure, each a step with a name."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QObject, Signal

from app.presenters.structure_properties import ROLE_WORDS, StructurePropertiesPresenter
from app.session import Session
from app.views.structure_properties import StructurePropertiesPanel
from app.views.structure_values import StructureProperties
from planning.image import CaseImages
from planning.model.case import Case, Role, Structure
from planning.model.plan import PlanResult


class List(QObject):
    """Stands for the list of structures."""

    current_changed = Signal(str)


class Room:
    """A session, a list and the presenter without a window; the nerve is current."""

    def __init__(self, case: Case, images: CaseImages) -> None:
        self.session, self.list = Session(), List()
        self.panel = Mock(spec=StructurePropertiesPanel)
        self.presenter = StructurePropertiesPresenter(self.session, self.list, self.panel)
        self.session.open(case, images)
        self.list.current_changed.emit("nerve")

    @property
    def nerve(self) -> Structure:
        return next(s for s in self.session.case.structures if s.mask_id == "nerve")

    @property
    def shown(self) -> StructureProperties:
        return self.panel.set_properties.call_args.args[0]

    @property
    def step(self) -> str:
        return self.session.undo_stack.undoText()


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    return Room(case, images)


def test_every_role_a_mask_can_have_is_offered() -> None:
    assert set(ROLE_WORDS) == set(Role) - {Role.SKIN}


def test_the_protocols_margin_and_floor_are_shown(room: Room) -> None:
    assert room.shown.usual_margin_mm == 5.0
    assert room.shown.margin_mm is None
    room.list.current_changed.emit("bone")
    assert room.shown.usual_margin_mm is None


def test_a_margin_under_the_floor_needs_a_reason(room: Room) -> None:
    floor = room.shown.floor_mm
    assert floor is not None
    room.presenter.give_margin(floor - 1.0, "")
    assert room.nerve.margin_mm is None
    assert "below the floor" in room.panel.show_margin_problem.call_args.args[0]
    room.presenter.give_margin(floor - 1.0, "already paralysed")
    assert (room.nerve.margin_mm, room.nerve.reason) == (floor - 1.0, "already paralysed")
    assert room.step == "Margin of sciatic nerve"
    room.presenter.give_margin(None, "")
    assert room.nerve.margin_mm is None


def test_changes_that_count_drop_the_plan_and_come_back_by_undo(
    room: Room, plan: PlanResult
) -> None:
    planned = replace(room.session.case, plan=plan)
    for change, step in (
        (lambda: room.presenter.choose_role("vessel"), "Role of sciatic nerve"),
        (lambda: room.presenter.rename("left nerve"), "Rename sciatic nerve"),
        (lambda: room.presenter.verify("AB"), "Check sciatic nerve"),
        (lambda: room.presenter.exclude("leaks"), "Exclude sciatic nerve"),
        (lambda: room.presenter.give_margin(12.0, ""), "Margin of sciatic nerve"),
    ):
        room.session.apply("Plan", planned)
        change()
        assert room.step == step
        assert room.session.case.plan is None
        room.session.undo_stack.undo()
        assert room.session.case is planned
        room.session.undo_stack.undo()


def test_exclusion_is_taken_back_by_name(room: Room) -> None:
    room.presenter.exclude("leaks")
    assert room.shown.excluded_because == "leaks"
    room.presenter.exclude("")
    assert room.step == "Use sciatic nerve again"
    assert room.nerve.excluded_because == ""


def test_a_check_settles_that_a_mask_is_stale(room: Room) -> None:
    stale = replace(room.nerve, stale_because="moved with the leg")
    case = room.session.case
    structures = tuple(stale if s.mask_id == "nerve" else s for s in case.structures)
    room.session.apply("Carry over", replace(case, structures=structures))
    room.presenter.verify("AB")
    assert room.nerve.stale_because == ""
    assert room.nerve.verified_by == "AB"
    room.presenter.verify("")
    assert room.nerve.verified_by == ""


def test_names_occur_once_and_the_lesion_keeps_being_the_lesion(room: Room) -> None:
    room.presenter.rename("lesion")
    assert room.nerve.name == "sciatic nerve"
    assert "lesion" in room.panel.show_margin_problem.call_args.args[0]
    room.session.apply("x", replace(room.session.case, lesion="lesion"))
    room.list.current_changed.emit("tumour")
    room.presenter.rename("iliac lesion")
    assert room.session.case.lesion == "iliac lesion"


def test_another_role_takes_along_nothing_that_it_cannot_have(room: Room) -> None:
    room.presenter.give_margin(12.0, "")
    room.presenter.choose_role("bone")
    assert room.nerve.margin_mm is None


def test_without_a_structure_the_panel_says_what_to_do(room: Room) -> None:
    room.list.current_changed.emit("")
    assert room.panel.set_properties.call_args.args == (None, "Select a structure that has a mask.")
