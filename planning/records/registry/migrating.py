"""Makes a registry's tables, and brings those of an older Trephine up to date; asks nobody."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from planning.errors import InputError
from planning.records.registry.audit import CHANGED_SCHEMA, MADE, NewEntry, append, last_payloads
from planning.records.registry.canonical import case_hashes
from planning.records.registry.engines import (
    IDENTITIES_PART,
    RESEARCH_PART,
    SCHEMAS,
    reading,
    writing,
)
from planning.records.registry.place import SQLITE
from planning.records.registry.tables import IDENTITIES, RESEARCH

REVISIONS = ("0001", "0002", "0003")
"""All revisions, oldest first; the last one is what this version reads and writes."""

NEWEST = REVISIONS[-1]

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = "alembic_version"


def revision_of(engine: Engine) -> str:
    """Return the revision of one part; empty where there are no tables yet.

    Raises
    ------
    InputError
        If the database holds something else, or was made by a newer Trephine.
    """
    with reading(engine) as connection:
        return _revision(connection)


def migrate(engine: Engine, part: str, actor: str, *, to: str = NEWEST) -> None:
    """Bring one part to a revision, whole or not at all; nothing happens where it is there.

    Cases whose rows a revision changes are entered into the audit trail anew, but only where they
    were as the trail says before: what somebody changed behind it stays visible.
    """
    with writing(engine) as connection:
        if engine.dialect.name != SQLITE:
            _make_schema(connection, SCHEMAS[part])
        before = _revision(connection)
        if before == to:
            return
        intact = _intact(connection) if part == RESEARCH_PART and before else {}
        _run(connection, part, to)
        if part == IDENTITIES_PART:
            return
        if not before:
            append(connection, actor, [NewEntry(MADE, secrets.token_hex(16))])
            return
        after = case_hashes(connection, _reflected(connection))
        changed = [case for case, payload in intact.items() if after[case] != payload]
        resealed = [NewEntry(CHANGED_SCHEMA, case, after[case]) for case in sorted(changed)]
        append(connection, actor, [NewEntry(CHANGED_SCHEMA, f"{before} to {to}"), *resealed])


def _revision(connection: Connection) -> str:
    names = inspect(connection).get_table_names()
    if _VERSION not in names:
        if names:
            raise InputError(_FOREIGN)
        return ""
    found = connection.execute(text(f"select version_num from {_VERSION}")).scalar()
    if found is None:
        return ""
    if found not in REVISIONS:
        raise InputError(_NEWER.format(found, NEWEST))
    return str(found)


_FOREIGN = "The database holds tables of something else; give the registry a database of its own."
_NEWER = (
    "The registry has schema {0}, this Trephine knows schemas up to {1}; update Trephine to use it."
)


def _intact(connection: Connection) -> dict[str, str]:
    """Return the payload hash of every case whose rows are as the trail says."""
    told = last_payloads(connection)
    now = case_hashes(connection, _reflected(connection))
    return {case: payload for case, payload in now.items() if told.get(case) == payload}


def _reflected(connection: Connection) -> MetaData:
    """Return the tables as they are in the database, whatever this version knows of them."""
    found = MetaData()
    found.reflect(connection)
    return found


def _make_schema(connection: Connection, schema: str) -> None:
    """Make a schema where there is none; asking first needs no right to make one."""
    if schema not in inspect(connection).get_schema_names():
        connection.exec_driver_sql(f"create schema {schema}")


def _run(connection: Connection, part: str, to: str) -> None:
    """Let alembic run what is missing, inside the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(
        connection=connection,
        part=part,
        metadata=IDENTITIES if part == IDENTITIES_PART else RESEARCH,
    )
    command.upgrade(config, to)
