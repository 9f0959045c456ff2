"""One message in words where it arose, with a way to dismiss it; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import STEP_PX
from app.views.parts import FewLines, RaisedFrame, Tone, Words
from app.views.plain_tip import plain_tip

_WIDE_PX = 1400
_LINES_WIDE, _LINES_NARROW = 2, 3


class MessageStrip(QWidget):
    """Errors (red), cautions (amber) and notes; hidden while there is nothing to say.

    A long text takes two lines, three where the window is narrow, and all with "More".

    Parameters
    ----------
    offer : str
        What a button offers to do about it; empty for no button.

    Signals
    -------
    dismissed
    offer_taken
        The button was pressed.
    """

    dismissed = Signal()
    offer_taken = Signal()

    def __init__(self, parent: QWidget | None = None, *, offer: str = "") -> None:
        super().__init__(parent)
        self._frame = RaisedFrame()
        self._kind = Words(bold=True)
        self._text = FewLines()
        self._whole = False
        self._more = QPushButton(tr("More"))
        self._more.clicked.connect(self._toggle)
        self._offer = QPushButton(offer)
        self._offer.clicked.connect(self.offer_taken)
        self._close = QPushButton(tr("Dismiss"))
        self._close.clicked.connect(self._dismiss)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * STEP_PX, STEP_PX, 2 * STEP_PX, STEP_PX)
        outer.addWidget(self._frame)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(3 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        row.setSpacing(3 * STEP_PX)
        row.addWidget(self._kind)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._offer)
        row.addWidget(self._close)
        if not offer:
            self._offer.hide()
        self.setVisible(False)

    def show_error(self, text: str) -> None:
        """Say what went wrong and what to do next; stays until dismissed."""
        self._show("danger", tr("Error"), text)

    def show_caution(self, text: str) -> None:
        """Say what the user should know before trusting what is shown."""
        self._show("caution", tr("Caution"), text)

    def show_note(self, text: str) -> None:
        """Say something that needs no action."""
        self._show("secondary", tr("Note"), text)

    def clear_message(self) -> None:
        """Hide the strip."""
        self.setVisible(False)

    def text(self) -> str:
        """Return the message shown, empty if there is none."""
        return "" if self.isHidden() else self._text.text()

    def _show(self, tone: Tone, kind: str, text: str) -> None:
        self._frame.set_border(tone)
        self._kind.set_tone(tone)
        self._kind.setText(kind)
        self._text.setText(text)
        self._text.setToolTip(plain_tip(text))
        self._whole = False
        self.setVisible(True)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _toggle(self) -> None:
        self._whole = not self._whole
        self._fit()

    def _fit(self) -> None:
        """Limit the lines to what the width deserves, with a way to the rest."""
        most = _LINES_WIDE if self.width() >= _WIDE_PX else _LINES_NARROW
        self._text.set_most(0 if self._whole else most)
        self._more.setText(tr("Less") if self._whole else tr("More"))
        offered = (self._offer,) if self._offer.text() else ()
        beside = (self._kind, self._more, *offered, self._close)
        taken = sum(widget.sizeHint().width() for widget in beside)
        room = self.width() - taken - (9 + 3 * len(beside)) * STEP_PX
        self._more.setVisible(self._text.needs_more_than(most, room))

    def _dismiss(self) -> None:
        self.clear_message()
        self.dismissed.emit()
