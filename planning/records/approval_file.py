"""`approval.json`: who approved which plan.json, bound to it by its SHA-256; judges no plan."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from planning.formats import Record, bytes_of, checked, parsed_json, require_version
from planning.handover.plan_json import plan_to_json
from planning.model.approval import Approval, Checked
from planning.model.plan import PlanResult

NEWEST_VERSION = 1
APPROVAL_FILE = "approval.json"

_Text = Annotated[str, Field(min_length=1)]


class CheckedRecord(Record):
    """One thing that had to be looked at."""

    key: _Text
    text: str
    answer: _Text


class ApprovalRecord(Record):
    """A whole approval."""

    schema_version: Literal[1]
    notice: str = ""
    approved_by: _Text
    at: _Text
    plan_number: int = Field(ge=1)
    plan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    candidates: Annotated[list[str], Field(min_length=1)]
    checklist: list[CheckedRecord]
    note: str = ""
    position_reason: str = ""
    limits_reason: str = ""


def plan_sha256(plan: PlanResult) -> str:
    """Return the SHA-256 of a plan as it stands in `plan.json`."""
    return sha256_of(plan_to_json(plan).encode("utf-8"))


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def approval_to_json(approval: Approval) -> str:
    """Return an approval as the text of `approval.json`."""
    document = {
        "schema_version": NEWEST_VERSION,
        "notice": "Research use only. Not a medical device.",
        "approved_by": approval.approved_by,
        "at": approval.at,
        "plan_number": approval.plan_number,
        "plan_sha256": approval.plan_sha256,
        "candidates": list(approval.candidate_ids),
        "checklist": [
            {"key": c.key, "text": c.text, "answer": c.answer} for c in approval.checklist
        ],
        "note": approval.note,
        "position_reason": approval.position_reason,
        "limits_reason": approval.limits_reason,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def approval_from_json(text: str | bytes, what: str = "approval.json") -> Approval:
    """Return the approval that the text of an `approval.json` holds.

    Raises
    ------
    InputError
        If the text is no approval, or was written by a newer Trephine.
    """
    raw = parsed_json(text, what)
    require_version(raw, NEWEST_VERSION, what)
    record = checked(ApprovalRecord, raw, what)
    return Approval(
        approved_by=record.approved_by,
        at=record.at,
        plan_number=record.plan_number,
        plan_sha256=record.plan_sha256,
        candidate_ids=tuple(record.candidates),
        checklist=tuple(Checked(c.key, c.text, c.answer) for c in record.checklist),
        note=record.note,
        position_reason=record.position_reason,
        limits_reason=record.limits_reason,
    )


def approval_beside(plan: Path, sha256: str) -> Approval | None:
    """Return the approval that stands beside a plan's file, if it is of that plan.

    Raises
    ------
    InputError
        If what stands there is no approval.
    """
    beside = plan.parent / APPROVAL_FILE
    if not beside.is_file():
        return None
    found = approval_from_json(bytes_of(beside), beside.name)
    return found if found.plan_sha256 == sha256 else None
