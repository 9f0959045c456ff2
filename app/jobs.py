"""Work in the background of which only the latest counts; knows nothing of what the work is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from planning.errors import TrephineError
from planning.progress import Cancelled, Progress

Work = Callable[[Progress], object]

_SHORTEST_BETWEEN_REPORTS_S = 0.05


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one run came to: exactly one of a value, an error, or neither (cancelled)."""

    number: int
    value: object = None
    error: BaseException | None = None
    is_cancelled: bool = False


class LatestJob(QObject):
    """Runs one piece of work at a time; starting another cancels and out-numbers the one before.

    Signals (always delivered in the thread this object lives in)
    -------
    started : str
        What the work is, in words.
    progressed : float, str
        Fraction 0 to 1 and a sentence, at most 20 times a second.
    finished : object
        What the work returned.
    failed : Exception
        A `TrephineError`; bugs reach the threads' excepthook instead.
    ended
        Nothing runs any more, whatever the reason; follows all others.
    """

    started = Signal(str)
    progressed = Signal(float, str)
    finished = Signal(object)
    failed = Signal(object)
    ended = Signal()
    _reported = Signal(int, float, str)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._stop: Event | None = None
        self._threads: list[Thread] = []
        self._reported.connect(self._on_reported)
        self._arrived.connect(self._on_arrived)

    @property
    def is_running(self) -> bool:
        """Tell whether a result is still awaited."""
        return self._stop is not None

    def start(self, text: str, work: Work) -> None:
        """Run `work` in the background; its `Progress` raises once it is no longer wanted."""
        if self._stop is not None:
            self._stop.set()
        self._number += 1
        self._stop = Event()
        self.started.emit(text)
        run = _Run(self, self._number, work, self._stop)
        # Plain threads: a QRunnable is deleted by the pool while Python may still hold it.
        thread = Thread(target=run, name=text, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def cancel(self) -> None:
        """Give up the running work; its result will not arrive."""
        if self._stop is None:
            return
        self._stop.set()
        self._stop = None
        self._number += 1
        self.ended.emit()

    def shut_down(self, wait_s: float = 3.0) -> bool:
        """Cancel and wait a limited time; tell whether all threads are done."""
        self.cancel()
        until_s = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _on_reported(self, number: int, fraction: float, text: str) -> None:
        if number == self._number and self.is_running:
            self.progressed.emit(fraction, text)

    def _on_arrived(self, outcome: _Outcome) -> None:
        if outcome.number != self._number or not self.is_running:
            return
        self._stop = None
        if isinstance(outcome.error, TrephineError):
            self.failed.emit(outcome.error)
        elif outcome.error is None and not outcome.is_cancelled:
            self.finished.emit(outcome.value)
        if outcome.number == self._number:  # a receiver may have started the next
            self.ended.emit()


class _Run:
    """One numbered run; it only emits, the signals belong to the job in the GUI thread."""

    def __init__(self, job: LatestJob, number: int, work: Work, stop: Event) -> None:
        self._job = job
        self._number = number
        self._work = work
        self._stop = stop
        self._last_report_s = float("-inf")

    def __call__(self) -> None:
        try:
            value = self._work(Progress(self._report, self._stop.is_set))
        except Cancelled:
            self._finish(_Outcome(self._number, is_cancelled=True))
        except TrephineError as error:
            self._finish(_Outcome(self._number, error=error))
        except BaseException as error:
            self._finish(_Outcome(self._number, error=error))
            raise
        else:
            self._finish(_Outcome(self._number, value=value))

    def _finish(self, outcome: _Outcome) -> None:
        if isValid(self._job):  # work that could not be stopped in time may outlive its window
            self._job._arrived.emit(outcome)

    def _report(self, fraction: float, text: str) -> None:
        now_s = time.monotonic()
        is_time = now_s - self._last_report_s >= _SHORTEST_BETWEEN_REPORTS_S
        if is_time and isValid(self._job):
            self._last_report_s = now_s
            self._job._reported.emit(self._number, fraction, text)
