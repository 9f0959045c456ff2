"""Reads how features of a lesion are to be measured, from a TOML file; measures nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.formats import Record, checked, parsed_toml, require_version
from planning.radiomics.settings import RadiomicSettings

NEWEST_VERSION = 1
_WHAT = "The file of radiomic settings"

_Text = Annotated[str, Field(min_length=1)]
_Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Positive(Record):
    value: _Length
    source: _Text


class _Number(Record):
    value: float = Field(allow_inf_nan=False)
    source: _Text


class _Lengths(Record):
    value: list[_Length]
    source: _Text


class _File(Record):
    schema_version: int
    grid_mm: _Positive
    bin_size_hu: _Positive
    lowest_bin_edge_hu: _Number
    log_scales_mm: _Lengths


def read_radiomic_settings(data: bytes) -> RadiomicSettings:
    """Return the settings a TOML file holds, each with its source.

    Raises
    ------
    InputError
        If a key is missing, unknown or out of range, or the schema version is newer than this
        program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    return RadiomicSettings(
        grid_mm=file.grid_mm.value,
        bin_size_hu=file.bin_size_hu.value,
        lowest_bin_edge_hu=file.lowest_bin_edge_hu.value,
        log_scales_mm=tuple(dict.fromkeys(file.log_scales_mm.value)),
        sources=(
            ("grid_mm", file.grid_mm.source),
            ("bin_size_hu", file.bin_size_hu.source),
            ("lowest_bin_edge_hu", file.lowest_bin_edge_hu.source),
            ("log_scales_mm", file.log_scales_mm.source),
        ),
    )
