"""Reads where cores go and into what, from a TOML file; assigns no core."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.case import Indication
from planning.model.core_set import Purpose, SpecimenRules

NEWEST_VERSION = 1

_WHAT = "The file of specimen rules"

_Text = Annotated[str, Field(min_length=1)]
_Purpose = Annotated[Purpose, Field(strict=False)]
_Indication = Annotated[Indication, Field(strict=False)]


class _Density(Record):
    value: float = Field(allow_inf_nan=False)
    source: _Text


class _Share(Record):
    value: float = Field(gt=0, le=1)
    source: _Text


class _Sentence(Record):
    value: _Text
    source: _Text


class _Rules(Record):
    mineralised_hu: _Density
    recovery: _Share
    mineralised_advice: _Sentence


class _PurposeTable(Record):
    key: _Purpose
    container: _Text
    advice: _Text
    source: _Text


class _File(Record):
    schema_version: int
    rules: _Rules
    purpose: list[_PurposeTable]
    order: dict[_Indication, list[_Purpose]]


def read_specimen_rules(data: bytes) -> SpecimenRules:
    """Return the specimen rules a TOML file holds.

    Raises
    ------
    InputError
        If a key is unknown or missing, a purpose or an indication has no entry, or the schema
        version is newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    record = checked(_File, raw, _WHAT)
    tables = {table.key: table for table in record.purpose}
    for purpose in Purpose:
        if purpose not in tables:
            raise InputError(f'{_WHAT}: there is no [[purpose]] "{purpose}"; add one.')
    for indication in Indication:
        if indication not in record.order:
            raise InputError(f'{_WHAT}: [order] has no "{indication}"; add it.')
    rules = record.rules
    return SpecimenRules(
        mineralised_hu=rules.mineralised_hu.value,
        recovery=rules.recovery.value,
        containers={key: table.container for key, table in tables.items()},
        advice={key: table.advice for key, table in tables.items()},
        mineralised_advice=rules.mineralised_advice.value,
        order={key: tuple(purposes) for key, purposes in record.order.items()},
        sources=(
            ("mineralised_hu", rules.mineralised_hu.source),
            ("recovery", rules.recovery.source),
            ("mineralised_advice", rules.mineralised_advice.source),
            *((key.value, table.source) for key, table in tables.items()),
        ),
    )
