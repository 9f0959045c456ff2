"""The content of a DICOM RTSTRUCT file: its ROIs with their contours; rasterises nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from planning.errors import InputError
from planning.geometry import Float64Array
from planning.imaging.dicom_values import (
    UNREADABLE,
    integer_of,
    iso_date,
    odd_files_tolerated,
    text_of,
)
from planning.imaging.inflating import require_inflatable
from planning.limits import MOST_CONTOUR_POINTS, MOST_FARTHEST_MM

_LEAST_CORNERS = 3
_EXCLUSIVE = ("CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
"""The standard's word, and what some write instead."""
_CLOSED = ("CLOSED_PLANAR", *_EXCLUSIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roi:
    """One region.

    Parameters
    ----------
    contours : tuple of ndarray
        Its closed contours as (n, 3) points in LPS mm.
    other_contours : int
        Points and open lines, which enclose nothing.
    is_exclusive : bool
        Whether the file asks for exclusive-or of the contours of a slice (CLOSEDPLANAR_XOR,
        PS3.3 C.8.8.6.3), whatever way they overlap.
    """

    name: str
    frame_of_reference_uid: str
    contours: tuple[Float64Array, ...]
    other_contours: int
    is_exclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureSet:
    """The content of an RTSTRUCT file.

    Parameters
    ----------
    series_uids : tuple of str
        The image series it was drawn on, as far as it says.
    """

    path: Path
    label: str
    made_by: str
    date: str
    series_uids: tuple[str, ...]
    rois: tuple[Roi, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all ROIs, in the file's order."""
        return tuple(roi.name for roi in self.rois)

    def roi(self, name: str) -> Roi:
        """Return the ROI of exactly that name.

        Raises
        ------
        InputError
            If there is none, or several; the message lists the names.
        """
        found = [roi for roi in self.rois if roi.name == name]
        if len(found) == 1:
            return found[0]
        names = ", ".join(f'"{roi.name}"' for roi in self.rois) or "none"
        problem = f'{len(found)} ROIs called "{name}"' if found else f'no ROI "{name}"'
        message = f"{self.path.name} has {problem}. Its ROIs: {names}."
        raise InputError(message)


def modality_of(path: Path) -> str:
    """Return what a DICOM file says it is; empty where it does not, or cannot be read."""
    try:
        with odd_files_tolerated():
            require_inflatable(path)
            found = dcmread(path, stop_before_pixels=True, specific_tags=["Modality"])
            return text_of(found, "Modality")
    except UNREADABLE:
        return ""


def read_structure_set(path: Path) -> StructureSet:
    """Read all ROIs of an RTSTRUCT file.

    Raises
    ------
    InputError
        If the file is missing, damaged, something else, or holds more than any patient has.
    """
    if not path.is_file():
        message = f"There is no file {path}. Check the name and the folder."
        raise InputError(message)
    try:
        with odd_files_tolerated():
            require_inflatable(path)
            dataset = dcmread(path)
            modality = text_of(dataset, "Modality")
            if modality == "RTSTRUCT":
                return _structure_set(path, dataset)
    except UNREADABLE as error:
        message = f"{path.name} cannot be read as RTSTRUCT: {error}. Export it again."
        raise InputError(message) from error
    message = f"{path.name} is no RTSTRUCT but {modality or 'something else'}."
    raise InputError(message)


def _structure_set(path: Path, dataset: Dataset) -> StructureSet:
    shapes = dataset.get("ROIContourSequence") or ()
    drawn = {integer_of(shape, "ReferencedROINumber"): shape for shape in shapes}
    frames = dataset.get("ReferencedFrameOfReferenceSequence") or ()
    general = text_of(dataset, "FrameOfReferenceUID") or next(
        (text_of(frame, "FrameOfReferenceUID") for frame in frames), ""
    )
    return StructureSet(
        path=path,
        label=text_of(dataset, "StructureSetLabel", "StructureSetName"),
        made_by=text_of(dataset, "Manufacturer"),
        date=iso_date(text_of(dataset, "StructureSetDate")),
        series_uids=_series_uids(frames),
        rois=tuple(
            _roi(named, drawn.get(integer_of(named, "ROINumber"), Dataset()), general)
            for named in dataset.get("StructureSetROISequence") or ()
        ),
    )


def _series_uids(frames: Sequence[Dataset]) -> tuple[str, ...]:
    return tuple(
        text_of(series, "SeriesInstanceUID")
        for frame in frames
        for study in frame.get("RTReferencedStudySequence") or ()
        for series in study.get("RTReferencedSeriesSequence") or ()
    )


def _roi(named: Dataset, drawn: Dataset, frame_of_reference_uid: str) -> Roi:
    contours = drawn.get("ContourSequence") or ()
    closed = [c for c in contours if text_of(c, "ContourGeometricType") in _CLOSED]
    points = [_points(c) for c in closed]
    if sum(map(len, points)) > MOST_CONTOUR_POINTS:
        raise ValueError(f"a region has more than {MOST_CONTOUR_POINTS:,} points")
    areas = tuple(p for p in points if len(p) >= _LEAST_CORNERS)
    return Roi(
        name=text_of(named, "ROIName"),
        frame_of_reference_uid=text_of(named, "ReferencedFrameOfReferenceUID")
        or frame_of_reference_uid,
        contours=areas,
        other_contours=len(contours) - len(areas),
        is_exclusive=any(text_of(c, "ContourGeometricType") in _EXCLUSIVE for c in closed),
    )


def _points(contour: Dataset) -> Float64Array:
    points = np.array(contour.get("ContourData") or (), dtype=np.float64).reshape(-1, 3)
    if not np.all(np.abs(points) <= MOST_FARTHEST_MM):  # nor is NaN
        raise ValueError("a contour lies where no patient is")
    return points
