"""Judges each series of a folder by its headers: what it is, and why it cannot be read if so.

Reads no pixels and chooses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planning.errors import InputError
from planning.geometry import Vec3
from planning.image import Patient, Series
from planning.imaging.dicom_headers import SliceHeader
from planning.imaging.dicom_scan import FolderScan, FoundSeries
from planning.imaging.slice_geometry import ALSO, Stack, stack_of
from planning.imaging.thumbnails import middle_of

_HOUNSFIELD_TYPES = ("", "HU", "US", "HU_MOD")
"""Rescale Types (0028,1054) that a CT in Hounsfield units may carry; US means unspecified."""

_NO_IMAGES = {
    "RTSTRUCT": "contours, to be loaded as a mask",
    "SEG": "a segmentation, to be loaded as a mask",
    "RTDOSE": "a dose",
    "RTPLAN": "a radiotherapy plan",
    "SR": "a report",
    "PR": "a display setting",
    "KO": "a selection of images",
    "REG": "a registration",
}

_MASKS = ("RTSTRUCT", "SEG")

_OBLIQUE_FROM_DEG = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSummary:
    """One series of a folder, judged by its headers alone.

    Parameters
    ----------
    key : str
        What `read_series` takes as `series_uid`; the UID itself wherever that is unique.
    size_ijk : tuple of int
        Columns, rows, slices; zeros for objects without pixels.
    spacing_mm : Vec3
        Along i, j, k; zeros where there is no regular grid.
    orientation : str
        ``axial``, ``coronal`` or ``sagittal``, with the angle when oblique; empty where unknown.
    is_derived : bool
        Whether Image Type says that the pixels were computed from other images.
    problem : str
        Why it cannot be read as a volume; empty when it can.
    patient_names : tuple of str
        The patient's name in every script it is given in, in the stored form.
    middle : SliceHeader or None
        A slice halfway along, to show what the series looks like; None for objects without images.
    holds_masks : bool
        Whether it is no image but contours or a segmentation.
    paths : tuple of Path
        Its files.
    """

    key: str
    series: Series
    patient: Patient
    file_count: int
    size_ijk: tuple[int, int, int]
    spacing_mm: Vec3 = (0.0, 0.0, 0.0)
    orientation: str = ""
    is_derived: bool = False
    problem: str = ""
    notes: tuple[str, ...] = ()
    patient_names: tuple[str, ...] = ()
    middle: SliceHeader | None = None
    holds_masks: bool = False
    paths: tuple[Path, ...] = ()

    @property
    def title(self) -> str:
        """Number and description, as messages name the series."""
        number = self.series.series_number
        name = f"Series {number}" if number else "The unnumbered series"
        return f'{name} "{self.series.description}"' if self.series.description else name

    @property
    def kind(self) -> str:
        """The title with the modality."""
        return f"{self.title} ({self.series.modality or 'no modality'})"

    @property
    def failure(self) -> str:
        """The problem as a full message."""
        has_slices = self.size_ijk[2] > 0
        count = self.size_ijk[2] if has_slices else self.file_count
        unit = ("slice" if has_slices else "file") + ("" if count == 1 else "s")
        what = f"{self.series.modality or 'no modality'}, {count} {unit}"
        return f"{self.title} ({what}): {self.problem}"

    @property
    def problems(self) -> tuple[str, ...]:
        """The reasons that make up the problem, one by one."""
        return tuple(self.problem.split(ALSO)) if self.problem else ()

    @property
    def order(self) -> tuple[float, str]:
        """Sorts series by their number."""
        number = self.series.series_number
        return (float(number) if number.isdecimal() else float("inf"), self.key)


@dataclass(frozen=True, slots=True)
class JudgedSeries:
    """A series with its summary and, if its slices make one, its stack."""

    summary: SeriesSummary
    found: FoundSeries
    stack: Stack | None


def judged_series(found: FolderScan) -> tuple[JudgedSeries, ...]:
    """Judge every series of a folder, by number."""
    return tuple(sorted(map(_judged, found.series), key=lambda judged: judged.summary.order))


def _judged(found: FoundSeries) -> JudgedSeries:
    stack, problem = None, _not_an_image(found)
    if not problem:
        try:
            stack = stack_of(found.slices)
        except InputError as error:
            problem = str(error)
    problem = problem or _mixed(found) or _not_hounsfield(found)
    common, slices = found.files[0].common, found.slices
    size = (*slices[0].size_ij, len(slices)) if slices else (0, 0, 0)
    summary = SeriesSummary(
        key=found.key,
        series=common.series,
        patient=common.patient,
        patient_names=common.patient_names,
        file_count=len(found.files),
        size_ijk=stack.grid.size_ijk if stack else size,
        spacing_mm=stack.grid.spacing_mm if stack else (0.0, 0.0, 0.0),
        orientation=_orientation(stack.normal_lps) if stack else "",
        is_derived=common.image_type[:1] == ("DERIVED",),
        problem=problem,
        notes=_notes(found, stack),
        middle=None if common.series.modality in _NO_IMAGES else middle_of(slices),
        holds_masks=common.series.modality in _MASKS,
        paths=tuple(file.path for file in found.files),
    )
    return JudgedSeries(summary, found, stack)


def _not_an_image(found: FoundSeries) -> str:
    modality = found.files[0].common.series.modality
    if modality in _NO_IMAGES:
        return f"it is no image but {_NO_IMAGES[modality]}."
    if not found.slices:
        return "it holds no pixels. Choose a series of slices."
    if found.is_localizer:
        return "it is a localizer (scout), not a volume. Choose a series of slices."
    if any(s.pixels.samples != 1 for s in found.slices):
        return "it holds colour pictures, not measured values. Choose the original series."
    return ""


def _mixed(found: FoundSeries) -> str:
    """Tell what must be one in a series and is not."""
    every = {id(file.common): file.common for file in found.files}.values()
    told = {
        "patients": {common.patient.patient_id for common in every},
        "frames of reference": {common.frame_of_reference_uid for common in every},
        "patient positions": {common.series.position_code for common in every},
    }
    for what, values in told.items():
        if len(values) > 1:
            several = ", ".join(sorted(value or "none" for value in values))
            return f"its files name several {what} ({several}). Export the series again."
    return ""


def _not_hounsfield(found: FoundSeries) -> str:
    if found.files[0].common.series.modality != "CT":
        return ""
    for header in found.slices:
        rescale, name = header.rescale, header.path.name
        if rescale.kind not in _HOUNSFIELD_TYPES:
            return (
                f"its values are {rescale.kind}, not Hounsfield units. Choose the series they were "
                "computed from."
            )
        if rescale.slope == 0.0:
            return f"the rescale slope of {name} is zero. Export the series again."
        if rescale.intercept is None and not header.pixels.is_signed:
            return (
                f"{name} carries no rescale intercept, so its values are not Hounsfield units. "
                "Export the original series."
            )
    return ""


def _notes(found: FoundSeries, stack: Stack | None) -> tuple[str, ...]:
    notes = []
    if found.slices and found.slices[0].stack:
        notes.append(f"The file holds several stacks; this is {found.slices[0].stack}.")
    if stack and stack.copies:
        notes.append(f"{stack.copies} slices are there twice, byte by byte; one of each is used.")
    if any(file.common.is_lossy for file in found.files):
        notes.append("The images were compressed with loss: values and edges may be altered.")
    is_ct = found.files[0].common.series.modality == "CT"
    if is_ct and any(s.rescale.intercept is None for s in found.slices):
        notes.append("No rescale is given; stored values are taken as Hounsfield units.")
    return tuple(notes)


def _orientation(normal_lps: Vec3) -> str:
    cosines = np.abs(normal_lps)
    axis = int(np.argmax(cosines))
    name = ("sagittal", "coronal", "axial")[axis]
    angle_deg = float(np.degrees(np.arccos(min(1.0, cosines[axis]))))
    return name if angle_deg < _OBLIQUE_FROM_DEG else f"{name}, oblique by {angle_deg:.0f} degrees"
