"""Turns a plan and its review into rows of the registry; stores none of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from planning.errors import InputError
from planning.geometry import Vec3
from planning.model.execution import ReviewedNeedle
from planning.model.plan import Candidate, PlanResult
from planning.records.registry.fields import Value
from planning.records.registry.rows import NewRow
from planning.records.registry.tables import APPROVALS, CORES, PLACEMENTS, PLANS
from planning.records.registry.values import ReviewedCase

_LESION, _VIABLE = "lesion_length_mm", "viable_length_mm"
_NECROTIC = "necrosis_fraction"


@dataclass(frozen=True, slots=True)
class StoredScan:
    """A scan of a core that is stored: its number, and by what it is known again if it is."""

    scan: int
    control_sha256: str | None


def plan_rows(case_id: str, reviewed: ReviewedCase, known: Collection[str]) -> Iterator[NewRow]:
    """Yield the plan, who approved it, and the cores that were planned or reviewed.

    Parameters
    ----------
    known : collection of str
        SHA-256 of plans that are stored already, and not stored again.

    Raises
    ------
    InputError
        If the review names a core that the plan has not, or the approval is of another plan.
    """
    plan, sha256 = reviewed.plan, reviewed.plan_sha256
    key: dict[str, Value] = {"case_id": case_id, "plan_sha256": sha256}
    if sha256 not in known:
        yield NewRow(table=PLANS.name, values={**key, **_plan(plan)}, where="plan.json")
    if reviewed.approval is not None:
        yield _approval(key, reviewed)
    candidates = {c.candidate_id: c for c in plan.candidates}
    purposes: dict[str, str] = {}
    if plan.core_set is not None:
        candidates |= {c.candidate.candidate_id: c.candidate for c in plan.core_set.cores}
        purposes = {c.candidate.candidate_id: str(c.purpose) for c in plan.core_set.cores}
    for core in dict.fromkeys((*purposes, *(n.core for n in reviewed.review.needles))):
        if core not in candidates:
            raise InputError(f'The plan has no core "{core}", which review.json names.')
        values = {**key, **_core(candidates[core]), "purpose": purposes.get(core)}
        yield NewRow(table=CORES.name, values=values, where=f"core {core} of plan.json")


def placement_rows(
    case_id: str, reviewed: ReviewedCase, scans: Mapping[tuple[str, str], Sequence[StoredScan]]
) -> Iterator[NewRow]:
    """Yield what the review says of each core.

    Parameters
    ----------
    scans : mapping of (str, str) to sequence of StoredScan
        The scans of each plan's cores that are stored already. A review of one of them takes its
        place.
    """
    registration, control = reviewed.review.registration, reviewed.review.control
    sha256 = None if control is None else control.values_sha256 or None
    for needle in reviewed.review.needles:
        scan = _number_of(sha256, scans.get((reviewed.plan_sha256, needle.core), ()))
        values: dict[str, Value] = {
            "case_id": case_id,
            "plan_sha256": reviewed.plan_sha256,
            "core": needle.core,
            "scan": scan,
            "review_sha256": reviewed.review_sha256,
            "control_sha256": sha256,
            "stage": str(reviewed.stage),
            "needle_state": str(needle.needle_state),
            "registration": registration.method,
            "registration_residual_mm": registration.residual_mm,
            "within_tolerance": needle.within_tolerance,
            **_executed(needle),
            **(asdict(needle.error) if needle.error is not None else {}),
            **_achieved(needle, reviewed.plan.needle.core_length_mm),
        }
        where = f"core {needle.core} of review.json"
        yield NewRow(table=PLACEMENTS.name, values=values, where=where)


def _number_of(control_sha256: str | None, stored: Sequence[StoredScan]) -> int:
    """Return the number of a scan that is stored already, or the next one."""
    same = [one.scan for one in stored if control_sha256 and one.control_sha256 == control_sha256]
    return max(same) if same else max((one.scan for one in stored), default=0) + 1


def _plan(plan: PlanResult) -> dict[str, Value]:
    needle, cores = plan.needle, plan.core_set
    return {
        "software_version": plan.software_version,
        "protocol": plan.protocol_key,
        "protocol_version": plan.protocol_version,
        "protocol_sha256": plan.protocol_sha256,
        "inputs_sha256": plan.inputs_sha256,
        "needle": needle.key,
        "gauge": needle.gauge,
        "outer_diameter_mm": needle.outer_diameter_mm,
        "core_length_mm": needle.core_length_mm,
        "throw_mm": needle.throw_mm,
        "patient_position": plan.patient_position,
        "viability_source": plan.viability_source,
        "set_viable_mm": None if cores is None else cores.expected_mm.get("viable"),
        "set_enough_probability": None if cores is None else cores.coverage.get("enough"),
    }


def _approval(key: Mapping[str, Value], reviewed: ReviewedCase) -> NewRow:
    approval = reviewed.approval
    if approval is None or approval.plan_sha256 != reviewed.plan_sha256:
        raise InputError(
            "The approval is of another plan: the SHA-256 of plan.json is not the one that "
            "approval.json names; give the approval of this plan, or none."
        )
    values: dict[str, Value] = {
        **key,
        "approved_at": approval.at,
        "approved_by": approval.approved_by,
        "plan_number": approval.plan_number,
        "candidates": _json(list(approval.candidate_ids)),
        "checklist": _json([asdict(checked) for checked in approval.checklist]),
        "note": approval.note,
        "position_reason": approval.position_reason,
        "limits_reason": approval.limits_reason,
    }
    return NewRow(table=APPROVALS.name, values=values, where="approval.json")


def _core(candidate: Candidate) -> dict[str, Value]:
    criteria = candidate.criteria
    return {
        "core": candidate.candidate_id,
        **_point("planned_entry", candidate.trajectory.entry_lps_mm),
        **_point("planned_stop", candidate.stop_lps_mm),
        **_point("planned_tip", candidate.trajectory.tip_lps_mm),
        "insertion_depth_mm": criteria.get("insertion_depth_mm"),
        "stop_depth_mm": criteria.get("stop_depth_mm"),
        "scan_plane_angle_deg": criteria.get("scan_plane_angle_deg"),
        "craniocaudal_angle_deg": criteria.get("craniocaudal_angle_deg"),
        "planned_viable_mm": criteria.get(_VIABLE),
        "predicted_viable_mm": criteria.get("expected_viable_length_mm"),
        "predicted_probability": criteria.get("viable_probability"),
        "score": candidate.score,
        "criteria": _json(dict(criteria)),
    }


def _executed(needle: ReviewedNeedle) -> dict[str, Value]:
    executed = needle.executed
    if executed is None:
        return {}
    return {
        **_point("entry", executed.entry_lps_mm),
        **_point("tip", executed.tip_lps_mm),
        "method": executed.method,
        "rms_mm": executed.rms_mm,
        "bending_mm": executed.bending_mm,
        "confidence": executed.confidence,
    }


def _achieved(needle: ReviewedNeedle, core_length_mm: float) -> dict[str, Value]:
    achieved = needle.achieved
    if achieved is None:
        return {"knowledge": "not-imaged"} if needle.executed is None else {}
    lesion, share = achieved.criteria.get(_LESION), achieved.criteria.get(_NECROTIC)
    return {
        "knowledge": str(achieved.knowledge),
        "achieved_viable_mm": achieved.criteria.get(_VIABLE),
        "achieved_necrotic_mm": None if share is None else share * core_length_mm,
        "achieved_lesion_mm": lesion,
        "achieved_criteria": _json(dict(achieved.criteria)),
        "achieved_habitats": _json(dict(achieved.habitat_mm)),
    }


def _point(name: str, point_lps_mm: Vec3) -> dict[str, Value]:
    return {f"{name}_{axis}_lps_mm": value for axis, value in zip("xyz", point_lps_mm, strict=True)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
