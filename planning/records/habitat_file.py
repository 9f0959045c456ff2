"""Reads how habitats are found inside a tumour, from a TOML file; finds none."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.anatomy.habitat_rules import HabitatRules
from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version

NEWEST_VERSION = 1
_WHAT = "The file of habitat rules"

_Text = Annotated[str, Field(min_length=1)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Sourced(Record):
    source: _Text


class _Hu(_Sourced):
    value: float = Field(allow_inf_nan=False)


class _Size(_Sourced):
    value: _Positive


class _Sizes(_Sourced):
    value: list[_Positive] = Field(min_length=1)


class _Share(_Sourced):
    value: _Fraction


class _Count(_Sourced):
    value: int = Field(ge=1)


class _Habitats(Record):
    spacing_mm: _Size
    large_spacing_mm: _Size
    large_ml: _Size
    kernel_radius_mm: _Size
    air_hu: _Hu
    cortex_hu: _Hu
    mineral_hu: _Hu
    entropy_bin_hu: _Size
    log_scales_mm: _Sizes
    noise_repeats: _Count
    shift_voxels: _Share
    reliability_at_least: _Share
    redundant_correlation: _Share
    parts_at_most: _Count
    distance_at_least: _Size
    dice_at_least: _Share
    part_at_least_ml: _Size
    seed: _Count


class _File(Record):
    schema_version: int
    habitats: _Habitats


def read_habitat_rules(data: bytes) -> HabitatRules:
    """Return the habitat rules a TOML file holds.

    Raises
    ------
    InputError
        If a number is missing, misspelt or out of its range, or the schema version is newer than
        this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    habitats = checked(_File, raw, _WHAT).habitats
    values = {key: getattr(habitats, key).value for key in _Habitats.model_fields}
    values["log_scales_mm"] = tuple(values["log_scales_mm"])
    rules = HabitatRules(**values)
    if not rules.air_hu < rules.mineral_hu <= rules.cortex_hu:
        message = (
            f'{_WHAT}: "air_hu" has to be below "mineral_hu", and that not above "cortex_hu"; '
            f"{rules.air_hu:g}, {rules.mineral_hu:g} and {rules.cortex_hu:g} were given."
        )
        raise InputError(message)
    return rules
