"""After a hard day no log, temporary file, setting or console holds anything of the patient."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app import safekeeping
from tests.app.hard_day import SECRETS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Let a program live through a hard day and die; return its folders and what it said."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "files").mkdir()
    (folder / "tmp").mkdir()
    kinds = ("DATA", "CACHE", "STATE", "CONFIG")
    environment = {f"XDG_{kind}_HOME": str(folder / "home" / kind.lower()) for kind in kinds}
    paths = os.pathsep.join((str(ROOT), str(ROOT / "packaging")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.hard_day", str(folder / "files")],
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": paths,
            "QT_QPA_PLATFORM": "offscreen",
            "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        umask=0o000,  # the most careless there is
    )
    assert done.stdout.endswith("lived\n"), done.stdout + done.stderr
    return folder, done.stdout.removesuffix("lived\n") + done.stderr


def kept_of(folder: Path) -> Path:
    return folder / "home" / "data" / "trephine"


def files_that_must_not_know(folder: Path) -> list[Path]:
    """All files of the user's folders but those that keep the case itself."""
    recovery = kept_of(folder) / "recovery"
    places = (folder / "home", folder / "tmp")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [path for path in files if recovery not in path.parents]


def test_only_what_keeps_unsaved_work_knows_the_patient(day: tuple[Path, str]) -> None:
    folder, said = day
    kept = list((kept_of(folder) / "recovery").rglob("state.json"))
    assert SECRETS[0] in kept[0].read_text("utf-8"), "the search finds what is there"
    files = files_that_must_not_know(folder)
    log = kept_of(folder) / "logs" / "trephine.log"
    assert log in files
    assert "RuntimeError at app/hard_day.py" in log.read_text("utf-8")
    found = [
        (path.name, secret)
        for path in files
        for secret in SECRETS
        if secret.encode() in path.read_bytes() or secret in path.name
    ]
    assert found == []
    assert [secret for secret in SECRETS if secret in said] == []


def test_everything_the_program_keeps_is_for_the_user_alone(day: tuple[Path, str]) -> None:
    folder, _ = day
    homes = [folder / "home" / kind / "trephine" for kind in ("data", "cache")]
    kept = [path for home in homes for path in (home, *home.rglob("*"))]
    assert len(kept) > 5
    open_to_others = [
        path
        for path in kept
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()
    ]
    assert open_to_others == []


def test_the_next_start_removes_temporary_files_of_the_dead_and_offers_its_work(
    day: tuple[Path, str],
) -> None:
    folder, _ = day
    temporary = folder / "home" / "cache" / "trephine" / "temp"
    left = [path for path in temporary.iterdir() if path.is_dir()]
    assert left, "the dead program had a temporary folder"
    safekeeping.tidy_up(temporary)
    assert [path for path in temporary.iterdir() if path.is_dir()] == []
    assert list((folder / "tmp").iterdir()) == []
    assert list((kept_of(folder) / "recovery").rglob("state.json"))
