"""Deletes a patient so that nothing is left, in the rows or in the bytes; knows no other copies."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.engine.interfaces import DBAPICursor

from planning.errors import InputError
from planning.records.registry import audit
from planning.records.registry.audit import NewEntry, append
from planning.records.registry.connection import Registry
from planning.records.registry.engines import in_words
from planning.records.registry.place import SQLITE
from planning.records.registry.tables import AUDIT, CASE_TABLES, CASES, PEOPLE

_TRIES = 8
_PAUSE_S = 0.25
_BUSY_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted.

    Parameters
    ----------
    cases : int
        0 where the rows were gone already, and only their traces were cleared once more.
    copies : tuple of Path
        Copies that the registry had made of itself before its schema changed; gone as well.
    """

    pseudonym: str
    cases: int
    copies: tuple[Path, ...] = ()


def delete_patient(registry: Registry, pseudonym: str) -> Deleted:
    """Delete a patient's identity, cases and their salts, and clear the bytes they stood in.

    The audit trail keeps that this pseudonym was deleted. Its older entries hold hashes that say
    nothing any more, because the salts they were made with are gone. Backups and exports are
    somewhere else and stay as they are.

    Raises
    ------
    InputError
        If the registry knows no such pseudonym, or the bytes could not be cleared because another
        program has the registry open; deleting once more clears them then.
    """
    with registry.writing() as connection:
        wanted = select(CASES.c.case_id).where(CASES.c.pseudonym == pseudonym)
        cases = list(connection.execute(wanted).scalars())
        if not cases and not _was_deleted(connection, pseudonym):
            raise InputError(
                f'The registry knows no "{pseudonym}"; "trephine registry list" names them all.'
            )
        if cases:
            for table in reversed(CASE_TABLES):
                connection.execute(table.delete().where(table.c.case_id.in_(cases)))
            gone = [NewEntry(audit.DELETED, subject) for subject in (pseudonym, *cases)]
            append(connection, registry.actor, gone)
    # Afterwards: if this is cut off, the identity goes with the next change or deletion, and
    # nothing looks as if somebody had taken it out behind the trail.
    if registry.has_people:
        with registry.writing_people() as connection:
            connection.execute(PEOPLE.delete().where(PEOPLE.c.pseudonym == pseudonym))
    copies = _remove_copies(registry)
    with in_words(registry.place):
        _clear(registry.research, CASE_TABLES)
        if registry.has_people:
            _clear(registry.people, (PEOPLE,))
    return Deleted(pseudonym=pseudonym, cases=len(cases), copies=copies)


def _was_deleted(connection: Connection, pseudonym: str) -> bool:
    wanted = select(AUDIT.c.number).where(
        AUDIT.c.action == audit.DELETED, AUDIT.c.subject == pseudonym
    )
    return connection.execute(wanted).first() is not None


def _remove_copies(registry: Registry) -> tuple[Path, ...]:
    folder = registry.place.backups
    if folder is None or not folder.is_dir():
        return ()
    copies = tuple(sorted(folder.iterdir()))
    shutil.rmtree(folder)
    return copies


def _clear(engine: Engine, tables: Sequence[Table]) -> None:
    """Write what is left anew without what was deleted from it, and empty the journal."""
    if engine.dialect.name != SQLITE:
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables:
                connection.exec_driver_sql(f"vacuum full {table.name}")
        return
    raw = engine.raw_connection()
    try:
        for _ in range(_TRIES):
            if _is_cleared(raw.cursor()):
                return
            time.sleep(_PAUSE_S)
    finally:
        raw.close()
    raise InputError(_HELD)


def _is_cleared(cursor: DBAPICursor) -> bool:
    cursor.execute(f"pragma busy_timeout={_BUSY_MS}")
    try:
        cursor.execute("vacuum")
        cursor.execute("pragma wal_checkpoint(truncate)")
        busy, in_journal, _ = cursor.fetchone() or (1, 1, 1)
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) and "busy" not in str(error):
            raise InputError(_FAILED.format(error)) from error
        return False
    return not busy and not in_journal


_HELD = (
    "The patient is deleted, but another program has the registry open and holds the old bytes; "
    "close it, then delete the same pseudonym once more to clear them."
)
_FAILED = (
    "The patient is deleted, but the old bytes could not be cleared: {0}. Mend that, then delete "
    "the same pseudonym once more."
)
