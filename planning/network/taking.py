"""Takes the images of one series as a server sends them, and counts; opens no association."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from planning.network.arrival import Arrival, TooMuchError
from planning.network.faults import (
    NetworkError,
    incomplete,
    not_written,
    too_much,
)
from planning.network.servers import PacsServer, Receiver
from planning.progress import Cancelled, Progress

STORED, NO_ROOM, NOT_WANTED = 0x0000, 0xA700, 0xA900
"""Answers to a C-STORE (PS3.4 B.2.3)."""


class Taking:
    """One series on its way here.

    Parameters
    ----------
    wanted : frozenset of str
        The SOP Instance UIDs of the whole series; others are refused.
    """

    def __init__(
        self,
        server: PacsServer,
        folder: Path,
        wanted: frozenset[str],
        receiver: Receiver,
        progress: Progress,
    ) -> None:
        self._server = server
        self._wanted = wanted
        self._receiver = receiver
        self._progress = progress
        self._arrival = Arrival(
            folder, most_images=receiver.most_images, most_bytes=receiver.most_bytes
        )
        self._lock = Lock()
        self._fault: OSError | TooMuchError | None = None
        self.heard_s = time.monotonic()
        self.failed: Callable[[], None] = lambda: None

    @property
    def done(self) -> int:
        """How many images have arrived."""
        return len(self._arrival.instance_uids)

    @property
    def count(self) -> int:
        """How many images the series has."""
        return len(self._wanted)

    def take(self, instance_uid: str, parts: Iterable[bytes]) -> int:
        """Put one image away; return the answer for who sent it."""
        with self._lock:
            self.heard_s = time.monotonic()
            if self._fault is not None:
                return NO_ROOM
            if instance_uid not in self._wanted:
                return NOT_WANTED
            try:
                self._arrival.take(instance_uid, parts)
            except (OSError, TooMuchError) as error:
                self._fault = error
                self.failed()
                return NO_ROOM
            done, count = self.done, self.count
        with suppress(Cancelled):  # who watches for that stops the server
            self._progress.report(done / count, f"Image {done} of {count} received")
        return STORED

    def check_wish(self) -> None:
        """Raise `Cancelled` once the user has given it up."""
        if self._progress.is_cancelled():
            raise Cancelled

    def fault(self) -> NetworkError | None:
        """Return what went wrong on this computer, if anything did."""
        if isinstance(self._fault, OSError):
            return not_written(self._server, self._fault, self.done, self.count)
        if self._fault is not None:
            limits = self._receiver
            return too_much(self._server.name, limits.most_images, limits.most_bytes)
        return None

    def keep(self) -> Path:
        """Move the whole series to its place; return that.

        Raises
        ------
        NetworkError
            If images are missing or cannot be put there.
        """
        if fault := self.fault():
            raise fault
        if self._arrival.instance_uids != self._wanted:
            raise incomplete(self._server, self.done, self.count)
        try:
            return self._arrival.keep()
        except OSError as error:
            raise not_written(self._server, error, self.done, self.count) from error

    def discard(self) -> None:
        """Forget what has arrived."""
        with self._lock:
            self._arrival.discard()
