"""`review.json`: what became of a plan's cores; the same review gives the same bytes.

Measures nothing, and keeps no list of reviews.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isnan, nan
from pathlib import Path
from types import MappingProxyType
from typing import Any

from planning.disk_words import not_written
from planning.errors import InputError
from planning.folder_changes import write_files
from planning.formats import bytes_of, checked, parsed_json, require_version
from planning.geometry import Vec3, vec3
from planning.handover.notice import RESEARCH_USE
from planning.handover.plan_record import NearestRecord
from planning.handover.rounding import rounded
from planning.model.execution import (
    AchievedSampling,
    ControlRegistration,
    ControlScan,
    ExecutedNeedle,
    PatientCheck,
    PlacementError,
    Review,
    ReviewedNeedle,
    Tolerance,
)
from planning.model.plan import Nearest
from planning.model.unconfirmed import how_to_confirm, unconfirmed
from planning.records.review_record import (
    AchievedRecord,
    ExecutedRecord,
    RegistrationRecord,
    ReviewedNeedleRecord,
    ReviewRecord,
)

NEWEST_VERSION = 1
REVIEW_FILE = "review.json"
PICTURES = "review-*.png"
"""Names of the pictures beside it."""

_ERROR_DECIMALS = 9
_MATRIX_DECIMALS = 12  # 1e-6 would move a point half a metre away by half a micrometre


def review_to_json(review: Review) -> str:
    """Return a review as the text of `review.json`.

    Numbers are rounded to 1e-6 of their unit, errors to 1e-9, the transform's to 1e-12. What was
    not measured is null.

    Raises
    ------
    ValueError
        If a number is infinite or not a number.
    """
    version = review.software_version
    document = {
        "schema_version": NEWEST_VERSION,
        "software_version": version,
        "notice": f"Trephine {version}. {RESEARCH_USE}",
        "confirmed": not unconfirmed(review),
        "unconfirmed": list(unconfirmed(review)),
        "to_confirm": how_to_confirm(review),
        "plan_sha256": review.plan_sha256,
        "registration": _registration(review.registration),
        "needles": [_needle(needle) for needle in review.needles],
        "unplanned": [_executed(needle) for needle in review.unplanned],
        "warnings": list(review.warnings),
        "control": None if review.control is None else _plain(asdict(review.control)),
        "patient_check": None if review.patient is None else _plain(asdict(review.patient)),
        "tolerance": None if review.tolerance is None else _plain(asdict(review.tolerance)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def review_from_json(text: str | bytes, what: str = REVIEW_FILE) -> Review:
    """Return the review that the text of a `review.json` holds.

    Raises
    ------
    InputError
        If the text is no review, contradicts itself, or was written by a newer Trephine.
    """
    raw = parsed_json(text, what)
    require_version(raw, NEWEST_VERSION, what)
    record = checked(ReviewRecord, raw, what)
    review = Review(
        plan_sha256=record.plan_sha256,
        registration=_read_registration(record.registration),
        needles=tuple(_read_needle(needle) for needle in record.needles),
        unplanned=tuple(_read_executed(needle) for needle in record.unplanned),
        warnings=tuple(record.warnings),
        control=None if record.control is None else ControlScan(**record.control.model_dump()),
        patient=None
        if record.patient_check is None
        else PatientCheck(
            agrees=tuple(record.patient_check.agrees),
            differs=tuple(record.patient_check.differs),
            missing=tuple(record.patient_check.missing),
            confirmed=record.patient_check.confirmed,
        ),
        tolerance=None if record.tolerance is None else Tolerance(**record.tolerance.model_dump()),
        software_version=record.software_version,
    )
    if record.confirmed not in (None, not unconfirmed(review)):
        raise InputError(_CONTRADICTS.format(what))
    return review


_CONTRADICTS = (
    '{0}: "confirmed" contradicts what stands of the registration and of the needles; the file was '
    "changed by hand. Review the control CT again."
)


def read_review(path: Path) -> Review:
    """Return the review of a file.

    Raises
    ------
    InputError
        If it cannot be read or holds none.
    """
    return review_from_json(bytes_of(path), path.name)


def write_review(
    review: Review,
    folder: Path,
    *,
    beside: Mapping[str, bytes] = MappingProxyType({}),
    force: bool = False,
) -> tuple[Path, ...]:
    """Write `review.json` into a folder and return the paths of all files.

    All files are written, or none. Pictures of an older review
    that this one does not have are removed, so that nobody takes them for its.

    Parameters
    ----------
    beside : mapping of str to bytes
        Pictures and pages by name.

    Raises
    ------
    InputError
        If a file is there already and `force` is not set, or the folder cannot be written.
    """
    files = {**beside, REVIEW_FILE: review_to_json(review).encode("utf-8")}
    left_over = [path for path in sorted(folder.glob(PICTURES)) if path.name not in files]
    require_new([*(folder / name for name in files), *left_over], force=force)
    try:
        write_files(folder, files, removed=[path.name for path in left_over])
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    return tuple(folder / name for name in files)


def require_new(paths: list[Path], *, force: bool) -> None:
    """Refuse to write over files unasked.

    Raises
    ------
    InputError
        Names the first that is there already.
    """
    existing = [path for path in paths if path.exists()]
    if existing and not force:
        message = f"{existing[0]} already exists; choose another folder or add --force."
        raise InputError(message)


def _registration(found: ControlRegistration) -> dict[str, Any]:
    return {
        "method": found.method,
        "residual_mm": _known(found.residual_mm),
        "transform": [round(value, _MATRIX_DECIMALS) + 0.0 for value in found.control_to_planning],
        "residual_p95_mm": _known(found.residual_p95_mm),
        "accepted": found.accepted,
        "notes": list(found.notes),
    }


def _needle(needle: ReviewedNeedle) -> dict[str, Any]:
    return {
        "core": needle.core,
        "needle_state": needle.needle_state.value,
        "executed": None if needle.executed is None else _executed(needle.executed),
        "error": None if needle.error is None else _exact(asdict(needle.error)),
        "achieved": None if needle.achieved is None else _achieved(needle.achieved),
        "within_tolerance": needle.within_tolerance,
        "state_said": needle.state_said,
    }


def _executed(needle: ExecutedNeedle) -> dict[str, Any]:
    return {
        "entry_lps_mm": _point(needle.entry_lps_mm),
        "tip_lps_mm": _point(needle.tip_lps_mm),
        "method": needle.method,
        "rms_mm": _known(needle.rms_mm),
        "bending_mm": _known(needle.bending_mm),
        "diameter_mm": _known(needle.diameter_mm),
        "confidence": rounded(needle.confidence),
        "doubts": list(needle.doubts),
    }


def _achieved(achieved: AchievedSampling) -> dict[str, Any]:
    return {
        "criteria": {key: _known(value) for key, value in achieved.criteria.items()},
        "knowledge": achieved.knowledge.value,
        "specimen_lps_mm": [_point(end) for end in achieved.specimen_lps_mm],
        "habitat_mm": {name: rounded(value) for name, value in achieved.habitat_mm.items()},
        "nearest": [_nearest(near) for near in achieved.nearest],
    }


def _nearest(near: Nearest) -> dict[str, Any]:
    return {
        "structure": near.structure,
        "role": str(near.role),
        "clearance_mm": rounded(near.clearance_mm),
        "depth_mm": rounded(near.depth_mm),
        "point_lps_mm": _point(near.point_lps_mm),
        **({} if isnan(near.margin_mm) else {"margin_mm": rounded(near.margin_mm)}),
    }


def _read_registration(record: RegistrationRecord) -> ControlRegistration:
    return ControlRegistration(
        method=record.method,
        control_to_planning=tuple(record.transform),
        residual_mm=record.residual_mm,
        residual_p95_mm=record.residual_p95_mm,
        accepted=record.accepted,
        notes=tuple(record.notes),
    )


def _read_needle(record: ReviewedNeedleRecord) -> ReviewedNeedle:
    return ReviewedNeedle(
        core=record.core,
        needle_state=record.needle_state,
        executed=None if record.executed is None else _read_executed(record.executed),
        error=None if record.error is None else PlacementError(**record.error.model_dump()),
        achieved=None if record.achieved is None else _read_achieved(record.achieved),
        within_tolerance=record.within_tolerance,
        state_said=record.state_said,
    )


def _read_executed(record: ExecutedRecord) -> ExecutedNeedle:
    return ExecutedNeedle(
        entry_lps_mm=vec3(record.entry_lps_mm),
        tip_lps_mm=vec3(record.tip_lps_mm),
        method=record.method,
        rms_mm=record.rms_mm,
        bending_mm=record.bending_mm,
        diameter_mm=record.diameter_mm,
        confidence=record.confidence,
        doubts=tuple(record.doubts),
    )


def _read_achieved(record: AchievedRecord) -> AchievedSampling:
    start, end = record.specimen_lps_mm
    return AchievedSampling(
        specimen_lps_mm=(vec3(start), vec3(end)),
        knowledge=record.knowledge,
        criteria=record.criteria,
        habitat_mm=record.habitat_mm,
        nearest=tuple(_read_nearest(near) for near in record.nearest),
    )


def _read_nearest(record: NearestRecord) -> Nearest:
    return Nearest(
        structure=record.structure,
        role=record.role,
        clearance_mm=record.clearance_mm,
        depth_mm=record.depth_mm,
        point_lps_mm=vec3(record.point_lps_mm),
        margin_mm=nan if record.margin_mm is None else record.margin_mm,
    )


def _exact(errors: Mapping[str, float]) -> dict[str, float]:
    """Return errors so exactly that the squares of what is written add up to 1e-6 as well."""
    return {name: round(value, _ERROR_DECIMALS) + 0.0 for name, value in errors.items()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat record with its numbers rounded and its tuples as lists."""
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, float):
        return rounded(value)
    return list(value) if isinstance(value, tuple) else value


def _known(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def _point(point_lps_mm: Vec3) -> list[float]:
    return [rounded(value) for value in point_lps_mm]
