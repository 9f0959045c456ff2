"""Puts what servers send of their own accord into folders, series by series; opens none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from planning.disk_words import reason_of
from planning.network.arrival import Arrival, TooMuchError, forget_unfinished, safe_name
from planning.network.receiving import Incoming
from planning.network.servers import Receiver
from planning.network.taking import NO_ROOM, NOT_WANTED, STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A series that has arrived.

    Parameters
    ----------
    problem : str
        Why it was not kept; empty if it was.
    """

    sender: str
    folder: Path
    image_count: int
    problem: str = ""


@dataclass(slots=True)
class _Series:
    sender: str
    folder: Path
    arrival: Arrival
    problem: str = ""


@dataclass(slots=True)
class _Transfer:
    series: dict[str, _Series] = field(default_factory=dict)
    images: int = 0


class Inbox:
    """What arrives on each association is kept once the server has released it.

    A server that pushes images does not say how many a series has: its releasing the association
    is what tells that it has sent all it wanted to; one that breaks off leaves nothing behind.

    Parameters
    ----------
    root : Path
        Below which each series has a folder.
    heard : callable
        Hears of each series, in any thread.
    """

    def __init__(self, root: Path, receiver: Receiver, heard: Callable[[Received], None]) -> None:
        self._root, self._receiver, self._heard = root, receiver, heard
        self._transfers: dict[int, _Transfer] = {}
        self._lock = Lock()
        forget_unfinished(root)

    def store(self, incoming: Incoming) -> int:
        """Put one image away; return the answer for who sent it."""
        if not incoming.series_uid:
            return NOT_WANTED
        with self._lock:
            transfer = self._transfers.setdefault(incoming.association, _Transfer())
            series = transfer.series.get(incoming.series_uid)
            if series is None:
                series = self._new(incoming)
                transfer.series[incoming.series_uid] = series
        if series.problem:
            return NO_ROOM
        try:
            if transfer.images >= self._receiver.most_images:
                raise TooMuchError
            series.arrival.take(incoming.instance_uid, incoming.parts)
            transfer.images += 1
        except TooMuchError:
            series.problem = "more was sent than the receiver's limits allow"
        except OSError as error:
            series.problem = f"it could not be written ({reason_of(error)})"
        if series.problem:
            series.arrival.discard()
            return NO_ROOM
        return STORED

    def ended(self, association: int, is_whole: bool) -> None:  # noqa: FBT001 (called so)
        """Keep or forget what an association has brought."""
        with self._lock:
            transfer = self._transfers.pop(association, None)
        for series in () if transfer is None else transfer.series.values():
            self._finish(series, is_whole=is_whole)

    def _new(self, incoming: Incoming) -> _Series:
        folder = self._root / safe_name(incoming.series_uid)
        arrival = Arrival(
            folder,
            most_images=self._receiver.most_images,
            most_bytes=self._receiver.most_bytes,
        )
        return _Series(incoming.sender, folder, arrival)

    def _finish(self, series: _Series, *, is_whole: bool) -> None:
        count = len(series.arrival.instance_uids)
        if not series.problem and not is_whole:
            series.problem = "the connection broke off before all had arrived"
        if not series.problem:
            try:
                series.arrival.keep()
            except OSError as error:
                series.problem = f"it could not be written ({reason_of(error)})"
        if series.problem:
            series.arrival.discard()
        self._heard(
            Received(
                sender=series.sender,
                folder=series.folder,
                image_count=count,
                problem=series.problem,
            )
        )
