"""The series of a folder, to choose one from, with what is wrong with each; reads nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import SeriesRow


class SeriesList(QWidget):
    """One line for each series; those with a problem cannot be opened and say why.

    Signals
    -------
    chosen : str
        Key of the series to open.
    cancelled
    """

    chosen = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_rows(self, rows: tuple[SeriesRow, ...], folder: str = "") -> None:
        """Show these series; the suggested one is marked."""
