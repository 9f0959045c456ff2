"""The shape of `plan.json` as this version reads it; `plan_json` turns it into a plan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from planning.formats import Record
from planning.model.core_set import Purpose
from planning.model.needle import NeedleKind
from planning.trajectories.criteria import CRITERION_KEYS

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Point = Annotated[list[_Number], Field(min_length=3, max_length=3)]


class NeedleRecord(Record):
    """The needle a plan was made for."""

    key: str
    name: str
    kind: Annotated[NeedleKind, Field(strict=False)]
    gauge: int
    outer_diameter_mm: _Number
    inner_diameter_mm: _Number
    usable_length_mm: _Number
    core_length_mm: _Number
    throw_mm: _Number
    dead_space_mm: _Number
    penetrates_bone: bool
    introducer: str
    introducer_hub_mm: _Number
    introducer_outer_diameter_mm: _Number
    drill: str
    source: str


class ProtocolRecord(Record):
    """Which protocol a plan was made with."""

    key: str
    version: str
    sha256: str


class NearestRecord(Record):
    """Where a structure at risk comes nearest to the needle."""

    structure: str
    role: str
    clearance_mm: _Number
    depth_mm: _Number
    point_lps_mm: _Point
    margin_mm: _Number | None = None
    touch_probability: _Number | None = None


class CrossedRecord(Record):
    """A named soft tissue that a trajectory crosses."""

    structure: str
    length_mm: Annotated[_Number, Field(ge=0)]


class BoneRecord(Record):
    """How a needle gets into the bone."""

    bone: str
    kind: str
    broken: bool
    depth_mm: _Number
    incidence_deg: _Number | None
    thickness_along_mm: _Number | None
    thickness_mm: _Number | None
    thickness_resolved: bool
    peak_hu: _Number | None
    cortical_mm: _Number
    cancellous_mm: _Number
    window_area_mm2: _Number | None


class CandidateRecord(Record):
    """One planned trajectory."""

    id: str
    rank: int
    entry_lps_mm: _Point
    stop_lps_mm: _Point
    tip_lps_mm: _Point
    specimen_lps_mm: Annotated[list[_Point], Field(min_length=2, max_length=2)]
    score: _Number
    criteria: dict[str, _Number | None]
    habitat_mm: dict[str, _Number]
    nearest: list[NearestRecord]
    contributions: dict[str, _Number]
    warnings: list[str]
    compartments: list[CrossedRecord] = Field(default_factory=list)
    bone: BoneRecord | None = None
    measures: dict[str, _Number | None] = Field(default_factory=dict)

    @field_validator("criteria")
    @classmethod
    def _holds_all_criteria(cls, values: dict[str, float | None]) -> dict[str, float | None]:
        unknown = sorted(values.keys() - set(CRITERION_KEYS))
        missing = [key for key in CRITERION_KEYS if key not in values]
        if unknown:
            raise ValueError(f'"{unknown[0]}" is no criterion')
        if missing:
            raise ValueError(f'the criterion "{missing[0]}" is missing')
        return values


class CoreRecord(Record):
    """One core of a set."""

    candidate: str
    purpose: Annotated[Purpose, Field(strict=False)]
    container: str
    advice: str = ""
    tissue_mm3: _Number = 0.0
    expected_mm: dict[str, _Number] = Field(default_factory=dict)
    chances: dict[str, _Number] = Field(default_factory=dict)


class CoreSetRecord(Record):
    """The cores planned together."""

    cores: Annotated[list[CoreRecord], Field(min_length=1)]
    expected_mm: dict[str, _Number]
    coverage: dict[str, _Number] = Field(default_factory=dict)
    effective_habitats: _Number = 0.0
    gap: _Number
    scenarios: _Count
    tested: _Count = 0
    spacing_mm: _Number = 0.0
    entries: _Count
    tract_mm: _Number = 0.0
    tract_structures: list[str] = Field(default_factory=list)
    method: str
    warnings: list[str] = Field(default_factory=list)


class LimitRecord(Record):
    """A limit that the case sets otherwise than the protocol."""

    key: str
    value: _Number
    reason: str = ""


class SearchedRecord(Record):
    """What the candidates were searched with."""

    weights: dict[str, _Number]
    limits: list[LimitRecord]
    inputs_sha256: str


class ErrorModelRecord(Record):
    """What the placement errors of a plan were fitted to."""

    origin: str
    sha256: str


class PlanRecord(Record):
    """A whole plan."""

    schema_version: Literal[1]
    software_version: str
    case: str
    frame_of_reference_uid: str
    series_uid: str
    patient_position: str
    ct_position: str
    indication: str
    guidance: str
    viability_source: str
    needle: NeedleRecord
    protocol: ProtocolRecord
    inputs_sha256: str
    evaluated: _Count
    rejected: dict[str, _Count]
    not_checked: list[str]
    warnings: list[str]
    candidates: list[CandidateRecord]
    core_set: CoreSetRecord | None
    weights: dict[str, _Number] = Field(default_factory=dict)
    limits: list[LimitRecord] = Field(default_factory=list)
    searched: SearchedRecord | None = None
    error_model: ErrorModelRecord | None = None

    @field_validator("core_set", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == {} else value
