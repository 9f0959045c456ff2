"""How the reviews of a case change step by step; finds, registers and measures nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from planning.execution.control_scan import in_planning, registration_record
from planning.execution.matching import Matched, matched
from planning.geometry import unit, vec3
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.case import Case
from planning.model.case_review import Answer, CaseReview
from planning.model.execution import ControlRegistration, ExecutedNeedle, NeedleState, Review
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import ReviewRules

_SAME_MM, _SAME_TIP_MM = 2.0, 5.0


def transform_of(record: ControlRegistration) -> RigidTransform:
    """Return an accepted registration as planning CT to control CT."""
    matrix = np.array(record.control_to_planning).reshape(4, 4)
    return RigidTransform(rotation=matrix[:3, :3], shift_mm=vec3(matrix[:3, 3])).inverse


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


def with_found(made: CaseReview, needles: tuple[ExecutedNeedle, ...]) -> CaseReview:
    """Return a review with these needles (planning LPS) besides those that are answered for.

    Needles that a person pointed at stay; those that were found before and belong to no core go.
    """
    kept = tuple(n for n in made.found if _is_kept(made, n))
    return _with(made, (*kept, *(n for n in needles if not any(_same(n, k) for k in kept))))


def with_needle(made: CaseReview, needle: ExecutedNeedle) -> CaseReview:
    """Return a review with one more needle (planning LPS)."""
    return made if needle in made.found else _with(made, (*made.found, needle))


def without_needle(made: CaseReview, needle: ExecutedNeedle) -> CaseReview:
    """Return a review without a needle, and without the answers that named it."""
    needles = tuple(n for n in made.review.needles if n.executed != needle)
    review = replace(made.review, needles=needles)
    planned = tuple(p for p in made.planned if any(n.core == p.core for n in needles))
    rest = tuple(n for n in made.found if n != needle)
    return _with(replace(made, review=review, planned=planned), rest)


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


def with_review(case: Case, made: CaseReview) -> Case:
    """Return a case with a review in place of the one of the same control CT, or as its last."""
    others = [r.values_sha256 for r in case.reviews]
    if made.values_sha256 not in others:
        return replace(case, reviews=(*case.reviews, made))
    place = others.index(made.values_sha256)
    return replace(case, reviews=(*case.reviews[:place], made, *case.reviews[place + 1 :]))


def without_review(case: Case, made: CaseReview) -> Case:
    """Return a case without a review."""
    return replace(case, reviews=tuple(r for r in case.reviews if r is not made))


def cores_of(plan: PlanResult | None) -> dict[str, Candidate]:
    """Return everything of a plan that a needle can be compared with, by candidate id."""
    if plan is None:
        return {}
    in_set = () if plan.core_set is None else tuple(c.candidate for c in plan.core_set.cores)
    return {c.candidate_id: c for c in (*plan.candidates, *in_set)}


def is_of(made: CaseReview, plan: PlanResult | None) -> bool:
    """Tell whether everything that a review answers for stands in a plan where it stood."""
    cores = cores_of(plan)
    return plan is not None and all(
        path.core in cores and cores[path.core].trajectory == path.trajectory
        for path in made.planned
    )


def _with(made: CaseReview, found: tuple[ExecutedNeedle, ...]) -> CaseReview:
    taken = {n.executed for n in made.review.needles}
    unplanned = tuple(needle for needle in found if needle not in taken)
    return replace(made, found=found, review=replace(made.review, unplanned=unplanned))


def _is_kept(made: CaseReview, needle: ExecutedNeedle) -> bool:
    vouched = needle.method != "automatic"
    return vouched or any(n.executed == needle for n in made.review.needles)


def _same(one: ExecutedNeedle, other: ExecutedNeedle) -> bool:
    """Tell whether two needles are one that was found twice."""
    entry, tip = np.array(one.entry_lps_mm), np.array(one.tip_lps_mm)
    along = unit(tip - entry)
    away = np.array((other.entry_lps_mm, other.tip_lps_mm)) - entry
    across = np.linalg.norm(np.cross(away, along), axis=1)
    ends_apart = float(np.linalg.norm(np.array(other.tip_lps_mm) - tip))
    return float(across.max()) < _SAME_MM and ends_apart < _SAME_TIP_MM
