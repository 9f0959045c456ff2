"""Example programs of the OpenIGTLink C++ library, built once, as peers; asserts nothing."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

_EXAMPLES = "openigtlink-examples"
_SOURCES = Path(f"usr/share/doc/{_EXAMPLES}/examples")
_INSTALLED = Path(f"/var/lib/dpkg/info/{_EXAMPLES}.list")
_HEADER = Path("/usr/include/openigtlink/igtlConfigure.h")
_PROGRAMS = (
    *("Receiver/ReceiveClient", "Receiver/ReceiveServer"),
    *("Tracker/TrackerClient", "Tracker/TrackerServer"),
    *("TrackingData/TrackingDataClient", "TrackingData/TrackingDataServer"),
    *("Trajectory/TrajectoryClient", "Point/PointServer"),
)
_RECIPE = """cmake_minimum_required(VERSION 3.10)
project(peers CXX)
find_package(OpenIGTLink REQUIRED)
include(${OpenIGTLink_USE_FILE})
"""
_PATIENCE_S = 20.0


def programs_folder() -> Path:
    """Return the folder with the programs, built if they are not there yet, or skip."""
    missing = [name for name in ("cmake", "g++") if shutil.which(name) is None]
    if missing or not _INSTALLED.is_file() or not _HEADER.is_file():
        pytest.skip(
            "the OpenIGTLink examples cannot be built here; "
            "apt-get install libopenigtlink-dev openigtlink-examples cmake g++"
        )
    recipe = _RECIPE + "".join(
        f"add_executable({name} {name}.cxx)\ntarget_link_libraries({name} OpenIGTLink)\n"
        for name in (program.split("/")[1] for program in _PROGRAMS)
    )
    told = sha256((recipe + _HEADER.read_text()).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "trephine-tests" / f"openigtlink-{told}"
    if not (folder / "done").is_file():
        _build(folder, recipe)
    return folder


def _build(folder: Path, recipe: str) -> None:
    """Build the programs beside their place and put them there at once: tests run side by side."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        place = Path(name)
        (place / "CMakeLists.txt").write_text(recipe)
        sources = _sources(place)
        for program in _PROGRAMS:
            source = sources / f"{program}.cxx"
            packed = source.with_suffix(".cxx.gz")
            text = source.read_bytes() if source.is_file() else gzip.decompress(packed.read_bytes())
            (place / source.name).write_bytes(text)
        for step in (["-S", str(place), "-B", str(place)], ["--build", str(place), "-j2"]):
            subprocess.run(["cmake", *step], check=True, capture_output=True)
        (place / "done").touch()
        try:
            place.rename(folder)
        except OSError:  # another test was quicker
            return
        place.mkdir()  # for its own removal


def _sources(place: Path) -> Path:
    """Return the folder of the sources; taken out of the package where dpkg left them out."""
    installed = Path("/") / _SOURCES
    if installed.is_dir():
        return installed
    subprocess.run(["apt-get", "download", _EXAMPLES], cwd=place, check=True, capture_output=True)
    (package,) = place.glob(f"{_EXAMPLES}*.deb")
    subprocess.run(["dpkg-deb", "-x", str(package), str(place)], check=True, capture_output=True)
    return place / _SOURCES


@contextmanager
def running(program: Path, *arguments: object) -> Iterator[Said]:
    """Run a peer until the block ends; what it says is collected."""
    with tempfile.TemporaryFile("w+b") as said:
        process = subprocess.Popen(
            [str(program), *map(str, arguments)],
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield Said(process, said.fileno())
        finally:
            process.kill()
            process.wait()


class Said:
    """What a running peer has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor

    @property
    def text(self) -> str:
        """Everything so far."""
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, size, 0).decode("utf-8", "replace")

    def wait_for(self, pattern: str, times: int = 1) -> str:
        """Return everything so far, once it holds the pattern so often."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if len(re.findall(pattern, self.text)) >= times:
                return self.text
            time.sleep(0.02)
        raise AssertionError(f"the peer never said {pattern}:\n{self.text[-3000:]}")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def wait_until_listening(port: int) -> None:
    """Wait for a program to listen, without connecting: the examples serve whoever comes first."""
    wanted = f":{port:04X} "
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        lines = Path("/proc/net/tcp").read_text().splitlines()
        if any(wanted in line and " 0A " in line for line in lines):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on port {port}")
