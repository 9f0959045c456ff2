"""A desk for faults: a case, a plan and a registry, and the command line as a user starts it.

Knows no fault.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.failing_calls import How
from tests.writes import WRITES, bytes_below

ROOT = Path(__file__).parents[1]
LIKE_ANY_USER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Permissions hold for root as well when it is started so."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program said and left; `wrong` is empty if both are as they have to be."""

    message: str
    left: str
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Parameters
    ----------
    needs : str
        What it takes: ``root`` or a program; empty for nothing.
    """

    name: str
    where: str
    run: Callable[[Desk], Ran]
    needs: str = ""

    @property
    def can_run(self) -> bool:
        if self.needs == "root":
            return sys.platform == "linux" and os.geteuid() == 0 and _can_mount()
        return not self.needs or shutil.which(self.needs) is not None


class Desk:
    """A folder with a saved case, a plan, a registry and tables, anew for each fault."""

    def __init__(self, folder: Path, library: Path | None) -> None:
        self.folder, self.library = folder, library
        self.data = folder / "home"
        self.case = folder / "mine" / "case"

    def made(self) -> Desk:
        by_name = {write.name: write for write in WRITES}
        self.data.mkdir()
        by_name["save a case again"].before(self.folder / "mine")
        by_name["import tables into the registry"].before(self.folder / "mine")
        return self

    @property
    def registry(self) -> Path:
        return self.folder / "mine" / "registry" / "registry.sqlite"

    def trephine(self, *arguments: object, before: tuple[str, ...] = (), **more: str):  # type: ignore[no-untyped-def]
        """Run the command; return its exit code and what it said."""
        places = {f"XDG_{kind}_HOME": str(self.data / kind) for kind in ("DATA", "CACHE", "STATE")}
        paths = os.pathsep.join((str(ROOT), str(ROOT / "packaging")))
        done = subprocess.run(
            [*before, sys.executable, "-m", "app", *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": paths, **places, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, (done.stderr or done.stdout).strip()

    def failing(
        self, below: Path, nth: int, error: int, how: How = How.FAIL_FROM, call: str = ""
    ) -> dict[str, str]:
        """Return the environment in which the n-th change (of one kind) below a folder fails."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAILING_BELOW": str(below),
            "FAILING_NTH": str(nth),
            "FAILING_ERRNO": str(error),
            "FAILING_HOW": str(int(how)),
            "FAILING_CALL": call,
        }

    def refused(
        self, done: tuple[int, str], kept: Path | None, before: dict[str, str], *words: str
    ) -> Ran:
        """Return what came of a command that has to fail in words and change nothing."""
        code, said = done
        line = said.splitlines()[-1] if said else ""
        wrong = [] if code == 1 else [f"exit code {code}"]
        if "Traceback" in said:
            wrong.append("a traceback")
        wrong += [f'"{word}" is not said' for word in words if word.lower() not in said.lower()]
        now = {} if kept is None or not kept.exists() else bytes_below(kept)
        if now != before:
            wrong.append(f"changed: {sorted(set(now.items()) ^ set(before.items()))[:3]}")
        left = f"{len(now)} files, as before" if before else "nothing"
        return Ran(line.replace(str(self.folder), ""), left, "; ".join(wrong))


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a disk of so many kilobytes for the moment."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={kilobytes}k,mode=0777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _can_mount() -> bool:
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
