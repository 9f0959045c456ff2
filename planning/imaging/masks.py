"""Label maps into masks, and masks onto the planning CT's lattice; knows no roles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Box, Grid, box_of
from planning.image import Mask, Volume
from planning.imaging.frames import frame_note
from planning.imaging.lattice import block_under, nearest, reordered
from planning.imaging.volume_files import LabelMap

VOLUME_CHANGE_TOLD = 0.2
"""Relative change of a mask's volume by resampling from which on the user is told."""


def label_mask(label_map: LabelMap, value: int | None) -> Mask:
    """Return one label of a map as a mask on the smallest block; None means all nonzero.

    Raises
    ------
    InputError
        If the map has no such label, or is empty. The message lists the labels it has.
    """
    inside = label_map.labels != 0 if value is None else label_map.labels == value
    box = box_of(inside)
    if box is None:
        raise InputError(_no_label(label_map, value))
    return _block(label_map, box, inside[box.slices_kji])


def all_label_masks(label_map: LabelMap) -> dict[int, Mask]:
    """Return every label of a map as a mask on its smallest block, in one pass, by label."""
    labels = label_map.labels
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.ComputeFeretDiameterOff()
    shapes.Execute(sitk.GetImageFromArray(labels))
    masks = {}
    for value in sorted(shapes.GetLabels()):
        i, j, k, width, height, depth = shapes.GetBoundingBox(value)
        box = Box((i, j, k), (i + width, j + height, k + depth))
        masks[value] = _block(label_map, box, labels[box.slices_kji] == value)
    return masks


def onto(mask: Mask, ct: Volume, what: str) -> tuple[Mask, tuple[str, ...]]:
    """Bring a mask onto a block of the planning CT's lattice.

    A mask on the same lattice (also with its axes in another order or direction) is only cut out.
    Any other is resampled to the nearest voxel, and that is said.

    Parameters
    ----------
    what : str
        Names the mask in messages.

    Raises
    ------
    FrameError
        If mask and CT carry different frames of reference.
    InputError
        If the mask is empty, lies outside the CT or vanishes when resampled.
    """
    unsure = frame_note(mask.frame_of_reference_uid, ct, what)
    placed, notes = _placed(mask, ct, what)
    return placed, (*((unsure,) if unsure else ()), *notes)


def as_placed(mask: Mask, ct: Volume, what: str) -> tuple[Mask, tuple[str, ...]]:
    """Do as `onto` for a mask that is known to lie in the planning CT's frame.

    Raises
    ------
    InputError
        As `onto`.
    """
    return _placed(mask, ct, what)


def all_onto(
    masks: Mapping[int, Mask], ct: Volume, what: str
) -> tuple[dict[int, Mask], tuple[str, ...]]:
    """Bring the labels of one file onto the CT's lattice; says only once what holds for all.

    Labels that lie wholly outside the CT, or vanish, are left out and told: a whole-body map may
    know more than the CT shows.

    Raises
    ------
    FrameError
        If the file and the CT carry different frames of reference.
    InputError
        If nothing of the file lies inside the CT.
    """
    placed: dict[int, Mask] = {}
    notes: list[str] = []
    for value, mask in masks.items():
        if not notes and (unsure := frame_note(mask.frame_of_reference_uid, ct, what)):
            notes.append(unsure)
        try:
            placed[value], more = _placed(mask, ct, f"label {value} of {what}")
        except InputError as error:
            more = (str(error),)
        notes.extend(more)
    if not placed:
        message = f"No label of {what} lies inside the planning CT. Is it of another patient?"
        raise InputError(message)
    return placed, tuple(notes)


def _placed(mask: Mask, ct: Volume, what: str) -> tuple[Mask, tuple[str, ...]]:
    mask = mask.cropped()
    if not mask.inside.any():
        message = f"{what} is empty. Give a mask with at least one voxel."
        raise InputError(message)
    mask = reordered(mask, ct.grid)
    if mask.grid.offset_in(ct.grid) is not None:
        cut = _cut(mask, ct, what)
        return cut, _clipped_note(mask, cut, what)
    return _resampled(mask, ct, what)


def _cut(mask: Mask, ct: Volume, what: str) -> Mask:
    overlap = mask.overlap(ct.grid)
    if overlap is None or not overlap[1].any():
        raise InputError(_outside(what))
    (k, j, i), inside = overlap
    box = Box((i.start, j.start, k.start), (i.stop, j.stop, k.stop))
    cut = Mask(
        grid=box.of(ct.grid),
        inside=np.array(inside),
        frame_of_reference_uid=ct.frame_of_reference_uid,
    )
    return cut if inside.shape == mask.inside.shape else cut.cropped()


def _resampled(mask: Mask, ct: Volume, what: str) -> tuple[Mask, tuple[str, ...]]:
    box = block_under(mask.grid, ct.grid)
    if box is None:
        raise InputError(_outside(what))
    target = box.of(ct.grid)
    inside = nearest(mask, target)
    fraction = _fraction_in(mask, ct.grid)
    if fraction == 0.0:
        raise InputError(_outside(what))
    spacings = f"from {_spacing(mask.grid)} to the planning CT's {_spacing(ct.grid)}"
    if not inside.any():
        message = (
            f"{what} is so thin that nothing of it is left when it is resampled {spacings}. Make "
            "the mask on the planning CT itself."
        )
        raise InputError(message)
    placed = Mask(
        grid=target, inside=inside, frame_of_reference_uid=ct.frame_of_reference_uid
    ).cropped()
    before_ml, after_ml = mask.volume_ml * fraction, placed.volume_ml
    note = f"{what} was resampled {spacings}"
    if abs(after_ml - before_ml) > VOLUME_CHANGE_TOLD * before_ml:
        note += f", which changed its volume from {before_ml:.3g} to {after_ml:.3g} ml"
    clipped = (_clipped(what, fraction),) if fraction < 1.0 else ()
    return placed, (f"{note}.", *clipped)


def _fraction_in(mask: Mask, ct: Grid) -> float:
    """Return which part of a mask's voxel centres lies inside the CT."""
    if ct.contains(mask.grid.corners_lps_mm()).all():
        return 1.0
    centres = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    return float(ct.contains(centres).mean())


def _clipped_note(before: Mask, after: Mask, what: str) -> tuple[str, ...]:
    if after.inside.shape == before.inside.shape:
        return ()
    kept = np.count_nonzero(after.inside) / np.count_nonzero(before.inside)
    return () if kept == 1.0 else (_clipped(what, kept),)


def _clipped(what: str, kept: float) -> str:
    return f"{100 * (1 - kept):.2g} % of {what} lies outside the planning CT and was cut off."


def _outside(what: str) -> str:
    return (
        f"{what} lies outside the planning CT. Give a mask that was made on this CT, or register "
        "the two images first."
    )


def _spacing(grid: Grid) -> str:
    return " x ".join(f"{mm:.3g}" for mm in grid.spacing_mm) + " mm"


def _no_label(label_map: LabelMap, value: int | None) -> str:
    present = [int(v) for v in np.unique(label_map.labels) if v != 0]
    if not present:
        return f"{label_map.name} is empty. Give a mask with at least one voxel."
    listed = ", ".join(map(str, present[:30])) + (", ..." if len(present) > 30 else "")
    return f"{label_map.name} has no label {value}. It has: {listed}."


def _block(label_map: LabelMap, box: Box, inside: NDArray[np.bool_]) -> Mask:
    return Mask(
        grid=box.of(label_map.grid),
        inside=np.array(inside),
        frame_of_reference_uid=label_map.frame_of_reference_uid,
    )
