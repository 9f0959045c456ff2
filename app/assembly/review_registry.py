"""Joins a review to the registry: where it would go, and keeping it there; asks nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.language import mark
from app.own_registry import opened, place_in_use
from app.presenters.review_export import FinishedReview, Kept, Registry
from planning.errors import InputError
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.model.approval import Approval
    from planning.model.execution import Review
    from planning.records.registry.place import RegistryPlace
    from planning.records.registry.values import CaseFacts, ReviewedCase

# What a registry needs takes a second to import, so it is imported inside.

_LOOKING, _STORING = mark("Looking into the registry"), mark("Storing the review")
_OTHER_PLAN = mark(
    "The plan was changed since this review was made. Say again what the control CT shows of a "
    "core, so that the needles are compared with the plan as it is, then store it."
)


def registry_of(data_dir: Path | None) -> Registry | None:
    """Return what leads to the user's registry, or the department's; None without a data folder."""
    if data_dir is None:
        return None
    return Registry(look=partial(_looked, data_dir), keep=partial(_kept, data_dir))


def _looked(data_dir: Path, finished: FinishedReview, progress: Progress) -> Kept:
    """Return where a review would be kept.

    Raises
    ------
    InputError
        If the registry cannot be reached, or would not take it.
    """
    progress.report(0.0, _LOOKING)
    reviewed, place = _reviewed(finished), place_in_use("", data_dir)
    case_id, is_same = _found(place, finished, reviewed)
    return Kept(place=str(place), case_id=case_id, is_new=not case_id, is_same=is_same)


def _kept(data_dir: Path, finished: FinishedReview, progress: Progress) -> Kept:
    """Keep a review; one of a plan that is stored goes to its case.

    Raises
    ------
    InputError
        If the registry cannot be reached, or does not take it.
    """
    from planning.records.registry.writing import store_review

    progress.report(0.0, _STORING)
    reviewed, place = _reviewed(finished), place_in_use("", data_dir)
    case_id, is_same = _found(place, finished, reviewed)
    if is_same:
        return Kept(place=str(place), case_id=case_id, is_same=True)
    stored = store_review(opened(place, make=True), replace(reviewed, case_id=case_id))
    return Kept(place=str(place), case_id=stored.case_id, is_new=stored.is_new)


def _found(
    place: RegistryPlace, finished: FinishedReview, reviewed: ReviewedCase
) -> tuple[str, bool]:
    """Return the case that has this plan or an earlier one, and if it has the review just so."""
    from planning.records.registry.writing import case_of_plan, is_stored

    if place.file is not None and not place.file.exists():
        return "", False
    registry = opened(place)
    earlier = (past.approval.plan_sha256 for past in finished.case.past_plans)
    case_id = case_of_plan(registry, (reviewed.plan_sha256,)) or case_of_plan(
        registry, tuple(earlier)
    )
    return case_id, bool(case_id) and is_stored(registry, reviewed.review_sha256)


def _reviewed(finished: FinishedReview) -> ReviewedCase:
    """Return a review as the registry takes it, without who the patient is."""
    from planning.records.approval_file import plan_sha256, sha256_of
    from planning.records.registry.values import ReviewedCase
    from planning.records.review_file import review_to_json

    review = _naming_its_scan(finished)
    sha256 = plan_sha256(finished.plan)
    if sha256 != review.plan_sha256:
        raise InputError(_OTHER_PLAN)
    return ReviewedCase(
        plan=finished.plan,
        plan_sha256=sha256,
        review=review,
        review_sha256=sha256_of(review_to_json(review).encode("utf-8")),
        approval=_approval(finished, sha256),
        facts=_facts(finished),
    )


def _naming_its_scan(finished: FinishedReview) -> Review:
    made = finished.made
    control = made.review.control
    if control is None or control.values_sha256:
        return made.review
    return replace(made.review, control=replace(control, values_sha256=made.values_sha256))


def _approval(finished: FinishedReview, sha256: str) -> Approval | None:
    case = finished.case
    known = (case.approval, *(past.approval for past in reversed(case.past_plans)))
    return next((one for one in known if one is not None and one.plan_sha256 == sha256), None)


def _facts(finished: FinishedReview) -> CaseFacts:
    from planning.anatomy.lesion_side import lesion_side
    from planning.records.registry.values import CaseFacts

    case, control = finished.case, finished.made.review.control
    side = lesion_side(case, finished.images.masks)
    day = "" if control is None else control.date
    return CaseFacts(
        biopsy_date=date.fromisoformat(day) if day else None,
        site=case.site,
        side="" if side is None else side.value,
        lesion=case.lesion,
    )
