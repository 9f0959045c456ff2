"""Pictures and pages of a plan for the archive, one of each trajectory meant; writes no file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QBuffer, QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from app.rendering.review_planes import ControlPictures
from app.review_pictures import drawing_application, written
from app.views.key_view import SIZE_PX, KeyView, key_picture, paint_key_view
from planning.handover.content import Document, HandOver, Picture
from planning.handover.notice import notice_of
from planning.image import CaseImages, Mask
from planning.model.case import Case, Position, Role
from planning.model.plan import Candidate
from planning.progress import Progress
from planning.trajectories.criteria import CRITERIA

_DRAWING = "Drawing the key views"
_TITLE = "Key views of the planned needles"
_PDF_DPI = 300
_DAY = re.compile(rb'(D:|Date=")20\d\d(-?)\d\d-?\d\d')
"""Of writing, as PDF says it; no length may change, or the file's own places would be wrong."""

_SAID = (
    "insertion_depth_mm",
    "axial_angle_deg",
    "craniocaudal_angle_deg",
    "expected_viable_length_mm",
    "viable_probability",
    "worst_case_clearance_mm",
)


def key_views(what: HandOver, progress: Progress) -> Iterator[Picture]:
    """Yield a picture of each trajectory that is meant; none names the patient."""
    application = drawing_application()
    for candidate, view in _views(what, progress):
        yield Picture(
            title=view.title, pixels=key_picture(view), trajectories=(candidate.candidate_id,)
        )
    del application


def key_pages(what: HandOver, progress: Progress) -> Iterator[Document]:
    """Yield one document with a page for each trajectory that is meant, naming no patient."""
    application = drawing_application()

    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setResolution(_PDF_DPI)
        writer.setTitle(_TITLE)
        writer.setCreator(notice_of(what.plan))
        size = QPageSize(QPageSize.PageSizeId.A4)
        writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Landscape, QMarginsF()))
        painter = QPainter(writer)
        scale = min(writer.width() / SIZE_PX[0], writer.height() / SIZE_PX[1])
        for number, (_, view) in enumerate(_views(what, progress)):
            if number:
                writer.newPage()
            painter.save()
            painter.scale(scale, scale)
            paint_key_view(painter, view)
            painter.restore()
        painter.end()

    pdf = written(write)
    if what.is_deidentified:
        pdf = _DAY.sub(rb"\g<1>1900\g<2>01\g<2>01", pdf)
    yield Document(name="key-views", title=_TITLE, pdf=pdf, shows_identity=False)
    del application


def _views(what: HandOver, progress: Progress) -> Iterator[tuple[Candidate, KeyView]]:
    images = what.images
    if images is None:
        return
    pictures = ControlPictures(images.ct, _lesion(what.case, images))
    for number, candidate in enumerate(what.chosen):
        progress.report(number / len(what.chosen), _DRAWING)
        yield candidate, _view(what, images, candidate, pictures)


def _view(
    what: HandOver, images: CaseImages, candidate: Candidate, pictures: ControlPictures
) -> KeyView:
    needle, known = what.plan.needle, candidate.criteria
    depth, stop = known.get("insertion_depth_mm"), known.get("stop_depth_mm")
    path = candidate.trajectory
    tip_mm = path.insertion_depth_mm if depth is None else depth
    stop_mm = tip_mm - needle.stop_to_tip_mm if stop is None else stop
    state = "approved" if what.is_approved else "draft, not approved"
    position = what.plan.patient_position
    return KeyView(
        title=f"Trajectory {candidate.candidate_id} ({state})",
        stop_words=f"STOP at {stop_mm:.0f} mm, tip to {tip_mm:.0f} mm",
        lines=(needle.name, *_numbers(candidate), *_nearest(candidate), *_unchecked(what)),
        foot=f"PLAN - NOT FOR DIAGNOSIS. {notice_of(what.plan)}",
        path=path,
        stop_lps_mm=candidate.stop_lps_mm,
        specimen_lps_mm=candidate.specimen_lps_mm,
        slice_normal_lps=images.ct.slice_normal_lps,
        position=Position(position) if position in list(Position) else None,
        grid=images.ct.grid,
        pictures=pictures,
    )


def _numbers(candidate: Candidate) -> list[str]:
    values = ((c, candidate.criteria.get(c.key)) for c in CRITERIA if c.key in _SAID)
    return [
        f"{c.label}: {value:.{c.decimals}f} {c.unit}".rstrip()
        for c, value in values
        if value is not None
    ]


def _nearest(candidate: Candidate) -> list[str]:
    return [
        f"{nearest.structure}: {nearest.clearance_mm:.1f} mm clear at {nearest.depth_mm:.0f} mm"
        for nearest in candidate.nearest[:3]
    ]


def _unchecked(what: HandOver) -> list[str]:
    names = ", ".join(item.key for item in what.plan.not_checked)
    return [f"Not checked: {names}"] if names else []


def _lesion(case: Case | None, images: CaseImages) -> Mask | None:
    """Return the mask of the lesion that is planned."""
    if case is None:
        return None
    tumours = [s for s in case.trusted if s.role in (Role.TUMOUR, Role.VIABLE)]
    wanted = [s for s in tumours if s.name == case.lesion] or tumours
    return images.masks[wanted[0].mask_id] if wanted else None
