"""Marks of the windows that run, by which the next one notices those that ended without a word."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QLockFile


class RunMark:
    """A lock that says that this program runs; one that nobody holds any more tells of a crash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: QLockFile | None = None

    def begin(self) -> tuple[datetime, ...]:
        """Mark this run, and return when those began that ended without a word; forget these.

        Where nothing can be written there is no mark, and none is found.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            marks = sorted(self._folder.glob("*.lock"), key=lambda mark: mark.stat().st_mtime)
        except OSError:
            return ()
        ended = [begun for mark in marks if (begun := _taken(mark)) is not None]
        lock = QLockFile(str(self._folder / f"{uuid4().hex}.lock"))
        lock.setStaleLockTime(0)  # only a dead owner makes it stale, however long it works
        self._lock = lock if lock.tryLock(0) else None
        return tuple(ended)

    def end(self) -> None:
        """Say that this run ends as it should."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def _taken(mark: Path) -> datetime | None:
    """Take a mark away that nobody holds, and return when it was made; None for a living one."""
    try:
        begun = datetime.fromtimestamp(mark.stat().st_mtime)
    except OSError:
        return None
    held = QLockFile(str(mark))
    held.setStaleLockTime(0)
    if not held.tryLock(0):
        return None
    held.unlock()
    return begun
