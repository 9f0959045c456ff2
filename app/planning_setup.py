"""What one planning is done with, and how it is run; shows nothing and starts no threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import catalogue
from app.language import mark
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.case import Case, Guidance
from planning.model.clinical import Clinical
from planning.model.error_model import ErrorModel
from planning.model.needle import Needle, Trajectory
from planning.model.plan import Candidate, Notice, PlanResult
from planning.model.protocol import Protocol
from planning.progress import SILENT, Progress

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy
    from planning.trajectories.cores.choosing import CoreRequest
    from planning.trajectories.openings import Ways

TOP = 12
"""Most trajectories that are shown unless somebody asks for more."""

_SAME_POINT = mark("Entry and tip are the same point; give two different points.")
_OUTSIDE = mark(
    "The {0} ({1}) lies outside the scanned volume, where nothing is known; give LPS millimetres "
    "inside the planning CT."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The protocol, needle and guidance that one planning goes by.

    Parameters
    ----------
    error_model : ErrorModel or None
        An operator's or department's own; None for the preset of the guidance.
    """

    protocol: Protocol
    needle: Needle
    guidance: Guidance
    error_model: ErrorModel | None = None


def warm_up() -> None:
    """Load all compiled kernels, or compile them; meant to run beside the loading of a case."""
    from planning.anatomy import warm_up as anatomy_kernels
    from planning.trajectories import screening

    anatomy_kernels.warm_up()
    screening.warm_up()


def setup_of(
    case: Case,
    *,
    protocol: str = "",
    needle: str = "",
    guidance: Guidance | None = None,
    error_model: str = "",
) -> Setup:
    """Return what to plan with: what is asked for, else what the case wants, else the protocol.

    Parameters
    ----------
    error_model : str
        As for `catalogue.own_error_model`; empty for what the case wants.

    Raises
    ------
    InputError
        If a key is not in the catalogue, or there is no such error model.
    """
    chosen = catalogue.protocol(protocol or case.protocol_key)
    guided = guidance or case.guidance or chosen.guidance
    return Setup(
        protocol=chosen,
        needle=catalogue.needle(needle or case.needle_key or chosen.needle_key),
        guidance=guided,
        error_model=catalogue.own_error_model(error_model or case.error_model, guided),
    )


def judged_with(case: Case) -> Setup:
    """Return what a case's plan is judged by; whose placement errors count is left open.

    Raises
    ------
    InputError
        If a key is not in the catalogue.
    """
    return setup_of(replace(case, error_model=""))


def anatomy_of(
    case: Case,
    images: CaseImages,
    setup: Setup,
    *,
    paths: Sequence[Trajectory] = (),
    progress: Progress = SILENT,
) -> Anatomy:
    """Return the case as the planner reads it; `paths` are others that will be measured."""
    from planning.anatomy.anatomy import understand

    around = tuple(end for path in paths for end in (path.entry_lps_mm, path.tip_lps_mm))
    anatomy = understand(
        case,
        images,
        protocol=setup.protocol,
        needle=setup.needle,
        guidance=setup.guidance,
        error_model=setup.error_model or catalogue.error_models()[setup.guidance],
        joint_rules=catalogue.joint_rules(),
        bone_rules=catalogue.bone_rules(),
        habitat_rules=catalogue.habitat_rules(),
        around_lps_mm=around,
        progress=progress,
    )
    return replace(anatomy, around_lps_mm=around) if around else anatomy


def counts_with(anatomy: Anatomy, setup: Setup) -> bool:
    """Tell whether an anatomy was derived with the placement errors that are wanted now."""
    wanted = setup.error_model or catalogue.error_models()[setup.guidance]
    return anatomy.error_model == wanted


def is_fresh(anatomy: Anatomy, case: Case, images: CaseImages) -> bool:
    """Tell whether a case would be read as it already was: nothing that matters has changed."""
    return anatomy.ct is images.ct and _read_from(anatomy.case) == _read_from(case)


def _read_from(case: Case) -> Case:
    """Return a case with only what its anatomy is derived from."""
    structures = tuple(replace(s, colour="", must_sample=False) for s in case.structures)
    return replace(
        case,
        structures=structures,
        core_count=0,
        one_entry=None,
        own_paths=(),
        remarks="",
        clinical=Clinical(),
        side_notes=(),
        plan=None,
        plan_number=1,
        approval=None,
        past_plans=(),
        reviews=(),
    )


def core_request(
    case: Case,
    setup: Setup,
    *,
    count: int = 0,
    one_entry: bool | None = None,
    must_sample: tuple[str, ...] = (),
) -> CoreRequest | None:
    """Return what set of cores to plan, None for a single core.

    Parameters
    ----------
    count : int
        0 for what the case wants, else the protocol's number.
    one_entry : bool or None
        None for what the case wants, else what the protocol says of the indication.
    must_sample : tuple of str
        Habitats that have to be sampled, besides those the case marks.
    """
    from planning.trajectories.cores.choosing import CoreRequest

    rules = setup.protocol.cores
    wanted = count or case.core_count or rules.count
    if one_entry is None:
        one_entry = one_entry_of(case, setup.protocol) if case.one_entry is None else case.one_entry
    if wanted == 1:
        return None
    marked = (s.name for s in case.trusted if s.must_sample)
    return CoreRequest(
        count=wanted,
        one_entry=one_entry,
        must_sample=tuple(dict.fromkeys((*marked, *must_sample))),
        specimen_rules=catalogue.specimen_rules(),
    )


def one_entry_of(case: Case, protocol: Protocol) -> bool:
    """Tell whether a protocol wants all cores through one entry where nobody says otherwise."""
    return case.indication in protocol.cores.one_entry_for


def plan_case(
    case: Case,
    images: CaseImages,
    setup: Setup,
    *,
    top: int = TOP,
    cores: CoreRequest | None = None,
    anatomy: Anatomy | None = None,
    progress: Progress = SILENT,
) -> tuple[Anatomy, PlanResult]:
    """Return ranked trajectories and a set of cores, and the anatomy they were found in.

    Parameters
    ----------
    anatomy : Anatomy or None
        The case as it was already understood, see `is_fresh`; None to do that first.

    Raises
    ------
    InputError
        If the case cannot be planned; the message says what is missing.
    Cancelled
        If the plan is no longer wanted.
    """
    from planning.trajectories import screening
    from planning.trajectories.planner import plan

    if anatomy is None:
        with ThreadPoolExecutor(1) as beside:
            ready = beside.submit(screening.warm_up)
            anatomy = anatomy_of(case, images, setup, progress=progress.part(0.0, 0.4))
            ready.result()
    elif anatomy.case is not case:
        anatomy = replace(anatomy, case=case)  # what differs is nothing that it was derived from
    ways = ways_of(case, images, setup)
    return anatomy, plan(anatomy, top=top, cores=cores, ways=ways, progress=progress.part(0.4, 1.0))


def ways_of(case: Case, images: CaseImages, setup: Setup) -> Ways:
    """Return what else a case could be planned with, for an answer that is empty."""
    from planning.trajectories.openings import Ways

    own = setup.error_model
    models = catalogue.error_models().values()
    return Ways(
        needles=tuple(catalogue.needles().values()),
        error_models=tuple(m for m in models if own is None or m.guidance is not own.guidance),
        images=images,
        understand=lambda needle: anatomy_of(case, images, replace(setup, needle=needle)),
    )


def measure_path(
    case: Case,
    images: CaseImages,
    setup: Setup,
    path: Trajectory,
    *,
    progress: Progress = SILENT,
) -> Candidate:
    """Return the same numbers for a path that somebody else chose.

    Its warnings include those of the case, where viability comes from and what was not checked.
    An entry that is not on the skin breaks a limit: depths count from it, so they are not those of
    a needle.

    Raises
    ------
    InputError
        If entry or tip lie outside the scanned volume, or are the same point.
    """
    from planning.anatomy.viability import viability_sentence
    from planning.trajectories.measure import measure, off_skin_notice

    _check_inside(images, path)
    anatomy = anatomy_of(case, images, setup, paths=(path,), progress=progress)
    measured = measure(anatomy, path)
    not_checked = (Notice("not_checked", f"{n.key}: {n.reason}") for n in anatomy.not_checked)
    source = viability_sentence(case, images.ct)
    said = (Notice("viability", f"viability: {source}"),) if source else ()
    warnings = (*measured.warnings, *said, *anatomy.notices, *not_checked)
    notice = off_skin_notice(anatomy, path)
    if notice is None:
        return replace(measured, warnings=warnings)
    return replace(
        measured,
        warnings=(notice, *warnings),
        violations=(notice.key, *measured.violations),
    )


def _check_inside(images: CaseImages, path: Trajectory) -> None:
    if path.entry_lps_mm == path.tip_lps_mm:
        raise InputError(_SAME_POINT)
    for name, point in (("entry", path.entry_lps_mm), ("tip", path.tip_lps_mm)):
        if not images.ct.grid.contains(point):
            place = ", ".join(f"{x:g}" for x in point)
            raise InputError(_OUTSIDE.format(name, place))
