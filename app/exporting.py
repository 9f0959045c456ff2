"""Gathers what an export is written from, for window and command line alike; writes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app import catalogue
from app.language import mark
from planning.disk_words import reason_of
from planning.errors import InputError
from planning.folder_changes import settle
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.progress import SILENT, Progress

if TYPE_CHECKING:
    from planning.handover.content import Documents, HandOver, Pictures, Reports
    from planning.model.error_model import ErrorModel

_NO_PLAN = mark("{0} cannot be read ({1}); give a plan.json or its folder.")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What draws pictures of a plan, and what writes reports of it; None where nothing does."""

    pictures: Pictures | None = None
    documents: Documents | None = None
    reports: Reports | None = None


NOTHING_DRAWN = Drawn()


def new_secret() -> str:
    """Return random text that one de-identified export is made with."""
    return secrets.token_hex(32)


def of_case(
    case: Case,
    images: CaseImages,
    chosen: Sequence[str] = (),
    *,
    drawn: Drawn = NOTHING_DRAWN,
) -> HandOver | None:
    """Return what an open case has to hand over; None where it has no plan.

    Parameters
    ----------
    chosen : sequence of str
        Ids of the trajectories that are meant; none for those approved, or the plan's own choice.
    drawn : Drawn
        What draws pictures and reports of the plan.
    """
    if case.plan is None:
        return None
    return _gathered(case.plan, chosen, case=case, images=images, drawn=drawn)


def of_plan(
    plan: Path,
    case: Path | None,
    chosen: Sequence[str] = (),
    *,
    with_case: bool = True,
    drawn: Drawn = NOTHING_DRAWN,
    progress: Progress = SILENT,
) -> HandOver:
    """Return what the file of a plan has to hand over, with its case where that is known.

    Parameters
    ----------
    case : Path or None
        None for the case whose folder the plan stands in, if it stands in one.
    with_case : bool
        Whether the case is of any use: reading it takes seconds.
    drawn : Drawn
        What draws pictures and reports of the plan.

    Raises
    ------
    InputError
        If plan or case cannot be read, or the plan was made on another CT.
    """
    from app.terminal import warn_of  # only commands come this way
    from planning.handover.content import require_same_ct
    from planning.handover.plan_json import plan_from_json
    from planning.records.approval_file import approval_beside, sha256_of
    from planning.records.case_file import load_case
    from planning.records.case_origin import CASE_FILE_NAME

    file = plan / "plan.json" if plan.is_dir() else plan
    settle(file.parent)
    try:
        text = file.read_bytes()
    except OSError as error:
        raise InputError(_NO_PLAN.format(plan, reason_of(error))) from error
    read = plan_from_json(text, file.name)
    approval = approval_beside(file, sha256_of(text))
    beside = file.parent / CASE_FILE_NAME
    path = case or (beside if beside.is_file() else None)
    if path is None or not with_case:
        return _gathered(read, chosen, approval=approval, drawn=drawn)
    loaded = load_case(
        path,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
        progress=progress,
    )
    warn_of(loaded.said)
    require_same_ct(read, loaded.images)
    return _gathered(
        read,
        chosen,
        case=loaded.case,
        images=loaded.images,
        approval=approval,
        drawn=drawn,
    )


def _gathered(
    plan: PlanResult,
    chosen: Sequence[str],
    *,
    case: Case | None = None,
    images: CaseImages | None = None,
    approval: Approval | None = None,
    drawn: Drawn = NOTHING_DRAWN,
) -> HandOver:
    from planning.handover.content import HandOver, chosen_of, file_stem
    from planning.records.approval_file import approval_to_json

    if approval is None and case is not None and case.plan is plan:
        approval = case.approval
    now = datetime.now().astimezone()
    meant = chosen or (() if approval is None else approval.candidate_ids)
    return HandOver(
        plan=plan,
        chosen=chosen_of(plan, meant),
        made_at=now,
        stem=file_stem(plan.case_name, now),
        case=case,
        images=images,
        is_approved=approval is not None,
        approval_json="" if approval is None else approval_to_json(approval),
        error_model=_error_model(plan),
        pictures=drawn.pictures,
        documents=drawn.documents,
        reports=drawn.reports,
    )


def _error_model(plan: PlanResult) -> ErrorModel | None:
    """Return what a plan's placement errors rest on; None if that is not there any more."""
    known = {guidance.value: made for guidance, made in catalogue.error_models().items()}
    preset = known.get(plan.guidance)
    if preset is None or not plan.error_model:
        return preset
    try:
        own = catalogue.own_error_model(catalogue.OWN_ERRORS, preset.guidance)
    except InputError:
        return None
    return own if own is not None and own.sha256 == plan.error_model_sha256 else None
