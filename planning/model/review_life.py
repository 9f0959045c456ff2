"""How the reviews of a case change step by step; registers and measures nothing, reads no files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.geometry import Float64Array, unit
from planning.model.case import Case
from planning.model.case_review import CaseReview
from planning.model.execution import ControlRegistration, ExecutedNeedle
from planning.model.plan import Candidate, PlanResult

_SAME_MM, _SAME_TIP_MM = 2.0, 5.0


def planning_to_control(record: ControlRegistration) -> Float64Array:
    """Return the (4, 4) matrix from the planning CT to the control CT, LPS mm."""
    matrix = np.array(record.control_to_planning).reshape(4, 4)
    back = matrix.copy()
    back[:3, :3] = matrix[:3, :3].T
    back[:3, 3] = -matrix[:3, :3].T @ matrix[:3, 3]
    return back


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
