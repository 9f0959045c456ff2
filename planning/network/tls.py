"""Encrypted connections by the user's certificate files; opens no connection."""

from __future__ import annotations

import ssl
from pathlib import Path

from planning.errors import InputError
from planning.network.servers import PacsServer, TlsFiles


def client_context(server: PacsServer, files: TlsFiles) -> ssl.SSLContext:
    """Return how a server is spoken to over TLS: its certificate and its name are checked.

    Raises
    ------
    InputError
        If a certificate file cannot be used.
    """
    whose = f'Server "{server.name}"'
    try:
        context = ssl.create_default_context(cafile=files.ca_file or None)
    except (OSError, ValueError) as error:
        raise _unusable(whose, files.ca_file) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # PS3.15 annex B.12, BCP 195
    _show(context, files, whose)
    return context


def receiver_context(files: TlsFiles) -> ssl.SSLContext:
    """Return how this computer's receiver is spoken to; with a CA file, only by those it signed.

    Raises
    ------
    InputError
        If a certificate file cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show(context, files, "The receiver")
    if files.ca_file:
        try:
            context.load_verify_locations(cafile=files.ca_file)
        except (OSError, ValueError) as error:
            raise _unusable("The receiver", files.ca_file) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def check_files(server: PacsServer) -> None:
    """Refuse certificate files that cannot be used.

    Raises
    ------
    InputError
        As `client_context` does.
    """
    if server.tls is not None:
        client_context(server, server.tls)


def _show(context: ssl.SSLContext, files: TlsFiles, whose: str) -> None:
    if not files.certificate_file:
        return

    def refuse() -> str:
        raise InputError(
            f"{whose}: the key file is locked with a password. Give one without; keep it readable "
            "for yourself only."
        )

    try:
        context.load_cert_chain(files.certificate_file, files.key_file or None, password=refuse)
    except (OSError, ValueError) as error:
        bad = files.certificate_file
        if files.key_file and not Path(files.key_file).is_file():
            bad = files.key_file
        raise _unusable(whose, bad) from error


def _unusable(whose: str, file: str) -> InputError:
    return InputError(
        f"{whose}: the certificate file {file} cannot be used. Give a PEM file, with the key that "
        "belongs to it."
    )
