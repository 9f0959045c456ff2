"""What a review's drawings, its page and its pictures of both scans say; draws none of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.language import mark
from app.rendering.comparison import compared, planes_of
from app.rendering.review_planes import ControlPictures
from app.views.registration_drawing import BLEND, CHECKERBOARD, PictureRow, ScanPicture
from app.views.review_values import CoreDrawing, ReviewPage
from planning.anatomy.lesion_side import site_words
from planning.execution.achieved_sampling import executed_path
from planning.execution.placement_error import planned_end
from planning.execution.reviewing import trajectories_by_id
from planning.geometry import vec3
from planning.handover.notice import RESEARCH_USE
from planning.image import CaseImages, Mask, Volume
from planning.imaging.transforms import RigidTransform
from planning.model.case import Case, Role
from planning.model.execution import Review, ReviewedNeedle, SpecimenKnowledge
from planning.model.plan import Candidate, PlanResult
from planning.model.unconfirmed import (
    UNCONFIRMED,
    how_to_confirm,
    unconfirmed,
    unconfirmed_words,
)

_NAMES = {"axial": mark("Axial"), "coronal": mark("Coronal"), "sagittal": mark("Sagittal")}
_BY_NOBODY = "; accepted by nobody"
_JUDGED = {None: "not judged", True: "yes", False: "no"}
_HEADER = (
    *("core", "needle", "against", "tip mm", "lateral", "depth", "to axis", "entry", "angle"),
    *("in plane", "off plane", "viable (planned)", "tolerated"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReviewSource:
    """Everything a review is shown from.

    Parameters
    ----------
    transform : RigidTransform
        From planning CT to control CT.
    pseudonym : str
        Stands on the page in the patient's place; empty for the name in the images.
    """

    review: Review
    plan: PlanResult
    case: Case
    images: CaseImages
    control: Volume
    transform: RigidTransform
    pseudonym: str = ""


def core_drawings(source: ReviewSource) -> dict[str, CoreDrawing]:
    """Return a drawing for each core that was imaged, by its id."""
    grid = source.transform.placed_in_ct(source.control.grid)
    placed = replace(source.control, grid=grid)
    pictures = ControlPictures(placed, _lesion(source))
    planned = trajectories_by_id(source.plan)
    return {
        needle.core: _drawing(source, planned[needle.core], needle, pictures)
        for needle in source.review.needles
        if needle.executed is not None
    }


def _drawing(
    source: ReviewSource, core: Candidate, needle: ReviewedNeedle, pictures: ControlPictures
) -> CoreDrawing:
    executed, error, achieved = needle.executed, needle.error, needle.achieved
    assert executed is not None, "only imaged cores are drawn"
    assert error is not None, "an imaged core has an error"
    assert achieved is not None, "an imaged core has a specimen"
    state, plan = needle.needle_state, source.plan
    against = "tip" if state.ends_at_tip else "stop"
    return CoreDrawing(
        title=f"Core {core.candidate_id}: {_state(needle)}, compared with the planned {against}",
        planned=core.trajectory,
        planned_end_lps_mm=planned_end(core, state),
        executed_lps_mm=(executed.entry_lps_mm, executed.tip_lps_mm),
        fired_tip_lps_mm=(
            None if state.ends_at_tip else executed_path(executed, plan.needle, state).tip_lps_mm
        ),
        specimen_lps_mm=achieved.specimen_lps_mm,
        needle_radius_mm=plan.needle.radius_mm,
        error=error,
        slice_normal_lps=source.images.ct.slice_normal_lps,
        pictures=pictures,
        numbers=_numbers(needle, core),
    )


def _numbers(needle: ReviewedNeedle, core: Candidate) -> tuple[tuple[str, str], ...]:
    error, achieved = needle.error, needle.achieved
    assert error is not None, "only imaged cores are drawn"
    assert achieved is not None, "an imaged core has a specimen"
    inferred = achieved.knowledge is SpecimenKnowledge.INFERRED
    rows = [
        ("Tip, Euclidean", f"{error.euclidean_tip_mm:.1f} mm"),
        ("Lateral", f"{error.lateral_tip_mm:.1f} mm"),
        ("Target to axis", f"{error.target_to_axis_mm:.1f} mm"),
        ("Entry", f"{error.euclidean_entry_mm:.1f} mm"),
        ("Angle", f"{error.angle_deg:.1f}\N{DEGREE SIGN}"),
        ("Within tolerance", _JUDGED[needle.within_tolerance]),
        ("Specimen", "inferred" if inferred else "imaged"),
        ("Viable", _then_and_now(core, needle, "viable_length_mm")),
        ("Lesion", _then_and_now(core, needle, "lesion_length_mm")),
    ]
    if achieved.nearest:
        nearest = achieved.nearest[0]
        rows.append((f"Nearest: {nearest.structure}", f"{nearest.clearance_mm:.1f} mm"))
    return tuple(rows)


def _then_and_now(core: Candidate, needle: ReviewedNeedle, key: str) -> str:
    achieved = needle.achieved
    now = None if achieved is None else achieved.criteria.get(key)
    then = core.criteria.get(key)
    said = "not known" if now is None else f"{now:.1f} mm"
    return said if then is None else f"{said} (planned {then:.1f})"


def scan_rows(source: ReviewSource) -> tuple[PictureRow, ...]:
    """Return both scans through the middle of the planned ends, in both ways of showing them."""
    review = source.review
    planned = trajectories_by_id(source.plan)
    cores = [n for n in review.needles if n.executed is not None] or review.needles
    tips = [planned[n.core].trajectory.tip_lps_mm for n in cores]
    if not tips:
        return ()
    centre = vec3([sum(axis) / len(tips) for axis in zip(*tips, strict=True)])
    position = source.case.biopsy_position
    planes = planes_of(source.images.ct, _lesion(source), centre, position)
    return tuple(
        PictureRow(
            words=words,
            pictures=tuple(
                ScanPicture(
                    name=_NAMES[plane.orientation],
                    rgb=compared(
                        plane, source.control, source.transform, checkerboard=words is CHECKERBOARD
                    ),
                    letters=plane.letters,
                )
                for plane in planes
            ),
        )
        for words in (CHECKERBOARD, BLEND)
    )


def banner_of(review: Review) -> tuple[str, ...]:
    """Return what stands across every picture and page of an unconfirmed review."""
    if not unconfirmed(review):
        return ()
    return unconfirmed_words(review), how_to_confirm(review)


def _state(needle: ReviewedNeedle) -> str:
    return needle.needle_state.value + ("" if needle.state_said else " (not said)")


def page_of(source: ReviewSource, number: int, count: int) -> ReviewPage:
    """Return what a page of so many says."""
    review = source.review
    foot = f"Trephine {review.software_version}. {RESEARCH_USE} Page {number} of {count}."
    planned = trajectories_by_id(source.plan)
    return ReviewPage(
        title=title_of(review),
        facts=_facts(source),
        header=_HEADER,
        rows=tuple(_row(needle, planned[needle.core]) for needle in review.needles),
        warnings=(*_doubts(review), *review.warnings),
        foot=foot,
        banner=banner_of(review),
    )


def title_of(review: Review) -> str:
    """Return what the page and its file are called."""
    return f"Needle review, {UNCONFIRMED}" if unconfirmed(review) else "Needle review"


def _doubts(review: Review) -> tuple[str, ...]:
    """Return what speaks against the needles that were found, by core."""
    return tuple(
        f"{needle.core}: {doubt}"
        for needle in review.needles
        if needle.executed is not None
        for doubt in needle.executed.doubts
    )


def _facts(source: ReviewSource) -> tuple[tuple[str, str], ...]:
    review, plan, registration = source.review, source.plan, source.review.registration
    patient = source.case.patient
    named = " ".join(filter(None, (patient.readable_name, patient.patient_id, patient.birth_date)))
    residual = "not measured" if registration.residual_mm is None else (
        f"{registration.residual_mm:.1f} mm median"
        + ("" if registration.residual_p95_mm is None
           else f", 95 % under {registration.residual_p95_mm:.1f} mm")
    )  # fmt: skip
    scan = review.control
    control = "" if scan is None else (
        " ".join(filter(None, (scan.date, scan.time)))
        + f" {scan.slices} slices of {scan.slice_mm:.2f} mm"
    )  # fmt: skip
    return (
        ("Patient", source.pseudonym or named or "not named in the images"),
        ("Case", "" if source.pseudonym else plan.case_name),
        ("Site", site_words(source.case, source.images.masks)),
        ("Plan", f"SHA-256 {review.plan_sha256[:24]}"),
        ("Needle", plan.needle.name),
        ("Control CT", control.strip()),
        ("Residual", residual),
        ("Registration", registration.method + ("" if registration.accepted else _BY_NOBODY)),
        ("Tolerance", _tolerance(review)),
    )


def _tolerance(review: Review) -> str:
    limits = review.tolerance
    if limits is None:
        return "none in the protocol"
    return (
        f"lateral {limits.lateral_tip_mm:g} mm, depth {limits.depth_mm:g} mm, "
        f"{limits.angle_deg:g}\N{DEGREE SIGN}"
    )


def _row(needle: ReviewedNeedle, core: Candidate) -> tuple[str, ...]:
    error = needle.error
    if error is None:
        return (needle.core, "not imaged", *("",) * (len(_HEADER) - 2))
    judged = _JUDGED[needle.within_tolerance]
    return (
        needle.core,
        _state(needle),
        "tip" if needle.needle_state.ends_at_tip else "stop",
        f"{error.euclidean_tip_mm:.1f}",
        f"{error.lateral_tip_mm:.1f}",
        f"{error.depth_mm:+.1f}",
        f"{error.target_to_axis_mm:.1f}",
        f"{error.euclidean_entry_mm:.1f}",
        f"{error.angle_deg:.1f}\N{DEGREE SIGN}",
        f"{error.in_plane_mm:+.1f}",
        f"{error.off_plane_mm:+.1f}",
        _then_and_now(core, needle, "viable_length_mm").replace(" mm", "").replace("planned ", ""),
        judged,
    )


def _lesion(source: ReviewSource) -> Mask | None:
    """Return the mask of the lesion that was planned."""
    case = source.case
    tumours = [s for s in case.trusted if s.role in (Role.TUMOUR, Role.VIABLE)]
    wanted = [s for s in tumours if s.name == case.lesion] or tumours
    return source.images.masks[wanted[0].mask_id] if wanted else None
