"""Gathers what an export is written from, for window and command line alike; writes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app import catalogue
from app.language import mark
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case, Guidance
from planning.model.plan import PlanResult
from planning.progress import SILENT, Progress

if TYPE_CHECKING:
    from planning.handover.content import HandOver
    from planning.model.error_model import ErrorModel

CASE_FILE = "case.toml"

_NO_PLAN = mark("{0} cannot be read ({1}); give a plan.json or its folder.")


def new_secret() -> str:
    """Return random text that one de-identified export is made with."""
    return secrets.token_hex(32)


def of_case(
    case: Case, images: CaseImages, chosen: Sequence[str] = (), *, made_at: datetime | None = None
) -> HandOver | None:
    """Return what an open case has to hand over; None where it has no plan.

    Parameters
    ----------
    chosen : sequence of str
        Ids of the trajectories that are meant; none for those approved, or the plan's own choice.
    """
    if case.plan is None:
        return None
    return _gathered(case.plan, chosen, case=case, images=images, made_at=made_at)


def of_plan(
    plan: Path,
    case: Path | None,
    chosen: Sequence[str] = (),
    *,
    with_case: bool = True,
    progress: Progress = SILENT,
) -> HandOver:
    """Return what the file of a plan has to hand over, with its case where that is known.

    Parameters
    ----------
    case : Path or None
        None for the case whose folder the plan stands in, if it stands in one.
    with_case : bool
        Whether the case is of any use: reading it takes seconds.

    Raises
    ------
    InputError
        If plan or case cannot be read, or the plan was made on another CT.
    """
    from planning.handover.content import require_same_ct
    from planning.handover.plan_json import plan_from_json
    from planning.records.approval_file import approval_beside, sha256_of
    from planning.records.case_file import load_case

    file = plan / "plan.json" if plan.is_dir() else plan
    try:
        text = file.read_bytes()
    except OSError as error:
        raise InputError(_NO_PLAN.format(plan, error.strerror)) from error
    read = plan_from_json(text, file.name)
    approval = approval_beside(file, sha256_of(text))
    beside = file.parent / CASE_FILE
    path = case or (beside if beside.is_file() else None)
    if path is None or not with_case:
        return _gathered(read, chosen, approval=approval)
    loaded = load_case(
        path,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
        progress=progress,
    )
    require_same_ct(read, loaded.images)
    return _gathered(read, chosen, case=loaded.case, images=loaded.images, approval=approval)


def _gathered(
    plan: PlanResult,
    chosen: Sequence[str],
    *,
    case: Case | None = None,
    images: CaseImages | None = None,
    approval: Approval | None = None,
    made_at: datetime | None = None,
) -> HandOver:
    from planning.handover.content import HandOver, chosen_of, file_stem
    from planning.records.approval_file import approval_to_json

    if approval is None and case is not None and case.plan is plan:
        approval = case.approval
    now = made_at or datetime.now().astimezone()
    meant = chosen or (() if approval is None else approval.candidate_ids)
    return HandOver(
        plan=plan,
        chosen=chosen_of(plan, meant),
        made_at=now,
        stem=file_stem(plan.case_name, now),
        case=case,
        images=images,
        approval_json="" if approval is None else approval_to_json(approval),
        error_model=_error_model(plan),
    )


def _error_model(plan: PlanResult) -> ErrorModel | None:
    """Return what a plan's placement errors rest on; None if that is not there any more."""
    guidance = Guidance(plan.guidance)
    if not plan.error_model:
        return catalogue.error_models()[guidance]
    try:
        own = catalogue.own_error_model(catalogue.OWN_ERRORS, guidance)
    except InputError:
        return None
    return own if own is not None and own.sha256 == plan.error_model_sha256 else None
