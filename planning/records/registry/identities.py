"""Who the pseudonyms stand for: drawn at random, kept apart, told to nobody who does not ask."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from planning.records.registry.audit import IDENTITY, NewEntry
from planning.records.registry.canonical import salted_hash
from planning.records.registry.connection import Registry
from planning.records.registry.engines import MANY, in_words, reading
from planning.records.registry.rows import NewRow, RowsError, key_words, whole_row
from planning.records.registry.tables import CASES, PEOPLE, SALT

PEOPLE_TABLE = PEOPLE.name

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_LENGTH = 10
_SALT_BYTES = 32


def new_pseudonym() -> str:
    """Return a pseudonym that comes from nothing but chance, 50 bits of it."""
    return "T-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def pseudonym_of(registry: Registry, patient_id: str) -> str:
    """Return the pseudonym a patient has; empty where the registry does not know the patient."""
    if not patient_id or not registry.has_people:
        return ""
    with in_words(registry.place), reading(registry.people) as connection:
        wanted = select(PEOPLE.c.pseudonym).where(PEOPLE.c.patient_id == patient_id)
        return connection.execute(wanted).scalar() or ""


def person(registry: Registry, pseudonym: str) -> dict[str, Any]:
    """Return what is known of who a pseudonym stands for; empty where nothing is."""
    if not registry.has_people:
        return {}
    with in_words(registry.place), reading(registry.people) as connection:
        return _without_salt(_of(connection, [pseudonym]).get(pseudonym, {}))


def people(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return who every pseudonym stands for; empty where that part was not handed on."""
    if not registry.has_people:
        return {}
    with in_words(registry.place), reading(registry.people) as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.pseudonym)).mappings()
        return {row["pseudonym"]: _without_salt(dict(row)) for row in rows}


def people_hashes(registry: Registry) -> dict[str, str]:
    """Return the salted hash of every identity, as the audit trail has it."""
    if not registry.has_people:
        return {}
    with in_words(registry.place), reading(registry.people) as connection:
        rows = connection.execute(select(PEOPLE)).mappings().all()
    return {row["pseudonym"]: _hash(dict(row)) for row in rows}


def store_people(
    registry: Registry, research: Connection, rows: Sequence[NewRow], *, replace: bool
) -> list[NewEntry]:
    """Store identities while the research part is held for writing; return what to enter.

    They are committed before the research part is. If that then fails, identities without a case
    are left, which the next call removes.

    Raises
    ------
    RowsError
        If a pseudonym has no case, or stands for somebody else already.
    """
    if not rows:
        return []
    known = set(research.execute(select(CASES.c.pseudonym)).scalars())
    entries = []
    with registry.writing_people() as connection:
        _remove_strays(connection, known)
        before = _of(connection, [str(row.values["pseudonym"]) for row in rows])
        for row in rows:
            whole: dict[str, Any] = whole_row(registry.fields, row)
            pseudonym = whole["pseudonym"]
            place = row.where or PEOPLE_TABLE
            if pseudonym not in known:
                raise RowsError([f"{place}: there is no case of {key_words((pseudonym,))}."])
            old = before.get(pseudonym)
            if old is not None and _without_salt(old) == whole:
                continue
            if old is not None and not replace:
                raise RowsError([_SOMEBODY_ELSE.format(place, pseudonym)])
            whole[SALT] = secrets.token_hex(_SALT_BYTES)
            connection.execute(PEOPLE.delete().where(PEOPLE.c.pseudonym == pseudonym))
            connection.execute(PEOPLE.insert().values(whole))
            entries.append(NewEntry(IDENTITY, pseudonym, _hash(whole)))
    return entries


_SOMEBODY_ELSE = "{0}: {1} stands for somebody else already; add --replace to change that."


def _of(connection: Connection, pseudonyms: Sequence[str]) -> dict[str, dict[str, Any]]:
    wanted = select(PEOPLE)
    if len(pseudonyms) < MANY:
        wanted = wanted.where(PEOPLE.c.pseudonym.in_(pseudonyms))
    rows = connection.execute(wanted).mappings()
    return {row["pseudonym"]: dict(row) for row in rows}


def _remove_strays(connection: Connection, known: set[str]) -> None:
    """Remove identities whose cases never came to be."""
    for pseudonym in connection.execute(select(PEOPLE.c.pseudonym)).scalars().all():
        if pseudonym not in known:
            connection.execute(PEOPLE.delete().where(PEOPLE.c.pseudonym == pseudonym))


def _hash(row: Mapping[str, Any]) -> str:
    values = {k: v for k, v in row.items() if v is not None and k != SALT}
    return salted_hash(row[SALT], values)


def _without_salt(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != SALT}
