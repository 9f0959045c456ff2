"""The window of image archives: which one, the search, the servers; asks and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.language import tr
from app.views.message_strip import MessageStrip
from app.views.pacs_receiving import PacsReceiving
from app.views.pacs_search import PacsSearch, plain_button
from app.views.pacs_servers import PacsServers
from app.views.palette import STEP_PX
from app.views.parts import ElidedCombo, Words, column
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip

_SIZE_PX = (1040, 720)


class PacsWindow(QWidget):
    """A window of its own, with a page for the search and one for the servers.

    Signals
    -------
    opened
        The window comes up.
    server_chosen : str
        Name of the server that is asked from now on.
    test_requested, send_requested, servers_requested
    """

    opened = Signal()
    server_chosen = Signal(str)
    test_requested = Signal()
    send_requested = Signal()
    servers_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Image archives (PACS)"))
        self.resize(*_SIZE_PX)
        self.search, self.servers = PacsSearch(), PacsServers()
        self.receiving = PacsReceiving()
        self.message, self.progress = MessageStrip(), ProgressStrip()
        self._server = ElidedCombo()
        self._server.setAccessibleName(tr("PACS server"))
        self._server.setMinimumWidth(60 * STEP_PX)
        self._test = plain_button(tr("Test connection"))
        self._edit = plain_button(tr("Servers..."))
        self._send = plain_button(tr("Send a folder..."))
        self._top = QWidget()
        row = QHBoxLayout(self._top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP_PX)
        label = Words(tr("PACS server"), tone="secondary")
        label.setBuddy(self._server)
        for part in (label, self._server, self._test, self._edit):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._send)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.search)
        self._pages.addWidget(self.servers)
        layout = column(self, margin_steps=3)
        layout.addWidget(self._top)
        layout.addWidget(self.message)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.receiving)
        layout.addWidget(self.progress)
        self._server.activated.connect(lambda _: self.server_chosen.emit(self.server))
        self._test.clicked.connect(self.test_requested)
        self._edit.clicked.connect(self.servers_requested)
        self._send.clicked.connect(self.send_requested)
        self.set_servers((), "")

    @property
    def server(self) -> str:
        """Name of the server that is chosen; empty if there is none."""
        return self._server.currentData() or ""

    def open(self) -> None:
        """Show the window, in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.search.take_focus()
        self.opened.emit()

    def set_servers(self, names: Sequence[str], chosen: str) -> None:
        """Offer these servers, without emitting."""
        with QSignalBlocker(self._server):
            self._server.clear()
            for name in names:
                self._server.addItem(name, name)
            self._server.setCurrentIndex(max(0, self._server.findData(chosen)) if names else -1)

    def set_ready(self, reason: str) -> None:
        """Allow asking the server if `reason` is empty; otherwise say why not."""
        self.search.set_ready(reason)
        for button, tip in (
            (self._test, tr("Ask the server whether it is there")),
            (self._send, tr("Store the DICOM files of an export in the server")),
        ):
            button.setEnabled(not reason)
            button.setToolTip(plain_tip(reason or tip))

    def show_search(self) -> None:
        """Turn to the page of the search."""
        self._top.show()
        self.receiving.show()
        self._pages.setCurrentWidget(self.search)
        self.search.take_focus()

    def show_servers(self) -> None:
        """Turn to the page of the servers."""
        self._top.hide()
        self.receiving.hide()
        self._pages.setCurrentWidget(self.servers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._pages.currentWidget() is self.servers:
            self.servers.left.emit()
        else:
            self.close()
