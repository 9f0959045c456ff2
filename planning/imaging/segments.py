"""DICOM SEG: its segments by label, code or number, each as a mask; places none on a CT.

The pixels are decoded and put in their places by highdicom: binary, fractional and label map
encodings, frames in any order, segments that overlap, and slices that were left out as empty.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Float64Array, Grid, box_of, vec3
from planning.image import Mask, Volume
from planning.imaging.decoding import raise_readable
from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated, text_of
from planning.imaging.frames import origin_note
from planning.imaging.inflating import require_inflatable
from planning.imaging.masks import onto
from planning.limits import MOST_FRAMES, MOST_SEGMENTS, MOST_SLICE_PIXELS, MOST_VOXELS

INSIDE_FROM = 0.5
"""Share of a fractional segment from which on a voxel is inside, where the case names none."""

_LABEL_MAP_BACKGROUND = 0
_NO_VOLUME = (*UNREADABLE, RuntimeError, sqlite3.Error)
"""What highdicom, which looks frames up in a table of SQLite, raises where they make no volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment of a SEG object.

    Parameters
    ----------
    number : int
        Its segment number (0062,0004).
    label : str
        Its name (0062,0005).
    code, meaning : str
        Of its property type (0062,000F): ``SCHEME:value``, and that in words.
    made_by : str
        Name of the algorithm that drew it; empty for hands.
    """

    number: int
    label: str
    code: str
    meaning: str
    made_by: str

    def is_called(self, wanted: str) -> bool:
        """Tell whether a name is its label, code, code value or meaning."""
        names = (self.label, self.code, self.code.partition(":")[2], self.meaning)
        return wanted in names

    @property
    def words(self) -> str:
        """How lists of choices name it."""
        return f'{self.number} "{self.label}" ({self.code})'


def read_segments(path: Path) -> tuple[Segment, ...]:
    """Return the segments of a SEG file, in the file's order; a label map's background is none.

    Raises
    ------
    InputError
        If the file is damaged, no SEG, or tiled on a slide.
    """
    opened = _opened(path)
    try:
        with odd_files_tolerated():
            return _segments(opened)
    except UNREADABLE as error:
        raise InputError(_unreadable(path, error)) from error


def segment_of(segments: tuple[Segment, ...], wanted: int | str | None, what: str) -> Segment:
    """Return the one segment that a number, label, code or meaning names; the only one for None.

    Raises
    ------
    InputError
        If none or several are called so. The message lists what there is.
    """
    if wanted is None:
        found = segments
    elif isinstance(wanted, int):
        found = tuple(s for s in segments if s.number == wanted)
    else:
        by_label = tuple(s for s in segments if s.label == wanted)
        found = by_label or tuple(s for s in segments if s.is_called(wanted))
    if len(found) == 1:
        return found[0]
    listed = ", ".join(s.words for s in segments) or "nothing"
    if wanted is None:
        message = f'{what} needs a "label"; it holds {listed}.'
    elif found:
        message = f'{what} has {len(found)} segments "{wanted}"; it holds {listed}.'
    else:
        message = f'{what} has no segment "{wanted}"; it holds {listed}.'
    raise InputError(message)


def read_segment(path: Path, number: int, inside_from: float = INSIDE_FROM) -> Mask:
    """Return one segment as a mask on the smallest block of its own lattice.

    Parameters
    ----------
    inside_from : float
        Of a fractional segment: the share, above 0 and up to 1, from which on a voxel is inside.

    Raises
    ------
    InputError
        If the segment is empty, or its frames do not lie on one regular lattice.
    """
    return _read(_opened(path), path.name, number, inside_from)


def segment_onto(
    path: Path, segment: Segment, ct: Volume, inside_from: float = INSIDE_FROM
) -> tuple[Mask, tuple[str, ...]]:
    """Return a segment on the planning CT's lattice, and what the user has to know.

    Raises
    ------
    FrameError
        If it lies in another frame of reference.
    InputError
        As `read_segment`, and if it lies outside the CT.
    """
    what = f'segment "{segment.label or segment.number}" of {path.name}'
    opened = _opened(path)
    mask, notes = onto(_read(opened, path.name, segment.number, inside_from), ct, what)
    origin = origin_note(_series_uids(opened), ct, what)
    return mask, (*notes, origin) if origin else notes


def _read(opened: Any, name: str, number: int, inside_from: float) -> Mask:
    try:
        with odd_files_tolerated():
            shares, affine = _volume(opened, number)
    except _NO_VOLUME as error:
        message = (
            f"Segment {number} of {name}: its frames make no volume ({error}). Export it "
            "again, resampled to the slices of the CT."
        )
        raise InputError(message) from error
    inside = shares >= inside_from if _is_fractional(opened) else shares != 0
    box = box_of(inside)
    if box is None:
        message = (
            f"Segment {number} of {name} holds no voxel of {inside_from:g} or more. Choose "
            "another one, or lower the threshold (inside_from)."
            if _is_fractional(opened)
            else f"Segment {number} of {name} holds no voxel. Choose another one."
        )
        raise InputError(message)
    grid = _grid(affine, inside.shape)
    return Mask(
        grid=box.of(grid),
        inside=np.array(inside[box.slices_kji]),
        frame_of_reference_uid=text_of(opened, "FrameOfReferenceUID"),
    )


def _volume(opened: Any, number: int) -> tuple[NDArray[Any], Float64Array]:
    """Return one segment's shares (slices, rows, columns) and highdicom's matrix of its lattice."""
    lattice = opened.get_volume_geometry(allow_missing_positions=True)
    if lattice is None:
        raise ValueError("they do not lie behind each other")
    if math.prod(lattice.spatial_shape) > MOST_VOXELS:
        raise ValueError(f"they lie so far apart that {MOST_VOXELS:,} voxels are not enough")
    try:
        volume = opened.get_volume(
            segment_numbers=[number], combine_segments=False, allow_missing_positions=True
        )
    except BaseException as error:
        raise_readable(error)
        raise
    return np.asarray(volume.array)[..., 0], np.asarray(volume.affine, dtype=np.float64)


def _opened(path: Path) -> Any:
    try:
        with odd_files_tolerated():
            require_inflatable(path)
            opened = hd.seg.segread(str(path))
            _require_size(opened)
    except _NO_VOLUME as error:
        raise InputError(_unreadable(path, error)) from error
    if opened.get("TotalPixelMatrixColumns") is not None:
        message = f"{path.name} is a segmentation of a slide, not of a CT. Choose another file."
        raise InputError(message)
    return opened


def _unreadable(path: Path, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return f"{path.name} cannot be read as DICOM SEG: {reason}. Export it again."


def _require_size(opened: Any) -> None:
    """Refuse what a header claims and no segmentation has, before a frame is decoded."""
    rows, columns = int(opened.Rows), int(opened.Columns)
    if not 0 < rows * columns <= MOST_SLICE_PIXELS:
        raise ValueError(f"a picture of {columns} x {rows} pixels is none")
    if not 0 < int(opened.get("NumberOfFrames") or 1) <= MOST_FRAMES:
        raise ValueError(f"it has more than {MOST_FRAMES:,} frames")
    if len(opened.SegmentSequence) > MOST_SEGMENTS:
        raise ValueError(f"it has more than {MOST_SEGMENTS:,} segments")


def _series_uids(opened: Any) -> tuple[str, ...]:
    named = opened.get("ReferencedSeriesSequence") or ()
    return tuple(uid for series in named if (uid := text_of(series, "SeriesInstanceUID")))


def _segments(opened: Any) -> tuple[Segment, ...]:
    label_map = opened.segmentation_type.value == "LABELMAP"
    return tuple(
        _segment(item)
        for item in opened.SegmentSequence
        if not (label_map and int(item.SegmentNumber) == _LABEL_MAP_BACKGROUND)
    )


def _segment(item: Any) -> Segment:
    coded = (item.get("SegmentedPropertyTypeCodeSequence") or [None])[0]
    scheme = "" if coded is None else text_of(coded, "CodingSchemeDesignator")
    value = "" if coded is None else text_of(coded, "CodeValue", "LongCodeValue", "URNCodeValue")
    by_hand = text_of(item, "SegmentAlgorithmType") == "MANUAL"
    return Segment(
        number=int(item.SegmentNumber),
        label=text_of(item, "SegmentLabel"),
        code=f"{scheme}:{value}",
        meaning="" if coded is None else text_of(coded, "CodeMeaning"),
        made_by="" if by_hand else text_of(item, "SegmentAlgorithmName"),
    )


def _is_fractional(opened: Any) -> bool:
    return bool(opened.segmentation_type.value == "FRACTIONAL")


def _grid(affine: Float64Array, shape_kji: tuple[int, ...]) -> Grid:
    """Return the lattice of highdicom's matrix, whose indices are slice, row and column."""
    steps = affine[:3, 2::-1]  # of column, row and slice
    spacing = np.linalg.norm(steps, axis=0)
    k, j, i = shape_kji
    directions = (steps / spacing).T
    return Grid(
        size_ijk=(i, j, k),
        spacing_mm=vec3(spacing),
        origin_lps_mm=vec3(affine[:3, 3]),
        direction_lps=(vec3(directions[0]), vec3(directions[1]), vec3(directions[2])),
    )
