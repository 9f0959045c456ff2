"""Structures that segmenters do not deliver and a needle must know; plans and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.anatomy.joint_rules import JointRules
from planning.anatomy.joints import joints_of
from planning.geometry import Grid
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role, Structure
from planning.model.plan import Notice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived:
    """What was computed from the given masks, and what its reader has to know."""

    structures: tuple[tuple[Structure, Mask], ...]
    notices: tuple[Notice, ...]


def derive(case: Case, images: CaseImages, joint_rules: JointRules, near: Grid) -> Derived:
    """Return the joints around the needle.

    A joint that was drawn by hand replaces the derived one of the same name. Bones beyond the
    needle's surroundings are left out, for their joints cannot matter. A joint that is missing
    because a bone has no mask is found out by the site's expected structures.

    Parameters
    ----------
    near : Grid
        The block of the CT's lattice that the needle can reach.
    """
    bones = {
        s.name: images.masks[s.mask_id]
        for s in case.structures
        if s.role is Role.BONE and _lies_in(images.masks[s.mask_id], near)
    }
    drawn = {s.name for s in case.structures if s.role is Role.JOINT}
    joints = joints_of(bones, joint_rules, images.ct.grid)
    found = [j for j in joints.found if j.structure.name not in drawn and _lies_in(j.mask, near)]
    return Derived(
        structures=tuple((j.structure, j.mask) for j in found),
        notices=tuple(Notice("joint", note) for j in found for note in j.notes),
    )


def _lies_in(mask: Mask, near: Grid) -> bool:
    overlap = mask.overlap(near)
    return overlap is not None and bool(overlap[1].any())
