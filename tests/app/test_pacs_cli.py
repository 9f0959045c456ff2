"""`trephine pacs` against a real archive, its server taken from the settings by name."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from pydicom.uid import generate_uid

from app import pacs_commands
from app.cli import cli, main
from planning.network.servers import PacsSettings
from planning.network.servers_file import write_pacs
from tests.dicom_files import write_series


@pytest.fixture
def settings(archive, tmp_path, monkeypatch) -> PacsSettings:
    made = PacsSettings(
        servers=(archive.dimse, archive.web, replace(archive.web, name="Shut", password="sesame")),
        receiver=archive.receiver,
    )
    write_pacs(made, tmp_path / "pacs.json")
    monkeypatch.setattr(pacs_commands, "pacs_file", lambda: tmp_path / "pacs.json")
    return made


@pytest.mark.parametrize("name", ["Orthanc", "Orthanc web"])
def test_send_find_and_get(name, settings, tmp_path, capsys) -> None:
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}

    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    pixels = np.zeros((4, 8, 8), np.uint16)
    patient = generate_uid()[-12:]
    write_series(tmp_path / "ct", pixels, change=own, PatientID=patient, **uids)
    _run("echo", name)
    _run("send", name, str(tmp_path / "ct"))
    said = capsys.readouterr().out
    assert f"{name} answers." in said
    assert f"4 files stored in {name}." in said
    _run("find", name, "--id", patient, "--json")
    (study,) = json.loads(capsys.readouterr().out)
    assert study["study_uid"] == uids["StudyInstanceUID"]
    _run("find", name, "--study", study["study_uid"], "--json")
    (series,) = json.loads(capsys.readouterr().out)
    _run("get", name, study["study_uid"], series["series_uid"], "-o", str(tmp_path / "in"))
    assert "4 images in" in capsys.readouterr().out
    assert len(list((tmp_path / "in" / series["series_uid"]).iterdir())) == 4
    _run("find", name, "--id", patient)
    assert patient in capsys.readouterr().out


def test_servers_are_listed_without_passwords(settings, capsys) -> None:
    _run("servers")
    said = capsys.readouterr().out
    assert "Orthanc web" in said
    assert "sesame" not in said


def test_errors_are_a_sentence_and_exit_code_1(settings, capsys, monkeypatch) -> None:
    for arguments, expected in (
        (["echo", "Nobody"], 'No PACS server is called "Nobody"; there are: Orthanc'),
        (["find", "Orthanc", "--from", "yesterday"], '"yesterday" is no date'),
        (["get", "Orthanc", "1.2", "1.2.3", "-o", "x"], "has no such series"),
        (["send", "Orthanc", "nowhere"], "There is no folder nowhere"),
    ):
        monkeypatch.setattr("sys.argv", ["trephine", "pacs", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        assert expected in capsys.readouterr().err


def _run(*arguments: str) -> None:
    cli(["pacs", *arguments], standalone_mode=False)
