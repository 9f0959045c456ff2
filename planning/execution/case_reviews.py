"""How a review begins, moves with its registration, and what it is measured from; finds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planning.execution.control_scan import in_planning, registration_record
from planning.execution.matching import Matched, matched
from planning.geometry import vec3
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.case_review import Answer, CaseReview
from planning.model.execution import ControlRegistration, ExecutedNeedle, NeedleState, Review
from planning.model.plan import Candidate
from planning.model.protocol import ReviewRules
from planning.model.review_life import planning_to_control


def transform_of(record: ControlRegistration) -> RigidTransform:
    """Return an accepted registration as planning CT to control CT."""
    matrix = planning_to_control(record)
    return RigidTransform(rotation=matrix[:3, :3], shift_mm=vec3(matrix[:3, 3]))


def begun(
    plan_sha256: str,
    registration: Registration,
    *,
    path: str,
    chosen_series_uid: str,
    values_sha256: str,
    at: str,
) -> CaseReview:
    """Return the review of a control CT whose registration somebody accepts."""
    return CaseReview(
        path=path,
        chosen_series_uid=chosen_series_uid,
        values_sha256=values_sha256,
        at=at,
        review=Review(
            plan_sha256=plan_sha256,
            registration=registration_record(registration, accepted=True),
            needles=(),
        ),
    )


def registered_anew(made: CaseReview, registration: Registration, at: str) -> CaseReview:
    """Return a review under another registration: its needles move along.

    What was measured of them is gone; the answers have to be measured again.
    """
    was, now = transform_of(made.review.registration), registration.transform

    def moved(needle: ExecutedNeedle) -> ExecutedNeedle:
        entry, tip = was.second_from_ct((needle.entry_lps_mm, needle.tip_lps_mm))
        return in_planning(replace(needle, entry_lps_mm=vec3(entry), tip_lps_mm=vec3(tip)), now)

    found = {needle: moved(needle) for needle in made.found}
    needles = tuple(
        replace(
            n,
            executed=None if n.executed is None else found[n.executed],
            error=None,
            achieved=None,
            within_tolerance=None,
        )
        for n in made.review.needles
    )
    review = replace(
        made.review,
        registration=registration_record(registration, accepted=True),
        needles=needles,
        unplanned=tuple(found[needle] for needle in made.review.unplanned),
    )
    return replace(made, at=at, found=tuple(found.values()), review=review)


def answered(
    made: CaseReview, answers: Mapping[str, Answer], cores: Mapping[str, Candidate]
) -> tuple[tuple[Candidate, ...], dict[str, NeedleState], Matched]:
    """Return what a review is measured from: cores answered for, their states and their needles.

    Parameters
    ----------
    cores : mapping of str to Candidate
        By candidate id; answers for others are left out.
    """
    known = {core: answer for core, answer in answers.items() if core in cores}
    needles = {core: a.needle for core, a in known.items() if a.needle is not None}
    taken = set(needles.values())
    return (
        tuple(cores[core] for core in known),
        {core: answer.state for core, answer in known.items()},
        Matched(
            needles=needles,
            unplanned=tuple(n for n in made.found if n not in taken),
            unclear={},
        ),
    )


def suggested(
    made: CaseReview, cores: tuple[Candidate, ...], rules: ReviewRules | None
) -> dict[str, ExecutedNeedle]:
    """Return which needle most likely belongs to which core, before anybody said its state."""
    states = dict.fromkeys((core.candidate_id for core in cores), NeedleState.COCKED)
    return dict(matched(cores, made.found, states, rules).needles)
