"""`trephine review`: has confirmed what a person has to, then measures, draws and writes.

Where nobody can be asked, a review that is called unconfirmed comes out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from app import catalogue
from app.commands import say_if_compiling
from app.planning_setup import Setup
from app.review_asking import Confirm, ReviewOrder, is_confirmed, require_confirmed, states_of
from app.review_console import print_registration, print_review, print_unconfirmed
from app.review_setup import (
    ScanPair,
    by_hand,
    found_needles,
    read_control,
    register,
    setup_of_plan,
    understanding,
    unmoved_pair,
    with_bodies,
)
from app.terminal import progress_bar, warn_of
from planning import __version__
from planning.errors import InputError
from planning.execution.control_scan import (
    check_patient,
    require_new_scan,
    sparse_warning,
    verdict_of,
    why_not_unmoved,
)
from planning.execution.needle_detection import find_needles, refine_needle
from planning.execution.reviewing import (
    ReviewInputs,
    match_needles,
    planned_cores,
    require_plan_of,
    review_of,
    why_no_needle,
)
from planning.execution.unsaid_states import may_show_needles
from planning.folder_changes import settle
from planning.formats import bytes_of
from planning.handover.plan_json import plan_from_json
from planning.imaging.registration import Registration, other_patient
from planning.imaging.transforms import read_rigid
from planning.model.carry_rules import Verdict
from planning.model.execution import ExecutedNeedle, PatientCheck, Review
from planning.model.plan import PlanResult
from planning.progress import Progress
from planning.records.approval_file import approval_beside, sha256_of
from planning.records.case_file import LoadedCase, load_case
from planning.records.review_file import (
    REVIEW_FILE,
    require_new,
    review_to_json,
    write_review,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Work:
    """What has been read."""

    order: ReviewOrder
    loaded: LoadedCase
    plan: PlanResult
    plan_sha256: str
    setup: Setup
    pair: ScanPair
    patient: PatientCheck
    is_approved: bool


def run_review(order: ReviewOrder) -> None:
    """Review the needles of a control CT, write what was found and print it."""
    if order.out is not None:
        require_new([order.out / REVIEW_FILE], force=order.force)
    say_if_compiling()
    work = _read(order)
    registration, is_accepted = _registered(work)
    _confirm_slices(work, registration)
    inputs = _inputs(work, registration, is_accepted=is_accepted)
    with progress_bar() as progress:
        found = _needles(work, registration, inputs, progress.part(0.0, 0.4))
        match = match_needles(inputs, found, vouched=order.points_lps_mm is not None)
        why_not = why_no_needle(inputs, match)
        if why_not:
            raise InputError(f"{why_not} {_NO_NEEDLE}")
        understand = understanding(
            work.loaded.case, work.loaded.images, work.setup, progress.part(0.4, 0.9)
        )
        review = review_of(inputs, match, understand)
        files = {} if order.out is None else _pictures(work, review, registration)
    if order.out is not None:
        write_review(review, order.out, beside=files, force=order.force)
    if order.as_json:
        sys.stdout.write(review_to_json(review))
        print_unconfirmed(review, to=sys.stderr)
        return
    print_review(review, work.plan)
    sys.stdout.write(f"Written to {order.out}\n")
    print_unconfirmed(review, to=sys.stdout)


_PLAN_FILE = "plan.json"
_NOT_ACCEPTED = (
    "A registration counts only once somebody has accepted it; review-registration.png then shows "
    "how both scans fit."
)
_MOVED = "The patient may have moved; without --same-frame the scans are registered."
_NO_NEEDLE = (
    "Nothing was stored. If it is there, say where: --entry and --tip, hub side and tip in the "
    "control CT. If it had been taken out, say so: --needle-state removed."
)


def _read(order: ReviewOrder) -> _Work:
    file = order.plan / _PLAN_FILE if order.plan.is_dir() else order.plan
    settle(file.parent)
    data = bytes_of(file)
    plan = plan_from_json(data, file.name)
    approval = approval_beside(file, sha256_of(data))
    approved = () if approval is None else approval.candidate_ids
    planned = planned_cores(plan, order.cores or approved)
    setup = setup_of_plan(plan)
    with progress_bar() as progress:
        loaded = load_case(
            order.case,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            progress=progress.part(0.0, 0.4),
        )
        warn_of(loaded.said)
        require_plan_of(loaded.images.ct, plan)
        control = read_control(
            order.control, series_uid=order.series_uid, progress=progress.part(0.4, 0.8)
        )
        require_new_scan(loaded.images.ct, control)
        pair = ScanPair(planning=loaded.images.ct, control=control, planned=planned)
        patient = check_patient(loaded.case.patient, control.patient)
        pair = with_bodies(pair, progress.part(0.8, 1.0))
    if patient.differs:
        told = other_patient(loaded.case.patient, control.patient)
        require_confirmed(
            order, f"The control CT is of another patient: {told}.", Confirm.OTHER_PATIENT
        )
        patient = check_patient(loaded.case.patient, control.patient, confirmed=True)
    return _Work(
        order=order,
        loaded=loaded,
        plan=plan,
        plan_sha256=sha256_of(data),
        setup=setup,
        pair=pair,
        patient=patient,
        is_approved=approval is not None,
    )


def _registered(work: _Work) -> tuple[Registration, bool]:
    """Return a registration that can be used, and whether somebody accepted it."""
    order, pair = work.order, work.pair
    if order.transform is not None:
        found = by_hand(pair, read_rigid(order.transform))
    elif order.same_frame:
        found = unmoved_pair(pair)
    else:
        with progress_bar() as progress:
            found = register(pair, progress)
    verdict, words = verdict_of(found, catalogue.carry_rules())
    offer = not (order.same_frame or order.transform) and not why_not_unmoved(
        pair.planning, pair.control
    )
    print_registration(found, words, pair.planned, offer_unmoved=offer)
    if order.transform is not None:
        return found, True
    if verdict is Verdict.UNUSABLE:
        message = (
            f"{words} Nothing was stored. Register the scans elsewhere and give the transform by "
            "--transform, from points of the planning CT to the control CT."
        )
        raise InputError(message)
    if order.same_frame and verdict is Verdict.GOOD:
        return found, True
    told = f"{words} {_MOVED}" if order.same_frame else _NOT_ACCEPTED
    return found, is_confirmed(order, told, Confirm.REGISTRATION)


def _confirm_slices(work: _Work, registration: Registration) -> None:
    pair = work.pair
    words = sparse_warning(pair.planning, pair.control, registration.transform, pair.planned.paths)
    if words:
        require_confirmed(work.order, f"{words[0].upper()}{words[1:]}.", Confirm.FEW_SLICES)


def _inputs(work: _Work, registration: Registration, *, is_accepted: bool) -> ReviewInputs:
    return ReviewInputs(
        plan=work.plan,
        plan_sha256=work.plan_sha256,
        planned=work.pair.planned,
        states=states_of(work.order, work.pair.planned),
        planning_ct=work.pair.planning,
        control=work.pair.control,
        registration=registration,
        patient=work.patient,
        protocol=work.setup.protocol,
        carry_rules=catalogue.carry_rules(),
        software_version=__version__,
        planning_body=work.pair.bodies[0],
        is_approved=work.is_approved,
        is_accepted=is_accepted,
    )


def _needles(
    work: _Work, registration: Registration, inputs: ReviewInputs, progress: Progress
) -> tuple[ExecutedNeedle, ...]:
    order = work.order
    if not may_show_needles(inputs.states):
        return ()
    if order.points_lps_mm is None:
        return found_needles(work.pair, registration, find_needles, progress)
    hub_side, tip = order.points_lps_mm
    if order.as_given:
        return (ExecutedNeedle(entry_lps_mm=hub_side, tip_lps_mm=tip, method="typed"),)
    return (refine_needle(work.pair.control, hub_side, tip),)


def _pictures(work: _Work, review: Review, registration: Registration) -> Mapping[str, bytes]:
    try:
        from app.review_contents import ReviewSource
        from app.review_pictures import pictures_of
    except ImportError as error:  # a machine without the system's drawing libraries
        sys.stderr.write(f"Pictures and page cannot be drawn here ({error}).\n")
        return {}
    source = ReviewSource(
        review=review,
        plan=work.plan,
        case=work.loaded.case,
        images=work.loaded.images,
        control=work.pair.control,
        transform=registration.transform,
        pseudonym=work.order.pseudonym,
    )
    return pictures_of(source)
