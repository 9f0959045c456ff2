"""The card shows the needle in the hand, else the selected one; no window is opened."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest.mock import Mock

import pytest

from app import catalogue
from app.presenters.card import CardPresenter
from app.presenters.card_rows import chain_rows, explanations, grid_words, share_rows
from app.session import Session
from app.view_state import ViewState
from app.views.card_values import CardNumbers
from app.views.numbers_card import NumbersCard
from planning.anatomy.skin_grid import CountedFrom, GridPlace
from planning.image import CaseImages
from planning.model.case import Case, Position
from planning.model.needle import Needle
from planning.model.plan import BoneEntry, PlanResult
from planning.trajectories.criteria import CRITERIA
from planning.trajectories.judging import score_and_contributions


class Room:
    """A session with a mocked card."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.card = Mock(spec=NumbersCard)
        self.presenter = CardPresenter(self.session, self.state, self.card)

    @property
    def shown(self) -> CardNumbers | None:
        numbers: CardNumbers | None = self.card.set_numbers.call_args.args[0]
        return numbers

    def plan(self, case: Case, plan: PlanResult, selected: str = "T1") -> None:
        self.session.apply("Plan", replace(case, plan=plan))
        self.state.select(selected)


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made = Room()
    made.session.open(case, images)
    return made


def test_without_a_plan_or_a_selection_it_is_empty(
    room: Room, case: Case, plan: PlanResult
) -> None:
    assert room.shown is None
    room.session.apply("Plan", replace(case, plan=plan))
    assert room.shown is None
    room.state.select("T1")
    assert room.shown is not None
    room.session.undo_stack.undo()
    assert room.shown is None


def test_it_shows_the_selected(room: Room, case: Case, plan: PlanResult) -> None:
    room.plan(case, plan)
    assert room.shown is not None
    assert room.shown.title == "Trajectory 1"
    assert room.shown.tip_depth_mm - room.shown.stop_depth_mm == pytest.approx(15.0)
    assert [near.structure for near in room.shown.nearest] == ["sciatic nerve"]
    room.state.select("T2")
    assert room.shown.title == "Trajectory 2"


def test_a_core_of_the_set_says_what_it_is_for(
    room: Room, case: Case, set_plan: PlanResult
) -> None:
    room.plan(case, set_plan, "C1")
    assert room.shown is not None
    assert (room.shown.title, room.shown.core) == ("Core C1", "reserve")


def test_the_needle_in_the_hand_comes_first(room: Room, case: Case, plan: PlanResult) -> None:
    room.plan(case, plan)
    moved = replace(
        plan.candidates[1],
        candidate_id="M1",
        rank=0,
        criteria={**plan.candidates[1].criteria, "stop_depth_mm": 33.0},
    )
    room.state.set_draft(moved)
    assert room.shown is not None
    assert (room.shown.title, room.shown.stop_depth_mm) == ("Own path M1", 33.0)
    room.state.set_draft(None)
    assert room.shown.title == "Trajectory 1"


def test_a_path_placed_before_anything_is_planned_has_numbers(
    room: Room, plan: PlanResult, trephine_needle: Needle
) -> None:
    room.state.set_draft(replace(plan.candidates[0], candidate_id="M1"))
    assert room.shown is None, "nobody has read the case yet"
    room.session.set_anatomy(_anatomy(trephine_needle))
    assert room.shown is not None
    assert (room.shown.title, room.shown.specimen_mm) == ("Own path M1", 15.0)


def _anatomy(needle: Needle) -> Mock:
    return Mock(
        needle=needle,
        protocol=catalogue.protocol("bone-ct"),
        required_length_mm=10.0,
        allowance_mm=1.5,
        body=None,
    )


def test_it_says_what_is_expected_met_and_crossed(
    room: Room,
    case: Case,
    plan: PlanResult,
    trephine_needle: Needle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("planning.anatomy.skin_grid.grid_place", lambda *_: None)
    first, second = plan.candidates
    known = replace(
        first,
        criteria={
            **first.criteria,
            "expected_viable_length_mm": 11.1,
            "viable_probability": 0.68,
            "worst_case_clearance_mm": 4.2,
            "cortex_incidence_deg": 115.0,
        },
        nearest=(replace(first.nearest[0], touch_probability=0.03),),
        compartments=(("gluteus_maximus_right", 31.0),),
        bone=BoneEntry(bone="hip_right", kind="irregular", broken=True, depth_mm=34.0),
    )
    room.session.set_anatomy(_anatomy(trephine_needle))
    room.plan(case, replace(plan, candidates=(known, second)))
    card = room.shown
    assert card is not None
    assert (card.expected_mm, card.probability, card.enough_mm) == (11.1, 0.68, 10.0)
    assert (card.worst_case_mm, card.touch_probability) == (4.2, None)
    assert card.crossed == (("gluteus maximus right", 31.0),)
    assert card.bone.startswith("hip right: through a broken cortex")
    assert card.cortex_incidence_deg is None
    assert (card.nearest[0].touch_probability, card.nearest[0].allowance_mm) == (0.03, 1.5)
    assert card.viability == "mask"
    room.session.set_anatomy(None)
    room.state.select("T2")
    card = room.shown
    assert (card.expected_mm, card.enough_mm, card.crossed, card.bone) == (None, None, None, "")


def test_the_table_is_not_named_once_the_patient_turns(
    room: Room, case: Case, plan: PlanResult
) -> None:
    room.plan(replace(case, patient_position=Position.SUPINE), plan)
    assert room.shown is not None
    assert room.shown.entry_slice == "image 130, table 430.0 mm"
    room.plan(replace(case, patient_position=Position.PRONE), replace(plan))
    assert room.shown.entry_slice == "image 130"


def test_a_grid_counts_only_while_the_patient_lies_as_scanned(
    room: Room,
    case: Case,
    plan: PlanResult,
    trephine_needle: Needle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = GridPlace(wire=3, beside=4, from_wire_mm=4.2, wires=6, counted_from=CountedFrom.RIGHT)
    monkeypatch.setattr("planning.anatomy.skin_grid.grid_place", lambda *_: seen)
    room.session.set_anatomy(_anatomy(trephine_needle))
    room.plan(replace(case, patient_position=Position.SUPINE), plan)
    assert room.shown is not None
    assert room.shown.grid == "between wires 3 and 4 from patient right, 4 mm from wire 3"
    room.state.set_draft(plan.candidates[1])
    assert room.shown.grid == ""
    room.state.set_draft(None)
    room.plan(replace(case, patient_position=Position.PRONE), replace(plan))
    assert room.shown.grid == ""


def test_grid_words_name_the_side_they_count_from() -> None:
    place = GridPlace(wire=4, beside=3, from_wire_mm=2.6, wires=6, counted_from=CountedFrom.FRONT)
    assert grid_words(place) == "between wires 3 and 4 from the front, 3 mm from wire 4"
    beyond = replace(place, wire=1, beside=None)
    assert grid_words(beyond) == "beside the grid, 3 mm from wire 1 from the front"
    assert grid_words(None) == ""


def test_shares_tell_what_each_value_is_worth(plan: PlanResult) -> None:
    protocol = catalogue.protocol("bone-ct")
    measures = {
        "insertion_depth_mm": [60.0],  # worth 0.6, weight 1
        "bone_traversal_mm": [5.0],  # worth 0.75, weight 1
        "viable_yield": [1.0],  # worth 1, weight 3
    }
    score, shares = score_and_contributions(protocol, measures)
    found = replace(
        plan.candidates[0],
        score=score,
        contributions=shares,
        criteria={"insertion_depth_mm": 60.0, "bone_traversal_mm": 5.0},
    )
    rows = share_rows(found, protocol)
    assert [row.key for row in rows] == ["depth", "bone_to_drill"]
    expected = math.log(0.6) / (math.log(0.6) + math.log(0.75))
    assert rows[0].share == pytest.approx(expected)
    assert "Skin to tip: 60.0 mm" in rows[0].tip
    assert "worth 0.60 of 1, weight 1" in rows[0].tip
    assert "worth 0.75 of 1" in rows[1].tip
    assert "Source: engineering default" in rows[0].tip


def test_a_chain_that_is_too_short_says_so(plan: PlanResult) -> None:
    protocol = catalogue.protocol("bone-ct")
    short = replace(plan.candidates[0], criteria={"needle_reach_margin_mm": 4.0})
    (row,) = chain_rows(short, plan.needle, protocol)
    assert (row.spare_mm, row.least_mm) == (4.0, 10.0)
    coaxial = catalogue.needle("bone-15g-160-coaxial")
    assert len(chain_rows(short, coaxial, protocol)) == 3


def test_every_criterion_is_explained_with_its_source() -> None:
    told = explanations()
    assert told.keys() == {criterion.key for criterion in CRITERIA}
    for criterion in CRITERIA:
        assert criterion.definition.endswith(".")
        assert f"Source: {criterion.source}" in told[criterion.key]
        assert criterion.source


def test_a_jump_moves_the_crosshair(qapp: object) -> None:
    card = NumbersCard()
    state = ViewState()
    CardPresenter(Session(), state, card)
    card.jump_requested.emit((1.0, 2.0, 3.0))
    assert state.crosshair_lps_mm == (1.0, 2.0, 3.0)
    card.deleteLater()
