"""Needle, guidance, position and indication, and the Plan button; plans nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import Choice


class PlanningForm(QWidget):
    """What is planned with.

    Signals
    -------
    needle_chosen, guidance_chosen, position_chosen, indication_chosen : str
        Key of the choice the user made.
    plan_requested
    """

    needle_chosen = Signal(str)
    guidance_chosen = Signal(str)
    position_chosen = Signal(str)
    indication_chosen = Signal(str)
    plan_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_needles(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the needle list and mark the current one, without emitting."""

    def set_guidances(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the guidance list and mark the current one, without emitting."""

    def set_positions(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of positions for the biopsy and mark the current one, without emitting."""

    def set_indications(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of indications and mark the current one, without emitting."""

    def set_plan_enabled(self, reason: str) -> None:
        """Enable the Plan button if `reason` is empty; otherwise disable it and say why."""
