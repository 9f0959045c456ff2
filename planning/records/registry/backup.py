"""Whole copies of a registry's files while others may use it; a server is copied by its own tools.

A copy holds what was there when it was made, patients deleted later included.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from planning.errors import InputError
from planning.records.registry.engines import make_private
from planning.records.registry.place import RegistryPlace


def back_up(place: RegistryPlace, folder: Path) -> tuple[Path, ...]:
    """Copy a registry into a folder, where it can be opened as it is; return the files.

    Raises
    ------
    InputError
        If it is on a server, or the folder holds such files already.
    OSError
        If the copy cannot be written.
    """
    if place.file is None or place.identities_file is None:
        raise InputError(
            f"{place} is on a server; use its pg_dump, or trephine registry export for tables."
        )
    made = []
    for file in (place.file, place.identities_file):
        target = folder / file.name
        if target.exists():
            raise InputError(f"{target} already exists; choose another folder.")
        if file.exists():
            copy_file(file, target)
            made.append(target)
    return tuple(made)


def copy_file(source: Path, target: Path) -> None:
    """Copy a database, with what is still in its journal, as of one moment.

    Raises
    ------
    InputError
        If the source is no database, or is damaged.
    OSError
        If the copy cannot be written.
    """
    make_private(target)
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise InputError(f"{source} could not be copied to {target}: {error}.") from error


def free_name(file: Path) -> Path:
    """Return a path that is not taken: the one given, or with a number."""
    taken = (file.with_name(f"{file.stem}-{number}{file.suffix}") for number in range(2, 10_000))
    return file if not file.exists() else next(path for path in taken if not path.exists())
