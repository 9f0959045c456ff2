"""Work that follows a moving hand, piece by piece: the hand never waits for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

_PAUSE_MS = 1
_RESTS_AFTER_MS = 250
# Not shorter: where all views together cost more than the hand leaves between two movements, what
# has waited for long is done whatever the hand does, and the numbers come late with every step.
_PATIENCE_MS = 120.0
_AT_ONCE_MS = 20.0
_LONGEST_PACE_MS = 150.0
_LATE_MS = 3.0
_LEARNT = 0.3
_FORGOTTEN = 0.1


class HandPace:
    """When the hand will move next, as far as its last movements tell; times in ms."""

    def __init__(self) -> None:
        self._next_ms = float("-inf")
        self._last_ms = float("-inf")
        self._pace_ms = 0.0

    def hear(self, now_ms: float, deaf_ms: tuple[float, float]) -> None:
        """Hear that the hand has moved, having been deaf from one moment to another before.

        A movement that was awaited in that time came when it was awaited, not when it was heard.
        """
        deaf = deaf_ms[0] <= self._next_ms <= deaf_ms[1] and now_ms - deaf_ms[1] < _LATE_MS
        came_ms = self._next_ms if deaf else now_ms
        between_ms = came_ms - self._last_ms
        if between_ms > _LONGEST_PACE_MS:
            self._pace_ms = 0.0
        elif self._pace_ms == 0.0:
            self._pace_ms = between_ms
        else:
            self._pace_ms += _LEARNT * (between_ms - self._pace_ms)
        self._last_ms = came_ms
        self._next_ms = came_ms + self._pace_ms if self._pace_ms > 0.0 else float("-inf")

    def wait_ms(self, now_ms: float, cost_ms: float) -> float:
        """Return how long to put off a piece of work so that it does not meet the next movement.

        0 where it has room before that, where the hand has stopped, and where the hand is so
        quick that there is never room.
        """
        late_ms = self._next_ms + _LATE_MS - now_ms
        crosses = now_ms + cost_ms > self._next_ms
        return late_ms if crosses and late_ms > 0.0 and cost_ms < 0.7 * self._pace_ms else 0.0


@dataclass(slots=True)
class _Asked:
    piece: Callable[[], object]
    since_ms: float

    def waits_for_long(self, now_ms: float) -> bool:
        return now_ms - self.since_ms > _PATIENCE_MS


class Turns(QObject):
    """Does what was asked for last under each key, the longest asked for first.

    Between two pieces the window hears the mouse again, and a piece that would keep the hand's
    next movement waiting lets it go first. What is asked for anew before its turn keeps its
    place, so that nothing is put off for ever.

    Signals
    -------
    rested
        The hand has not moved for a while, and all that was asked for is done.
    """

    rested = Signal()

    def __init__(self, pause_ms: int = _PAUSE_MS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: dict[str, _Asked] = {}
        self._costs_ms: dict[str, float] = {}
        self._pace, self._deaf_ms = HandPace(), (0.0, 0.0)
        self._pause_ms = pause_ms
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._do_some)
        self._rest = QTimer(self, singleShot=True, interval=_RESTS_AFTER_MS)
        self._rest.timeout.connect(self._say_rested)

    def hear_hand(self) -> None:
        """Hear that the hand has moved."""
        self._pace.hear(_now_ms(), self._deaf_ms)
        self._rest.start()

    def ask(self, key: str, piece: Callable[[], object]) -> None:
        """Do a piece of work in its turn, in place of what was asked for under its key."""
        since = self._pieces[key].since_ms if key in self._pieces else _now_ms()
        self._pieces[key] = _Asked(piece, since)
        if not self._timer.isActive():
            self._timer.start(self._pause_ms)

    def forget(self) -> None:
        """Do none of what was asked for."""
        self._pieces.clear()
        self._timer.stop()
        self._rest.stop()

    def _do_some(self) -> None:
        """Do the next piece, and what has waited for long after it, but not much at once."""
        began_ms = _now_ms()
        wait_ms = self._do_next()
        while self._waits_for_long() and _now_ms() - began_ms < _AT_ONCE_MS:
            self._do_next()
        if self._pieces:
            self._timer.start(max(self._pause_ms, round(wait_ms)))

    def _do_next(self) -> float:
        """Do the longest asked for that does not meet the hand, or return how long to wait."""
        wait_ms = 0.0
        for key, asked in self._pieces.items():
            wait_ms = self._wait_ms(key, asked)
            if wait_ms == 0.0:
                self._do(key)
                break
        return wait_ms

    def _waits_for_long(self) -> bool:
        first = next(iter(self._pieces.values()), None)
        return first is not None and first.waits_for_long(_now_ms())

    def _wait_ms(self, key: str, asked: _Asked) -> float:
        now_ms = _now_ms()
        if asked.waits_for_long(now_ms):
            return 0.0
        return self._pace.wait_ms(now_ms, self._costs_ms.get(key, 0.0))

    def _do(self, key: str) -> None:
        began_ms = _now_ms()
        self._pieces.pop(key).piece()
        self._deaf_ms = (began_ms, _now_ms())
        cost_ms = self._deaf_ms[1] - began_ms
        known_ms = self._costs_ms.get(key, cost_ms)
        # Rather too much than too little: a piece that lasts longer keeps the hand waiting.
        self._costs_ms[key] = max(cost_ms, known_ms + _FORGOTTEN * (cost_ms - known_ms))

    def _say_rested(self) -> None:
        if self._pieces:
            self._rest.start()
        else:
            self.rested.emit()


def _now_ms() -> float:
    return 1e3 * perf_counter()
