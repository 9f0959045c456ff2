"""Segmentations as 3D Slicer saves them (.seg.nrrd): their segments by name; places none on a CT.

The header says of each segment its name, the layer it lies in and its value there: segments that
overlap lie in different layers. Where the voxels lie, the file's own geometry says; the extents in
the header only repeat it for Slicer's sake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Box, Grid, box_of
from planning.image import Mask
from planning.imaging.volume_files import read_fields, read_layers

_SUFFIXES = (".nrrd", ".nhdr")
_MARK = "Segment0_ID"
_FRACTIONAL = "fractional"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicerSegment:
    """One segment.

    Parameters
    ----------
    segment_id, name : str
        What Slicer calls it, and what the user does.
    value, layer : int
        Where it is drawn: the voxels of that value in that layer.
    """

    segment_id: str
    name: str
    value: int
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlicerSegmentation:
    """The segments of a file and the layers they are drawn in, each of shape ``grid.shape_kji``."""

    path: Path
    grid: Grid
    segments: tuple[SlicerSegment, ...]
    layers: NDArray[np.integer[Any]]

    def mask(self, segment: SlicerSegment) -> Mask:
        """Return a segment on the smallest block that holds it.

        Raises
        ------
        InputError
            If nothing is drawn in it.
        """
        inside = self.layers[segment.layer] == segment.value
        box = box_of(inside)
        if box is None:
            message = (
                f'Segment "{segment.name}" of {self.path.name} is empty. Draw it, or choose '
                "another one."
            )
            raise InputError(message)
        return Mask(grid=box.of(self.grid), inside=np.array(inside[box.slices_kji]))

    def union(self) -> Mask:
        """Return all that is drawn in any segment.

        Raises
        ------
        InputError
            If nothing is drawn at all.
        """
        inside = np.zeros(self.grid.shape_kji, dtype=np.bool_)
        for segment in self.segments:
            inside |= self.layers[segment.layer] == segment.value
        box = box_of(inside)
        if box is None:
            message = f"{self.path.name} is empty. Give a mask with at least one voxel."
            raise InputError(message)
        return Mask(grid=box.of(self.grid), inside=np.array(inside[box.slices_kji]))


def is_slicer_segmentation(path: Path) -> bool:
    """Tell by its header whether a file names segments, whatever it is called."""
    return path.name.lower().endswith(_SUFFIXES) and _MARK in read_fields(path)


def read_slicer_segmentation(path: Path) -> SlicerSegmentation:
    """Read a segmentation that Slicer saved.

    Raises
    ------
    InputError
        If the file is damaged, names no segments or layers it does not have, or holds fractions.
    """
    grid, layers, fields = read_layers(path)
    if _FRACTIONAL in fields.get("Segmentation_MasterRepresentation", "").lower():
        message = (
            f"{path.name} holds fractions, not segments with an edge. In Slicer, convert it to a "
            "binary label map and save it again."
        )
        raise InputError(message)
    if not np.issubdtype(layers.dtype, np.integer):
        raise InputError(f"{path.name} holds no whole numbers, so it is no segmentation.")
    segments = _segments(fields, len(layers), path)
    drawn: NDArray[np.bool_] = np.asarray(np.any(layers, axis=0))
    box = box_of(drawn) or Box((0, 0, 0), (1, 1, 1))
    return SlicerSegmentation(
        path=path,
        grid=box.of(grid),
        segments=segments,
        layers=layers[(slice(None), *box.slices_kji)].copy(),
    )


def _segments(fields: Mapping[str, str], layers: int, path: Path) -> tuple[SlicerSegment, ...]:
    """Read what the header says; files of old have one layer for each segment and do not say so."""
    found = []
    number = 0
    while f"Segment{number}_ID" in fields:
        about = f"Segment{number}_"
        first_layer = number if layers > 1 and f"{about}Layer" not in fields else 0
        segment = SlicerSegment(
            segment_id=fields[f"{about}ID"],
            name=fields.get(f"{about}Name", "").strip() or fields[f"{about}ID"],
            value=_whole(fields, f"{about}LabelValue", 1, path),
            layer=_whole(fields, f"{about}Layer", first_layer, path),
        )
        if not 0 <= segment.layer < layers:
            message = (
                f'{path.name}: segment "{segment.name}" is in layer {segment.layer}, but the file '
                f"has {layers}. Save the segmentation again."
            )
            raise InputError(message)
        found.append(segment)
        number += 1
    if not found:
        raise InputError(f"{path.name} names no segments.")
    return tuple(found)


def _whole(fields: Mapping[str, str], key: str, usual: int, path: Path) -> int:
    try:
        return int(fields.get(key, usual))
    except ValueError as error:
        message = f'{path.name}: {key} is "{fields[key]}", not a number. Save it again.'
        raise InputError(message) from error
