"""System calls that fail, or kill, at the n-th time: for programs that tests start (Linux).

The calls are intercepted below Python, so that those of SQLite and Qt count as well.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).parent / "endurance" / "failing_calls.c"


class How(IntEnum):
    """What the n-th call does; the numbers are those of the C source."""

    COUNT = 0
    FAIL_ONCE = 1
    FAIL_FROM = 2
    KILL_BEFORE = 3
    KILL_AFTER = 4
    OFF = 5


def can_fail() -> bool:
    """Tell whether calls can be intercepted here."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def build(folder: Path) -> Path:
    """Compile the library that intercepts; return it."""
    library = folder / "failing_calls.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-w", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def run_with(library: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the tests in which calls can be made to fail."""
    root = Path(__file__).parents[1]
    paths = os.pathsep.join((str(root), str(root / "packaging")))
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env={**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def is_loaded() -> bool:
    """Tell whether this process was started by `run_with`."""
    return hasattr(ctypes.CDLL(None), "failing_arm")


def arm(folder: Path, nth: int, how: How, error: int = 0) -> None:
    """From now on, the n-th call that changes something below a folder fails, or kills."""
    ctypes.CDLL(None).failing_arm(
        os.fsencode(folder), ctypes.c_long(nth), ctypes.c_int(error), ctypes.c_int(how)
    )


def seen() -> int:
    """Return how many calls there were since `arm`."""
    function = ctypes.CDLL(None).failing_seen
    function.restype = ctypes.c_long
    return int(function())
