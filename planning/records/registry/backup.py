"""Whole copies of a registry's files while others may use it; a server is copied by its own tools.

A copy holds what was there when it was made, patients deleted later included.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from planning.atomic_files import make_folder, sync_folder, unfinished_beside
from planning.errors import InputError
from planning.records.registry.engines import make_private
from planning.records.registry.place import RegistryPlace
from planning.unfinished import noted


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
    make_folder(target.parent, private=True)
    unfinished = unfinished_beside(target)
    with noted(unfinished):
        try:
            make_private(unfinished)
            with (
                closing(sqlite3.connect(source)) as old,
                closing(sqlite3.connect(unfinished)) as new,
            ):
                old.backup(new)
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.replace(target)
        except sqlite3.Error as error:
            raise InputError(f"{source} could not be copied to {target}: {error}.") from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    sync_folder(target.parent)


def free_name(file: Path) -> Path:
    """Return a path that is not taken: the one given, or with a number."""
    taken = (file.with_name(f"{file.stem}-{number}{file.suffix}") for number in range(2, 10_000))
    return file if not file.exists() else next(path for path in taken if not path.exists())
