"""The folder in which unsaved work of all running and dead programs is kept, and who owns what."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QLockFile

from app.core_language import tr_core
from app.language import tr
from planning.disk_words import reason_of
from planning.errors import InputError

_ASIDE = "aside"
_ASIDE_DAYS = 7.0
_DAY_S = 86400.0
_BEYOND_BELIEF_DAYS = 5 * 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Work that was kept by a program that runs no more.

    Parameters
    ----------
    at : str
        When it was kept, ISO 8601.
    problem : str
        Why it cannot be read; empty if it can.
    """

    key: str
    folder: Path
    name: str = ""
    at: str = ""
    problem: str = ""

    @property
    def clock(self) -> str:
        """Date and time to the minute."""
        return self.at[:16].replace("T", " ")


class RecoveryShelf:
    """Hands out folders to keep work in, and finds those that nobody works in any more.

    A lock beside each folder holds the number of the process that works in it: a process that died
    holds none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._locks: dict[str, QLockFile] = {}

    def new_key(self) -> str:
        """Return the name of a new folder, which is this process's from now on.

        Raises
        ------
        OSError
            If nothing can be written there.
        """
        from planning.records.recovery import make_private

        make_private(self.root)
        key = uuid4().hex
        if not self._take(key):
            raise PermissionError(13, "no lock can be made")
        return key

    def offers(self) -> list[Offer]:
        """Return what dead processes left behind, the latest first; it is ours from now on."""
        self._clear_aside()
        found = []
        folders = [p for p in self.root.glob("*") if p.is_dir() and p.name != _ASIDE]
        for folder in folders:
            if folder.name in self._locks or not self._take(folder.name):
                continue
            if any(folder.iterdir()):
                found.append(_offer(folder))
            else:
                folder.rmdir()
                self._give_back(folder.name)
        return sorted(found, key=lambda offer: offer.at, reverse=True)

    def put_aside(self, offer: Offer) -> str:
        """Keep work for another week without offering it; return why that failed, or nothing."""
        from planning.records.recovery import make_private

        aside = self.root / _ASIDE
        try:
            make_private(aside)
            offer.folder.rename(aside / f"{int(time.time())}-{offer.key}")
        except OSError as error:
            return tr(
                "{folder} could not be put aside ({reason}).",
                folder=offer.folder,
                reason=tr_core(reason_of(error)),
            )
        self._give_back(offer.key)
        return ""

    def close(self) -> None:
        """Give everything back, for the next start to find."""
        for key in tuple(self._locks):
            self._give_back(key)

    def _take(self, key: str) -> bool:
        lock = QLockFile(str(self.root / f"{key}.lock"))
        lock.setStaleLockTime(0)  # only a dead owner makes it stale, however long it works
        if not lock.tryLock(0):
            return False
        self._locks[key] = lock
        return True

    def _give_back(self, key: str) -> None:
        self._locks.pop(key).unlock()

    def _clear_aside(self) -> None:
        for folder in (self.root / _ASIDE).glob("*-*"):
            since = folder.name.partition("-")[0]
            days = (time.time() - int(since)) / _DAY_S if since.isdecimal() else 0.0
            if _ASIDE_DAYS < days < _BEYOND_BELIEF_DAYS:  # else the clock is wrong, now or then
                shutil.rmtree(folder, ignore_errors=True)
        for lock in self.root.glob("*.lock"):
            if not (self.root / lock.stem).exists() and lock.stem not in self._locks:
                held = QLockFile(str(lock))
                held.setStaleLockTime(0)
                if held.tryLock(0):
                    with suppress(OSError):
                        held.unlock()


def _offer(folder: Path) -> Offer:
    from planning.records.recovery import read_kept

    try:
        kept = read_kept(folder)
    except InputError as error:
        return Offer(key=folder.name, folder=folder, problem=str(error))
    return Offer(key=folder.name, folder=folder, name=kept.case.name, at=kept.at)
