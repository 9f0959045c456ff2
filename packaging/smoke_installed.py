"""One look at the installed program: it starts, plans the sample case, and does it as the sources.

Needs a display (in CI a virtual one) and the checkout's own Python to hold the program against:
the same plan, byte for byte, and the same window but for a few pixels. Started by smoke.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QImage

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 300.0
_START_S = 60.0
_SAME_SHARE = 0.97  # of pixels; what differs is how long planning took, and how text is smoothed


class ProgramError(Exception):
    """What is not as it should be with the program."""


def main(program: Path, keep: Path | None) -> int:
    """Look at a program and print what was found; return the exit code."""
    _application = QGuiApplication(sys.argv[:1])
    try:
        said = look_at(program.resolve(), keep)
    except ProgramError as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    print("\n".join(said))
    return 0


def look_at(program: Path, keep: Path | None) -> list[str]:
    """Start the program as a new user would; return what was found, in words.

    Raises
    ------
    ProgramError
        If it does not start, plan or look as the sources do.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        users = {who: _new_user(folder / who) for who in ("installed", "sources")}
        sources = [sys.executable, "-m", "app"]
        said = [_version(program, users["installed"])]
        case = folder / "demo" / "case"
        _run([str(program), "demo", "--headless", "-o", str(folder / "demo")], users["installed"])
        _run([*sources, "plan", str(case), "-o", str(folder / "plan")], users["sources"])
        said.append(_same_files(folder / "plan", folder / "demo"))
        png = keep or folder / "installed.png"
        _run([str(program), "picture", str(case), str(png)], users["installed"])
        _run([*sources, "picture", str(case), str(folder / "sources.png")], users["sources"])
        said.append(_same_picture(png, folder / "sources.png"))
        said.append(_opens([str(program), "open"], users["installed"]))
        said.append(_kernels_are_shipped(folder / "installed"))
    return said


def _version(program: Path, user: Mapping[str, str]) -> str:
    """Say which version the program calls itself, which has to be that of the sources."""
    from planning import __version__

    said = _run([str(program), "--version"], user).strip()
    if said != f"Trephine {__version__}":
        raise ProgramError(f"the program calls itself {said!r}, not Trephine {__version__}")
    return said


def _same_files(expected: Path, found: Path) -> str:
    """Check that every file planned by the sources is there with the same bytes."""
    names = sorted(path.name for path in expected.iterdir())
    different = [
        name
        for name in names
        if not (found / name).is_file()
        or (found / name).read_bytes() != (expected / name).read_bytes()
    ]
    if different or "plan.json" not in names:
        raise ProgramError(f"planned otherwise than by the sources: {', '.join(different)}")
    return f"plan: {len(names)} files with the same bytes as from the sources"


def _same_picture(png: Path, expected: Path) -> str:
    """Check that the window with the plan looks as it does from the sources."""
    one, other = _pixels(png), _pixels(expected)
    if one.shape != other.shape:
        raise ProgramError(f"the window has {one.shape} pixels, from the sources {other.shape}")
    share = float((np.abs(one - other).max(axis=-1) < 32).mean())
    if share < _SAME_SHARE:
        raise ProgramError(f"only {share:.1%} of the window look as from the sources")
    return f"window: {share:.1%} of its pixels as from the sources"


def _opens(command: list[str], user: Mapping[str, str]) -> str:
    """Start the program as a menu entry does, and end it once its window is on the screen."""
    screen = QGuiApplication.primaryScreen()
    before = _array(screen.grabWindow(0).toImage())
    began_s = time.monotonic()
    with subprocess.Popen(command, env=user, stderr=subprocess.PIPE) as process:
        while time.monotonic() < began_s + _START_S and process.poll() is None:
            time.sleep(0.1)
            now = _array(screen.grabWindow(0).toImage())
            if float((np.abs(now - before).max(axis=-1) > 8).mean()) > 0.2:
                took_s = time.monotonic() - began_s
                process.terminate()
                process.wait(PATIENCE_S)
                return f"start: the window stood after {took_s:.1f} s"
        process.kill()
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    raise ProgramError(f"no window appeared: {said[-500:]}")


def _kernels_are_shipped(home: Path) -> str:
    """Check that no kernel had to be compiled: none is there but those that came along."""
    kept = list((home / "cache" / "trephine" / "kernels").glob("*/*/*.nbc"))
    newest = [path for path in kept if path.stat().st_mtime > _copied_at(path) + 5.0]
    if not kept or newest:
        names = ", ".join(sorted(path.name for path in newest)) or "all"
        raise ProgramError(f"kernels were compiled anew: {names}")
    return f"kernels: {len(kept)} came along, none was compiled"


def _copied_at(kernel: Path) -> float:
    return (kernel.parents[1] / "mark").stat().st_mtime


def _new_user(home: Path) -> dict[str, str]:
    """Return the variables of a user who has never started Trephine."""
    home.mkdir()
    own = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
    kept = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    return kept | own


def _run(command: list[str], user: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, env=user, check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    if done.returncode != 0:
        words = " ".join(command[:3])
        raise ProgramError(f"{words} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def _pixels(png: Path) -> NDArray[np.int16]:
    image = QImage(str(png))
    if image.isNull():
        raise ProgramError(f"{png} is no picture")
    return _array(image)


def _array(image: QImage) -> NDArray[np.int16]:
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).copy()
    rows = flat.reshape(image.height(), image.bytesPerLine() // 4, 4)
    return np.asarray(rows[:, : image.width(), :3], dtype=np.int16)
