"""Keeps images that arrive out of sight until their series is whole; asks nobody for them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from planning.atomic_files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    make_folder,
    put_back,
    replace_folder,
    sync_files,
    unfinished_beside,
)
from planning.unfinished import UNFINISHED, begin, end

_UID = re.compile(r"[0-9.]{1,64}")
_OLD_S = 24 * 3600.0
_BEYOND_BELIEF_S = 5 * 365 * _OLD_S
_BINARY = getattr(os, "O_BINARY", 0)


class TooMuchError(Exception):
    """More arrives than the receiver's limits allow."""


class Arrival:
    """A series that is arriving, in a hidden folder beside the one it will have.

    Parameters
    ----------
    folder : Path
        What it will be called; an older one of that name is replaced when the new one is whole.
    most_images, most_bytes : int
        More are refused.
    """

    def __init__(self, folder: Path, *, most_images: int, most_bytes: int) -> None:
        self._folder = folder
        self._most_images, self._most_bytes = most_images, most_bytes
        self._bytes = 0
        self._seen: dict[str, int] = {}
        self._hidden = unfinished_beside(folder)

    @property
    def instance_uids(self) -> frozenset[str]:
        """The images that have arrived."""
        return frozenset(self._seen)

    def take(self, instance_uid: str, parts: Iterable[bytes]) -> None:
        """Write one image; one that comes again replaces itself.

        Raises
        ------
        TooMuchError
            If that is more than the limits allow.
        OSError
            If it cannot be written.
        """
        pieces = tuple(parts)
        size = sum(map(len, pieces))
        total = self._bytes - self._seen.get(instance_uid, 0) + size
        count = len(self._seen.keys() | {instance_uid})
        if count > self._most_images or total > self._most_bytes:
            raise TooMuchError
        if not self._hidden.exists():
            begin(self._hidden)
            make_folder(self._folder.parent, private=True)
            self._hidden.mkdir(mode=PRIVATE_FOLDER)
        path = self._hidden / f"{safe_name(instance_uid)}.dcm"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        self._seen[instance_uid], self._bytes = size, total

    def keep(self) -> Path:
        """Move the whole series into its place; return that.

        Raises
        ------
        OSError
            If that cannot be done; what was there before is still there then.
        """
        sync_files(self._hidden)
        replace_folder(self._hidden, self._folder)
        end(self._hidden)
        return self._folder

    def discard(self) -> None:
        """Forget what has arrived."""
        shutil.rmtree(self._hidden, ignore_errors=True)
        end(self._hidden)


def safe_name(uid: str) -> str:
    """Return a UID as a file name; one that is none gives a name that says nothing."""
    if _UID.fullmatch(uid) and not uid.startswith("."):
        return uid
    return hashlib.sha256(uid.encode("utf-8", "replace")).hexdigest()[:32]


def forget_unfinished(root: Path) -> None:
    """Remove what killed programs left behind a day ago or longer, and put back what they moved."""
    if not root.is_dir():
        return
    with suppress(OSError):  # another Trephine tidies up at the same moment
        for was in root.glob(".*.was"):
            put_back(was)
        for left in root.glob(f".*{UNFINISHED}"):
            age_s = time.time() - _latest_s(left)
            if _OLD_S < age_s < _BEYOND_BELIEF_S:  # else the clock is wrong, now or then
                shutil.rmtree(left, ignore_errors=True)


def _latest_s(folder: Path) -> float:
    """Return when anything in a folder was last written."""
    return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
