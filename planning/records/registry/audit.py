"""The audit trail: a chain of entries that is only ever added to; changes no case.

Each entry holds the hash of the one before it, so that nobody can change, remove or put in an
entry without all later ones breaking. The end of the chain is kept beside the registry as its
head, so that entries missing from the end are noticed as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from planning.records.registry.engines import MANY, insert_all
from planning.records.registry.tables import AUDIT

START = "0" * 64
"""What the first entry has in the place of a hash before it."""

MADE, ADDED, CHANGED, DELETED = "registry-made", "added", "changed", "deleted"
IMPORTED, EXPORTED, CHANGED_SCHEMA = "imported", "exported", "schema-changed"
EXPORTED_IDENTITIES, IDENTITY, ACCEPTED = "exported-with-identities", "identity-stored", "accepted"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something that is to be entered.

    Parameters
    ----------
    subject : str
        A case, a pseudonym, the registry itself or how many rows; never a person.
    payload_sha256 : str
        Salted hash of what is stored of the subject now; empty where nothing is.
    """

    action: str
    subject: str
    payload_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the trail.

    Parameters
    ----------
    number : int
        From 1, without gaps.
    at : str
        Time in UTC, ISO 8601.
    """

    number: int
    at: str
    actor: str
    action: str
    subject: str
    payload_sha256: str
    previous_sha256: str
    own_sha256: str

    @property
    def expected_sha256(self) -> str:
        """The hash that the entry has to have, by what it says."""
        content = [self.number, self.at, self.actor, self.action, self.subject]
        content += [self.payload_sha256, self.previous_sha256]
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def append(connection: Connection, actor: str, entries: Sequence[NewEntry]) -> None:
    """Add entries inside a transaction of `engines.writing`, which keeps other writers out."""
    last = last_entry(connection)
    number, previous = (0, START) if last is None else (last.number, last.own_sha256)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    rows = []
    for new in entries:
        number += 1
        row: dict[str, Any] = {
            "number": number,
            "at": at,
            "actor": actor,
            "action": new.action,
            "subject": new.subject,
            "payload_sha256": new.payload_sha256,
            "previous_sha256": previous,
        }
        previous = Entry(**row, own_sha256="").expected_sha256
        rows.append({**row, "own_sha256": previous})
    insert_all(connection, AUDIT, rows)


def last_entry(connection: Connection) -> Entry | None:
    """Return the newest entry; None in a registry that is just being made."""
    newest = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return None if row is None else Entry(**row)


def entry_at(connection: Connection, number: int) -> Entry | None:
    """Return the entry of that number, if there is one."""
    row = connection.execute(select(AUDIT).where(AUDIT.c.number == number)).mappings().first()
    return None if row is None else Entry(**row)


def all_entries(connection: Connection) -> list[Entry]:
    """Return the whole trail, oldest first."""
    rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings()
    return [Entry(**row) for row in rows]


def last_payloads(connection: Connection, cases: Collection[str] | None = None) -> dict[str, str]:
    """Return what the trail last said of each case: the hash of its rows.

    Parameters
    ----------
    cases : collection of str or None
        None for all that the trail knows, deleted ones included.
    """
    newest = (
        select(func.max(AUDIT.c.number).label("number"))
        .where(AUDIT.c.payload_sha256 != "")
        .where(AUDIT.c.action != IDENTITY)
        .group_by(AUDIT.c.subject)
    )
    if cases is not None and len(cases) < MANY:
        newest = newest.where(AUDIT.c.subject.in_(list(cases)))
    numbers = newest.subquery()
    wanted = select(AUDIT.c.subject, AUDIT.c.payload_sha256).join(
        numbers, numbers.c.number == AUDIT.c.number
    )
    return {row.subject: row.payload_sha256 for row in connection.execute(wanted)}
