"""The ranked trajectories, one line each; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import TrajectoryRow


class TrajectoryTable(QWidget):
    """The ranked table.

    Signals
    -------
    selected : str
        Key of the line the user moved to (mouse or arrow keys).
    """

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_rows(self, rows: tuple[TrajectoryRow, ...], summary: str = "") -> None:
        """Show these trajectories; `summary` stands beside the heading ("12 of 412 806")."""

    def set_selected(self, key: str) -> None:
        """Mark one line without emitting `selected`; an unknown key clears the mark."""

    def set_message(self, text: str) -> None:
        """Show a sentence where there are no lines (nothing planned yet, or why none is left)."""
