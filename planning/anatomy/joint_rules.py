"""Which bones form which joint and how far each capsule reaches; rules as values, no masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from planning.anatomy.laterality import without_side


class Part(StrEnum):
    """Which part of a bone end a capsular distance holds for, seen around the bone's axis.

    A part replaces what ALL says there; MIDDLE is the band of 20 degrees about the coronal plane
    and replaces the halves as well.
    """

    ALL = "all"
    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    MIDDLE = "middle"


class Sides(StrEnum):
    """How a joint relates to left and right.

    PAIRED joins bones of one side; ACROSS joins the left bone with the right one; SPLIT is found
    once between two unpaired bones and has a left and a right part.
    """

    PAIRED = "paired"
    ACROSS = "across"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bone:
    """One bone and the names it goes by; several masks of these names are one bone.

    Parameters
    ----------
    names : tuple of str
        Without side; compared word by word, in lower case.
    paired : bool
        Whether there is a left and a right one, so that a mask that names no side may hold both.
    label : str
        As shown to people; the key if empty.
    """

    key: str
    names: tuple[str, ...]
    paired: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """How far from the joint space the capsule reaches along one bone end.

    Parameters
    ----------
    bone : str
        Key of the bone; ``*`` for every bone of the joint.
    modelled : bool
        Whether the distance describes this capsule; otherwise it is a general safety distance.
    """

    bone: str
    distance_mm: float
    part: Part = Part.ALL
    modelled: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointRule:
    """One joint (or one kind of joint, for the facet joints).

    Parameters
    ----------
    name : str
        As shown, without side; ``{pair}`` stands for the two bones.
    pairs : tuple of (str, str)
        Keys of the bones that meet. All pairs of a PAIRED joint belong to one cavity; of a SPLIT
        one each pair is a joint of its own, the cranial bone first.
    note : str
        What the reader has to know when the joint lies near.
    """

    key: str
    name: str
    pairs: tuple[tuple[str, str], ...]
    sides: Sides
    capsules: tuple[Capsule, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class JointRules:
    """All joints that are derived from bones.

    Parameters
    ----------
    gap_mm : float
        The joint space is what lies within this distance of both bones.
    shell_mm : float
        A capsule lies no further than this from its bone.
    cortex_mm : float
        A joint space and a capsule's attachment count this deep into their bones.
    """

    gap_mm: float
    shell_mm: float
    cortex_mm: float
    bones: tuple[Bone, ...]
    joints: tuple[JointRule, ...]
    source: str = ""

    @cached_property
    def by_name(self) -> Mapping[str, Bone]:
        """The bones by each of their names, in the form `without_side` gives."""
        return {without_side(name): bone for bone in self.bones for name in bone.names}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What to call each bone, by its key."""
        return {bone.key: bone.label or bone.key for bone in self.bones}

    def bone_of(self, name: str) -> Bone | None:
        """Return the bone a structure's name means, with or without a side, or None."""
        return self.by_name.get(without_side(name))
