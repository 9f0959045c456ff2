"""Gathers whether image archives answer and which ports are free; judges nothing."""

from __future__ import annotations

import os
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from app import paths
from app.doctor.facts import Port, ServerAnswer
from app.doctor.gathering_places import shortened_in
from app.settings import Settings
from planning.errors import TrephineError
from planning.network import pacs
from planning.network.servers import PacsServer, PacsSettings, ServerKind, TlsFiles
from planning.network.servers_file import read_pacs
from planning.network.tls import client_context

_PATIENCE_S = 5.0
_AT_ONCE = 8
_HTTPS_PORT = 443


def servers_file() -> tuple[PacsSettings, str]:
    """Return the servers that are configured, and why their file cannot be read."""
    try:
        return read_pacs(paths.pacs_file()), ""
    except TrephineError as error:
        return PacsSettings(), shortened_in(str(error))


def answers(servers: tuple[PacsServer, ...], *, network: bool) -> tuple[ServerAnswer, ...]:
    """Return how each archive answers, all asked at once; nobody is asked without `network`."""
    if not network or not servers:
        return tuple(_answer(server, problem="", was_asked=False) for server in servers)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(_asked, servers))


def ports(settings: PacsSettings, own: Settings) -> tuple[Port, ...]:
    """Return whether the ports can be listened on that this computer would listen on."""
    receiver = settings.receiver
    found = [_port("receiver", receiver.listen_on, receiver.port)]
    if own.navigation_role == "serve":
        found.append(_port("navigation", own.navigation_host, own.navigation_port))
    return tuple(found)


def _asked(server: PacsServer) -> ServerAnswer:
    hurried = replace(server, timeout_s=min(server.timeout_s, _PATIENCE_S))
    begun = time.monotonic()
    try:
        pacs.echo(hurried)
    except TrephineError as error:
        return _answer(server, problem=shortened_in(str(error)))
    took_s = time.monotonic() - begun
    return replace(_answer(server, problem=""), took_s=took_s, expires=_expires(hurried))


def _answer(server: PacsServer, *, problem: str, was_asked: bool = True) -> ServerAnswer:
    is_web = server.kind is ServerKind.DICOMWEB
    address = server.root_url if is_web else f"{server.called_ae}@{server.host}:{server.port}"
    return ServerAnswer(
        name=server.name, address=address, problem=problem, took_s=0.0, was_asked=was_asked
    )


def _expires(server: PacsServer) -> datetime | None:
    """Return until when a server's certificate holds; None without TLS."""
    host, port = server.host, server.port
    if server.kind is ServerKind.DICOMWEB:
        parts = urlsplit(server.root_url)
        if parts.scheme != "https":
            return None
        host, port = parts.hostname or "", parts.port or _HTTPS_PORT
    elif server.tls is None:
        return None
    with suppress(OSError, ValueError, TrephineError):  # it has answered: this is by the way
        context = client_context(server, server.tls or TlsFiles())
        with (
            socket.create_connection((host, port), _PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            until = (secure.getpeercert() or {}).get("notAfter")
            if isinstance(until, str):
                return datetime.fromtimestamp(ssl.cert_time_to_seconds(until))
    return None


def _port(name: str, address: str, port: int) -> Port:
    why = _why_not(address, port)
    return Port(
        name=name, address=address, port=port, why_not=why, is_own=bool(why) and _is_own(port)
    )


def _why_not(address: str, port: int) -> str:
    """Return why a port cannot be listened on; empty if it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            if os.name == "posix":  # else what was closed a moment ago would count as held
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
            tried.listen(1)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _is_own(port: int) -> bool:
    """Tell whether this process listens on a port; False where the system does not say it."""
    own = set()
    with suppress(OSError):
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                own.add(str(link.readlink()))
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                is_it = int(fields[1].rpartition(":")[2], 16) == port and fields[3] == "0A"
                if is_it and f"socket:[{fields[9]}]" in own:
                    return True
    return False
