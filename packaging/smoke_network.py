"""The installed program on the network: an archive, encrypted, and a navigation system; no window.

The archive is Orthanc, spoken to by DIMSE and by DICOMweb, both over TLS with certificates made for
the occasion. What the libraries of the network load at run time shows only here.
"""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom

_PATIENCE_S = 300.0
_HEADER = struct.Struct("> H 12s 20s Q Q Q")  # of OpenIGTLink
_SOME_SLICES = 12


class NetworkProblem(Exception):  # noqa: N818 (an Error of that name is the program's own)
    """What the installed program does not do on the network."""


def check(program: str, user: Mapping[str, str], *, files: Path, case: Path, plan: Path) -> str:
    """Let the program speak to an archive and to a navigation system; return what was done.

    Parameters
    ----------
    files : Path
        An export, with DICOM objects.
    """
    done = [_navigation(program, user, plan)]
    peers = importlib.import_module("tests.pacs_peers")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sent = _to_send(folder / "sent", files, case)
        certificates = peers.make_certificates(folder / "certificates")
        with peers.orthanc(folder / "orthanc", certificates) as peer:
            tls = peers.client_files(certificates)
            _write_settings(user, peer, tls, certificates)
            done.append(_archive(program, user, sent, folder))
            done.append(_receives(program, user, peer, tls, sent, folder / "received"))
    return "network: " + ", ".join(done)


def _to_send(folder: Path, files: Path, case: Path) -> Path:
    folder.mkdir()
    slices = sorted((case / "ct").iterdir())[:_SOME_SLICES]
    for file in (*sorted(files.glob("*.dcm")), *slices):
        shutil.copyfile(file, folder / file.name)
    return folder


def _write_settings(user: Mapping[str, str], peer: Any, tls: Any, certificates: Any) -> None:
    from planning.network.servers import PacsSettings
    from planning.network.servers_file import write_pacs

    own = replace(
        tls,
        certificate_file=str(certificates.server),
        key_file=str(certificates.server_key),
    )
    settings = PacsSettings(
        servers=(replace(peer.dimse, name="dimse"), replace(peer.web, name="web")),
        receiver=replace(peer.receiver, tls=own),
    )
    file = Path(user["XDG_DATA_HOME"], "trephine", "pacs.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_pacs(settings, file)


def _archive(program: str, user: Mapping[str, str], sent: Path, folder: Path) -> str:
    """Store by DIMSE and by DICOMweb, ask, and fetch by both."""
    count = sum(1 for _ in sent.iterdir())
    image = pydicom.dcmread(sorted(sent.iterdir())[0], stop_before_pixels=True)
    for name in ("dimse", "web"):
        _say(program, user, "pacs", "echo", name)
        said = _say(program, user, "pacs", "send", name, str(sent))
        _require(f"{count} files stored" in said, f"pacs send {name}: {said}")
        found = json.loads(_say(program, user, "pacs", "find", name, "--json"))
        _require(bool(found), f"pacs find {name}: nothing")
        study, series = str(image.StudyInstanceUID), str(image.SeriesInstanceUID)
        rows = json.loads(_say(program, user, "pacs", "find", name, "--study", study, "--json"))
        _require(series in {row["series_uid"] for row in rows}, f"pacs find --study: {rows}")
        into = folder / f"got-{name}"
        _say(program, user, "pacs", "get", name, study, series, "-o", str(into))
        got = [path for path in into.rglob("*") if path.is_file()]
        wanted = [f for f in sent.iterdir() if pydicom.dcmread(f).SeriesInstanceUID == series]
        _require(len(got) == len(wanted), f"pacs get {name}: {len(got)} of {len(wanted)} files")
    return f"{count} files to and from Orthanc by DIMSE and DICOMweb over TLS"


def _receives(
    program: str, user: Mapping[str, str], peer: Any, tls: Any, sent: Path, into: Path
) -> str:
    """Let the program receive what the sources send it."""
    from planning.network import pacs
    from planning.progress import Progress

    port = peer.receiver.port
    ours = replace(
        peer.dimse, name="us", called_ae="TREPHINE", calling_ae="ORTHANC", port=port, tls=tls
    )
    with _running([program, "pacs", "receive", "-o", str(into)], user) as process:
        _wait_for_port(port, process)
        count = pacs.send_folder(ours, sent, Progress())
        until_s = time.monotonic() + _PATIENCE_S
        while (got := sum(p.is_file() for p in into.rglob("[!.]*"))) < count:
            _require(time.monotonic() < until_s, f"pacs receive kept {got} of {count} files")
            time.sleep(0.1)
    return f"{count} files received"


def _navigation(program: str, user: Mapping[str, str], plan: Path) -> str:
    """Take the plan from `serve` as a client, and from `send` as a server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with _running([program, "serve", str(plan), "--port", str(port)], user) as process:
        _wait_for_port(port, process)
        with socket.create_connection(("127.0.0.1", port)) as client:
            served = _kinds(client, 4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_PATIENCE_S)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with _running([program, "send", str(plan), "--igtl", address], user, ends=True):
            client, _ = server.accept()
            with client:
                sent = _kinds(client, 4)
    _require({"POINT", "TRAJ"} <= served & sent, f"OpenIGTLink: {served}, {sent}")
    return f"OpenIGTLink {' '.join(sorted(served | sent))}"


def _kinds(client: socket.socket, count: int) -> set[str]:
    """Return the kinds of the first messages that come."""
    client.settimeout(_PATIENCE_S)
    kinds = set()
    with client.makefile("rb") as heard:
        for _ in range(count):
            header = _HEADER.unpack(heard.read(_HEADER.size))
            kinds.add(header[1].rstrip(b"\0").decode())
            heard.read(header[4])
    return kinds


@contextmanager
def _running(
    command: list[str], user: Mapping[str, str], *, ends: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Run a program that the user ends with Ctrl+C, or that ends by itself; it must end well."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command,
            env=user,
            stdout=said,
            stderr=said,
            text=True,
            preexec_fn=_hear_ctrl_c,
        )
        try:
            yield process
            if not ends:
                process.send_signal(signal.SIGINT)
            code = process.wait(_PATIENCE_S)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        words = said.read()
    _require(code == 0 and "Traceback" not in words, f"{command[1:3]} ended with {code}: {words}")


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a script in the background starts without


def _wait_for_port(port: int, process: subprocess.Popen[str]) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        _require(process.poll() is None and time.monotonic() < until_s, f"nobody on port {port}")
        time.sleep(0.1)


def _say(program: str, user: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [program, *words],
        env=user,
        check=False,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    if done.returncode != 0:
        raise NetworkProblem(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001 (an assertion)
    if not condition:
        raise NetworkProblem(otherwise)
