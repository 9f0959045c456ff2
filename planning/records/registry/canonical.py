"""One hash for all that is stored of a case, whatever the engine; compares nothing.

The hash is SHA-256 over the case's random salt and its rows. Without the salt, which is deleted
with the case, the hash says nothing about them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, MetaData, RowMapping, Table, select

from planning.records.registry.engines import MANY
from planning.records.registry.tables import SALT

_KEY = "case_id"


def case_hashes(
    connection: Connection, tables: MetaData, cases: Collection[str] | None = None
) -> dict[str, str]:
    """Return the hash of each case; of all cases unless some are named.

    Every table with a column ``case_id`` counts, by name; a column counts where it holds a value,
    so that a column added later changes nothing.
    """
    content: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(dict)
    salts: dict[str, str] = {}
    for table in sorted(tables.tables.values(), key=lambda table: table.name):
        if _KEY not in table.c:
            continue
        for row in rows_of_cases(connection, table, cases):
            values = {name: value for name, value in row.items() if value is not None}
            case = values[_KEY]
            if SALT in values:
                salts[case] = values.pop(SALT)
            content[case].setdefault(table.name, []).append(values)
    keys = {table.name: [c.name for c in table.primary_key] for table in tables.tables.values()}
    return {case: _case_hash(salts[case], content[case], keys) for case in salts}


def salted_hash(salt: str, content: Any) -> str:
    """Return the SHA-256 of a salt and of a value that JSON can hold, dates included."""
    text = json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _case_hash(
    salt: str, content: dict[str, list[Mapping[str, Any]]], keys: Mapping[str, list[str]]
) -> str:
    ordered = {table: sorted(rows, key=itemgetter(*keys[table])) for table, rows in content.items()}
    return salted_hash(salt, ordered)


def rows_of_cases(
    connection: Connection, table: Table, cases: Collection[str] | None
) -> list[RowMapping]:
    """Return the rows that a table holds of some cases; of all for None."""
    wanted = select(table)
    if cases is not None and len(cases) < MANY:
        wanted = wanted.where(table.c[_KEY].in_(list(cases)))
    found = connection.execute(wanted).mappings().all()
    if cases is None or len(cases) < MANY:
        return list(found)
    named = set(cases)
    return [row for row in found if row[_KEY] in named]


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a registry")
