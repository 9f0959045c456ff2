"""A case's weights and limits as they stand in `plan.json`; judges nothing and opens no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planning.handover.plan_record import LimitRecord, SearchedRecord
from planning.handover.rounding import rounded
from planning.model.limit import LimitChange
from planning.model.plan import PlanResult, Searched


def wishes_document(plan: PlanResult) -> dict[str, Any]:
    """Return what a plan's case weighs and limits otherwise than its protocol, if anything."""
    found: dict[str, Any] = {}
    if plan.weights:
        found["weights"] = _weights(plan.weights)
    if plan.limits:
        found["limits"] = _limits(plan.limits)
    if plan.searched is not None:
        found["searched"] = {
            "weights": _weights(plan.searched.weights),
            "limits": _limits(plan.searched.limits),
            "inputs_sha256": plan.searched.inputs_sha256,
        }
    return found


def weights_from(record: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the weights a file holds."""
    return tuple(record.items())


def limits_from(records: Sequence[LimitRecord]) -> tuple[LimitChange, ...]:
    """Return the limits a file holds."""
    return tuple(LimitChange(key=r.key, value=r.value, reason=r.reason) for r in records)


def searched_from(record: SearchedRecord | None) -> Searched | None:
    """Return what a file says its candidates were searched with."""
    if record is None:
        return None
    return Searched(
        weights=weights_from(record.weights),
        limits=limits_from(record.limits),
        inputs_sha256=record.inputs_sha256,
    )


def _weights(weights: tuple[tuple[str, float], ...]) -> dict[str, float]:
    return {key: rounded(weight) for key, weight in weights}


def _limits(limits: tuple[LimitChange, ...]) -> list[dict[str, Any]]:
    return [
        {"key": c.key, "value": rounded(c.value), **({"reason": c.reason} if c.reason else {})}
        for c in limits
    ]
