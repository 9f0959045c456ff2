"""A case with one structure changed, as a pure function of both; applies and shows nothing."""

from __future__ import annotations

from dataclasses import replace

from app.language import mark
from planning.editing.naming import first_key
from planning.image import Mask
from planning.model.case import Case, Role, Structure

NOTHING_DRAWN = mark("nothing is drawn in its mask")
"""Why a structure with an empty mask is not used; goes into plans, so it stays English."""
EDITED = mark("edited")
DRAWN_BY_HAND = mark("drawn by hand")


def structure_of(case: Case, key: str) -> Structure | None:
    """Return the structure of the case whose mask is a version of `key`, or None."""
    return next((s for s in case.structures if first_key(s.mask_id) == key), None)


def exchanged(case: Case, old: Structure, new: Structure) -> Case:
    """Return the case with one structure in the place of another; its plan no longer holds.

    A lesion that is called by name is still the lesion under another name.
    """
    structures = tuple(new if s is old else s for s in case.structures)
    lesion = new.name if case.lesion and case.lesion == old.name else case.lesion
    return replace(case, structures=structures, lesion=lesion, plan=None)


def with_more(case: Case, structure: Structure) -> Case:
    """Return the case with one more structure; its plan no longer holds."""
    return replace(case, structures=(*case.structures, structure), plan=None)


def as_edited(structure: Structure, mask_id: str, mask: Mask, today: str) -> Structure:
    """Return a structure whose mask somebody changed by hand.

    Who made it says so from now on, nobody has checked it as it is now, and as long as nothing is
    drawn in it, it is not used.
    """
    maker = structure.made_by
    if maker != DRAWN_BY_HAND and not maker.endswith(EDITED):
        maker = f"{maker}, {EDITED}" if maker else EDITED
    excluded = structure.excluded_because
    if not mask.inside.any():
        excluded = excluded or NOTHING_DRAWN
    elif excluded == NOTHING_DRAWN:
        excluded = ""
    return replace(
        structure,
        mask_id=mask_id,
        made_by=maker,
        date=today,
        verified_by="",
        excluded_because=excluded,
    )


def free_name(case: Case, wanted: str) -> str:
    """Return a name that no structure of the case has: `wanted`, or with a number after it."""
    names = {s.name for s in case.structures}
    if wanted not in names:
        return wanted
    number = 2
    while f"{wanted} ({number})" in names:
        number += 1
    return f"{wanted} ({number})"


def role_of_new(case: Case) -> Role:
    """Return what a newly drawn structure is until somebody says otherwise.

    The tumour where there is none; else a place no needle may cross, which errs to the safe side.
    """
    has_tumour = any(s.role is Role.TUMOUR for s in case.trusted)
    return Role.FORBIDDEN if has_tumour else Role.TUMOUR
