"""Re-make the two lock files from pyproject.toml with uv; installs nothing.

Run ``python3 packaging/lock.py`` after a dependency changed in pyproject.toml, or with
``--upgrade`` to take newer releases. uv has to be on the PATH (or named by the variable UV).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME_LOCK = ROOT / "packaging" / "requirements.lock"
DEV_LOCK = ROOT / "packaging" / "requirements-dev.lock"
HEADER = "# Made from pyproject.toml by packaging/lock.py; do not edit.\n"
PLATFORMS = (
    "x86_64-manylinux_2_34",  # glibc 2.34 is the oldest that Qt's wheels accept
    "aarch64-manylinux_2_39",
    "aarch64-apple-darwin",  # llvmlite ships nothing for Intel Macs any more
    "x86_64-pc-windows-msvc",
)
PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Write both lock files, then check that every platform has its wheels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take newer releases where allowed")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        return _stop("uv was not found. Install it (pipx install uv) and start again.")
    runtime, dev = _requirements()
    _compile(uv, runtime, RUNTIME_LOCK, upgrade)
    # The development lock repeats every runtime pin, so one environment can grow into the other.
    _compile(uv, runtime + dev, DEV_LOCK, [*upgrade, "--constraints", str(RUNTIME_LOCK)])
    missing = [
        f"{lock.name} for {platform}, Python {python}"
        for lock in (RUNTIME_LOCK, DEV_LOCK)
        for platform in PLATFORMS
        for python in PYTHONS
        if not _installs_from_wheels(uv, lock, platform, python)
    ]
    if missing:
        return _stop("No complete set of wheels in:\n  " + "\n  ".join(missing))
    print("Both lock files are written and install from wheels on Linux, macOS and Windows.")
    return 0


def _requirements() -> tuple[list[str], list[str]]:
    """Return what running and building the project need, and what its checks add."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    return runtime, project["dependency-groups"]["dev"]


def _compile(uv: str, requirements: list[str], lock: Path, options: list[str]) -> None:
    """Resolve `requirements` for all platforms at once into `lock`, keeping pins that still fit."""
    command = [uv, "pip", "compile", "-", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--output-file", str(lock), *options]
    subprocess.run(
        command, input="\n".join(requirements), text=True, check=True, cwd=ROOT, env=_public_only()
    )
    pins = lock.read_text(encoding="utf-8").removeprefix(HEADER)
    lock.write_text(HEADER + pins, encoding="utf-8")


def _installs_from_wheels(uv: str, lock: Path, platform: str, python: str) -> bool:
    """Tell whether every package in `lock` has a wheel there; installs nothing."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [uv, "pip", "install", "--dry-run", "--quiet", "--target", nowhere]
        command += ["--require-hashes", "--only-binary", ":all:", "--requirements", str(lock)]
        command += ["--python-platform", platform, "--python-version", python]
        return subprocess.run(command, check=False, cwd=ROOT, env=_public_only()).returncode == 0


def _public_only() -> dict[str, str]:
    """Return an environment without private indexes: only public releases may be pinned."""
    private = ("UV_INDEX", "UV_EXTRA_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_CONFIG_FILE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(private)}
    return kept | {"UV_NO_CONFIG": "1"}


def _stop(sentence: str) -> int:
    """Say why nothing more is done."""
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
