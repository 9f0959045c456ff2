"""A support file holds nothing of a patient and no name, whatever Trephine went through before."""

from __future__ import annotations

import json
import os
import socket
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pytestqt.qtbot import QtBot

from app import paths
from app.application import build_desk
from app.blanking import Blanks, blanks_of_this_computer
from app.crashes import keep_trace
from app.desk import Desk
from app.doctor.examination import examine
from app.doctor.gathering import gather
from app.logs import log_fault, start_log, stop_log
from app.messages import sentence_of
from app.settings import Settings, save_settings
from app.support_file import SupportPart, contents_of, write_support_file
from planning.errors import InputError
from planning.network.servers import PacsServer, PacsSettings
from planning.network.servers_file import write_pacs
from planning.sample.sample_case import write_sample_case

USER, COMPUTER = "gutmensch", "ctroom7.klinik.example"
NAME, PATIENT_ID, BORN = "ZWETSCHGE^ADELHEID", "P-4711-0815", "19420317"
SECRETS = ("zwetschge", "adelheid", "4711-0815", "19420317", "1942-03-17", USER, "ctroom7")
ARCHIVE = PacsServer(
    name="Klinikarchiv", called_ae="KLINPACS", host="pacs.klinik.example", port=11113
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a user with a name, on a computer with a name."""
    home = tmp_path / USER
    home.mkdir()
    for name in [key for key in os.environ if key.startswith("XDG_")]:
        monkeypatch.delenv(name)
    for name, value in {"HOME": str(home), "USER": USER, "LOGNAME": USER}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(socket, "gethostname", lambda: COMPUTER)
    monkeypatch.setattr(socket, "getfqdn", lambda _="": COMPUTER)
    return home


@pytest.fixture
def logged(home: Path) -> object:
    """Write the log among that user's data, as a start does."""
    start_log(paths.log_file())
    yield
    stop_log()


def _case_of_somebody(folder: Path) -> tuple[Path, set[str]]:
    """Return the sample case with a patient's name, and its UIDs."""
    case = write_sample_case(folder, in_plane_size=96, slice_spacing_mm=6.0)
    uids: set[str] = set()
    for file in (folder / "ct").iterdir():
        slice_ = pydicom.dcmread(file)
        slice_.PatientName, slice_.PatientID, slice_.PatientBirthDate = NAME, PATIENT_ID, BORN
        uids |= {slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.SOPInstanceUID}
        slice_.save_as(file)
    return case, uids


def _settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=240_000)


def _work_and_go_wrong(desk: Desk, case: Path, qtbot: QtBot) -> None:
    """Open and plan a case, then open what cannot be opened, and meet a bug."""
    desk.open_case(case)
    _settle(desk, qtbot)
    desk.planning.start()
    _settle(desk, qtbot)
    assert desk.session.case is not None
    assert desk.session.case.plan is not None
    folder = case.parent
    (folder / f"{NAME}.nii.gz").write_bytes(b"not an image")
    for bad in (folder / f"{NAME}.nii.gz", folder / "ZWETSCHGE" / "ct.nii.gz"):
        desk.open_case(bad)
        _settle(desk, qtbot)
        assert desk.window.message.text()
    try:
        {}[f"{NAME} {PATIENT_ID}"]
    except KeyError as bug:
        log_fault(bug)
        sentence_of(bug)


def _data_with_names(case: Path) -> None:
    settings = Settings(last_folder=str(case.parent), navigation_host="navi.klinik.example")
    save_settings(settings, paths.settings_file())
    write_pacs(PacsSettings(servers=(ARCHIVE,)), paths.pacs_file())
    trace = f'Fatal Python error: Aborted\n  File "{Path.home()}/app/x.py", line 3 in f\n'
    keep_trace(paths.log_file().parent, trace, "Trephine")


def test_nothing_of_a_patient_and_no_name_is_in_it(
    home: Path, logged: object, qtbot: QtBot
) -> None:
    case, uids = _case_of_somebody(home / "Zwetschge, Adelheid" / "case")
    desk = build_desk(data_dir=paths.user_data_dir())
    qtbot.addWidget(desk.window)
    _work_and_go_wrong(desk, case, qtbot)
    desk.window.close()
    _data_with_names(case)
    kept = (paths.user_data_dir() / "remembered.json").read_text(encoding="utf-8")
    assert "Zwetschge" in kept, "there is something to be found"

    file = home / "support.zip"
    write_support_file(file, contents_of(examine(gather(network=False))))
    found = _inflated(file)
    assert {"doctor.txt", "logs/trephine.log", "settings.json", "packages.txt"} <= found.keys()
    assert "KeyError at app/test_support_file.py" in found["logs/trephine.log"]
    assert "pydicom" in found["packages.txt"]
    everything = "\n".join([*found, *found.values(), file.read_bytes().decode("latin-1")]).lower()
    hosts = ("klinik", "klinpacs", "11113")
    assert [s for s in (*SECRETS, *hosts, *uids, str(home).lower()) if s in everything] == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 or os.name != "posix"


def _inflated(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


BLANKS = Blanks(
    names=(("/homes/gutmensch", "~"), ("gutmensch", "[user]"), ("ann", "[user]")),
    kept_paths=("~/.local/share/trephine",),
)


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("of GutMensch.", "of [user]."),
        ("planning is no name, ann is", "planning is no name, [user] is"),
        ("series 1.2.840.10008.5.1.4 here", "series [UID] here"),
        ("version 9.7.2 and 3.11", "version 9.7.2 and 3.11"),
        ("at 10.1.2.3:104, not 127.0.0.1", "at [address]:104, not 127.0.0.1"),
        ("fe80:0:0:0:1:2:3:4", "[address]"),
        ("in /data/Doe Jane/ct.nii.gz.", "in [path]"),
        (r"C:\Users\Doe Jane\ct.dcm", "[path]"),
        (r"\\server\share\x", "[path]"),
        ("~/.local/share/trephine, full", "~/.local/share/trephine, full"),
        ("/homes/gutmensch/.local/share/trephine/logs", "~/.local/share/trephine/logs"),
        ("/homes/gutmensch/cases/x", "[path]"),
        ("app/logs.py:31 and/or 3/4", "app/logs.py:31 and/or 3/4"),
    ],
)
def test_what_names_somebody_is_blanked_and_the_rest_stays(text: str, blanked: str) -> None:
    assert BLANKS.blanked(text) == blanked


def test_words_of_every_day_are_not_blanked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    monkeypatch.setattr(socket, "getfqdn", lambda _="": "localhost")
    save_settings(Settings(last_folder="/data/case"), paths.settings_file())
    clean = blanks_of_this_computer().blanked
    assert clean("the case of localhost, Trephine ends") == "the case of localhost, Trephine ends"


def test_a_support_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    part = SupportPart(name="a", text="b", about="")
    with pytest.raises(InputError, match="could not be written"):
        write_support_file(tmp_path / "file" / "support.zip", [part])


def test_the_window_shows_what_a_support_file_holds_before_it_is_saved(
    home: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    from tests.app.test_doctor import FACTS

    asked: list[bool] = []

    def look(*, network: bool, progress: object) -> object:
        asked.append(network)
        return replace(FACTS, crashes=("Aborted",))

    desk = build_desk(data_dir=paths.user_data_dir())
    qtbot.addWidget(desk.window)
    desk.checking._gather = look
    desk.window.actions_by_key["doctor"].trigger()
    views = desk.checking.views
    assert views is not None
    doctor, support = views
    qtbot.waitUntil(lambda: not desk.checking.job.is_running, timeout=20_000)
    standing = {row.title: row.standing for row in doctor.rows}
    assert (standing["Clock"], standing["Earlier runs"]) == ("ok", "note")
    doctor.support_requested.emit()
    qtbot.waitUntil(support.isVisible, timeout=20_000)
    assert asked == [True]  # what was found is still known
    shown = {row.name: row.text for row in support.rows}
    assert "doctor.txt" in shown
    presenter = desk.checking._parts()[2]
    presenter.save(tmp_path / "support.zip")
    assert _inflated(tmp_path / "support.zip") == shown
    presenter.save(tmp_path / "support.zip" / "deeper.zip")
    assert "could not be written" in support.message.text()
    for view in views:
        view.close()
    desk.window.close()


def test_the_settings_in_it_say_neither_where_nor_who(home: Path) -> None:
    kept = Settings(scheme="light", last_folder="/srv/Zwetschge", navigation_host="10.0.0.7")
    save_settings(kept, paths.settings_file())
    parts = {part.name: part.text for part in contents_of(())}
    shown = json.loads(parts["settings.json"])
    assert (shown["scheme"], shown["last_folder"], shown["my_layout"]) == (
        "light",
        "(set)",
        "(as at first)",
    )
    assert "navigation_host" in shown
    assert "10.0.0.7" not in parts["settings.json"]
