"""What every DICOM object of a plan has in common: whose it is, who made it, its identifiers.

Knows no kind's own content, and takes patient and study from the slices it is given alone.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    CTImageStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from planning.errors import InputError
from planning.handover.dicom_source import derived_uid
from planning.model.plan import Candidate, PlanResult

DESCRIPTION = "PLAN - NOT FOR DIAGNOSIS"
MANUFACTURER = "Trephine"

NO_CANDIDATE = "The plan has no trajectory to hand over. Plan first."

_WHOSE = (
    "SpecificCharacterSet",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
)
_MOST_OF_LO = 64  # characters (PS3.5 6.2)
_MOST_OF_ST = 1024


class ObjectKind(Enum):
    """The kinds of object a plan is written as: series number, modality and SOP class."""

    SR = (9100, "SR", Comprehensive3DSRStorage)
    SEG = (9101, "SEG", SegmentationStorage)
    RTSTRUCT = (9102, "RTSTRUCT", RTStructureSetStorage)
    BURNED_CT = (9103, "CT", CTImageStorage)
    CAPTURE = (9104, "OT", SecondaryCaptureImageStorage)
    PDF = (9105, "DOC", EncapsulatedPDFStorage)

    @property
    def series_number(self) -> int:
        """Series Number (0020,0011)."""
        return self.value[0]

    @property
    def modality(self) -> str:
        """Modality (0008,0060)."""
        return self.value[1]

    @property
    def sop_class_uid(self) -> UID:
        """SOP Class UID (0008,0016)."""
        return self.value[2]


def series_uid(kind: ObjectKind, plan: PlanResult, slices: Sequence[Dataset], *of: str) -> str:
    """Return the series that a plan's objects of one kind form, for the patient of the slices."""
    return derived_uid(plan.inputs_sha256, *_whose(slices), f"{kind.name} series", *of)


def object_uid(
    kind: ObjectKind, plan: PlanResult, slices: Sequence[Dataset], made_at: datetime, *of: str
) -> str:
    """Return the identifier of one object.

    The same for the same plan, patient, time and content (`of`), and another one as soon as any of
    them differs: a de-identified object never shares the identifier of the one it was made from.
    """
    return derived_uid(plan.inputs_sha256, *_whose(slices), kind.name, made_at.isoformat(), *of)


def tracking_uid(plan: PlanResult, candidate: Candidate) -> str:
    """Return what ties together all that is said of one trajectory in any object of the plan."""
    return derived_uid(plan.inputs_sha256, candidate.candidate_id)


def which(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return what tells some trajectories from others, for identifiers.

    Raises
    ------
    InputError
        If there is none.
    """
    if not candidates:
        raise InputError(NO_CANDIDATE)
    return tuple(f"{c.candidate_id} {c.trajectory}" for c in candidates)


def new_object(
    kind: ObjectKind,
    plan: PlanResult,
    slices: Sequence[Dataset],
    made_at: datetime,
    *of: str,
    number: int = 1,
) -> Dataset:
    """Return a data set that says whose it is, what it is and who made it, and holds nothing yet.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.
    of : str
        What tells its content from that of others made at the same time.
    number : int
        Its number in the series.
    """
    dataset = Dataset()
    for keyword in _WHOSE:
        if keyword in slices[0]:
            setattr(dataset, keyword, slices[0][keyword].value)
    dataset.SOPClassUID = kind.sop_class_uid
    dataset.SOPInstanceUID = object_uid(kind, plan, slices, made_at, *of)
    dataset.SeriesInstanceUID = series_uid(kind, plan, slices)
    dataset.SeriesNumber = kind.series_number
    dataset.Modality = kind.modality
    dataset.InstanceNumber = number
    label(dataset, plan, made_at)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def label(dataset: Dataset, plan: PlanResult, made_at: datetime) -> None:
    """Say in a data set what made it, when, and what it must not be used for."""
    dataset.SeriesDescription = DESCRIPTION
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = "Trephine"
    dataset.SoftwareVersions = plan.software_version
    dataset.DeviceSerialNumber = "0"
    for keyword in ("SeriesDate", "ContentDate", "InstanceCreationDate"):
        setattr(dataset, keyword, made_at.strftime("%Y%m%d"))
    for keyword in ("SeriesTime", "ContentTime", "InstanceCreationTime"):
        setattr(dataset, keyword, made_at.strftime("%H%M%S"))
    dataset.InstitutionName = ""
    for tool in dataset.get("ContributingEquipmentSequence", ()):  # highdicom names itself
        tool.ContributionDateTime = made_at.strftime("%Y%m%d%H%M%S")


@contextmanager
def any_name_accepted() -> Iterator[None]:
    """Silence highdicom's doubt about names in one piece; images carry them, and pseudonyms are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The string .* is unlikely", category=UserWarning)
        yield


def one_of_each_file(slices: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Return the first slice of each file, for objects that refer to files as a whole."""
    return tuple({str(item.SOPInstanceUID): item for item in reversed(slices)}.values())[::-1]


def references(slices: Sequence[Dataset]) -> list[Dataset]:
    """Return one reference for each slice; to its frame where the slices share a file."""
    times = Counter(str(item.SOPInstanceUID) for item in slices)
    found = []
    for item in slices:
        reference = Dataset()
        reference.ReferencedSOPClassUID = item.SOPClassUID
        reference.ReferencedSOPInstanceUID = item.SOPInstanceUID
        if times[str(item.SOPInstanceUID)] > 1:
            reference.ReferencedFrameNumber = item.InstanceNumber
        found.append(reference)
    return found


def coded(code: Code) -> Dataset:
    """Return a code as an item of a code sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def short_text(text: str) -> str:
    """Return a text as LO holds it: one line of 64 characters without backslashes (PS3.5 6.2)."""
    line = " ".join(text.replace("\\", "-").split())
    return line if len(line) <= _MOST_OF_LO else f"{line[: _MOST_OF_LO - 3]}..."


def long_text(text: str) -> str:
    """Return a text as ST holds it: no more than 1024 characters (PS3.5 6.2)."""
    return text if len(text) <= _MOST_OF_ST else f"{text[: _MOST_OF_ST - 3]}..."


def _whose(slices: Sequence[Dataset]) -> tuple[str, ...]:
    first = slices[0]
    keys = ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID")
    return tuple(str(first.get(key, "")) for key in keys)
