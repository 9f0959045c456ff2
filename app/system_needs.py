"""Which libraries of the system a window lacks here, and the line that installs them; Linux alone.

Nothing else is asked of a system: elsewhere Qt and VTK bring what they need.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping

from app.paths import resources_dir
from planning.errors import TrephineError

Loads = Callable[[str], bool]


def needed(*, screen: bool = True) -> dict[str, str]:
    """Return the libraries that are needed, each with its Debian package; empty where none are.

    Parameters
    ----------
    screen : bool
        Those too by which Qt reaches an X server.
    """
    if not sys.platform.startswith("linux"):
        return {}
    try:
        table = json.loads((resources_dir() / "system_libraries.json").read_bytes())
        wanted = {**table["drawing"], **(table["window"] if screen else {})}
    except (TrephineError, OSError, ValueError, KeyError, TypeError):
        return {}  # an incomplete installation, which is said elsewhere
    return {str(name): str(package) for name, package in wanted.items()}


def loads(library: str) -> bool:
    """Tell whether the dynamic loader finds that library, just as it will for Qt and VTK."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing(wanted: Mapping[str, str], is_there: Loads = loads) -> dict[str, str]:
    """Return the libraries that cannot be loaded, each with its package."""
    return {name: package for name, package in wanted.items() if not is_there(name)}


def line_that_installs(lacking: Mapping[str, str], programs: Iterable[str] | None = None) -> str:
    """Return what to type to install libraries; empty where no package program is known.

    Parameters
    ----------
    programs : iterable of str or None
        The package programs that there are; None looks for them.
    """
    known = ("apt-get", "dnf", "zypper", "yum")
    there = [p for p in known if (shutil.which(p) if programs is None else p in programs)]
    if not there or not lacking:
        return ""
    if there[0] == "apt-get":
        return f"sudo apt-get install {' '.join(sorted(set(lacking.values())))}"
    # RPM packages say which files they provide, so that the file is a name good enough.
    files = " ".join(f"'{name}()(64bit)'" for name in lacking)
    return f"sudo {there[0]} install {files}"
