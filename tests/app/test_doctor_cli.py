"""`trephine doctor` on this very machine: what it gathers, asks and leaves alone; its exit code."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import paths
from app.cli import cli
from app.doctor import gathering_network, gathering_places
from app.doctor.drawing_probe import ask_what_draws
from app.doctor.gathering import damaged_tables, gather
from app.settings import Settings
from planning.network.servers import PacsServer, PacsSettings, Receiver
from planning.network.servers_file import write_pacs
from tests.pacs_peers import Peer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [key for key in os.environ if key.startswith(("XDG_", "TREPHINE_R"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "gutmensch"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def _doctor(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["doctor", *arguments])
    return done.exit_code, done.stdout


def test_a_silent_archive_is_a_fault_unless_nobody_may_be_asked(home: Path) -> None:
    paths.keep_private(paths.user_data_dir())
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    silent = PacsServer(name="Silent", called_ae="PACS", host="127.0.0.1", port=port)
    write_pacs(PacsSettings(servers=(silent,)), paths.pacs_file())
    code, said = _doctor("--json")
    document = json.loads(said)
    faults = [row for row in document["findings"] if row["state"] == "fault"]
    assert code == 1
    assert [row["title"] for row in faults] == ['Image archive "Silent"']
    assert document["sound"] is False
    assert str(home) not in said
    code, said = _doctor("--no-network", "--support", str(home / "support.zip"))
    assert code == 0
    assert "not asked" in said
    assert "packages.txt" in said
    assert (home / "support.zip").is_file()
    code, _ = _doctor("--no-network", "--support", str(home / "support.zip"))
    assert code == 1  # what is there is kept


def test_an_archive_that_answers_says_until_when_its_certificate_holds(
    secure_archive: Peer,
) -> None:
    assert secure_archive.web is not None
    servers = (secure_archive.dimse, secure_archive.web)
    for answer in gathering_network.answers(servers, network=True):
        assert answer.problem == ""
        assert answer.expires is not None
        assert answer.expires > datetime.now()


def test_ports_are_free_or_held_and_by_whom() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        settings = PacsSettings(receiver=Receiver(port=port))
        (own,) = gathering_network.ports(settings, Settings(navigation_role="connect"))
        assert own.why_not
        assert own.is_own or not Path("/proc").is_dir()
    receiver, navigation = gathering_network.ports(settings, Settings(navigation_port=port))
    assert (receiver.why_not, navigation.why_not) == ("", "")


def test_a_registry_is_looked_at_and_never_made_or_changed(home: Path) -> None:
    assert not gathering_places.registry(network=False).is_there
    assert not (paths.user_data_dir() / "registry").exists()
    file = paths.user_data_dir() / "registry" / "registry.sqlite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"rubbish, and no database at all" * 40)
    assert gathering_places.registry(network=False).problem.startswith("~/")
    file.unlink()
    with sqlite3.connect(file) as database:
        database.execute("create table other (x)")
    database.close()
    assert "something else" in gathering_places.registry(network=False).problem


def test_a_registry_of_this_version_is_whole(home: Path) -> None:
    from app import own_registry

    own_registry.opened(own_registry.place_in_use(), make=True)
    state = gathering_places.registry(network=False)
    assert (state.is_there, state.problem, state.problems, state.cases) == (True, "", (), 0)
    assert state.entries > 0


def test_what_draws_is_asked_in_a_process_that_may_die(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = ask_what_draws()
    assert (drawing.problem, drawing.missing) == ("", ())
    assert drawing.renderer
    assert [font.is_whole and font.loads for font in drawing.fonts] == [True]
    assert any("CJK" in family for family in drawing.cjk_families)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "garbage")
    assert (ask_what_draws().opengl, ask_what_draws().problem) == ("", "")
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    assert "failed to start" in ask_what_draws().problem


def test_a_damaged_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert damaged_tables() == ()
    from app import catalogue

    resources = tmp_path / "resources"
    resources.mkdir()
    (resources / "needles.json").write_text("{")
    (resources / "protocols").mkdir()
    (resources / "roles").mkdir()
    monkeypatch.setattr(paths, "_HERE", tmp_path)
    for reader in (catalogue.needles, catalogue.sites):
        reader.cache_clear()
    damaged = dict(damaged_tables())
    for reader in (catalogue.needles, catalogue.sites):
        reader.cache_clear()
    assert {"needles.json", "sites.toml"} <= damaged.keys()


def test_everything_about_this_machine_is_gathered(home: Path) -> None:
    facts = gather(network=False)
    assert facts.machine.processors >= 1
    assert facts.machine.memory_bytes is None or facts.machine.memory_bytes > 1 << 28
    assert all(version for _, version in facts.machine.packages)
    assert {folder.name for folder in facts.folders} == {"data", "cache", "logs", "temp"}
    assert all(not folder.why_not for folder in facts.folders)
    assert facts.folders[0].path.startswith("~")
