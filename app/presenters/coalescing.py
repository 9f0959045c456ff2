"""Work that may be asked for more often than it is worth doing; knows nothing of the work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def coalesced(parent: QObject, every_ms: int, slot: Callable[[], object]) -> QTimer:
    """Return a timer that calls once, however often it was started in the meantime."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(every_ms)
    timer.timeout.connect(slot)
    return timer
