"""Small reviews of the example plan, for tests of everything that keeps or shows a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from planning.handover.plan_json import plan_to_json
from planning.model.approval import Approval, Checked
from planning.model.execution import (
    AchievedSampling,
    ControlRegistration,
    ExecutedNeedle,
    NeedleState,
    PlacementError,
    Review,
    ReviewedNeedle,
    SpecimenKnowledge,
)
from planning.model.plan import Candidate, PlanResult
from planning.records.approval_file import sha256_of
from planning.records.registry.values import CaseFacts, ProcedureFacts, ReviewedCase
from tests import example_plans

IDENTITY_MATRIX = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def plan() -> PlanResult:
    """Return the example plan with a set of one core, its chances being chances."""
    made = example_plans.with_cores()
    first, second = (_likely(candidate) for candidate in made.candidates)
    cores = made.core_set
    assert cores is not None
    core = replace(cores.cores[0], candidate=second)
    return replace(made, candidates=(first, second), core_set=replace(cores, cores=(core,)))


def _likely(candidate: Candidate) -> Candidate:
    known = {"viable_probability": 0.8, "insertion_depth_mm": 60.0, "stop_depth_mm": 38.0}
    return replace(candidate, criteria={**candidate.criteria, **known})


def plan_sha256(planned: PlanResult) -> str:
    return sha256_of(plan_to_json(planned).encode())


def needle(core: str, *, lateral_mm: float = 3.0, depth_mm: float = -4.0) -> ReviewedNeedle:
    """Return a fired needle that missed by 3, 4, 5 unless something else is asked for."""
    return ReviewedNeedle(
        core=core,
        needle_state=NeedleState.FIRED,
        executed=ExecutedNeedle(
            entry_lps_mm=(-12.0, 88.0, 41.0),
            tip_lps_mm=(-9.5, 88.25, 97.125),
            method="automatic",
            rms_mm=0.2,
            bending_mm=0.4,
            confidence=0.93,
        ),
        error=PlacementError(
            euclidean_tip_mm=(lateral_mm**2 + depth_mm**2) ** 0.5,
            lateral_tip_mm=lateral_mm,
            depth_mm=depth_mm,
            euclidean_entry_mm=0.6,
            target_to_axis_mm=2.9,
            angle_deg=2.5,
            in_plane_mm=-1.8,
            off_plane_mm=2.4,
        ),
        achieved=AchievedSampling(
            specimen_lps_mm=((-10.0, 88.2, 74.1), (-9.6, 88.2, 92.1)),
            knowledge=SpecimenKnowledge.IMAGED,
            criteria={
                "viable_length_mm": 9.5,
                "lesion_length_mm": 12.25,
                "necrosis_fraction": 0.125,
            },
            habitat_mm={"Habitat A": 7.5, 'Habitat "B", myxoid': 2.0},
        ),
        within_tolerance=True,
    )


def review(planned: PlanResult, *needles: ReviewedNeedle, residual_mm: float = 0.75) -> Review:
    """Return a review of a plan: its first core was fired, its second was not imaged."""
    unseen = ReviewedNeedle(core="c2", needle_state=NeedleState.REMOVED)
    return Review(
        plan_sha256=plan_sha256(planned),
        registration=ControlRegistration(
            method="bone",
            control_to_planning=IDENTITY_MATRIX,
            residual_mm=residual_mm,
            accepted=True,
        ),
        needles=needles or (needle("c1"), unseen),
    )


def approval(planned: PlanResult) -> Approval:
    return Approval(
        approved_by="Dr. Ada",
        at="2026-03-01T09:30:00+01:00",
        plan_number=1,
        plan_sha256=plan_sha256(planned),
        candidate_ids=("c1", "c2"),
        checklist=(Checked("side", "Side checked", "Dr. Ada"),),
        note="Läsion rechts",
    )


def reviewed_case(**changes: Any) -> ReviewedCase:
    """Return a review with all that is entered beside it; `changes` replace any of it."""
    planned: PlanResult = changes.pop("plan", None) or plan()
    values: dict[str, Any] = {
        "plan": planned,
        "plan_sha256": plan_sha256(planned),
        "review": review(planned),
        "review_sha256": sha256_of(b"review 1"),
        "approval": approval(planned),
        "facts": CaseFacts(biopsy_date=date(2026, 3, 2), site="ilium", side="right", operator="AB"),
        "procedure": ProcedureFacts(check_scans=3, passes=2, minutes=41.5, complications=()),
    }
    return ReviewedCase(**(values | changes))
