"""Notices, in a thread of its own, that a request is no longer wanted; knows no protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

ASKED_EVERY_S = 0.05


class Watch(ABC):
    """Watches over the ``with`` block around a request; what is then done is up to its kind.

    Parameters
    ----------
    is_cancelled : callable
        Tells whether the user gave the work up; asked in the other thread.

    Attributes
    ----------
    was_cancelled : bool
        Whether the user gave the work up.
    """

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled
        self._over = Event()
        self._thread = Thread(target=self._watch, name="Cancelling", daemon=True)
        self.was_cancelled = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    @abstractmethod
    def _watch(self) -> None:
        """Ask until the block is over, and end the request if it is no longer wanted."""
