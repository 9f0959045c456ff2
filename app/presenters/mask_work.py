"""What each request of the editing panel does to a mask, and its name in the menu; applies none."""

from __future__ import annotations

from dataclasses import dataclass

from app.language import tr
from app.views.structure_values import EditKind, EditRequest
from planning.editing.joining import added, common, taken_away
from planning.editing.strokes import within_hu
from planning.errors import InputError
from planning.geometry import Vec3
from planning.image import Mask, Volume
from planning.model.case import Structure

_JOINING = (EditKind.ADD, EditKind.SUBTRACT, EditKind.COMMON)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EditedMask:
    """A mask for a structure, and what was done to it, in words."""

    structure: Structure
    mask: Mask
    text: str


def work_words(request: EditRequest, name: str, other: str) -> str:
    """Say what a request does to a structure, as a step that can be undone is called."""
    amount = f"{request.amount:.1f}"
    match request.kind:
        case EditKind.GROW:
            return tr("Grow {name} by {amount} mm", name=name, amount=amount)
        case EditKind.SHRINK:
            return tr("Shrink {name} by {amount} mm", name=name, amount=amount)
        case EditKind.SMOOTH:
            return tr("Smooth {name} by {amount} mm", name=name, amount=amount)
        case EditKind.FILL_BETWEEN:
            return tr("Fill {name} between slices", name=name)
        case EditKind.FILL_HOLES:
            return tr("Fill holes of {name}", name=name)
        case EditKind.KEEP_LARGEST:
            return tr("Keep largest piece of {name}", name=name)
        case EditKind.KEEP_AT_CROSSHAIR:
            return tr("Keep one piece of {name}", name=name)
        case EditKind.DROP_SMALL:
            return tr("Remove pieces of {name} under {amount} ml", name=name, amount=amount)
        case EditKind.KEEP_RANGE:
            low, high = request.hu
            return tr("Keep {low:.0f} to {high:.0f} HU of {name}", low=low, high=high, name=name)
        case EditKind.ADD:
            return tr("Add {other} to {name}", name=name, other=other)
        case EditKind.SUBTRACT:
            return tr("Subtract {other} from {name}", name=name, other=other)
        case _:
            return tr("Keep what {name} has in common with {other}", name=name, other=other)


def worked(
    mask: Mask, request: EditRequest, *, ct: Volume, other: Mask | None, at_lps_mm: Vec3
) -> Mask:
    """Return what a request makes of a mask; the same object if it changes nothing.

    Parameters
    ----------
    other : Mask or None
        Of the structure it is joined with.
    at_lps_mm : Vec3
        The crosshair.

    Raises
    ------
    InputError
        If the crosshair is in no piece of the mask, or there is nothing to join it with.
    """
    from planning.editing.between import filled_between
    from planning.editing.growing import grown, shrunk, smoothed
    from planning.editing.islands import (
        holes_filled,
        island_at,
        largest_island,
        without_islands_below,
    )

    if request.kind in _JOINING:
        return _joined(mask, request, other)
    room, amount = ct.grid, request.amount
    match request.kind:
        case EditKind.GROW:
            return grown(mask, amount, room)
        case EditKind.SHRINK:
            return shrunk(mask, amount, room)
        case EditKind.SMOOTH:
            return smoothed(mask, amount, room)
        case EditKind.FILL_BETWEEN:
            return filled_between(mask)
        case EditKind.FILL_HOLES:
            return holes_filled(mask)
        case EditKind.KEEP_LARGEST:
            return largest_island(mask)
        case EditKind.DROP_SMALL:
            return without_islands_below(mask, amount)
        case EditKind.KEEP_RANGE:
            return within_hu(mask, ct, request.hu)
    piece = island_at(mask, at_lps_mm)
    if piece is None:
        raise InputError(tr("The crosshair is outside the mask; point at the piece to keep."))
    return piece


def _joined(mask: Mask, request: EditRequest, other: Mask | None) -> Mask:
    if other is None:
        raise InputError(tr("Choose the other structure first."))
    if request.kind is EditKind.ADD:
        return added(mask, other)
    return taken_away(mask, other) if request.kind is EditKind.SUBTRACT else common(mask, other)
