"""What stands on the left at each step, under the list of structures; holds any widgets."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.views.column_scroll import Column, ColumnScroll
from app.views.palette import STEP_PX
from app.views.step_bar import STEPS

_FIRST_SIZES = {"images": [200, 600], "hand_over": [200, 600], "review": [140, 660]}
"""Where a step needs more room than the widget above it; Qt shares out in proportion."""
_FIRST_SHARES = [1000, 2000]


class StepPanels(QWidget):
    """A widget that is always there, and below it a column of panels for each step."""

    def __init__(self, always: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = QStackedWidget()
        self._columns: dict[str, QVBoxLayout] = {}
        self._pages: dict[str, ColumnScroll] = {}
        for key, _, _ in STEPS:
            self._columns[key], self._pages[key] = _page()
            self._stack.addWidget(self._pages[key])
        self._step = ""
        self._sizes: dict[str, list[int]] = dict(_FIRST_SIZES)
        split = self._split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(STEP_PX)
        split.addWidget(always)
        split.addWidget(self._stack)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes(_FIRST_SHARES)
        margin = 2 * STEP_PX
        column = QVBoxLayout(self)
        column.setContentsMargins(margin, margin, margin, margin)
        column.addWidget(split)

    def add(self, step: str, panel: QWidget, *, on_top: bool = False) -> None:
        """Put a panel below those that a step has already, or above them."""
        column = self._columns[step]
        column.insertWidget(0 if on_top else column.count() - 1, panel)  # the last is the stretch

    def show_step(self, step: str) -> None:
        """Show the panels of one step, with the room they had when they were last shown."""
        if step == self._step:
            return
        if self._step and self.isVisible():
            self._sizes[self._step] = self._split.sizes()
        self._step = step
        focused = QApplication.focusWidget()
        had_focus = focused is not None and self._stack.isAncestorOf(focused)
        self._stack.setCurrentWidget(self._pages[step])
        if had_focus:  # Qt would give it to the first field, which takes the letters of shortcuts
            self._pages[step].setFocus()
        if step in self._sizes:
            self._split.setSizes(self._sizes[step])


def _page() -> tuple[QVBoxLayout, ColumnScroll]:
    inside = Column()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, STEP_PX, STEP_PX, 0)
    column.setSpacing(3 * STEP_PX)
    column.addStretch(1)
    return column, ColumnScroll(inside)
