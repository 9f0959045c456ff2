"""Archives of other people, asked, filled and emptied over every way there is: whole or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import JPEGLSLossless, generate_uid

from planning.errors import InputError
from planning.imaging.dicom_series import list_series
from planning.network import pacs
from planning.network.faults import NetworkError
from planning.network.matches import Query, SeriesMatch, Studies
from planning.network.servers import PacsServer, Receiver, Retrieval, TlsFiles
from planning.progress import Cancelled, Progress
from tests.dicom_files import write_series
from tests.pacs_peers import OUR_AE, free_port

WAYS = ("orthanc get", "orthanc move", "orthanc web", "dcmtk get", "dcmtk move")
COUNT = 9
PIXELS = np.random.default_rng(7).integers(0, 4000, (COUNT, 24, 40)).astype(np.uint16)


@pytest.fixture(params=WAYS)
def way(request) -> tuple[PacsServer, Receiver]:
    """Return a server, and how it reaches this computer, for each way of speaking to it."""
    return _way(request.param, request)


def _way(name: str, request) -> tuple[PacsServer, Receiver]:
    which, how = name.split()
    peer = request.getfixturevalue("archive" if which == "orthanc" else "dcmtk_archive")
    if how == "web":
        return peer.web, peer.receiver
    return replace(peer.dimse, retrieval=Retrieval(how)), peer.receiver


@pytest.fixture
def stored(way, tmp_path) -> tuple[Path, SeriesMatch]:
    """Return a series of its own that the server has been given, and its files."""
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    folder = tmp_path / "sent"
    _write(folder, **uids)
    assert pacs.send_folder(way[0], folder) == COUNT
    return folder, SeriesMatch(
        study_uid=uids["StudyInstanceUID"], series_uid=uids["SeriesInstanceUID"]
    )


def _write(folder: Path, **values: object) -> None:
    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    named = {"PatientName": "Kübler^Jörg", "PatientID": "P-77", "StudyDate": "20260110"}
    named |= {"SpecificCharacterSet": "ISO_IR 100", "StudyDescription": "Becken"}
    write_series(folder, PIXELS, change=own, **(named | values))


def test_it_answers(way) -> None:
    pacs.echo(way[0])


def test_what_is_stored_is_found_and_comes_back_the_same(way, stored, tmp_path) -> None:
    server, receiver = way
    sent, series = stored
    studies = pacs.find_studies(server, Query(patient_id="P-77", date_from="2026-01-10"))
    (study,) = [one for one in studies.found if one.study_uid == series.study_uid]
    assert (study.patient_name, study.date) == ("Kübler^Jörg", "2026-01-10")
    (found,) = pacs.find_series(server, study.study_uid)
    assert (found.series_uid, found.modality, found.number) == (series.series_uid, "CT", "4")

    told: list[float] = []
    progress = Progress(lambda fraction, _: told.append(fraction))
    folder = pacs.retrieve_series(server, found, tmp_path / "in", receiver, progress)
    assert folder == tmp_path / "in" / series.series_uid
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= COUNT
    assert {path.name for path in (tmp_path / "in").iterdir()} == {folder.name}

    (read,) = list_series(folder)
    assert (read.size_ijk, read.problem) == ((40, 24, COUNT), "")
    came = {file.SOPInstanceUID: file for file in map(dcmread, folder.iterdir())}
    assert len(came) == COUNT
    for path in sent.iterdir():
        was = dcmread(path)
        now = came[was.SOPInstanceUID]
        np.testing.assert_array_equal(now.pixel_array, was.pixel_array)
        assert now.PatientName == was.PatientName
        assert now.ImagePositionPatient == was.ImagePositionPatient
        assert now.RescaleIntercept == -1024


def test_names_are_found_however_they_are_written(archive, dcmtk_archive, tmp_path) -> None:
    study = generate_uid()
    _write(
        tmp_path / "ct",
        StudyInstanceUID=study,
        SeriesInstanceUID=generate_uid(),
        PatientName="MARLOWE^PHILIP",
        PatientID="LA-1",
    )
    for server in (archive.dimse, archive.web, dcmtk_archive.dimse):
        pacs.send_folder(server, tmp_path / "ct")
        for name in ("MARLOWE", "marl", "marlowe, ph", "MARLOWE^PHILIP", "MAR*PHILIP"):
            assert _uids(pacs.find_studies(server, Query(patient_name=name))) == {study}, name
        assert _uids(pacs.find_studies(server, Query(patient_name="MARLOWE, X"))) == set()
        nobody = Query(patient_id="LA-1", date_to="2026-01-09")
        assert _uids(pacs.find_studies(server, nobody)) == set()
    for server in (archive.dimse, archive.web):
        for modality, found in (("CT", {study}), ("MR", set())):
            query = Query(patient_id="LA-1", modality=modality)
            assert _uids(pacs.find_studies(server, query)) == found


def test_compressed_images_come_as_they_are_stored(archive, tmp_path) -> None:
    _write(tmp_path / "ct", StudyInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid())
    first = None
    for path in (tmp_path / "ct").iterdir():
        dataset = dcmread(path)
        first = dataset.pixel_array if first is None else first
        dataset.compress(JPEGLSLossless, generate_instance_uid=False)
        dataset.save_as(path)
    series = SeriesMatch(study_uid=dataset.StudyInstanceUID, series_uid=dataset.SeriesInstanceUID)
    assert pacs.send_folder(archive.dimse, tmp_path / "ct") == COUNT
    for name in ("get", "move", "web"):
        server = archive.web
        if name != "web":
            server = replace(archive.dimse, retrieval=Retrieval(name))
        folder = pacs.retrieve_series(server, series, tmp_path / name, archive.receiver)
        files = [dcmread(path) for path in folder.iterdir()]
        assert {file.file_meta.TransferSyntaxUID for file in files} == {JPEGLSLossless}
        assert any(np.array_equal(file.pixel_array, first) for file in files)


def test_fetching_again_replaces_what_was_there(archive, tmp_path) -> None:
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    _write(tmp_path / "ct", **uids)
    pacs.send_folder(archive.dimse, tmp_path / "ct")
    series = SeriesMatch(study_uid=uids["StudyInstanceUID"], series_uid=uids["SeriesInstanceUID"])
    folder = pacs.retrieve_series(archive.dimse, series, tmp_path / "in")
    (folder / "left over.txt").write_text("old")
    again = pacs.retrieve_series(archive.web, series, tmp_path / "in")
    assert again == folder
    assert len(list(folder.iterdir())) == COUNT
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", WAYS)
def test_no_such_series_is_said(name, request, tmp_path) -> None:
    server, receiver = _way(name, request)
    unknown = SeriesMatch(study_uid="1.2.3", series_uid="1.2.3.4")
    with pytest.raises(NetworkError, match=rf'"{server.name}" has no such series.*Search again'):
        pacs.retrieve_series(server, unknown, tmp_path / "in", receiver)
    assert not list(tmp_path.rglob("*"))


def test_giving_up_leaves_nothing(way, stored, tmp_path) -> None:
    server, receiver = way
    told: list[str] = []
    progress = Progress(lambda _, text: told.append(text), lambda: len(told) > 3)
    with pytest.raises(Cancelled):
        pacs.retrieve_series(server, stored[1], tmp_path / "in", receiver, progress)
    assert not list((tmp_path / "in").glob("*"))
    pacs.echo(server)


@pytest.mark.parametrize("which", ["archive", "dcmtk_archive"])
def test_a_wrong_ae_title_is_said(which, request) -> None:
    server = replace(request.getfixturevalue(which).dimse, called_ae="NOBODY")
    with pytest.raises(NetworkError) as told:
        pacs.echo(server)
    assert f'"{server.name}" does not answer to the AE title NOBODY' in str(told.value)
    assert "correct it under Servers" in str(told.value)


def test_a_stranger_is_told_whom_to_ask(archive) -> None:
    stranger = replace(archive.dimse, calling_ae="STRANGER")
    with pytest.raises(NetworkError, match="does not know this computer by the AE title STRANGER"):
        pacs.find_studies(stranger, Query())


def test_a_move_to_an_unknown_receiver_says_what_to_enter(archive, tmp_path, request) -> None:
    server, _ = _way("dcmtk move", request)
    _write(tmp_path / "ct", StudyInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid())
    first = dcmread(next((tmp_path / "ct").iterdir()))
    pacs.send_folder(server, tmp_path / "ct")
    series = SeriesMatch(study_uid=first.StudyInstanceUID, series_uid=first.SeriesInstanceUID)
    elsewhere = Receiver(ae_title="ELSEWHERE", port=free_port())
    with pytest.raises(NetworkError, match=r"does not know where to send.*A801.*Ask its admin"):
        pacs.retrieve_series(server, series, tmp_path / "in", elsewhere)
    assert not (tmp_path / "in").exists()


class TestOverTls:
    def test_both_kinds_work(self, secure_archive, tmp_path) -> None:
        uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
        _write(tmp_path / "ct", **uids)
        assert pacs.send_folder(secure_archive.dimse, tmp_path / "ct") == COUNT
        assert pacs.send_folder(secure_archive.web, tmp_path / "ct") == COUNT
        for server in (secure_archive.dimse, secure_archive.web):
            pacs.echo(server)
            (found,) = pacs.find_series(server, uids["StudyInstanceUID"])
            folder = pacs.retrieve_series(server, found, tmp_path / server.kind)
            assert len(list(folder.iterdir())) == COUNT

    @pytest.mark.parametrize("kind", ["dimse", "web"])
    def test_an_untrusted_certificate_is_refused(self, kind, secure_archive) -> None:
        server = getattr(secure_archive, kind)
        files = replace(server.tls, ca_file="")
        with pytest.raises(NetworkError, match=r"certificate of the server.*is not trusted \(.+\)"):
            pacs.echo(replace(server, tls=files))

    @pytest.mark.parametrize("kind", ["dimse", "web"])
    def test_a_certificate_for_another_name_is_refused(self, kind, secure_archive) -> None:
        server = getattr(secure_archive, kind)
        other = replace(
            server, host="127.0.0.2", root_url=server.root_url.replace("localhost", "127.0.0.2")
        )
        with pytest.raises(NetworkError, match=r"not trusted|nothing listens"):
            pacs.echo(other)

    @pytest.mark.parametrize("kind", ["dimse", "web"])
    def test_a_missing_certificate_of_ours_is_said(self, kind, secure_archive) -> None:
        server = getattr(secure_archive, kind)
        bare = TlsFiles(ca_file=server.tls.ca_file)
        # The refusal can overtake our request, or be lost with the connection: both are right.
        refused = r"does not accept this computer's certificate|none of this computer's is given"
        with pytest.raises(NetworkError, match=refused):
            pacs.echo(replace(server, tls=bare))

    def test_a_wrong_password_is_said(self, secure_archive) -> None:
        with pytest.raises(NetworkError, match="does not accept the user, password or token"):
            pacs.echo(replace(secure_archive.web, password="guess"))

    def test_tls_to_a_server_without_is_said(self, archive, secure_archive) -> None:
        server = replace(archive.dimse, tls=secure_archive.dimse.tls, timeout_s=3.0)
        with pytest.raises(
            NetworkError, match=r"does not speak TLS there|did not answer|broke off"
        ):
            pacs.echo(server)

    def test_a_bad_certificate_file_is_named(self, secure_archive, tmp_path) -> None:
        bad = tmp_path / "bad.pem"
        bad.write_text("nothing")
        for field in ("ca_file", "certificate_file"):
            files = replace(secure_archive.dimse.tls, **{field: str(bad)})
            with pytest.raises(InputError, match=r"bad\.pem cannot be used"):
                pacs.echo(replace(secure_archive.dimse, tls=files))


def test_only_dicom_files_are_sent(archive, tmp_path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(InputError, match="holds no DICOM files"):
        pacs.send_folder(archive.dimse, tmp_path)
    _write(tmp_path / "ct", StudyInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid())
    assert pacs.send_folder(archive.dimse, tmp_path) == COUNT
    assert archive.dimse.calling_ae == OUR_AE


def _uids(studies: Studies) -> set[str]:
    return {one.study_uid for one in studies.found}
