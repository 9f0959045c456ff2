"""A whole review from needles and a registration: errors, specimens, and every warning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import catalogue
from app.planning_setup import Setup
from app.review_setup import understanding
from planning.errors import InputError
from planning.execution.control_scan import check_patient, in_control, in_planning
from planning.execution.placement_error import placement_error
from planning.execution.reviewing import (
    PlannedCores,
    ReviewInputs,
    match_needles,
    planned_cores,
    require_plan_of,
    review_of,
    why_no_needle,
)
from planning.geometry import HEAD_LPS, vec3
from planning.image import Patient, Series
from planning.imaging.bone_residual import Residual
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform, unmoved
from planning.model.case import Guidance
from planning.model.execution import ExecutedNeedle, NeedleState, SpecimenKnowledge
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, PlanResult
from planning.model.unconfirmed import unconfirmed
from planning.trajectories.measure import measure
from tests import example_plans, phantoms
from tests.moved_scans import motion

BACK_Y = phantoms.HALF_DEPTH_MM
SETUP = Setup(
    protocol=catalogue.protocol("bone-ct"),
    needle=catalogue.needle("bone-11g-100"),
    guidance=Guidance.AIMING_DEVICE,
)
TORSO = phantoms.torso(1.5)
PATHS = {
    "T1": Trajectory((4.0, BACK_Y, 2.0), (4.0, -14.0, 2.0)),
    "T2": Trajectory((12.0, BACK_Y, 2.0), (10.0, -12.0, 6.0)),
}
JANE = Patient(name="DOE^JANE", patient_id="0001")


@pytest.fixture(scope="module")
def cores() -> tuple[Candidate, ...]:
    anatomy = TORSO.understood()
    return tuple(measure(anatomy, path, candidate_id=name) for name, path in PATHS.items())


@pytest.fixture(scope="module")
def plan(cores: tuple[Candidate, ...]) -> PlanResult:
    return replace(
        example_plans.plan(),
        needle=SETUP.needle,
        protocol_key="bone-ct",
        protocol_sha256=SETUP.protocol.sha256,
        frame_of_reference_uid="",
        series_uid="",
        candidates=cores,
        core_set=None,
    )


def registration(transform: RigidTransform, median_mm: float = 0.3) -> Registration:
    return Registration(
        transform=transform,
        residual=Residual(median_mm=median_mm, p95_mm=2.0 * median_mm, points=5000),
        method="rigid",
        overlap=0.9,
        correlation=0.97,
    )


def inputs(
    plan: PlanResult,
    *,
    transform: RigidTransform | None = None,
    states: dict[str, NeedleState | None] | None = None,
    alternatives: bool = False,
    **changes,
) -> ReviewInputs:
    moved = transform or unmoved()
    ct = TORSO.images.ct
    control = replace(ct, grid=moved.inverse.placed_in_ct(ct.grid))
    given = ReviewInputs(
        plan=plan,
        plan_sha256="ab" * 32,
        planned=PlannedCores(cores=plan.candidates, are_alternatives=alternatives),
        states=states or dict.fromkeys(PATHS, NeedleState.CORE_TAKEN),
        planning_ct=ct,
        control=control,
        registration=registration(moved),
        patient=check_patient(JANE, JANE),
        protocol=SETUP.protocol,
        carry_rules=catalogue.carry_rules(),
        software_version="0.1.0",
    )
    return replace(given, **changes)


def seen(path: Trajectory, off_mm, transform: RigidTransform | None = None, short_mm: float = 0.0):
    """Return a needle of the control CT that is off a planned one, and short of its tip."""
    tip = np.array(path.at_depth_mm(path.insertion_depth_mm - short_mm)) + off_mm
    here = Trajectory(path.entry_lps_mm, vec3(tip))
    there = in_control(here, transform or unmoved())
    return ExecutedNeedle(
        entry_lps_mm=there.entry_lps_mm, tip_lps_mm=there.tip_lps_mm, method="automatic"
    )


TIP = PATHS["T1"].tip_lps_mm
turns = st.tuples(*[st.floats(-180.0, 180.0)] * 3)
shifts = st.tuples(*[st.floats(-200.0, 200.0)] * 3)

UNDERSTAND = understanding(TORSO.case, TORSO.images, SETUP)


def test_each_core_gets_its_error_and_what_it_held(plan: PlanResult) -> None:
    given = inputs(plan)
    found = [seen(PATHS["T2"], (0.0, 0.0, -1.5)), seen(PATHS["T1"], (2.0, -3.0, 0.0))]
    review = review_of(given, match_needles(given, found), UNDERSTAND)
    first, second = review.needles
    assert (first.core, second.core) == ("T1", "T2")
    assert first.error.depth_mm == pytest.approx(3.0)
    assert first.error.in_plane_mm == pytest.approx(-2.0)  # to the left, seen from behind
    assert first.achieved.knowledge is SpecimenKnowledge.IMAGED
    assert first.within_tolerance is True
    assert second.error.off_plane_mm == pytest.approx(-1.5, abs=0.1)
    assert review.unplanned == ()
    assert review.warnings == ()
    assert review.tolerance == SETUP.protocol.review.tolerance
    assert review.registration.accepted


def test_moving_the_control_scan_changes_nothing(plan: PlanResult) -> None:
    truth = motion((30.0, -20.0, 400.0), (8.0, -5.0, 11.0), phantoms.LESION_CENTRE)
    still, moved = inputs(plan), inputs(plan, transform=truth)
    reviews = [
        review_of(
            given,
            match_needles(given, [seen(PATHS["T1"], (2.0, 1.0, -1.0), where)]),
            UNDERSTAND,
        )
        for given, where in ((still, None), (moved, truth))
    ]
    one, other = (review.needles[0].error for review in reviews)
    for name in type(one).__dataclass_fields__:
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-6)
    assert reviews[1].needles[0].achieved.criteria == pytest.approx(
        reviews[0].needles[0].achieved.criteria, abs=1e-6
    )


@settings(max_examples=60, deadline=None)
@given(turns, shifts, turns, shifts, shifts)
def test_errors_hold_when_both_scans_lie_elsewhere_the_whole_way(
    plan: PlanResult, turn, shift, other_turn, other_shift, off
) -> None:
    """Patient, plan and slices moved in one scan, patient and needle in the other."""
    core, executed = plan.candidates[0], seen(PATHS["T1"], np.array(off) / 40.0)
    first, second = motion(shift, turn, (9.0, 3.0, 40.0)), motion(other_shift, other_turn, TIP)
    there = in_planning(executed, second.inverse)
    back = RigidTransform(
        rotation=second.rotation @ first.rotation.T,
        shift_mm=vec3(second.second_from_ct(first.ct_from_second((0.0, 0.0, 0.0)))),
    )
    path = core.trajectory
    placed = Trajectory(
        *(vec3(first.second_from_ct(end)) for end in (path.entry_lps_mm, path.tip_lps_mm))
    )
    moved = replace(
        core, trajectory=placed, stop_lps_mm=vec3(first.second_from_ct(core.stop_lps_mm))
    )
    normal = vec3(first.rotation @ np.array(HEAD_LPS))
    for state in (NeedleState.COCKED, NeedleState.CORE_TAKEN):
        one = placement_error(core, executed, state, HEAD_LPS)
        other = placement_error(moved, in_planning(there, back), state, normal)
        for name in type(one).__dataclass_fields__:
            assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-6), name
        squares = other.lateral_tip_mm**2 + other.depth_mm**2
        assert other.euclidean_tip_mm**2 == pytest.approx(squares, abs=1e-6)


def test_a_cocked_needle_is_compared_with_the_stop_and_its_specimen_inferred(
    plan: PlanResult,
) -> None:
    given = inputs(plan, states={"T1": NeedleState.COCKED, "T2": NeedleState.REMOVED})
    found = [seen(PATHS["T1"], (1.0, 0.0, 0.0), short_mm=15.0)]
    review = review_of(given, match_needles(given, found), UNDERSTAND)
    first, second = review.needles
    assert first.error.depth_mm == pytest.approx(0.0, abs=1e-9)
    assert first.achieved.knowledge is SpecimenKnowledge.INFERRED
    assert (second.needle_state, second.executed, second.achieved) == (
        NeedleState.REMOVED, None, None,
    )  # fmt: skip


def test_what_is_out_of_tolerance_says_so(plan: PlanResult) -> None:
    given = inputs(plan)
    review = review_of(
        given, match_needles(given, [seen(PATHS["T1"], (6.0, 0.0, 0.0))]), UNDERSTAND
    )
    assert review.needles[0].within_tolerance is False
    assert review.needles[1].within_tolerance is None


def test_every_reason_for_doubt_is_told(plan: PlanResult) -> None:
    control = replace(inputs(plan).control, series=Series(modality="CT", position_code="HFS"))
    other = measure(TORSO.understood(), PATHS["T1"], candidate_id="T1")
    longer = replace(other, criteria={**other.criteria, "viable_length_mm": 3.0})
    given = inputs(
        replace(plan, candidates=(longer, plan.candidates[1]), protocol_sha256="cd" * 32),
        alternatives=True,
        control=control,
        planning_ct=replace(TORSO.images.ct, series=Series(modality="CT", position_code="HFP")),
        registration=registration(unmoved(), median_mm=1.4),
        patient=check_patient(JANE, Patient()),
    )
    stray = ExecutedNeedle(
        entry_lps_mm=(-50.0, BACK_Y, 30.0), tip_lps_mm=(-50.0, 0.0, 30.0), method="automatic"
    )
    high = seen(Trajectory((4.0, BACK_Y + 6.0, 2.0), (4.0, -14.0, 2.0)), (0.0, 0.0, 0.0))
    review = review_of(given, match_needles(given, [high, stray]), UNDERSTAND)
    said = "\n".join(review.warnings)
    for words in (
        "not checked that both scans are of one patient",
        "registration: Doubtful",
        "lay otherwise in the control CT (HFS)",
        "names no set of cores",
        "needles that belong to no planned core: 1",
        "protocol bone-ct was changed",
        "masks were changed",
        "T1: in the planning CT the entry lies 6 mm outside the skin",
    ):
        assert words in said, words
    assert len(review.needles) == 1  # the other alternative was nobody's aim
    without = replace(given, protocol=replace(SETUP.protocol, review=None))
    assert "nothing is judged" in "\n".join(
        review_of(without, match_needles(without, [high]), UNDERSTAND).warnings
    )


def test_a_needle_that_leaves_the_scan_is_reviewed_without_its_tissue(plan: PlanResult) -> None:
    given = inputs(plan)
    far = ExecutedNeedle(
        entry_lps_mm=(4.0, BACK_Y, 2.0), tip_lps_mm=(4.0, -70.0, 2.0), method="automatic"
    )
    review = review_of(given, match_needles(given, [far]), UNDERSTAND)
    assert review.needles[0].error.depth_mm == pytest.approx(56.0)
    assert review.needles[0].achieved.criteria["viable_length_mm"] is None
    assert any("leaves the planning CT" in words for words in review.warnings)


def test_no_needle_is_said_and_a_needle_elsewhere_is_counted(plan: PlanResult) -> None:
    given = inputs(plan)
    assert why_no_needle(given, match_needles(given, [])) == (
        "No needle was found in the control CT."
    )
    far = ExecutedNeedle(
        entry_lps_mm=(-50.0, BACK_Y, 30.0), tip_lps_mm=(-50.0, 0.0, 30.0), method="automatic"
    )
    assert "the control CT shows 1 elsewhere" in why_no_needle(given, match_needles(given, [far]))
    assert why_no_needle(given, match_needles(given, [far], vouched=True)) == ""
    gone = inputs(plan, states=dict.fromkeys(PATHS, NeedleState.REMOVED))
    match = match_needles(gone, [])
    assert why_no_needle(gone, match) == ""
    review = review_of(gone, match, UNDERSTAND)
    assert [n.executed for n in review.needles] == [None, None]


def test_the_cores_are_those_of_the_set_or_those_asked_for(plan: PlanResult) -> None:
    assert planned_cores(plan).are_alternatives
    asked = planned_cores(plan, ["T2", "T2"])
    assert [c.candidate_id for c in asked.cores] == ["T2"]
    assert not asked.are_alternatives
    with pytest.raises(InputError, match='no core "T3"'):
        planned_cores(plan, ["T3"])
    with pytest.raises(InputError, match="no trajectory"):
        planned_cores(replace(plan, candidates=()))
    whole = example_plans.with_cores()
    in_set = [core.candidate.candidate_id for core in whole.core_set.cores]
    assert [c.candidate_id for c in planned_cores(whole).cores] == in_set
    assert not planned_cores(whole).are_alternatives


def test_a_plan_of_another_ct_is_refused(plan: PlanResult) -> None:
    ct = replace(TORSO.images.ct, series=Series(series_uid="1.2"), frame_of_reference_uid="1.9")
    require_plan_of(ct, plan)
    with pytest.raises(InputError, match=r"its series is 1\.3"):
        require_plan_of(ct, replace(plan, series_uid="1.3"))
    with pytest.raises(InputError, match="frame of reference"):
        require_plan_of(ct, replace(plan, series_uid="1.2", frame_of_reference_uid="1.8"))
    far = replace(plan.candidates[0], trajectory=Trajectory((0.0, 0.0, 0.0), (0.0, 0.0, 900.0)))
    with pytest.raises(InputError, match="does not belong to this case"):
        require_plan_of(ct, replace(plan, candidates=(far,)))


@pytest.mark.parametrize(
    ("short_share", "state", "depth_share"),
    [(0.9, NeedleState.COCKED, 0.1), (0.2, NeedleState.FIRED, -0.2)],
)
def test_what_nobody_said_or_accepted_is_marked_so(
    plan: PlanResult, short_share: float, state: NeedleState, depth_share: float
) -> None:
    given = inputs(plan, states={"T1": None, "T2": NeedleState.REMOVED}, is_accepted=False)
    throw_mm = plan.needle.stop_to_tip_mm
    found = [seen(PATHS["T1"], (0.0, 0.0, 0.0), short_mm=short_share * throw_mm)]
    match = match_needles(given, found)
    assert why_no_needle(given, match) == ""
    review = review_of(given, match, UNDERSTAND)
    first, second = review.needles
    assert (first.needle_state, first.state_said) == (state, False)
    assert first.error.depth_mm == pytest.approx(depth_share * throw_mm, abs=1e-6)
    assert first.achieved.knowledge is SpecimenKnowledge.INFERRED
    assert second.state_said
    assert not review.registration.accepted
    assert unconfirmed(review) == ("registration", "needle-state")
    assert any(f"T1: state not said; taken as {state.value}" in words for words in review.warnings)


def test_no_needle_is_said_of_cores_whose_state_nobody_said(plan: PlanResult) -> None:
    given = inputs(plan, states=dict.fromkeys(PATHS, None))
    assert "No needle was found" in why_no_needle(given, match_needles(given, []))
