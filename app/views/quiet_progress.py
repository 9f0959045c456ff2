"""How far quiet work in the background is, in the status bar; starts and stops nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from app.core_language import tr_core
from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX, font
from app.views.parts import Words

_STEPS = 1000
_BAR_PX = 90


class QuietProgress(QWidget):
    """A sentence, a thin bar and a way to stop; takes no room from the pictures.

    Signals
    -------
    cancel_requested
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Words(size_px=CAPTION_PX, tone="secondary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(_BAR_PX, STEP_PX)
        self._bar.setRange(0, _STEPS)
        self._stop = QToolButton()
        self._stop.setText(tr("Stop"))
        self._stop.setFont(font(CAPTION_PX))
        self._stop.setAutoRaise(True)
        self._stop.setFixedHeight(4 * STEP_PX)
        self._stop.setToolTip(tr("Stop; needles can be placed by hand only once this is done"))
        self._stop.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * STEP_PX, 0, 2 * STEP_PX, 0)
        row.setSpacing(2 * STEP_PX)
        for part in (self._text, self._bar, self._stop):
            row.addWidget(part)
        self.setVisible(False)

    def begin(self, text: str) -> None:
        """Show what begins."""
        self._show(0.0, text)
        self.setVisible(True)

    def set_progress(self, fraction: float, text: str) -> None:
        """Show how far it is, 0 to 1, and a sentence of the core."""
        self._show(fraction, tr_core(text))

    def finish(self) -> None:
        """Show nothing any more."""
        self.setVisible(False)

    def _show(self, fraction: float, text: str) -> None:
        self._text.setText(text)
        self._bar.setValue(round(max(fraction, 0.0) * _STEPS))
