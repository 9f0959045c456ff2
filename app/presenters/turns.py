"""Work that follows a moving hand, piece by piece: the hand never waits for all of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """Does what was asked for last under each key, the longest asked for first.

    Between two pieces the window hears the mouse again. What is asked for anew before its turn
    keeps its place, so that nothing is put off for ever.
    """

    def __init__(self, pause_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: dict[str, Callable[[], object]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(self._do_one)

    def ask(self, key: str, piece: Callable[[], object]) -> None:
        """Do a piece of work in its turn, in place of what was asked for under its key."""
        self._pieces[key] = piece
        if not self._timer.isActive():
            self._timer.start()

    def forget(self) -> None:
        """Do none of what was asked for."""
        self._pieces.clear()
        self._timer.stop()

    def _do_one(self) -> None:
        if self._pieces:
            self._pieces.pop(next(iter(self._pieces)))()
        if self._pieces:
            self._timer.start()
