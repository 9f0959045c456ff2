"""What OpenIGTLink messages say besides places: status, wishes, what is understood; sends none.

Source: OpenIGTLink protocol 3, `Documents/Protocol/status.md`, `trackingdata.md`, `capability.md`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planning.handover.igtl.contents import (
    only,
    points_from_bytes,
    position_from_bytes,
    rows_of,
    text_from_bytes,
    tracked_from_bytes,
    trajectories_from_bytes,
    transform_from_bytes,
)
from planning.handover.igtl.polydata import polylines_from_bytes
from planning.handover.igtl.wire import MessageError, fixed_text, text_of

_STATUS = struct.Struct(">Hq20s")
_START = struct.Struct(">I32s")
_CAPABILITY = struct.Struct("12s")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a sender says of itself; a code of 1 is well."""

    code: int
    subcode: int = 0
    name: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class StartTracking:
    """A wish to be sent tracking data, with the least time between two of them."""

    resolution_ms: int
    coordinate_name: str = ""


def status_to_bytes(status: StatusReport) -> bytes:
    """Return a STATUS; its text ends in a zero."""
    head = _STATUS.pack(status.code, status.subcode, fixed_text(status.name, 20))
    return head + status.text.encode("ascii", "replace") + b"\0"


def status_from_bytes(content: bytes) -> StatusReport:
    """Return what a STATUS says.

    Raises
    ------
    MessageError
        If it is too short.
    """
    if len(content) < _STATUS.size:
        raise MessageError("A STATUS message is too short.")
    code, subcode, name = _STATUS.unpack_from(content)
    return StatusReport(code, subcode, text_of(name), text_of(content[_STATUS.size :]))


def start_to_bytes(wish: StartTracking) -> bytes:
    """Return a STT_TDATA."""
    return _START.pack(wish.resolution_ms, fixed_text(wish.coordinate_name, 32))


def start_from_bytes(content: bytes) -> StartTracking:
    """Return the wish of a STT_TDATA.

    Raises
    ------
    MessageError
        If it has another length.
    """
    resolution_ms, name = only(_START, content, "STT_TDATA")
    return StartTracking(resolution_ms, text_of(name))


def capability_to_bytes(kinds: Sequence[str]) -> bytes:
    """Return a CAPABILITY: the message types that are understood, 12 letters each."""
    return b"".join(fixed_text(kind, _CAPABILITY.size) for kind in kinds)


def capability_from_bytes(content: bytes) -> tuple[str, ...]:
    """Return the message types that a CAPABILITY names.

    Raises
    ------
    MessageError
        If its length is no multiple of 12.
    """
    rows = rows_of(_CAPABILITY, content, "CAPABILITY")
    return tuple(text_of(name) for (name,) in rows)


READERS: dict[str, Callable[[bytes], object]] = {
    "TRANSFORM": transform_from_bytes,
    "POSITION": position_from_bytes,
    "POINT": points_from_bytes,
    "TRAJ": trajectories_from_bytes,
    "TDATA": tracked_from_bytes,
    "POLYDATA": polylines_from_bytes,
    "STRING": text_from_bytes,
    "STATUS": status_from_bytes,
    "STT_TDATA": start_from_bytes,
    "CAPABILITY": capability_from_bytes,
}
"""Message types with a content that is read, and what reads it."""
