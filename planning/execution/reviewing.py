"""Puts a review together: cores, needles, errors and what specimens held; shows and stores nothing.

Needles are found elsewhere, and the registration is taken as it comes in. What nobody has accepted
or said is marked so in the review.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.execution.achieved_sampling import achieved_sampling, executed_path
from planning.execution.control_scan import (
    coverage_warning,
    patient_warning,
    position_warning,
    registration_record,
    scan_record,
    sparse_warning,
    verdict_of,
)
from planning.execution.masks_since import holds_otherwise
from planning.execution.matching import Matched, matched
from planning.execution.placement_error import is_within, placement_error
from planning.execution.unsaid_states import may_show_needles, unsaid_warnings, with_unsaid
from planning.execution.unseen_entry import with_entry
from planning.formats import suggestion
from planning.geometry import Vec3
from planning.image import Mask, Volume
from planning.imaging.registration import Registration
from planning.model.carry_rules import CarryRules, Verdict
from planning.model.execution import (
    ExecutedNeedle,
    NeedleState,
    PatientCheck,
    Review,
    ReviewedNeedle,
    SpecimenKnowledge,
)
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.progress import Progress
from planning.trajectories.measure import off_skin_notice


class Finder(typing.Protocol):
    """What finds the needles of a control CT, in its own LPS, best first."""

    def __call__(
        self,
        control: Volume,
        *,
        near: tuple[Trajectory, ...],
        body: Mask | None,
        progress: Progress,
    ) -> tuple[ExecutedNeedle, ...]:
        """Look near the planned paths first, then everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCores:
    """Which trajectories of a plan needles are compared with.

    Parameters
    ----------
    are_alternatives : bool
        The plan names no set of cores and nobody said which was executed: a needle counts as that
        of the trajectory it lies nearest to.
    """

    cores: tuple[Candidate, ...]
    are_alternatives: bool = False

    @property
    def paths(self) -> tuple[Trajectory, ...]:
        """The planned paths."""
        return tuple(core.trajectory for core in self.cores)

    @property
    def ends_lps_mm(self) -> tuple[Vec3, ...]:
        """Where planned needles stop and end: the place both scans have to agree at."""
        return tuple(end for c in self.cores for end in (c.stop_lps_mm, c.trajectory.tip_lps_mm))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReviewInputs:
    """Everything a review is put together from, besides the needles.

    Parameters
    ----------
    states : mapping of str to NeedleState or None
        Of each core's needle, by candidate id; None where nobody said it.
    registration : Registration
        Fixed is the planning CT, moving the control CT.
    planning_body : Mask or None
        The patient in the planning CT: needles begin at the skin.
    is_approved : bool or None
        Whether somebody approved the plan; None where that does not matter.
    is_accepted : bool
        Whether somebody accepted the registration.
    """

    plan: PlanResult
    plan_sha256: str
    planned: PlannedCores
    states: Mapping[str, NeedleState | None]
    planning_ct: Volume
    control: Volume
    registration: Registration
    patient: PatientCheck
    protocol: Protocol
    carry_rules: CarryRules
    software_version: str
    planning_body: Mask | None = None
    is_approved: bool | None = None
    is_accepted: bool = True


def trajectories_by_id(plan: PlanResult) -> dict[str, Candidate]:
    """Return all trajectories of a plan, those of its set of cores included."""
    in_set = () if plan.core_set is None else tuple(c.candidate for c in plan.core_set.cores)
    return {c.candidate_id: c for c in (*plan.candidates, *in_set)}


def planned_cores(plan: PlanResult, wanted: Sequence[str] = ()) -> PlannedCores:
    """Return the cores of a plan's set, or those asked for by id.

    Raises
    ------
    InputError
        If the plan has none of that id, or no trajectory at all.
    """
    by_id = trajectories_by_id(plan)
    if not by_id:
        raise InputError("The plan holds no trajectory that a needle could be compared with.")
    for name in wanted:
        if name not in by_id:
            end = suggestion(name, list(by_id), "it has")
            raise InputError(f'The plan has no core "{name}"{end}')
    if wanted:
        return PlannedCores(cores=tuple(by_id[name] for name in dict.fromkeys(wanted)))
    if plan.core_set is not None:
        return PlannedCores(cores=tuple(core.candidate for core in plan.core_set.cores))
    return PlannedCores(cores=plan.candidates, are_alternatives=len(plan.candidates) > 1)


def require_plan_of(ct: Volume, plan: PlanResult) -> None:
    """Refuse a plan that was made on another CT than the case's.

    Raises
    ------
    InputError
        Where the series or frames differ, or its trajectories lie outside the CT.
    """
    for what, ours, theirs in (
        ("series", ct.series.series_uid, plan.series_uid),
        ("frame of reference", ct.frame_of_reference_uid, plan.frame_of_reference_uid),
    ):
        if ours and theirs and ours != theirs:
            message = (
                f"The plan was made on another CT: its {what} is {theirs}, the case's {ours}. Give "
                "the case the plan was made for."
            )
            raise InputError(message)
    tips = [c.trajectory.tip_lps_mm for c in plan.candidates]
    if tips and not ct.grid.contains(tips).all():
        message = (
            "The plan does not belong to this case: a planned tip lies outside the planning CT. "
            "Give the case the plan was made for."
        )
        raise InputError(message)


def match_needles(
    inputs: ReviewInputs, found: Sequence[ExecutedNeedle], *, vouched: bool = False
) -> Matched:
    """Return which needle is whose, in the planning CT.

    Parameters
    ----------
    found : sequence of ExecutedNeedle
        In the control CT.
    vouched : bool
        A person pointed at them, so that they belong to cores however far away.
    """
    transform, body = inputs.registration.transform, inputs.planning_body
    here = [with_entry(needle, transform, inputs.control, body) for needle in found]
    rules = None if vouched else inputs.protocol.review
    return matched(inputs.planned.cores, here, inputs.states, rules)


def why_no_needle(inputs: ReviewInputs, match: Matched) -> str:
    """Say that no needle of the plan was found; empty where one was, or none was expected."""
    if match.needles or not may_show_needles(inputs.states):
        return ""
    count = len(match.unplanned)
    if not count:
        return "No needle was found in the control CT."
    return f"No needle of the plan was found; the control CT shows {count} elsewhere."


def review_of(
    inputs: ReviewInputs,
    match: Matched,
    understand: Callable[[tuple[Trajectory, ...]], Anatomy],
) -> Review:
    """Return the review.

    Parameters
    ----------
    understand : callable
        Gives the anatomy of the planning CT with the plan's needle, wide enough for some paths.
    """
    plan = inputs.plan
    states = with_unsaid(inputs.planned.cores, inputs.states, match.needles)
    paths = {
        core: executed_path(needle, plan.needle, states[core])
        for core, needle in match.needles.items()
    }
    anatomy = understand(tuple(paths.values())) if paths else None
    cores = [
        core
        for core in inputs.planned.cores
        if core.candidate_id in paths or not inputs.planned.are_alternatives
    ]
    warnings = unsaid_warnings(cores, inputs.states, match.needles)
    warnings.extend(_scan_warnings(inputs))
    warnings.extend(_match_warnings(inputs, match))
    if anatomy is not None:
        warnings.extend(
            _plan_warnings(inputs, anatomy, [c for c in cores if c.candidate_id in paths])
        )
        warnings.extend(_path_warnings(anatomy, paths))
    rules = inputs.protocol.review
    return Review(
        plan_sha256=inputs.plan_sha256,
        registration=registration_record(inputs.registration, accepted=inputs.is_accepted),
        needles=tuple(
            _reviewed(inputs, core, match, states[core.candidate_id], anatomy) for core in cores
        ),
        unplanned=match.unplanned,
        warnings=tuple(warnings),
        control=scan_record(inputs.control),
        patient=inputs.patient,
        tolerance=None if rules is None else rules.tolerance,
        software_version=inputs.software_version,
    )


def _reviewed(
    inputs: ReviewInputs,
    core: Candidate,
    match: Matched,
    state: NeedleState,
    anatomy: Anatomy | None,
) -> ReviewedNeedle:
    name = core.candidate_id
    is_said = inputs.states[name] is not None
    executed = match.needles.get(name)
    if executed is None or anatomy is None:
        return ReviewedNeedle(core=name, needle_state=NeedleState.REMOVED, state_said=is_said)
    rules = inputs.protocol.review
    achieved = achieved_sampling(anatomy, executed, state)
    if not is_said:  # it may be that what was seen is not yet where the specimen came from
        achieved = replace(achieved, knowledge=SpecimenKnowledge.INFERRED)
    error = placement_error(core, executed, state, inputs.planning_ct.slice_normal_lps)
    return ReviewedNeedle(
        core=name,
        needle_state=state,
        executed=executed,
        error=error,
        achieved=achieved,
        within_tolerance=None if rules is None else is_within(error, rules.tolerance),
        state_said=is_said,
    )


def _scan_warnings(inputs: ReviewInputs) -> tuple[str, ...]:
    """Say what speaks against comparing the two scans."""
    planning, control, transform = (
        inputs.planning_ct,
        inputs.control,
        inputs.registration.transform,
    )
    verdict, words = verdict_of(inputs.registration, inputs.carry_rules)
    found = (
        patient_warning(inputs.patient),
        "" if verdict is Verdict.GOOD else f"registration: {words}",
        position_warning(planning, control),
        sparse_warning(planning, control, transform, inputs.planned.paths),
        coverage_warning(control, transform, inputs.planned.paths),
    )
    return tuple(words for words in found if words)


def _match_warnings(inputs: ReviewInputs, match: Matched) -> tuple[str, ...]:
    said = []
    for core, other in match.unclear.items():
        said.append(f"{core}: its needle lies nearly as close to {other}; check which was meant")
    if inputs.planned.are_alternatives and match.needles:
        said.append(
            "the plan names no set of cores: each needle is compared with the trajectory it lies "
            "nearest to, which makes errors look small. Say which core was meant"
        )
    if match.unplanned:
        said.append(f"needles that belong to no planned core: {len(match.unplanned)}")
    return tuple(said)


def _plan_warnings(
    inputs: ReviewInputs, anatomy: Anatomy, cores: Sequence[Candidate]
) -> tuple[str, ...]:
    """Say where the case is no longer what was planned on."""
    said = []
    if inputs.is_approved is False:
        said.append("nobody approved this plan; check that it is the one that was carried out")
    if inputs.protocol.sha256 != inputs.plan.protocol_sha256:
        said.append(
            f"the protocol {inputs.protocol.key} was changed since the plan was made; tolerances "
            "are those of today"
        )
    if inputs.protocol.review is None:
        said.append(f"the protocol {inputs.protocol.key} gives no tolerances: nothing is judged")
    if any(holds_otherwise(anatomy, core) for core in cores):
        said.append(
            "the masks were changed since the plan was made; what specimens held is measured in "
            "the masks as they are now"
        )
    return tuple(said)


def _path_warnings(anatomy: Anatomy, paths: Mapping[str, Trajectory]) -> tuple[str, ...]:
    said = []
    for core, path in paths.items():
        if not path.lies_in(anatomy.near):
            said.append(
                f"{core}: the needle leaves the planning CT; what it met there is not known"
            )
            continue
        notice = off_skin_notice(anatomy, path)
        if notice is not None:
            said.append(f"{core}: in the planning CT {notice.text}")
    return tuple(said)
