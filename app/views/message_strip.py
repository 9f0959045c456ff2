"""One message in words where it arose, with a way to dismiss it; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class MessageStrip(QWidget):
    """Errors (red), cautions (amber) and notes; hidden while there is nothing to say.

    Signals
    -------
    dismissed
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def show_error(self, text: str) -> None:
        """Say what went wrong and what to do next; stays until dismissed."""

    def show_caution(self, text: str) -> None:
        """Say what the user should know before trusting what is shown."""

    def show_note(self, text: str) -> None:
        """Say something that needs no action."""

    def clear_message(self) -> None:
        """Hide the strip."""
