"""The receiver of this computer: takes images from configured servers only; decides not where to.

A connection is taken from the servers' own addresses, an association from their AE titles, and
never more than so many at a time or of such a size.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from socketserver import BaseServer
from threading import Thread
from typing import Any
from weakref import WeakSet

from pydicom import dcmread
from pynetdicom import AE, evt
from pynetdicom.transport import ThreadedAssociationServer

from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated, text_of
from planning.limits import MOST_OBJECT_BYTES
from planning.network.association import hang_up, keep_libraries_quiet, limit_silence
from planning.network.contexts import PLAIN, VERIFICATION, taken_by_receiver
from planning.network.faults import NetworkError
from planning.network.servers import PacsServer, Receiver, ServerKind, check_receiver
from planning.network.tls import receiver_context

_MOST_ASSOCIATIONS = 4
_SILENT_S = 60.0
_GREETING_S = 10.0
_ACCEPTED, _NOT_ALLOWED, _UNREADABLE = 0x0000, 0x0124, 0xC000
_REJECTED = (0x01, 0x01, 0x03)  # permanent, by the user, calling AE title (PS3.8 section 9.3.4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Incoming:
    """One image that a server sends.

    Parameters
    ----------
    association : int
        Which association it comes on.
    sender : str
        Name of the server.
    series_uid : str
        Empty where the image says none.
    parts : sequence of bytes
        The file, piece by piece.
    """

    association: int
    sender: str
    instance_uid: str
    series_uid: str
    parts: Sequence[bytes]


Store = Callable[[Incoming], int]
Ended = Callable[[int, bool], None]


def _ignore(association: int, is_whole: bool) -> None:  # noqa: FBT001
    """Swallow the end of an association: the default when nobody listens."""


@contextmanager
def listening(
    receiver: Receiver, servers: Iterable[PacsServer], store: Store, ended: Ended = _ignore
) -> Iterator[None]:
    """Listen for as long as the block runs.

    Parameters
    ----------
    servers : iterable of PacsServer
        Who may send; those of DICOMweb never do.
    store : callable
        Puts one image away, in any thread, and returns the status to answer.
    ended : callable
        Hears of the end of an association that has sent images: its number, and whether it was
        released as it should be.

    Raises
    ------
    NetworkError
        If the port is taken or the address is not this computer's.
    InputError
        If the receiver's settings or certificates cannot be used.
    """
    keep_libraries_quiet()
    check_receiver(receiver)
    desk = _Desk(receiver, servers, store, ended)
    entity = AE(ae_title=receiver.ae_title)
    entity.maximum_associations = _MOST_ASSOCIATIONS
    entity.network_timeout = entity.dimse_timeout = _SILENT_S
    entity.acse_timeout = _GREETING_S
    entity.require_called_aet = True
    entity.supported_contexts = taken_by_receiver()
    entity.add_supported_context(VERIFICATION, list(PLAIN))
    context = None if receiver.tls is None else receiver_context(receiver.tls)
    try:
        server = entity.make_server(
            (receiver.listen_on, receiver.port),
            ssl_context=context,
            evt_handlers=desk.handlers(),
            server_class=partial(_PeersOnly, addresses=desk.addresses),  # type: ignore[arg-type]
        )
    except OSError as error:
        raise NetworkError(
            f"The receiver cannot listen on {receiver.listen_on}, port {receiver.port} "
            f"({error.strerror}). Choose another port or address under Servers, or close the "
            "program that uses it."
        ) from error
    thread = Thread(
        target=partial(server.serve_forever, poll_interval=0.1), name="Receiver", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        for association in server.active_associations:
            hang_up(association)
        thread.join()


class _PeersOnly(ThreadedAssociationServer):
    """Hangs up on strangers before a byte of theirs is read; a silent one keeps nobody waiting."""

    daemon_threads = True

    def __init__(self, *arguments: Any, addresses: frozenset[str], **options: Any) -> None:
        self._addresses = addresses
        super().__init__(*arguments, **options)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        assert self.socket is not None
        client, address = self.socket.accept()
        if address[0] not in self._addresses:
            client.close()
            raise OSError
        if self.ssl_context is not None:
            client.settimeout(_GREETING_S)
            try:
                client = self.ssl_context.wrap_socket(client, server_side=True)
            except OSError:
                client.close()
                raise
            client.settimeout(None)
        return client, address

    def shutdown(self) -> None:
        BaseServer.shutdown(self)  # the library's own wants to know who has made it
        self.server_close()


class _Desk:
    """Answers the events of the receiver's associations."""

    def __init__(
        self, receiver: Receiver, servers: Iterable[PacsServer], store: Store, ended: Ended
    ) -> None:
        self._receiver = receiver
        self._store, self._ended = store, ended
        self._names: dict[tuple[str, str], str] = {}
        self._received: dict[int, int] = {}  # bytes, by association
        self._unfinished: dict[int, int] = {}  # the same, of the image that is arriving
        self._cut_off: WeakSet[Any] = WeakSet()
        for server in servers:
            if server.kind is ServerKind.DIMSE:
                for address in _addresses(server.host):
                    self._names[server.called_ae.strip(), address] = server.name
        self.addresses = frozenset(address for _, address in self._names)

    def handlers(self) -> list[Any]:
        return [
            (evt.EVT_CONN_OPEN, limit_silence, [_SILENT_S]),
            (evt.EVT_REQUESTED, self._admit),
            (evt.EVT_DATA_RECV, self._weigh),
            (evt.EVT_C_ECHO, lambda _: _ACCEPTED),
            (evt.EVT_C_STORE, self._take),
            (evt.EVT_RELEASED, lambda event: self._end(event, is_whole=True)),
            (evt.EVT_ABORTED, lambda event: self._end(event, is_whole=False)),
            (evt.EVT_CONN_CLOSE, lambda event: self._end(event, is_whole=False)),
        ]

    def _admit(self, event: Any) -> None:
        if not self._sender(event.assoc):
            event.assoc.acse.send_reject(*_REJECTED)
            event.assoc.kill()

    def _weigh(self, event: Any) -> None:
        """Cut off who sends more than is allowed, also within one image."""
        number = id(event.assoc)
        self._received[number] = self._received.get(number, 0) + len(event.data)
        self._unfinished[number] = self._unfinished.get(number, 0) + len(event.data)
        is_much = self._received[number] > 2 * self._receiver.most_bytes
        if is_much or self._unfinished[number] > MOST_OBJECT_BYTES:
            self._cut_off.add(event.assoc)
            event.assoc.abort()

    def _take(self, event: Any) -> int:
        self._unfinished.pop(id(event.assoc), None)
        sender = self._sender(event.assoc)
        # What had arrived whole when it was cut off would be stored after all has been tidied up.
        if not sender or event.assoc in self._cut_off:
            return _NOT_ALLOWED
        parts = encoded_parts(event)
        try:
            with odd_files_tolerated():
                head = dcmread(
                    BytesIO(b"".join(parts)),
                    stop_before_pixels=True,
                    specific_tags=["SeriesInstanceUID"],
                )
        except UNREADABLE:
            return _UNREADABLE
        return self._store(
            Incoming(
                association=id(event.assoc),
                sender=sender,
                instance_uid=str(event.request.AffectedSOPInstanceUID),
                series_uid=text_of(head, "SeriesInstanceUID"),
                parts=parts,
            )
        )

    def _sender(self, association: Any) -> str:
        """Return the configured name of who called; empty for strangers."""
        asked = association.requestor.primitive
        title = "" if asked is None else str(asked.calling_ae_title).strip()
        return self._names.get((title, association.requestor.address), "")

    def _end(self, event: Any, *, is_whole: bool) -> None:
        self._received.pop(id(event.assoc), None)
        self._unfinished.pop(id(event.assoc), None)
        self._ended(id(event.assoc), is_whole)


def encoded_parts(event: Any) -> tuple[bytes, ...]:
    """Return the file of an image that was sent, as it was encoded on the way."""
    return (event.encoded_dataset(),)


def _addresses(host: str) -> frozenset[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # whoever has no address cannot call either
        return frozenset()
    return frozenset(str(one[4][0]) for one in found)
