"""Carries a case over to the CT made on the table: masks, paths and second images move to it.

Registers nothing (`planning.imaging.registration` does), and measures nothing: what was planned has
to be planned or measured anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from planning.anatomy.body import body_of
from planning.anatomy.densities import hu_at
from planning.anatomy.laterality import laterality_notes
from planning.errors import InputError
from planning.image import CaseImages, Mask, Volume
from planning.imaging.moved_masks import moved_mask, moved_volume
from planning.imaging.patient_position import position_of_code
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.carry_rules import CarryRules, Moves
from planning.model.case import Case, OwnPath, Position, Role, Structure
from planning.model.plan import Candidate
from planning.model.plan_life import forked
from planning.progress import SILENT, Progress
from planning.records.carried_paths import carried_path, own_paths_with
from planning.records.case_file import LoadedCase

_NAMED_AT_MOST = 6
_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a carried mask comes from, in words, and whether the lesion lies in bone."""

    words: str
    in_bone: bool


def carry_over(
    case: Case,
    images: CaseImages,
    today: Volume,
    registration: Registration,
    *,
    rules: CarryRules,
    body: Mask | None = None,
    position: Position | None = None,
    selected: Candidate | None = None,
    derived: tuple[tuple[Structure, Mask], ...] = (),
    progress: Progress = SILENT,
) -> LoadedCase:
    """Return the case on another CT of the patient, not planned.

    Parameters
    ----------
    today : Volume
        The new planning CT.
    registration : Registration
        Fixed is the case's planning CT, moving is `today`.
    body : Mask or None
        The body in `today`, if it has been found already.
    position : Position or None
        How the patient lay in `today`, where its header does not say.
    selected : Candidate or None
        A planned trajectory that becomes a path of the user's own on the new CT.
    derived : tuple of (Structure, Mask)
        Texture regions found in the old CT: they become the case's habitats, so that they stay what
        they were. Other derived structures are derived anew.

    Raises
    ------
    InputError
        If the lesion lies outside the new CT.
    Cancelled
        If the result is no longer wanted.
    """
    progress.report(0.0, "Carrying masks over")
    transform = registration.transform
    given = tuple((s, images.masks[s.mask_id]) for s in case.structures)
    regions = tuple(pair for pair in derived if pair[0].role is Role.HABITAT)
    source = Source(words=_series_words(images.ct), in_bone=lesion_in_bone(given, rules))
    structures, masks, left = _moved_structures(
        (*given, *regions), images.ct, today, transform, rules, source, progress.part(0.0, 0.8)
    )
    _require_lesion(case, structures)
    progress.report(0.8, "Finding the skin")
    skin = body if body is not None else body_of(today)
    own, path_notes = _paths(case, selected, transform, skin)
    second = {k: moved_volume(v, transform, today) for k, v in images.second.items()}
    lay = position_of_code(today.series.position_code) or position
    notes = (
        _registered(images.ct, today, registration),
        *_position_note(lay),
        *_left_note(left),
        *path_notes,
        *_plan_note(case, selected),
        *_review_note(case),
    )
    moved = replace(
        forked(case),  # an approved plan is kept with its approval, and holds for the other CT
        ct_position=lay,
        structures=structures,
        second_images=tuple(replace(image, transform="") for image in case.second_images),
        own_paths=own,
        plan=None,
        reviews=(),  # they speak of needles where the old CT has them
        notes=(),
        side_notes=(),
    )
    sides = laterality_notes(moved, masks)
    kept = tuple(note for note in case.notes if note not in case.side_notes)
    progress.report(1.0, "Carried over")
    return LoadedCase(
        case=replace(moved, notes=(*sides, *notes, *kept), side_notes=sides),
        images=CaseImages(ct=today, masks=masks, second=second),
    )


def lesion_in_bone(structures: Iterable[tuple[Structure, Mask]], rules: CarryRules) -> bool:
    """Tell whether any tumour lies in bone masks, or has enough of its surface on them."""
    pairs = tuple(structures)
    bones = [mask for s, mask in pairs if s.role is Role.BONE]
    for structure, mask in pairs:
        if structure.role not in (Role.TUMOUR, Role.VIABLE):
            continue
        tumour = mask.cropped(margin_voxels=2)
        bone = np.zeros_like(tumour.inside)
        for other in bones:
            bone |= other.on(tumour.grid)
        around = ndimage.binary_dilation(tumour.inside) & ~tumour.inside
        inside = (bone & tumour.inside).sum() / max(int(tumour.inside.sum()), 1)
        touching = (bone & around).sum() / max(int(around.sum()), 1)
        if inside >= rules.inside_share or touching >= rules.touching_share:
            return True
    return False


def _moved_structures(
    pairs: tuple[tuple[Structure, Mask], ...],
    ct: Volume,
    today: Volume,
    transform: RigidTransform,
    rules: CarryRules,
    source: Source,
    progress: Progress,
) -> tuple[tuple[Structure, ...], dict[str, Mask], tuple[str, ...]]:
    """Return the structures that are in today's CT, their masks, and the names of the others."""
    structures, masks, left = [], {}, []
    for number, (structure, mask) in enumerate(pairs):
        progress.report(number / len(pairs), f"Carrying over {structure.name}")
        how = rules.moves[structure.role]
        moved = None if how is Moves.LEFT else moved_mask(mask, transform, today)
        if moved is None:
            if how is not Moves.LEFT:
                left.append(structure.name)
            continue
        why = _why_stale(structure, mask, how, ct, today, transform, rules, source)
        structures.append(replace(structure, stale_because=why))
        masks[structure.mask_id] = moved
    return tuple(structures), masks, tuple(left)


def _why_stale(
    structure: Structure,
    mask: Mask,
    how: Moves,
    ct: Volume,
    today: Volume,
    transform: RigidTransform,
    rules: CarryRules,
    source: Source,
) -> str:
    """Say why a moved mask has to be looked at; empty where it lies in the registered bone."""
    moved = f"moved from {source.words}; check it"
    if how is Moves.SOFT or (how is Moves.LESION and not source.in_bone):
        return moved
    if structure.role is Role.BONE and _is_dimmer(mask, ct, today, transform, rules.dimmer_share):
        return f"moved from {source.words}, and does not lie on bone there; check it"
    return structure.stale_because  # what was not checked before is not checked now


def _is_dimmer(
    mask: Mask, ct: Volume, today: Volume, transform: RigidTransform, share: float
) -> bool:
    """Tell whether what lies under a mask is darker in today's CT, where that shows it."""
    kji = np.argwhere(mask.inside)
    kji = kji[:: max(1, len(kji) // _LOOKED_AT)]
    points = mask.grid.lps_from_index(kji[:, ::-1])
    moved = transform.second_from_ct(points)
    both = today.grid.contains(moved)
    if not both.any():
        return False
    here, there = hu_at(ct, points[both]), hu_at(today, moved[both])
    return float(there.mean()) < (1.0 - share) * float(here.mean())


def _require_lesion(case: Case, structures: tuple[Structure, ...]) -> None:
    names = [s.name for s in structures if s.role is Role.TUMOUR and not s.excluded_because]
    wanted = [s.name for s in case.trusted if s.role is Role.TUMOUR]
    if not wanted or (case.lesion in names if case.lesion else names):
        return
    message = (
        f'Lesion "{case.lesion or wanted[0]}" lies outside the new scan. Scan the region of the '
        "lesion, or choose another series."
    )
    raise InputError(message)


def _paths(
    case: Case, selected: Candidate | None, transform: RigidTransform, body: Mask
) -> tuple[tuple[OwnPath, ...], tuple[str, ...]]:
    unseen = []
    moved = []
    for own in case.own_paths:
        carried = carried_path(own.trajectory, transform, body)
        moved.append(replace(own, trajectory=carried.trajectory))
        if not carried.skin_seen:
            unseen.append(own.path_id)
    paths = tuple(moved)
    ids = {own.path_id for own in case.own_paths}
    if selected is not None and selected.candidate_id not in ids:
        carried = carried_path(selected.trajectory, transform, body)
        paths = own_paths_with(paths, carried.trajectory)
        if not carried.skin_seen:
            unseen.append(paths[-1].path_id)
    if not unseen:
        return paths, ()
    note = (
        f"the new scan does not show the skin on the axis of {', '.join(unseen)}: its entry is "
        "only where the old one moves to, and its depths are not those of a needle"
    )
    return paths, (note,)


def _series_words(ct: Volume) -> str:
    return f"the CT of {ct.series.date}" if ct.series.date else "the earlier planning CT"


def _registered(ct: Volume, today: Volume, registration: Registration) -> str:
    residual = registration.residual
    to = f"that of {today.series.date}" if today.series.date else "the new scan"
    apart = (
        "by eye alone: bone surfaces could not be compared"
        if residual is None
        else f"bone surfaces near the lesion are {residual.median_mm:.1f} mm apart, 95 % under "
        f"{residual.p95_mm:.1f} mm"
    )
    return f"carried over from {_series_words(ct)} to {to} ({registration.method}): {apart}"


def _position_note(lay: Position | None) -> tuple[str, ...]:
    if lay is not None:
        return ()
    return ("the new scan does not say how the patient lay; it is taken to be as for the biopsy",)


def _left_note(left: tuple[str, ...]) -> tuple[str, ...]:
    if not left:
        return ()
    more = len(left) - _NAMED_AT_MOST
    spoken = [name.replace("_", " ") for name in left[:_NAMED_AT_MOST]]
    named = ", ".join(spoken) + (f" and {more} more" if more > 0 else "")
    return (f"outside the new scan, so not carried over and not checked: {named}",)


def _review_note(case: Case) -> tuple[str, ...]:
    if not case.reviews:
        return ()
    return ("the reviews of control CTs stay with the earlier CT, whose needles they speak of",)


def _plan_note(case: Case, selected: Candidate | None) -> tuple[str, ...]:
    if case.plan is None or selected is None:
        return ()
    depths = ", ".join(
        f"{what} {value:.0f} mm"
        for what, key in (("stop", "stop_depth_mm"), ("tip", "insertion_depth_mm"))
        if (value := selected.criteria.get(key)) is not None
    )
    angles = ", ".join(
        f"{what} {value:.0f} deg"
        for what, key in (
            ("axial", "axial_angle_deg"),
            ("craniocaudal", "craniocaudal_angle_deg"),
        )
        if (value := selected.criteria.get(key)) is not None
    )
    said = "; ".join(part for part in (depths, angles) if part)
    return (f"{selected.candidate_id} was planned on the earlier CT with {said}",) if said else ()
