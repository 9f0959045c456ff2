"""Reads each mask file of a case once and hands out its regions; knows no roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from planning.disk_words import reason_of
from planning.errors import InputError
from planning.formats import bytes_of, parsed_json
from planning.image import Mask, Volume
from planning.imaging.masks import all_label_masks, as_placed, label_mask, onto
from planning.imaging.slicer_segments import (
    SlicerSegmentation,
    is_slicer_segmentation,
    read_slicer_segmentation,
)
from planning.imaging.volume_files import LabelMap, read_cropped_label_map

if TYPE_CHECKING:
    from planning.imaging.segments import Segment
    from planning.imaging.structure_set import StructureSet

Label = int | str

_DICOM_MAGIC_AT = 128
_DICOM_MAGIC = b"DICM"
_MANY = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a case file asks of a mask file.

    Parameters
    ----------
    label : Label or None
        None for all there is.
    name, entry : str
        How messages call the mask, and the place in the case file that asks for it.
    in_frame : bool
        Whether it is known to lie in the planning CT's frame of reference.
    inside_from : float or None
        Share of a fractional segment from which on a voxel is inside; None for the usual one.
    """

    label: Label | None
    name: str
    entry: str
    in_frame: bool = False
    inside_from: float | None = None


@dataclass(frozen=True, eq=False)
class LabelMapSource:
    """A label map (NIfTI, NRRD, MHA)."""

    path: Path
    label_map: LabelMap

    @cached_property
    def masks(self) -> Mapping[int, Mask]:
        """The mask of each value that occurs."""
        return all_label_masks(self.label_map)

    @property
    def labels(self) -> tuple[int, ...]:
        """Values that occur in it, ascending."""
        return tuple(sorted(self.masks))

    def placed(self, wanted: Wanted, ct: Volume) -> tuple[Mask, tuple[str, ...]]:
        """Return one value (or all nonzero values) on the CT's lattice, and what was done for it.

        Raises
        ------
        FrameError
            If the mask lies in another frame of reference than the CT.
        InputError
            If no voxel has the value, or none lies inside the CT.
        """
        label, bring = wanted.label, as_placed if wanted.in_frame else onto
        if label is None:
            return bring(label_mask(self.label_map, None), ct, wanted.name)
        if isinstance(label, str):
            message = (
                f'{wanted.entry}: "label" has to be a number; {self.path.name} holds no names.'
            )
            raise InputError(message)
        if label not in self.masks:
            message = (
                f"{wanted.entry}: no voxel of {self.path.name} has the value {label}; "
                f"it holds {_listed(self.labels)}."
            )
            raise InputError(message)
        return bring(self.masks[label], ct, wanted.name)


@dataclass(frozen=True, slots=True, eq=False)
class ContourSource:
    """An RT structure set; a region is rasterised when it is asked for."""

    structures: StructureSet

    @property
    def path(self) -> Path:
        """The file."""
        return self.structures.path

    @property
    def labels(self) -> tuple[str, ...]:
        """What its regions are called."""
        return self.structures.names

    def placed(self, wanted: Wanted, ct: Volume) -> tuple[Mask, tuple[str, ...]]:
        """Return one region (the only one where none is named) on the CT's lattice.

        Raises
        ------
        FrameError
            If the region lies in another frame of reference than the CT.
        InputError
            If the structure set has no region of that name, or several and none is named.
        """
        # Imported where it is needed, like all of pydicom: other masks start faster without it.
        from planning.imaging.rtstruct import roi_onto

        label = wanted.label
        if label is None and len(self.labels) == 1:
            return roi_onto(self.structures, self.labels[0], ct)
        if not isinstance(label, str) or label not in self.labels:
            wrong = 'needs a "label"' if label is None else f'has no region "{label}"'
            message = f"{wanted.entry}: {self.path.name} {wrong}; it holds {_listed(self.labels)}."
            raise InputError(message)
        return roi_onto(self.structures, label, ct)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSource:
    """A DICOM SEG; a segment is decoded when it is asked for."""

    path: Path
    segments: tuple[Segment, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What its segments are called."""
        return tuple(segment.label for segment in self.segments)

    def placed(self, wanted: Wanted, ct: Volume) -> tuple[Mask, tuple[str, ...]]:
        """Return one segment (the only one where none is named) on the CT's lattice.

        Raises
        ------
        FrameError
            If the segment lies in another frame of reference than the CT.
        InputError
            If no segment, or several, are called so.
        """
        from planning.imaging.segments import INSIDE_FROM, segment_of, segment_onto

        what = f"{wanted.entry}: {self.path.name}"
        segment = segment_of(self.segments, wanted.label, what)
        inside_from = INSIDE_FROM if wanted.inside_from is None else wanted.inside_from
        return segment_onto(self.path, segment, ct, inside_from)


@dataclass(frozen=True, slots=True, eq=False)
class SlicerSource:
    """A segmentation that 3D Slicer saved."""

    path: Path
    segmentation: SlicerSegmentation

    @property
    def labels(self) -> tuple[str, ...]:
        """What its segments are called; by what Slicer calls them where two share a name."""
        segments = self.segmentation.segments
        names = [segment.name for segment in segments]
        return tuple(s.name if names.count(s.name) == 1 else s.segment_id for s in segments)

    def placed(self, wanted: Wanted, ct: Volume) -> tuple[Mask, tuple[str, ...]]:
        """Return one segment, by name or value (all together where none is named), on the CT.

        Raises
        ------
        InputError
            If no segment, or several, are called so; if it is empty or lies outside the CT.
        """
        bring = as_placed if wanted.in_frame else onto
        if wanted.label is None:
            return bring(self.segmentation.union(), ct, wanted.name)
        segments = self.segmentation.segments
        if isinstance(wanted.label, int):
            found = [s for s in segments if s.value == wanted.label]
        else:
            found = [s for s in segments if wanted.label in (s.name, s.segment_id)]
        if len(found) != 1:
            wrong = f"{len(found)} segments" if found else "no segment"
            message = (
                f'{wanted.entry}: {self.path.name} has {wrong} "{wanted.label}"; it holds '
                f"{_listed(self.labels)}."
            )
            raise InputError(message)
        return bring(self.segmentation.mask(found[0]), ct, wanted.name)


MaskSource = LabelMapSource | ContourSource | SegmentSource | SlicerSource


def open_source(path: Path) -> MaskSource:
    """Return the regions a mask file holds.

    Raises
    ------
    InputError
        If the file is no mask that can be read.
    """
    if _is_dicom(path):
        return _dicom_source(path)
    if is_slicer_segmentation(path):
        return SlicerSource(path, read_slicer_segmentation(path))
    return LabelMapSource(path, read_cropped_label_map(path))


def _dicom_source(path: Path) -> MaskSource:
    from planning.imaging.structure_set import modality_of, read_structure_set

    if modality_of(path) == "SEG":
        from planning.imaging.segments import read_segments

        return SegmentSource(path, read_segments(path))
    try:
        return ContourSource(read_structure_set(path))
    except InputError as error:
        message = (
            f"{error} Masks are read from DICOM SEG and RTSTRUCT, NIfTI, NRRD and MetaImage files."
        )
        raise InputError(message) from error


def read_names(path: Path) -> dict[int, str]:
    """Return the names of label values from a JSON file such as ``{"66": "iliac_artery_right"}``.

    Raises
    ------
    InputError
        If a key is no whole number or a name no text.
    """
    names: dict[int, str] = {}
    for key, name in parsed_json(bytes_of(path), path.name).items():
        if not key.isdecimal() or not isinstance(name, str) or not name.strip():
            message = f'{path.name}: "{key}": {name!r} is no label value with its name.'
            raise InputError(message)
        names[int(key)] = name.strip()
    return names


def _is_dicom(path: Path) -> bool:
    if path.exists() and not path.is_file():
        raise InputError(f"{path} cannot be read: it is no ordinary file.")
    try:
        with path.open("rb") as file:
            return file.read(_DICOM_MAGIC_AT + 4)[_DICOM_MAGIC_AT:] == _DICOM_MAGIC
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason_of(error)}).") from error


def _listed(labels: tuple[Label, ...]) -> str:
    if not labels:
        return "nothing"
    shown = ", ".join(str(label) for label in labels[:_MANY])
    return shown if len(labels) <= _MANY else f"{shown} and {len(labels) - _MANY} more"
