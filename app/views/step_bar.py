"""The steps of a case's road, one of which is taken; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.language import mark, tr
from app.views.palette import STEP_PX
from app.views.plain_tip import plain_tip

STEPS: tuple[tuple[str, str, str], ...] = (
    ("images", mark("Images"), mark("Series, second images and today's scan")),
    (
        "structures",
        mark("Structures"),
        mark("Masks: mend, distrust, role and margin"),
    ),
    ("plan", mark("Plan"), mark("Needle, guidance, weights and limits; trajectories")),
    ("hand_over", mark("Hand over"), mark("Check, approve, save and export")),
    ("review", mark("Review"), mark("Control CT: where the needle went, what it sampled")),
)
"""Key, name and tool tip."""


class StepBar(QWidget):
    """One button for each step.

    Signals
    -------
    chosen : str
        Key of a step.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, STEP_PX, 0)
        row.setSpacing(STEP_PX)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for number, (key, name, tip) in enumerate(STEPS):
            button = QToolButton()
            button.setText(tr(name))
            button.setToolTip(plain_tip(f"{tr(tip)} (Alt+{number + 1})"))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)

    def set_step(self, key: str) -> None:
        """Show which step is taken."""
        self._buttons[key].setChecked(True)
