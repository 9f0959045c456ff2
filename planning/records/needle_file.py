"""Reads the catalogue of needles, introducers and drills; chooses none and looks for no file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.errors import InputError
from planning.formats import Record, checked, parsed_json, require_version
from planning.model.needle import Needle, NeedleKind
from planning.model.needle_chain import Drill, Introducer, NeedleChain

NEWEST_VERSION = 1
_WHAT = "The needle catalogue"

_Text = Annotated[str, Field(min_length=1)]
_Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Needle(Record):
    key: _Text
    name: _Text
    kind: Annotated[NeedleKind, Field(strict=False)]
    gauge: int = Field(gt=0)
    outer_diameter_mm: _Length
    inner_diameter_mm: _Length
    usable_length_mm: _Length
    core_length_mm: _Length
    throw_mm: float = Field(default=0.0, ge=0)
    dead_space_mm: float = Field(default=0.0, ge=0)
    penetrates_bone: bool = False
    introducer: str = ""
    drill: str = ""
    source: _Text


class _Introducer(Record):
    key: _Text
    name: _Text
    gauge: int = Field(gt=0)
    outer_diameter_mm: _Length
    inner_diameter_mm: _Length
    usable_length_mm: _Length
    hub_length_mm: _Length
    source: _Text


class _Drill(Record):
    key: _Text
    name: _Text
    diameter_mm: _Length
    usable_length_mm: _Length
    source: _Text


class _File(Record):
    schema_version: int
    needles: list[_Needle] = Field(min_length=1)
    introducers: list[_Introducer] = Field(default_factory=list)
    drills: list[_Drill] = Field(default_factory=list)


def read_needles(data: bytes) -> dict[str, Needle]:
    """Return the needles of a catalogue (JSON) by key, in the file's order.

    Raises
    ------
    InputError
        If a key is unknown, missing, repeated or of the wrong kind, a needle does not fit its
        introducer, or the schema version is newer than this program knows.
    """
    raw = parsed_json(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    record = checked(_File, raw, _WHAT)
    introducers = {entry.key: entry for entry in record.introducers}
    drills = {entry.key for entry in record.drills}
    needles: dict[str, Needle] = {}
    for entry in record.needles:
        if entry.key in needles:
            raise _unfit(entry, "is listed twice; rename one")
        if entry.drill and entry.drill not in drills:
            raise _unfit(entry, f'names a drill "{entry.drill}" that is not listed')
        needles[entry.key] = _needle(entry, introducers)
    return needles


def read_chains(data: bytes) -> dict[str, NeedleChain]:
    """Return what each needle of a catalogue that `read_needles` accepts is used through, by key.

    Raises
    ------
    InputError
        As `read_needles` does.
    """
    read_needles(data)
    record = checked(_File, parsed_json(data, _WHAT), _WHAT)
    introducers = {e.key: Introducer(**e.model_dump()) for e in record.introducers}
    drills = {e.key: Drill(**e.model_dump()) for e in record.drills}
    return {
        entry.key: NeedleChain(
            introducer=introducers.get(entry.introducer), drill=drills.get(entry.drill)
        )
        for entry in record.needles
    }


def _needle(entry: _Needle, introducers: dict[str, _Introducer]) -> Needle:
    _check_lengths(entry)
    introducer = _introducer_of(entry, introducers)
    return Needle(
        **entry.model_dump(),
        introducer_hub_mm=introducer.hub_length_mm if introducer else 0.0,
        introducer_outer_diameter_mm=introducer.outer_diameter_mm if introducer else 0.0,
    )


def _check_lengths(entry: _Needle) -> None:
    if entry.inner_diameter_mm >= entry.outer_diameter_mm:
        raise _unfit(entry, "is wider inside than outside")
    if entry.kind is NeedleKind.TREPHINE and (entry.throw_mm or entry.dead_space_mm):
        raise _unfit(entry, "is a trephine; its throw and dead space have to be 0")
    if entry.core_length_mm + entry.dead_space_mm > entry.usable_length_mm:
        raise _unfit(entry, "is shorter than its own specimen")


def _introducer_of(entry: _Needle, introducers: dict[str, _Introducer]) -> _Introducer | None:
    """Return the introducer the needle is used through, once the two are known to fit."""
    if not entry.introducer:
        return None
    introducer = introducers.get(entry.introducer)
    if introducer is None:
        raise _unfit(entry, f'names an introducer "{entry.introducer}" that is not listed')
    if introducer.inner_diameter_mm <= entry.outer_diameter_mm:
        raise _unfit(entry, f'does not pass through its introducer "{introducer.key}"')
    if entry.usable_length_mm <= introducer.usable_length_mm + introducer.hub_length_mm:
        raise _unfit(entry, f'does not reach beyond its introducer "{introducer.key}" and its hub')
    return introducer


def _unfit(entry: _Needle, problem: str) -> InputError:
    return InputError(f'{_WHAT}: needle "{entry.key}" {problem}.')
