"""The start from a fresh checkout: what it installs when, what it repairs, and what it says.

Nothing is downloaded: the programs it would run are recorded instead.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import bootstrap
import checks
import environment
import system_libraries
from system_libraries import SetupError

ROOT = Path(__file__).resolve().parents[1]


class Machine:
    """A machine whose pip and venv only leave the traces that the start looks for."""

    def __init__(self):
        self.done: list[str] = []
        self.fails_at = ""
        self.failure: str | BaseException = ""

    def ran(self, command, listener=None):
        step = self._step(command)
        self.done.append(step)
        if step == self.fails_at:
            if isinstance(self.failure, BaseException):
                raise self.failure
            return self.failure
        made = {"venv": "python", "project": "trephine"}.get(step)
        if made:
            path = environment.script(made)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return None

    def _step(self, command):
        if "venv" in command:
            return "venv"
        if "--editable" in command:
            return "project"
        assert "--require-hashes" in command
        return "dev" if command[-1].endswith(environment.DEV_LOCK.name) else "runtime"

    def start(self, development=False):
        """Prepare once more and return the steps it took."""
        self.done = []
        environment.prepare(development=development)
        return self.done


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A checkout in a folder of its own, with an environment that does not exist yet."""
    for name in ("RUNTIME_LOCK", "DEV_LOCK"):
        copy = tmp_path / "packaging" / getattr(environment, name).name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(name, encoding="utf-8")
        monkeypatch.setattr(environment, name, copy)
    (tmp_path / "pyproject.toml").write_text("[project]", encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / environment.STAMP.name)
    fake = Machine()
    monkeypatch.setattr(environment, "_ran", fake.ran)
    return fake


def test_the_second_start_does_nothing(machine):
    assert machine.start() == ["venv", "runtime", "project"]
    assert machine.start() == []


@pytest.mark.parametrize("step", ["venv", "runtime", "project"])
def test_an_interrupted_start_is_repaired_from_scratch(machine, step):
    machine.fails_at, machine.failure = step, KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        machine.start()
    leftover = environment.VENV / "half-unpacked"
    leftover.parent.mkdir(exist_ok=True)
    leftover.touch()
    machine.fails_at = ""
    assert machine.start() == ["venv", "runtime", "project"]
    assert not leftover.exists()
    assert machine.start() == []


def test_the_checks_are_added_to_what_running_needs(machine):
    machine.start()
    assert machine.start(development=True) == ["dev"]
    assert machine.start(development=True) == []
    assert machine.start() == []


def test_the_checks_alone_bring_what_running_needs(machine):
    assert machine.start(development=True) == ["venv", "dev", "project"]
    assert machine.start() == []


@pytest.mark.parametrize("changed", ["RUNTIME_LOCK", "DEV_LOCK"])
def test_a_changed_lock_makes_the_environment_anew(machine, changed):
    machine.start(development=True)
    getattr(environment, changed).write_text("newer", encoding="utf-8")
    assert machine.start(development=True) == ["venv", "dev", "project"]


def test_running_does_not_mind_an_outdated_set_of_checks(machine):
    machine.start(development=True)
    environment.DEV_LOCK.write_text("newer", encoding="utf-8")
    assert machine.start() == []
    assert machine.start(development=True) == ["venv", "dev", "project"]


def test_a_changed_project_file_installs_only_the_project(machine):
    machine.start()
    (environment.ROOT / "pyproject.toml").write_text("[project] # new", encoding="utf-8")
    assert machine.start() == ["project"]
    assert machine.start() == []


def test_another_python_or_a_missing_one_makes_the_environment_anew(machine, monkeypatch):
    machine.start()
    environment.script("python").unlink()
    assert machine.start() == ["venv", "runtime", "project"]
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    assert machine.start() == ["venv", "runtime", "project"]


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("WARNING: ... Failed to establish a new connection: [Errno 101]", "internet"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE", "not the one"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
    ],
)
def test_a_failing_installation_is_explained_and_tried_again(machine, said, meaning):
    machine.fails_at, machine.failure = "runtime", f"{said}\nERROR: gave up"
    with pytest.raises(SetupError, match=meaning):
        machine.start()
    machine.fails_at = ""
    assert machine.start() == ["venv", "runtime", "project"]


def test_what_a_program_says_is_kept_only_when_it_fails():
    heard = []
    speak = "import sys; print('one'); print('two', file=sys.stderr, flush=True)"
    assert environment._ran([sys.executable, "-c", speak], heard.append) is None
    assert sorted(heard) == ["one\n", "two\n"]
    said = environment._ran([sys.executable, "-c", "print('no'); raise SystemExit(3)"])
    assert said == "no\n"


@pytest.fixture
def linux(monkeypatch):
    """A Linux with apt on which the files in the returned set are missing."""
    missing = {"libEGL.so.1", "libxcb-cursor.so.0"}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "_loads", lambda name: name not in missing)
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: f"/usr/bin/{name}")
    return missing


def test_missing_libraries_are_named_with_the_line_that_installs_them(linux, monkeypatch):
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(SetupError, match=r"sudo apt-get install -y libegl1 libxcb-cursor0\n"):
        system_libraries.require(window=True)
    with pytest.raises(SetupError, match=r"sudo apt-get install -y libegl1\n"):
        system_libraries.require(window=False)


def test_a_python_that_cannot_make_environments_names_the_package(linux, monkeypatch):
    linux.clear()
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(system_libraries.importlib.util, "find_spec", lambda name: None)
    version = f"{sys.version_info.major}\\.{sys.version_info.minor}"
    with pytest.raises(SetupError, match=rf"apt-get install -y python{version}-venv\n"):
        system_libraries.require(window=False)


def test_root_installs_missing_libraries(linux, monkeypatch):
    commands = []

    def apt(arguments, variables):
        assert variables["DEBIAN_FRONTEND"] == "noninteractive"
        commands.append(arguments)
        linux.clear()

    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(system_libraries, "_apt", apt)
    system_libraries.require(window=True)
    wanted = ["install", "-y", "--no-install-recommends", "libegl1", "libxcb-cursor0"]
    assert commands == [["update"], wanted]
    system_libraries.require(window=True)
    assert len(commands) == 2


def test_a_service_that_came_with_a_peer_of_the_tests_is_ended(linux, monkeypatch):
    """Debian starts archives as it installs them; the tests start their own."""
    ran = []
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(system_libraries, "_apt", lambda arguments, variables: None)
    monkeypatch.setattr(
        system_libraries.subprocess, "run", lambda command, **_: ran.append(command)
    )
    assert system_libraries.install(["dcmtk", "orthanc"])
    assert ran == [["invoke-rc.d", "orthanc", "stop"], ["update-rc.d", "orthanc", "disable"]]


def test_peers_are_found_off_the_path_too(linux, monkeypatch, tmp_path):
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: None)
    monkeypatch.setattr(system_libraries, "_PEER_FOLDERS", (str(tmp_path),))
    assert system_libraries.peer_program("Orthanc") == ""
    (tmp_path / "Orthanc").write_text("")
    assert system_libraries.peer_program("Orthanc") == str(tmp_path / "Orthanc")


def test_a_failing_apt_is_quoted(linux, monkeypatch):
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(system_libraries, "_apt", lambda arguments, variables: "E: no network")
    with pytest.raises(SetupError, match="E: no network"):
        system_libraries.require(window=False)


def test_rpm_systems_are_told_the_files_they_provide(linux, monkeypatch):
    only_dnf = {"dnf": "/usr/bin/dnf"}
    monkeypatch.setattr(system_libraries.shutil, "which", only_dnf.get)
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0, raising=False)
    with pytest.raises(SetupError, match=re.escape("sudo dnf install 'libEGL.so.1()(64bit)'")):
        system_libraries.require(window=False)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_bring_their_own_libraries(linux, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    system_libraries.require(window=True, virtual_display=True)
    assert system_libraries.has_display()


def test_a_wrong_command_is_a_usage_error(capsys):
    assert bootstrap.main(["dance"]) == 2
    assert "demo, test, setup, run" in capsys.readouterr().out
    assert bootstrap.main(["check", "dance"]) == 2
    assert bootstrap.main(["setup", "--all"]) == 2


def test_an_explained_failure_ends_with_exit_code_one(monkeypatch, capsys):
    def fail(**options):
        raise SetupError("Make room.")

    monkeypatch.setattr(system_libraries, "require", fail)
    assert bootstrap.main(["demo"]) == 1
    assert "Make room." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("display", "wanted"),
    [
        (True, ["demo"]),
        (False, ["demo", "--headless", "--force", "-o", "trephine-demo"]),
    ],
)
def test_without_a_display_the_demo_writes_its_results(monkeypatch, display, wanted):
    started = []
    monkeypatch.setattr(bootstrap, "_prepare", lambda: None)
    monkeypatch.setattr(bootstrap, "_become", started.append)
    monkeypatch.setattr(system_libraries, "has_display", lambda: display)
    bootstrap.main(["demo"])
    assert started == [wanted]


def test_checks_stop_at_the_first_failure_and_name_it(monkeypatch, capsys):
    codes = iter([0, 0, 1])

    def record(command, **options):
        return subprocess.CompletedProcess(command, next(codes))

    monkeypatch.setattr(checks.subprocess, "run", record)
    assert checks.run(checks.CHECKS, pytest_arguments=[]) == 1
    assert "FAILED: types. Passed before it: lint, format." in capsys.readouterr().out


def test_each_commit_runs_the_same_checks():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    wanted = [f"python3 packaging/bootstrap.py check {check.name}" for check in checks.CHECKS]
    assert entries == wanted
