"""Tells when this computer's clock cannot be right; sets no clock, and refuses no work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_MADE = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock is right that says an earlier time than that of this program's making."""

_LIFE = timedelta(days=20 * 365)
_TOLERANCE = timedelta(hours=1)  # two computers that work on one case may differ

_TOO_EARLY = (
    "This computer's clock says {0}, which is before this Trephine was made. Set it: until then "
    "approvals, reviews and the audit trail bear wrong times."
)
_TOO_LATE = (
    "This computer's clock says {0}, which can hardly be. Set it: until then approvals, reviews "
    "and the audit trail bear wrong times."
)
_BACKWARDS = (
    "This computer's clock says {0}, but something was kept on {1} already. Set it: the order of "
    "approvals and entries can otherwise not be told from their times."
)


def clock_problem(now: datetime, known: Iterable[str] = ()) -> str:
    """Return what is wrong with a time, in words; empty if it may be right.

    Parameters
    ----------
    now : datetime
        What the clock says, with its offset from UTC.
    known : iterable of str
        Times at which something was done already, ISO 8601; what is none is passed over.
    """
    said = _words(now)
    if now < _MADE:
        return _TOO_EARLY.format(said)
    if now > _MADE + _LIFE:
        return _TOO_LATE.format(said)
    latest = max((at for text in known if (at := _time(text)) is not None), default=now)
    if latest > now + _TOLERANCE:
        return _BACKWARDS.format(said, _words(latest))
    return ""


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _words(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")[:16]
