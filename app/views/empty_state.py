"""What to do while no case is open; opens nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class EmptyState(QWidget):
    """Says what to do first, and takes a dropped file or folder.

    Signals
    -------
    open_case_requested, open_folder_requested, sample_requested
    path_dropped : Path
    """

    open_case_requested = Signal()
    open_folder_requested = Signal()
    sample_requested = Signal()
    path_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
