"""Connections to the two parts of a registry, alike on SQLite and PostgreSQL; knows no table."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import NullPool

from planning.atomic_files import PRIVATE_FILE, make_folder
from planning.disk_words import reason_of
from planning.errors import InputError
from planning.records.registry.place import SQLITE, RegistryPlace

RESEARCH_PART, IDENTITIES_PART = "research", "identities"
SCHEMAS = {RESEARCH_PART: "trephine", IDENTITIES_PART: "trephine_identities"}
"""Where each part lives on a server."""

_HERE = (None, "", "localhost", "127.0.0.1", "::1")
MANY = 400
"""From so many keys on a whole table is read, rather than asked for one after the other."""

_BUSY_S = 30.0
_SOCKET_S = 120.0
_WRITERS = {RESEARCH_PART: 71650001, IDENTITIES_PART: 71650002}
"""Locks that writers on a server wait for: any numbers, as long as all versions take the same."""
_WRITING = "writing"
_AT_ONCE = 100  # rows in one statement on a server, where each statement is a journey
_PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",  # what a rebuild spills would outlive a deleted patient
)


def engine_of(url: URL, part: str) -> Engine:
    """Return an engine for one part of a registry; nothing is opened yet."""
    if url.get_backend_name() == SQLITE:
        return _sqlite(url)
    return _postgresql(url, part)


def make_private(file: Path) -> None:
    """Make an empty file that only the user may read, in a folder that only the user may open.

    What is there already stays as it is.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    make_folder(file.parent, private=True)
    os.close(os.open(file, os.O_RDONLY | os.O_CREAT, PRIVATE_FILE))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the database, whoever writes meanwhile."""
    with engine.connect() as connection:
        if engine.dialect.name != SQLITE:
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection for a change that is made whole or not at all; writers wait in line."""
    with engine.connect() as connection:
        connection.execution_options(**{_WRITING: True})
        with connection.begin():
            yield connection


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    if connection.dialect.name == SQLITE:
        connection.execute(table.insert(), list(rows))
        return
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(table.insert().values(list(rows[start : start + _AT_ONCE])))


@contextmanager
def in_words(place: RegistryPlace) -> Iterator[None]:
    """Turn what a database says of its own accord into words for a person.

    Raises
    ------
    InputError
        Instead of an error of the database that is not a bug.
    """
    try:
        yield
    except (DBAPIError, DisconnectionError) as error:
        said = _said(error)
        for known, words in _KNOWN:
            if re.search(known, said.lower()):
                raise InputError(words.format(place)) from error
        raise InputError(_OTHERWISE.format(place, said)) from error
    except OSError as error:
        raise InputError(_OTHERWISE.format(place, reason_of(error))) from error


_KNOWN = (
    (r"is\slocked", "{0} is in use by another program for too long; try again when it is done."),
    (r"lock\stimeout", "{0} is in use by another program for too long; try again when it is done."),
    (r"readonly", "{0} cannot be written; make it writable, or give another --registry."),
    (r"not\sa\sdatabase", "{0} is not a registry, but some other file; give another --registry."),
    (r"malformed", "{0} is damaged; put a backup in its place."),
    (r"is\sfull", "There is no room left where {0} is; make some, and try again."),
    (
        r"disk\si/o",
        "The disk of {0} is full or failed; see to that, and try again. What was stored "
        "before is still there.",
    ),
    (r"unable\sto\sopen", "{0} cannot be opened; look at its folder's permissions."),
    (r"connection\sto\shost", "The server of {0} does not answer; see whether it runs."),
    (r"communication\serror", "The server of {0} does not answer; see whether it runs."),
    (r"authentication", "The server of {0} does not accept this user and password."),
    (r"password", "The server of {0} does not accept this user and password."),
    (r"permission\sdenied", "This user may not do that in {0}; ask whoever runs the server."),
    (r"only\sever\sadded\sto", "{0}: the audit trail is only ever added to; nothing was changed."),
)
_OTHERWISE = "{0} cannot be used: {1}."


def _said(error: DBAPIError | DisconnectionError) -> str:
    """Return what a driver says; pg8000 gives a mapping whose "M" is the message."""
    original = getattr(error, "orig", None)
    told = original.args[0] if original is not None and original.args else str(error)
    return str(told.get("M", told) if isinstance(told, dict) else told)


def _sqlite(url: URL) -> Engine:
    options = {"timeout": _BUSY_S, "isolation_level": None, "check_same_thread": False}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        wanted = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql(f"begin {'immediate' if wanted else ''}")

    return engine


def _postgresql(url: URL, part: str) -> Engine:
    usual = "disable" if url.host in _HERE else "prefer"
    mode = str(url.query.get("sslmode", usual))
    if mode not in _SSL:
        raise InputError(f'sslmode "{mode}" is not known; it may be {", ".join(_SSL)}.')
    options = {"timeout": _SOCKET_S, "application_name": "trephine", "ssl_context": _SSL[mode]()}
    bare = url.difference_update_query(["sslmode"])
    engine = create_engine(bare, poolclass=NullPool, connect_args=options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"set search_path to {SCHEMAS[part]}")
        cursor.execute(f"set lock_timeout to '{_BUSY_S:.0f}s'")
        connection.commit()
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITING, False):
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({_WRITERS[part]})")

    return engine


_SSL: dict[str, Any] = {
    "disable": lambda: False,
    "prefer": lambda: None,
    "require": lambda: True,
    "verify-full": ssl.create_default_context,
}
