"""What goes wrong between this computer and an archive, in words, and that nothing is half kept."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE, evt

from planning.network import arrival, association, pacs
from planning.network.contexts import FIND, GET, VERIFICATION
from planning.network.faults import NetworkError, unreachable
from planning.network.matches import MOST_STUDIES, Query, SeriesMatch
from planning.network.servers import PacsServer, Receiver, Retrieval, ServerKind, TlsFiles
from planning.progress import Cancelled, Progress
from tests.dicom_files import write_series
from tests.pacs_peers import OUR_AE, Peer, free_port
from tests.pacs_proxy import proxy

COUNT = 12
WAYS = ("get", "move", "web")


@pytest.fixture(scope="module")
def stored(archive, tmp_path_factory) -> SeriesMatch:
    """Return a series that the archive has been given; each image has 32 kB."""
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    folder = tmp_path_factory.mktemp("faults")

    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    write_series(
        folder,
        np.random.default_rng(3).integers(0, 4000, (COUNT, 128, 128)).astype(np.uint16),
        change=own,
        PatientName="SECRET^PERSON",
        **uids,
    )
    pacs.send_folder(archive.dimse, folder)
    return SeriesMatch(study_uid=uids["StudyInstanceUID"], series_uid=uids["SeriesInstanceUID"])


def _server(archive: Peer, way: str, port: int = 0, **changes: object) -> PacsServer:
    """Return the archive as a server, reached by another port if there is one."""
    if way == "web":
        root = archive.web.root_url
        old = root.split(":")[2].split("/")[0]
        return replace(archive.web, root_url=root.replace(old, str(port or old)), **changes)
    retrieval = Retrieval(way)
    return replace(archive.dimse, port=port or archive.dimse.port, retrieval=retrieval, **changes)


def _web_port(archive: Peer) -> int:
    return int(archive.web.root_url.split(":")[2].split("/")[0])


class TestWithoutAnAnswer:
    @pytest.mark.parametrize("kind", list(ServerKind))
    def test_nobody_listens(self, kind) -> None:
        port = free_port()
        with pytest.raises(NetworkError) as told:
            pacs.echo(_stub(port, kind=kind, root_url=f"http://127.0.0.1:{port}"))
        said = f'The server "stub" cannot be reached: nothing listens on 127.0.0.1, port {port}.'
        assert str(told.value).startswith(said)
        assert "Check address and port under Servers" in str(told.value)

    @pytest.mark.parametrize("kind", list(ServerKind))
    def test_no_such_computer(self, kind, monkeypatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        server = _stub(104, kind=kind, host="nowhere", root_url="http://nowhere:8042/dicom-web")
        with pytest.raises(NetworkError, match=r"no computer is known as nowhere\. Check"):
            pacs.echo(server)

    @pytest.mark.parametrize("kind", list(ServerKind))
    def test_silence_has_an_end(self, kind) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            root = f"http://127.0.0.1:{port}"
            began_s = time.monotonic()
            with pytest.raises(NetworkError, match=r"did not answer within 0\.4 s.*try again"):
                pacs.echo(_stub(port, kind=kind, root_url=root, timeout_s=0.4))
            assert time.monotonic() - began_s < 3.0

    def test_hanging_up_at_once_is_said(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as rude:

            def hang_up() -> None:
                for _ in range(2):
                    rude.accept()[0].close()

            Thread(target=hang_up, daemon=True).start()
            with pytest.raises(NetworkError, match="broke off"):
                pacs.echo(_stub(rude.getsockname()[1]))


class TestMidway:
    @pytest.mark.parametrize("way", WAYS)
    def test_a_dropped_connection_keeps_nothing(self, way, archive, stored, tmp_path) -> None:
        port = _web_port(archive) if way == "web" else archive.dimse.port
        # What is asked first, and its answers, pass; within the images it breaks.
        after, which = (20_000, 3) if way != "web" else (150_000, 0)
        if way == "move":  # the images go another way: these are the counts of the move
            after = 700
        with proxy(port, after_bytes=after, connection=which) as between:
            server = _server(archive, way, between.port)
            with pytest.raises(NetworkError) as told:
                pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver)
            assert between.broke.is_set()
        assert f'connection to the server "{server.name}" broke off after' in str(told.value)
        assert f"of {COUNT} images; nothing of them was kept" in str(told.value)
        assert not list((tmp_path / "in").glob("*"))

    @pytest.mark.parametrize("way", ["get", "web"])
    def test_falling_silent_is_told_from_hanging_up(self, way, archive, stored, tmp_path) -> None:
        port = _web_port(archive) if way == "web" else archive.dimse.port
        after, which = (100_000, 3) if way != "web" else (150_000, 0)
        with proxy(port, after_bytes=after, connection=which, silent=True) as between:
            server = _server(archive, way, between.port, timeout_s=3.0)
            with pytest.raises(NetworkError, match=r"did not answer within 3 s"):
                pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver)
        assert not list((tmp_path / "in").glob("*"))

    @pytest.mark.parametrize("way", ["get", "web"])
    def test_cancel_does_not_wait_for_a_silent_server(
        self, way, archive, stored, tmp_path, monkeypatch
    ) -> None:
        monkeypatch.setattr(association, "CANCEL_ANSWER_S", 0.3)
        port = _web_port(archive) if way == "web" else archive.dimse.port
        after, which = (100_000, 3) if way != "web" else (150_000, 0)
        with proxy(port, after_bytes=after, connection=which, silent=True) as between:
            progress = Progress(is_cancelled=between.broke.is_set)
            server = _server(archive, way, between.port)
            began_s = time.monotonic()
            with pytest.raises(Cancelled):
                pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver, progress)
            assert time.monotonic() - began_s < 10.0  # the server's own limit is 30 s
        assert not list((tmp_path / "in").glob("*"))

    @pytest.mark.parametrize("way", WAYS)
    def test_a_full_disk_is_said_and_leaves_no_crumb(
        self, way, archive, stored, tmp_path, monkeypatch
    ) -> None:
        take = arrival.Arrival.take

        def full(self, *arguments: object) -> None:
            if len(self.instance_uids) == 4:
                raise OSError(errno.ENOSPC, "No space left on device")
            take(self, *arguments)

        monkeypatch.setattr(arrival.Arrival, "take", full)
        server = _server(archive, way)
        with pytest.raises(NetworkError) as told:
            pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver)
        assert "no room left on this computer's disk: 4 of 12 images" in str(told.value)
        assert "Free some space, then try again" in str(told.value)
        assert not list((tmp_path / "in").glob("*"))
        monkeypatch.undo()
        pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver)

    def test_a_folder_nobody_may_write_in_is_said(self, archive, stored, tmp_path) -> None:
        (tmp_path / "in").write_text("a file stands where the folder should be")
        with pytest.raises(NetworkError, match=r"could not be written on this computer \(.+\)"):
            pacs.retrieve_series(archive.dimse, stored, tmp_path / "in")

    def test_more_than_the_limits_is_refused(self, archive, stored, tmp_path) -> None:
        few = replace(archive.receiver, most_images=5)
        small = replace(archive.receiver, most_bytes=100_000)
        for receiver in (few, small):
            for way in WAYS:
                with pytest.raises(NetworkError, match=r"nothing of them was kept\. Raise"):
                    pacs.retrieve_series(_server(archive, way), stored, tmp_path / "in", receiver)
        assert not list((tmp_path / "in").glob("*"))

    def test_a_taken_port_is_said(self, archive, stored, tmp_path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            receiver = Receiver(port=other.getsockname()[1])
            with pytest.raises(NetworkError, match=r"receiver cannot listen on 127\.0\.0\.1, port"):
                pacs.retrieve_series(_server(archive, "move"), stored, tmp_path, receiver)


class TestFailureStatuses:
    def test_a_find_that_fails(self) -> None:
        handler = (evt.EVT_C_FIND, lambda _: iter([(0xA700, None)]))
        with _scp(FIND, handler) as server, pytest.raises(NetworkError) as told:
            pacs.find_studies(server, Query())
        said = 'The server "stub" answered with a failure: it has no room or no resources left'
        assert str(told.value).startswith(f"{said} (status A700). Ask its administrator")

    def test_a_code_nobody_knows_is_told_with_its_number(self) -> None:
        handler, said = (evt.EVT_C_FIND, lambda _: iter([(0xC123, None)])), r"status C123\).*tell"
        with _scp(FIND, handler) as server, pytest.raises(NetworkError, match=said):
            pacs.find_studies(server, Query())

    def test_a_request_that_is_not_offered(self) -> None:
        said = '"stub" does not offer this kind of request'
        with _scp(VERIFICATION) as server, pytest.raises(NetworkError, match=said):
            pacs.find_studies(server, Query())

    def test_a_series_of_which_images_are_missing(self, tmp_path) -> None:
        write_series(tmp_path / "ct", np.zeros((3, 4, 4), np.uint16), change=_own_uid)
        images = [dcmread(path) for path in sorted((tmp_path / "ct").iterdir())]

        def get(event):
            yield 2
            for image in images[:2]:
                yield 0xFF00, image

        handlers = (evt.EVT_C_FIND, _found(images)), (evt.EVT_C_GET, get)
        offered, said = (FIND, GET, CTImageStorage), "sent only 2 of 3 images; nothing of them"
        with _scp(offered, *handlers) as server, pytest.raises(NetworkError, match=said):
            pacs.retrieve_series(server, _series(images), tmp_path / "in")
        assert not (tmp_path / "in").exists() or not list((tmp_path / "in").iterdir())

    def test_cancel_reaches_the_server(self, tmp_path) -> None:
        write_series(tmp_path / "ct", np.zeros((40, 64, 64), np.uint16), change=_own_uid)
        images = [dcmread(path) for path in sorted((tmp_path / "ct").iterdir())]
        told, sent = Event(), []

        def get(event):
            yield len(images)
            for image in images:
                if event.is_cancelled:
                    told.set()
                    yield 0xFE00, None
                    return
                time.sleep(0.05)
                sent.append(image)
                yield 0xFF00, image

        handlers = (evt.EVT_C_FIND, _found(images)), (evt.EVT_C_GET, get)
        with _scp((FIND, GET, CTImageStorage), *handlers) as server:
            progress = Progress(is_cancelled=lambda: len(sent) > 3)
            with pytest.raises(Cancelled):
                pacs.retrieve_series(server, _series(images), tmp_path / "in", None, progress)
            assert told.wait(3.0)
        assert len(sent) < 20

    def test_more_studies_than_anybody_reads_are_cut(self) -> None:
        asked: list[int] = []

        def find(event):
            for number in range(3 * MOST_STUDIES):
                if event.is_cancelled:
                    asked.append(number)
                    yield 0xFE00, None
                    return
                match = Dataset()
                match.QueryRetrieveLevel = "STUDY"
                match.StudyInstanceUID = f"1.2.3.{number}"
                match.StudyDate = f"2026{1 + number % 12:02d}01"
                yield 0xFF00, match

        with _scp(FIND, (evt.EVT_C_FIND, find)) as server:
            studies = pacs.find_studies(server, Query())
        assert studies.is_cut
        assert len(studies.found) == MOST_STUDIES
        dates = [one.date for one in studies.found]
        assert dates == sorted(dates, reverse=True)

    @pytest.mark.parametrize(
        ("code", "body", "said"),
        [
            (500, b"", r"Internal Server Error \(HTTP 500\).*tell its administrator"),
            (404, b"", "has no DICOMweb service at its web address"),
            (401, b"", "does not accept the user, password or token"),
            (200, b"<html>Welcome</html>", "has no DICOMweb service at its web address"),
            (200, b'[{"0020000D": 5}]', "has no DICOMweb service at its web address"),
        ],
    )
    def test_of_the_web(self, code, body, said) -> None:
        with _web(code, body) as root:
            server = _stub(1, kind=ServerKind.DICOMWEB, root_url=root)
            with pytest.raises(NetworkError, match=said):
                pacs.find_studies(server, Query())


def test_nothing_of_patient_or_password_is_logged(archive, stored, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for way in WAYS:
        server = _server(archive, way)
        if way == "web":
            server = replace(server, user="reader", password="open sesame", token="")
        pacs.find_studies(server, Query(patient_name="SECRET"))
        pacs.retrieve_series(server, stored, tmp_path / "in", archive.receiver)
        assert "open sesame" not in repr(server)
    assert caplog.records == []


def _stub(port: int, **changes: object) -> PacsServer:
    made = PacsServer(name="stub", called_ae="STUB", host="127.0.0.1", port=port)
    return replace(made, **changes)


@contextmanager
def _scp(kinds: str | tuple[str, ...], *handlers: object) -> Iterator[PacsServer]:
    """Run a server of the tests' own that answers as it is told to."""
    entity = AE("STUB")
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        entity.add_supported_context(kind, scu_role=True, scp_role=True)
    running = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=list(handlers))
    try:
        yield _stub(running.server_address[1], timeout_s=10.0)
    finally:
        running.shutdown()


def _found(images: list[Dataset]):
    def find(event):
        for image in images:
            match = Dataset()
            match.QueryRetrieveLevel = "IMAGE"
            match.SOPInstanceUID = image.SOPInstanceUID
            yield 0xFF00, match

    return find


def _series(images: list[Dataset]) -> SeriesMatch:
    return SeriesMatch(study_uid=images[0].StudyInstanceUID, series_uid=images[0].SeriesInstanceUID)


def _own_uid(dataset: Dataset, number: int) -> None:
    dataset.SOPInstanceUID = generate_uid()


@contextmanager
def _web(code: int, body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/dicom+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}"
        finally:
            running.shutdown()


def test_the_stub_is_called_by_us() -> None:
    heard: list[str] = []
    handler = (evt.EVT_C_ECHO, lambda event: heard.append(_caller(event)) or 0)
    with _scp(VERIFICATION, handler) as server:
        pacs.echo(server)
    assert heard == [OUR_AE]


def _caller(event) -> str:
    return str(event.assoc.requestor.primitive.calling_ae_title).strip()


def test_what_a_killed_program_left_is_tidied_up(tmp_path) -> None:
    old, new = tmp_path / ".1.2.3.aaaa.part", tmp_path / ".1.2.4.bbbb.part"
    for folder in (old, new):
        folder.mkdir()
        (folder / "1.dcm").write_bytes(b"half")
    long_ago = time.time() - 2 * 24 * 3600
    for path in (old / "1.dcm", old):
        _set_time(path, long_ago)
    arrival.forget_unfinished(tmp_path)
    assert not old.exists()
    assert new.exists()
    # A clock that jumped by decades proves nothing: another program may be at it.
    for path in (new / "1.dcm", new):
        _set_time(path, time.time() - 80 * 365 * 24 * 3600)
    arrival.forget_unfinished(tmp_path)
    assert new.exists()


def test_a_series_that_was_moved_away_for_a_new_one_is_put_back(tmp_path) -> None:
    old = arrival.Arrival(tmp_path / "1.2", most_images=9, most_bytes=999)
    old.take("1.2.1", [b"old"])
    old.keep()
    (tmp_path / "1.2").rename(tmp_path / ".1.2.0123abcd.was")  # and there the program died
    arrival.forget_unfinished(tmp_path)
    assert (tmp_path / "1.2" / "1.2.1.dcm").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["1.2"]


def _set_time(path: Path, at_s: float) -> None:
    import os

    os.utime(path, (at_s, at_s))


@pytest.mark.parametrize("error", [ssl.SSLEOFError(8, "EOF occurred"), ConnectionResetError(104)])
def test_a_refusal_whose_reason_was_lost_names_the_missing_certificate(error) -> None:
    server = PacsServer(name="Hall", called_ae="HALL", host="pacs", port=104, tls=TlsFiles())
    told = str(unreachable(server, error))
    assert "none of this computer's is given" in told
    shown = replace(server, tls=TlsFiles(certificate_file="ours.pem"))
    assert "none of this computer's is given" not in str(unreachable(shown, error))
