"""The shape of `review.json` as this version reads it; `review_file` turns it into a review."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planning.formats import Record
from planning.handover.plan_record import NearestRecord
from planning.model.execution import NeedleState, SpecimenKnowledge

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Length = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Point = Annotated[list[_Number], Field(min_length=3, max_length=3)]


class RegistrationRecord(Record):
    """How the control CT was brought into the planning CT."""

    method: str
    residual_mm: _Length | None
    transform: Annotated[list[_Number], Field(min_length=16, max_length=16)]
    residual_p95_mm: _Length | None = None
    accepted: bool = False
    notes: list[str] = Field(default_factory=list)


class ExecutedRecord(Record):
    """A needle as the control CT shows it, in planning LPS."""

    entry_lps_mm: _Point
    tip_lps_mm: _Point
    method: str
    rms_mm: _Length | None
    bending_mm: _Length | None
    diameter_mm: _Length | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    doubts: list[str] = Field(default_factory=list)


class ErrorRecord(Record):
    """How far a needle is from the plan."""

    euclidean_tip_mm: _Length
    lateral_tip_mm: _Length
    depth_mm: _Number
    euclidean_entry_mm: _Length
    target_to_axis_mm: _Length
    angle_deg: Annotated[float, Field(ge=0, le=180)]
    in_plane_mm: _Number
    off_plane_mm: _Number


class AchievedRecord(Record):
    """What a specimen held."""

    criteria: dict[str, _Number | None]
    knowledge: Annotated[SpecimenKnowledge, Field(strict=False)] = SpecimenKnowledge.IMAGED
    specimen_lps_mm: Annotated[list[_Point], Field(min_length=2, max_length=2)]
    habitat_mm: dict[str, _Length] = Field(default_factory=dict)
    nearest: list[NearestRecord] = Field(default_factory=list)


class ReviewedNeedleRecord(Record):
    """One core of the plan and what became of it."""

    core: str
    needle_state: Annotated[NeedleState, Field(strict=False)]
    executed: ExecutedRecord | None
    error: ErrorRecord | None
    achieved: AchievedRecord | None
    within_tolerance: bool | None = None
    state_said: bool = True


class ControlRecord(Record):
    """Which scan was looked at."""

    series_uid: str
    frame_of_reference_uid: str
    date: str
    time: str
    slices: Annotated[int, Field(ge=1)]
    slice_mm: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    values_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class PatientRecord(Record):
    """Which facts about the patient both scans have in common."""

    agrees: list[str]
    differs: list[str]
    missing: list[str]
    confirmed: bool


class ToleranceRecord(Record):
    """By which errors needles were judged."""

    lateral_tip_mm: _Length
    depth_mm: _Length
    angle_deg: _Length


class ReviewRecord(Record):
    """A whole review."""

    schema_version: Literal[1]
    software_version: str
    notice: str = ""
    confirmed: bool | None = None
    unconfirmed: list[str] = Field(default_factory=list)
    to_confirm: str = ""
    plan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    registration: RegistrationRecord
    needles: list[ReviewedNeedleRecord]
    unplanned: list[ExecutedRecord] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    control: ControlRecord | None = None
    patient_check: PatientRecord | None = None
    tolerance: ToleranceRecord | None = None
