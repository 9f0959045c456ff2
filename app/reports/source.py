"""Everything the reports of a plan are made from, gathered once; says and draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app import catalogue
from app.planning_setup import anatomy_of, is_fresh, setup_of
from app.presenters.card import protocol_for_card
from app.presenters.card_rows import grid_words
from app.presenters.numbers import card_numbers, slice_words
from app.rendering.mask_edges import MaskEdges
from app.rendering.review_planes import ControlPictures
from app.views.card_values import CardNumbers
from app.views.needle_pictures import LESION_COLOUR, NEAREST_COLOURS, PicturedNeedle
from planning.anatomy.laterality import Side
from planning.anatomy.lesion import Lesion, lesion_of
from planning.anatomy.lesion_side import lesion_side
from planning.anatomy.skin_grid import grid_place
from planning.errors import InputError
from planning.geometry import Vec3, vec3
from planning.handover.content import HandOver
from planning.image import CaseImages, Mask
from planning.model.approval import Approval
from planning.model.case import Case, Guidance, Position
from planning.model.core_set import Core
from planning.model.plan import Candidate, PlanResult
from planning.model.plan_life import SURGEON
from planning.model.protocol import Protocol
from planning.progress import Progress
from planning.records.approval_file import approval_from_json, plan_sha256

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_UNDERSTANDING = "Understanding the case for the report"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedCore:
    """One trajectory that is meant, with the numbers the card says of it.

    Parameters
    ----------
    number : int
        As reports count, from 1.
    core : Core or None
        What becomes of it; None for a trajectory that is in no set.
    """

    number: int
    candidate: Candidate
    core: Core | None
    numbers: CardNumbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportSource:
    """What reports are made from.

    Parameters
    ----------
    anatomy : Anatomy or None
        The case as the planner reads it; None where it cannot be derived again, and then less is
        said.
    plan_sha256 : str
        Of the plan as it stands in the `plan.json` of the same export.
    side : Side or None
        Where the lesion's mask lies; None where no masks tell.
    """

    what: HandOver
    case: Case
    images: CaseImages
    anatomy: Anatomy | None
    protocol: Protocol
    lesion: Lesion | None
    approval: Approval | None
    plan_sha256: str
    side: Side | None
    cores: tuple[PlannedCore, ...]

    @property
    def plan(self) -> PlanResult:
        """The plan."""
        return self.what.plan

    @property
    def position(self) -> Position | None:
        """How the patient will lie, as the plan says."""
        lies = self.plan.patient_position
        return Position(lies) if lies in list(Position) else None

    @property
    def surgeon(self) -> str:
        """Who will operate: as the case says, or whoever the approval names."""
        if self.case.surgeon or self.approval is None:
            return self.case.surgeon
        named = (item.answer for item in self.approval.checklist if item.key == SURGEON)
        return next(named, "")


def source_of(what: HandOver, progress: Progress, anatomy: Anatomy | None = None) -> ReportSource:
    """Return what the reports of a plan are made from.

    Parameters
    ----------
    anatomy : Anatomy or None
        The case as it was understood before; not used where it is another, or de-identified.
    """
    case, images, plan = what.case, what.images, what.plan
    assert case is not None, "formats that need the structures are not written without"
    assert images is not None, "formats that need the CT are not written without"
    if anatomy is None or what.is_deidentified or not _fits(anatomy, case, images, plan):
        progress.report(0.0, _UNDERSTANDING)
        anatomy = _understood(case, images, plan, progress)
    protocol = protocol_for_card(plan, anatomy)
    return ReportSource(
        what=what,
        case=case,
        images=images,
        anatomy=anatomy,
        protocol=protocol,
        lesion=anatomy.lesion if anatomy is not None else _lesion(case, images),
        approval=approval_from_json(what.approval_json) if what.approval_json else None,
        plan_sha256=plan_sha256(plan),
        side=lesion_side(case, images.masks),
        cores=tuple(
            PlannedCore(
                number=number,
                candidate=candidate,
                core=None if plan.core_set is None else plan.core_set.core_of(
                    candidate.candidate_id
                ),
                numbers=_numbers(candidate, plan, case, images, protocol, anatomy),
            )
            for number, candidate in enumerate(what.chosen, start=1)
        ),
    )  # fmt: skip


def pictured(source: ReportSource, core: PlannedCore) -> PicturedNeedle:
    """Return what the pictures of one core show: the lesion and the nearest structures outlined."""
    lesion = source.lesion
    edges = [] if lesion is None else [(LESION_COLOUR, MaskEdges(lesion.tumour))]
    for colour, mask in zip(NEAREST_COLOURS, nearest_masks(source, core.candidate), strict=False):
        if mask is not None:
            edges.insert(0, (colour, MaskEdges(mask)))
    ct = source.images.ct
    return PicturedNeedle(
        path=core.candidate.trajectory,
        stop_lps_mm=core.candidate.stop_lps_mm,
        specimen_lps_mm=core.candidate.specimen_lps_mm,
        radius_mm=source.plan.needle.radius_mm,
        slice_normal_lps=ct.slice_normal_lps,
        position=source.position,
        grid=ct.grid,
        pictures=ControlPictures(ct, None),
        edges=tuple(edges),
        body_lps_mm=_body_at(source, core.candidate.trajectory.entry_lps_mm),
    )


def _body_at(source: ReportSource, point_lps_mm: Vec3) -> tuple[Vec3, ...]:
    """Return the corners of the body in the slice of a point; none where the body is not known."""
    if source.anatomy is None:
        return ()
    body = source.anatomy.body
    k = round(float(body.grid.index_from_lps(point_lps_mm)[2]))
    if not 0 <= k < body.grid.size_ijk[2] or not body.inside[k].any():
        return ()
    j, i = np.nonzero(body.inside[k])
    corners = [(x, y, k) for x in (i.min(), i.max()) for y in (j.min(), j.max())]
    return tuple(vec3(body.grid.lps_from_index(corner)) for corner in corners)


def nearest_masks(source: ReportSource, candidate: Candidate) -> tuple[Mask | None, ...]:
    """Return the masks of the nearest structures in their order; None for one without."""
    known = {
        s.name: source.images.masks[s.mask_id]
        for s in source.case.trusted
        if s.mask_id in source.images.masks
    }
    if source.anatomy is not None:
        known |= {structure.name: mask for structure, mask in source.anatomy.derived}
    return tuple(known.get(near.structure) for near in candidate.nearest[: len(NEAREST_COLOURS)])


def _fits(anatomy: Anatomy, case: Case, images: CaseImages, plan: PlanResult) -> bool:
    """Tell whether an anatomy is that of the case and of what its plan was made with."""
    return (
        is_fresh(anatomy, case, images)
        and anatomy.needle == plan.needle
        and anatomy.guidance.value == plan.guidance
        and anatomy.protocol.key == plan.protocol_key
    )


def _understood(
    case: Case, images: CaseImages, plan: PlanResult, progress: Progress
) -> Anatomy | None:
    """Return the case as it was planned; None where something it was planned with is not there."""
    try:
        setup = setup_of(
            replace(case, error_model=""),
            protocol=plan.protocol_key,
            needle=plan.needle.key,
            guidance=Guidance(plan.guidance),
        )
        return anatomy_of(case, images, setup, progress=progress.part(0.0, 0.6))
    except (InputError, ValueError):
        return None


def _lesion(case: Case, images: CaseImages) -> Lesion | None:
    try:
        return lesion_of(case, images)
    except InputError:
        return None


def _numbers(
    candidate: Candidate,
    plan: PlanResult,
    case: Case,
    images: CaseImages,
    protocol: Protocol,
    anatomy: Anatomy | None,
) -> CardNumbers:
    """Return what the card says, grid included."""
    entry, turned = candidate.trajectory.entry_lps_mm, case.position_differs
    grid = ""
    if anatomy is not None and not turned:
        grid = grid_words(grid_place(images.ct, anatomy.body, entry, catalogue.skin_grid_rules()))
    words = slice_words(images.ct, entry, with_table=not turned)
    return card_numbers(candidate, plan, protocol, words, anatomy, grid=grid)
