"""Files that are either whole or not there, whatever stops the program; knows no format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from planning.errors import InputError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Permissions of what only the user may read."""

_UNFINISHED = ".part"


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file beside its place, make sure it is on the disk, and move it there.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched then.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}{_UNFINISHED}")
    mode = PRIVATE_FILE if private else 0o666
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that names in a folder are on the disk, where the system can be asked to."""
    with suppress(OSError):  # Windows opens no folders; a rename there is on the disk in time
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_files(folder: Path) -> None:
    """Make sure that all files below a folder are on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, beside the one that is wanted; it takes its place when it is whole.

    The wanted one must not exist, or be empty. If anything fails, nothing is left behind.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}{_UNFINISHED}")
    try:
        unfinished.mkdir()
        yield unfinished
        sync_files(unfinished)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def copied(source: Path, target: Path) -> None:
    """Copy a file's bytes, not its dates or permissions.

    Raises
    ------
    InputError
        If the source cannot be read any more.
    OSError
        If the copy cannot be written.
    """
    try:
        file = source.open("rb")
    except OSError as error:
        message = (
            f"{source} cannot be read any more ({error.strerror}); the case needs it to be saved. "
            "Put it back where it was, and save again."
        )
        raise InputError(message) from error
    with file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)


_BINARY = getattr(os, "O_BINARY", 0)
