"""What is known of image archives and of this computer's own receiver; speaks to none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from planning.errors import InputError

LOOPBACK = "127.0.0.1"
DICOM_PORT, RECEIVER_PORT = 104, 11112
"""The registered ports (IANA: acr-nema, dicom)."""

_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")  # PS3.5 section 6.2, AE: no backslash
_LAST_PORT = 65535


class ServerKind(StrEnum):
    """How a server is spoken to."""

    DIMSE = "dimse"
    DICOMWEB = "dicomweb"


class Retrieval(StrEnum):
    """How a DIMSE server hands over images: on the same association, or by calling back."""

    GET = "get"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Files for encrypted connections; empty names for none.

    Parameters
    ----------
    ca_file : str
        Certificates (PEM) that are trusted; empty for those of the system.
    certificate_file, key_file : str
        What this computer shows of itself (PEM).
    """

    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsServer:
    """An image archive.

    Parameters
    ----------
    name : str
        What the user calls it.
    called_ae, calling_ae : str
        AE titles of the server and of this computer (DIMSE).
    host : str
        Name or address (DIMSE).
    retrieval : Retrieval
        How images are fetched (DIMSE).
    root_url : str
        Under which ``/studies`` is found (DICOMweb).
    user, password, token : str
        Either the first two or the last, for DICOMweb; never shown, never logged.
    tls : TlsFiles or None
        None speaks in the clear (DIMSE), or with the system's certificates where the URL begins
        with https (DICOMweb).
    timeout_s : float
        How long an answer is waited for.
    """

    name: str
    kind: ServerKind = ServerKind.DIMSE
    called_ae: str = ""
    calling_ae: str = "TREPHINE"
    host: str = ""
    port: int = DICOM_PORT
    retrieval: Retrieval = Retrieval.GET
    root_url: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    tls: TlsFiles | None = None
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """How this computer receives images; it takes them only from the servers that are configured.

    Parameters
    ----------
    ae_title : str
        What servers call it: the destination of a move.
    listen_on : str
        Address; the usual one is reached from this computer only.
    most_images, most_bytes : int
        Of one transfer; more are refused.
    """

    ae_title: str = "TREPHINE"
    listen_on: str = LOOPBACK
    port: int = RECEIVER_PORT
    tls: TlsFiles | None = None
    most_images: int = 20_000
    most_bytes: int = 16 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsSettings:
    """All servers, and this computer's receiver."""

    servers: tuple[PacsServer, ...] = ()
    receiver: Receiver = Receiver()

    def server(self, name: str) -> PacsServer:
        """Return the server of a name.

        Raises
        ------
        InputError
            If there is none; the message has the names there are.
        """
        for one in self.servers:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.servers)
        if not known:
            raise InputError("No PACS server is configured yet. Add one under Servers.")
        raise InputError(f'No PACS server is called "{name}"; there are: {known}.')


def check_server(server: PacsServer) -> None:
    """Refuse a server that cannot be spoken to.

    Raises
    ------
    InputError
        The message names the first thing that is missing or wrong.
    """
    if not server.name.strip():
        raise InputError("The server needs a name, by which you will choose it.")
    if not server.timeout_s > 0.0:
        raise InputError(f'Server "{server.name}": the time to wait must be more than 0 s.')
    if server.kind is ServerKind.DIMSE:
        _check_ae_title(f'Server "{server.name}"', server.called_ae)
        _check_ae_title(f'Server "{server.name}"', server.calling_ae)
        if not server.host.strip():
            raise InputError(f'Server "{server.name}" needs a host: its name or address.')
        _check_port(f'Server "{server.name}"', server.port)
        return
    parts = urlsplit(server.root_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f'Server "{server.name}" needs the web address of its DICOMweb service, such as '
            "https://pacs.example/dicom-web."
        )
    if parts.username or parts.password:
        raise InputError(
            f'Server "{server.name}": user and password do not belong into the web address; give '
            "them in their own fields."
        )
    if (server.password or server.token) and parts.scheme == "http" and not _is_local(server):
        raise InputError(
            f'Server "{server.name}" would get its password unencrypted. Give an address that '
            "begins with https."
        )


def check_receiver(receiver: Receiver) -> None:
    """Refuse a receiver that could not listen.

    Raises
    ------
    InputError
        The message names what is wrong.
    """
    _check_ae_title("The receiver", receiver.ae_title)
    _check_port("The receiver", receiver.port)
    if receiver.tls is not None and not receiver.tls.certificate_file:
        raise InputError("The receiver needs a certificate file to be spoken to over TLS.")


def _check_ae_title(whose: str, title: str) -> None:
    if not _AE_TITLE.fullmatch(title) or not title.strip():
        raise InputError(
            f'{whose}: "{title}" is no AE title; give 1 to 16 letters, digits or signs.'
        )


def _check_port(whose: str, port: int) -> None:
    if not 0 < port <= _LAST_PORT:
        raise InputError(f"{whose}: {port} is no port; give a number from 1 to {_LAST_PORT}.")


def _is_local(server: PacsServer) -> bool:
    return urlsplit(server.root_url).hostname in (LOOPBACK, "localhost", "::1")
