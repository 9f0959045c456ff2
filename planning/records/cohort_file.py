"""Reads how cohorts are summed up and learned from, and what others published, from TOML files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planning.cohort.published import PublishedAccuracy
from planning.cohort.rules import (
    CohortRules,
    ControlChartRules,
    IntervalRules,
    LearningRules,
    MeasurementRules,
)
from planning.formats import Record, checked, parsed_toml, require_version
from planning.model.case import Guidance

NEWEST_VERSION = 1

_WHAT = "The file of cohort rules"
_PUBLISHED = "The file of published accuracies"

_Text = Annotated[str, Field(min_length=1)]
_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=1)]
_Measure = Literal[
    "lateral_tip_mm", "euclidean_tip_mm", "depth_mm", "angle_deg", "euclidean_entry_mm"
]


class _Bands(Record):
    depth_mm: list[_Positive]
    off_plane_deg: list[_Positive]
    source: _Text

    @model_validator(mode="after")
    def _rises(self) -> _Bands:
        for edges in (self.depth_mm, self.off_plane_deg):
            if sorted(set(edges)) != edges:
                raise ValueError("the edges of bands have to rise")
        return self


class _Intervals(Record):
    confidence: _Share
    most_draws: _Count
    fewest_draws: _Count
    drawn_cores: _Count
    bca_up_to_cases: _Count
    fewest_cases: Annotated[int, Field(ge=2)]
    fewest_cores_for_95: Annotated[int, Field(ge=2)]
    source: _Text


class _Chart(Record):
    power: Annotated[float, Field(gt=0, le=1)]
    weight: Annotated[float, Field(gt=0, le=1)]
    limit: _Positive
    baseline_cases: Annotated[int, Field(ge=2)]
    fewest_baseline_cases: Annotated[int, Field(ge=2)]
    source: _Text


class _Curve(Record):
    window_cases: Annotated[int, Field(ge=3)]
    fewest_cases: _Count
    source: _Text


class _Calibration(Record):
    bins: Annotated[int, Field(ge=2, le=50)]
    fewest_outcomes: _Count
    source: _Text


class _Learning(Record):
    preset_cases: _Positive
    department_cases: _Positive
    tail_log_odds: _Number
    most_shared: _Share
    outlier_cohorts: Annotated[float, Field(gt=1)]
    source: _Text


class _Measurement(Record):
    across_mm: _Number
    along_mm: _Number
    registration_share: _Number
    registration_most_mm: _Number
    registration_usual_mm: _Number
    source: _Text


class _File(Record):
    schema_version: int
    bands: _Bands
    intervals: _Intervals
    control_chart: _Chart
    learning_curve: _Curve
    calibration: _Calibration
    learning: _Learning
    measurement: _Measurement


class _Value(Record):
    name: _Text
    guidance: Annotated[Guidance, Field(strict=False)]
    measure: _Measure
    statistic: Literal["mean-sd", "median-quartiles"]
    centre: _Number
    spread: _Number | None = None
    low: _Number | None = None
    high: _Number | None = None
    count: Annotated[int, Field(ge=0)] = 0
    setting: _Text
    source: _Text

    @model_validator(mode="after")
    def _is_whole(self) -> _Value:
        if self.statistic == "mean-sd":
            if self.spread is None or self.low is not None or self.high is not None:
                raise ValueError('"mean-sd" needs "centre" and "spread", and no "low" or "high"')
        elif self.low is None or self.high is None or self.spread is not None:
            raise ValueError('"median-quartiles" needs "centre", "low" and "high", no "spread"')
        elif not self.low <= self.centre <= self.high:
            raise ValueError('"centre" has to lie between "low" and "high"')
        return self


class _PublishedFile(Record):
    schema_version: int
    value: list[_Value]


def read_cohort_rules(data: bytes) -> CohortRules:
    """Return the rules a TOML file holds.

    Raises
    ------
    InputError
        If a key is unknown or missing, a number cannot be, or the schema version is newer than
        this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    file = checked(_File, raw, _WHAT)
    tables = (
        ("bands", file.bands),
        ("intervals", file.intervals),
        ("control_chart", file.control_chart),
        ("learning_curve", file.learning_curve),
        ("calibration", file.calibration),
        ("learning", file.learning),
        ("measurement", file.measurement),
    )
    return CohortRules(
        depth_edges_mm=tuple(file.bands.depth_mm),
        off_plane_edges_deg=tuple(file.bands.off_plane_deg),
        intervals=IntervalRules(**file.intervals.model_dump(exclude={"source"})),
        chart=ControlChartRules(**file.control_chart.model_dump(exclude={"source"})),
        window_cases=file.learning_curve.window_cases,
        fewest_curve_cases=file.learning_curve.fewest_cases,
        calibration_bins=file.calibration.bins,
        fewest_outcomes=file.calibration.fewest_outcomes,
        learning=LearningRules(**file.learning.model_dump(exclude={"source"})),
        measurement=MeasurementRules(**file.measurement.model_dump(exclude={"source"})),
        sources=tuple((name, table.source) for name, table in tables),
    )


def read_published(data: bytes) -> tuple[PublishedAccuracy, ...]:
    """Return the published errors a TOML file holds, in its order.

    Raises
    ------
    InputError
        As for `read_cohort_rules`.
    """
    raw = parsed_toml(data, _PUBLISHED)
    require_version(raw, NEWEST_VERSION, _PUBLISHED)
    file = checked(_PublishedFile, raw, _PUBLISHED)
    return tuple(_published(value) for value in file.value)


def _published(value: _Value) -> PublishedAccuracy:
    spread = value.spread or 0.0
    low = max(0.0, value.centre - spread) if value.low is None else value.low
    high = value.centre + spread if value.high is None else value.high
    return PublishedAccuracy(
        name=value.name,
        guidance=value.guidance,
        measure=value.measure,
        statistic=value.statistic,
        centre=value.centre,
        low=low,
        high=high,
        count=value.count,
        setting=value.setting,
        source=value.source,
    )
