"""What is in the case: structures with colour, visibility and volume; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import StructureRow


class StructureList(QWidget):
    """One line for each structure.

    Signals
    -------
    visibility_changed : str, bool
    colour_changed : str, str
        Key and ``#rrggbb``.
    opacity_changed : str, float
        Key and 0 to 1.
    activated : str
        A double click or Enter: go to this structure.
    """

    visibility_changed = Signal(str, bool)
    colour_changed = Signal(str, str)
    opacity_changed = Signal(str, float)
    activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_rows(self, rows: tuple[StructureRow, ...]) -> None:
        """Show these structures; selection and scroll position stay where keys still exist."""
