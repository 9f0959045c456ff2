"""The shape of `case.toml` as this version reads it; `case_file` turns it into a case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from planning.formats import Record
from planning.model.case import Guidance, Indication, Position, Role, Strategy

NEWEST_VERSION = 1

_Text = Annotated[str, Field(min_length=1)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Point = Annotated[list[_Finite], Field(min_length=3, max_length=3)]
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
    error_model: Literal["", "own"] = ""
    patient_name: str = ""
    patient_id: str = ""
    sex: str = ""
    surgeon: str = ""
    strategy: Annotated[Strategy, Field(strict=False)] = Strategy.CORE
    birth_year: int | None = Field(default=None, ge=1850, le=2200)
    core_count: int = Field(default=0, ge=0)
    one_entry: bool | None = None
    remarks: str = ""


class ClinicalTable(Record):
    """The table [clinical]: what reports say of the biopsy that no image tells."""

    question: str = ""
    hypothesis: str = ""
    level: str = ""
    breath_phase: str = ""
    incision: str = ""


class StructureTable(Record):
    """One [[structure]].

    Parameters
    ----------
    id : str
        What the rest of the case calls its mask; empty for the file's name and label.
    in_frame : bool
        The mask is known to lie in the planning CT's frame of reference.
    empty : bool
        The mask is known to hold no voxel.
    inside_from : float or None
        Of a fractional segment: the share from which on a voxel is inside.
    """

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
    id: str = ""
    in_frame: bool = False
    inside_from: float | None = Field(default=None, gt=0, le=1)
    empty: bool = False
    derived_from: str = ""
    excluded_because: str = ""
    stale_because: str = ""
    colour: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")

    @field_validator("label")
    @classmethod
    def _is_value_or_name(cls, label: object) -> object:
        whole = isinstance(label, int) and not isinstance(label, bool) and label > 0
        if label is None or whole or (isinstance(label, str) and label):
            return label
        raise ValueError("has to be a label value above 0, or the name of a segment or ROI")

    @model_validator(mode="after")
    def _only_habitats_are_sampled(self) -> StructureTable:
        if self.must_sample and self.role is not Role.HABITAT and not self.id:
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


class FactsTable(Record):
    """What an image file cannot say of itself: its series, its patient, its frame of reference."""

    frame_of_reference_uid: str = ""
    slice_normal_lps: _Point | None = None
    modality: str = ""
    sop_class_uid: str = ""
    study_uid: str = ""
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    accession_number: str = ""
    series_uid: str = ""
    series_number: str = ""
    description: str = ""
    date: str = ""
    time: str = ""
    position_code: str = ""
    isocentre_lps_mm: _Point | None = None
    instance_numbers: list[int] = Field(default_factory=list)
    table_positions_mm: list[_Finite] = Field(default_factory=list)
    sop_instance_uids: list[str] = Field(default_factory=list)
    patient_name: str = ""
    patient_id: str = ""
    sex: str = ""
    birth_date: str = ""
    age: str = ""
    notes: list[str] = Field(default_factory=list)


class ImageTable(Record):
    """One [[image]]: a second image.

    Parameters
    ----------
    id : str
        What the rest of the case calls it; empty for its path.
    """

    kind: Literal["pet", "mr"]
    path: _Text
    transform: str = ""
    unit: Literal["", "SUV"] = ""
    id: str = ""
    facts: FactsTable | None = None

    @property
    def key(self) -> str:
        """What the rest of the case calls it."""
        return self.id or self.path


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


class LimitTable(Record):
    """One [[limit]]: another value for a constraint of the protocol, and why."""

    key: _Text
    value: _Finite
    reason: str = ""


class OwnPathTable(Record):
    """One [[own_path]]: a trajectory that the user placed."""

    id: _Text
    entry_lps_mm: _Point
    tip_lps_mm: _Point


class PastTable(Record):
    """One [[past]]: a plan that was approved and has been superseded."""

    number: int = Field(ge=1)
    plan: _Text
    approval: _Text
    own_path: list[OwnPathTable] = Field(default_factory=list)


class SavedTable(Record):
    """The table [saved], with which Trephine marks the folders it wrote and may write again.

    Parameters
    ----------
    plan_sha256 : str
        Of `plan.json` beside the case file; empty where the case has no plan.
    more : dict of str to str
        Fields of the case that the case file has no words for, as JSON.
    """

    by: str
    plan_number: int = Field(default=1, ge=1)
    plan_sha256: str = ""
    notes: list[str] = Field(default_factory=list)
    side_notes: list[str] = Field(default_factory=list)
    more: dict[str, str] = Field(default_factory=dict)


class CaseFile(Record):
    """A whole case file."""

    schema_version: Literal[1]
    saved: SavedTable | None = None
    case: CaseTable
    clinical: ClinicalTable = Field(default_factory=ClinicalTable)
    structure: list[StructureTable] = Field(default_factory=list)
    labels: list[LabelsTable] = Field(default_factory=list)
    image: list[ImageTable] = Field(default_factory=list)
    rule: list[RuleTable] = Field(default_factory=list)
    viability: ViabilityTable = Field(default_factory=ViabilityTable)
    ct: FactsTable | None = None
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    limit: list[LimitTable] = Field(default_factory=list)
    own_path: list[OwnPathTable] = Field(default_factory=list)
    past: list[PastTable] = Field(default_factory=list)

    @field_validator("rule")
    @classmethod
    def _changes_each_once(cls, rules: list[RuleTable]) -> list[RuleTable]:
        _require_distinct([rule.key for rule in rules])
        return rules

    @field_validator("limit")
    @classmethod
    def _limits_each_once(cls, limits: list[LimitTable]) -> list[LimitTable]:
        _require_distinct([limit.key for limit in limits])
        return limits


def _require_distinct(keys: list[str]) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise ValueError(f'has two entries with the key "{repeated[0]}"')
