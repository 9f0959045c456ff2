"""A plan as DICOM RTSTRUCT: regions as contours on the CT's slices, entry, stop and tip as points.

Writes no file. The contours follow the voxels' faces, so that filling them gives the masks back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.charset import default_encoding
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian

from planning.geometry import Float64Array, Grid
from planning.handover.dicom_codes import ENTRY, STOP, TIP
from planning.handover.dicom_object import (
    ObjectKind,
    coded,
    long_text,
    new_object,
    one_of_each_file,
    references,
    short_text,
    which,
)
from planning.handover.notice import candidate_remarks, notice_of
from planning.handover.outlines import outlines
from planning.handover.regions import Making, Region, nowhere, with_unique_names
from planning.model.case import Role
from planning.model.plan import Candidate, PlanResult

_CONTOUR_DATA = Tag("ContourData")
_DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"  # what readers expect there, though retired
_POINT_COLOUR = "#d55e00"
_INTERPRETED = {
    Role.TUMOUR: "GTV",
    Role.ORGAN: "ORGAN",
    Role.LUNG: "ORGAN",
    Role.VESSEL: "ORGAN",
    Role.NERVE: "ORGAN",
    Role.BONE: "ORGAN",
    Role.MUSCLE: "ORGAN",
    Role.FORBIDDEN: "AVOIDANCE",
}
"""RT ROI Interpreted Type (3006,00A4) of roles it has a word for."""


def plan_to_rtstruct(
    plan: PlanResult,
    slices: Sequence[Dataset],
    candidates: Sequence[Candidate],
    regions: Sequence[Region],
    grid: Grid,
    made_at: datetime,
) -> Dataset:
    """Return a structure set: the regions first, then three points for each candidate.

    It is meant to be written with implicit value representations, as its file meta header says:
    an outline of some 2000 corners exceeds the 64 kB that explicit ones allow (PS3.5 7.1.2).

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.
    grid : Grid
        Of the CT; the regions' masks lie on its lattice, and what reaches beyond it is cut off.

    Raises
    ------
    InputError
        If there is no candidate, or nothing of a region lies in the CT.
    """
    named = with_unique_names(regions)
    of = (*which(candidates), *(f"{region.name} {region.mask.grid}" for region in named))
    dataset = new_object(ObjectKind.RTSTRUCT, plan, slices, made_at, *of)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.OperatorsName = ""
    dataset.StructureSetLabel = "PLAN"
    dataset.StructureSetName = "Planned needles"
    dataset.StructureSetDescription = long_text(notice_of(plan))
    dataset.StructureSetDate = dataset.ContentDate
    dataset.StructureSetTime = dataset.ContentTime
    dataset.ApprovalStatus = "UNAPPROVED"
    dataset.FrameOfReferenceUID = slices[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = ""
    _refer(dataset, slices)
    dataset.StructureSetROISequence = []
    dataset.ROIContourSequence = []
    dataset.RTROIObservationsSequence = []
    sources = references(slices)
    for region in named:
        _add(dataset, _roi_of(region, grid, sources))
    for candidate in candidates:
        for roi in _points(plan, candidate):
            _add(dataset, roi)
    return dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roi:
    name: str
    kind: Code
    description: str
    making: Making
    interpreted: str
    colour: str
    contours: Sequence[Dataset]


def _refer(dataset: Dataset, slices: Sequence[Dataset]) -> None:
    """Name the frame of reference and every slice of the CT (PS3.3 C.8.8.5)."""
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = slices[0].SeriesInstanceUID
    series.ContourImageSequence = references(one_of_each_file(slices))
    study.ReferencedSOPClassUID = _DETACHED_STUDY
    study.ReferencedSOPInstanceUID = slices[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = slices[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]


def _roi_of(region: Region, grid: Grid, sources: Sequence[Dataset]) -> _Roi:
    contours = tuple(_contours(region, grid, sources))
    if not contours:
        raise nowhere(region)
    return _Roi(
        name=region.name,
        kind=region.kind,
        description=_described(region),
        making=region.making,
        interpreted="" if region.role is None else _INTERPRETED.get(region.role, ""),
        colour=region.colour,
        contours=contours,
    )


def _described(region: Region) -> str:
    return region.description if region.role else f"{region.description} By {region.maker}."


def _points(plan: PlanResult, candidate: Candidate) -> Iterator[_Roi]:
    """Yield entry, stop and tip, each a region of its own with a single point."""
    path, name = candidate.trajectory, candidate.candidate_id
    remarks = " ".join((notice_of(plan), *candidate_remarks(candidate)))
    places = (
        ("entry", ENTRY, path.entry_lps_mm),
        ("stop", STOP, candidate.stop_lps_mm),
        ("tip", TIP, path.tip_lps_mm),
    )
    for word, kind, point_lps_mm in places:
        yield _Roi(
            name=short_text(f"{name} {word}"),
            kind=kind,
            description=f"{kind.meaning}. {remarks}",
            making=Making.AUTOMATIC,
            interpreted="",
            colour=_POINT_COLOUR,
            contours=(_contour(np.array([point_lps_mm]), "POINT"),),
        )


def _contours(region: Region, grid: Grid, sources: Sequence[Dataset]) -> Iterator[Dataset]:
    found = region.mask.overlap(grid)
    if found is None:
        return
    (in_slices, in_rows, in_columns), inside = found
    for k, block in enumerate(inside, start=in_slices.start):
        for corners in outlines(block):
            index = np.column_stack([corners, np.full(len(corners), k)])
            index[:, :2] += (in_columns.start, in_rows.start)
            contour = _contour(grid.lps_from_index(index), "CLOSED_PLANAR")
            contour.ContourImageSequence = [sources[k]]
            yield contour


def _contour(points_lps_mm: Float64Array, kind: str) -> Dataset:
    contour = Dataset()
    contour.ContourGeometricType = kind
    contour.NumberOfContourPoints = len(points_lps_mm)
    text = "\\".join(f"{value:.4f}" for value in points_lps_mm.ravel().tolist())
    data = text.encode("ascii")
    data += b" " * (len(data) % 2)
    # As it will stand in the file, and as if read from one: pydicom then writes it as it is, and
    # does not make objects of millions of numbers first.
    contour.set_original_encoding(
        is_implicit_vr=True, is_little_endian=True, character_encoding=default_encoding
    )
    contour[_CONTOUR_DATA] = RawDataElement(
        _CONTOUR_DATA, "DS", len(data), data, 0, is_implicit_VR=True, is_little_endian=True
    )
    return contour


def _add(dataset: Dataset, roi: _Roi) -> None:
    """Add one ROI to the three sequences that describe it (PS3.3 C.8.8.5, 6 and 8)."""
    number = len(dataset.StructureSetROISequence) + 1
    named, drawn, observed = Dataset(), Dataset(), Dataset()
    named.ROINumber = number
    named.ReferencedFrameOfReferenceUID = dataset.FrameOfReferenceUID
    named.ROIName = roi.name
    named.ROIDescription = long_text(roi.description)
    named.ROIGenerationAlgorithm = roi.making.value
    drawn.ReferencedROINumber = number
    if roi.colour:
        drawn.ROIDisplayColor = [int(roi.colour[at : at + 2], 16) for at in (1, 3, 5)]
    drawn.ContourSequence = list(roi.contours)
    for at, contour in enumerate(roi.contours, start=1):
        contour.ContourNumber = at
    observed.ObservationNumber = number
    observed.ReferencedROINumber = number
    observed.RTROIIdentificationCodeSequence = [coded(roi.kind)]
    observed.RTROIInterpretedType = roi.interpreted
    observed.ROIInterpreter = ""
    dataset.StructureSetROISequence.append(named)
    dataset.ROIContourSequence.append(drawn)
    dataset.RTROIObservationsSequence.append(observed)
