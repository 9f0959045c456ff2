"""Keeps images that arrive out of sight until their series is whole; asks nobody for them."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from planning.records.atomic_files import PRIVATE_FOLDER, sync_files, sync_folder

_UID = re.compile(r"[0-9.]{1,64}")
_UNFINISHED = ".part"
_OLD_S = 24 * 3600.0


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
        self._hidden = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}{_UNFINISHED}")

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
            self._folder.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._hidden.mkdir(mode=PRIVATE_FOLDER)
        with (self._hidden / f"{safe_name(instance_uid)}.dcm").open("wb") as file:
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
        replaced = self._hidden.with_name(self._hidden.name + ".old" + _UNFINISHED)
        with suppress(FileNotFoundError):
            self._folder.rename(replaced)
        try:
            self._hidden.rename(self._folder)
        except OSError:
            with suppress(OSError):
                replaced.rename(self._folder)
            raise
        shutil.rmtree(replaced, ignore_errors=True)
        sync_folder(self._folder.parent)
        return self._folder

    def discard(self) -> None:
        """Forget what has arrived."""
        shutil.rmtree(self._hidden, ignore_errors=True)


def safe_name(uid: str) -> str:
    """Return a UID as a file name; one that is none gives a name that says nothing."""
    if _UID.fullmatch(uid) and not uid.startswith("."):
        return uid
    return hashlib.sha256(uid.encode("utf-8", "replace")).hexdigest()[:32]


def forget_unfinished(root: Path) -> None:
    """Remove what killed programs left behind a day ago or longer."""
    if not root.is_dir():
        return
    for left in root.glob(f".*{_UNFINISHED}"):
        with suppress(OSError):  # another Trephine tidies up at the same moment
            if time.time() - left.stat().st_mtime > _OLD_S:
                shutil.rmtree(left, ignore_errors=True)
