"""What is said of a review when it is to be stored, as the registry takes it; stores nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from app import catalogue
from planning.errors import InputError
from planning.formats import bytes_of, checked, parsed_toml
from planning.handover.plan_json import plan_from_json
from planning.model.approval import Approval
from planning.model.cohort import Stage
from planning.records.approval_file import approval_beside, approval_from_json, sha256_of
from planning.records.case_record import CaseFile
from planning.records.registry.values import (
    CaseFacts,
    Complication,
    Identity,
    ProcedureFacts,
    ReviewedCase,
)
from planning.records.review_file import REVIEW_FILE, review_from_json

_NONE = "none"
_SYSTEMS = ("CIRSE", "CTCAE")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOrder:
    """What `trephine registry add` was asked for."""

    where: str
    review: Path
    plan: Path | None
    approval: Path | None
    case: Path | None
    to: str
    stage: str
    facts: CaseFacts
    procedure: ProcedureFacts
    pseudonym: str
    identity: Identity
    as_json: bool


def case_facts(
    biopsy_date: datetime | None,
    site: str,
    side: StrEnum | None,
    lesion: str,
    operator: str,
    institution: str,
    department: str,
) -> CaseFacts:
    """Return what the command line says of a case.

    Raises
    ------
    InputError
        If no such site is known.
    """
    if site:
        known = [one.key for one in catalogue.sites().sites]
        if site not in known:
            raise InputError(f'There is no site "{site}"; known: {", ".join(known)}.')
    return CaseFacts(
        biopsy_date=biopsy_date.date() if biopsy_date else None,
        site=site,
        side=str(side) if side else "",
        lesion=lesion,
        operator=operator,
        institution=institution,
        department=department,
    )


def procedure_facts(
    check_scans: int | None,
    redirections: int | None,
    passes: int | None,
    minutes: float | None,
    dlp: float | None,
    complications: list[str] | None,
) -> ProcedureFacts:
    """Return what the command line says of a procedure.

    Raises
    ------
    InputError
        If a complication is not given as KIND:GRADE.
    """
    told = None if complications is None else [c for c in complications if c.lower() != _NONE]
    return ProcedureFacts(
        check_scans=check_scans,
        redirections=redirections,
        passes=passes,
        minutes=minutes,
        dose_length_product_mgy_cm=dlp,
        complications=None if told is None else tuple(_complication(text) for text in told),
    )


def reviewed_case(order: AddOrder) -> ReviewedCase:
    """Read the files that an order names, and return them with what it says.

    Raises
    ------
    InputError
        If a file cannot be read, or is none of ours.
    """
    file = order.review / REVIEW_FILE if order.review.is_dir() else order.review
    text = bytes_of(file)
    plan_file = order.plan or file.parent / "plan.json"
    plan_text = bytes_of(plan_file)
    review = review_from_json(text, file.name)
    facts = _with_case(order.facts, order.case)
    if facts.biopsy_date is None and review.control is not None and review.control.date:
        facts = replace(facts, biopsy_date=date.fromisoformat(review.control.date))
    return ReviewedCase(
        plan=plan_from_json(plan_text, plan_file.name),
        plan_sha256=sha256_of(plan_text),
        review=review,
        review_sha256=sha256_of(text),
        approval=_approval(order.approval, plan_file, sha256_of(plan_text)),
        facts=facts,
        procedure=order.procedure,
        identity=order.identity,
        stage=Stage(order.stage),
        case_id=order.to,
        pseudonym=order.pseudonym,
    )


def _approval(given: Path | None, plan: Path, plan_sha256: str) -> Approval | None:
    """Return the approval that is given, or the one beside the plan if it is of that plan."""
    if given is not None:
        return approval_from_json(bytes_of(given), given.name)
    return approval_beside(plan, plan_sha256)


def _with_case(facts: CaseFacts, case: Path | None) -> CaseFacts:
    """Return facts with the site and lesion of a case file, where nothing else was said."""
    if case is None:
        return facts
    file = case / "case.toml" if case.is_dir() else case
    table = checked(CaseFile, parsed_toml(bytes_of(file), file.name), file.name).case
    return replace(facts, site=facts.site or table.site, lesion=facts.lesion or table.lesion)


def _complication(text: str) -> Complication:
    kind, _, rest = text.partition(":")
    grade, _, system = rest.partition(":")
    if not kind.strip() or not grade.isdecimal() or system.upper() not in ("", *_SYSTEMS):
        raise InputError(f'"{text}" is no complication; give KIND:GRADE, as haematoma:2, or none.')
    named = system.upper() or _SYSTEMS[0]
    return Complication(kind=kind.strip(), grade=int(grade), grade_system=named)
