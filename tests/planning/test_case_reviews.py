"""How reviews of a case change: needles move along, answers stay, files and locks hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.execution.case_reviews import (
    answered,
    begun,
    registered_anew,
    suggested,
    transform_of,
)
from planning.execution.control_scan import registration_record
from planning.geometry import unit, vec3
from planning.imaging.registration import Registration
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.case_review import Answer, CaseReview, PlannedPath
from planning.model.execution import ExecutedNeedle, NeedleState, Review, ReviewedNeedle
from planning.model.plan_life import LockedError, check_change, forked
from planning.model.review_life import (
    cores_of,
    is_of,
    with_found,
    with_needle,
    with_review,
    without_needle,
    without_review,
)
from planning.records.document_json import case_from_json, case_to_json
from tests import example_plans, example_reviews
from tests.moved_scans import motion

NEAR = motion((7.0, -5.0, 9.0), (3.0, -2.0, 4.0), (10.0, 20.0, 30.0))
NEARER = motion((8.5, -4.0, 8.0), (2.0, -2.5, 5.0), (10.0, 20.0, 30.0))


def registration(transform=NEAR) -> Registration:
    return Registration(
        transform=transform, residual=None, method="rigid", overlap=0.9, correlation=0.9
    )


def needle(x: float = 0.0, method: str = "automatic") -> ExecutedNeedle:
    return ExecutedNeedle(
        entry_lps_mm=(x, 60.0, 10.0), tip_lps_mm=(x - 3.0, 5.0, 4.0), method=method, bending_mm=0.3
    )


def made(*found: ExecutedNeedle, sha: str = "one") -> CaseReview:
    review = begun(
        "ab", registration(), path="/ct", chosen_series_uid="", values_sha256=sha, at="2026"
    )
    return with_found(review, tuple(found))


def answered_for(made: CaseReview, core: str, executed: ExecutedNeedle | None) -> CaseReview:
    reviewed = ReviewedNeedle(
        core=core,
        needle_state=NeedleState.FIRED if executed else NeedleState.REMOVED,
        executed=executed,
        error=example_reviews.ERROR if executed else None,
    )
    planned = PlannedPath(core=core, trajectory=example_plans.plan().candidates[0].trajectory)
    review = replace(made.review, needles=(*made.review.needles, reviewed))
    return replace(made, review=review, planned=(*made.planned, planned))


def test_an_accepted_transform_comes_back_as_it_was():
    found = transform_of(registration_record(registration(), accepted=True))
    points = np.array([[1.0, 2.0, 3.0], [-80.0, 40.0, 120.0]])
    assert np.allclose(found.second_from_ct(points), NEAR.second_from_ct(points), atol=1e-9)


def test_needles_move_along_when_the_scan_is_registered_anew():
    first, second = needle(), needle(20.0)
    before = answered_for(made(first, second), "c1", first)
    after = registered_anew(before, registration(NEARER), "2027")
    for old, new in zip(before.found, after.found, strict=True):
        seen = NEAR.second_from_ct((old.entry_lps_mm, old.tip_lps_mm))
        assert np.allclose(NEARER.second_from_ct((new.entry_lps_mm, new.tip_lps_mm)), seen)
    core = after.review.needles[0]
    assert core.executed == after.found[0]
    assert core.error is None  # it has to be measured again
    assert core.needle_state is NeedleState.FIRED
    assert after.review.unplanned == after.found
    assert after.answers == {"c1": Answer(NeedleState.FIRED, after.found[0])}


def test_looking_again_keeps_what_somebody_vouched_for():
    clicked, answered_one, gone = needle(40.0, "two points"), needle(), needle(-30.0)
    before = answered_for(made(clicked, answered_one, gone), "c1", answered_one)
    again = replace(needle(0.4), confidence=0.7)  # the same needle, found a little otherwise
    fresh = needle(80.0)
    after = with_found(before, (again, fresh))
    assert after.found == (clicked, answered_one, fresh)
    assert after.review.unplanned == (clicked, fresh)


def test_a_needle_is_called_by_its_place_among_those_found():
    review = with_needle(made(needle(), needle(20.0)), needle(50.0, "two points"))
    assert [review.number_of(n) for n in review.found] == [1, 2, 3]
    assert review.number_of(needle(99.0)) == 0
    assert review.number_of(None) == 0
    assert with_needle(review, needle()) == review


def test_striking_a_needle_out_opens_its_cores_again():
    first, second = needle(), needle(20.0)
    before = answered_for(answered_for(made(first, second), "c1", first), "c2", second)
    after = without_needle(before, first)
    assert after.found == (second,)
    assert set(after.answers) == {"c2"}
    assert [path.core for path in after.planned] == ["c2"]


def test_what_is_measured_are_the_cores_that_were_answered_for():
    first, second = needle(), needle(20.0)
    cores = cores_of(example_plans.plan())
    answers = {
        "c1": Answer(NeedleState.COCKED, first),
        "c2": Answer(NeedleState.REMOVED),
        "gone": Answer(NeedleState.FIRED, second),
    }
    candidates, states, match = answered(made(first, second), answers, cores)
    assert [c.candidate_id for c in candidates] == ["c1", "c2"]
    assert states == {"c1": NeedleState.COCKED, "c2": NeedleState.REMOVED}
    assert match.needles == {"c1": first}
    assert match.unplanned == (second,)


def test_the_nearest_needle_is_suggested():
    cores = example_plans.plan().candidates
    aside = np.array((1.0, -1.0, 0.0))
    shafts = []
    for core in reversed(cores):
        along = unit(np.subtract(core.trajectory.tip_lps_mm, core.trajectory.entry_lps_mm))
        entry, stop = np.array(core.trajectory.entry_lps_mm), np.array(core.stop_lps_mm)
        shafts.append(
            ExecutedNeedle(
                entry_lps_mm=vec3(entry + aside),
                tip_lps_mm=vec3(stop + aside + 2.0 * along),
                method="automatic",
            )
        )
    review = made(*shafts)
    found = suggested(review, cores, None)
    assert found == {"c2": review.found[0], "c1": review.found[1]}


def test_a_review_takes_the_place_of_the_one_of_the_same_scan():
    one, other = made(sha="one"), made(sha="other")
    case = with_review(with_review(Case(name="x", ct_id="ct"), one), other)
    again = with_found(one, (needle(),))
    assert with_review(case, again).reviews == (again, other)
    assert without_review(case, one).reviews == (other,)


def test_a_review_belongs_to_a_plan_whose_cores_are_where_they_were():
    plan = example_plans.plan()
    review = answered_for(made(needle()), "c1", needle())
    assert is_of(review, plan)
    first = plan.candidates[0]
    moved = replace(first, trajectory=plan.candidates[1].trajectory)
    assert not is_of(review, replace(plan, candidates=(moved, plan.candidates[1])))
    assert not is_of(review, None)


def test_an_approved_plan_may_be_reviewed_but_not_changed():
    approval = Approval(
        approved_by="Dr. A", at="2026-11-26T10:00", plan_number=1, plan_sha256="", candidate_ids=()
    )
    case = Case(name="x", ct_id="ct", plan=example_plans.plan(), approval=approval)
    reviewed = with_review(case, made(needle()))
    check_change(case, reviewed)
    check_change(reviewed, forked(reviewed))
    with pytest.raises(LockedError):
        check_change(reviewed, replace(reviewed, site="femur"))


def test_a_case_keeps_its_reviews_as_text():
    review = replace(made(needle(), needle(20.0)), review=example_reviews.review())
    case = with_review(Case(name="x", ct_id="ct"), review)
    back = case_from_json(case_to_json(case))
    assert back == case
    assert isinstance(back.reviews[0].review, Review)
    assert case_from_json(case_to_json(Case(name="x", ct_id="ct"))).reviews == ()
