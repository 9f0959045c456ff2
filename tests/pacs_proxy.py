"""A connection in between that breaks off or falls silent when so many bytes have come back."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


class Proxy:
    """Passes everything on to a port until `after_bytes` have come back from there.

    Parameters
    ----------
    connection : int
        Which connection breaks, counted from 0; those before are left alone.
    silent : bool
        Whether it stays open and says nothing more, rather than to be closed.
    tls : SSLContext or None
        How it is spoken to; behind it all is in the clear.
    """

    def __init__(
        self,
        port: int,
        *,
        after_bytes: int,
        connection: int,
        silent: bool,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._to, self._after, self._which, self._silent = port, after_bytes, connection, silent
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = Event()
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        self.broke = Event()
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        number = 0
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._tls is not None:
                try:
                    client = self._tls.wrap_socket(client, server_side=True)
                except OSError:
                    client.close()
                    continue
            server = socket.create_connection(("127.0.0.1", self._to))
            self._open += [client, server]
            breaks = number == self._which
            number += 1
            Thread(target=self._pass, args=(client, server, None), daemon=True).start()
            limit = self._after if breaks else None
            Thread(target=self._pass, args=(server, client, limit), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(1 << 14):
                if limit is not None and passed + len(data) > limit:
                    self.broke.set()
                    if self._silent:
                        self._over.wait()
                        return
                    break
                target.sendall(data)
                passed += len(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(
    port: int,
    *,
    after_bytes: int = 1 << 40,
    connection: int = 0,
    silent: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Proxy]:
    """Run such a connection."""
    made = Proxy(port, after_bytes=after_bytes, connection=connection, silent=silent, tls=tls)
    try:
        yield made
    finally:
        made.close()
