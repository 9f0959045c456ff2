"""Reads how far needles land from where they were aimed, from a TOML file; measures no needle.

The presets' file holds a model for every guidance. A file of one's own holds those that were fitted
to own cases, with what they rest on; the rest it takes from the presets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from planning.cohort.fitted_model import PARTS
from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.case import Guidance, Role
from planning.model.error_model import ErrorModel, MaskDoubt, Spread

NEWEST_VERSION = 1

_WHAT = "The file of error models"
_SPLIT_TOLERANCE_MM = 0.05

_Text = Annotated[str, Field(min_length=1)]
_Deviation = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Number(Record):
    value: _Deviation
    source: _Text


class _Doubt(Record):
    by_model_mm: _Number
    drawn_mm: _Number
    drawn_words: list[_Text]
    breathing_mm: _Number
    breathing_roles: list[Annotated[Role, Field(strict=False)]]
    breathing_words: list[_Text]


class _Spread(Record):
    at_skin_mm: _Positive
    growth_deg: Annotated[float, Field(ge=0, lt=45, allow_inf_nan=False)]
    lateral_mm: _Positive
    reference_depth_mm: _Positive
    along_mm: _Positive
    shared_mm: _Deviation
    off_plane_growth_deg: Annotated[float, Field(ge=0, lt=45, allow_inf_nan=False)] = 0.0
    off_plane_full_deg: _Positive = 10.0
    heavy_tails: bool = False
    setting: _Text
    source: _Text

    @model_validator(mode="after")
    def _adds_up(self) -> _Spread:
        if self.shared_mm > min(self.at_skin_mm, self.along_mm):
            raise ValueError('"shared_mm" is a part of "at_skin_mm" and of "along_mm"')
        given = float(_spread(self).lateral_mm(self.reference_depth_mm))
        if abs(given - self.lateral_mm) > _SPLIT_TOLERANCE_MM:
            raise ValueError(
                f'"at_skin_mm" and "growth_deg" give {given:.2f} mm at the reference depth, '
                f'"lateral_mm" says {self.lateral_mm:.2f} mm'
            )
        return self


class _Learned(Record):
    stage: Literal["corrected", "first_pass"]
    part: _Text
    value: _Deviation
    low: _Deviation
    high: _Deviation
    preset: _Deviation

    @field_validator("part")
    @classmethod
    def _is_known(cls, part: str) -> str:
        if part not in PARTS:
            raise ValueError(f"has to be one of {', '.join(PARTS)}")
        return part


class _Fitted(Record):
    operator: str
    cases: Annotated[int, Field(ge=1)]
    cores: Annotated[int, Field(ge=1)]
    since: str
    until: str
    confidence: Annotated[float, Field(gt=0, lt=1)]
    remarks: list[str] = Field(default_factory=list)
    part: list[_Learned] = Field(default_factory=list)


class _Model(Record):
    guidance: Annotated[Guidance, Field(strict=False)]
    first_pass: _Spread
    corrected: _Spread
    fitted: _Fitted | None = None


class _File(Record):
    schema_version: int
    doubt: _Doubt
    plunge: _Number
    model: list[_Model] = Field(min_length=1)


class _OwnFile(Record):
    schema_version: int
    doubt: _Doubt | None = None
    plunge: _Number | None = None
    model: list[_Model] = Field(min_length=1)


def read_error_models(data: bytes) -> dict[Guidance, ErrorModel]:
    """Return the preset for each way of guiding needles that a TOML file holds.

    Raises
    ------
    InputError
        If a key is unknown or missing, deviations contradict each other, a guidance occurs twice
        or not at all, or the schema version is newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    record = checked(_File, raw, _WHAT)
    found = _by_guidance(record.model, _doubt(record.doubt), record.plunge.value, _WHAT)
    for guidance in Guidance:
        if guidance not in found:
            raise InputError(f'{_WHAT}: there is no model for "{guidance}"; add one.')
    return found


def read_own_error_models(
    data: bytes, presets: Mapping[Guidance, ErrorModel], what: str
) -> dict[Guidance, ErrorModel]:
    """Return the models of a file of one's own; each carries the file's SHA-256.

    Doubt about masks, and how far a needle may break through, are the presets' unless the file
    says otherwise.

    Parameters
    ----------
    what : str
        How messages name the file.

    Raises
    ------
    InputError
        As for `read_error_models`; not every guidance has to be there.
    """
    raw = parsed_toml(data, what)
    require_version(raw, NEWEST_VERSION, what)
    record = checked(_OwnFile, raw, what)
    any_preset = next(iter(presets.values()))
    doubt = any_preset.doubt if record.doubt is None else _doubt(record.doubt)
    plunge = any_preset.plunge_mm if record.plunge is None else record.plunge.value
    found = _by_guidance(record.model, doubt, plunge, what)
    sha256 = hashlib.sha256(data).hexdigest()
    return {guidance: replace(model, sha256=sha256) for guidance, model in found.items()}


def _by_guidance(
    models: list[_Model], doubt: MaskDoubt, plunge_mm: float, what: str
) -> dict[Guidance, ErrorModel]:
    found: dict[Guidance, ErrorModel] = {}
    for model in models:
        if model.guidance in found:
            raise InputError(f'{what}: two models are for "{model.guidance}"; remove one.')
        fitted = model.fitted
        made = ErrorModel(
            key=f"preset-{model.guidance}",
            guidance=model.guidance,
            first_pass=_spread(model.first_pass),
            corrected=_spread(model.corrected),
            doubt=doubt,
            plunge_mm=plunge_mm,
        )
        if fitted is not None:
            made = replace(
                made,
                key=f"own-{model.guidance}",
                operator=fitted.operator,
                case_count=fitted.cases,
                core_count=fitted.cores,
                until=fitted.until,
            )
        found[model.guidance] = made
    return found


def _doubt(record: _Doubt) -> MaskDoubt:
    numbers = {
        "by_model_mm": record.by_model_mm,
        "drawn_mm": record.drawn_mm,
        "breathing_mm": record.breathing_mm,
    }
    return MaskDoubt(
        by_model_mm=record.by_model_mm.value,
        drawn_mm=record.drawn_mm.value,
        breathing_mm=record.breathing_mm.value,
        drawn_words=tuple(record.drawn_words),
        breathing_roles=tuple(record.breathing_roles),
        breathing_words=tuple(record.breathing_words),
        sources=tuple((name, number.source) for name, number in numbers.items()),
    )


def _spread(record: _Spread) -> Spread:
    return Spread(
        at_skin_mm=record.at_skin_mm,
        growth_deg=record.growth_deg,
        off_plane_growth_deg=record.off_plane_growth_deg,
        off_plane_full_deg=record.off_plane_full_deg,
        along_mm=record.along_mm,
        shared_mm=record.shared_mm,
        heavy_tails=record.heavy_tails,
        reference_depth_mm=record.reference_depth_mm,
        lateral_at_reference_mm=record.lateral_mm,
        setting=record.setting,
        source=record.source,
    )
