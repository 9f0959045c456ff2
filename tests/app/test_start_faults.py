"""What keeps the window from opening, in words with a way out; traces; by what it is told."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app import telling
from app.crashes import how_it_ended, keep_trace, kept_traces, last_ends, without_folders
from app.run_marks import RunMark
from app.start_faults import words_of, words_of_end, words_of_qt
from planning.errors import InputError

LIBRARY = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
SHORT = ImportError("/lib/x86_64-linux-gnu/libGL.so.1: file too short")
INSIDE = ImportError("/opt/trephine/_internal/PySide6/Qt/lib/libQt6Gui.so.6: file too short")
NO_PLUGIN = (
    "This application failed to start because no Qt platform plugin could be initialized.\n\n"
    "Available platform plugins are: offscreen, xcb, wayland.\n"
)


def test_a_library_of_the_system_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.start_faults.line_that_installs", lambda _: "")
    assert "lacks libEGL.so.1, or it is damaged. Install it" in words_of(LIBRARY, {})
    assert "lacks libGL.so.1" in words_of(SHORT, {})


def test_a_part_of_the_program_itself_asks_for_a_new_installation() -> None:
    for error in (INSIDE, ModuleNotFoundError("No module named 'vtkmodules'", name="vtkmodules")):
        assert "Install Trephine again" in words_of(error, {})
        assert "/opt" not in words_of(error, {})


def test_errors_of_the_disk_and_of_trephine_keep_their_words() -> None:
    assert "no room left" in words_of(OSError(errno.ENOSPC, "No space left on device"), {})
    assert words_of(InputError("Install it again."), {}) == "Install it again."
    assert "a fault of its own (ValueError" in words_of(ValueError("DOE"), {})
    assert "DOE" not in words_of(ValueError("DOE"), {})


@pytest.mark.parametrize(
    ("environment", "lacking", "words"),
    [
        ({}, {}, "there is no screen here"),
        ({"DISPLAY": ":1"}, {}, "the screen :1 does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, {}, "the screen wayland-0 does not answer"),
        ({"DISPLAY": ":1"}, {"libxcb-cursor.so.0": "libxcb-cursor0"}, "lacks libxcb-cursor.so.0"),
        ({"QT_QPA_PLATFORM": "eglfs:x", "DISPLAY": ":1"}, {}, 'is set to "eglfs"'),
        ({"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":1"}, {}, "the screen :1 does not answer"),
    ],
)
def test_what_qt_says_becomes_what_to_do(
    environment: dict[str, str], lacking: dict[str, str], words: str
) -> None:
    assert words in words_of_qt(NO_PLUGIN, environment, lacking)


TRACE = """Fatal Python error: Segmentation fault

Thread 0x1 (most recent call first):
  File "/homes/doe/trephine/app/autosave.py", line 99 in _run

Current thread 0x2 (most recent call first):
  File "<frozen importlib._bootstrap>", line 1 in load
  File "/homes/doe/.venv/lib/python3.11/site-packages/vtkmodules/util.py", line 7 in render
  File "/homes/doe/trephine/app/rendering/scene.py", line 42 in render
  File "/homes/doe/trephine/app/application.py", line 3 in run

Extension modules: numpy (total: 1)
"""


def test_a_trace_says_where_in_the_program_and_names_no_folder() -> None:
    assert how_it_ended(TRACE) == "Segmentation fault, app/rendering/scene.py:42"
    assert "doe" not in without_folders(TRACE)
    assert 'File "vtkmodules/util.py", line 7' in without_folders(TRACE)
    assert "importlib" not in without_folders(TRACE)
    assert how_it_ended("") == ""
    windows = TRACE.replace("/homes/doe/", "C:\\\\Users\\\\doe\\\\").replace("/", "\\")
    assert "doe" not in without_folders(windows)
    assert "app/rendering/scene.py:42" in how_it_ended(windows)


def test_the_end_is_told_by_what_is_known_of_it() -> None:
    assert "before its window stood (Segmentation fault" in words_of_end(TRACE, stood=False)
    assert "Unsaved work is offered" in words_of_end(TRACE, stood=True)
    assert "ended from outside" in words_of_end("", stood=False)


def test_few_traces_are_kept_and_empty_ones_count_for_none(tmp_path: Path) -> None:
    begin = datetime(2026, 11, 26, 8, 0)
    for number in range(9):
        assert keep_trace(tmp_path, TRACE, "x", now=begin + timedelta(minutes=number))
    kept = kept_traces(tmp_path)
    assert len(kept) == 5
    assert "080800" in kept[0].name
    (tmp_path / "crash-20261127-080000-live.txt").touch()
    assert kept_traces(tmp_path) == kept
    blocked = tmp_path / "file"
    blocked.touch()
    assert keep_trace(blocked, TRACE, "x") is None


def test_a_run_that_died_is_found_once_and_with_its_trace(tmp_path: Path) -> None:
    marks, logs = tmp_path / "running", tmp_path / "logs"
    living = RunMark(marks)
    assert living.begin() == ()
    dies = (
        "import os, sys; from pathlib import Path; from app.run_marks import RunMark; "
        "mark = RunMark(Path(sys.argv[1])); mark.begin(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", dies, str(marks)], check=True)
    assert keep_trace(logs, TRACE, "x") is not None
    dead = RunMark(marks).begin()
    assert len(dead) == 1
    ended = last_ends(dead, logs)
    assert ended is not None
    assert ended.what == "Segmentation fault, app/rendering/scene.py:42"
    later = last_ends((datetime.now() + timedelta(hours=1),), logs)
    assert later is not None
    assert later.what == ""  # the trace is of an earlier one
    assert last_ends((), logs) is None
    again = RunMark(marks)
    assert again.begin() == ()
    again.end()
    living.end()


def _fake(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux' means")
def test_the_first_means_that_works_shows_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told"
    programs = tmp_path / "bin"
    _fake(programs, "zenity", "exit 1")  # there, but without a screen
    _fake(programs, "xmessage", f'echo "$@" >> {told}; exec sleep 5')
    _fake(programs, "notify-send", f"echo twice >> {told}")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":7753")
    words = 'It is "broken" & <b>so</b>.'
    begun = time.monotonic()
    assert telling.tell(words, by_qt=False) == "xmessage"
    assert time.monotonic() - begun < 4.0, "nobody waits until it is read"
    assert words in told.read_text()
    assert "twice" not in told.read_text()
    assert words in capfd.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux' means")
def test_without_a_screen_the_terminal_hears_it_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert telling.tell("Said.") == ""
    assert capfd.readouterr().err == "Said.\n"
    monkeypatch.setattr(sys, "stderr", None)  # a program without a console
    assert telling.tell("Said.") == ""


def test_qt_shows_it_where_qt_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7753")  # told to be there; the window itself is offscreen
    command = telling.fault_window_command()
    script = f"import threading, os; threading.Timer(8, os._exit, [0]).start(); {command[-1]}"
    monkeypatch.setattr(telling, "fault_window_command", lambda: [*command[:-1], script])
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert telling.tell("Said: ä 患.") == "Qt"
