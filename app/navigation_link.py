"""A link to a navigation system as the window sees it: what arrives in its thread comes as signals.

However much arrives, the window is woken once, and takes the latest of it when it has time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from planning.handover.igtl.link import Link
from planning.handover.igtl.link_values import (
    LinkCounts,
    LinkListener,
    LinkOrder,
    LinkPhase,
    LinkState,
)
from planning.handover.igtl.plan_messages import HandedPlan
from planning.handover.igtl.tracked import TrackedTool

_MOST_TOOLS = 64
_WAIT_S = 0.5
"""A link that is just being tried to get ends by itself a little later; nobody hears of it."""


@dataclass(frozen=True, slots=True)
class SeenTool:
    """Where a tool was last, and when that arrived (seconds of the monotonic clock)."""

    tool: TrackedTool
    at_s: float

    @property
    def age_s(self) -> float:
        """How long ago that was."""
        return time.monotonic() - self.at_s


class NavigationLink(QObject):
    """At most one link at a time.

    Signals (always delivered in the thread this object lives in)
    -------
    state_changed : LinkState
    arrived
        A tool has been seen; not again until `seen` was asked for.
    """

    state_changed = Signal(object)
    arrived = Signal()
    _told = Signal(int, object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link: Link | None = None
        self._number = 0
        self._handed: HandedPlan | None = None
        self._seen: dict[str, SeenTool] = {}
        self._is_told = False
        self._lock = Lock()
        self.state = LinkState(phase=LinkPhase.OFF)
        self._told.connect(self._on_told)
        self._woken.connect(self.arrived)

    @property
    def is_open(self) -> bool:
        """Tell whether there is a link, or it is being tried to get one."""
        return self._link is not None

    @property
    def counts(self) -> LinkCounts:
        """What has arrived over the link."""
        return LinkCounts() if self._link is None else self._link.counts

    @property
    def port(self) -> int:
        """The port of the link; what the system chose where 0 was asked for."""
        return 0 if self._link is None else self._link.port

    def open(self, order: LinkOrder) -> None:
        """Begin a link, in the place of one that there is."""
        self.close()
        self._number += 1
        number = self._number

        def tell(state: LinkState) -> None:
            if isValid(self):
                self._told.emit(number, state)

        def take(tools: tuple[TrackedTool, ...]) -> None:
            if number == self._number and isValid(self):
                self._take(tools)

        self._link = Link(order, LinkListener(tools=take, state=tell))
        self._link.set_plan(self._handed)
        self._link.start()

    def close(self) -> None:
        """End the link; what was seen over it is forgotten."""
        self._number += 1
        link, self._link = self._link, None
        if link is not None:
            link.stop(_WAIT_S)
        with self._lock:
            self._seen = {}
            self._is_told = False
        self._show(LinkState(phase=LinkPhase.OFF))

    def set_plan(self, handed: HandedPlan | None, *, push: bool = False) -> None:
        """Hand over another plan from now on; `push` sends it to who is connected."""
        self._handed = handed
        if self._link is not None:
            self._link.set_plan(handed, push=push)

    def seen(self) -> dict[str, SeenTool]:
        """Return where each tool was last, by its name; `arrived` will tell of what follows."""
        with self._lock:
            self._is_told = False
            return dict(self._seen)

    def _take(self, tools: tuple[TrackedTool, ...]) -> None:
        """Keep what has arrived; called in the link's thread."""
        now = time.monotonic()
        with self._lock:
            for tool in tools:
                if tool.name in self._seen or len(self._seen) < _MOST_TOOLS:
                    self._seen[tool.name] = SeenTool(tool, now)
            wake, self._is_told = not self._is_told, True
        if wake:
            self._woken.emit()

    def _on_told(self, number: int, state: LinkState) -> None:
        if number == self._number:
            self._show(state)

    def _show(self, state: LinkState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
