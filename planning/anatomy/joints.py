"""Joints that segmenters do not deliver, derived from pairs of bones; rules come from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from planning.anatomy.facets import column_of, facet_spaces, halves
from planning.anatomy.joint_rules import JointRule, JointRules, Sides
from planning.anatomy.joint_space import capsule_around, joined, space_between
from planning.anatomy.laterality import Side, side_in_name
from planning.anatomy.sides import split_sides
from planning.geometry import Grid
from planning.image import Mask
from planning.model.case import Role, Structure

_SIDES: tuple[Side | None, ...] = (Side.RIGHT, Side.LEFT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DerivedJoint:
    """One joint of the patient.

    Parameters
    ----------
    structure : Structure
        Role joint, with side and the bones it was derived from.
    mask : Mask
        Space and capsule, on a block of the CT's lattice.
    space : Mask
        What lies close to both bones, the rim of their cortex included.
    notes : tuple of str
        What the model of this joint leaves out.
    """

    structure: Structure
    mask: Mask
    space: Mask
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingJoint:
    """A joint of which a bone is there, but that could not be derived.

    Parameters
    ----------
    bones : tuple of str
        Names of the structures that are there.
    """

    name: str
    reason: str
    bones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joints:
    """All joints the bones tell of, and those they do not."""

    found: tuple[DerivedJoint, ...]
    missing: tuple[MissingJoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bone:
    """All masks of one bone of one side."""

    key: str
    names: tuple[str, ...]
    masks: tuple[Mask, ...]


def joints_of(bones: Mapping[str, Mask], rules: JointRules, ct_grid: Grid) -> Joints:
    """Return the joints between bones.

    A mask that names no side is split into left and right where it holds both. A joint is named
    after the side of its bones; it has no side where none of them tells one.

    Parameters
    ----------
    bones : mapping of str to Mask
        By structure name (``hip_left``, ``vertebrae_L5``, ``tibia``), on blocks of the CT's
        lattice. Names that mean no bone of the rules are passed over.
    """
    skeleton = _Skeleton.of(bones, rules, ct_grid)
    results = [r for rule in rules.joints for r in _derived(rule, skeleton)]
    return Joints(
        found=tuple(r for r in results if isinstance(r, DerivedJoint)),
        missing=tuple(r for r in results if isinstance(r, MissingJoint)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Skeleton:
    """The masks by bone and side, with the rules and the lattice they live on."""

    parts: Mapping[tuple[str, Side | None], tuple[tuple[str, Mask], ...]]
    rules: JointRules
    ct_grid: Grid

    @classmethod
    def of(cls, bones: Mapping[str, Mask], rules: JointRules, ct_grid: Grid) -> _Skeleton:
        parts: dict[tuple[str, Side | None], tuple[tuple[str, Mask], ...]] = {}
        for name, mask in bones.items():
            bone = rules.bone_of(name)
            if bone is None:
                continue
            side = side_in_name(name) if bone.paired else None
            whole: dict[Side | None, Mask] = {side: mask}
            if bone.paired and side is None:
                whole = split_sides(mask, ct_grid)
            for where, part in whole.items():
                key = (bone.key, where)
                parts[key] = (*parts.get(key, ()), (name, part))
        return cls(parts=parts, rules=rules, ct_grid=ct_grid)

    def sides(self, keys: Sequence[str]) -> tuple[Side | None, ...]:
        """Return the sides on which any of the bones is known to be, none if no side is known."""
        known = tuple(s for s in _SIDES if any((k, s) in self.parts for k in keys))
        return known or ((None,) if any((k, None) in self.parts for k in keys) else ())

    def bone(self, key: str, side: Side | None) -> _Bone | None:
        """Return a bone of one side, parts of unknown side included, or None."""
        found = self.parts.get((key, side), ())
        if side is not None:
            found = (*found, *self.parts.get((key, None), ()))
        if not found:
            return None
        names, masks = zip(*found, strict=True)
        return _Bone(key=key, names=names, masks=masks)


def _derived(rule: JointRule, skeleton: _Skeleton) -> Iterator[DerivedJoint | MissingJoint]:
    if rule.sides is Sides.SPLIT:
        for keys in rule.pairs:
            yield from _split(rule, skeleton, keys)
    elif rule.sides is Sides.ACROSS:
        ((one, other),) = rule.pairs
        pair = skeleton.bone(one, Side.LEFT), skeleton.bone(other, Side.RIGHT)
        if any(pair):
            yield _one_joint(rule, skeleton, [pair], None)
    else:
        for side in skeleton.sides([key for pair in rule.pairs for key in pair]):
            pairs = [(skeleton.bone(a, side), skeleton.bone(b, side)) for a, b in rule.pairs]
            yield _one_joint(rule, skeleton, pairs, side)


def _one_joint(
    rule: JointRule,
    skeleton: _Skeleton,
    pairs: Sequence[tuple[_Bone | None, _Bone | None]],
    side: Side | None,
) -> DerivedJoint | MissingJoint:
    """Return the joint of all its pairs of bones, or why there is none."""
    name = f"{side.value} {rule.name}" if side is not None else rule.name
    spaces, used = [], []
    for one, other in pairs:
        if one is None or other is None:
            continue
        space = space_between(one.masks, other.masks, skeleton.rules, skeleton.ct_grid)
        if space is not None:
            spaces.append(space)
            used += [one, other]
    if not spaces:
        return _missing(skeleton, name, rule.pairs, pairs)
    bones = tuple({id(b): b for b in used}.values())
    return _joint(rule, skeleton, name, joined(spaces, skeleton.ct_grid), bones)


def _split(
    rule: JointRule, skeleton: _Skeleton, keys: tuple[str, str]
) -> Iterator[DerivedJoint | MissingJoint]:
    """Yield the right and the left joint between two unpaired bones."""
    upper, lower = (skeleton.bone(key, None) for key in keys)
    if upper is None and lower is None:
        return
    name = rule.name.format(pair="/".join(skeleton.rules.labels[key] for key in keys))
    space = None
    if upper is not None and lower is not None:
        space = space_between(upper.masks, lower.masks, skeleton.rules, skeleton.ct_grid)
    if space is None or upper is None or lower is None:
        yield _missing(skeleton, name, [keys], [(upper, lower)])
        return
    column = column_of(upper.masks, lower.masks, skeleton.ct_grid)
    parts = facet_spaces(space, column) if column is not None else (None, None)
    spaces = [p for p in parts if p is not None]
    if column is None or not spaces:
        yield _missing(skeleton, name, [keys], [(upper, lower)])
        return
    whole = _joint(rule, skeleton, name, joined(spaces, skeleton.ct_grid), (upper, lower))
    sides = zip((Side.RIGHT, Side.LEFT), parts, halves(whole.mask, column), strict=True)
    for side, part, half in sides:
        if part is None:
            yield _missing(skeleton, f"{side} {name}", [keys], [(upper, lower)])
        else:
            yield replace(
                whole,
                structure=_structure(f"{side} {name}", (upper, lower)),
                mask=half.cropped(),
                space=part,
            )


def _joint(
    rule: JointRule, skeleton: _Skeleton, name: str, space: Mask, bones: tuple[_Bone, ...]
) -> DerivedJoint:
    grouped: dict[str, tuple[Mask, ...]] = {}
    for bone in bones:
        grouped[bone.key] = (*grouped.get(bone.key, ()), *bone.masks)
    capsule = capsule_around(space, grouped, rule.capsules, skeleton.rules, skeleton.ct_grid)
    mask = space if capsule is None else joined([space, capsule], skeleton.ct_grid)
    notes = _notes(rule, skeleton.rules, name, grouped)
    return DerivedJoint(structure=_structure(name, bones), mask=mask, space=space, notes=notes)


def _structure(name: str, bones: Sequence[_Bone]) -> Structure:
    sources = dict.fromkeys(n for b in bones for n in b.names)
    return Structure(
        name=name,
        role=Role.JOINT,
        mask_id=f"derived/joint/{name}",
        made_by="Trephine",
        derived_from=", ".join(sources),
    )


def _notes(
    rule: JointRule, rules: JointRules, name: str, bones: Mapping[str, object]
) -> tuple[str, ...]:
    notes = [f"{name}: {rule.note}"] if rule.note else []
    for capsule in rule.capsules:
        if not capsule.modelled and (capsule.bone == "*" or capsule.bone in bones):
            of = "" if capsule.bone == "*" else f" of the {rules.labels[capsule.bone]}"
            notes.append(f"{name}: capsule{of} not modelled, {capsule.distance_mm:g} mm taken")
    for absent in dict.fromkeys(k for pair in rule.pairs for k in pair if k not in bones):
        if rule.sides is Sides.PAIRED:
            notes.append(f"{name}: derived without the {rules.labels[absent]}, of which no mask is")
    return tuple(notes)


def _missing(
    skeleton: _Skeleton,
    name: str,
    pairs: Sequence[tuple[str, str]],
    bones: Sequence[tuple[_Bone | None, _Bone | None]],
) -> MissingJoint:
    """Say which bones a joint lacks, or that they do not meet."""
    there = {b.key: b.names for pair in bones for b in pair if b is not None}
    met = any(one is not None and other is not None for one, other in bones)
    absent = dict.fromkeys(key for pair in pairs for key in pair if key not in there)
    if met:
        reason = f"no joint within {skeleton.rules.gap_mm:g} mm of the masks of both bones"
    elif absent:
        reason = f"no mask of {' or '.join(skeleton.rules.labels[k] for k in absent)}"
    else:
        reason = "no mask of the bone of the other side"
    present = dict.fromkeys(n for names in there.values() for n in names)
    return MissingJoint(name=name, reason=reason, bones=tuple(present))
