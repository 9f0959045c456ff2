"""How far running work is, with a way to stop it; starts and stops nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core_language import tr_core
from app.language import tr
from app.views.palette import STEP_PX
from app.views.parts import ElidedWords

_STEPS = 1000


class ProgressStrip(QWidget):
    """A sentence, a bar and a Stop button; hidden while nothing runs.

    Signals
    -------
    cancel_requested
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, narrow: bool = False) -> None:
        """Lay out in one line, or, where the strip is `narrow`, the sentence above the rest."""
        super().__init__(parent)
        self._text = ElidedWords()
        self._bar = QProgressBar()
        self._bar.setFormat("")
        self._bar.setFixedHeight(2 * STEP_PX)
        self._stop = QPushButton(tr("Stop"))
        self._stop.clicked.connect(self._stop_pressed)
        self._bar.setMinimumWidth(10 * STEP_PX)
        side = 0 if narrow else 3 * STEP_PX
        lines = QVBoxLayout(self)
        lines.setContentsMargins(side, STEP_PX, side, STEP_PX)
        lines.setSpacing(STEP_PX)
        row = QHBoxLayout()
        row.setSpacing(3 * STEP_PX)
        (lines if narrow else row).addWidget(self._text, 1)
        lines.addLayout(row)
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
        self.setVisible(False)

    def begin(self, text: str) -> None:
        """Show the strip; it appears at once so that a press is seen."""
        self._stop.setDisabled(False)
        self._stop.setText(tr("Stop"))
        self._show(-1.0, text)
        self.setVisible(True)

    def set_progress(self, fraction: float, text: str) -> None:
        """Show how far it is, 0 to 1, and a sentence of the core; negative for unknown."""
        self._show(fraction, tr_core(text))

    def finish(self) -> None:
        """Hide the strip."""
        self.setVisible(False)

    def _show(self, fraction: float, text: str) -> None:
        self._text.setText(text)
        self._bar.setRange(0, 0 if fraction < 0.0 else _STEPS)
        self._bar.setValue(round(max(fraction, 0.0) * _STEPS))

    def _stop_pressed(self) -> None:
        self._stop.setEnabled(False)
        self._stop.setText(tr("Stopping"))
        self.cancel_requested.emit()
