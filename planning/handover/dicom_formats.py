"""The DICOM objects of an export, from what is handed over; knows no object's content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from planning.handover.content import Document, HandOver
from planning.handover.export_format import OutFile
from planning.progress import Progress

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from planning.handover.regions import Region
    from planning.image import CaseImages

# The writers load highdicom and pydicom, which takes a second: they are imported where they write.


def write_sr(what: HandOver, _: Progress) -> Iterator[OutFile]:
    """Yield the structured report."""
    from planning.handover.dicom_sr import plan_to_sr

    document = plan_to_sr(what.plan, _slices(what), what.chosen, what.made_at)
    yield _file(document, f"{what.stem}_plan-sr.dcm", what)


def write_seg(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield needles, specimens, error margins and the masks that were used, as segments."""
    from planning.handover.dicom_seg import plan_to_seg

    regions, grid = _regions(what), _images(what).ct.grid
    progress.report(0.3, _SEG)
    seg = plan_to_seg(what.plan, _slices(what), regions, grid, what.made_at)
    yield _file(seg, f"{what.stem}_seg.dcm", what)


def write_rtstruct(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the same regions as outlines, with entry, stop and tip as points."""
    from planning.handover.dicom_rtstruct import plan_to_rtstruct

    regions, grid = _regions(what), _images(what).ct.grid
    progress.report(0.3, _RTSTRUCT)
    found = plan_to_rtstruct(what.plan, _slices(what), what.chosen, regions, grid, what.made_at)
    yield _file(found, f"{what.stem}_rtstruct.dcm", what)


def write_burned_ct(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the slices of the CT with the paths burned in, in a folder of their own."""
    from planning.handover.dicom_burned_ct import plan_to_burned_ct

    slices, ct = _slices(what), _images(what).ct
    derived = plan_to_burned_ct(what.plan, slices, what.chosen, ct, what.made_at)
    for number, dataset in enumerate(derived, start=1):
        progress.report((number - 1) / len(slices), _BURNED_CT)
        yield _file(dataset, f"{what.stem}_burned-ct/{number:04d}.dcm", what)


def write_captures(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the pictures of the plan."""
    from planning.handover.dicom_capture import picture_to_capture

    assert what.pictures is not None, "asked before"
    slices = _slices(what)
    for number, picture in enumerate(what.pictures(what, progress), start=1):
        capture = picture_to_capture(
            what.plan,
            slices,
            picture.pixels,
            picture.title,
            what.made_at,
            shows_identity=picture.shows_identity,
            number=number,
        )
        yield _file(capture, f"{what.stem}_captures/{number:02d}.dcm", what, picture.trajectories)


def write_pdf(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the key views as a PDF, and as a DICOM document."""
    assert what.documents is not None, "asked before"
    yield from _documents(what, what.documents(what, progress), 1)


def write_room_report(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the sheet for the CT room, as PDF and as a DICOM document."""
    yield from _report(what, "room", progress, 11)


def write_board_report(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the report for the tumour board, likewise."""
    yield from _report(what, "board", progress, 12)


def write_pathology(what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the request to the pathologist, likewise."""
    yield from _report(what, "pathology", progress, 13)


def _report(what: HandOver, kind: str, progress: Progress, number: int) -> Iterator[OutFile]:
    assert what.reports is not None, "asked before"
    yield from _documents(what, what.reports(what, kind, progress), number)


def _documents(what: HandOver, documents: Iterable[Document], first: int) -> Iterator[OutFile]:
    """Yield each document as it is, and as one of DICOM, numbered from the first."""
    from planning.handover.dicom_pdf import pdf_to_dicom

    slices = _slices(what)
    for number, document in enumerate(documents, start=first):
        yield OutFile(
            name=f"{what.stem}_{document.name}.pdf", data=document.pdf, trajectories=_ids(what)
        )
        stored = pdf_to_dicom(
            what.plan,
            slices,
            document.pdf,
            document.title,
            what.made_at,
            shows_identity=document.shows_identity,
            number=number,
        )
        yield _file(stored, f"{what.stem}_{document.name}.pdf.dcm", what)


_SEG = "Writing the segmentation"
_RTSTRUCT = "Writing the structure set"
_BURNED_CT = "Burning the paths into the CT"


def _images(what: HandOver) -> CaseImages:
    assert what.images is not None, "asked before"
    return what.images


def _slices(what: HandOver) -> tuple[Dataset, ...]:
    from planning.handover.dicom_source import source_slices

    return source_slices(_images(what).ct, what.patient)


def _regions(what: HandOver) -> tuple[Region, ...]:
    """Return needles first, then the masks that planning used."""
    from planning.handover.regions import mask_regions, needle_regions

    assert what.case is not None, "asked before"
    images, model = _images(what), what.error_model
    words = () if model is None else model.doubt.drawn_words
    return (
        *needle_regions(what.plan, what.chosen, images.ct, model),
        *mask_regions(what.case.trusted, images.masks, drawn_words=words),
    )


def _file(dataset: Dataset, name: str, what: HandOver, trajectories: Sequence[str] = ()) -> OutFile:
    """Return a data set as a file of DICOM (PS3.10)."""
    target = BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    meant = tuple(trajectories) or _ids(what)
    return OutFile(name=name, data=target.getvalue(), trajectories=meant)


def _ids(what: HandOver) -> tuple[str, ...]:
    return tuple(candidate.candidate_id for candidate in what.chosen)
