"""Image archives of the settings: read, edited and kept; asks none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.views.message_strip import MessageStrip
from app.views.pacs_servers import PacsServers
from app.views.pacs_values import ReceiverFields, ServerFields
from planning.errors import TrephineError
from planning.network.servers import PacsServer, PacsSettings, Retrieval, ServerKind, TlsFiles
from planning.network.servers_file import read_pacs, write_pacs


class PacsServersPresenter(QObject):
    """Drives the page of the servers.

    Parameters
    ----------
    file : Path or None
        Where they are kept; None keeps them for this run only.

    Signals
    -------
    changed
        `settings` says something else from now on.
    """

    changed = Signal()

    def __init__(
        self,
        view: PacsServers,
        message: MessageStrip,
        file: Path | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._message, self._file = view, message, file
        self.settings = PacsSettings()
        view.save_requested.connect(self.save)

    def read(self) -> None:
        """Read the servers anew; a file that cannot be read is said."""
        if self._file is not None:
            try:
                self.settings = read_pacs(self._file)
            except TrephineError as error:
                self._message.show_error(tr_core(str(error)))
        self.changed.emit()

    def edit(self) -> None:
        """Show what is known of the servers."""
        receiver = self.settings.receiver
        self._view.set_settings(
            [fields_of(one) for one in self.settings.servers],
            ReceiverFields(
                ae_title=receiver.ae_title, listen_on=receiver.listen_on, port=receiver.port
            ),
        )

    def save(self) -> None:
        """Keep what was written; what cannot be used is said, and the page stays."""
        wanted = self._view.receiver
        settings = PacsSettings(
            servers=tuple(server_of(one) for one in self._view.servers),
            receiver=replace(
                self.settings.receiver,
                ae_title=wanted.ae_title,
                listen_on=wanted.listen_on,
                port=wanted.port,
            ),
        )
        try:
            if self._file is not None:
                write_pacs(settings, self._file)
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return
        self.settings = settings
        self._message.clear_message()
        self.changed.emit()
        self._view.left.emit()


def fields_of(server: PacsServer) -> ServerFields:
    """Return a server as its fields."""
    tls = server.tls or TlsFiles()
    return ServerFields(
        name=server.name,
        is_web=server.kind is ServerKind.DICOMWEB,
        called_ae=server.called_ae,
        calling_ae=server.calling_ae,
        host=server.host,
        port=server.port,
        by_move=server.retrieval is Retrieval.MOVE,
        root_url=server.root_url,
        user=server.user,
        password=server.password,
        token=server.token,
        has_tls=server.tls is not None,
        ca_file=tls.ca_file,
        certificate_file=tls.certificate_file,
        key_file=tls.key_file,
        timeout_s=max(1, round(server.timeout_s)),
    )


def server_of(fields: ServerFields) -> PacsServer:
    """Return fields as a server; spaces around texts are the keyboard's."""
    files = TlsFiles(
        ca_file=fields.ca_file.strip(),
        certificate_file=fields.certificate_file.strip(),
        key_file=fields.key_file.strip(),
    )
    return PacsServer(
        name=fields.name.strip(),
        kind=ServerKind.DICOMWEB if fields.is_web else ServerKind.DIMSE,
        called_ae=fields.called_ae.strip(),
        calling_ae=fields.calling_ae.strip(),
        host=fields.host.strip(),
        port=fields.port,
        retrieval=Retrieval.MOVE if fields.by_move else Retrieval.GET,
        root_url=fields.root_url.strip(),
        user=fields.user,
        password=fields.password,
        token=fields.token,
        tls=files if fields.has_tls else None,
        timeout_s=float(fields.timeout_s),
    )
