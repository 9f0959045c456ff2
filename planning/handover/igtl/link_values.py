"""What a navigation link is asked to do and what it says of itself; opens no connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from planning.handover.igtl.frames import WireFrame
from planning.handover.igtl.tracked import TrackedTool
from planning.handover.igtl.wire import WITH_METADATA

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 18944
"""As in 3D Slicer and the C++ library's examples."""
CONNECT_S = 5.0
"""How long a server may take to answer."""
FRESH_S = 0.5
"""A pose that is older is not where the needle is now."""


class LinkRole(StrEnum):
    """Who waits for whom."""

    SERVE = "serve"
    CONNECT = "connect"


class LinkPhase(StrEnum):
    """How far a link has come."""

    OFF = "off"
    WAITING = "waiting"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrder:
    """What a link is asked to do.

    Parameters
    ----------
    version : int
        Of the headers that are sent; 2 (protocol 3) carries metadata, 1 is for older programs.
    frame : WireFrame
        Of tracked coordinates that are not marked.
    frame_of_reference_uid : str
        Of the planning CT; empty if it has none.
    """

    role: LinkRole
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    version: int = WITH_METADATA
    frame: WireFrame = WireFrame.RAS
    frame_of_reference_uid: str = ""

    @property
    def address(self) -> str:
        """Host and port in words."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """How far a link has come, with whom, and in words why not farther."""

    phase: LinkPhase
    peers: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounts:
    """What has arrived so far.

    Parameters
    ----------
    poses : int
        Messages that said where tools are.
    unread : int
        Messages of types that are never read, images for example.
    refused : int
        Messages and connections that had something wrong with them; `last` is the latest reason.
    """

    messages: int = 0
    poses: int = 0
    unread: int = 0
    refused: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkListener:
    """Whom a link tells; called in the link's own thread, so that nobody may take long.

    Parameters
    ----------
    tools : callable
        Given where tools are now.
    state : callable
        Given how far the link has come, whenever that changes.
    """

    tools: Callable[[tuple[TrackedTool, ...]], None]
    state: Callable[[LinkState], None]


def why_not_served(order: LinkOrder, error: Exception) -> str:
    """Return in words why a port could not be opened."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"Port {order.port} of {order.host} cannot be opened ({said}); choose another."


def why_not_connected(order: LinkOrder, error: Exception) -> str:
    """Return in words why there is no connection."""
    if isinstance(error, ConnectionRefusedError):
        return f"Nobody answers at {order.address}: start the server there, or mend the address."
    if isinstance(error, TimeoutError):
        return f"{order.address} did not answer within {CONNECT_S:.0f} s."
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{order.address} cannot be reached ({said})."
