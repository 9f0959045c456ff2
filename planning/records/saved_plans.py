"""Reads the plans that were saved beside a case file, and says which may be trusted as what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from planning.errors import InputError
from planning.formats import bytes_of
from planning.geometry import vec3
from planning.handover.plan_json import plan_from_json
from planning.model.approval import Approval
from planning.model.case import Case, OwnPath, PastPlan
from planning.model.needle import Trajectory
from planning.records.approval_file import APPROVAL_FILE, approval_from_json, sha256_of
from planning.records.case_record import CaseFile, OwnPathTable, PastTable, SavedTable
from planning.records.document_json import field_from_json

PLAN_FILE = "plan.json"


def with_saved(case: Case, record: CaseFile, file: Path) -> tuple[Case, tuple[str, ...]]:
    """Return a case with what Trephine saved beside it, and sentences about what is wrong there.

    A plan that is not the approved one counts as a draft. A plan that cannot be read is left where
    it is, and the case opens without it.

    Raises
    ------
    InputError
        If the case file holds a field that cannot be read.
    """
    saved = record.saved
    if saved is None:
        return case, ()
    said: list[str] = []
    case = replace(case, plan_number=saved.plan_number)
    if saved.plan_sha256:
        case = _with_plan(case, saved, file.parent, said)
    case = replace(case, past_plans=_past_plans(record, file.parent, said))
    return _with_more(case, saved, file.name), tuple(said)


def own_paths_of(tables: list[OwnPathTable]) -> tuple[OwnPath, ...]:
    """Return the trajectories that the user placed."""
    return tuple(
        OwnPath(path_id=t.id, trajectory=Trajectory(vec3(t.entry_lps_mm), vec3(t.tip_lps_mm)))
        for t in tables
    )


def _with_plan(case: Case, saved: SavedTable, folder: Path, said: list[str]) -> Case:
    try:
        data = bytes_of(folder / PLAN_FILE)
        case = replace(case, plan=plan_from_json(data))
        approval = _approval(folder, case.plan_number)
    except InputError as error:
        said.append(f"The saved plan is not as it was: {error} It counts as a draft.")
        return case
    digest = sha256_of(data)
    if approval is not None and approval.plan_sha256 == digest:
        return replace(case, approval=approval)
    if approval is not None:
        said.append(
            f"{PLAN_FILE} is not the plan that {approval.approved_by} approved on {approval.when}: "
            "it was changed since. It counts as a draft."
        )
    elif digest != saved.plan_sha256:
        said.append(f"{PLAN_FILE} was changed after the case was saved. Check it, or plan again.")
    return case


def _approval(folder: Path, plan_number: int) -> Approval | None:
    path = folder / APPROVAL_FILE
    if not path.exists():
        return None
    approval = approval_from_json(bytes_of(path))
    return approval if approval.plan_number == plan_number else None


def _past_plans(record: CaseFile, folder: Path, said: list[str]) -> tuple[PastPlan, ...]:
    found = []
    for table in record.past:
        try:
            found.append(_past_plan(table, folder))
        except InputError as error:
            said.append(f"Plan {table.number}, superseded, was left out: {error}")
    return tuple(found)


def _past_plan(table: PastTable, folder: Path) -> PastPlan:
    data = bytes_of(folder / table.plan)
    approval = approval_from_json(bytes_of(folder / table.approval), table.approval)
    if approval.plan_sha256 != sha256_of(data):
        raise InputError(f"{table.plan} is not the plan that was approved; it was changed since.")
    return PastPlan(
        number=table.number,
        plan=plan_from_json(data, table.plan),
        approval=approval,
        own_paths=own_paths_of(table.own_path),
    )


def _with_more(case: Case, saved: SavedTable, what: str) -> Case:
    more: dict[str, Any] = {}
    for name, text in saved.more.items():
        if name not in Case.__dataclass_fields__:
            message = f'{what}, [saved.more]: this Trephine knows no "{name}"; update it.'
            raise InputError(message)
        more[name] = field_from_json(name, text, what)
    return replace(case, **more)
