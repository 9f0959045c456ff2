"""One connection to another OpenIGTLink program: bytes in and out, bounded; answers nothing."""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace

from planning.handover.igtl.splitter import Piece, Splitter
from planning.handover.igtl.wire import PLAIN, Message, message_to_bytes

_PIECE_BYTES = 1 << 16
_MOST_UNSENT_BYTES = 4 << 20


class PeerGone(Exception):  # noqa: N818 (an answer, not an error)
    """The connection is of no use any more; empty words where the other side ended it properly."""


@dataclass(slots=True)
class Subscription:
    """The other side wants tracking data, not more often than this."""

    device: str
    every_s: float
    due_s: float = 0.0


class Peer:
    """A connection that never waits.

    Attributes
    ----------
    version : int
        Of the headers it is sent; once it has sent one of version 1 itself, it gets no others.
    subscription : Subscription or None
    push_due_s : float or None
        When it is to be handed the plan (monotonic clock).
    """

    def __init__(self, connection: socket.socket, name: str, version: int) -> None:
        connection.settimeout(0.0)  # never waits
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.connection = connection
        self.name = name
        self.version = version
        self.subscription: Subscription | None = None
        self.push_due_s: float | None = None
        self._splitter = Splitter()
        self._unsent = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Tell whether something waits to be sent."""
        return bool(self._unsent)

    def receive(self) -> list[Piece]:
        """Return the messages that have become complete.

        Raises
        ------
        PeerGone
            If the other side has ended the connection.
        """
        try:
            data = self.connection.recv(_PIECE_BYTES)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise PeerGone(f"The connection to {self.name} broke ({error.strerror}).") from error
        if not data:
            within = self._splitter.is_within_message
            raise PeerGone(f"{self.name} ended the connection within a message." if within else "")
        found = self._splitter.feed(data)
        if any(isinstance(one, Message) and one.version == PLAIN for one in found):
            self.version = PLAIN
        return found

    def send(self, *messages: Message) -> None:
        """Send messages, as far as the other side takes them now; the rest waits.

        Raises
        ------
        PeerGone
            If the connection is broken, or too much waits.
        """
        for message in messages:
            version = min(message.version, self.version)
            self._unsent += message_to_bytes(replace(message, version=version))
        if len(self._unsent) > _MOST_UNSENT_BYTES:
            raise PeerGone(f"{self.name} does not take what it is sent; it was disconnected.")
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the other side takes it now.

        Raises
        ------
        PeerGone
            If the connection is broken.
        """
        try:
            while self._unsent:
                sent = self.connection.send(memoryview(self._unsent)[:_PIECE_BYTES])
                del self._unsent[:sent]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise PeerGone(f"The connection to {self.name} broke ({error.strerror}).") from error

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()
