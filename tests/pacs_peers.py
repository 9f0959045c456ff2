"""Starts other people's archives, Orthanc and dcmqrscp, on free ports with folders of their own."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from planning.network.servers import (
    PacsServer,
    Receiver,
    Retrieval,
    ServerKind,
    TlsFiles,
)
from system_libraries import peer_program
from tests.pacs_proxy import proxy

OUR_AE = "TREPHINE"
DICOMWEB_PLUGIN = "libOrthancDicomWeb.so"
USER, PASSWORD = "reader", "open sesame"
_START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """An authority's certificate, and two that it signed, with their keys."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A running archive: how it is spoken to, and how it calls back."""

    dimse: PacsServer
    receiver: Receiver
    web: PacsServer | None = None
    folder: Path


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing_peers() -> str:
    """Return the programs that are missing here; empty if all are there."""
    wanted = ("Orthanc", DICOMWEB_PLUGIN, "dcmqrscp", "openssl")
    return ", ".join(name for name in wanted if not peer_program(name))


@contextmanager
def orthanc(folder: Path, certificates: Certificates | None = None) -> Iterator[Peer]:
    """Run Orthanc with DICOMweb, encrypted and with a password if there are certificates.

    As in a hospital, a proxy in front of it speaks https: that of Debian's Orthanc ends with a
    segmentation fault at the first request (civetweb 1.15 with OpenSSL 3).
    """
    dicom, web, ours = free_port(), free_port(), free_port()
    folder.mkdir(parents=True)
    config = {
        "Name": "tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": web,
        "DicomPort": dicom,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": certificates is not None,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomModalities": {"ours": [OUR_AE, "127.0.0.1", ours]},
        "Plugins": [peer_program(DICOMWEB_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "HttpVerbose": False,
    }
    if certificates is not None:
        config |= {
            "DicomTlsEnabled": True,
            "DicomTlsCertificate": str(certificates.server),
            "DicomTlsPrivateKey": str(certificates.server_key),
            "DicomTlsTrustedCertificates": str(certificates.authority),
            "DicomTlsRemoteCertificateRequired": True,
        }
    (folder / "orthanc.json").write_text(json.dumps(config))
    command = [peer_program("Orthanc"), str(folder / "orthanc.json")]
    tls = None if certificates is None else client_files(certificates)
    with ExitStack() as stack:
        stack.enter_context(_running(command, folder / "orthanc.log", (dicom, web)))
        root = f"http://localhost:{web}/dicom-web"
        if certificates is not None:
            front = stack.enter_context(proxy(web, tls=_server_context(certificates)))
            root = f"https://localhost:{front.port}/dicom-web"
        yield Peer(
            dimse=_dimse("Orthanc", "ORTHANC", dicom, tls),
            receiver=Receiver(port=ours),
            web=PacsServer(
                name="Orthanc web",
                kind=ServerKind.DICOMWEB,
                root_url=root,
                user=USER if tls else "",
                password=PASSWORD if tls else "",
                tls=tls,
            ),
            folder=folder,
        )


@contextmanager
def dcmqrscp(folder: Path, *, retrieval: Retrieval = Retrieval.MOVE) -> Iterator[Peer]:
    """Run the archive of dcmtk."""
    port, ours = free_port(), free_port()
    store = folder / "archive"
    store.mkdir(parents=True)
    lines = (
        *("MaxPDUSize = 16384", "MaxAssociations = 16"),
        *("HostTable BEGIN", f"ours = ({OUR_AE}, localhost, {ours})", "HostTable END"),
        *("VendorTable BEGIN", "VendorTable END"),
        *("AETable BEGIN", f"ARCHIVE {store} RW (200, 1024mb) ANY", "AETable END"),
    )
    (folder / "dcmqrscp.cfg").write_text("\n".join(lines) + "\n")
    command = [peer_program("dcmqrscp"), "-c", str(folder / "dcmqrscp.cfg"), str(port)]
    with _running(command, folder / "dcmqrscp.log", (port,)):
        yield Peer(
            dimse=_dimse("dcmtk", "ARCHIVE", port, None, retrieval),
            receiver=Receiver(port=ours),
            folder=folder,
        )


def client_files(certificates: Certificates) -> TlsFiles:
    """Return how a client shows itself, and whom it trusts."""
    return TlsFiles(
        ca_file=str(certificates.authority),
        certificate_file=str(certificates.client),
        key_file=str(certificates.client_key),
    )


def make_certificates(folder: Path) -> Certificates:
    """Make an authority and certificates for the tests; they hold for two days."""
    folder.mkdir(parents=True)
    key, authority = folder / "ca.key", folder / "ca.pem"
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=Tests", "-keyout", key, "-out", authority),
    )
    for name in ("server", "client"):
        request, extension = folder / f"{name}.csr", folder / f"{name}.ext"
        extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        _openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", folder / f"{name}.key", "-out", request),
        )
        _openssl(
            *("x509", "-req", "-days", "2", "-in", request, "-CA", authority, "-CAkey", key),
            *("-CAcreateserial", "-extfile", extension, "-out", folder / f"{name}.pem"),
        )
    return Certificates(
        authority=authority,
        server=folder / "server.pem",
        server_key=folder / "server.key",
        client=folder / "client.pem",
        client_key=folder / "client.key",
    )


def _dimse(
    name: str,
    title: str,
    port: int,
    tls: TlsFiles | None,
    retrieval: Retrieval = Retrieval.GET,
) -> PacsServer:
    return PacsServer(
        name=name,
        called_ae=title,
        calling_ae=OUR_AE,
        host="localhost" if tls else "127.0.0.1",
        port=port,
        retrieval=retrieval,
        tls=tls,
    )


def _server_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.authority)
    )
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@contextmanager
def _running(command: list[str], log: Path, ports: tuple[int, ...]) -> Iterator[None]:
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            _wait_for(ports, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(ports: tuple[int, ...], process: subprocess.Popen[bytes], log: Path) -> None:
    until_s = time.monotonic() + _START_S
    for port in ports:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > until_s:
                raise RuntimeError(f"{process.args} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)


def remove(folder: Path) -> None:
    """Remove a folder of an archive that has ended."""
    shutil.rmtree(folder, ignore_errors=True)
