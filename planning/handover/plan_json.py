"""A plan as `plan.json`: the same plan gives the same bytes; judges nothing and opens no file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from planning.formats import checked, parsed_json, require_version
from planning.geometry import Vec3, vec3
from planning.handover.core_set_json import core_set_document, core_set_from
from planning.handover.notice import VIOLATED, candidate_remarks
from planning.handover.plan_record import BoneRecord, CandidateRecord, NearestRecord, PlanRecord
from planning.handover.rounding import rounded
from planning.handover.wishes_json import (
    limits_from,
    searched_from,
    weights_from,
    wishes_document,
)
from planning.model.needle import Needle, NeedleKind, Trajectory
from planning.model.plan import BoneEntry, Candidate, Nearest, NotChecked, Notice, PlanResult
from planning.trajectories.criteria import CRITERION_KEYS

NEWEST_VERSION = 1

_NOT_CHECKED = "not_checked"
_UNKNOWN_MARGIN = float("nan")


def plan_to_json(plan: PlanResult) -> str:
    """Return a plan as the text of `plan.json`.

    Numbers are rounded to 1e-6 of their unit. A criterion nobody measured is null. Why something
    was not checked stands among the warnings, as "not_checked: KEY: REASON".

    Raises
    ------
    ValueError
        If a number is infinite or not a number.
    """
    needle = asdict(plan.needle)
    document = {
        "schema_version": NEWEST_VERSION,
        "software_version": plan.software_version,
        "case": plan.case_name,
        "frame_of_reference_uid": plan.frame_of_reference_uid,
        "series_uid": plan.series_uid,
        "patient_position": plan.patient_position,
        "ct_position": plan.ct_position,
        "indication": plan.indication,
        "guidance": plan.guidance,
        "viability_source": plan.viability_source,
        "needle": {name: _plain(value) for name, value in needle.items()},
        "protocol": {
            "key": plan.protocol_key,
            "version": plan.protocol_version,
            "sha256": plan.protocol_sha256,
        },
        "inputs_sha256": plan.inputs_sha256,
        "evaluated": plan.evaluated,
        "rejected": dict(plan.rejected),
        "not_checked": [item.key for item in plan.not_checked],
        "warnings": [
            *(f"{_NOT_CHECKED}: {item.key}: {item.reason}" for item in plan.not_checked),
            *(str(notice) for notice in plan.warnings),
        ],
        "candidates": [_candidate(candidate) for candidate in plan.candidates],
        "core_set": {} if plan.core_set is None else core_set_document(plan.core_set),
        **wishes_document(plan),
        **_error_model(plan),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def candidate_to_json(candidate: Candidate) -> str:
    """Return one candidate as it stands in `plan.json`, as a text of its own."""
    text = json.dumps(_candidate(candidate), indent=2, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def plan_from_json(text: str | bytes, what: str = "plan.json") -> PlanResult:
    """Return the plan that the text of a `plan.json` holds.

    Plans of older versions do not say what a structure's margin was: `Nearest.margin_mm` is then
    NaN.

    Parameters
    ----------
    what : str
        How messages name the file.

    Raises
    ------
    InputError
        If the text is not such a plan, or was written by a newer Trephine.
    """
    raw = parsed_json(text, what)
    require_version(raw, NEWEST_VERSION, what)
    record = checked(PlanRecord, raw, what)
    notices = [line for line in record.warnings if not line.startswith(f"{_NOT_CHECKED}: ")]
    needle = record.needle.model_dump()
    candidates = tuple(_read_candidate(candidate) for candidate in record.candidates)
    return PlanResult(
        case_name=record.case,
        needle=Needle(**{**needle, "kind": NeedleKind(needle["kind"])}),
        guidance=record.guidance,
        protocol_key=record.protocol.key,
        protocol_version=record.protocol.version,
        protocol_sha256=record.protocol.sha256,
        software_version=record.software_version,
        indication=record.indication,
        patient_position=record.patient_position,
        ct_position=record.ct_position,
        viability_source=record.viability_source,
        frame_of_reference_uid=record.frame_of_reference_uid,
        series_uid=record.series_uid,
        inputs_sha256=record.inputs_sha256,
        evaluated=record.evaluated,
        rejected=record.rejected,
        not_checked=_not_checked(record.not_checked, record.warnings),
        warnings=tuple(Notice.of_line(line) for line in notices),
        candidates=candidates,
        core_set=core_set_from(record.core_set, candidates, what),
        weights=weights_from(record.weights),
        limits=limits_from(record.limits),
        searched=searched_from(record.searched),
        error_model="" if record.error_model is None else record.error_model.origin,
        error_model_sha256="" if record.error_model is None else record.error_model.sha256,
    )


def _error_model(plan: PlanResult) -> dict[str, Any]:
    """Return what a plan's placement errors rest on; nothing for a preset."""
    if not plan.error_model:
        return {}
    return {"error_model": {"origin": plan.error_model, "sha256": plan.error_model_sha256}}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    criteria = {key: candidate.criteria.get(key) for key in CRITERION_KEYS}
    bone = {} if candidate.bone is None else {"bone": _bone(candidate.bone)}
    besides = {"measures": _numbers(candidate.measures)} if candidate.measures else {}
    return {
        "id": candidate.candidate_id,
        "rank": candidate.rank,
        "entry_lps_mm": _point(candidate.trajectory.entry_lps_mm),
        "stop_lps_mm": _point(candidate.stop_lps_mm),
        "tip_lps_mm": _point(candidate.trajectory.tip_lps_mm),
        "specimen_lps_mm": [_point(end) for end in candidate.specimen_lps_mm],
        "score": rounded(candidate.score),
        "criteria": _numbers(criteria),
        "habitat_mm": _numbers(candidate.habitat_mm),
        "nearest": [_nearest(nearest) for nearest in candidate.nearest],
        "contributions": _numbers(candidate.contributions),
        "warnings": list(candidate_remarks(candidate)),
        "compartments": [
            {"structure": name, "length_mm": rounded(length_mm)}
            for name, length_mm in candidate.compartments
        ],
        **bone,
        **besides,
    }


def _bone(bone: BoneEntry) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(bone).items()}


def _read_bone(record: BoneRecord) -> BoneEntry:
    return BoneEntry(**record.model_dump())


def _nearest(nearest: Nearest) -> dict[str, Any]:
    return {
        "structure": nearest.structure,
        "role": str(nearest.role),
        "clearance_mm": rounded(nearest.clearance_mm),
        "depth_mm": rounded(nearest.depth_mm),
        "point_lps_mm": _point(nearest.point_lps_mm),
        **({} if isnan(nearest.margin_mm) else {"margin_mm": rounded(nearest.margin_mm)}),
        **(
            {}
            if nearest.touch_probability is None
            else {"touch_probability": rounded(nearest.touch_probability)}
        ),
    }


def _read_candidate(record: CandidateRecord) -> Candidate:
    start, end = record.specimen_lps_mm
    broken = [line for line in record.warnings if line.startswith(f"{VIOLATED}: ")]
    return Candidate(
        candidate_id=record.id,
        rank=record.rank,
        trajectory=Trajectory(vec3(record.entry_lps_mm), vec3(record.tip_lps_mm)),
        stop_lps_mm=vec3(record.stop_lps_mm),
        specimen_lps_mm=(vec3(start), vec3(end)),
        score=record.score,
        criteria=record.criteria,
        habitat_mm=record.habitat_mm,
        nearest=tuple(_read_nearest(nearest) for nearest in record.nearest),
        contributions=record.contributions,
        warnings=tuple(Notice.of_line(line) for line in record.warnings if line not in broken),
        violations=tuple(line.removeprefix(f"{VIOLATED}: ") for line in broken),
        compartments=tuple((c.structure, c.length_mm) for c in record.compartments),
        bone=None if record.bone is None else _read_bone(record.bone),
        measures=record.measures,
    )


def _read_nearest(record: NearestRecord) -> Nearest:
    return Nearest(
        structure=record.structure,
        role=record.role,
        clearance_mm=record.clearance_mm,
        depth_mm=record.depth_mm,
        point_lps_mm=vec3(record.point_lps_mm),
        margin_mm=_UNKNOWN_MARGIN if record.margin_mm is None else record.margin_mm,
        touch_probability=record.touch_probability,
    )


def _not_checked(keys: Sequence[str], warnings: Sequence[str]) -> tuple[NotChecked, ...]:
    """Return what was not checked, each with the reason that the warnings give."""
    told = [line for line in warnings if line.startswith(f"{_NOT_CHECKED}: ")]
    found = []
    for key in keys:
        start = f"{_NOT_CHECKED}: {key}: "
        line = next((line for line in told if line.startswith(start)), start)
        if line in told:
            told.remove(line)
        found.append(NotChecked(key, line.removeprefix(start)))
    return tuple(found)


def _numbers(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {key: None if value is None else rounded(value) for key, value in values.items()}


def _point(point_lps_mm: Vec3) -> list[float]:
    return [rounded(value) for value in point_lps_mm]


def _plain(value: Any) -> Any:
    return rounded(value) if isinstance(value, float) else value
