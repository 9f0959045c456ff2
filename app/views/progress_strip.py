"""How far running work is, with a way to stop it; starts and stops nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class ProgressStrip(QWidget):
    """A sentence, a bar and a Stop button; hidden while nothing runs.

    Signals
    -------
    cancel_requested
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def begin(self, text: str) -> None:
        """Show the strip; it appears at once so that a press is seen."""

    def set_progress(self, fraction: float, text: str) -> None:
        """Show how far it is, 0 to 1; negative for unknown."""

    def finish(self) -> None:
        """Hide the strip."""
