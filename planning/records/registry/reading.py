"""Reads cases and whole cohorts out of a registry; changes nothing and computes no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
    true,
)

from planning.model.cohort import TEXT_COLUMNS, CohortRows
from planning.model.execution import NeedleState
from planning.records.registry.connection import Registry
from planning.records.registry.rows import SUGGESTED
from planning.records.registry.tables import (
    CASE_TABLES,
    CASES,
    COMPLICATIONS,
    CORES,
    PATHOLOGY,
    PLACEMENTS,
    PLANS,
    PROCEDURES,
    SALT,
)

_ENDS_AT_STOP = [str(state) for state in NeedleState if not state.ends_at_tip and state.is_imaged]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """One case in a list.

    Parameters
    ----------
    cores, scanned, results : int
        Planned cores, those a scan shows, and those pathology has reported.
    rebiopsies : int
        Cores for which another biopsy is suggested.
    """

    case_id: str
    pseudonym: str
    biopsy_date: date | None
    site: str
    guidance: str
    operator: str
    cores: int
    scanned: int
    results: int
    rebiopsies: int


def list_cases(registry: Registry) -> tuple[CaseSummary, ...]:
    """Return all cases, newest first; those without a date come last."""
    c = CASES.c
    wanted = select(
        *(c.case_id, c.pseudonym, c.biopsy_date),
        func.coalesce(c.site, "").label("site"),
        func.coalesce(c.guidance, "").label("guidance"),
        func.coalesce(c.operator, "").label("operator"),
        _count(CORES).label("cores"),
        _count(PLACEMENTS, PLACEMENTS.c.scan == 1, PLACEMENTS.c.tip_x_lps_mm.is_not(None)).label(
            "scanned"
        ),
        _count(PATHOLOGY).label("results"),
        _count(PATHOLOGY, PATHOLOGY.c.rebiopsy == SUGGESTED).label("rebiopsies"),
    ).order_by(c.biopsy_date.is_(None), c.biopsy_date.desc(), c.stored_at.desc(), c.case_id)
    with registry.reading() as connection:
        return tuple(CaseSummary(**row) for row in connection.execute(wanted).mappings())


def read_case(registry: Registry, case_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of a case by table; empty where there is no such case."""
    found: dict[str, list[dict[str, Any]]] = {}
    with registry.reading() as connection:
        for table in CASE_TABLES:
            wanted = select(*(column for column in table.c if column.name != SALT))
            rows = connection.execute(
                wanted.where(table.c.case_id == case_id).order_by(*table.primary_key)
            ).mappings()
            found[table.name] = [dict(row) for row in rows]
    return found if found[CASES.name] else {}


def read_cohort(registry: Registry, *, every_scan: bool = False) -> CohortRows:
    """Return the cores of all cases that were scanned or examined, in the order of their dates.

    Parameters
    ----------
    every_scan : bool
        Also the earlier scans of cores that were scanned again, as a first pass before its
        correction; `is_last` tells them from the last.
    """
    with registry.reading() as connection:
        result = connection.execute(_cohort())
        # As the driver gives them: making objects of tens of thousands of rows takes a second, and
        # numpy reads days and truths in either form.
        names, cursor = list(result.keys()), result.cursor
        assert cursor is not None  # a query has one
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    by_name: Mapping[str, Sequence[Any]] = dict(zip(names, columns, strict=True))
    cores = list(zip(*(by_name[name] for name in ("case", "plan_sha256", "core")), strict=True))
    last = [a != b for a, b in zip(cores, [*cores[1:], None], strict=True)] if cores else []
    arrays: dict[str, NDArray[Any]] = {
        f.name: np.array(last, dtype=np.bool_)
        if f.name == "is_last"
        else _column(f.name, by_name[f.name])
        for f in fields(CohortRows)
    }
    order = np.argsort(arrays["date"], kind="stable")  # without a date: last
    found = CohortRows(**{name: values[order] for name, values in arrays.items()})
    return found if every_scan else found.where(found.is_last)


def _cohort() -> Select[Any]:
    """Return the query whose columns are those of `CohortRows`, scans of a core in their order."""
    worst = (
        select(COMPLICATIONS.c.case_id, func.max(COMPLICATIONS.c.grade).label("grade"))
        .group_by(COMPLICATIONS.c.case_id)
        .subquery()
    )
    none = case((PROCEDURES.c.no_complication.is_(true()), 0))
    columns = {
        "date": CASES.c.biopsy_date,
        "case": CORES.c.case_id,
        "planned_depth_mm": case(
            (PLACEMENTS.c.needle_state.in_(_ENDS_AT_STOP), CORES.c.stop_depth_mm),
            else_=CORES.c.insertion_depth_mm,
        ),
        "planned_angle_deg": CORES.c.scan_plane_angle_deg,
        "complication_grade": func.coalesce(worst.c.grade, none),
        "plan_sha256": CORES.c.plan_sha256,
        "core": CORES.c.core,
    }
    tables = (CORES, CASES, PLANS, PLACEMENTS, PATHOLOGY, PROCEDURES)
    for f in fields(CohortRows):
        if f.name not in columns and f.name != "is_last":
            columns[f.name] = next(table.c[f.name] for table in tables if f.name in table.c)
    of_core = ("case_id", "plan_sha256", "core")
    joined = (
        CORES.join(PLANS, _same(CORES, PLANS, of_core[:2]))
        .join(CASES, _same(CORES, CASES, of_core[:1]))
        .outerjoin(PLACEMENTS, _same(CORES, PLACEMENTS, of_core))
        .outerjoin(PATHOLOGY, _same(CORES, PATHOLOGY, of_core))
        .outerjoin(PROCEDURES, _same(CORES, PROCEDURES, of_core[:1]))
        .outerjoin(worst, worst.c.case_id == CORES.c.case_id)
    )
    return (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(joined)
        .where(or_(PLACEMENTS.c.core.is_not(None), PATHOLOGY.c.core.is_not(None)))
        .order_by(CORES.c.case_id, CORES.c.plan_sha256, CORES.c.core, PLACEMENTS.c.scan)
    )


def _same(one: Table, other: Table, names: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


def _count(table: Table, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(table).where(table.c.case_id == CASES.c.case_id)
    return counted.where(*conditions).scalar_subquery()


def _column(name: str, values: Sequence[Any]) -> NDArray[Any]:
    if name == "date":
        return np.array(values, dtype="datetime64[D]")
    if name in TEXT_COLUMNS:
        return np.array([value or "" for value in values], dtype=np.object_)
    return np.array(values, dtype=np.float64)
