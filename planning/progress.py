"""How long work says where it is and learns that it is no longer wanted; no threads, no widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):
    """Raised inside long work once its result is no longer wanted; leaves no trace."""


def _ignore(fraction: float, message: str) -> None:
    """Swallow a report: the default when nobody listens."""


def _never() -> bool:
    """Answer that nobody asked to stop: the default when nobody can."""
    return False


@dataclass(frozen=True, slots=True)
class Progress:
    """A share of some long work.

    Parameters
    ----------
    listener : callable
        Receives the overall fraction (0 to 1) and a sentence for the user.
    is_cancelled : callable
        Tells whether the work is no longer wanted; asked at every report.
    start, end : float
        The part of the overall work that this share covers.
    """

    listener: Callable[[float, str], None] = _ignore
    is_cancelled: Callable[[], bool] = _never
    start: float = 0.0
    end: float = 1.0

    def report(self, fraction: float, message: str) -> None:
        """Say how far this share is (0 to 1).

        Raises
        ------
        Cancelled
            If the work is no longer wanted.
        """
        if self.is_cancelled():
            raise Cancelled
        self.listener(self.start + fraction * (self.end - self.start), message)

    def part(self, start: float, end: float) -> Progress:
        """Return the share from `start` to `end` (0 to 1 of this one)."""
        width = self.end - self.start
        return Progress(
            self.listener, self.is_cancelled, self.start + start * width, self.start + end * width
        )


SILENT = Progress()
