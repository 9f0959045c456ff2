"""A derived CT series with the paths burned in, for stations that read nothing but images.

Slice by slice, so that a large CT is not in memory twice. Writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from planning.errors import InputError
from planning.handover.burned_path import DEFAULT_LOOK, BurnedLook, Tube, drawn_pixels, tube_of
from planning.handover.dicom_codes import OWN_SCHEME
from planning.handover.dicom_object import (
    ObjectKind,
    coded,
    long_text,
    new_object,
    references,
    series_uid,
    which,
)
from planning.handover.notice import notice_of
from planning.image import Volume
from planning.model.plan import Candidate, PlanResult

_BURNED_IN = Code("path-burned-in", OWN_SCHEME, "Planned needle path burned in")
_GEOMETRY = (
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "PatientPosition",
    "Rows",
    "Columns",
)
_WINDOWS = (("bone", 400, 2000), ("soft tissue", 50, 400))
_SQUARE_MM = 1e-4


def plan_to_burned_ct(
    plan: PlanResult,
    slices: Sequence[Dataset],
    candidates: Sequence[Candidate],
    ct: Volume,
    made_at: datetime,
    look: BurnedLook = DEFAULT_LOOK,
) -> Iterator[Dataset]:
    """Return an iterator over the derived slices, in the order of the grid's k axis.

    Grid and frame of reference are those of the CT, series and instances new. Pixels hold whole
    Hounsfield units in 16 signed bits, slope 1 and intercept 0. In-plane pixels are as they were:
    where they are not square, `burned_ct_notes` says so.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.

    Raises
    ------
    InputError
        If there is no candidate, or one does not touch the CT.
    """
    of = which(candidates)
    for candidate in candidates:
        if not candidate.trajectory.lies_in(ct.grid):
            message = (
                f"Trajectory {candidate.candidate_id} leaves the CT, so that it cannot be drawn "
                "into it. Leave it out, or plan it in the CT it is handed over with."
            )
            raise InputError(message)
    tubes = [tube_of(candidate, plan.needle, ct.grid, look) for candidate in candidates]
    return _derived(plan, slices, tubes, ct, made_at, look, of)


def burned_ct_notes(ct: Volume) -> tuple[str, ...]:
    """Return what the user has to know before a station is given the derived series."""
    i_mm, j_mm, _ = ct.grid.spacing_mm
    if abs(i_mm - j_mm) <= _SQUARE_MM:
        return ()
    return (
        f"The pixels of the CT are not square ({i_mm:g} x {j_mm:g} mm), nor are those of the "
        "series with the burned-in path; some navigation stations refuse such images.",
    )


def _derived(
    plan: PlanResult,
    slices: Sequence[Dataset],
    tubes: Sequence[Tube],
    ct: Volume,
    made_at: datetime,
    look: BurnedLook,
    of: Sequence[str],
) -> Iterator[Dataset]:
    # A series of its own each time: two sets of paths must never be mixed.
    series = series_uid(ObjectKind.BURNED_CT, plan, slices, made_at.isoformat(), *of)
    sources = references(slices)
    described = _description(plan, tubes, ct, look)
    for k, place in enumerate(slices):
        dataset = new_object(
            ObjectKind.BURNED_CT, plan, slices, made_at, *of, f"slice {k}", number=k + 1
        )
        dataset.SeriesInstanceUID = series
        for keyword in _GEOMETRY:
            if keyword in place:
                setattr(dataset, keyword, place[keyword].value)
        dataset.SpacingBetweenSlices = place.SliceThickness
        dataset.DerivationDescription = described
        _say_what_it_is(dataset, plan, sources[k])
        _put_pixels(dataset, _slice_with_paths(ct, tubes, k, look))
        yield dataset


def _say_what_it_is(dataset: Dataset, plan: PlanResult, source: Dataset) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.DerivationCodeSequence = [coded(_BURNED_IN)]
    image = Dataset()
    image.update(source)
    image.SpatialLocationsPreserved = "YES"
    image.PurposeOfReferenceCodeSequence = [coded(codes.DCM.SourceImageForImageProcessingOperation)]
    dataset.SourceImageSequence = [image]
    dataset.ImageComments = long_text(notice_of(plan))
    dataset.BurnedInAnnotation = "NO"  # a path is burned in, but nothing that names the patient
    dataset.AcquisitionNumber = None
    dataset.KVP = None
    dataset.Laterality = ""
    dataset.PatientPosition = dataset.get("PatientPosition", "")
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "HU"
    dataset.WindowCenter = [centre for _, centre, _ in _WINDOWS]
    dataset.WindowWidth = [width for _, _, width in _WINDOWS]
    dataset.WindowCenterWidthExplanation = [name for name, _, _ in _WINDOWS]


def _put_pixels(dataset: Dataset, pixels: NDArray[np.int16]) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.PixelData = pixels.astype("<i2", copy=False).tobytes()


def _slice_with_paths(
    ct: Volume, tubes: Sequence[Tube], k: int, look: BurnedLook
) -> NDArray[np.int16]:
    limits = np.iinfo(np.int16)
    values = ct.values[k]
    if not np.issubdtype(values.dtype, np.integer):
        values = np.rint(np.clip(values, limits.min, limits.max))
    pixels: NDArray[np.int16] = values.astype(np.int16)
    pixels[drawn_pixels(tubes, ct.grid, k)] = look.wall_hu
    return pixels


def _description(plan: PlanResult, tubes: Sequence[Tube], ct: Volume, look: BurnedLook) -> str:
    """Return how the slices came about; nobody may take the tube for a needle's true width."""
    names = ", ".join(tube.candidate.candidate_id for tube in tubes)
    first = tubes[0]
    said = [
        f"Planned needle path {names} burned in as a hollow tube from skin to tip, a disc where "
        f"the hand stops, {look.wall_hu} HU. Tube {2.0 * first.hollow_mm:.1f} mm wide inside, wall "
        f"{first.wall_mm:.1f} mm; needle {plan.needle.outer_diameter_mm:g} mm. No needle is in "
        "the patient.",
        *burned_ct_notes(ct),
    ]
    if not np.issubdtype(ct.values.dtype, np.integer):
        said.append("Values rounded to whole HU.")
    return long_text(" ".join(said))
