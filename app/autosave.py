"""Keeps the open case on disk while it is edited, in a thread of its own; reads nothing back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Thread
from typing import TYPE_CHECKING

from app.core_language import tr_core
from app.language import tr
from planning.disk_words import reason_of
from planning.image import CaseImages
from planning.model.case import Case

if TYPE_CHECKING:
    from planning.records.recovery import RecoveryFolder

SETTLE_S = 0.2
"""How long further changes are waited for, so that they are kept together."""

BETWEEN_S = 1.0
"""The least time between two states that are kept: a drag changes the case sixty times a second."""

RETRY_S = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A case to be kept in a folder; no case means that the folder is not needed any more."""

    folder: RecoveryFolder
    case: Case | None
    images: CaseImages | None


class Autosave:
    """Writes the latest case it is given; earlier ones that were not yet written are skipped.

    It waits by itself, so that work that blocks the window does not keep it from writing.

    Parameters
    ----------
    on_problem : callable
        Hears why a state could not be kept, in a thread of its own; an empty text once it could.
    """

    def __init__(
        self,
        on_problem: Callable[[str], None],
        *,
        settle_s: float = SETTLE_S,
        between_s: float = BETWEEN_S,
    ) -> None:
        self._on_problem = on_problem
        self._settle_s, self._between_s = settle_s, between_s
        self._changed = Condition()
        self._waiting: list[_State] = []
        self._is_ending = False
        self._is_writing = False
        self._problem = ""
        self._thread = Thread(target=self._run, name="Keeping unsaved changes", daemon=True)
        self._thread.start()

    def keep(self, folder: RecoveryFolder, case: Case, images: CaseImages) -> None:
        """Keep a case soon; returns at once."""
        self._put(_State(folder, case, images))

    def forget(self, folder: RecoveryFolder) -> None:
        """Take a folder away soon; returns at once."""
        self._put(_State(folder, None, None))

    def flush(self, wait_s: float = 10.0) -> bool:
        """Wait a limited time until everything is written; tell whether it is."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: not self._waiting and not self._is_writing, timeout=wait_s
            )

    def close(self, wait_s: float = 10.0) -> bool:
        """Write what waits, without delay, and end the thread; tell whether that was done."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _put(self, state: _State) -> None:
        with self._changed:
            self._waiting = [s for s in self._waiting if s.folder is not state.folder]
            self._waiting.append(state)
            self._changed.notify_all()

    def _run(self) -> None:
        last_s = float("-inf")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_ending)
                if not self._waiting:
                    return
                pause_s = max(self._settle_s, last_s + self._between_s - time.monotonic())
                self._changed.wait_for(lambda: self._is_ending, timeout=pause_s)
                state = self._waiting.pop(0)
                self._is_writing = True
            last_s = time.monotonic()
            again = not self._write(state)
            with self._changed:
                self._is_writing = False
                newer = any(s.folder is state.folder for s in self._waiting)
                if again and not newer and not self._is_ending:
                    self._changed.wait_for(
                        lambda: self._is_ending or self._waiting, timeout=RETRY_S
                    )
                    if not any(s.folder is state.folder for s in self._waiting):
                        self._waiting.insert(0, state)
                self._changed.notify_all()

    def _write(self, state: _State) -> bool:
        if state.case is None or state.images is None:
            state.folder.remove()
            return True
        at = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        try:
            state.folder.keep(state.case, state.images, at)
        except OSError as error:
            self._say(
                tr(
                    "Unsaved changes cannot be kept ({reason}): a crash would lose them. Make "
                    "room, or save the case somewhere else now.",
                    reason=tr_core(reason_of(error)),
                )
            )
            return False
        self._say("")
        return True

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._on_problem(problem)
