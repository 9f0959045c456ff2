"""The tab to choose on: a scatter with its two axes, and what its marks mean; ranks nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QToolButton, QWidget

from app.language import tr
from app.views.choosing_values import Scatter
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, Words, column
from app.views.scatter_plot import ScatterPlot
from app.views.values import Choice

_FILES = "PNG (*.png);;SVG (*.svg)"


class ScatterPanel(QWidget):
    """Scatter, axes, legend.

    Signals
    -------
    picked : str
        Key of the candidate the user wants to see.
    x_chosen, y_chosen : str
        Key of what an axis shall show.
    shown
        The panel comes into view.
    saved : str, bool
        What came of saving the chart, in words, and whether it was saved.
    """

    picked = Signal(str)
    x_chosen = Signal(str)
    y_chosen = Signal(str)
    shown = Signal()
    saved = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = ScatterPlot()
        self.plot.picked.connect(self.picked)
        self._x, self._y = _combo(tr("Across")), _combo(tr("Upward"))
        self._x.activated.connect(lambda _row: self.x_chosen.emit(self._x.currentData()))
        self._y.activated.connect(lambda _row: self.y_chosen.emit(self._y.currentData()))
        self._save = QToolButton()
        self._save.setText(tr("Save..."))
        self._save.setToolTip(tr("Save the chart as PNG or SVG"))
        self._save.clicked.connect(self._ask_where)
        self._note = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        # Always two lines high: what comes and goes would let the chart jump.
        self._note.setMinimumHeight(2 * self._note.fontMetrics().lineSpacing())
        self._message = Words(tone="secondary").wrapped()
        legend = Words(
            tr(
                "● ranked   ■ core of the set   ◆ placed by hand\n"
                "✕ breaks a limit   yellow ring: pinned\n"
                "green ring and line: no other dot is better in both"
            ),
            size_px=CAPTION_PX,
            tone="secondary",
        ).wrapped()
        axes = QGridLayout()
        axes.setHorizontalSpacing(2 * STEP_PX)
        axes.setVerticalSpacing(STEP_PX)
        axes.setColumnStretch(1, 1)
        for row, (words, combo) in enumerate(((tr("Upward"), self._y), (tr("Across"), self._x))):
            axes.addWidget(Words(words, size_px=CAPTION_PX, tone="secondary"), row, 0)
            axes.addWidget(combo, row, 1)
        below = QHBoxLayout()
        below.addWidget(legend, 1)
        below.addWidget(self._save, 0, Qt.AlignmentFlag.AlignBottom)
        self._body = QWidget()
        inside = column(self._body)
        inside.addLayout(axes)
        inside.addWidget(self.plot, 1)
        inside.addLayout(below)
        inside.addWidget(self._note)
        layout = column(self)
        layout.addWidget(self._message)
        layout.addWidget(self._body, 1)
        self.set_message(tr("Nothing planned yet. Press Plan."))

    def set_axes(self, choices: tuple[Choice, ...], x: str, y: str) -> None:
        """Offer what the axes can show, without emitting."""
        for combo, current in ((self._x, x), (self._y, y)):
            with QSignalBlocker(combo):
                combo.clear()
                for choice in choices:
                    combo.addItem(choice.text, choice.key)
                combo.setCurrentIndex(combo.findData(current))

    def set_scatter(self, shown: Scatter) -> None:
        """Show these dots, without emitting."""
        self._message.hide()
        self._body.show()
        self.plot.set_scatter(shown)
        self._note.setText(shown.note)

    def set_message(self, text: str) -> None:
        """Show a sentence where there is nothing to choose from."""
        self._message.setText(text)
        self._message.show()
        self._body.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def _ask_where(self) -> None:
        name, chosen = QFileDialog.getSaveFileName(self, tr("Save the chart"), "", _FILES)
        if name:
            file = Path(name)
            if not file.suffix:
                file = file.with_suffix(".svg" if "svg" in chosen else ".png")
            problem = self.plot.save(file)
            self.saved.emit(problem or tr("Saved {name}", name=file.name), not problem)


def _combo(name: str) -> QComboBox:
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    return combo
