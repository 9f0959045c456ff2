"""Reads each mask file of a case once and hands out its regions; knows no roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planning.errors import InputError
from planning.formats import parsed_json
from planning.geometry import Grid
from planning.image import Mask
from planning.imaging.masks import all_label_masks, label_mask
from planning.imaging.rtstruct import read_roi, roi_names
from planning.imaging.volume_files import LabelMap, read_label_map

Label = int | str

_DICOM_MAGIC_AT = 128
_DICOM_MAGIC = b"DICM"
_MANY = 12


@dataclass(frozen=True, slots=True, eq=False)
class LabelMapSource:
    """A label map (NIfTI, NRRD, MHA) with the mask of each label value."""

    path: Path
    label_map: LabelMap
    masks: Mapping[int, Mask]

    @property
    def labels(self) -> tuple[int, ...]:
        """Values that occur in it, ascending."""
        return tuple(sorted(self.masks))

    def mask_of(self, label: Label | None, what: str) -> Mask:
        """Return the voxels of one value, or of all nonzero values.

        Raises
        ------
        InputError
            If no voxel has the value.
        """
        if label is None:
            return label_mask(self.label_map, None)
        if isinstance(label, str):
            message = (
                f'{what}: "label" has to be a value (a number); {self.path.name} has no names.'
            )
            raise InputError(message)
        if label not in self.masks:
            message = (
                f"{what}: no voxel of {self.path.name} has the value {label}; "
                f"it holds {_listed(self.labels)}."
            )
            raise InputError(message)
        return self.masks[label]


@dataclass(frozen=True, slots=True, eq=False)
class ContourSource:
    """An RT structure set; a region is rasterised on `grid` when it is asked for."""

    path: Path
    labels: tuple[str, ...]
    grid: Grid

    def mask_of(self, label: Label | None, what: str) -> Mask:
        """Return one region of interest; the only one where none is named.

        Raises
        ------
        InputError
            If the structure set has no region of that name, or several and none is named.
        """
        if label is None and len(self.labels) == 1:
            return read_roi(self.path, self.labels[0], self.grid)
        if not isinstance(label, str) or label not in self.labels:
            wrong = 'needs a "label"' if label is None else f'has no region "{label}"'
            message = f"{what}: {self.path.name} {wrong}; it holds {_listed(self.labels)}."
            raise InputError(message)
        return read_roi(self.path, label, self.grid)


MaskSource = LabelMapSource | ContourSource


def open_source(path: Path, ct_grid: Grid) -> MaskSource:
    """Return the regions a mask file holds.

    Raises
    ------
    InputError
        If the file is no mask that can be read.
    """
    if _is_dicom(path):
        return ContourSource(path, roi_names(path), ct_grid)
    label_map = read_label_map(path)
    return LabelMapSource(path, label_map, all_label_masks(label_map))


def read_names(path: Path) -> dict[int, str]:
    """Return the names of label values from a JSON file such as ``{"66": "iliac_artery_right"}``.

    Raises
    ------
    InputError
        If a key is no whole number or a name no text.
    """
    names: dict[int, str] = {}
    for key, name in parsed_json(_bytes_of(path), path.name).items():
        if not key.isdecimal() or not isinstance(name, str) or not name.strip():
            message = f'{path.name}: "{key}": {name!r} is no label value with its name.'
            raise InputError(message)
        names[int(key)] = name.strip()
    return names


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_DICOM_MAGIC_AT + 4)[_DICOM_MAGIC_AT:] == _DICOM_MAGIC


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error


def _listed(labels: tuple[Label, ...]) -> str:
    if not labels:
        return "nothing"
    shown = ", ".join(str(label) for label in labels[:_MANY])
    return shown if len(labels) <= _MANY else f"{shown} and {len(labels) - _MANY} more"
