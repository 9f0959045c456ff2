"""Stores rows and enters them into the audit trail, all or none; makes up no value."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Table, and_, select

from planning.records.registry import audit
from planning.records.registry.audit import NewEntry, append
from planning.records.registry.canonical import case_hashes, rows_of_cases
from planning.records.registry.connection import Registry
from planning.records.registry.engines import insert_all
from planning.records.registry.fields import FieldTable, Value
from planning.records.registry.identities import PEOPLE_TABLE, store_people
from planning.records.registry.rows import (
    Key,
    NewRow,
    RowsError,
    key_of,
    key_words,
    problems_of,
    whole_row,
)
from planning.records.registry.tables import AUDIT, CASE_TABLES, CASES, RESEARCH, SALT

_SALT_BYTES = 32

Whole = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of rows that were handed in.

    Parameters
    ----------
    added, changed : tuple of str
        Ids of the cases that are new, and of those that have other rows now.
    unchanged : int
        Rows that were there just so already.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(slots=True, kw_only=True)
class _Work:
    """Rows by what has to be done with them."""

    new: dict[str, dict[Key, Whole]]
    other: dict[str, dict[Key, Whole]]
    unchanged: int
    problems: list[str]


def store_rows(
    registry: Registry, rows: Sequence[NewRow], *, replace: bool = False, origin: str = ""
) -> Stored:
    """Store rows of any tables, and enter every case they touch into the audit trail.

    Rows that are there just so already are passed over.

    Parameters
    ----------
    replace : bool
        A row that is there with other values takes the new ones; else it is a problem.
    origin : str
        Action to enter before those of the cases, as ``imported``; empty for none.

    Raises
    ------
    RowsError
        If any row cannot be stored; none is then.
    """
    with registry.writing() as connection:
        return store_in(registry, connection, rows, replace=replace, origin=origin)


def store_in(
    registry: Registry,
    connection: Connection,
    rows: Sequence[NewRow],
    *,
    replace: bool = False,
    origin: str = "",
) -> Stored:
    """Store rows inside a change that has begun, see `store_rows`."""
    fields = registry.fields
    problems = problems_of(fields, rows)
    if problems:
        raise RowsError(problems)
    people = [row for row in rows if row.table == PEOPLE_TABLE]
    others = [row for row in rows if row.table != PEOPLE_TABLE]
    work = _sorted_out(connection, fields, others, replace=replace)
    work.problems += _deleted(connection, others)
    if work.problems:
        raise RowsError(work.problems)
    added = {str(row["case_id"]) for row in work.new.get(CASES.name, {}).values()}
    touched = added | {
        str(row["case_id"])
        for kind in (work.new, work.other)
        for table in kind.values()
        for row in table.values()
    }
    _refuse_tampered(connection, touched - added)
    _write(connection, work)
    hashes = case_hashes(connection, RESEARCH, touched) if touched else {}
    entries = [NewEntry(origin, f"{len(rows)} rows")] if origin and touched else []
    entries += [
        NewEntry(audit.ADDED if case in added else audit.CHANGED, case, hashes[case])
        for case in sorted(touched)
    ]
    entries += store_people(registry, connection, people, replace=replace)
    append(connection, registry.actor, entries)
    return Stored(
        added=tuple(sorted(added)),
        changed=tuple(sorted(touched - added)),
        unchanged=work.unchanged,
    )


def _sorted_out(
    connection: Connection, fields: FieldTable, rows: Sequence[NewRow], *, replace: bool
) -> _Work:
    """Compare rows with what is stored of their cases."""
    work = _Work(new=defaultdict(dict), other=defaultdict(dict), unchanged=0, problems=[])
    by_table: dict[str, list[NewRow]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row)
    cases = {str(row.values["case_id"]) for row in rows}
    known: dict[str, dict[Key, RowMapping]] = {}
    for table in CASE_TABLES:
        known[table.name] = _by_key(table, rows_of_cases(connection, table, cases))
        for row in by_table[table.name]:
            key = key_of(fields, row)
            whole, before = whole_row(fields, row), known[table.name].get(key)
            if before is None:
                work.new[table.name][key] = whole
                work.problems += _orphan(table, row, whole, known, work)
            elif all(before[name] == value for name, value in whole.items()):
                work.unchanged += 1
            elif replace:
                work.other[table.name][key] = whole
            else:
                name = f"{row.where or table.name}: {key_words(key)}"
                work.problems.append(_DIFFERS.format(name))
    return work


_DIFFERS = "{0} is stored with other values already; add --replace to change it."


def _by_key(table: Table, rows: Sequence[RowMapping]) -> dict[Key, RowMapping]:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): row for row in rows}


def _orphan(
    table: Table,
    row: NewRow,
    whole: Whole,
    known: Mapping[str, Mapping[Key, object]],
    work: _Work,
) -> Iterator[str]:
    """Say which row has to be there first and is not."""
    for key in table.foreign_key_constraints:
        parent = key.referred_table.name
        wanted = tuple(whole[column.name] for column in key.columns)
        if wanted not in known[parent] and wanted not in work.new[parent]:
            place, missing = row.where or table.name, key_words(wanted)
            yield f"{place}: {parent} has no {missing}; it has to be there first."


def _deleted(connection: Connection, rows: Sequence[NewRow]) -> Iterator[str]:
    """Say which rows would bring a deleted patient back."""
    named: dict[Value, NewRow] = {}
    for row in rows:
        if row.table == CASES.name:
            named |= {row.values.get("pseudonym"): row, row.values.get("case_id"): row}
    wanted = select(AUDIT.c.subject).where(AUDIT.c.action == audit.DELETED)
    for subject in connection.execute(wanted).scalars() if named else ():
        if subject in named:
            place = named[subject].where or CASES.name
            yield f"{place}: {subject} was deleted from this registry and is not taken back."


def _refuse_tampered(connection: Connection, cases: Collection[str]) -> None:
    """Keep a change from vouching for what somebody did to the same case behind the trail."""
    if not cases:
        return
    told = audit.last_payloads(connection, cases)
    now = case_hashes(connection, RESEARCH, cases)
    wrong = [case for case in sorted(cases) if case not in now or told.get(case) != now[case]]
    if wrong:
        raise RowsError([_TAMPERED.format(case) for case in wrong])


_TAMPERED = (
    "Case {0} is not as the audit trail says; see trephine audit verify, and take it as it is by "
    "trephine audit accept, or put a backup in its place."
)


def _write(connection: Connection, work: _Work) -> None:
    for table in CASE_TABLES:
        new = [dict(row) for row in work.new.get(table.name, {}).values()]
        if table is CASES:
            for row in new:
                row[SALT] = secrets.token_hex(_SALT_BYTES)
        insert_all(connection, table, new)
        keys = [column.name for column in table.primary_key]
        for row in work.other.get(table.name, {}).values():
            same = and_(*(table.c[name] == row[name] for name in keys))
            rest = {name: value for name, value in row.items() if name not in keys}
            connection.execute(table.update().where(same).values(rest))
