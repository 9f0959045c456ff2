"""Notes what this program is in the middle of writing, for the next one; removes nothing.

After a crash its next start can tidy up by these notes. Where they are kept is for the program to
say; without a place nothing is noted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

UNFINISHED = ".part"
"""How everything ends that is not yet what it shall become."""


class _Notes:
    """The notes of this process: one path a line, as long as something is being written."""

    def __init__(self) -> None:
        self.file: Path | None = None
        self.owner = 0
        self._lock = Lock()
        self._open: set[str] = set()

    @property
    def left(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._open)

    def add(self, path: Path) -> None:
        if self.file is None or self.owner != os.getpid():
            return
        with self._lock, suppress(OSError):  # no notes are no reason not to write
            self._open.add(str(path))
            with self.file.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{path}\n")

    def drop(self, path: Path) -> None:
        if path.exists():  # the disk refused even to remove it
            return
        with self._lock:
            self._open.discard(str(path))
            if self.file is not None and self.owner == os.getpid() and not self._open:
                with suppress(OSError):
                    os.truncate(self.file, 0)


_notes = _Notes()


def still_open() -> tuple[Path, ...]:
    """Return what could not be taken away, or is being written."""
    return tuple(Path(name) for name in sorted(_notes.left))


def note_in(file: Path | None) -> None:
    """Note in a file from now on what this process is writing; None notes nothing."""
    _notes.file, _notes.owner = file, os.getpid()


@contextmanager
def noted(path: Path) -> Iterator[None]:
    """Keep a note while `path`, which ends with `UNFINISHED`, is there only for the moment."""
    _notes.add(path.absolute())
    try:
        yield
    finally:
        _notes.drop(path.absolute())


def begin(path: Path) -> None:
    """Keep a note of `path` until `end` is called for it."""
    _notes.add(path.absolute())


def end(path: Path) -> None:
    """Drop the note of `path`."""
    _notes.drop(path.absolute())


def noted_in(file: Path) -> tuple[Path, ...]:
    """Return what the notes of another process name; torn or foreign lines are passed over."""
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ()
    lines = text.split("\n")[:-1]
    paths = (Path(line) for line in dict.fromkeys(lines) if "\0" not in line)
    return tuple(p for p in paths if p.is_absolute() and is_unfinished(p))


def is_unfinished(path: Path) -> bool:
    """Tell whether a path can be one of ours that was never finished."""
    return path.name.startswith(".") and path.name.endswith(UNFINISHED)
