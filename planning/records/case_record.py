"""The shape of `case.toml` as this version reads it; `case_file` turns it into a case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from planning.formats import Record
from planning.model.case import Guidance, Indication, Position, Role, Strategy

NEWEST_VERSION = 1

_Text = Annotated[str, Field(min_length=1)]
_Position = Annotated[Position, Field(strict=False)]


class CaseTable(Record):
    """The table [case]."""

    name: str = ""
    planning_ct: _Text
    patient_position: _Position | None = None
    ct_position: _Position | None = None
    indication: Annotated[Indication, Field(strict=False)] = Indication.UNKNOWN
    site: str = ""
    lesion: str = ""
    needle: str = ""
    protocol: _Text = "bone-ct"
    guidance: Annotated[Guidance, Field(strict=False)] | None = None
    patient_name: str = ""
    patient_id: str = ""
    sex: str = ""
    surgeon: str = ""
    strategy: Annotated[Strategy, Field(strict=False)] = Strategy.CORE
    birth_year: int | None = Field(default=None, ge=1850, le=2200)


class StructureTable(Record):
    """One [[structure]]."""

    role: Annotated[Role, Field(strict=False)]
    mask: _Text
    name: str = ""
    label: object = None
    names: str = ""
    margin_mm: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    reason: str = ""
    must_sample: bool = False
    made_by: str = ""
    series: str = ""
    date: str = ""
    verified_by: str = ""
    excluded_because: str = ""
    stale_because: str = ""
    colour: str = Field(default="", pattern=r"^(#[0-9A-Fa-f]{6})?$")

    @field_validator("label")
    @classmethod
    def _is_value_or_name(cls, label: object) -> object:
        whole = isinstance(label, int) and not isinstance(label, bool) and label > 0
        if label is None or whole or (isinstance(label, str) and label):
            return label
        raise ValueError("has to be a label value above 0, or the name of a segment or ROI")

    @model_validator(mode="after")
    def _only_habitats_are_sampled(self) -> StructureTable:
        if self.must_sample and self.role is not Role.HABITAT:
            raise ValueError('"must_sample" is for structures with role = "habitat"')
        return self


class LabelsTable(Record):
    """One [[labels]]: a whole multi-label mask."""

    mask: _Text
    names: str = ""
    roles: _Text
    made_by: str = ""
    series: str = ""
    date: str = ""
    verified_by: str = ""


class ImageTable(Record):
    """One [[image]]: a second image."""

    kind: Literal["pet", "mr"]
    path: _Text
    transform: str = ""
    unit: Literal["", "SUV"] = ""


class ViabilityTable(Record):
    """The table [viability]."""

    source: Literal["mask", "pet", "mr", "none"] = "mask"
    threshold: float | None = Field(default=None, gt=0, lt=1)
    image: str = ""


class RuleTable(Record):
    """One [[rule]]: what the case changes about a rule or a constraint, and why."""

    key: _Text
    enabled: bool = True
    kind: Literal["hard", "caution", ""] = ""
    reason: str

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str) -> str:
        if not reason.strip():
            raise ValueError("may not be empty: it is recorded with the plan")
        return reason.strip()


class CaseFile(Record):
    """A whole case file."""

    schema_version: Literal[1]
    case: CaseTable
    structure: list[StructureTable] = Field(default_factory=list)
    labels: list[LabelsTable] = Field(default_factory=list)
    image: list[ImageTable] = Field(default_factory=list)
    rule: list[RuleTable] = Field(default_factory=list)
    viability: ViabilityTable = Field(default_factory=ViabilityTable)

    @field_validator("rule")
    @classmethod
    def _changes_each_once(cls, rules: list[RuleTable]) -> list[RuleTable]:
        keys = [rule.key for rule in rules]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        if repeated:
            raise ValueError(f'has two entries with the key "{repeated[0]}"')
        return rules
