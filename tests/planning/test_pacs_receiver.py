"""The receiver: whom it takes images from, how many, and that they are kept whole or not."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE, evt

from planning.errors import InputError
from planning.network import arrival, pacs
from planning.network.association import limit_silence
from planning.network.faults import NetworkError
from planning.network.inbox import Inbox, Received
from planning.network.receiving import listening
from planning.network.servers import LOOPBACK, PacsServer, Receiver, TlsFiles
from tests.dicom_files import write_series
from tests.pacs_peers import client_files, free_port

SENDER = PacsServer(name="CT room", called_ae="CTROOM", host="127.0.0.1")


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(port=free_port())


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Return six images of two series."""
    written = []
    for number in range(2):
        uids = {"SeriesInstanceUID": f"1.2.{number}", "StudyInstanceUID": "1.2"}
        pixels = np.full((3, 8, 8), number, np.uint16)
        written += write_series(tmp_path / f"ct{number}", pixels, change=_own_uid, **uids)
    return written


def _own_uid(dataset, number) -> None:
    dataset.SOPInstanceUID = generate_uid()


@pytest.fixture
def call(receiver):
    """Return what opens an association as the CT room does; closed at the end."""
    opened: list[socket.socket] = []

    def made(title: str = "CTROOM", called: str = receiver.ae_title):
        entity = AE(title)
        entity.add_requested_context(CTImageStorage)
        handlers = [(evt.EVT_CONN_OPEN, limit_silence, [5.0, opened])]
        return entity.associate(LOOPBACK, receiver.port, ae_title=called, evt_handlers=handlers)

    yield made
    for connection in opened:
        connection.close()


def test_images_are_kept_when_the_sender_is_done(receiver, call, files, tmp_path) -> None:
    heard: list[Received] = []
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        for file in files:
            assert association.send_c_store(dcmread(file)).Status == 0
        assert not [path for path in (tmp_path / "in").glob("*") if path.name[0] != "."]
        association.release()
        _wait(lambda: len(heard) == 2)
    assert {(one.sender, one.folder.name, one.image_count) for one in heard} == {
        ("CT room", "1.2.0", 3),
        ("CT room", "1.2.1", 3),
    }
    assert not any(one.problem for one in heard)
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["1.2.0", "1.2.1"]
    for one in heard:
        for path in one.folder.iterdir():
            assert dcmread(path).SeriesInstanceUID == one.folder.name
            assert path.name == f"{dcmread(path).SOPInstanceUID}.dcm"


def test_a_sender_that_breaks_off_leaves_nothing(receiver, call, files, tmp_path) -> None:
    heard: list[Received] = []
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        association.send_c_store(dcmread(files[0]))
        association.abort()
        _wait(lambda: len(heard) == 1)
    assert "broke off" in heard[0].problem
    assert not list((tmp_path / "in").iterdir())


def test_strangers_are_turned_away(receiver, call, files, tmp_path) -> None:
    heard: list[Received] = []
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        assert not call("STRANGER").is_established
        assert not call(called="OTHER").is_established
        us = PacsServer(
            name="us", called_ae="TREPHINE", calling_ae="CTROOM", host=LOOPBACK, port=receiver.port
        )
        pacs.echo(us)
        said = "does not know this computer by the AE title STRANGER"
        with pytest.raises(NetworkError, match=said):
            pacs.echo(replace(us, calling_ae="STRANGER"))
    assert not heard
    assert not (tmp_path / "in").exists()


def test_other_addresses_are_cut_off_before_they_speak(receiver, call, tmp_path) -> None:
    elsewhere = replace(SENDER, host="127.0.0.2")
    with listening(receiver, [elsewhere], lambda _: 0):
        with socket.create_connection((LOOPBACK, receiver.port), 3.0) as connection:
            assert connection.recv(1) == b""
        assert not call().is_established


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert Receiver().listen_on == LOOPBACK


@pytest.mark.parametrize("limit", [{"most_images": 2}, {"most_bytes": 2500}])
def test_more_than_the_limits_is_refused(limit, receiver, call, files, tmp_path) -> None:
    heard: list[Received] = []
    receiver = replace(receiver, **limit)
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        answers = [association.send_c_store(dcmread(file)) for file in files[:3]]
        last = answers[-1]
        assert "Status" not in last or last.Status == 0xA700
        association.release()
        _wait(lambda: bool(heard))
    assert heard[0].problem
    assert not list((tmp_path / "in").glob("*"))


def test_one_endless_image_is_cut_off(receiver, call, tmp_path) -> None:
    """What arrives is weighed as it comes, not when an image is whole."""
    receiver = replace(receiver, most_bytes=100_000)
    write_series(tmp_path / "ct", np.zeros((1, 1024, 1024), np.uint16))
    inbox = Inbox(tmp_path / "in", receiver, lambda _: None)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        answer = association.send_c_store(dcmread(tmp_path / "ct" / "slice_000.dcm"))
        assert "Status" not in answer
        _wait(lambda: not association.is_established)
    assert not (tmp_path / "in").exists()


def test_a_full_disk_is_answered_and_told(receiver, call, files, tmp_path, monkeypatch) -> None:
    def full(self, *arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(arrival.Arrival, "take", full)
    heard: list[Received] = []
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        assert association.send_c_store(dcmread(files[0])).Status == 0xA700
        association.release()
        _wait(lambda: bool(heard))
    assert heard[0].problem == "it could not be written (the disk is full)"


def test_it_speaks_tls_to_those_it_trusts(receiver, certificates, files, tmp_path) -> None:
    ours = TlsFiles(
        ca_file=str(certificates.authority),
        certificate_file=str(certificates.server),
        key_file=str(certificates.server_key),
    )
    heard: list[Received] = []
    receiver = replace(receiver, tls=ours)
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    us = PacsServer(
        name="us",
        called_ae="TREPHINE",
        calling_ae="CTROOM",
        host="localhost",
        port=receiver.port,
        tls=client_files(certificates),
        timeout_s=5.0,
    )
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        assert pacs.send_folder(us, files[0].parent) == 3
        _wait(lambda: bool(heard))
        bare = replace(us, tls=TlsFiles(ca_file=str(certificates.authority)))
        with pytest.raises(NetworkError, match="does not accept this computer's certificate"):
            pacs.echo(bare)
    assert heard[0].image_count == 3


def test_bad_settings_are_said(receiver) -> None:
    for bad, said in (
        ({"ae_title": ""}, "is no AE title"),
        ({"port": 0}, "is no port"),
        ({"tls": TlsFiles()}, "needs a certificate file"),
    ):
        with (
            pytest.raises(InputError, match=said),
            listening(replace(receiver, **bad), [SENDER], lambda _: 0),
        ):
            pass


def _wait(done) -> None:
    import time

    until_s = time.monotonic() + 5.0
    while not done():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_a_piece_that_claims_gigabytes_ends_the_connection(receiver, files, tmp_path) -> None:
    inbox = Inbox(tmp_path / "in", receiver, lambda _: None)
    with (
        listening(receiver, [SENDER], inbox.store, inbox.ended),
        socket.create_connection((LOOPBACK, receiver.port), 5.0) as connection,
    ):
        connection.sendall(b"\x01\x00" + (1 << 31).to_bytes(4, "big") + bytes(1000))
        connection.settimeout(5.0)
        assert connection.recv(100) == b""


def test_one_image_without_end_is_cut_off(receiver, call, files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("planning.network.receiving.MOST_OBJECT_BYTES", 500)
    heard: list[Received] = []
    inbox = Inbox(tmp_path / "in", receiver, heard.append)
    with listening(receiver, [SENDER], inbox.store, inbox.ended):
        association = call()
        answer = association.send_c_store(dcmread(files[0]))
        assert "Status" not in answer
        _wait(lambda: not association.is_established)
    assert not list((tmp_path / "in").glob("*")) if (tmp_path / "in").exists() else True


def test_the_receiver_listens_where_it_is_told_and_nowhere_else(receiver) -> None:
    with listening(receiver, [SENDER], lambda _: 0):
        found = _listening_on(receiver.port)
    assert found == {"127.0.0.1"}


def _listening_on(port: int) -> set[str]:
    """Return the addresses on which somebody listens at a port, as Linux tells."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("only Linux says who listens where")
    found = set()
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        address, there = local.split(":")
        if state == "0A" and int(there, 16) == port:
            found.add(".".join(str(part) for part in reversed(bytes.fromhex(address))))
    return found
