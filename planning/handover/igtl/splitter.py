"""Cuts what arrives over a connection into messages; what is damaged or too large is passed over.

Keeps at most one message in memory, whatever the other side sends.
"""

from __future__ import annotations

from dataclasses import dataclass

from planning.handover.igtl.control import READERS
from planning.handover.igtl.wire import (
    HEADER_BYTES,
    MOST_BODY_BYTES,
    Header,
    Message,
    MessageError,
    StreamError,
    header_from_bytes,
    message_from_bytes,
)

MOST_SKIPPED_BYTES = 1 << 30
"""A longer body is no image that somebody sends but a broken stream."""
QUERIES = ("GET_", "STT_", "STP_", "RTS_")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that was passed over, and why; `expected` for a type that is never read."""

    kind: str
    reason: str
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """The rest of a stream is of no use, and why."""

    reason: str


Piece = Message | Skipped | Broken


class Splitter:
    """Turns pieces of a stream of any size into messages."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._header: Header | None = None
        self._to_skip = 0
        self._broken = False

    def feed(self, data: bytes) -> list[Piece]:
        """Take what has arrived; return what is complete by now.

        Where it is no OpenIGTLink, `Broken` comes last, and nothing more after it.
        """
        if self._broken:
            return []
        self._kept += data
        found: list[Piece] = []
        try:
            self._cut(found)
        except StreamError as error:
            self._broken = True
            self._kept.clear()
            found.append(Broken(str(error)))
        return found

    def _cut(self, found: list[Piece]) -> None:
        while True:
            if self._to_skip:
                cut = min(self._to_skip, len(self._kept))
                del self._kept[:cut]
                self._to_skip -= cut
                if self._to_skip:
                    return
            if self._header is None:
                if len(self._kept) < HEADER_BYTES:
                    return
                self._header = header_from_bytes(bytes(self._kept[:HEADER_BYTES]))
                del self._kept[:HEADER_BYTES]
            header = self._header
            skipped = _why_skipped(header)
            if skipped is not None:
                self._header, self._to_skip = None, header.body_bytes
                found.append(skipped)
                continue
            if len(self._kept) < header.body_bytes:
                return
            body = bytes(self._kept[: header.body_bytes])
            del self._kept[: header.body_bytes]
            self._header = None
            try:
                found.append(message_from_bytes(header, body))
            except MessageError as error:
                found.append(Skipped(header.kind, str(error)))

    @property
    def is_within_message(self) -> bool:
        """Tell whether the stream would end within a message if it ended now."""
        return bool(self._kept) or self._header is not None or self._to_skip > 0


def _why_skipped(header: Header) -> Skipped | None:
    if header.body_bytes > MOST_SKIPPED_BYTES:
        problem = f"A {header.kind} message claims to be {header.body_bytes:,} bytes long."
        raise StreamError(problem)
    if header.kind not in READERS and not header.kind.startswith(QUERIES):
        return Skipped(header.kind, f"Messages of type {header.kind} are not read.", expected=True)
    if header.body_bytes > MOST_BODY_BYTES:
        problem = f"A {header.kind} message of {header.body_bytes:,} bytes is too large."
        return Skipped(header.kind, problem)
    return None
