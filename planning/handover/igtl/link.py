"""A link to navigation systems: serves or connects, hands over a plan, hears of tracked tools.

One thread of its own; whatever arrives, it goes on. Shows nothing, and knows no window.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event, Lock, Thread

from planning.handover.igtl.contents import (
    tracked_to_bytes,
)
from planning.handover.igtl.control import READERS, StartTracking, start_from_bytes, start_to_bytes
from planning.handover.igtl.frames import SYSTEM_KEY, UNITS_KEY, WireFrame
from planning.handover.igtl.link_values import (
    CONNECT_S,
    FRESH_S,
    LinkCounts,
    LinkListener,
    LinkOrder,
    LinkPhase,
    LinkRole,
    LinkState,
    why_not_connected,
    why_not_served,
)
from planning.handover.igtl.peer import Peer, PeerGone, Subscription
from planning.handover.igtl.plan_messages import DEVICE, HandedPlan, answer, plan_messages
from planning.handover.igtl.splitter import Broken, Skipped
from planning.handover.igtl.tracked import KINDS, TrackedTool, tool_on_wire, tools_in
from planning.handover.igtl.wire import PLAIN, Message, MessageError, timestamp_of

MOST_PEERS = 8
_AGAIN_S, _LONGEST_WAIT_S = 2.0, 0.25
_WANTED_MS = 20
_LEAST_INTERVAL_S = 0.005
_LISTEN_FIRST_S = 0.3
"""Whoever connects may speak first: its own header then says which version it understands."""
_MOST_TOOLS = 64
_OK, _ERROR = b"\0", b"\1"  # content of RTS_TDATA


class Link:
    """A link that runs until it is stopped.

    As a server it hands the plan to whoever connects, answers what is asked (GET_POINT, GET_TRAJ,
    GET_TRANS, GET_STRING, GET_POLYDATA, GET_CAPABIL), and passes fresh tracking data on to those
    who want them (STT_TDATA). As a client it asks for tracking data, and tries again when the
    connection fails. Both hear of tools by TRANSFORM, POSITION and TDATA.
    """

    def __init__(self, order: LinkOrder, listener: LinkListener) -> None:
        self.order = order
        self._listener = listener
        self._handed: HandedPlan | None = None
        self._counts = LinkCounts()
        self._state = LinkState(phase=LinkPhase.OFF)
        self._peers: dict[socket.socket, Peer] = {}
        self._tools: dict[str, tuple[TrackedTool, float]] = {}
        self._stop, self._lock = Event(), Lock()
        self._orders: list[Callable[[], None]] = []
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.settimeout(0.0)
        self._thread = Thread(target=self._run, name="OpenIGTLink", daemon=True)
        self.port = order.port

    @property
    def counts(self) -> LinkCounts:
        """What has arrived so far."""
        return self._counts

    @property
    def state(self) -> LinkState:
        """How far the link has come."""
        return self._state

    @property
    def is_all_sent(self) -> bool:
        """Tell whether nothing waits to be sent; what was only just ordered counts as waiting."""
        with self._lock:
            return not self._orders and not any(p.has_unsent for p in list(self._peers.values()))

    def start(self) -> None:
        """Begin; how far it comes is told to the listener."""
        self._thread.start()

    def stop(self, wait_s: float = 3.0) -> bool:
        """End, and wait a limited time for it; tell whether it has ended."""
        self._stop.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    def set_plan(self, handed: HandedPlan | None, *, push: bool = False) -> None:
        """Hand over another plan from now on; `push` sends it to everyone who is connected."""

        def take() -> None:
            self._handed = handed
            if push:
                for peer in list(self._peers.values()):
                    self._do(peer, partial(self._push, peer))

        with self._lock:
            self._orders.append(take)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake, closed: it has ended
            self._waker.send(b"!")

    def _run(self) -> None:
        self._selector.register(self._woken, selectors.EVENT_READ)
        try:
            if self.order.role is LinkRole.SERVE:
                self._serve()
            else:
                self._connect_again_and_again()
        finally:
            for peer in self._peers.values():
                peer.close()
            self._peers.clear()
            self._selector.close()
            self._woken.close()
            self._waker.close()
            if self._state.phase is not LinkPhase.FAILED:
                self._say(LinkPhase.OFF)

    def _serve(self) -> None:
        order = self.order
        try:
            listening = socket.create_server((order.host, order.port), backlog=MOST_PEERS)
        except (OSError, OverflowError) as error:
            self._say(LinkPhase.FAILED, why_not_served(order, error))
            return
        with listening:
            listening.settimeout(0.0)
            self.port = listening.getsockname()[1]
            self._selector.register(listening, selectors.EVENT_READ)
            self._say(LinkPhase.WAITING)
            while not self._stop.is_set():
                self._turn(listening)

    def _connect_again_and_again(self) -> None:
        order = self.order
        while not self._stop.is_set():
            self._say(LinkPhase.CONNECTING, self._state.reason)
            try:
                made = socket.create_connection((order.host, order.port), timeout=CONNECT_S)
            except (OSError, OverflowError, UnicodeError) as error:
                self._say(LinkPhase.FAILED, why_not_connected(order, error))
                self._pause(_AGAIN_S)
                continue
            peer = self._add(made, order.address)
            wish = start_to_bytes(StartTracking(_WANTED_MS))
            # Wishes have no metadata; a plain header is understood by every version.
            message = Message(kind="STT_TDATA", content=wish, timestamp=_now(), version=PLAIN)
            self._do(peer, partial(peer.send, message))
            while self._peers and not self._stop.is_set():
                self._turn(None)
            if self._stop.is_set() and self._peers:
                end = Message(kind="STP_TDATA", timestamp=_now(), version=PLAIN)
                self._do(peer, partial(peer.send, end))
            elif not self._stop.is_set():
                self._say(LinkPhase.FAILED, f"The connection to {order.address} ended.")
                self._pause(_AGAIN_S)

    def _pause(self, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        while not self._stop.is_set() and time.monotonic() < until:
            self._turn(None)

    def _turn(self, listening: socket.socket | None) -> None:
        """Wait for something to happen, and do what there is to do."""
        for peer in self._peers.values():
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.has_unsent else 0)
            if self._selector.get_key(peer.connection).events != wanted:
                self._selector.modify(peer.connection, wanted)
        for key, events in self._selector.select(self._wait_s()):
            if key.fileobj is self._woken:
                self._take_orders()
            elif listening is not None and key.fileobj is listening:
                self._accept(listening)
            elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._peers:
                peer = self._peers[key.fileobj]
                if events & selectors.EVENT_WRITE:
                    self._do(peer, peer.flush)
                if events & selectors.EVENT_READ and peer.connection in self._peers:
                    self._do(peer, partial(self._hear, peer))
        self._pass_on()

    def _wait_s(self) -> float:
        now = time.monotonic()
        due = [p.subscription.due_s - now for p in self._peers.values() if p.subscription]
        due += [p.push_due_s - now for p in self._peers.values() if p.push_due_s is not None]
        return min(max(0.0, min(due, default=_LONGEST_WAIT_S)), _LONGEST_WAIT_S)

    def _take_orders(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass
        while True:
            with self._lock:
                if not self._orders:
                    return
                order = self._orders[0]
            order()
            with self._lock:
                self._orders.pop(0)  # only now: it has been done

    def _accept(self, listening: socket.socket) -> None:
        try:
            made, address = listening.accept()
        except OSError:
            return  # it has gone again
        name = f"{address[0]}:{address[1]}"
        if len(self._peers) >= MOST_PEERS:
            self._complain(f"{name} was turned away: {MOST_PEERS} programs are connected already.")
            made.close()
            return
        peer = self._add(made, name)
        peer.push_due_s = time.monotonic() + _LISTEN_FIRST_S

    def _add(self, made: socket.socket, name: str) -> Peer:
        peer = Peer(made, name, self.order.version)
        self._peers[made] = peer
        self._selector.register(made, selectors.EVENT_READ)
        self._say(LinkPhase.CONNECTED)
        return peer

    def _do(self, peer: Peer, act: Callable[[], None]) -> None:
        """Do something with a peer; drop it if that shows that it has gone."""
        try:
            act()
        except PeerGone as gone:
            if str(gone):
                self._complain(str(gone))
            self._selector.unregister(peer.connection)
            del self._peers[peer.connection]
            peer.close()
            alone = LinkPhase.WAITING if self.order.role is LinkRole.SERVE else LinkPhase.CONNECTING
            self._say(LinkPhase.CONNECTED if self._peers else alone)
        except MessageError as error:
            self._complain(str(error))

    def _push(self, peer: Peer) -> None:
        if self._handed is not None:
            peer.send(*plan_messages(self._handed, _now()))

    def _hear(self, peer: Peer) -> None:
        for one in peer.receive():
            if isinstance(one, Broken):
                raise PeerGone(f"{one.reason} The connection to {peer.name} was closed.")
            if isinstance(one, Skipped):
                if one.expected:
                    self._counts = replace(self._counts, unread=self._counts.unread + 1)
                else:
                    self._complain(one.reason)
                continue
            counts = self._counts
            poses = 1 if one.kind in KINDS else 0
            self._counts = replace(counts, messages=counts.messages + 1, poses=counts.poses + poses)
            try:
                self._answer(peer, one)
            except MessageError as error:
                self._complain(str(error))

    def _answer(self, peer: Peer, message: Message) -> None:
        order = self.order
        if message.kind in KINDS:
            tools = tools_in(message, order.frame, order.frame_of_reference_uid)
            if tools:
                self._keep(tools)
                self._listener.tools(tools)
        elif message.kind == "STT_TDATA":
            wish = start_from_bytes(message.content)
            every_s = max(_LEAST_INTERVAL_S, wish.resolution_ms / 1000.0)
            peer.subscription = Subscription(message.device, every_s)
            peer.send(self._said("RTS_TDATA", message.device, _OK))
        elif message.kind == "STP_TDATA":
            was, peer.subscription = peer.subscription, None
            peer.send(self._said("RTS_TDATA", message.device, _OK if was else _ERROR))
        elif message.kind.startswith(("STT_", "STP_")):
            kind = f"RTS_{message.kind[4:]}"
            peer.send(self._said(kind, message.device, _ERROR))
        elif message.kind in READERS:
            READERS[message.kind](message.content)  # nobody wants it, but it has to be sound
        else:
            peer.send(*answer(message, self._handed, _now()))

    def _said(self, kind: str, device: str, content: bytes) -> Message:
        return Message(kind=kind, device=device, content=content, timestamp=_now())

    def _keep(self, tools: tuple[TrackedTool, ...]) -> None:
        now = time.monotonic()
        self._tools |= {tool.name: (tool, now) for tool in tools}
        if len(self._tools) > _MOST_TOOLS:
            self._tools = {n: kept for n, kept in self._tools.items() if now - kept[1] < FRESH_S}

    def _pass_on(self) -> None:
        """Send the plan and fresh tracking data to whoever is waiting for them."""
        now = time.monotonic()
        for peer in list(self._peers.values()):
            if peer.push_due_s is not None and now >= peer.push_due_s:
                peer.push_due_s = None
                self._do(peer, partial(self._push, peer))
            wish = peer.subscription
            if wish is None or now < wish.due_s:
                continue
            wish.due_s = now + wish.every_s
            fresh = [tool_on_wire(t) for t, at in self._tools.values() if now - at < FRESH_S]
            if fresh:
                message = Message(
                    kind="TDATA",
                    device=wish.device or DEVICE,
                    content=tracked_to_bytes(fresh[:_MOST_TOOLS]),
                    metadata={SYSTEM_KEY: WireFrame.RAS.value, UNITS_KEY: "mm"},
                    timestamp=_now(),
                )
                self._do(peer, partial(peer.send, message))

    def _complain(self, reason: str) -> None:
        self._counts = replace(self._counts, refused=self._counts.refused + 1, last=reason)

    def _say(self, phase: LinkPhase, reason: str = "") -> None:
        peers = tuple(peer.name for peer in self._peers.values())
        state = LinkState(phase=phase, peers=peers, reason=reason)
        if state != self._state:
            self._state = state
            self._listener.state(state)


def _now() -> int:
    return timestamp_of(time.time_ns())
