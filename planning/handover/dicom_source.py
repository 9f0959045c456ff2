"""The CT slices that DICOM objects of a plan refer to, as headers; holds no pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from planning.image import Patient, Volume

_NAMESPACE = UUID("0f9a3c52-7d61-4f0e-9b0a-3a5d2f6c81e4")  # Trephine's own, drawn once
_CHARACTER_SET = "ISO_IR 192"
_UNKNOWN_SEX = ""
_MOST_OF_SH = 16


def derived_uid(*of: str) -> str:
    """Return a UID that is the same for the same words, made of a UUID (PS3.5 B.2, RFC 4122)."""
    return f"2.25.{uuid5(_NAMESPACE, chr(0).join(of)).int}"


def has_source(ct: Volume) -> bool:
    """Tell whether a CT came as DICOM that names its study, its series and every slice."""
    series = ct.series
    return bool(series.study_uid and series.series_uid and series.sop_instance_uids)


def source_slices(ct: Volume, patient: Patient | None = None) -> tuple[Dataset, ...]:
    """Return one header for each slice of a CT, in the order of the grid's k axis.

    A CT that did not come as DICOM gets identifiers that follow from its values: they are the
    same every time, but no archive knows them.

    Parameters
    ----------
    patient : Patient or None
        Who they are of; None for whom the CT names.
    """
    whose = ct.patient if patient is None else patient
    return tuple(_slice(ct, whose, k) for k in range(ct.grid.size_ijk[2]))


def frame_uid_of(ct: Volume) -> str:
    """Return the frame of reference of a CT, or one that follows from its values."""
    return ct.frame_of_reference_uid or derived_uid(ct.values_sha256, "frame of reference")


def identify(dataset: Dataset, ct: Volume, patient: Patient) -> None:
    """Put patient and study into a data set, as those of the CT (PS3.3 C.7.1.1, C.7.2.1)."""
    series = ct.series
    dataset.SpecificCharacterSet = _CHARACTER_SET
    dataset.PatientName = patient.name
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = _digits(patient.birth_date)
    dataset.PatientSex = patient.sex if patient.sex in ("M", "F", "O") else _UNKNOWN_SEX
    if patient.age:
        dataset.PatientAge = patient.age
    dataset.StudyInstanceUID = series.study_uid or derived_uid(ct.values_sha256, "study")
    dataset.StudyID = _fitting(series.study_id)
    dataset.StudyDate = _digits(series.study_date)
    dataset.StudyTime = _digits(series.study_time)
    dataset.AccessionNumber = _fitting(series.accession_number)
    dataset.ReferringPhysicianName = ""


def _slice(ct: Volume, patient: Patient, k: int) -> Dataset:
    series, grid = ct.series, ct.grid
    dataset = Dataset()
    identify(dataset, ct, patient)
    uids: Sequence[str] = series.sop_instance_uids
    dataset.SOPClassUID = series.sop_class_uid or CTImageStorage
    dataset.SOPInstanceUID = uids[k] if uids else derived_uid(ct.values_sha256, f"slice {k}")
    dataset.SeriesInstanceUID = series.series_uid or derived_uid(ct.values_sha256, "series")
    dataset.SeriesNumber = series.series_number or None
    dataset.Modality = series.modality or "CT"
    dataset.InstanceNumber = series.instance_numbers[k] if series.instance_numbers else k + 1
    dataset.FrameOfReferenceUID = frame_uid_of(ct)
    dataset.PositionReferenceIndicator = ""
    dataset.ImagePositionPatient = _numbers(grid.lps_from_index((0, 0, k)))
    dataset.ImageOrientationPatient = _numbers((*grid.direction_lps[0], *grid.direction_lps[1]))
    dataset.PixelSpacing = _numbers((grid.spacing_mm[1], grid.spacing_mm[0]))
    dataset.SliceThickness = _numbers((grid.spacing_mm[2],))[0]
    dataset.Columns, dataset.Rows = grid.size_ijk[0], grid.size_ijk[1]
    if series.position_code:
        dataset.PatientPosition = series.position_code
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _numbers(values: Iterable[float]) -> list[str]:
    """Return decimal strings; they hold 16 characters (PS3.5 6.2)."""
    return [str(DSfloat(float(value), auto_format=True)) for value in values]


def _fitting(text: str) -> str:
    """Return what SH may hold, 16 characters (PS3.5 6.2); a longer number cut short is another."""
    return text if len(text) <= _MOST_OF_SH else ""


def _digits(text: str) -> str:
    """Turn ``YYYY-MM-DD`` or ``HH:MM:SS`` into a DICOM date or time."""
    return text.replace("-", "").replace(":", "")
