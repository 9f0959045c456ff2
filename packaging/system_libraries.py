"""What the system has to bring on Linux, above all for Qt and VTK; installs no Python package.

Without its shared libraries a window does not open, and VTK ends the process instead of raising an
error.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Each file with the Debian and Ubuntu package that brings it; the program itself reads them too.
_TABLE = json.loads(
    (Path(__file__).parents[1] / "resources" / "system_libraries.json").read_text(encoding="utf-8")
)
DRAWING: dict[str, str] = _TABLE["drawing"]
WINDOW: dict[str, str] = _TABLE["window"]
# Programs, not libraries: the screen that the smoke test opens its window on.
VIRTUAL_DISPLAY = {"Xvfb": "xvfb", "xauth": "xauth"}
# Other people's programs that tests hold what Trephine writes against.
PEERS = {
    "dciodvfy": "dicom3tools",
    "dsrdump": "dcmtk",
    "pdfinfo": "poppler-utils",
    "pdftotext": "poppler-utils",
    "dcmqrscp": "dcmtk",
    "openssl": "openssl",
    "plastimatch": "plastimatch",
    # A clock that stands still: then the installed program and the sources can write the same.
    "faketime": "faketime",
    "Orthanc": "orthanc",
    "libOrthancDicomWeb.so": "orthanc-dicomweb",
    # The tests build the example programs of the OpenIGTLink library.
    "cmake": "cmake",
    "g++": "g++",
    # The tests of faults compile what lets system calls fail, and set wrong clocks.
    "cc": "gcc",
}
PEER_FILES = {
    "/usr/include/openigtlink/igtlConfigure.h": "libopenigtlink-dev",
    # What dpkg knows of it: its files are documentation, which a container may leave out.
    "/var/lib/dpkg/info/openigtlink-examples.list": "openigtlink-examples",
}
# Debian keeps these off the path of users, or they are no programs.
_PEER_FOLDERS = ("/usr/sbin", "/usr/share/orthanc/plugins")
# Debian starts these as services when it installs them; the tests start their own.
_SERVICES = {"orthanc": "orthanc"}
# A server that tests of the registry start for themselves; Debian keeps its programs off the path.
DATABASE = {"initdb": "postgresql"}
_SERVERS = "/usr/lib/postgresql"


def clock_library() -> Path | None:
    """Return what sets a program's clock by LD_PRELOAD and FAKETIME; None where it is missing.

    The command `faketime` loads the same, but fails where one of its earlier runs was killed.
    """
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


class SetupError(Exception):
    """What keeps Trephine from starting, and what to do about it, in plain words."""


def has_display() -> bool:
    """Tell whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def require(*, window: bool, virtual_display: bool = False, tests: bool = False) -> None:
    """Make sure the libraries are there; install them where that is allowed.

    Raises
    ------
    SetupError
        If some are missing and stay missing; the message holds the line that installs them.
    """
    if not sys.platform.startswith("linux"):
        return
    wanted = {"window": window, "virtual_display": virtual_display, "tests": tests}
    missing = missing_files(**wanted)
    if missing and install(list(missing.values())):
        missing = missing_files(**wanted)
    if missing:
        raise SetupError(
            f"Missing on this system: {', '.join(missing)}.\n"
            f"Install with this line, then start again:\n\n    {advice(missing)}\n"
        )


def missing_files(*, window: bool, virtual_display: bool, tests: bool = False) -> dict[str, str]:
    """Return the files that cannot be loaded or found, each with its Debian package."""
    libraries = DRAWING | (WINDOW if window else {})
    programs = VIRTUAL_DISPLAY if virtual_display else {}
    missing = {name: package for name, package in libraries.items() if not _loads(name)}
    missing |= {name: package for name, package in programs.items() if not shutil.which(name)}
    if tests:
        missing |= {name: package for name, package in PEERS.items() if not peer_program(name)}
        missing |= {
            file: package for file, package in PEER_FILES.items() if not Path(file).exists()
        }
        missing |= {name: package for name, package in DATABASE.items() if not server_program(name)}
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps this part of Python, which makes virtual environments, in a package apart.
        missing["ensurepip"] = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return missing


def server_program(name: str) -> str:
    """Return the path of a program of the database server; empty where there is none."""
    found = sorted(Path(_SERVERS).glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else "")


def peer_program(name: str) -> str:
    """Return the path of a peer of the tests; empty where there is none."""
    beside = (Path(folder) / name for folder in _PEER_FOLDERS)
    return shutil.which(name) or next((str(path) for path in beside if path.is_file()), "")


def install(packages: list[str]) -> bool:
    """Install Debian packages if this is root on such a system; tell whether that was tried.

    Raises
    ------
    SetupError
        If apt-get fails.
    """
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # The update may fail for one foreign source while the packages wanted are still to be had.
    _apt(["update"], quiet)
    output = _apt(["install", "-y", "--no-install-recommends", *packages], quiet)
    if output is not None:
        raise SetupError(
            f"apt-get could not install {' '.join(packages)}. Its last words:\n\n{output}\n\n"
            "Check the network connection, then start again."
        )
    for package in set(packages) & set(_SERVICES):
        _stop_service(_SERVICES[package])
    return True


def advice(missing: dict[str, str]) -> str:
    """Return the line that installs what is `missing` with this system's own package program."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install -y {' '.join(missing.values())}"
    # RPM packages say which files they provide, so that the file is a name good enough.
    provided = [f"'{name}()(64bit)'" if ".so" in name else name for name in missing]
    for program in ("dnf", "zypper", "yum"):
        if shutil.which(program):
            return f"sudo {program} install {' '.join(provided)}"
    return f"(with your system's package program) the packages that hold {' '.join(missing)}"


def _stop_service(name: str) -> None:
    """End a service that came with a package, and keep it from starting with the system."""
    for command in (["invoke-rc.d", name, "stop"], ["update-rc.d", name, "disable"]):
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True)


def _apt(arguments: list[str], variables: dict[str, str]) -> str | None:
    """Run apt-get; return None when it succeeds, its last words when it does not."""
    done = subprocess.run(
        ["apt-get", "-q", *arguments],
        check=False,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return None if done.returncode == 0 else "\n".join(done.stdout.splitlines()[-8:])


def _loads(name: str) -> bool:
    """Tell whether the dynamic loader finds that file, just as it will for Qt and VTK."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
