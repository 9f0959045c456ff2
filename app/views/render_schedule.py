"""When a costly picture is made anew: at once, or soon and not for each change; renders nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal


class RenderSchedule(QObject):
    """Keeps whether a picture is stale, and whether it is time to make it anew.

    Signals
    -------
    due
        It is time for what changed a while ago.
    """

    due = Signal()

    def __init__(self, soon_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_stale, self._is_due = True, True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(soon_ms)
        self._timer.timeout.connect(self._be_due)

    @property
    def is_waiting(self) -> bool:
        """Tell whether something is put off."""
        return self._timer.isActive()

    def wants(self) -> bool:
        """Tell whether whoever paints now has to make the picture anew."""
        return self._is_stale and self._is_due

    def at_once(self) -> None:
        """Let the next painting make it anew."""
        self._is_stale, self._is_due = True, True

    def soon(self) -> None:
        """Let it be made anew in a while, with what else will have changed by then."""
        self._is_stale = True
        if not self._is_due and not self._timer.isActive():
            self._timer.start()

    def done(self) -> None:
        """Hear that it was made anew."""
        self._is_stale, self._is_due = False, False

    def _be_due(self) -> None:
        self._is_due = True
        self.due.emit()
