"""`trephine review`: asks for what a person has to confirm, then measures, draws and writes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer

from app import catalogue
from app.cli_options import is_asked, needle_state_of
from app.commands import say_if_compiling
from app.console import progress_bar
from app.planning_setup import Setup
from app.review_console import print_registration, print_review
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
    PlannedCores,
    ReviewInputs,
    match_needles,
    planned_cores,
    require_plan_of,
    review_of,
    why_no_needle,
)
from planning.formats import bytes_of
from planning.geometry import Vec3
from planning.handover.plan_json import plan_from_json
from planning.imaging.registration import Registration, other_patient
from planning.imaging.transforms import read_rigid
from planning.model.carry_rules import Verdict
from planning.model.execution import ExecutedNeedle, NeedleState, PatientCheck, Review
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


class Confirm(StrEnum):
    """What only a person can say, and the option that says it."""

    REGISTRATION = "--accept-registration"
    OTHER_PATIENT = "--other-patient-confirmed"
    FEW_SLICES = "--few-slices-confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOrder:
    """What `trephine review` was asked for.

    Parameters
    ----------
    plan : Path
        The plan.json, or the folder it is in. An approval.json beside it says which cores are
        meant.
    state : NeedleState or None
        Of every needle that `states` does not name by its core; None asks at the terminal.
    points_lps_mm : tuple of Vec3 or None
        Hub side and tip of the needle in the control CT, where it is not to be looked for.
    as_given : bool
        The points are the needle; otherwise it is laid through the metal between them.
    confirmed : frozenset of Confirm
        What was said beforehand, so that nobody has to be asked.
    pseudonym : str
        Stands on the page in the patient's place; empty for the patient's name.
    """

    case: Path
    plan: Path
    control: Path
    out: Path | None
    state: NeedleState | None
    states: Mapping[str, NeedleState]
    cores: tuple[str, ...] = ()
    series_uid: str = ""
    points_lps_mm: tuple[Vec3, Vec3] | None = None
    as_given: bool = False
    transform: Path | None = None
    same_frame: bool = False
    confirmed: frozenset[Confirm] = frozenset()
    pseudonym: str = ""
    force: bool = False
    as_json: bool = False


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
    registration = _registered(work)
    _confirm_slices(work, registration)
    inputs = _inputs(work, registration)
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
        return
    print_review(review, work.plan)
    sys.stdout.write(f"Written to {order.out}\n")


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
        _consent(order, f"The control CT is of another patient: {told}.", Confirm.OTHER_PATIENT)
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


def _registered(work: _Work) -> Registration:
    """Return the registration somebody accepted."""
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
        return found
    if verdict is Verdict.UNUSABLE:
        message = (
            f"{words} Nothing was stored. Register the scans elsewhere and give the transform by "
            "--transform, from points of the planning CT to the control CT."
        )
        raise InputError(message)
    if not order.same_frame:
        _consent(order, _NOT_ACCEPTED, Confirm.REGISTRATION)
    elif verdict is not Verdict.GOOD:
        _consent(order, f"{words} {_MOVED}", Confirm.REGISTRATION)
    return found


def _confirm_slices(work: _Work, registration: Registration) -> None:
    pair = work.pair
    words = sparse_warning(pair.planning, pair.control, registration.transform, pair.planned.paths)
    if words:
        _consent(work.order, f"{words[0].upper()}{words[1:]}.", Confirm.FEW_SLICES)


def _inputs(work: _Work, registration: Registration) -> ReviewInputs:
    order = work.order
    names = [core.candidate_id for core in work.pair.planned.cores]
    strange = [name for name in order.states if name not in names]
    if strange:
        message = f"--needle-state: no core {strange[0]} is reviewed; there are {', '.join(names)}."
        raise InputError(message)
    return ReviewInputs(
        plan=work.plan,
        plan_sha256=work.plan_sha256,
        planned=work.pair.planned,
        states={name: order.states.get(name, order.state) for name in names}
        if order.state is not None
        else _asked_states(work.pair.planned),
        planning_ct=work.pair.planning,
        control=work.pair.control,
        registration=registration,
        patient=work.patient,
        protocol=work.setup.protocol,
        carry_rules=catalogue.carry_rules(),
        software_version=__version__,
        planning_body=work.pair.bodies[0],
        is_approved=work.is_approved,
    )


def _needles(
    work: _Work, registration: Registration, inputs: ReviewInputs, progress: Progress
) -> tuple[ExecutedNeedle, ...]:
    order = work.order
    if not any(state.is_imaged for state in inputs.states.values()):
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


def _asked_states(planned: PlannedCores) -> dict[str, NeedleState]:
    """Return what somebody at the terminal says of each core; once for alternatives."""
    names = [core.candidate_id for core in planned.cores]
    known = ", ".join(state.value for state in NeedleState)

    def answer(of: str) -> NeedleState:
        text = f"What does the control CT show of {of}? ({known})"
        given: NeedleState = typer.prompt(text, value_proc=needle_state_of, err=True)
        return given

    if planned.are_alternatives:
        return dict.fromkeys(names, answer("the needle"))
    return {name: answer(f"the needle of {name}") for name in names}


def _asks(order: ReviewOrder) -> bool:
    return is_asked(as_json=order.as_json)


def _consent(order: ReviewOrder, words: str, option: Confirm) -> None:
    """Go on only if somebody confirms it, by an option or at the terminal.

    Raises
    ------
    InputError
        Says what has to be confirmed, and how.
    """
    if option in order.confirmed:
        return
    if _asks(order) and typer.confirm(f"{words} {_QUESTIONS[option]}", err=True):
        return
    raise InputError(f"{words} Nothing was stored. To go on all the same, add {option.value}.")


_QUESTIONS = {
    Confirm.REGISTRATION: "Accept this registration?",
    Confirm.OTHER_PATIENT: "Is it the same patient all the same?",
    Confirm.FEW_SLICES: "Go on with so few slices?",
}
