"""The end of the audit trail as it was last seen, kept in a file beside it; judges no entry.

Without it, entries missing from the end of a chain could not be noticed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from planning.atomic_files import make_folder, write_whole
from planning.errors import InputError
from planning.records.registry.audit import entry_at, last_entry

_WRITTEN = re.compile(r"(\d{1,12}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of an entry; as text ``NUMBER:SHA256``.

    Parameters
    ----------
    registry : str
        Id of the registry; empty where only the text is known.
    """

    number: int
    sha256: str
    registry: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


def head_from_text(text: str) -> Head:
    """Return the head that somebody wrote down.

    Raises
    ------
    InputError
        If it is no head.
    """
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f'"{text}" is no head; give NUMBER:SHA256 as "trephine audit head" says.')
    return Head(int(found[1]), found[2])


def current_head(connection: Connection) -> Head | None:
    """Return the head of the trail as it is; None in a registry without one."""
    last, first = last_entry(connection), entry_at(connection, 1)
    if last is None or first is None:
        return None
    return Head(last.number, last.own_sha256, first.subject)


def kept_head(file: Path) -> Head | None:
    """Return the head that is kept in a file; None where none is, or none that can be read."""
    try:
        raw = json.loads(file.read_bytes())
        return Head(int(raw["number"]), str(raw["sha256"]), str(raw["registry"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def keep_head(connection: Connection, file: Path, *, accept: bool = False) -> None:
    """Keep the head of a trail, unless what is kept does not belong to that trail.

    A kept head that is not in the chain means that entries are missing, or that this is another
    registry. It stays then, so that the check finds it, until somebody accepts the trail.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    now = current_head(connection)
    if now is None:
        return
    before = kept_head(file)
    if before is not None and not accept:
        there = entry_at(connection, before.number)
        belongs = before.registry == now.registry and there is not None
        if not belongs or there is None or there.own_sha256 != before.sha256:
            return
        if before.number >= now.number:
            return
    make_folder(file.parent, private=True)
    document = {"registry": now.registry, "number": now.number, "sha256": now.sha256}
    write_whole(file, (json.dumps(document) + "\n").encode(), private=True)
