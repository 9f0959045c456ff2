"""Reads what each bone is and how its cortex is judged, from a TOML file; measures no bone."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import Field, model_validator

from planning.anatomy.bones import (
    BoneKind,
    BoneRules,
    CortexNumbers,
    NamedBone,
    WishedAngles,
    plain_name,
)
from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version

NEWEST_VERSION = 1
_WHAT = "The file of bones"

_Text = Annotated[str, Field(min_length=1)]
_Kind = Annotated[BoneKind, Field(strict=False)]
_Angle = Annotated[float, Field(ge=0, le=90)]


class _WishRecord(Record):
    key: _Kind
    from_deg: _Angle
    to_deg: _Angle
    source: _Text

    @model_validator(mode="after")
    def _is_a_range(self) -> _WishRecord:
        if self.to_deg <= self.from_deg:
            raise ValueError('"to_deg" has to be above "from_deg"')
        return self


class _Number(Record):
    value: float = Field(gt=0, allow_inf_nan=False)
    source: _Text


class _Cortex(Record):
    intact_hu: _Number
    shell_hu: _Number
    cortical_hu: _Number
    hard_hu: _Number
    hard_thickness_mm: _Number
    blurred_mm: _Number
    resolved_mm: _Number
    resolved_voxels: _Number
    hidden_mm: _Number
    rim_mm: _Number
    window_minimum_mm2: _Number
    in_bone_share: _Number
    touching_share: _Number


class _BoneRecord(Record):
    key: _Text
    kind: _Kind
    names: list[_Text] = Field(min_length=1)
    weight_bearing: bool = False


class _File(Record):
    schema_version: int
    kind: list[_WishRecord]
    cortex: _Cortex
    bone: list[_BoneRecord] = Field(min_length=1)


def read_bone_rules(data: bytes) -> BoneRules:
    """Return the bones and the numbers about cortex that a TOML file holds.

    Raises
    ------
    InputError
        If a kind is missing, a name stands for two bones, a key is unknown or repeated, or the
        schema version is newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    _require_distinct([w.key.value for w in file.kind], "kinds have the key")
    _require_distinct([b.key for b in file.bone], "bones have the key")
    names = [name for bone in file.bone for name in {plain_name(n) for n in bone.names}]
    _require_distinct(names, "bones go by the name")
    wishes = {
        w.key: WishedAngles(from_deg=w.from_deg, to_deg=w.to_deg, source=w.source)
        for w in file.kind
    }
    for kind in BoneKind:
        if kind not in wishes:
            raise InputError(f'{_WHAT} has no [[kind]] "{kind.value}"; add one.')
    return BoneRules(
        bones=tuple(
            NamedBone(key=b.key, kind=b.kind, names=tuple(b.names), weight_bearing=b.weight_bearing)
            for b in file.bone
        ),
        wishes=wishes,
        cortex=CortexNumbers(
            **{name: getattr(file.cortex, name).value for name in _Cortex.model_fields}
        ),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _require_distinct(keys: list[str], what: str) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise InputError(f'{_WHAT}: two {what} "{repeated[0]}"; rename one.')
