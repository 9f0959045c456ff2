"""Reads sites, what is expected there and the surgeon's rules from TOML; looks at no case."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version, suggestion
from planning.model.case import Indication, Role
from planning.model.site import (
    Approach,
    CompartmentGroup,
    Direction,
    ExpectedStructure,
    IntercostalBand,
    Part,
    Rule,
    RuleKind,
    Site,
    SiteCurve,
    SiteTable,
)

NEWEST_VERSION = 1
_WHAT = "The file of sites"

_Text = Annotated[str, Field(min_length=1)]
_Word = Annotated[str, Field(min_length=1, pattern=r"^[^A-Z_]+$")]
_Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Expected(Record):
    name: _Text
    role: Annotated[Role, Field(strict=False)]
    words: list[_Word] = Field(default_factory=list)


class _Number(Record):
    value: _Length
    source: _Text


class _Curve(Record):
    objective: _Text
    label: _Text
    curve: list[Annotated[list[float], Field(min_length=2, max_length=2)]] = Field(min_length=1)
    source: _Text

    @field_validator("curve")
    @classmethod
    def _is_a_function(cls, curve: list[list[float]]) -> list[list[float]]:
        if any(b[0] <= a[0] for a, b in pairwise(curve)):
            raise ValueError("has values that do not ascend")
        if any(not 0 <= corner[1] <= 1 for corner in curve):
            raise ValueError("has desirabilities outside 0 to 1")
        return curve


class _Site(Record):
    key: _Text
    words: list[_Word]
    expected: list[_Expected]
    curves: list[_Curve] = Field(default_factory=list)
    canal_margin_in_bone_mm: _Number | None = None
    source: _Text


class _Approach(Record):
    directions: list[Annotated[Direction, Field(strict=False)]] = Field(min_length=1)
    within_deg: float = Field(gt=0, le=180)


class _Rule(Record):
    key: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    kind: Annotated[RuleKind, Field(strict=False)]
    text: _Text
    source: _Text
    sites: list[_Text] = Field(default_factory=list)
    for_indications: list[Annotated[Indication, Field(strict=False)]] = Field(default_factory=list)
    enabled: bool = True
    avoid: list[_Word] = Field(default_factory=list)
    part: Annotated[Part, Field(strict=False)] = Part.ALL
    approach: _Approach | None = None
    criterion: str = ""
    above: float | None = None
    below: float | None = None

    @field_validator("for_indications")
    @classmethod
    def _names_no_unknown(cls, indications: list[Indication]) -> list[Indication]:
        if Indication.UNKNOWN in indications:
            raise ValueError('may not hold "unknown", which behaves as "primary"; name that')
        return indications

    @model_validator(mode="after")
    def _looks_at_one_thing(self) -> _Rule:
        things = sum((bool(self.avoid), self.approach is not None, bool(self.criterion)))
        if self.kind in (RuleKind.REMINDER, RuleKind.NOTE):
            if things:
                raise ValueError(f'a {self.kind.value} measures nothing; make it "caution"')
        elif things != 1:
            raise ValueError('give exactly one of "avoid", "approach" and "criterion"')
        if bool(self.criterion) != ((self.above is None) != (self.below is None)):
            raise ValueError('a "criterion" needs exactly one of "above" and "below"')
        if self.part is not Part.ALL and not self.avoid:
            raise ValueError('"part" says which part to "avoid"')
        return self


class _Group(Record):
    name: _Text
    words: list[_Word] = Field(min_length=1)
    source: _Text


class _Band(Record):
    height_mm: _Number
    margin_mm: _Number


class _File(Record):
    schema_version: int
    intercostal_bundle: _Band
    site: list[_Site] = Field(min_length=1)
    rule: list[_Rule] = Field(default_factory=list)
    compartment: list[_Group] = Field(default_factory=list)


def read_sites(data: bytes) -> SiteTable:
    """Return the sites and rules that a TOML file holds.

    Raises
    ------
    InputError
        If a key is unknown, missing or of the wrong kind, two entries share a key, a rule names a
        site that is not there or does not look at exactly one thing, or the schema version is
        newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    _require_distinct([site.key for site in file.site], "site")
    _require_distinct([rule.key for rule in file.rule], "rule")
    _require_distinct([group.name for group in file.compartment], "compartment")
    _require_sites(file)
    band = file.intercostal_bundle
    return SiteTable(
        data=data,
        sites=tuple(_site(entry) for entry in file.site),
        rules=tuple(_rule(entry) for entry in file.rule),
        compartments=tuple(
            CompartmentGroup(name=g.name, words=tuple(g.words), source=g.source)
            for g in file.compartment
        ),
        intercostal=IntercostalBand(
            height_mm=band.height_mm.value,
            margin_mm=band.margin_mm.value,
            source=f"height: {band.height_mm.source}; margin: {band.margin_mm.source}",
        ),
    )


def _require_distinct(keys: list[str], kind: str) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise InputError(f'{_WHAT}: two [[{kind}]] entries are called "{repeated[0]}"; rename one.')


def _require_sites(file: _File) -> None:
    known = [site.key for site in file.site]
    for rule in file.rule:
        for key in rule.sites:
            if key not in known:
                message = f'{_WHAT}: rule "{rule.key}" names a site "{key}" that is not there'
                raise InputError(message + suggestion(key, known, "known are"))


def _site(record: _Site) -> Site:
    margin = record.canal_margin_in_bone_mm
    return Site(
        key=record.key,
        words=tuple(record.words),
        expected=tuple(
            ExpectedStructure(name=e.name, role=e.role.value, words=tuple(e.words))
            for e in record.expected
        ),
        curves=tuple(
            SiteCurve(
                objective=c.objective,
                label=c.label,
                curve=tuple((corner[0], corner[1]) for corner in c.curve),
                source=c.source,
            )
            for c in record.curves
        ),
        canal_margin_in_bone_mm=margin.value if margin is not None else None,
        source=record.source,
    )


def _rule(record: _Rule) -> Rule:
    approach = record.approach
    return Rule(
        key=record.key,
        kind=record.kind,
        text=record.text,
        source=record.source,
        sites=tuple(record.sites),
        for_indications=tuple(record.for_indications),
        enabled=record.enabled,
        avoid=tuple(record.avoid),
        part=record.part,
        approach=None
        if approach is None
        else Approach(directions=tuple(approach.directions), within_deg=approach.within_deg),
        criterion=record.criterion,
        above=record.above,
        below=record.below,
    )
