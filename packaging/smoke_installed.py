"""One look at the installed program: it starts, plans the sample case, and does it as the sources.

Needs a display (in CI a virtual one) and the checkout's own Python to hold the program against:
the same files, byte for byte, and the same window but for a few pixels. Started by smoke.py; the
commands stand in smoke_commands.py, the network in smoke_network.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QImage

import smoke_commands
import smoke_network
from smoke_commands import new_user, sources_user

PATIENCE_S = 600.0
_START_S = 60.0
_SAME_SHARE = 0.97  # of pixels; what differs is how long planning took, and how text is smoothed


class ProgramError(Exception):
    """What is not as it should be with the program."""


def main(program: Path, keep: Path | None) -> int:
    """Look at a program and print what was found; return the exit code."""
    _application = QGuiApplication(sys.argv[:1])
    sys.path.insert(0, str(smoke_commands.ROOT))  # the tests' phantoms and archives are no package
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
    sources = [sys.executable, "-m", "app"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        users = {"installed": new_user(folder / "installed")}
        users["sources"] = sources_user(folder / "sources")
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
        said.append(_opens([str(program), "open", str(case)], users["installed"]))
        said.append(_kernels_are_shipped(folder / "installed"))
        if sys.platform == "linux":  # where a clock can be stopped, and an archive started
            said += _used(program, sources, folder / "used")
    return said


def _used(program: Path, sources: list[str], folder: Path) -> list[str]:
    """Use every part of the program: its commands, the network, all of its window."""
    try:
        said = smoke_commands.compare([str(program)], sources, folder)
        made, user = folder / "material", new_user(folder / "network")
        said.append(
            smoke_network.check(
                str(program), user, files=made / "files", case=made / "case", plan=made / "plan"
            )
        )
    except (smoke_commands.CommandError, smoke_network.NetworkProblem) as wrong:
        raise ProgramError(str(wrong)) from wrong
    words = ["tour", str(made / "case"), str(made / "control.nii.gz")]
    for who, command, home in (
        ("installed", [str(program)], new_user(folder / "home-installed")),
        ("sources", sources, sources_user(folder / "home-sources")),
    ):
        _run([*command, *words, str(folder / f"tour-{who}")], home)
    said.append(_same_tour(folder / "tour-sources", folder / "tour-installed"))
    return said


def _same_tour(expected: Path, found: Path) -> str:
    """Check that every stop in the window looks, and wrote, as from the sources."""
    pictures = sorted(path.name for path in expected.glob("*.png"))
    shares = {}
    for name in pictures:
        one, other = _pixels(found / name), _pixels(expected / name)
        if one.shape != other.shape:
            raise ProgramError(f"{name} has {one.shape} pixels, from the sources {other.shape}")
        shares[name] = float((np.abs(one - other).max(axis=-1) < 32).mean())
    worst = min(shares, key=lambda name: shares[name])
    if shares[worst] < _SAME_SHARE:
        raise ProgramError(f"only {shares[worst]:.1%} of {worst} look as from the sources")
    counts = [
        sum(1 for path in folder.rglob("*") if path.is_file()) for folder in (expected, found)
    ]
    if counts[0] != counts[1]:
        raise ProgramError(f"{counts[1]} files written in the window, from the sources {counts[0]}")
    return f"tour: {len(pictures)} pictures, the least like the sources' {shares[worst]:.1%}"


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
