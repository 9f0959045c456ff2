"""What is done in the background of a review: registering, finding, refining, measuring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import catalogue
from app.language import mark
from app.presenters.scan_fit_work import Pair, Registered, with_bodies
from planning import __version__
from planning.errors import InputError
from planning.geometry import Vec3, vec3
from planning.model.case_review import Answer, CaseReview, PlannedPath
from planning.model.execution import ExecutedNeedle, PatientCheck
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, PlanResult
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_OUTSIDE = mark("A marked point lies outside the control CT; mark points that it shows.")
_MEASURING = mark("Measuring what the needles did")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """What is measured: a control CT, what was said of the cores, and what they were planned as.

    Parameters
    ----------
    answers : mapping of str to Answer
        By candidate id.
    cores : mapping of str to Candidate
        Of the plan.
    anatomy : Anatomy or None
        What the case was understood as for the latest planning; used where that still holds.
    """

    registered: Registered
    made: CaseReview
    answers: Mapping[str, Answer]
    plan: PlanResult
    plan_sha256: str
    cores: Mapping[str, Candidate]
    anatomy: Anatomy | None = None


Find = Callable[[Registered, tuple[Trajectory, ...], Progress], tuple[ExecutedNeedle, ...]]
Refine = Callable[[Registered, Vec3, Vec3, Progress], ExecutedNeedle]
Measure = Callable[[Measurement, Progress], CaseReview]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWork:
    """The work that a review needs; needles come in and go out in the planning CT's frame."""

    find: Find
    refine: Refine
    measure: Measure


def register_control_scan(pair: Pair, progress: Progress) -> Registered:
    """Find both bodies and register the control CT near the planned needles.

    Raises
    ------
    InputError
        If nothing holds the two together.
    Cancelled
        If the result is no longer wanted.
    """
    from planning.execution.control_scan import register_control

    found = with_bodies(pair, progress.part(0.0, 0.25))
    _ = found.scan.values_sha256  # asked for by the window later, which should not wait
    registration = register_control(
        found.images.ct,
        found.scan,
        found.around_lps_mm,
        planning_body=found.bodies[0],
        control_body=found.bodies[1],
        progress=progress.part(0.25, 1.0),
    )
    return Registered(pair=found, registration=registration)


def found_needles(
    registered: Registered, paths: tuple[Trajectory, ...], progress: Progress
) -> tuple[ExecutedNeedle, ...]:
    """Return the needles of the control CT, best first, where they lie in the planning CT."""
    from planning.execution.control_scan import in_control
    from planning.execution.needle_detection import find_needles
    from planning.execution.unseen_entry import with_entry

    transform, pair = registered.registration.transform, registered.pair
    near = tuple(in_control(path, transform) for path in paths)
    found = find_needles(pair.scan, near=near, body=pair.bodies[1], progress=progress)
    body = pair.bodies[0]
    return tuple(with_entry(needle, transform, pair.scan, body) for needle in found)


def refined_needle(
    registered: Registered,
    hub_side_lps_mm: Vec3,
    tip_lps_mm: Vec3,
    progress: Progress,
) -> ExecutedNeedle:
    """Return the needle that two points in the planning CT's frame mean.

    Raises
    ------
    InputError
        If a point lies outside the control CT, or there is no needle between them.
    """
    del progress
    from planning.execution.needle_detection import refine_needle
    from planning.execution.unseen_entry import with_entry

    transform, pair = registered.registration.transform, registered.pair
    hub, tip = (vec3(p) for p in transform.second_from_ct((hub_side_lps_mm, tip_lps_mm)))
    if not pair.scan.grid.contains((hub, tip)).all():
        raise InputError(_OUTSIDE)
    found = refine_needle(pair.scan, hub, tip, body=pair.bodies[1])
    return with_entry(found, transform, pair.scan, pair.bodies[0])


def measured(what: Measurement, progress: Progress) -> CaseReview:
    """Return the review with everything measured of the cores that were answered for.

    Raises
    ------
    InputError
        If the case can no longer be read as it was planned.
    Cancelled
        If the result is no longer wanted.
    """
    from planning.execution.case_reviews import answered
    from planning.execution.reviewing import PlannedCores, ReviewInputs, review_of

    progress.report(0.0, _MEASURING)
    cores, states, match = answered(what.made, what.answers, what.cores)
    pair = what.registered.pair
    known = (pair.case.approval, *(past.approval for past in pair.case.past_plans))
    inputs = ReviewInputs(
        plan=what.plan,
        plan_sha256=what.plan_sha256,
        planned=PlannedCores(cores=cores),
        states=states,
        planning_ct=pair.images.ct,
        control=pair.scan,
        registration=what.registered.registration,
        patient=what.made.review.patient or PatientCheck(),
        protocol=catalogue.protocol(what.plan.protocol_key),
        carry_rules=catalogue.carry_rules(),
        software_version=__version__,
        is_approved=any(one is not None and one.plan_sha256 == what.plan_sha256 for one in known),
    )
    review = review_of(inputs, match, _understanding(what, progress))
    states_kept = {core: answer.state for core, answer in what.answers.items()}
    needles = tuple(replace(n, needle_state=states_kept[n.core]) for n in review.needles)
    return replace(
        what.made,
        review=replace(review, needles=needles),
        planned=tuple(
            PlannedPath(core=core.candidate_id, trajectory=core.trajectory) for core in cores
        ),
    )


def _understanding(
    what: Measurement, progress: Progress
) -> Callable[[tuple[Trajectory, ...]], Anatomy]:
    """Return what reads the planning CT: as it was understood already, where that will do."""
    from app.planning_setup import is_fresh
    from app.review_setup import setup_of_plan, understanding

    pair, known = what.registered.pair, what.anatomy
    setup = setup_of_plan(what.plan)
    anew = understanding(pair.case, pair.images, setup, progress)

    def understand(paths: tuple[Trajectory, ...]) -> Anatomy:
        fits = (
            known is not None
            and known.needle == what.plan.needle
            and is_fresh(known, pair.case, pair.images)
            and all(path.lies_in(known.near) for path in paths)
        )
        return known if known is not None and fits else anew(paths)

    return understand


WORK = ReviewWork(find=found_needles, refine=refined_needle, measure=measured)
