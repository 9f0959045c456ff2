"""What of a cohort is looked at: five drop-down lists; selects no rows itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, Words
from app.views.values import Choice

FILTERS = ("guidance", "operator", "site", "needle")
DIVIDE = "by"


class CohortFilters(QWidget):
    """One list for each filter, and one to divide the cases by.

    Signals
    -------
    changed
        The user chose something else.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        names = {
            "guidance": tr("Guidance"),
            "operator": tr("Operator"),
            "site": tr("Site"),
            "needle": tr("Needle"),
            DIVIDE: tr("Divide by"),
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * STEP_PX)
        grid.setVerticalSpacing(STEP_PX // 2)
        self._lists: dict[str, ElidedCombo] = {}
        for number, (key, name) in enumerate(names.items()):
            label, combo = Words(name, size_px=CAPTION_PX, tone="secondary"), ElidedCombo()
            combo.setAccessibleName(name)
            combo.activated.connect(self.changed)
            label.setBuddy(combo)
            grid.addWidget(label, 0, number)
            grid.addWidget(combo, 1, number)
            grid.setColumnStretch(number, 1)
            self._lists[key] = combo

    def set_choices(self, choices: Mapping[str, Sequence[Choice]]) -> None:
        """Offer other choices, without emitting; what is chosen stays where it is still there."""
        for key, offered in choices.items():
            combo = self._lists[key]
            with QSignalBlocker(combo):
                chosen = combo.currentData()
                combo.clear()
                for choice in offered:
                    combo.addItem(choice.text, choice.key)
                combo.setCurrentIndex(max(0, combo.findData(chosen)))

    def choose(self, key: str, chosen: str) -> None:
        """Choose one, without emitting."""
        combo = self._lists[key]
        with QSignalBlocker(combo):
            combo.setCurrentIndex(max(0, combo.findData(chosen)))

    def chosen(self) -> dict[str, str]:
        """Return what is chosen in each list; empty for everything."""
        return {key: combo.currentData() or "" for key, combo in self._lists.items()}
