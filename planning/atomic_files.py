"""Files and folders that are either whole or not there, whatever stops the program; no format."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from planning.disk_words import reason_of
from planning.errors import InputError
from planning.unfinished import UNFINISHED, noted

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Permissions of what only the user may read."""

_FILE, _FOLDER = 0o666, 0o777
_WAS = ".was"
_OURS = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.(part|was)")
_BINARY = getattr(os, "O_BINARY", 0)
_LONGEST_NAME, _LONGEST_POSSIBLE = 200, 255  # bytes; there has to be room for what is put around


class _Sharing:
    """What others may do with files that the user has put somewhere; None: as the system says."""

    usual_umask: int | None = None


def be_private() -> None:
    """Let nobody but the user read what this process makes, unless it is meant for others.

    What is written by `write_whole` and `whole_folder` without `private`, or made by
    `make_folder`, gets the permissions it would have had without this.
    """
    before = os.umask(0o077)
    if _Sharing.usual_umask is None:
        _Sharing.usual_umask = before


def unfinished_beside(path: Path) -> Path:
    """Return a hidden name beside a path, for what shall take its place once it is whole."""
    name = path.name
    if (
        len(os.fsencode(name)) <= _LONGEST_POSSIBLE
    ):  # a longer one the file system may refuse itself
        while len(os.fsencode(name)) > _LONGEST_NAME:
            name = name[:-1]
    return path.with_name(f".{name}.{uuid4().hex[:8]}{UNFINISHED}")


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file beside its place, make sure it is on the disk, and move it there.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched then.
    """
    unfinished = unfinished_beside(path)
    with noted(unfinished):
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
            handle = os.open(unfinished, flags, PRIVATE_FILE if private else _FILE)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if not private:
                _share(unfinished, _FILE, like=path)
            unfinished.replace(path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
    sync_folder(path.parent)


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Make a folder and those above it that are missing; one that is there stays as it is.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    for one in reversed(missing):
        try:
            one.mkdir(PRIVATE_FOLDER if private else _FOLDER)
        except FileExistsError:  # another program was quicker, or something else is there
            _require_folder(one)
            continue
        if not private:
            _share(one, _FOLDER)
    _require_folder(folder)


def _require_folder(path: Path) -> None:
    if not stat.S_ISDIR(path.stat().st_mode):  # which says what is wrong with a link
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def share_all(folder: Path) -> None:
    """Give a folder and all in it the permissions that are usual for the user's files."""
    if _Sharing.usual_umask is None:
        return
    _share(folder, _FOLDER)
    for path in folder.rglob("*"):
        _share(path, _FOLDER if path.is_dir() else _FILE)


def _share(path: Path, usual: int, *, like: Path | None = None) -> None:
    """Give a path the usual permissions, or those of the file that it replaces."""
    mode = None if _Sharing.usual_umask is None else usual & ~_Sharing.usual_umask
    if like is not None:
        with suppress(OSError):
            mode = like.stat().st_mode & _FOLDER
    if mode is not None:
        with suppress(OSError):  # a share may know no permissions
            path.chmod(mode)


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
    make_folder(folder.parent)
    unfinished = unfinished_beside(folder)
    with noted(unfinished):
        try:
            unfinished.mkdir()
            yield unfinished
            share_all(unfinished)
            sync_files(unfinished)
            was_empty = folder.exists()
            if was_empty:
                folder.rmdir()
            try:
                unfinished.rename(folder)
            except OSError:
                if was_empty:
                    folder.mkdir()
                raise
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    sync_folder(folder.parent)


def replace_folder(unfinished: Path, folder: Path) -> None:
    """Move a whole folder, named by `unfinished_beside`, to its place; the older one goes.

    Raises
    ------
    OSError
        If that cannot be done; what was there before is still there then.
    """
    was = unfinished.with_suffix(_WAS)
    with suppress(FileNotFoundError):
        folder.rename(was)
    try:
        unfinished.rename(folder)
    except OSError:
        with suppress(OSError):
            was.rename(folder)
        raise
    sync_folder(folder.parent)
    shutil.rmtree(was, ignore_errors=True)


def tidy_after(unfinished: Path) -> None:
    """Take away what a program that died was writing as `unfinished`.

    A folder that it had moved out of the way, with nothing in its place yet, is put back.

    Raises
    ------
    OSError
        If it cannot be put back.
    """
    was = unfinished.with_suffix(_WAS)
    put_back(was)
    if unfinished.is_dir() and not unfinished.is_symlink():
        shutil.rmtree(unfinished, ignore_errors=True)
    else:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def put_back(was: Path) -> None:
    """Put a folder back that was moved out of the way, unless the new one is there."""
    found = _OURS.fullmatch(was.name)
    if found is None or not was.is_dir():
        return
    place = was.with_name(found["name"])
    if place.exists():
        shutil.rmtree(was, ignore_errors=True)
    else:
        was.rename(place)
        sync_folder(place.parent)


def copied(source: Path, target: Path) -> None:
    """Copy a file's bytes, not its dates or permissions.

    Raises
    ------
    InputError
        If the source cannot be read any more.
    OSError
        If the copy cannot be written.
    """
    with _opened(source) as file, target.open("wb") as copy:
        while piece := _read(file, source):
            copy.write(piece)


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError as error:
        raise _unreadable(source, error) from error


def _read(file: BinaryIO, source: Path) -> bytes:
    try:
        return file.read(1 << 20)
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, error: OSError) -> InputError:
    return InputError(
        f"{source} cannot be read any more ({reason_of(error)}); the case needs it to be saved. "
        "Put it back where it was, and save again."
    )
