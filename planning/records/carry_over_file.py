"""Reads what becomes of masks on another CT and when a registration is good, from a TOML file."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.carry_rules import CarryRules, Moves
from planning.model.case import Role

NEWEST_VERSION = 1
_WHAT = "The file of what is carried over"

_Text = Annotated[str, Field(min_length=1)]


class _Number(Record):
    value: float = Field(gt=0, allow_inf_nan=False)
    source: _Text


class _Residual(Record):
    good_median_mm: _Number
    good_p95_mm: _Number
    usable_median_mm: _Number
    least_overlap: _Number
    least_correlation: _Number


class _Lesion(Record):
    inside_share: _Number
    touching_share: _Number


class _Bone(Record):
    dimmer_share: _Number


class _Role(Record):
    role: Annotated[Role, Field(strict=False)]
    how: Annotated[Moves, Field(strict=False)]
    source: _Text


class _File(Record):
    schema_version: int
    residual: _Residual
    lesion_in_bone: _Lesion
    bone: _Bone
    role: list[_Role]


def read_carry_rules(data: bytes) -> CarryRules:
    """Return what a TOML file says.

    Raises
    ------
    InputError
        If a key is unknown or missing, a role is missing or named twice, or the schema version is
        newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    named = [entry.role for entry in file.role]
    for role in Role:
        if named.count(role) != 1:
            message = f'{_WHAT} names role "{role}" {named.count(role)} times; name it once.'
            raise InputError(message)
    residual = file.residual
    return CarryRules(
        good_median_mm=residual.good_median_mm.value,
        good_p95_mm=residual.good_p95_mm.value,
        usable_median_mm=residual.usable_median_mm.value,
        least_overlap=residual.least_overlap.value,
        least_correlation=residual.least_correlation.value,
        inside_share=file.lesion_in_bone.inside_share.value,
        touching_share=file.lesion_in_bone.touching_share.value,
        dimmer_share=file.bone.dimmer_share.value,
        moves=MappingProxyType({entry.role: entry.how for entry in file.role}),
    )
