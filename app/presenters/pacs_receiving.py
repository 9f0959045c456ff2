"""Lets this computer take series that archives send of their own accord; opens none of them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.core_language import tr_core
from app.language import tr, tr_count
from app.views.message_strip import MessageStrip
from app.views.pacs_receiving import PacsReceiving
from planning.errors import TrephineError
from planning.network.inbox import Inbox, Received
from planning.network.servers import PacsSettings

_TRIED_AGAIN_MS, _TRIES = 500, 10


class PacsReceivingPresenter(QObject):
    """Switches the receiver on and off, and says what has arrived.

    Parameters
    ----------
    root : Path
        Below which each series that arrives has a folder.

    Signals
    -------
    open_requested : Path
        A series that has arrived is to be opened.
    """

    open_requested = Signal(object)
    _arrived = Signal(object)

    def __init__(
        self,
        view: PacsReceiving,
        message: MessageStrip,
        root: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._message, self._root = view, message, root
        self._settings = PacsSettings()
        self._running: ExitStack | None = None
        self._paused = False
        self._latest: Path | None = None
        self._arrived.connect(self._show)
        view.toggled.connect(self._toggle)
        view.open_requested.connect(self._open)

    @property
    def is_on(self) -> bool:
        """Tell whether somebody may send just now."""
        return self._running is not None

    def use(self, settings: PacsSettings) -> None:
        """Take from these servers from now on."""
        was_on = self.is_on
        if settings != self._settings and was_on:
            self.stop()
        changed, self._settings = settings != self._settings, settings
        none = tr("No server is known yet. Add one under Servers.")
        self._view.set_ready("" if settings.servers else none)
        if was_on and changed and settings.servers:
            self.start()

    def start(self) -> bool:
        """Listen; tell whether that works, and say why if not."""
        from planning.network.receiving import listening  # its library loads slowly

        receiver = self._settings.receiver
        inbox = Inbox(self._root, receiver, self._hear)
        stack = ExitStack()
        try:
            stack.enter_context(
                listening(receiver, self._settings.servers, inbox.store, inbox.ended)
            )
        except TrephineError as error:
            self._view.set_on(on=False, text=tr("Nothing is received."))
            self._message.show_error(tr_core(str(error)))
            return False
        self._running = stack
        text = tr(
            "Receiving as {title} on {address}, port {port}",
            title=receiver.ae_title,
            address=receiver.listen_on,
            port=receiver.port,
        )
        self._view.set_on(on=True, text=text)
        return True

    def stop(self) -> None:
        """Listen no more; what is only half here is forgotten."""
        running, self._running = self._running, None
        if running is not None:
            running.close()
        self._view.set_on(on=False, text=tr("Nothing is received."))

    def pause(self) -> None:
        """Leave the port to a series that is fetched by calling back."""
        if self.is_on:
            self._paused = True
            self.stop()

    def resume(self, tries: int = _TRIES) -> None:
        """Go on after a pause, as soon as the port is free again."""
        if not self._paused:
            return
        if self.start():
            self._paused = False
            self._message.clear_message()
        elif tries > 1:
            QTimer.singleShot(_TRIED_AGAIN_MS, self, lambda: self.resume(tries - 1))
        else:
            self._paused = False

    def _toggle(self, on: bool) -> None:  # noqa: FBT001 (Qt calls it so)
        self._paused = False
        if on and not self.is_on:
            self.start()
        elif not on:
            self.stop()

    def _hear(self, received: Received) -> None:
        if isValid(self):  # called in a thread of the receiver's
            self._arrived.emit(received)

    def _show(self, received: Received) -> None:
        if received.problem:
            self._message.show_caution(
                tr(
                    "A series from {server} was not kept: {problem}",
                    server=received.sender,
                    problem=tr_core(received.problem),
                )
            )
            return
        self._latest = received.folder
        self._view.set_arrived(
            tr_count(
                "{count} image has arrived from {server}",
                "{count} images have arrived from {server}",
                received.image_count,
                server=received.sender,
            )
        )

    def _open(self) -> None:
        if self._latest is not None:
            self.open_requested.emit(self._latest)
