"""A window that says why Trephine could not start or has ended; runs in a process of its own.

It needs nothing but Qt: whatever else is missing may be what it has to tell of.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QLabel,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from app.telling import SHOWN, TITLE

_LONGEST = 20_000
_WIDE_PX = 520
_MARGIN_PX = 20


class FaultWindow(QWidget):
    """A sentence that can be copied, and a button that closes it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setWindowTitle(TITLE)
        self.words = QLabel(text)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setMinimumWidth(_WIDE_PX)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.setSpacing(_MARGIN_PX)
        column.addWidget(self.words)
        column.addWidget(self.buttons)
        sign = QStyle.StandardPixmap.SP_MessageBoxCritical
        self.setWindowIcon(self.style().standardIcon(sign))


def main() -> None:
    """Show what comes in on standard input until the window is closed."""
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    text = sys.stdin.read(_LONGEST).strip()
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    window = FaultWindow(text)
    window.show()
    screen = QGuiApplication.primaryScreen()
    if screen is not None:
        window.adjustSize()
        window.move(screen.availableGeometry().center() - window.rect().center())
    QTimer.singleShot(0, _say_that_it_is_seen)
    application.exec()


def _say_that_it_is_seen() -> None:
    with suppress(OSError):
        sys.stdout.write(f"{SHOWN}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
