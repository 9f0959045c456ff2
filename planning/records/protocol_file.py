"""Reads a planning protocol from its TOML file; judges no trajectory and looks for no file."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.case import Guidance, Indication, Role
from planning.model.core_set import CoreRules
from planning.model.protocol import (
    AdjustableLimit,
    Caution,
    Constraint,
    Objective,
    Protocol,
    ReviewRules,
    Search,
    StrategyRules,
)
from planning.model.site import SiteTable

NEWEST_VERSION = 1

_Guidance = Annotated[Guidance, Field(strict=False)]
_Indication = Annotated[Indication, Field(strict=False)]
_Role = Annotated[Role, Field(strict=False)]
_Text = Annotated[str, Field(min_length=1)]


class _Head(Record):
    version: _Text
    title: _Text
    needle: _Text
    guidance: _Guidance


class _Number(Record):
    value: float = Field(ge=0, allow_inf_nan=False)
    source: _Text


class _Count(Record):
    value: int = Field(gt=0)
    source: _Text


class _Search(Record):
    entry_spacing_mm: _Number
    tip_spacing_mm: _Number
    candidates_at_most: _Count
    step_mm: _Number
    entry_side_max_deg: _Number
    border_mm: _Number
    beyond_tip_mm: _Number
    minimum_desirability: _Number
    specimen_minimum_mm: _Number
    specimen_minimum_chord_fraction: _Number
    alternative_entries_apart_mm: _Number
    alternative_directions_apart_deg: _Number
    bore_diameter_mm: _Number
    hub_clearance_mm: _Number
    risk_window_mm: _Number
    risk_range_mm: _Number

    @model_validator(mode="after")
    def _steps_are_positive(self) -> _Search:
        for key in ("entry_spacing_mm", "tip_spacing_mm", "step_mm", "minimum_desirability"):
            if getattr(self, key).value <= 0:
                raise ValueError(f'"{key}" has to be above 0')
        return self


class _Constraint(Record):
    key: _Text
    criterion: _Text
    at_least: float | None = None
    at_most: float | None = None
    by_guidance: dict[_Guidance, float] = Field(default_factory=dict)
    not_for: list[_Indication] = Field(default_factory=list)
    floor: float | None = None
    margin_by_role: dict[_Role, float] = Field(default_factory=dict)
    envelope: bool = False
    switchable: bool = True
    text: _Text
    source: _Text

    @model_validator(mode="after")
    def _has_one_limit(self) -> _Constraint:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError('give exactly one of "at_least" and "at_most"')
        return self


class _Objective(Record):
    key: _Text
    criterion: _Text
    curve: list[Annotated[list[float], Field(min_length=2, max_length=2)]] = Field(min_length=1)
    weight: float = Field(gt=0, allow_inf_nan=False)
    pareto: bool = False
    label: _Text
    short: str = ""
    source: _Text

    @model_validator(mode="after")
    def _curve_is_a_function(self) -> _Objective:
        values = [corner[0] for corner in self.curve]
        if any(b <= a for a, b in pairwise(values)):
            raise ValueError('the values of "curve" have to ascend')
        if any(not 0 <= corner[1] <= 1 for corner in self.curve):
            raise ValueError('the desirabilities of "curve" have to lie between 0 and 1')
        return self


class _Caution(Record):
    key: _Text
    criterion: _Text
    text: _Text
    above: float | None = None
    below: float | None = None
    source: _Text

    @model_validator(mode="after")
    def _has_a_threshold(self) -> _Caution:
        if (self.above is None) == (self.below is None):
            raise ValueError('give exactly one of "above" and "below"')
        return self


class _Adjustable(Record):
    key: _Text
    tightest: float = Field(allow_inf_nan=False)
    step: float = Field(gt=0, allow_inf_nan=False)
    loosest: float | None = Field(default=None, allow_inf_nan=False)
    criterion: str = ""
    text: str = ""
    label: _Text
    short: str = ""
    source: _Text

    @model_validator(mode="after")
    def _is_whole(self) -> _Adjustable:
        given = (self.loosest is not None, bool(self.criterion), bool(self.text))
        if any(given) and not all(given):
            raise ValueError('give "loosest", "criterion" and "text" together, or none of them')
        if self.loosest == self.tightest:
            raise ValueError('"loosest" and "tightest" have to differ')
        return self


class _Indications(Record):
    value: list[_Indication]
    source: _Text


class _Cores(Record):
    count: _Count
    one_entry_for: _Indications
    fan_bone_deg: _Number
    fan_soft_deg: _Number
    spacing_mm: _Number
    collision_mm: _Number
    habitat_minimum_mm: _Number
    scenarios: _Count
    tested_at_most: _Count
    gap_at_most: _Number
    seconds_at_most: _Number
    weight_habitats: _Number
    weight_must_sample: _Number
    weight_enough: _Number
    weight_length: _Number


class _Strategies(Record):
    rim_mm: _Number
    rim_at_most_hu: _Number
    interface_mm: _Number


class _Review(Record):
    lateral_tip_mm: _Number
    depth_mm: _Number
    angle_deg: _Number
    match_within_mm: _Number
    match_within_deg: _Number


class _File(Record):
    schema_version: int
    protocol: _Head
    search: _Search
    cores: _Cores
    strategies: _Strategies
    constraint: list[_Constraint]
    objective: list[_Objective] = Field(min_length=1)
    caution: list[_Caution] = Field(default_factory=list)
    adjustable: list[_Adjustable] = Field(default_factory=list)
    review: _Review | None = None

    @model_validator(mode="after")
    def _adjusts_what_there_is(self) -> _File:
        held = {c.key for c in self.constraint}
        for limit in self.adjustable:
            if (limit.key in held) == (limit.loosest is not None):
                raise ValueError(
                    f'[[adjustable]] "{limit.key}": give "loosest", "criterion" and "text" where '
                    "no constraint has that key, and only there"
                )
        return self


def read_protocol(data: bytes, key: str, sites: SiteTable) -> Protocol:
    """Return the protocol a TOML file holds.

    Parameters
    ----------
    key : str
        Name under which cases ask for it; the file's name without its ending.
    sites : SiteTable
        The sites and rules that every protocol shares.

    Raises
    ------
    InputError
        If a key is unknown, missing or of the wrong kind, two entries share a key, or the schema
        version is newer than this program knows.
    """
    what = f'Protocol "{key}"'
    raw = parsed_toml(data, what)
    require_version(raw, NEWEST_VERSION, what)
    record = checked(_File, raw, what)
    for kind in ("constraint", "objective", "caution", "adjustable"):
        _require_distinct([entry.key for entry in getattr(record, kind)], kind, what)
    return Protocol(
        key=key,
        version=record.protocol.version,
        title=record.protocol.title,
        sha256=hashlib.sha256(data + sites.data).hexdigest(),
        needle_key=record.protocol.needle,
        guidance=record.protocol.guidance,
        search=_search(record.search),
        constraints=tuple(_constraint(entry) for entry in record.constraint),
        objectives=tuple(_objective(entry) for entry in record.objective),
        cautions=tuple(Caution(**entry.model_dump()) for entry in record.caution),
        sites=sites.sites,
        rules=sites.rules,
        compartments=sites.compartments,
        intercostal=sites.intercostal,
        cores=_cores(record.cores),
        strategies=_strategies(record.strategies),
        adjustable=tuple(AdjustableLimit(**a.model_dump()) for a in record.adjustable),
        review=None if record.review is None else _review(record.review),
    )


def _require_distinct(keys: list[str], kind: str, what: str) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise InputError(
            f'{what}: two [[{kind}]] entries have the key "{repeated[0]}"; rename one.'
        )


def _search(record: _Search) -> Search:
    numbers = {name: getattr(record, name) for name in _Search.model_fields}
    return Search(
        **{name: number.value for name, number in numbers.items()},
        sources=tuple((name, number.source) for name, number in numbers.items()),
    )


def _cores(record: _Cores) -> CoreRules:
    entries = {name: getattr(record, name) for name in _Cores.model_fields}
    values = {name: entry.value for name, entry in entries.items()}
    values["one_entry_for"] = tuple(record.one_entry_for.value)
    return CoreRules(
        **values, sources=tuple((name, entry.source) for name, entry in entries.items())
    )


def _strategies(record: _Strategies) -> StrategyRules:
    entries = {name: getattr(record, name) for name in _Strategies.model_fields}
    return StrategyRules(
        **{name: entry.value for name, entry in entries.items()},
        sources=tuple((name, entry.source) for name, entry in entries.items()),
    )


def _review(record: _Review) -> ReviewRules:
    entries = {name: getattr(record, name) for name in _Review.model_fields}
    return ReviewRules(
        **{name: entry.value for name, entry in entries.items()},
        sources=tuple((name, entry.source) for name, entry in entries.items()),
    )


def _constraint(record: _Constraint) -> Constraint:
    margins = tuple((role.value, margin) for role, margin in record.margin_by_role.items())
    return Constraint(
        key=record.key,
        criterion=record.criterion,
        at_least=record.at_least,
        at_most=record.at_most,
        by_guidance=tuple(record.by_guidance.items()),
        not_for=tuple(record.not_for),
        floor=record.floor,
        margin_by_role=margins,
        envelope=record.envelope,
        switchable=record.switchable,
        text=record.text,
        source=record.source,
    )


def _objective(record: _Objective) -> Objective:
    return Objective(
        key=record.key,
        criterion=record.criterion,
        curve=tuple((corner[0], corner[1]) for corner in record.curve),
        weight=record.weight,
        pareto=record.pareto,
        label=record.label,
        source=record.source,
        short=record.short or record.label,
    )
