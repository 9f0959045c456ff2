"""The tabs on the right, each seen at the steps it belongs to; holds any widgets."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.views.column_scroll import Column, ColumnScroll
from app.views.palette import STEP_PX


class StepTabs(QTabWidget):
    """Pages of panels, one below the other; which tabs are seen follows the step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self._steps: list[tuple[str, ...]] = []
        self._step = ""

    def add(self, *parts: QWidget, title: str, steps: tuple[str, ...] = ()) -> ColumnScroll:
        """Add a page that is seen at some steps; without any named, at all."""
        page = _scroll(*parts)
        self.addTab(page, title)
        self._steps.append(steps)
        self.show_step(self._step)
        return page

    def bring(self, part: QWidget) -> None:
        """Bring the page forward that a panel stands on."""
        for number in range(self.count()):
            page = self.widget(number)
            if page is not None and page.isAncestorOf(part):
                self.setCurrentIndex(number)

    def show_step(self, step: str) -> None:
        """Show the tabs of a step; the page that was forward stays, if it is one of them."""
        self._step = step
        for number, steps in enumerate(self._steps):
            self.setTabVisible(number, not steps or not step or step in steps)


def _scroll(*parts: QWidget) -> ColumnScroll:
    """Stack panels; they scroll where there is more than fits."""
    numbers = Column()
    inside = QVBoxLayout(numbers)
    inside.setContentsMargins(0, 2 * STEP_PX, 2 * STEP_PX, 0)
    inside.setSpacing(3 * STEP_PX)
    for part in parts:
        inside.addWidget(part)
    inside.addStretch(1)
    return ColumnScroll(numbers)
