"""Stores a review, a procedure or a result of pathology as rows; measures nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from planning.errors import InputError
from planning.records.registry.connection import Registry
from planning.records.registry.fields import Value
from planning.records.registry.identities import PEOPLE_TABLE, new_pseudonym, person, pseudonym_of
from planning.records.registry.review_rows import StoredScan, placement_rows, plan_rows
from planning.records.registry.rows import NewRow, with_suggestion
from planning.records.registry.storing import Stored, store_in
from planning.records.registry.tables import (
    CASES,
    COMPLICATIONS,
    CORES,
    PATHOLOGY,
    PLACEMENTS,
    PLANS,
    PROCEDURES,
)
from planning.records.registry.values import (
    CaseFacts,
    Identity,
    PathologyResult,
    ProcedureFacts,
    ReviewedCase,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """Where something was stored.

    Parameters
    ----------
    pseudonym : str
        Of the patient; the only thing that leads from the hospital's records to the registry.
    is_new : bool
        Whether the case was not there before.
    """

    case_id: str
    pseudonym: str
    is_new: bool


def store_review(registry: Registry, reviewed: ReviewedCase) -> StoredCase:
    """Store a review with its plan and approval, as a new case or as one more of a known one.

    Another review of a control CT that is stored takes the place of the one before.

    Raises
    ------
    InputError
        If `require_confirmed` refuses the review, or it is stored already; if the case is not
        there; if a value is nothing the data dictionary allows.
    """
    require_confirmed(reviewed)
    with registry.writing() as connection:
        _refuse_twice(connection, reviewed.review_sha256)
        case = _case_for(registry, connection, reviewed)
        scans = _scans(connection, case.case_id)
        rows = [
            *_case_rows(connection, case, reviewed),
            *plan_rows(case.case_id, reviewed, known=_plans(connection, case.case_id)),
            *placement_rows(case.case_id, reviewed, scans),
            *_procedure_rows(connection, case.case_id, reviewed.procedure),
        ]
        if reviewed.identity.is_known:
            before = person(registry, case.pseudonym)
            values = {**before, "pseudonym": case.pseudonym, **_given(reviewed.identity)}
            rows.append(NewRow(table=PEOPLE_TABLE, values=values, where="the identity"))
        store_in(registry, connection, rows, replace=True)
    return case


def require_confirmed(reviewed: ReviewedCase) -> None:
    """Refuse a review for which nobody answers.

    Raises
    ------
    InputError
        If it is of another plan; if nobody accepted its registration, said the state of its
        needles, or confirmed a patient about whom the scans differ.
    """
    review = reviewed.review
    if review.plan_sha256 != reviewed.plan_sha256:
        raise InputError(_OTHER_PLAN)
    problems = [] if review.registration.accepted else [_NOT_ACCEPTED]
    unsaid = [needle.core for needle in review.needles if not needle.state_said]
    if unsaid:
        problems.append(_NOT_SAID.format(", ".join(unsaid)))
    if problems:
        raise InputError(" ".join(problems))
    patient = review.patient
    if patient is not None and patient.differs and not patient.confirmed:
        raise InputError(_OTHER_PATIENT.format(", ".join(patient.differs)))


_OTHER_PLAN = (
    "The review is of another plan: the SHA-256 of plan.json is not the one that review.json "
    "names; give the plan.json that was reviewed."
)
_NOT_ACCEPTED = (
    "Nobody has accepted the registration of the control CT; accept or mend it in the review "
    "(--accept-registration), then store it."
)
_NOT_SAID = (
    "Nobody has said in which state the control CT shows the needle of {0}; say it in the review "
    "(--needle-state), then store it."
)
_OTHER_PATIENT = (
    "The control CT may be of another patient ({0} differs), and nobody has confirmed that it is "
    "not; look into it in the review, then store it."
)
_TWICE = "This review is stored already, in case {0}; nothing was changed."


def case_of_plan(registry: Registry, plans_sha256: Collection[str]) -> str:
    """Return the case that was planned by one of these plans, the last one; empty for none."""
    wanted = (
        select(PLANS.c.case_id)
        .join(CASES, CASES.c.case_id == PLANS.c.case_id)
        .where(PLANS.c.plan_sha256.in_(list(plans_sha256)))
        .order_by(CASES.c.stored_at.desc(), CASES.c.case_id.desc())
    )
    with registry.reading() as connection:
        return connection.execute(wanted.limit(1)).scalar() or ""


def is_stored(registry: Registry, review_sha256: str) -> bool:
    """Tell whether a review is stored just so already."""
    with registry.reading() as connection:
        return _case_of_review(connection, review_sha256) is not None


def store_facts(
    registry: Registry, case_id: str, facts: CaseFacts, procedure: ProcedureFacts
) -> Stored:
    """Store what is known of a case and its procedure now; what is not given stays as it was.

    Complications are added to those that are stored.

    Raises
    ------
    InputError
        If there is no such case, or a value is not allowed.
    """
    with registry.writing() as connection:
        _known_case(connection, case_id)
        values = {**_row(connection, case_id), **_given(facts)}
        rows = [
            NewRow(table=CASES.name, values=values, where="the case"),
            *_procedure_rows(connection, case_id, procedure),
        ]
        return store_in(registry, connection, rows, replace=True)


def store_pathology(
    registry: Registry, case_id: str, core: str, result: PathologyResult, *, plan: str = ""
) -> str:
    """Store what pathology says of a core; return what becomes of it, as ``suggested``.

    What is not given stays as it was. A core that is not in keeping with imaging is suggested for
    another biopsy unless somebody says what becomes of it.

    Parameters
    ----------
    plan : str
        Beginning of the plan's SHA-256, where several plans of the case have a core of that name.

    Raises
    ------
    InputError
        If there is no such case or core, or several; if a value is not allowed.
    """
    with registry.writing() as connection:
        _known_case(connection, case_id)
        sha256 = _plan_of_core(connection, case_id, core, plan)
        key: dict[str, Value] = {"case_id": case_id, "plan_sha256": sha256, "core": core}
        same = and_(*(PATHOLOGY.c[name] == value for name, value in key.items()))
        before = connection.execute(select(PATHOLOGY).where(same)).mappings().first()
        values = with_suggestion({**(before or key), **_given(result)})
        row = NewRow(table=PATHOLOGY.name, values=values, where="the result")
        store_in(registry, connection, [row], replace=True)
    return str(values.get("rebiopsy") or "")


def _case_for(registry: Registry, connection: Connection, reviewed: ReviewedCase) -> StoredCase:
    """Return the case to store in: a known one, or a new one of a known or new patient."""
    if reviewed.case_id:
        return _known_case(connection, reviewed.case_id)
    known = pseudonym_of(registry, reviewed.identity.patient_id)
    if reviewed.pseudonym and known and known != reviewed.pseudonym:
        raise InputError(
            f"The patient with this id is {known}, not {reviewed.pseudonym}; leave one of them out."
        )
    pseudonym = reviewed.pseudonym or known or new_pseudonym()
    wanted = select(func.count()).select_from(CASES).where(CASES.c.pseudonym == pseudonym)
    count = connection.execute(wanted).scalar_one()
    if reviewed.pseudonym and not count:
        raise InputError(f"The registry knows no {pseudonym}; leave it out for a new patient.")
    return StoredCase(case_id=f"{pseudonym}-{count + 1}", pseudonym=pseudonym, is_new=True)


def _known_case(connection: Connection, case_id: str) -> StoredCase:
    wanted = select(CASES.c.pseudonym).where(CASES.c.case_id == case_id)
    pseudonym = connection.execute(wanted).scalar()
    if pseudonym is None:
        raise InputError(
            f'The registry has no case "{case_id}"; "trephine registry list" names them all.'
        )
    return StoredCase(case_id=case_id, pseudonym=pseudonym, is_new=False)


def _refuse_twice(connection: Connection, review_sha256: str) -> None:
    case = _case_of_review(connection, review_sha256)
    if case is not None:
        raise InputError(_TWICE.format(case))


def _case_of_review(connection: Connection, review_sha256: str) -> str | None:
    wanted = select(PLACEMENTS.c.case_id).where(PLACEMENTS.c.review_sha256 == review_sha256)
    return connection.execute(wanted.limit(1)).scalar()


def _case_rows(
    connection: Connection, case: StoredCase, reviewed: ReviewedCase
) -> Iterator[NewRow]:
    """Yield the row of the case: what was known of it, and what is given now."""
    if case.is_new:
        before: dict[str, Value] = {
            "case_id": case.case_id,
            "pseudonym": case.pseudonym,
            "stored_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "indication": reviewed.plan.indication,
            "guidance": reviewed.plan.guidance,
        }
    else:
        before = _row(connection, case.case_id)
    values = {**before, **_given(reviewed.facts)}
    yield NewRow(table=CASES.name, values=values, where="the case")


def _row(connection: Connection, case_id: str) -> dict[str, Value]:
    columns = [column for column in CASES.c if column.name != "salt"]
    row = connection.execute(select(*columns).where(CASES.c.case_id == case_id)).mappings().one()
    return dict(row)


def _procedure_rows(
    connection: Connection, case_id: str, procedure: ProcedureFacts
) -> Iterator[NewRow]:
    """Yield what is given of a procedure, over what is stored of it already."""
    given = _given(procedure)
    given.pop("complications", None)
    if procedure.complications is not None:
        given["no_complication"] = not procedure.complications
    if not given:
        return
    stored = select(PROCEDURES).where(PROCEDURES.c.case_id == case_id)
    before = connection.execute(stored).mappings().first()
    counted = select(func.max(COMPLICATIONS.c.number)).where(COMPLICATIONS.c.case_id == case_id)
    known = connection.execute(counted).scalar() or 0
    if known and given.get("no_complication"):
        raise InputError(f"Case {case_id} has complications; change them by registry import.")
    values = {**(dict(before) if before else {"case_id": case_id}), **given}
    yield NewRow(table=PROCEDURES.name, values=values, where="the procedure")
    for number, one in enumerate(procedure.complications or (), start=known + 1):
        values = {"case_id": case_id, "number": number, **asdict(one)}
        yield NewRow(table=COMPLICATIONS.name, values=values, where=f"complication {number}")


def _given(facts: CaseFacts | Identity | ProcedureFacts | PathologyResult) -> dict[str, Any]:
    return {name: value for name, value in asdict(facts).items() if value not in (None, "")}


def _plans(connection: Connection, case_id: str) -> frozenset[str]:
    wanted = select(PLANS.c.plan_sha256).where(PLANS.c.case_id == case_id)
    return frozenset(connection.execute(wanted).scalars())


def _scans(connection: Connection, case_id: str) -> dict[tuple[str, str], list[StoredScan]]:
    """Return the scans of each core of each plan that are stored."""
    table = PLACEMENTS.c
    columns = (table.plan_sha256, table.core, table.scan, table.control_sha256)
    found: dict[tuple[str, str], list[StoredScan]] = defaultdict(list)
    for plan, core, *scan in connection.execute(select(*columns).where(table.case_id == case_id)):
        found[plan, core].append(StoredScan(*scan))
    return found


def _plan_of_core(connection: Connection, case_id: str, core: str, beginning: str) -> str:
    wanted = select(CORES.c.plan_sha256, CORES.c.core).where(CORES.c.case_id == case_id)
    rows = connection.execute(wanted.order_by(CORES.c.core)).all()
    plans = [plan for plan, name in rows if name == core and plan.startswith(beginning)]
    if not plans:
        names = ", ".join(dict.fromkeys(name for _, name in rows))
        raise InputError(f'Case {case_id} has no core "{core}"; it has {names}.')
    if len(plans) > 1:
        known = ", ".join(plan[:12] for plan in plans)
        raise InputError(f'Several plans of {case_id} have a core "{core}"; give --plan: {known}.')
    return str(plans[0])
