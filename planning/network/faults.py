"""Network failures in words: which server, what went wrong, what to do next; mends none of them."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from urllib.parse import urlsplit

from planning.disk_words import reason_of
from planning.errors import TrephineError
from planning.network.servers import PacsServer, ServerKind

_STATUS_WORDS = {
    0x0110: "it could not process the request",
    0x0111: "it has that image already",
    0x0117: "an image's identifier is not valid",
    0x0122: "it does not support this kind of object or request",
    0x0124: "this computer is not allowed to do that",
    0x0211: "it does not know this request",
    0x0212: "the request was mistyped",
    0x0213: "it has no room or no resources left",
    0xA700: "it has no room or no resources left",
    0xA701: "it could not count the matching images",
    0xA702: "it could not send the images",
    0xA801: "it does not know where to send the images: the AE title of this computer's receiver",
    0xA900: "the request and its kind of object do not fit together",
    0xB000: "some images could not be sent",
    0xFE00: "the request was cancelled",
}
"""Status codes of DIMSE services (PS3.7 annex C; PS3.4 B.2.3, C.4.1.1.4, C.4.2.1.5, C.4.3.1.4)."""
_STATUS_RANGES = {
    0xA700: "it has no room or no resources left",
    0xA900: "the request and its kind of object do not fit together",
    0xC000: "it could not understand or process the request",
}
_STATUS_NEXT = {
    0x0124: "Ask its administrator to allow this computer's AE title to do that.",
    0xA801: "Ask its administrator to enter the receiver's AE title, address and port.",
    0x0213: "Ask its administrator to make room, then try again.",
    0xA700: "Ask its administrator to make room, then try again.",
}
_ASK = "Try again; if it stays so, tell its administrator this code."
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NetworkError(TrephineError):
    """Something between this computer and an archive went wrong; nothing half-done is kept."""


def status_words(status: int) -> str:
    """Return what a DIMSE status code says, with the code."""
    known = _STATUS_WORDS.get(status) or _STATUS_RANGES.get(status & 0xFF00)
    if known is None and status & 0xF000 == 0xC000:
        known = _STATUS_RANGES[0xC000]
    return f"{known or 'it gave no reason'} (status {status:04X})"


def bad_status(server: PacsServer, status: int) -> NetworkError:
    """Return the error for a failure status."""
    group = status if status in _STATUS_NEXT else status & 0xFF00
    return NetworkError(
        f'The server "{server.name}" answered with a failure: {status_words(status)}. '
        f"{_STATUS_NEXT.get(group, _ASK)}"
    )


def rejected(server: PacsServer, source: int, reason: int) -> NetworkError:
    """Return the error for a refused association (PS3.8 section 9.3.4)."""
    if (source, reason) == (1, 7):
        return NetworkError(
            f'The server "{server.name}" does not answer to the AE title {server.called_ae}. Ask '
            "its administrator for its AE title, and correct it under Servers."
        )
    if (source, reason) == (1, 3):
        return NetworkError(
            f'The server "{server.name}" does not know this computer by the AE title '
            f"{server.calling_ae}. Ask its administrator to enter it, with this computer's address."
        )
    if source == 3:
        return NetworkError(
            f'The server "{server.name}" refused the association: it is too busy just now. Try '
            "again in a minute."
        )
    return NetworkError(
        f'The server "{server.name}" refused the association without a reason. Ask its '
        "administrator whether this computer's AE title and address are allowed."
    )


def refused_objects(server: PacsServer) -> NetworkError:
    """Return the error for an association on which the request itself is not allowed."""
    return NetworkError(
        f'The server "{server.name}" does not offer this kind of request or object. Choose the '
        "other way of retrieving under Servers, or ask its administrator to allow it."
    )


def timed_out(server: PacsServer) -> NetworkError:
    """Return the error for an answer that did not come in time."""
    return NetworkError(
        f'The server "{server.name}" did not answer within {server.timeout_s:g} s. Check that it '
        "runs, or allow more time under Servers, then try again."
    )


def broken_off(server: PacsServer, done: int = 0, wanted: int = 0) -> NetworkError:
    """Return the error for a connection that was dropped; `wanted` 0 where nothing was counted."""
    if wanted:
        return NetworkError(
            f'The connection to the server "{server.name}" broke off after {done} of {wanted} '
            "images; nothing of them was kept. Check the network, then try again."
        )
    return NetworkError(
        f'The connection to the server "{server.name}" broke off. Check the network, then try '
        "again."
    )


def incomplete(server: PacsServer, done: int, wanted: int) -> NetworkError:
    """Return the error for a series of which not every image came."""
    return NetworkError(
        f'The server "{server.name}" sent only {done} of {wanted} images; nothing of them was '
        "kept. Try again; if it stays so, ask its administrator about that series."
    )


def no_such_series(server: PacsServer) -> NetworkError:
    """Return the error for a series that is not there (any more)."""
    return NetworkError(
        f'The server "{server.name}" has no such series, or none any more. Search again.'
    )


def too_much(server_name: str, most_images: int, most_bytes: int) -> NetworkError:
    """Return the error for a transfer beyond the receiver's limits."""
    return NetworkError(
        f'The server "{server_name}" sends more than {most_images} images or '
        f"{most_bytes / 1e9:.1f} GB at once; nothing of them was kept. Raise the receiver's limits "
        "if that is wanted."
    )


def too_long(server: PacsServer) -> NetworkError:
    """Return the error for one answer or one image that is larger than any can be."""
    return NetworkError(
        f'The server "{server.name}" sends an answer without end; nothing of it was kept. Tell its '
        "administrator."
    )


def not_written(server: PacsServer, error: OSError, done: int, wanted: int) -> NetworkError:
    """Return the error for images that could not be put on this computer's disk."""
    if error.errno in _NO_ROOM:
        return NetworkError(
            f"There is no room left on this computer's disk: {done} of {wanted} images of the "
            f'server "{server.name}" had arrived; nothing of them was kept. Free some space, then '
            "try again."
        )
    return NetworkError(
        f'Images of the server "{server.name}" could not be written on this computer '
        f"({reason_of(error)}); nothing of them was kept. Check the folder's permissions, then try "
        "again."
    )


def unreachable(server: PacsServer, error: OSError) -> NetworkError:
    """Return the error for a connection that could not be made."""
    host, port = place_of(server)
    reset = isinstance(error, ConnectionResetError) and server.tls is not None
    if isinstance(error, ssl.SSLError) or reset:
        return distrusted(server, error)
    if isinstance(error, TimeoutError):
        return timed_out(server)
    if isinstance(error, socket.gaierror):
        return NetworkError(
            f'The server "{server.name}" cannot be reached: no computer is known as {host}. Check '
            "its address under Servers, and the network."
        )
    if isinstance(error, ConnectionRefusedError):
        return NetworkError(
            f'The server "{server.name}" cannot be reached: nothing listens on {host}, port {port}.'
            " Check address and port under Servers, and that it runs."
        )
    return NetworkError(
        f'The server "{server.name}" cannot be reached on {host}, port {port} ({_why(error)}). '
        "Check the network and its address under Servers."
    )


def distrusted(server: PacsServer, error: Exception) -> NetworkError:
    """Return the error for an encrypted connection that could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        reason = getattr(error, "verify_message", "") or _verify_words(str(error))
        return NetworkError(
            f'The certificate of the server "{server.name}" is not trusted ({reason}). Give the '
            "certificate of its authority (CA file) under Servers; ask its administrator for it."
        )
    if "alert" in str(error).lower():
        return NetworkError(
            f'The server "{server.name}" does not accept this computer\'s certificate. Give the '
            "one its administrator made for this computer under Servers."
        )
    shows_none = server.tls is None or not server.tls.certificate_file
    if shows_none and isinstance(error, ssl.SSLEOFError | ConnectionResetError):
        # In TLS 1.3 a server refuses when our side already speaks: its reason can be lost.
        return NetworkError(
            f'The server "{server.name}" broke off the encrypted connection without saying why. '
            "Either it accepts only computers with a certificate, and none of this computer's is "
            "given, or it does not speak TLS there. Check its port, or give the certificate its "
            "administrator made for this computer, under Servers."
        )
    return NetworkError(
        f'The server "{server.name}" does not speak TLS there, or another version of it. Check its '
        "port, and whether TLS is wanted, under Servers."
    )


def place_of(server: PacsServer) -> tuple[str, int]:
    """Return host and port of a server."""
    if server.kind is ServerKind.DIMSE:
        return server.host, server.port
    parts = urlsplit(server.root_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _verify_words(text: str) -> str:
    found = re.search(r"failed:(.+?)\(_ssl", text)
    return found[1].strip() if found else "it could not be verified"


def _why(error: OSError) -> str:
    return error.strerror or (os.strerror(error.errno) if error.errno else type(error).__name__)
