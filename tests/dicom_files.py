"""Writes small DICOM files for tests: slices, multi-frame CT and contours; asserts nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
FRAME_UID = "1.2.826.0.1.3680043.8.498.1"
SERIES_UID = "1.2.826.0.1.3680043.8.498.2"
STUDY_UID = "1.2.826.0.1.3680043.8.498.3"

Change = Callable[[Dataset, int], None]


def write_series(
    folder: Path,
    stored: np.ndarray,
    *,
    positions: Sequence[Sequence[float]] | None = None,
    orientation: Sequence[float] = AXIAL,
    spacing_ij: tuple[float, float] = (1.0, 1.0),
    change: Change | None = None,
    **values: object,
) -> list[Path]:
    """Write stored integers (slices, rows, columns), one file each, and return the paths.

    Parameters
    ----------
    positions : sequence of 3 numbers for each slice
        Default: 2 mm apart along z.
    spacing_ij : tuple of float
        Between columns and between rows.
    change : callable
        Receives each data set and its number before it is written.
    **values
        DICOM keywords that replace those of every slice; None removes one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    positions = positions or [(0.0, 0.0, 2.0 * k) for k in range(len(stored))]
    paths = []
    for k, pixels in enumerate(stored):
        dataset = ct_slice(pixels, positions[k], orientation, spacing_ij)
        dataset.InstanceNumber = k + 1
        _set(dataset, values)
        if change:
            change(dataset, k)
        paths.append(save(dataset, folder / f"slice_{k:03d}.dcm"))
    return paths


def ct_slice(
    pixels: np.ndarray,
    position: Sequence[float],
    orientation: Sequence[float] = AXIAL,
    spacing_ij: tuple[float, float] = (1.0, 1.0),
) -> Dataset:
    """Return one CT slice (intercept -1024, slope 1) with all its identifiers."""
    dataset = _identified(CTImageStorage, "CT")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SeriesNumber = 4
    dataset.SeriesDescription = "Pelvis 2.0"
    dataset.PatientPosition = "HFS"
    dataset.ImagePositionPatient = [round(float(x), 9) for x in position]
    dataset.ImageOrientationPatient = [round(float(x), 9) for x in orientation]
    dataset.PixelSpacing = [float(spacing_ij[1]), float(spacing_ij[0])]
    dataset.SliceThickness = 7.0  # deliberately wrong: nobody may use it
    dataset.GantryDetectorTilt = 12.0  # likewise
    dataset.SliceLocation = round(float(position[2]) + 100.0, 6)
    dataset.RescaleSlope = 1
    dataset.RescaleIntercept = -1024
    set_pixels(dataset, pixels)
    return dataset


def set_pixels(dataset: Dataset, pixels: np.ndarray) -> None:
    """Put 16-bit pixels (rows, columns) or (frames, rows, columns) into a data set."""
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()


def write_enhanced_ct(
    path: Path, stored: np.ndarray, positions: Sequence[Sequence[float]], **values: object
) -> Path:
    """Write one multi-frame CT whose geometry stands in its functional groups (PS3.3 C.7.6.16)."""
    dataset = _identified(EnhancedCTImageStorage, "CT")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.SeriesNumber = 5
    dataset.SeriesDescription = "Enhanced"
    dataset.PatientPosition = "HFS"
    dataset.NumberOfFrames = len(stored)
    orientation = _item("PlaneOrientationSequence", ImageOrientationPatient=list(AXIAL))
    measures = _item("PixelMeasuresSequence", PixelSpacing=[0.5, 0.25], SliceThickness=9.0)
    shared = Dataset()
    shared.update(orientation)
    shared.update(measures)
    dataset.SharedFunctionalGroupsSequence = DicomSequence([shared])
    groups = []
    for k, position in enumerate(positions):
        group = _item("PlanePositionSequence", ImagePositionPatient=list(position))
        group.update(
            _item(
                "PixelValueTransformationSequence",
                RescaleSlope=1 + k,  # each frame scales its own way
                RescaleIntercept=-1000,
                RescaleType="HU",
            )
        )
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(groups)
    set_pixels(dataset, stored)
    _set(dataset, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    return save(dataset, path)


def write_contours(
    path: Path,
    rois: Mapping[str, Sequence[np.ndarray]],
    *,
    frame_uid: str = FRAME_UID,
    series_uid: str = SERIES_UID,
    kind: str = "CLOSED_PLANAR",
) -> Path:
    """Write an RTSTRUCT with contours of (n, 3) points in LPS mm, by ROI name."""
    dataset = _identified(RTStructureSetStorage, "RTSTRUCT")
    dataset.StructureSetLabel = "test"
    dataset.FrameOfReferenceUID = frame_uid
    series = Dataset()
    series.SeriesInstanceUID = series_uid
    study = Dataset()
    study.RTReferencedSeriesSequence = DicomSequence([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = frame_uid
    frame.RTReferencedStudySequence = DicomSequence([study])
    dataset.ReferencedFrameOfReferenceSequence = DicomSequence([frame])
    named, drawn = [], []
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName = number, name
        roi.ReferencedFrameOfReferenceUID = frame_uid
        named.append(roi)
        shape = Dataset()
        shape.ReferencedROINumber = number
        shape.ContourSequence = DicomSequence([_contour(points, kind) for points in contours])
        drawn.append(shape)
    dataset.StructureSetROISequence = DicomSequence(named)
    dataset.ROIContourSequence = DicomSequence(drawn)
    path.parent.mkdir(parents=True, exist_ok=True)
    return save(dataset, path)


def save(dataset: Dataset, path: Path) -> Path:
    """Write a data set in explicit little endian, with its file meta header."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def _identified(sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = modality
    dataset.PatientName = "Muster^Änne"
    dataset.PatientID = "4711"
    dataset.PatientBirthDate = "19620314"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = STUDY_UID
    dataset.SeriesInstanceUID = SERIES_UID
    dataset.FrameOfReferenceUID = FRAME_UID
    dataset.SeriesDate = "20240229"
    dataset.SeriesTime = "134501.25"
    return dataset


def _item(keyword: str, **values: object) -> Dataset:
    """Return a data set that holds one sequence with one item."""
    inner, outer = Dataset(), Dataset()
    _set(inner, values)
    setattr(outer, keyword, DicomSequence([inner]))
    return outer


def _contour(points: np.ndarray, kind: str) -> Dataset:
    contour = Dataset()
    contour.ContourGeometricType = kind
    contour.NumberOfContourPoints = len(points)
    contour.ContourData = [f"{x:.4f}" for x in np.asarray(points).ravel()]
    return contour


def _set(dataset: Dataset, values: Mapping[str, object]) -> None:
    for keyword, value in values.items():
        if value is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
