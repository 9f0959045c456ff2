"""What the plan did not look at, in amber and in words; decides nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.views.values import NotCheckedRow


class NotCheckedPanel(QWidget):
    """One line for each thing that was not checked, with the reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_rows(self, rows: tuple[NotCheckedRow, ...]) -> None:
        """Show these; none hides the panel."""
