"""Approving: what has to be confirmed, what is refused afterwards, and the next draft."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from planning.anatomy.lesion_side import site_words
from planning.errors import TrephineError
from planning.geometry import Grid
from planning.image import Mask
from planning.model.approval import PlanState
from planning.model.case import (
    Case,
    Guidance,
    Indication,
    OwnPath,
    Position,
    Role,
    RuleChange,
    SecondImage,
    Strategy,
    Structure,
)
from planning.model.case_review import CaseReview
from planning.model.clinical import Clinical
from planning.model.limit import LimitChange
from planning.model.needle import Trajectory
from planning.model.plan_life import (
    LIMITS,
    NOT_CHECKED,
    POSITION,
    SIDE_AND_SITE,
    STALE,
    SURGEON,
    LockedError,
    approval_of,
    approved,
    check_change,
    checklist,
    forked,
    unanswered,
    why_not_approvable,
)
from planning.records.approval_file import plan_sha256
from tests import example_plans, example_reviews

AT = "2026-11-26T10:12:00+01:00"


@pytest.fixture
def case():
    plan = example_plans.plan()
    lies = Position(plan.patient_position)
    return Case(
        name="x",
        ct_id="ct",
        ct_position=lies,
        indication=Indication(plan.indication),
        protocol_key=plan.protocol_key,
        site="ilium",
        structures=(Structure(name="lesion", role=Role.TUMOUR, mask_id="t"),),
        plan=plan,
    )


def items_of(case):
    return checklist(case, case.plan.candidates[0], "right ilium")


def approve(case, **changes):
    items = items_of(case)
    given = {
        "answers": {item.key: "AW" for item in items},
        "approved_by": "A. Weber",
        "at": AT,
        "plan_sha256": plan_sha256(case.plan),
        **changes,
    }
    return approval_of(case, case.plan.candidates[0], items, **given)


@pytest.fixture
def locked(case):
    return approved(case, approve(case))


def test_an_approval_says_what_when_and_by_whom(locked):
    approval = locked.approval
    assert locked.plan_state is PlanState.APPROVED
    assert (approval.approved_by, approval.when) == ("A. Weber", "2026-11-26 10:12")
    assert approval.candidate_ids[0] == locked.plan.candidates[0].candidate_id
    assert approval.checklist[0].text == "Side and site: right ilium"


def test_the_list_asks_for_what_the_case_makes_necessary(case):
    plain = replace(case, indication=Indication.METASTASIS, plan=replace(case.plan, not_checked=()))
    assert [i.key for i in items_of(plain)] == [SIDE_AND_SITE, "bleeding"]
    other = next(p for p in Position if p is not case.ct_position)
    stale = Structure(name="colon", role=Role.ORGAN, mask_id="c", stale_because="bowel moves")
    broken = replace(case.plan.candidates[0], violations=("vessel_clearance",))
    worst = replace(
        case,
        indication=Indication.UNKNOWN,
        patient_position=other,
        structures=(*case.structures, stale),
        plan=replace(example_plans.plan(), candidates=(broken,)),
    )
    items = {i.key: i for i in items_of(worst)}
    assert set(items) == {
        SIDE_AND_SITE,
        NOT_CHECKED,
        SURGEON,
        "bleeding",
        STALE,
        POSITION,
        LIMITS,
    }
    assert items[STALE].detail == ("colon: bowel moves",)
    assert len(items[NOT_CHECKED].detail) == len(worst.plan.not_checked)
    assert [k for k, i in items.items() if i.is_text] == [SURGEON, POSITION, LIMITS]


def test_nothing_may_be_left_open(case):
    items = items_of(case)
    for missing in items:
        answers = {i.key: "AW" for i in items if i is not missing}
        assert unanswered(items, answers) == (missing.text,)
        with pytest.raises(TrephineError, match="Before approving, answer this"):
            approve(case, answers=answers)
        with pytest.raises(TrephineError):
            approve(case, answers={**answers, missing.key: "  "})
    with pytest.raises(TrephineError, match="who approves"):
        approve(case, approved_by=" ")


def test_the_reason_for_another_position_is_kept(case):
    other = next(p for p in Position if p is not case.ct_position)
    plan = replace(case.plan, patient_position=other.value)
    moved = replace(case, patient_position=other, plan=plan)
    answers = {i.key: "AW" for i in items_of(moved)} | {POSITION: "bone-fixed lesion"}
    assert approve(moved, answers=answers).position_reason == "bone-fixed lesion"


def test_what_cannot_be_approved_says_why(case, locked):
    first = case.plan.candidates[0]
    assert why_not_approvable(case, first) == ""
    for wrong, words in (
        (None, "Open a case"),
        (replace(case, plan=None), "Plan first"),
        (replace(case, plan=replace(case.plan, candidates=())), "no safe trajectory"),
        (replace(case, needle_key="another"), "another needle. Plan again"),
        (replace(case, indication=Indication.INFECTION), "another indication"),
        (locked, "approved already"),
    ):
        assert words in why_not_approvable(wrong, first)
    assert "Select" in why_not_approvable(case, None)


CHANGES = {
    "name": "y",
    "ct_id": "other",
    "patient": replace(Case(name="", ct_id="").patient, name="DOE"),
    "ct_position": None,
    "patient_position": Position.LEFT_DECUBITUS,
    "indication": Indication.INFECTION,
    "site": "femur",
    "lesion": "other",
    "needle_key": "n",
    "protocol_key": "soft-tissue-ct",
    "guidance": Guidance.ROBOT,
    "viability_source": "none",
    "surgeon": "Dr O",
    "strategy": Strategy.RIM,
    "rule_changes": (RuleChange(key="k", reason="r"),),
    "viability_image": "pet",
    "viability_threshold": 0.5,
    "core_count": 2,
    "one_entry": True,
    "structures": (),
    "second_images": (SecondImage(kind="pet", path="pet"),),
    "notes": ("n",),
    "side_notes": ("n",),
    "own_paths": (OwnPath(path_id="M1", trajectory=Trajectory((0.0, 0, 0), (1.0, 0, 0))),),
    "error_model": "own",
    "clinical": Clinical(level="L5"),
    "weights": (("yield", 2.0),),
    "limits": (LimitChange(key="k", value=1.0),),
    "plan": None,
    "plan_number": 7,
    "approval": None,
}


def test_every_field_of_an_approved_case_is_held_fast_but_the_remarks(locked):
    free = {"remarks", "reviews", "past_plans"}
    assert {f.name for f in fields(Case)} == CHANGES.keys() | free, "say what holds for new fields"
    for name, value in CHANGES.items():
        with pytest.raises(LockedError, match=r"Plan 1 was approved by A\. Weber on 2026-11-26"):
            check_change(locked, replace(locked, **{name: value}))
    check_change(locked, replace(locked, remarks="seen"))
    found = example_reviews.review()
    seen = CaseReview(path="", chosen_series_uid="", values_sha256="", at="", review=found)
    check_change(locked, replace(locked, reviews=(seen,)))  # it comes after the biopsy
    recoloured = replace(locked.structures[0], colour="#112233")
    check_change(locked, replace(locked, structures=(recoloured,)))
    for harm in ({"margin_mm": 1.0}, {"role": Role.NECROSIS}, {"excluded_because": "poor"}):
        with pytest.raises(LockedError):
            check_change(locked, replace(locked, structures=(replace(recoloured, **harm),)))


def test_a_draft_may_change_in_every_way(case):
    for name, value in CHANGES.items():
        check_change(case, replace(case, **{name: value}))


def test_a_new_draft_keeps_the_approved_plan_as_superseded(locked):
    draft = forked(locked)
    check_change(locked, draft)
    assert (draft.plan_number, draft.approval) == (2, None)
    past = draft.past_plans[0]
    assert past.state is PlanState.SUPERSEDED
    assert (past.number, past.plan, past.approval) == (1, locked.plan, locked.approval)
    assert draft.plan is locked.plan, "the draft starts from what was approved"
    with pytest.raises(LockedError):
        check_change(locked, replace(draft, needle_key="n"))  # not in the same step
    for harmed in ((), (replace(past, number=9),)):
        with pytest.raises(LockedError, match="stay as they are"):
            check_change(draft, replace(draft, past_plans=harmed))
    assert forked(draft) is draft


def block(grid, low, high):
    inside = np.zeros(grid.shape_kji, dtype=np.bool_)
    inside[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return Mask(grid=grid, inside=inside)


@pytest.mark.parametrize(
    ("lesion_i", "expected"), [((2, 5), "right ilium"), ((34, 37), "left ilium")]
)
def test_side_and_site_come_from_where_the_lesion_lies(case, lesion_i, expected):
    grid = Grid(size_ijk=(40, 10, 10), spacing_mm=(5.0, 5.0, 5.0), origin_lps_mm=(-97.5, 0, 0))
    masks = {
        "t": block(grid, (4, 4, lesion_i[0]), (6, 6, lesion_i[1])),
        "s": block(grid, (2, 4, 18), (8, 8, 22)),
        "l": block(grid, (2, 2, 30), (8, 8, 34)),
        "r": block(grid, (2, 2, 6), (8, 8, 10)),
    }
    structures = (
        *case.structures,
        Structure(name="sacrum", role=Role.BONE, mask_id="s"),
        Structure(name="hip_left", role=Role.BONE, mask_id="l"),
        Structure(name="hip_right", role=Role.BONE, mask_id="r"),
    )
    assert site_words(replace(case, structures=structures), masks) == expected
    named = replace(case, structures=structures, site="ilium_left")  # the masks decide
    assert site_words(named, masks) == expected


def test_a_side_nobody_can_tell_is_said(case):
    grid = Grid(size_ijk=(4, 4, 4), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0, 0))
    masks = {"t": block(grid, (1, 1, 1), (2, 2, 2))}
    assert site_words(case, masks) == "ilium, side not known from the masks"


def test_an_unknown_indication_asks_for_the_surgeon_in_other_words(case):
    asked = {
        indication: next(
            (i.text for i in items_of(replace(case, indication=indication)) if i.key == SURGEON), ""
        )
        for indication in (Indication.PRIMARY, Indication.UNKNOWN, Indication.INFECTION)
    }
    assert asked[Indication.PRIMARY].startswith("A primary is suspected")
    assert asked[Indication.UNKNOWN].startswith("A primary is not ruled out")
    assert not asked[Indication.INFECTION]
