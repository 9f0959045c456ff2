"""The window of image archives with a real archive behind it: offscreen, real widgets."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QPushButton

from app.application import build_desk
from app.presenters import pacs as presenter_module
from app.presenters.pacs import PacsPresenter
from app.presenters.pacs_servers import fields_of, server_of
from app.views.pacs_values import FoundRow, ServerFields
from app.views.pacs_window import PacsWindow
from planning.network.faults import NetworkError
from planning.network.matches import Studies, StudyMatch
from planning.network.pacs import send_folder
from planning.network.servers import (
    PacsServer,
    PacsSettings,
    Receiver,
    Retrieval,
    ServerKind,
    TlsFiles,
)
from planning.network.servers_file import read_pacs, write_pacs
from tests.dicom_files import write_series
from tests.pacs_peers import free_port

SERVER = PacsServer(name="Archive", called_ae="PACS", host="pacs.example")
STUDY = StudyMatch(
    study_uid="1.2",
    patient_name="DOE^JANE^M",
    patient_id="7",
    birth_date="1970-01-01",
    date="2026-01-10",
    description="",
    accession="",
    modalities=("CT", "SEG"),
    series_count=2,
)


@pytest.fixture
def file(tmp_path) -> Path:
    write_pacs(PacsSettings(servers=(SERVER, replace(SERVER, name="Other"))), tmp_path / "p.json")
    return tmp_path / "p.json"


@pytest.fixture
def window(qtbot) -> PacsWindow:
    made = PacsWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def presenter(window, file, tmp_path):
    made = PacsPresenter(window, file=file, received=tmp_path / "received")
    window.open()
    yield made
    assert made.job.shut_down()


def _button(window: PacsWindow, text: str) -> QPushButton:
    (found,) = [one for one in window.findChildren(QPushButton) if one.text() == text]
    return found


def _field(window: PacsWindow, name: str) -> QLineEdit:
    (found,) = [one for one in window.findChildren(QLineEdit) if one.accessibleName() == name]
    return found


def _wait(presenter: PacsPresenter, qtbot) -> None:
    qtbot.waitUntil(lambda: not presenter.job.is_running, timeout=20_000)


def _cells(tree) -> list[list[str]]:
    return [
        [tree.topLevelItem(row).text(column) for column in range(tree.columnCount())]
        for row in range(tree.topLevelItemCount())
    ]


def test_without_a_server_it_says_what_to_do(window, tmp_path) -> None:
    presenter = PacsPresenter(window, file=tmp_path / "none.json", received=tmp_path)
    window.open()
    for text in ("Search", "Test connection", "Send a folder..."):
        button = _button(window, text)
        assert not button.isEnabled()
        assert button.toolTip() == "No server is known yet. Add one under Servers."
    _button(window, "Servers...").click()
    _button(window, "Add").click()
    _field(window, "Name").setText("PACS")
    _button(window, "Save servers").click()
    assert '"PACS": "" is no AE title' in window.message.text()
    _field(window, "AE title of the server").setText("ARCHIVE")
    _field(window, "Host").setText("10.0.0.7")
    _button(window, "Save servers").click()
    assert window.message.text() == ""
    assert window.server == "PACS"
    assert _button(window, "Search").isEnabled()
    (kept,) = read_pacs(tmp_path / "none.json").servers
    assert (kept.name, kept.called_ae, kept.host, kept.port) == ("PACS", "ARCHIVE", "10.0.0.7", 104)
    assert presenter.job.shut_down()


@pytest.mark.parametrize(
    "server",
    [
        SERVER,
        replace(SERVER, retrieval=Retrieval.MOVE, tls=TlsFiles(ca_file="a", key_file="b")),
        PacsServer(
            name="Web",
            kind=ServerKind.DICOMWEB,
            root_url="https://pacs.example/dicom-web",
            user="me",
            password=" with spaces ",
            timeout_s=60.0,
        ),
    ],
)
def test_fields_hold_all_of_a_server(server) -> None:
    assert server_of(fields_of(server)) == server


def test_editing_shows_and_keeps_each_server(window, presenter, file) -> None:
    presenter.edit_servers()
    page = window.servers
    assert [one.name for one in page.servers] == ["Archive", "Other"]
    page._list.setCurrentRow(1)
    _field(window, "Host").setText("elsewhere")
    page._list.setCurrentRow(0)
    assert _field(window, "Host").text() == "pacs.example"
    assert [one.host for one in page.servers] == ["pacs.example", "elsewhere"]
    _button(window, "Remove").click()
    assert [one.name for one in page.servers] == ["Other"]
    _button(window, "Back").click()
    assert len(read_pacs(file).servers) == 2
    presenter.edit_servers()
    assert len(page.servers) == 2


def test_passwords_are_not_seen(window) -> None:
    web = ServerFields(name="Web", is_web=True, password="sesame", token="t")
    window.servers.set_settings([web], window.servers.receiver)
    for name in ("Password", "Token, instead of a password"):
        assert _field(window, name).echoMode() is QLineEdit.EchoMode.Password


def test_a_file_that_cannot_be_read_is_said(window, tmp_path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"schema_version": 9}))
    made = PacsPresenter(window, file=tmp_path / "bad.json", received=tmp_path)
    window.open()
    assert "bad.json" in window.message.text()
    assert made.job.shut_down()


def test_what_is_found_is_listed(window, presenter, qtbot, monkeypatch) -> None:
    asked = []

    def find(server, query, progress):
        asked.append((server.name, query))
        return Studies(found=(STUDY, replace(STUDY, study_uid="1.3")), is_cut=True)

    monkeypatch.setattr(presenter_module.pacs, "find_studies", find)
    _field(window, "Patient's name").setText("doe")
    qtbot.keyClick(_field(window, "Patient's name"), Qt.Key.Key_Return)
    _wait(presenter, qtbot)
    assert asked[0][0] == "Archive"
    assert asked[0][1].patient_name == "doe"
    first = ["DOE, JANE M", "7", "1970-01-01", "2026-01-10", "no description", "CT SEG", "2"]
    assert _cells(window.search.studies)[0] == first
    assert "The newest 2 of more" in window.search._hint.text()
    assert not _button(window, "Open series").isEnabled()
    assert _button(window, "Open series").toolTip() == "Select a study first."
    window.server_chosen.emit("Other")
    assert _cells(window.search.studies) == []


def test_errors_stand_in_the_window(window, presenter, qtbot, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise NetworkError('The connection to the server "Archive" broke off. Check the network.')

    monkeypatch.setattr(presenter_module.pacs, "find_studies", fail)
    presenter.search()
    _wait(presenter, qtbot)
    assert '"Archive" broke off' in window.message.text()


def test_a_single_study_shows_its_series_at_once(window, presenter, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(presenter_module.pacs, "find_studies", lambda *_: Studies(found=(STUDY,)))
    monkeypatch.setattr(presenter_module.pacs, "find_series", lambda *_: ())
    presenter.search()
    qtbot.waitUntil(lambda: window.search.studies.currentItem() is not None)
    _wait(presenter, qtbot)
    window.search.set_series([FoundRow(key="1.2.3", cells=("4", "Becken", "CT", "", "9"))])
    assert window.search.chosen_series() == "1.2.3"
    assert _button(window, "Open series").isEnabled()


def test_a_series_is_found_fetched_and_opened(archive, tmp_path, qtbot, monkeypatch) -> None:
    write_pacs(
        PacsSettings(servers=(archive.dimse, archive.web), receiver=archive.receiver),
        tmp_path / "data" / "pacs.json",
    )
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}

    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    pixels = np.random.default_rng(1).integers(0, 3000, (6, 20, 24)).astype(np.uint16)
    patient = generate_uid()[-10:]
    write_series(tmp_path / "ct", pixels, change=own, PatientID=patient, **uids)
    desk = build_desk(data_dir=tmp_path / "data")
    qtbot.addWidget(desk.window)
    desk.window.actions_by_key["pacs"].trigger()
    window, presenter = desk.pacs.view, desk.pacs.presenter
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "ct"))
    _button(window, "Send a folder...").click()
    _wait(presenter, qtbot)
    assert window.message.text() == "6 files stored in Orthanc."
    _field(window, "Patient ID").setText(patient)
    _button(window, "Search").click()
    qtbot.waitUntil(lambda: window.search.chosen_series() != "", timeout=20_000)
    told: list[float] = []
    presenter.job.progressed.connect(lambda fraction, _: told.append(fraction))
    _button(window, "Open series").click()
    qtbot.waitUntil(lambda: desk.session.case is not None, timeout=20_000)
    assert told
    assert not window.isVisible()
    received = tmp_path / "data" / "received" / uids["SeriesInstanceUID"]
    assert len(list(received.iterdir())) == 6
    assert desk.session.images.ct.grid.size_ijk == (24, 20, 6)
    np.testing.assert_array_equal(desk.session.images.ct.values, pixels.astype(np.int16) - 1024)
    desk.shut_down()


def test_what_is_sent_here_is_told_and_opened(window, file, tmp_path, qtbot) -> None:
    port = free_port()
    sender = replace(SERVER, name="CT room", called_ae="CTROOM", host="127.0.0.1")
    write_pacs(PacsSettings(servers=(sender,), receiver=Receiver(port=port)), file)
    made = PacsPresenter(window, file=file, received=tmp_path / "received")
    window.open()
    tick = next(one for one in window.findChildren(QCheckBox) if one.text() == "Receive")
    tick.click()
    assert made.receiving.is_on
    assert f"127.0.0.1, port {port}" in window.receiving._text.text()

    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    write_series(tmp_path / "ct", np.zeros((3, 4, 4), np.uint16), change=own)
    us = replace(sender, called_ae="TREPHINE", calling_ae="CTROOM", port=port)
    assert send_folder(us, tmp_path / "ct") == 3
    said = "3 images have arrived from CT room"
    qtbot.waitUntil(lambda: window.receiving._text.text() == said)
    with qtbot.waitSignal(made.retrieved) as opened:
        _button(window, "Open what arrived").click()
    assert len(list(opened.args[0].iterdir())) == 3

    made.receiving.pause()
    assert not made.receiving.is_on
    made.receiving.resume()
    assert made.receiving.is_on
    tick.click()
    assert not made.receiving.is_on
    with socket.create_server(("127.0.0.1", port)):
        tick.click()
        assert "cannot listen on 127.0.0.1" in window.message.text()
        assert not tick.isChecked()
    assert made.job.shut_down()
