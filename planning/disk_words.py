"""Says in words why a disk or a network share refused something, and what helps; touches none."""

from __future__ import annotations

import errno
from types import MappingProxyType

_GONE = "the disk or network share does not answer"
_IN_USE = "another program is using it"
_FORBIDDEN = "permission denied"
_FULL = "the disk is full"
_QUOTA = "the room you are given there is used up"
_THERE = "something of that name is there already"

_MAKE_ROOM = "make room there or choose another place"
_RECONNECT = "see whether the disk or network share is connected, or choose another place"
_CLOSE = "close it in the other program"
_ASK = "close it in other programs, ask for the right to write there, or choose another place"
_ANOTHER = "choose another place"
_SHORTER = "choose a shorter name"

_REASONS = MappingProxyType(
    {
        errno.ENOSPC: (_FULL, _MAKE_ROOM),
        errno.EDQUOT: (_QUOTA, _MAKE_ROOM),
        errno.EFBIG: ("the file is too large for that disk", _ANOTHER),
        errno.EROFS: ("it is read-only", _ANOTHER),
        errno.EACCES: (_FORBIDDEN, _ASK),
        errno.EPERM: (_FORBIDDEN, _ASK),
        errno.EIO: ("the disk or network share failed", _RECONNECT),
        errno.ESTALE: (_GONE, _RECONNECT),
        errno.ENOTCONN: (_GONE, _RECONNECT),
        errno.EHOSTDOWN: (_GONE, _RECONNECT),
        errno.EHOSTUNREACH: (_GONE, _RECONNECT),
        errno.ENETDOWN: (_GONE, _RECONNECT),
        errno.ENETUNREACH: (_GONE, _RECONNECT),
        errno.ETIMEDOUT: (_GONE, _RECONNECT),
        errno.ENODEV: (_GONE, _RECONNECT),
        errno.ENXIO: (_GONE, _RECONNECT),
        errno.EBUSY: (_IN_USE, _CLOSE),
        errno.ETXTBSY: (_IN_USE, _CLOSE),
        errno.EAGAIN: (_IN_USE, _CLOSE),
        errno.EDEADLK: (_IN_USE, _CLOSE),
        errno.ENOLCK: (_IN_USE, _CLOSE),
        errno.ENOENT: ("it is not there, or not any more", "put it back or choose another place"),
        errno.ENOTDIR: ("a file is where a folder is needed", _ANOTHER),
        errno.EISDIR: ("a folder has that name", _ANOTHER),
        errno.EEXIST: (_THERE, _ANOTHER),
        errno.ENOTEMPTY: (_THERE, _ANOTHER),
        errno.ENAMETOOLONG: ("the name is too long", _SHORTER),
        errno.EMFILE: ("too many files are open", "close other programs"),
        errno.ENFILE: ("too many files are open", "close other programs"),
        errno.ELOOP: ("a link there leads back to itself", _ANOTHER),
    }
)
_LOCKED_ON_WINDOWS = (32, 33)  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


def reason_of(error: OSError) -> str:
    """Return why a disk or share refused something, to stand in brackets or after a colon."""
    known = _known(error)
    if known is not None:
        return known[0]
    said = str(error.strerror or error).strip().splitlines()
    return said[0].rstrip(".") if said else "it was refused"


def remedy_of(error: OSError) -> str:
    """Return what helps against it, to stand before "and try again"."""
    known = _known(error)
    return _ANOTHER if known is None else known[1]


def not_written(what: object, error: OSError) -> str:
    """Return that something could not be written and is as it was, and what helps."""
    return (
        f"{what} cannot be written: {reason_of(error)}. Nothing there was changed; "
        f"{remedy_of(error)}, and try again."
    )


def refused(error: OSError) -> str:
    """Return what a disk or share refused, where nobody else says what was wanted of it."""
    what = error.filename if isinstance(error.filename, str) else "A file"
    return f"{what} cannot be used: {reason_of(error)}. Nothing is lost; {remedy_of(error)}."


def _known(error: OSError) -> tuple[str, str] | None:
    """Return reason and remedy of an error, or of the one that it was made from.

    pydicom raises the kind of error that it met, with words of its own and without its number.
    """
    found: BaseException | None = error
    while isinstance(found, OSError) and found.errno is None:
        found = found.__cause__ or found.__context__
    if not isinstance(found, OSError):
        return None
    if getattr(found, "winerror", None) in _LOCKED_ON_WINDOWS:
        return _IN_USE, _CLOSE
    return _REASONS.get(found.errno or 0)
