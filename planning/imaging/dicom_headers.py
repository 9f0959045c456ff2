"""What one DICOM file says about itself without its pixels: identity, patient and slice geometry.

Reads headers only; groups nothing, judges no geometry and decodes no pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import UID, MediaStorageDirectoryStorage

from planning.geometry import Vec3
from planning.image import Patient, Series
from planning.imaging.dicom_values import (
    UNREADABLE,
    floats_of,
    integer_of,
    iso_date,
    iso_time,
    number_of,
    person_name_of,
    person_names_of,
    text_of,
    vector_of,
    words_of,
)
from planning.imaging.frame_stacks import frames_of, stacks_of
from planning.imaging.inflating import require_inflatable
from planning.imaging.stored_pixels import STORED_KEYWORDS, StoredPixels, stored_pixels


def _tags(keywords: str) -> list[int]:
    return [tag for tag in map(tag_for_keyword, keywords.split()) if tag is not None]


_COMMON_TAGS = _tags(
    "ImageType SOPClassUID StudyDate SeriesDate AcquisitionDate StudyTime SeriesTime "
    "AcquisitionTime Modality SeriesDescription PatientName PatientID PatientBirthDate "
    "PatientSex PatientAge PatientPosition StudyInstanceUID SeriesInstanceUID SeriesNumber "
    "StudyID AccessionNumber FrameOfReferenceUID RescaleIntercept RescaleSlope RescaleType "
    "LossyImageCompression " + STORED_KEYWORDS
)
"""Elements that files of one series usually share, so that they are worth reading once."""

_TAGS = _COMMON_TAGS + _tags(
    "SOPInstanceUID InstanceNumber ImagePositionPatient ImageOrientationPatient SliceLocation "
    "DataCollectionCenterPatient NumberOfFrames PixelSpacing SharedFunctionalGroupsSequence "
    "PerFrameFunctionalGroupsSequence"
)

_MACROS = (
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "CTPositionSequence",
    "FrameContentSequence",
)

_PREAMBLE_LENGTH, _HEAD_LENGTH = 128, 1 << 15
_BARE_STARTS = (b"\x02\x00\x00\x00", b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")
"""First tags of a data set that was stored without the preamble."""


class DamagedFileError(Exception):
    """A file that calls itself DICOM but cannot be read; the scan names it in its notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescale:
    """How stored integers become values; None where the file is silent.

    Parameters
    ----------
    kind : str
        Rescale Type (0028,1054), for example ``HU``.
    """

    slope: float | None = None
    intercept: float | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonHeader:
    """What the files of one series usually have in common.

    Parameters
    ----------
    patient_names : tuple of str
        The patient's name in every script it is given in.
    """

    series: Series
    patient: Patient
    patient_names: tuple[str, ...]
    frame_of_reference_uid: str
    image_type: tuple[str, ...]
    is_lossy: bool
    pixels: StoredPixels
    rescale: Rescale


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """One slice: a file, or one frame of a multi-frame file; None where the file is silent.

    Parameters
    ----------
    frame : int
        Index of the frame within the file, from 0.
    pixels_at : int
        Where in the file the Pixel Data element begins.
    sop_instance_uid : str
        Of the file.
    instance_number : int or None
        Instance Number (0020,0013); in a multi-frame file the frame's number, from 1.
    position_lps_mm : Vec3 or None
        Centre of the first pixel (0020,0032).
    i_axis_lps, j_axis_lps : Vec3 or None
        Directions in which the column and the row index grow (0020,0037).
    pixel_spacing_mm : tuple of float or None
        Along i and along j: Pixel Spacing (0028,0030) names the distance between rows first.
    table_position_mm : float or None
        Slice Location (0020,1041).
    stack : str
        Which of the stacks of a multi-frame file a frame belongs to, with its moment where there
        are several (0020,9056 and 0020,9128); empty for the only one.
    """

    path: Path
    frame: int
    pixels_at: int
    pixels: StoredPixels
    rescale: Rescale
    sop_instance_uid: str
    instance_number: int | None
    position_lps_mm: Vec3 | None
    i_axis_lps: Vec3 | None
    j_axis_lps: Vec3 | None
    pixel_spacing_mm: tuple[float, float] | None
    table_position_mm: float | None
    isocentre_lps_mm: Vec3 | None
    stack: str = ""

    @property
    def size_ij(self) -> tuple[int, int]:
        """Columns and rows."""
        return (self.pixels.columns, self.pixels.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """One DICOM file; `slices` is empty for objects without pixels (reports, contours)."""

    path: Path
    common: CommonHeader
    slices: tuple[SliceHeader, ...]


KnownHeaders = dict[tuple[object, ...], CommonHeader]
"""Common headers read so far, by the bytes they were read from."""


def read_header(path: Path, known: KnownHeaders) -> FileHeader | None:
    """Read a file's header, or return None if it is no DICOM object that could matter.

    Call it inside `odd_files_tolerated`. `known` is filled, so that a folder's second file is read
    faster than its first.

    Raises
    ------
    DamagedFileError
        If the file is DICOM by its first bytes but cannot be read.
    """
    try:
        parsed = _parsed(path)
        if parsed is None:
            return None
        dataset, pixels_at = parsed
        common = _common(dataset, known)
        if text_of(dataset, "SOPClassUID") == MediaStorageDirectoryStorage:
            return None
        slices = _slices(path, pixels_at, dataset, common)
        if not slices and _is_image(dataset):
            raise EOFError("the file ends before its pixels")
        return FileHeader(path=path, common=common, slices=slices)
    except UNREADABLE as error:
        raise DamagedFileError(str(error)) from error


def _parsed(path: Path) -> tuple[Dataset, int] | None:
    """Return a file's elements and where its pixels begin, or None if it is not DICOM.

    One read brings most headers whole. Reading on and on from the file would let go of Python's
    lock each time, and wait for it while a window is being made.
    """
    with path.open("rb", buffering=0) as stream:
        head = stream.read(_HEAD_LENGTH)
    if head[_PREAMBLE_LENGTH : _PREAMBLE_LENGTH + 4] != b"DICM" and head[:4] not in _BARE_STARTS:
        return None
    require_inflatable(path, head)
    try:
        dataset, pixels_at = _elements(BytesIO(head))
    except UNREADABLE:
        if len(head) < _HEAD_LENGTH:
            raise
    else:
        if pixels_at < _HEAD_LENGTH:
            return dataset, pixels_at
    with path.open("rb") as stream:
        return _elements(stream)


def _elements(stream: BinaryIO) -> tuple[Dataset, int]:
    dataset = dcmread(stream, stop_before_pixels=True, specific_tags=_TAGS, force=True)
    return dataset, stream.tell()


def _is_image(dataset: Dataset) -> bool:
    """Tell whether an object should hold pixels; one that does not even name its series, should."""
    if not text_of(dataset, "Modality") and not text_of(dataset, "SeriesInstanceUID"):
        return True
    return "Image Storage" in UID(text_of(dataset, "SOPClassUID")).name


def _common(dataset: Dataset, known: KnownHeaders) -> CommonHeader:
    stored = [str(dataset.get("SpecificCharacterSet")), dataset.file_meta.get("TransferSyntaxUID")]
    stored += [dataset.get_item(tag).value if tag in dataset else None for tag in _COMMON_TAGS]
    key = (*map(_hashable, stored), dataset.original_encoding)
    if key not in known:
        known[key] = CommonHeader(
            series=_series(dataset),
            patient=_patient(dataset),
            patient_names=person_names_of(dataset, "PatientName"),
            frame_of_reference_uid=text_of(dataset, "FrameOfReferenceUID"),
            image_type=words_of(dataset, "ImageType"),
            is_lossy=text_of(dataset, "LossyImageCompression") == "01",
            pixels=stored_pixels(dataset),
            rescale=_rescale((dataset,)),
        )
    return known[key]


def _hashable(value: object) -> object:
    return value if isinstance(value, bytes | str | None) else str(value)


def _rescale(sources: Sequence[Dataset]) -> Rescale:
    return Rescale(
        slope=number_of(sources, "RescaleSlope"),
        intercept=number_of(sources, "RescaleIntercept"),
        kind=next((kind for s in sources if (kind := text_of(s, "RescaleType"))), ""),
    )


def _series(dataset: Dataset) -> Series:
    return Series(
        modality=text_of(dataset, "Modality"),
        sop_class_uid=text_of(dataset, "SOPClassUID"),
        study_uid=text_of(dataset, "StudyInstanceUID"),
        study_id=text_of(dataset, "StudyID"),
        study_date=iso_date(text_of(dataset, "StudyDate")),
        study_time=iso_time(text_of(dataset, "StudyTime")),
        accession_number=text_of(dataset, "AccessionNumber"),
        series_uid=text_of(dataset, "SeriesInstanceUID"),
        series_number=text_of(dataset, "SeriesNumber"),
        description=text_of(dataset, "SeriesDescription"),
        date=iso_date(text_of(dataset, "SeriesDate", "AcquisitionDate", "StudyDate")),
        time=iso_time(text_of(dataset, "SeriesTime", "AcquisitionTime", "StudyTime")),
        position_code=text_of(dataset, "PatientPosition"),
    )


def _patient(dataset: Dataset) -> Patient:
    return Patient(
        name=person_name_of(dataset, "PatientName"),
        patient_id=text_of(dataset, "PatientID"),
        sex=text_of(dataset, "PatientSex"),
        birth_date=iso_date(text_of(dataset, "PatientBirthDate")),
        age=text_of(dataset, "PatientAge"),
    )


def _slices(
    path: Path, pixels_at: int, dataset: Dataset, common: CommonHeader
) -> tuple[SliceHeader, ...]:
    if not common.pixels.rows or not common.pixels.columns:
        return ()
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    shared = dataset.get("SharedFunctionalGroupsSequence") or ()
    frames = frames_of(dataset, path)
    shared_items = [item for group in shared for item in _macro_items(group)]
    sources = [(*_macro_items(group), *shared_items) for group in groups]
    stacks = stacks_of(sources)
    return tuple(
        _slice(
            (path, pixels_at, frame),
            sources[frame] if frame < len(sources) else (dataset,),
            common,
            (
                text_of(dataset, "SOPInstanceUID"),
                integer_of(dataset, "InstanceNumber") if frames == 1 else frame + 1,
            ),
            stacks[frame] if frame < len(stacks) else "",
        )
        for frame in range(frames)
    )


def _macro_items(group: Dataset) -> tuple[Dataset, ...]:
    """Return the items of a functional group (PS3.3 C.7.6.16) that hold geometry or rescale."""
    found = (group.get(keyword) for keyword in _MACROS)
    return tuple(sequence[0] for sequence in found if sequence)


def _slice(
    place: tuple[Path, int, int],
    sources: Sequence[Dataset],
    common: CommonHeader,
    instance: tuple[str, int | None],
    stack: str,
) -> SliceHeader:
    path, pixels_at, frame = place
    axes = floats_of(sources, "ImageOrientationPatient", 6)
    spacing = floats_of(sources, "PixelSpacing", 2)
    is_one_of_many = len(sources) > 1 or "PlanePositionSequence" in sources[0]
    return SliceHeader(
        path=path,
        frame=frame,
        pixels_at=pixels_at,
        pixels=common.pixels,
        rescale=_rescale(sources) if is_one_of_many else common.rescale,
        sop_instance_uid=instance[0],
        instance_number=instance[1],
        position_lps_mm=vector_of(floats_of(sources, "ImagePositionPatient", 3)),
        i_axis_lps=vector_of(axes[:3]) if axes else None,
        j_axis_lps=vector_of(axes[3:]) if axes else None,
        pixel_spacing_mm=(spacing[1], spacing[0]) if spacing and min(spacing) > 0 else None,
        table_position_mm=number_of(sources, "SliceLocation"),
        isocentre_lps_mm=vector_of(floats_of(sources, "DataCollectionCenterPatient", 3)),
        stack=stack,
    )
