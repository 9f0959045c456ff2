"""Keeps what this program writes private, and tidies up after one that died; opens no case.

Each running program has a folder for temporary files of its own, with a lock that the system
releases when the program ends, however it ends: a number of a process may be given anew, a lock
may not. Beside the lock are notes of what the program is in the middle of writing elsewhere.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from app import paths
from planning.atomic_files import PRIVATE_FOLDER, be_private, make_folder, put_back, tidy_after
from planning.errors import InputError
from planning.folder_changes import settle
from planning.unfinished import note_in, noted_in, still_open

_LOCK, _NOTES = "lock", "unfinished"
_TEMP = "temp"
_PATIENCE_S = 2.0


class _Own:
    """The temporary folder of this process, for as long as it lives."""

    folder: Path | None = None
    lock: IO[bytes] | None = None
    process = 0


def begin() -> None:
    """Make what this program writes private, give it a temporary folder, tidy up after others.

    What of that the disk refuses is left: it is no reason not to start.
    """
    be_private()
    for folder in (paths.user_data_dir(), paths.user_cache_dir(), paths.log_file().parent):
        _close_to_others(folder)
    root = paths.user_cache_dir() / _TEMP
    with suppress(OSError):
        make_folder(root, private=True)
        with _alone_in(root):
            begin_temporary(root)
            tidy_up(root)


def tidy_up(root: Path) -> None:
    """Remove the temporary folders of programs that died, and finish or undo what they wrote."""
    for folder in sorted(root.iterdir()):
        if folder != _Own.folder and folder.is_dir() and _is_dead(folder):
            for path in noted_in(folder / _NOTES):
                _tidy(path)
            shutil.rmtree(folder, ignore_errors=True)


def end() -> None:
    """Remove this program's temporary folder."""
    folder, lock = _Own.folder, _Own.lock
    if folder is None or _Own.process != os.getpid():  # a copy of the process is not its owner
        return
    for path in still_open():
        _tidy(path)
        if path.exists():  # the next start tries again
            return
    note_in(None)
    _Own.folder = _Own.lock = None
    tempfile.tempdir = None
    if lock is not None:
        lock.close()
    shutil.rmtree(folder, ignore_errors=True)


def begin_temporary(root: Path) -> None:
    """Take a temporary folder below `root` for as long as this process lives."""
    folder = root / f"{os.getpid()}-{uuid4().hex[:8]}"
    folder.mkdir(PRIVATE_FOLDER)
    lock = (folder / _LOCK).open("ab")
    _Own.lock, _Own.folder, _Own.process = lock, folder, os.getpid()
    if not _locked(lock):  # a disk that knows no locks: ours could not be told from a dead one's
        end()
        return
    tempfile.tempdir = str(folder)
    note_in(folder / _NOTES)
    atexit.register(end)


@contextmanager
def _alone_in(root: Path) -> Iterator[None]:
    """Let programs that start at one moment look for dead ones by turns."""
    with (root / _LOCK).open("ab") as lock:
        until_s = time.monotonic() + _PATIENCE_S
        while not _locked(lock) and time.monotonic() < until_s:
            time.sleep(0.01)
        yield


def _tidy(path: Path) -> None:
    with suppress(OSError, InputError):  # told when the folder is opened
        if path.name.startswith(".change."):
            settle(path.parent)
        tidy_after(path)
        put_back(path.with_suffix(".was"))


def _is_dead(folder: Path) -> bool:
    """Tell whether the program that made a temporary folder runs no more."""
    try:
        with (folder / _LOCK).open("ab") as lock:
            return _locked(lock)
    except OSError:
        return False


def _locked(file: IO[bytes]) -> bool:
    """Lock a file for as long as it is open; tell whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _close_to_others(folder: Path) -> None:
    """Take from others what an older Trephine, or another umask, let them read."""
    if not folder.is_dir():
        return
    with suppress(OSError):
        folder.chmod(PRIVATE_FOLDER)
        for path in folder.iterdir():
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & PRIVATE_FOLDER)
