"""Reads what a grid of markers on the skin looks like, from a TOML file; finds no grid."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.anatomy.skin_grid import SkinGridRules
from planning.formats import Record, checked, parsed_toml, require_version

NEWEST_VERSION = 1
_WHAT = "The file of skin grids"

_Text = Annotated[str, Field(min_length=1)]


class _Number(Record):
    value: float = Field(gt=0, allow_inf_nan=False)
    source: _Text


class _Count(Record):
    value: int = Field(ge=3)
    source: _Text


class _Grid(Record):
    least_hu: _Number
    outside_mm: _Number
    inside_mm: _Number
    dot_at_most_mm: _Number
    followed_mm: _Number
    followed_share: _Number
    drift: _Number
    spacing_least_mm: _Number
    spacing_most_mm: _Number
    irregular_share: _Number
    lines_least: _Count


class _File(Record):
    schema_version: int
    grid: _Grid


def read_skin_grid_rules(data: bytes) -> SkinGridRules:
    """Return the rules of a TOML file.

    Raises
    ------
    InputError
        If a number is missing, unknown or not positive, or has no source, or the schema version is
        newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    record = checked(_File, raw, _WHAT).grid
    return SkinGridRules(**{name: number["value"] for name, number in record.model_dump().items()})
