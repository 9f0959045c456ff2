"""The sample scan as a DICOM CT series, the same bytes every time; reads nothing."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from planning.geometry import Grid
from planning.progress import SILENT, Progress
from planning.sample.scan import Scan

PATIENT_NAME = "SAMPLE^PELVIS"
STUDY_DATE = "20260115"
POSITION_CODE = "HFP"
_INTERCEPT_HU = -1024
_TABLE_AT_ORIGIN_MM = 412.5


def sample_uid(what: str) -> UID:
    """Return the UID of one thing in the sample: a UUID made from its name (DICOM PS3.5 B.2)."""
    return UID(f"2.25.{uuid5(NAMESPACE_OID, 'trephine sample pelvis 1 ' + what).int}")


def write_slices(scan: Scan, folder: Path, progress: Progress = SILENT) -> None:
    """Write one file per slice, numbered from the head down as a scanner does.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = scan.grid.size_ijk[2]
    variant = f"{scan.grid.size_ijk[0]} {count}"
    slices = _common(scan.grid, variant)
    for k in range(count):
        number = count - k
        progress.report(k / count, "Writing the sample CT")
        _place(slices, scan.grid, k, number, f"{variant} slice {number}")
        stored = np.clip(scan.values[k].astype(np.int32) - _INTERCEPT_HU, 0, 4095)
        slices.PixelData = stored.astype("<u2").tobytes()
        slices.save_as(folder / f"IM{number:04d}.dcm", enforce_file_format=True)


def _common(grid: Grid, variant: str) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = sample_uid("implementation")
    meta.ImplementationVersionName = "TREPHINE_SAMPLE"
    slices = Dataset()
    slices.file_meta = meta
    slices.SpecificCharacterSet = "ISO_IR 192"
    slices.SOPClassUID = CTImageStorage
    _set_patient(slices)
    _set_study(slices, variant)
    _set_acquisition(slices, grid)
    _set_pixels(slices, grid)
    return slices


def _set_patient(slices: Dataset) -> None:
    slices.PatientName = PATIENT_NAME
    slices.PatientID = "0001"
    slices.PatientBirthDate = ""
    slices.PatientSex = "F"
    slices.PatientAge = "051Y"
    slices.PatientComments = "Made up: no such patient exists"


def _set_study(slices: Dataset, variant: str) -> None:
    slices.StudyInstanceUID = sample_uid("study")
    slices.SeriesInstanceUID = sample_uid("series " + variant)
    slices.FrameOfReferenceUID = sample_uid("frame")
    slices.PositionReferenceIndicator = ""
    slices.StudyID = "1"
    slices.AccessionNumber = ""
    slices.ReferringPhysicianName = ""
    slices.StudyDescription = "Pelvis, sample case"
    slices.SeriesDescription = "Pelvis prone, synthetic"
    slices.SeriesNumber = 4
    slices.Modality = "CT"
    slices.PatientPosition = POSITION_CODE
    slices.BodyPartExamined = "PELVIS"
    for name in ("Study", "Series", "Acquisition", "Content"):
        setattr(slices, f"{name}Date", STUDY_DATE)
        setattr(slices, f"{name}Time", "101500")


def _set_acquisition(slices: Dataset, grid: Grid) -> None:
    slices.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    slices.Manufacturer = "Trephine"
    slices.ManufacturerModelName = "Synthetic CT"
    slices.InstitutionName = ""
    slices.SoftwareVersions = "1"
    slices.KVP = 120
    slices.ConvolutionKernel = "STANDARD"
    slices.GantryDetectorTilt = 0
    slices.AcquisitionNumber = 1
    slices.SliceThickness = f"{grid.spacing_mm[2]:g}"
    slices.ReconstructionDiameter = f"{grid.spacing_mm[0] * grid.size_ijk[0]:g}"
    slices.BurnedInAnnotation = "NO"


def _set_pixels(slices: Dataset, grid: Grid) -> None:
    slices.SamplesPerPixel = 1
    slices.PhotometricInterpretation = "MONOCHROME2"
    slices.Rows, slices.Columns = grid.size_ijk[1], grid.size_ijk[0]
    slices.PixelSpacing = [f"{grid.spacing_mm[1]:.8g}", f"{grid.spacing_mm[0]:.8g}"]
    slices.ImageOrientationPatient = [
        f"{value:g}" for axis in grid.direction_lps[:2] for value in axis
    ]
    slices.BitsAllocated = 16
    slices.BitsStored = 12
    slices.HighBit = 11
    slices.PixelRepresentation = 0
    slices.RescaleIntercept = _INTERCEPT_HU
    slices.RescaleSlope = 1
    slices.RescaleType = "HU"
    slices.WindowCenter = [50, 400]
    slices.WindowWidth = [400, 2000]


def _place(slices: Dataset, grid: Grid, k: int, number: int, what: str) -> None:
    x, y, z = grid.lps_from_index((0, 0, k)).tolist()
    slices.SOPInstanceUID = slices.file_meta.MediaStorageSOPInstanceUID = sample_uid(what)
    slices.InstanceNumber = number
    slices.ImagePositionPatient = [f"{x:.8g}", f"{y:.8g}", f"{z:.8g}"]
    slices.SliceLocation = f"{_TABLE_AT_ORIGIN_MM - z:.8g}"
    slices.DataCollectionCenterPatient = [0.0, 0.0, z]
