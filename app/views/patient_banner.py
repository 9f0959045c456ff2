"""Who is planned, how they lie and what state the plan is in; always visible; decides nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.views.values import BannerText


class PatientBanner(QWidget):
    """One line; the name and the research-use notice are never shortened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_banner(self, banner: BannerText) -> None:
        """Show this; fields that are empty take no room."""
