"""Whatever keeps the window from opening, or ends it, is said in words and kept; by real starts."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks and asks for X servers")

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    code: int
    said: dict[str, str]
    stderr: str


class Room:
    """A home of its own, in which Trephine is started."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.variables: dict[str, str] = {}

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "trephine"

    @property
    def logs(self) -> str:
        files = sorted((self.data / "logs").glob("*"))
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    def command(self, how: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tests.app.start_child", how, *arguments]

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DISPLAY", "WAY"))}
        kernels = os.environ.get("NUMBA_CACHE_DIR", str(self.home / "kernels"))
        fixed = {
            "HOME": str(self.home),
            "NUMBA_CACHE_DIR": kernels,
            "QT_QPA_PLATFORM": "offscreen",
            "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow",
            "TREPHINE_TEST_ROOM": str(self.home.parent),
        }
        made = {**kept, **fixed, **self.variables}
        return {key: value for key, value in made.items() if value}

    def run(self, how: str, *arguments: str, before: Callable[[], Any] | None = None) -> Ran:
        done = subprocess.run(
            self.command(how, *arguments),
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=before,
        )
        said: dict[str, str] = {}
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                said = json.loads(line)
        return Ran(done.returncode, said, done.stderr)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "room")


def test_a_good_start_says_nothing_and_leaves_no_mark(room: Room) -> None:
    ran = room.run("close")
    assert (ran.code, ran.said, ran.stderr) == (0, {"strip": "", "message": ""}, "")
    assert list((room.data / "running").iterdir()) == []
    assert "Trephine ends" in room.logs
    for path in (room.data, room.data / "logs"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"QT_QPA_PLATFORM": "xcb"}, "there is no screen here"),
        ({"QT_QPA_PLATFORM": ""}, "there is no screen here"),
        ({"QT_QPA_PLATFORM": "nonsense"}, 'QT_QPA_PLATFORM is set to "nonsense"'),
    ],
)
def test_a_window_that_qt_cannot_open_is_said(
    room: Room, variables: dict[str, str], words: str
) -> None:
    room.variables = variables
    ran = room.run("close")
    assert ran.code == 1  # not by a signal
    assert words in ran.stderr.splitlines()[-1]
    assert "Qt could not open a window" in room.logs


def test_what_qt_cannot_show_another_program_shows(room: Room) -> None:
    told = room.home / "told"
    zenity = room.home / "bin" / "zenity"
    zenity.parent.mkdir()
    zenity.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\n')
    zenity.chmod(0o755)
    room.variables = {
        "PATH": f"{zenity.parent}:{os.environ['PATH']}",
        "QT_QPA_PLATFORM": "xcb",
        "DISPLAY": ":7753",
    }
    assert room.run("close").code == 1
    assert "the screen :7753 does not answer" in told.read_text()
    assert "--no-markup" in told.read_text()


def test_nothing_of_the_kind_is_said_in_english_to_a_german(room: Room) -> None:
    room.data.mkdir(parents=True)
    (room.data / "settings.json").write_text('{"language": "de"}')
    room.variables = {"QT_QPA_PLATFORM": "nonsense"}
    assert "kann sich nicht öffnen" in room.run("close").stderr.splitlines()[-1]


def test_without_opengl_all_but_3d_works(room: Room) -> None:
    room.variables = {"VTK_DEFAULT_OPENGL_WINDOW": "garbage"}
    ran = room.run("close")
    assert ran.code == 0
    assert ran.said["strip"].startswith("There is no OpenGL 3.2 here")


def test_a_home_that_takes_nothing_is_said_and_trephine_goes_on(room: Room) -> None:
    room.home.rmdir()
    room.home.write_text("a file, in which no folder can be made")
    room.variables = {"NUMBA_CACHE_DIR": "", "TMPDIR": str(room.home.parent)}
    ran = room.run("close")
    assert ran.code == 0
    assert "Nothing can be kept in" in ran.said["strip"]
    assert "Compiled kernels cannot be kept in" in ran.said["strip"]
    assert "Traceback" not in ran.stderr
    assert list(room.home.parent.glob("trephine-kernels-*")) == []


def test_a_full_disk_is_said_and_trephine_goes_on(room: Room) -> None:
    """No file may take a byte, for any user: what a full disk looks like to a program."""

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    ran = room.run("close", before=fill)
    assert ran.code == 0
    assert "Nothing can be kept in" in ran.said["strip"]
    assert "Traceback" not in ran.stderr


def test_files_of_rubbish_among_the_data_keep_no_window_from_opening(room: Room) -> None:
    (room.data / "registry").mkdir(parents=True)
    for name in ("settings.json", "pacs.json", "remembered.json", "registry/registry.sqlite"):
        (room.data / name).write_bytes(b"\x00\xffrubbish{")
    (room.data / "error_models.toml").write_bytes(b"= = =")
    ran = room.run("close")
    assert ran.code == 0
    assert ran.said["strip"] == "The settings file cannot be read; everything starts as new."
    assert (room.data / "pacs.json").read_bytes() == b"\x00\xffrubbish{"


def test_missing_resources_and_damaged_fonts_are_said(room: Room) -> None:
    ran = room.run("no-resources")
    assert ran.code == 1
    assert "the installation is incomplete. Install it again." in ran.stderr.splitlines()[-1]
    ran = room.run("bad-font")
    assert ran.code == 0
    assert ran.said["strip"].startswith("The bundled fonts are missing or damaged")


def test_a_bug_while_the_window_is_made_is_said_without_its_values(room: Room) -> None:
    ran = room.run("bug")
    assert ran.code == 1
    assert "Trephine has a fault of its own (ZeroDivisionError at" in ran.stderr
    assert "ZeroDivisionError at tests/app/start_child.py" in room.logs.replace(
        "app/", "tests/app/"
    )
    assert "DOE" not in room.logs + ran.stderr


def test_a_crash_is_told_kept_and_noticed_at_the_next_start(room: Room) -> None:
    ran = room.run("segv")
    assert ran.code == -11
    assert "Trephine ended by itself (Segmentation fault, app/" in ran.stderr
    traces = list((room.data / "logs").glob("crash-*.txt"))
    assert len(traces) == 1
    assert "Fatal Python error: Segmentation fault" in traces[0].read_text()
    assert str(ROOT) not in room.logs
    assert stat.S_IMODE(traces[0].stat().st_mode) == 0o600
    ran = room.run("kill")
    assert "Trephine ended by itself last time" in ran.said["strip"]
    assert "Segmentation fault" in ran.said["strip"]
    assert ran.stderr == ""  # who kills it knows
    ran = room.run("close")
    assert "did not end as it should last time" in ran.said["strip"]
    assert room.run("close").said["strip"] == ""


def test_a_crash_before_the_window_stands_is_told(room: Room) -> None:
    ran = room.run("segv-early")
    assert ran.code == -11
    assert "ended by itself before its window stood (Segmentation fault" in ran.stderr


def test_two_windows_at_once_take_neither_for_dead(room: Room) -> None:
    first = subprocess.Popen(
        room.command("wait"),
        cwd=ROOT,
        env=room.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdin is not None
    assert json.loads(first.stdout.readline())["strip"] == ""
    assert room.run("close").said["strip"] == ""
    assert len(list((room.data / "running").glob("*.lock"))) == 1
    with first:
        first.stdin.write("\n")
    assert first.returncode == 0
    assert list((room.data / "running").iterdir()) == []
