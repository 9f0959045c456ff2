"""Traces of runs that ended by themselves, kept beside the log; catches none.

A trace names functions and lines of the program, nothing of a case. The module needs neither Qt nor
anything else that may be what failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

_PREFIX, _ENDING = "crash-", ".txt"
_KEPT = 5
_LONGEST = 60_000
_FILE = re.compile(r'File "([^"]+)"')
_ABOVE = re.compile(r"(?:Fatal Python error|Windows fatal exception): (.+)")
_IMPORTING = re.compile(r'^  File "<frozen importlib.*\n', re.MULTILINE)
_FAILED = "Current thread"
_PLACE = re.compile(r'File "([^"]+)", line (\d+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that ended by itself.

    Parameters
    ----------
    at : str
        When it was last heard of, to the minute.
    what : str
        How it ended and where, in the program's own words; empty where no trace was left.
    """

    at: str
    what: str = ""


def keep_trace(folder: Path, trace: str, about: str, *, now: datetime | None = None) -> Path | None:
    """Keep the trace of a crash, without names of folders; return its file, None if it has none.

    Parameters
    ----------
    folder : Path
        Where the log is.
    about : str
        Version and system, for whoever reads it.
    """
    at = now or datetime.now()
    text = f"{about}\n{at.isoformat(timespec='seconds')}\n\n{without_folders(trace)[:_LONGEST]}\n"
    file = folder / f"{_PREFIX}{at:%Y%m%d-%H%M%S}-{uuid4().hex[:4]}{_ENDING}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError:
        return None
    for old in kept_traces(folder)[_KEPT:]:
        with suppress(OSError):
            old.unlink()
    return file


def kept_traces(folder: Path) -> list[Path]:
    """Return the traces that are kept, the latest first; a file that is empty is none."""
    found = sorted(folder.glob(f"{_PREFIX}*{_ENDING}"), reverse=True)
    return [file for file in found if _size(file)]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def how_it_ended(trace: str) -> str:
    """Return in one line how a program ended and where, from its trace; empty if it says neither.

    The first place in the program's own files counts, not the library that it was in.
    """
    above = _ABOVE.search(trace)
    failed = trace[max(0, trace.find(_FAILED)) :].partition("\n\n")[0]
    places = _PLACE.findall(without_folders(failed))
    own = [place for place in places if place[0].startswith(("app/", "planning/"))]
    where = next(iter(own or places), None)
    said = [above[1].strip() if above else "", f"{where[0]}:{where[1]}" if where else ""]
    return ", ".join(filter(None, said))


def last_ends(
    begun: tuple[datetime, ...],
    folder: Path,
    read: Callable[[Path], str] = lambda file: file.read_text(encoding="utf-8", errors="replace"),
) -> Ended | None:
    """Return how the latest of these runs ended; None if there is none."""
    if not begun:
        return None
    since = max(begun)
    for file in kept_traces(folder):
        with suppress(OSError):
            at = datetime.fromtimestamp(file.stat().st_mtime)
            if at >= since:
                return Ended(at=f"{at:%Y-%m-%d %H:%M}", what=how_it_ended(read(file)))
    return Ended(at=f"{since:%Y-%m-%d %H:%M}")


def without_folders(trace: str) -> str:
    """Shorten each file to its last folder and name: whole paths hold users' names."""

    def short(found: re.Match[str]) -> str:
        parts = found[1].replace("\\", "/").split("/")
        for package in ("app", "planning"):
            if package in parts[:-1]:
                place = len(parts) - 1 - parts[::-1].index(package)
                return f'File "{"/".join(parts[place:])}"'
        return f'File "{"/".join(parts[-2:])}"'

    return _IMPORTING.sub("", _FILE.sub(short, trace))
