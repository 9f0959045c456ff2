"""The window that shows what a support file will hold before it is saved; saves nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QWidget,
)

from app.language import tr
from app.views.message_strip import MessageStrip
from app.views.palette import STEP_PX
from app.views.parts import PrimaryButton, Words, column

_SIZE_PX = (980, 640)
_LIST_PX = 330
_MOST_LETTERS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRow:
    """A file inside: its name, its size and meaning in words, and its text."""

    name: str
    about: str
    text: str


class SupportWindow(QWidget):
    """A window of its own.

    Signals
    -------
    save_requested
    """

    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Support file"))
        self.resize(*_SIZE_PX)
        self.message = MessageStrip()
        self._rows: tuple[SupportRow, ...] = ()
        self._list = QListWidget()
        self._list.setWordWrap(True)
        self._list.setSpacing(STEP_PX // 2)
        self._list.setAccessibleName(tr("What the support file holds"))
        self._list.currentRowChanged.connect(self._show_text)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setAccessibleName(tr("Text of the file chosen"))
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self._list)
        both.addWidget(self._text)
        both.setChildrenCollapsible(False)
        both.setSizes([_LIST_PX, _SIZE_PX[0] - _LIST_PX])
        both.setStretchFactor(1, 1)
        layout = column(self, margin_steps=3)
        about = tr(
            "This is all that the file will hold. Nothing in it is of a patient; names of people, "
            "computers and archives, addresses and folders are blanked. Nothing is sent."
        )
        layout.addWidget(Words(about).wrapped())
        layout.addWidget(self.message)
        layout.addWidget(both, 1)
        layout.addLayout(self._buttons())

    @property
    def rows(self) -> tuple[SupportRow, ...]:
        """What is shown."""
        return self._rows

    def set_rows(self, rows: Sequence[SupportRow]) -> None:
        """Show what the file will hold."""
        self._rows = tuple(rows)
        self._list.clear()
        for row in rows:
            self._list.addItem(QListWidgetItem(f"{row.name}\n{row.about}"))
        if rows:
            self._list.setCurrentRow(0)

    def open(self) -> None:
        """Show the window, in front of others."""
        self.message.clear_message()
        self.show()
        self.raise_()
        self.activateWindow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(560, 360)

    def _show_text(self, number: int) -> None:
        if 0 <= number < len(self._rows):
            self._text.setPlainText(self._rows[number].text[:_MOST_LETTERS])

    def _buttons(self) -> QHBoxLayout:
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.close)
        save = PrimaryButton(tr("Save..."))
        save.clicked.connect(self.save_requested)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(save)
        return row
