"""Two trajectories side by side, number by number; compares nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from app.language import tr
from app.views.choosing_values import ComparedRow, Comparison
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Tone, Words, column, heading
from app.views.plain_tip import plain_tip

_CAPTION_PX = 20 * STEP_PX


class ComparePanel(QWidget):
    """The pinned trajectory and the current one in two columns.

    Signals
    -------
    swap_requested, unpin_requested
    """

    swap_requested = Signal()
    unpin_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = column(self)
        self._body = QWidget()
        self._layout.addWidget(self._body)
        self._layout.addStretch(1)
        self.set_message("")

    def set_comparison(self, shown: Comparison) -> None:
        """Show two trajectories, without emitting."""
        fresh = QWidget()
        layout = column(fresh)
        layout.addLayout(self._buttons())
        grid = QGridLayout()
        grid.setHorizontalSpacing(STEP_PX)
        grid.setVerticalSpacing(STEP_PX // 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(0, _CAPTION_PX)
        self._names(grid, shown)
        for group in shown.groups:
            grid.addWidget(heading(group.title), grid.rowCount(), 0, 1, 4)
            for row in group.rows:
                _put(grid, row)
        layout.addLayout(grid)
        for note in shown.notes:
            layout.addWidget(Words(note, size_px=CAPTION_PX, tone="secondary").wrapped())
        self._show(fresh)

    def set_message(self, text: str) -> None:
        """Show a sentence where there are not two to compare: what to do."""
        fresh = QWidget()
        column(fresh).addWidget(Words(text, tone="secondary").wrapped())
        self._show(fresh)

    def _show(self, fresh: QWidget) -> None:
        self._layout.replaceWidget(self._body, fresh)
        self._body.hide()
        self._body.deleteLater()
        self._body = fresh
        fresh.show()  # else it is laid out only after it has been painted once, squeezed
        self._layout.activate()

    def _buttons(self) -> QHBoxLayout:
        buttons = QHBoxLayout()
        for text, tip, signal in (
            (tr("Swap"), tr("Pin the current one and go to the pinned"), self.swap_requested),
            (tr("Unpin"), tr("Compare no longer"), self.unpin_requested),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(plain_tip(tip))
            button.clicked.connect(signal)
            buttons.addWidget(button)
        buttons.addStretch(1)
        return buttons

    def _names(self, grid: QGridLayout, shown: Comparison) -> None:
        told = (tr("pinned"), tr("current"))
        for place, (name, words) in enumerate(zip(shown.names, told, strict=True)):
            tone: Tone = "caution" if place == 0 else "accent"  # as their needles are drawn
            label = Words(f"{name}\n{words}", bold=True, tone=tone)
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label, 0, place + 1)
        apart = Words(tr("apart"), size_px=CAPTION_PX, tone="secondary")
        apart.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        grid.addWidget(apart, 0, 3)


def _put(grid: QGridLayout, row: ComparedRow) -> None:
    line = grid.rowCount()
    grid.addWidget(Words(row.caption, size_px=CAPTION_PX).wrapped(), line, 0)
    for place, text in enumerate((row.first, row.second)):
        better = row.better == place
        words = Words(f"{text} ✓" if better else text, bold=better)
        words.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(words, line, place + 1)
    apart = Words(row.apart, size_px=CAPTION_PX, tone="secondary")
    apart.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    grid.addWidget(apart, line, 3)
