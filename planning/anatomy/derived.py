"""Structures that segmenters do not deliver and a needle must know; plans and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.anatomy.intercostal import DerivedBundle, bundles_of
from planning.anatomy.joint_rules import JointRules
from planning.anatomy.joints import DerivedJoint, joints_of
from planning.anatomy.pleura import DerivedPleura, pleura_of
from planning.anatomy.sites import plain_name
from planning.geometry import Grid
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role, Structure
from planning.model.plan import Notice
from planning.model.site import IntercostalBand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived:
    """What was computed from the given masks, and what its reader has to know."""

    structures: tuple[tuple[Structure, Mask], ...]
    notices: tuple[Notice, ...]


def derive(
    case: Case,
    images: CaseImages,
    joint_rules: JointRules,
    near: Grid,
    intercostal: IntercostalBand,
) -> Derived:
    """Return the joints, the pleura and the bundles under the ribs around the needle.

    A joint that was drawn by hand replaces the derived one of the same name, a drawn pleura the
    derived one, and drawn intercostal vessels the derived bundles. Bones beyond the needle's
    surroundings are left out, for their joints cannot matter. A joint that is missing because a
    bone has no mask is found out by the site's expected structures.

    Parameters
    ----------
    near : Grid
        The block of the CT's lattice that the needle can reach.
    """
    parts: list[DerivedJoint | DerivedPleura | DerivedBundle] = [
        *_joints(case, images, joint_rules, near),
        *_pleura(case, images),
        *_bundles(case, images, near, intercostal),
    ]
    found = [p for p in parts if _lies_in(p.mask, near)]
    return Derived(
        structures=tuple((p.structure, p.mask) for p in found),
        notices=tuple(Notice(p.structure.role.value, note) for p in found for note in p.notes),
    )


def _joints(
    case: Case, images: CaseImages, joint_rules: JointRules, near: Grid
) -> tuple[DerivedJoint, ...]:
    bones = {n: m for n, m in _named(case, images, Role.BONE).items() if _lies_in(m, near)}
    drawn = {s.name for s in case.trusted if s.role is Role.JOINT}
    found = joints_of(bones, joint_rules, images.ct.grid).found
    return tuple(j for j in found if j.structure.name not in drawn)


def _pleura(case: Case, images: CaseImages) -> tuple[DerivedPleura, ...]:
    lungs = _named(case, images, Role.LUNG)
    if not lungs or _named(case, images, Role.PLEURA):
        return ()
    return pleura_of(lungs, _named(case, images, Role.BONE), images.ct.grid)


def _bundles(
    case: Case, images: CaseImages, near: Grid, intercostal: IntercostalBand
) -> tuple[DerivedBundle, ...]:
    if any("intercostal" in plain_name(name) for name in _named(case, images, Role.VESSEL)):
        return ()
    return bundles_of(_named(case, images, Role.BONE), near, intercostal)


def _named(case: Case, images: CaseImages, role: Role) -> dict[str, Mask]:
    return {s.name: images.masks[s.mask_id] for s in case.trusted if s.role is role}


def _lies_in(mask: Mask, near: Grid) -> bool:
    overlap = mask.overlap(near)
    return overlap is not None and bool(overlap[1].any())
