"""Reads from which brightness on PET and MR count as viable tumour, from a TOML file."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.viability import ViabilityRules, ViabilityThreshold

NEWEST_VERSION = 1
_WHAT = "The file of viability thresholds"


class _Threshold(Record):
    threshold: float = Field(gt=0, lt=1)
    source: Annotated[str, Field(min_length=1)]


class _File(Record):
    schema_version: int
    pet: _Threshold
    mr: _Threshold


def read_viability_rules(data: bytes) -> ViabilityRules:
    """Return the thresholds a TOML file holds.

    Raises
    ------
    InputError
        If a key is unknown or missing, a threshold is no fraction, or the schema version is newer
        than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    found = {
        kind: ViabilityThreshold(fraction=entry.threshold, source=entry.source)
        for kind, entry in (("pet", file.pet), ("mr", file.mr))
    }
    return ViabilityRules(MappingProxyType(found))
