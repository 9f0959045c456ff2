"""What the user writes about the case, in a few lines; keeps no history of its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.language import tr
from app.views.palette import STEP_PX
from app.views.parts import column, heading


class RemarksPanel(QWidget):
    """A text of some lines; undo and redo are the case's.

    Signals
    -------
    changed : str
        The whole text, with every letter the user types.
    """

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QPlainTextEdit()
        self._text.setUndoRedoEnabled(False)
        self._text.setTabChangesFocus(True)
        self._text.setPlaceholderText(tr("Notes about this case"))
        self._text.setAccessibleName(tr("Notes about this case"))
        self._text.setFixedHeight(24 * STEP_PX)
        self._text.installEventFilter(self)
        self._text.textChanged.connect(lambda: self.changed.emit(self._text.toPlainText()))
        layout = column(self)
        layout.addWidget(heading(tr("Notes")))
        layout.addWidget(self._text)

    def set_remarks(self, text: str) -> None:
        """Show this text, unless it is there already: the cursor stays then."""
        if text != self._text.toPlainText():
            with QSignalBlocker(self._text):
                self._text.setPlainText(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave undo and redo to the window: the text box would swallow them."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            steps = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if any(event.matches(step) for step in steps):
                event.ignore()
                return True
        return super().eventFilter(watched, event)
