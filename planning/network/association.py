"""Associations with a DIMSE server: opened, cancelled on wish, closed; asks nothing on them."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread
from types import TracebackType
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.presentation import PresentationContext

from planning.limits import MOST_OBJECT_BYTES, MOST_PDU_BYTES
from planning.network.faults import (
    NetworkError,
    broken_off,
    refused_objects,
    rejected,
    timed_out,
    unreachable,
)
from planning.network.servers import PacsServer
from planning.network.tls import client_context

CANCEL_ANSWER_S = 3.0
"""How long a server may take to answer a C-CANCEL before the association is aborted."""
MESSAGE_ID = 1
_ASKED_EVERY_S = 0.05
_REFUSAL_S = 1.0
_ABORT_S = 1.0


def keep_libraries_quiet() -> None:
    """Keep what libraries write about requests out of every log: it holds names and passwords."""
    for name in ("pynetdicom", "dicomweb_client", "urllib3", "requests", "retrying"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL)


@contextmanager
def associated(
    server: PacsServer,
    contexts: Sequence[PresentationContext],
    *,
    extended: Sequence[Any] = (),
    handlers: Sequence[tuple[Any, ...]] = (),
) -> Iterator[Association]:
    """Give an association with a server; it is released at the end, or aborted after an error.

    Parameters
    ----------
    extended : sequence
        Items of extended negotiation.
    handlers : sequence of (event, function)
        Who hears of what the server sends.

    Raises
    ------
    NetworkError
        If there is none to be had; the message says why.
    """
    keep_libraries_quiet()
    context = None if server.tls is None else client_context(server, server.tls)
    address = _resolved(server)
    _greet(server, address, context)
    entity = AE(ae_title=server.calling_ae)
    entity.connection_timeout = entity.acse_timeout = server.timeout_s
    entity.dimse_timeout = entity.network_timeout = server.timeout_s
    opened: list[socket.socket] = []
    refusals: list[tuple[int, int]] = []
    began_s = time.monotonic()
    association = entity.associate(
        address,
        server.port,
        contexts=list(contexts),
        ae_title=server.called_ae,
        ext_neg=list(extended),
        tls_args=None if context is None else (context, server.host),
        evt_handlers=[
            (evt.EVT_CONN_OPEN, limit_silence, [server.timeout_s, opened]),
            (evt.EVT_PDU_RECV, _note_refusal, [refusals]),
            *Weigher().handlers(),
            *handlers,
        ],
    )
    try:
        if not association.is_established:
            if refusals:
                raise rejected(server, *refusals[0])
            raise _why_not(server, association, time.monotonic() - began_s, address)
        yield association
        if association.is_established:
            association.release()
    except BaseException:
        hang_up(association)
        raise
    finally:
        for connection in opened:  # the library forgets those that the other side has closed
            connection.close()


class CancelWatch:
    """Stops a request that is no longer wanted: C-CANCEL first, then, unanswered, an abort.

    Parameters
    ----------
    is_cancelled : callable
        Tells whether the user gave the work up; asked in a thread of its own.
    query_model : str
        SOP class of the request.

    Attributes
    ----------
    was_cancelled : bool
        Whether the user gave the work up.
    """

    def __init__(
        self, association: Association, is_cancelled: Callable[[], bool], query_model: str
    ) -> None:
        self._association = association
        self._is_cancelled = is_cancelled
        self._query_model = query_model
        self._over, self._stop = Event(), Event()
        self._thread = Thread(target=self._watch, name="Cancelling", daemon=True)
        self.was_cancelled = False

    def stop(self) -> None:
        """Have the request stopped, for a reason of the program's own."""
        self._stop.set()

    def __enter__(self) -> CancelWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_ASKED_EVERY_S):
            self.was_cancelled = self._is_cancelled()
            if self.was_cancelled or self._stop.is_set():
                break
        else:
            return
        with suppress(RuntimeError, ValueError):  # the association may end at the same moment
            self._association.send_c_cancel(MESSAGE_ID, query_model=self._query_model)
        if not self._over.wait(CANCEL_ANSWER_S):
            hang_up(self._association)


def limit_silence(event: Any, seconds: float, opened: list[socket.socket] | None = None) -> None:
    """Let a connection break that says nothing for so long, also in the middle of a message.

    The library itself waits for the rest of a message without end, and believes what a piece says
    of its own length. The connection is added to those that are `opened`.
    """
    connection = event.assoc.dul.socket
    if connection is not None and connection.socket is not None:
        connection.socket.settimeout(seconds)
        connection.recv = partial(_received, connection.recv)
        if opened is not None:
            opened.append(connection.socket)


def _received(read: Callable[[int], bytearray], wanted: int) -> bytearray:
    """Read what one piece still lacks, unless it claims to be longer than any is."""
    if wanted > MOST_PDU_BYTES:
        raise OSError(errno.EMSGSIZE, "a piece of an association is too long")
    return read(wanted)


class Weigher:
    """Breaks an association off on which one message grows larger than any can be."""

    def __init__(self) -> None:
        self._bytes = 0

    def handlers(self) -> list[tuple[Any, ...]]:
        """Return who hears of what arrives."""
        return [(evt.EVT_DATA_RECV, self._weigh), (evt.EVT_DIMSE_RECV, self._forget)]

    def _weigh(self, event: Any) -> None:
        self._bytes += len(event.data)
        if self._bytes > MOST_OBJECT_BYTES:
            event.assoc.abort()

    def _forget(self, _: Any) -> None:
        self._bytes = 0


def hang_up(association: Association) -> None:
    """Abort an association, within a second and whatever it is waiting for."""
    polite = Thread(target=association.abort, name="Abort", daemon=True)
    polite.start()
    polite.join(_ABORT_S)
    connection = association.dul.socket
    if polite.is_alive() and connection is not None and connection.socket is not None:
        with suppress(OSError):
            connection.socket.shutdown(socket.SHUT_RDWR)
        association.dimse.msg_queue.put((None, None))  # wakes who waits for an answer
        polite.join(_ABORT_S)


def ended_early(
    server: PacsServer, silent_s: float, done: int = 0, wanted: int = 0
) -> NetworkError:
    """Return the error for an answer that never came: in time, or not before the end."""
    if silent_s >= server.timeout_s:
        return timed_out(server)
    return broken_off(server, done, wanted)


def _resolved(server: PacsServer) -> str:
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        problem = error if isinstance(error, OSError) else socket.gaierror(str(error))
        raise unreachable(server, problem) from error
    return str(found[0][4][0])


def _note_refusal(event: Any, refusals: list[tuple[int, int]]) -> None:
    """Note who refuses and why.

    The library forgets it where the server hangs up before the association's own thread looks.
    """
    if isinstance(event.pdu, A_ASSOCIATE_RJ):
        refusals.append((event.pdu.source or 0, event.pdu.reason_diagnostic or 0))


def _why_not(
    server: PacsServer, association: Association, took_s: float, address: str
) -> NetworkError:
    """Return why there is no association; the library itself says it only to its log."""
    if association.rejected_contexts and not association.accepted_contexts:
        return refused_objects(server)
    if took_s >= server.timeout_s:
        return timed_out(server)
    try:
        with socket.create_connection((address, server.port), server.timeout_s) as plain:
            if server.tls is not None:
                context = client_context(server, server.tls)
                with context.wrap_socket(plain, server_hostname=server.host) as secure:
                    # TLS 1.3 refuses a client's certificate only after the handshake.
                    secure.settimeout(min(_REFUSAL_S, server.timeout_s))
                    with suppress(TimeoutError):
                        secure.recv(1)
    except OSError as error:
        return unreachable(server, error)
    return broken_off(server)


def _greet(server: PacsServer, address: str, context: ssl.SSLContext | None) -> None:
    """Connect once before the library does, which says nothing of why that fails."""
    try:
        with socket.create_connection((address, server.port), server.timeout_s) as plain:
            if context is not None:
                context.wrap_socket(plain, server_hostname=server.host).close()
    except OSError as error:
        raise unreachable(server, error) from error
