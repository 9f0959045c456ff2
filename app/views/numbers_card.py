"""The numbers of one trajectory that steer the hand, the stop first; computes none of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import CardNumbers


class NumbersCard(QWidget):
    """The card of the selected trajectory.

    Signals
    -------
    jump_requested : Vec3
        Go to the point where a structure comes nearest (LPS mm).
    """

    jump_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_numbers(self, numbers: CardNumbers | None) -> None:
        """Show these numbers; None shows what to do to get some."""
