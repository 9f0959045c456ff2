"""Reads which bones form joints and how far capsules reach, from a JSON file; derives no joint."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.anatomy.joint_rules import Bone, Capsule, JointRule, JointRules, Part, Sides
from planning.errors import InputError
from planning.formats import Record, checked, parsed_json, require_version

NEWEST_VERSION = 1
_WHAT = "The file of joint rules"

_Text = Annotated[str, Field(min_length=1)]
_Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Bone(Record):
    key: _Text
    names: list[_Text] = Field(min_length=1)
    paired: bool = True
    label: str = ""


class _Capsule(Record):
    bone: _Text
    distance_mm: _Length
    part: Annotated[Part, Field(strict=False)] = Part.ALL
    modelled: bool = True
    source: _Text


class _Joint(Record):
    key: _Text
    name: _Text
    pairs: list[Annotated[list[_Text], Field(min_length=2, max_length=2)]] = Field(min_length=1)
    sides: Annotated[Sides, Field(strict=False)]
    capsules: list[_Capsule] = Field(min_length=1)
    note: str = ""


class _File(Record):
    schema_version: int
    source: _Text
    gap_mm: _Length
    shell_mm: _Length
    cortex_mm: _Length
    bones: list[_Bone] = Field(min_length=1)
    joints: list[_Joint] = Field(min_length=1)


def read_joint_rules(data: bytes) -> JointRules:
    """Return the joint rules a JSON file holds.

    Raises
    ------
    InputError
        If a joint names a bone that the file does not have, or the schema version is newer than
        this program knows.
    """
    raw = parsed_json(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    _require_distinct([bone.key for bone in file.bones], "bone")
    _require_distinct([joint.key for joint in file.joints], "joint")
    known = {bone.key for bone in file.bones}
    for joint in file.joints:
        _require_bones(joint, known)
    return JointRules(
        gap_mm=file.gap_mm,
        shell_mm=file.shell_mm,
        cortex_mm=file.cortex_mm,
        bones=tuple(
            Bone(key=b.key, names=tuple(b.names), paired=b.paired, label=b.label)
            for b in file.bones
        ),
        joints=tuple(_joint(j) for j in file.joints),
        source=file.source,
    )


def _require_distinct(keys: list[str], kind: str) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise InputError(f'{_WHAT}: two {kind}s have the key "{repeated[0]}"; rename one.')


def _require_bones(joint: _Joint, known: set[str]) -> None:
    members = {key for pair in joint.pairs for key in pair}
    for key in sorted(members - known):
        raise InputError(f'{_WHAT}: joint "{joint.key}" names a bone "{key}" that is not listed.')
    for capsule in joint.capsules:
        if capsule.bone not in members | {"*"}:
            message = (
                f'{_WHAT}: joint "{joint.key}" has a capsule on "{capsule.bone}", '
                "which is none of its bones."
            )
            raise InputError(message)
    if joint.sides is Sides.ACROSS and len(joint.pairs) != 1:
        message = f'{_WHAT}: joint "{joint.key}" lies across the midline and so has one pair.'
        raise InputError(message)


def _joint(joint: _Joint) -> JointRule:
    return JointRule(
        key=joint.key,
        name=joint.name,
        pairs=tuple((one, other) for one, other in joint.pairs),
        sides=joint.sides,
        capsules=tuple(Capsule(**dict(c)) for c in joint.capsules),
        note=joint.note,
    )
