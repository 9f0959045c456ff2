"""Temporary files of the dead go, those of the living stay, and what was half written is tidied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import safekeeping

ROOT = Path(__file__).parents[2]
CHILD = """
import sys, time, tempfile
from pathlib import Path
from app import safekeeping
from planning.unfinished import begin
safekeeping.begin_temporary(Path(sys.argv[1]))
place = Path(sys.argv[2])
part = place / ".case.0123abcd.part"
begin(part)
part.mkdir()
(part / "ct").write_bytes(b"half")
with tempfile.NamedTemporaryFile(delete=False) as file:
    file.write(b"x")
print(tempfile.gettempdir(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A program in the middle of writing, and where its temporary files are."""
    (tmp_path / "temp").mkdir()
    command = [sys.executable, "-c", CHILD, str(tmp_path / "temp"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert made.stdout is not None
    with made:
        yield made, Path(made.stdout.readline().strip())
        made.kill()


def test_only_the_dead_are_tidied_up_after(
    child: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    program, temporary = child
    part = tmp_path / ".case.0123abcd.part"
    safekeeping.tidy_up(tmp_path / "temp")
    assert temporary.is_dir()
    assert (part / "ct").exists()
    program.send_signal(signal.SIGKILL)
    program.wait()
    safekeeping.tidy_up(tmp_path / "temp")
    assert not temporary.exists()
    assert not part.exists()


def test_a_program_that_ends_leaves_nothing(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    (tmp_path / "temp").mkdir()
    try:
        safekeeping.begin_temporary(tmp_path / "temp")
        assert Path(tempfile.gettempdir()).parent == tmp_path / "temp"
    finally:
        safekeeping.end()
    assert list((tmp_path / "temp").iterdir()) == []
    assert tempfile.gettempdir() == before
