"""The checks a change has to pass, by hand, before a commit and in CI alike; installs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import environment


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, and the program of the environment that makes it, with arguments."""

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("lint", ("ruff", "check", ".")),
    Check("format", ("ruff", "format", "--check", ".")),
    Check("types", ("mypy",)),
    Check("imports", ("lint-imports", "--no-cache", "--no-logo")),
    Check("licences", ("python", "packaging/licences.py")),
    Check("papers", ("python", "packaging/papers.py", "--check")),
    # Side by side, a file's tests in one process: they share what it took long to make.
    Check("tests", ("python", "-m", "pytest", "-n", "auto", "--dist", "loadfile")),
)
"""From the quickest to the slowest."""


def run(checks: Sequence[Check], pytest_arguments: Sequence[str]) -> int:
    """Run `checks` until one fails; say which passed and which failed, and return the exit code."""
    passed: list[str] = []
    for check in checks:
        print(f"\n== {check.name}: {' '.join(check.command)}", flush=True)
        program, *arguments = check.command
        if check.name == "tests":
            arguments += pytest_arguments
        command = [str(environment.script(program)), *arguments]
        done = subprocess.run(command, check=False, cwd=environment.ROOT, env=variables())
        if done.returncode != 0:
            print(f"\nFAILED: {check.name}. Passed before it: {', '.join(passed) or 'nothing'}.")
            return 1
        passed.append(check.name)
    print(f"\nPassed: {', '.join(passed)}.")
    return 0


def variables() -> dict[str, str]:
    """Return the variables checks run with: no window on screen, compiled kernels kept."""
    fixed = {"QT_QPA_PLATFORM": "offscreen"}
    if sys.platform.startswith("linux"):
        fixed["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"
    kept = {"NUMBA_CACHE_DIR": str(_kernel_cache())}
    return kept | environment.clean() | fixed


def _kernel_cache() -> Path:
    """Return the folder where Trephine itself keeps compiled kernels for this user."""
    home = Path.home()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
        return Path(local) / "trephine" / "Cache" / "kernels"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "trephine" / "kernels"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "trephine" / "kernels"
