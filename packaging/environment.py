"""The virtual environment in .venv: makes it, fills it from a lock, repairs it; starts nothing.

A stamp file, written last, says what the environment holds. No stamp, or one of another Python,
place or runtime lock, and the environment is made anew: an interrupted start repairs itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from system_libraries import SetupError

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "trephine-stamp.json"
RUNTIME_LOCK = ROOT / "packaging" / "requirements.lock"
DEV_LOCK = ROOT / "packaging" / "requirements-dev.lock"

_Listener = Callable[[str], None]

# What pip says when it fails, and what that means to the person waiting for it.
_MEANINGS = {
    "DO NOT MATCH THE HASHES": "A downloaded package is not the one that was locked. Nothing of it "
    "was installed. A proxy or mirror may have altered it; try another network.",
    "No space left": "The disk is full. Trephine needs about 3 GB; make room and start again.",
    "Failed to establish a new connection": "The package index cannot be reached. The first start "
    "needs the internet; check the connection and start again.",
    "Temporary failure in name resolution": "The package index cannot be reached. The first start "
    "needs the internet; check the connection and start again.",
    "CERTIFICATE_VERIFY_FAILED": "The package index answers with a certificate unknown to Python, "
    "as behind a filtering proxy. Ask your network's administrator for its certificate file and "
    "name that file in the variable PIP_CERT.",
    "Read timed out": "The connection is too slow or broke off. Start again: what was downloaded "
    "is kept.",
    "No matching distribution found": "A package has no ready-made file for this computer, or the "
    "package index cannot be reached. Trephine runs on 64-bit Linux (glibc 2.34 or newer), Windows "
    "and Apple-silicon macOS with Python 3.11 to 3.13.",
}


def script(name: str) -> Path:
    """Return where the environment keeps the program of that name."""
    return VENV / "Scripts" / f"{name}.exe" if os.name == "nt" else VENV / "bin" / name


def clean() -> dict[str, str]:
    """Return the surrounding variables without those that make Python or pip look elsewhere."""
    misleading = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    return {key: value for key, value in os.environ.items() if key not in misleading}


def prepare(*, development: bool) -> None:
    """Bring the environment to what the locks say; do nothing if it is already there.

    Raises
    ------
    SetupError
        If that cannot be done; the next call starts over.
    """
    wanted, found = _wanted(), _found()
    needed = ["python", "runtime", "project"] + (["development"] if development else [])
    if all(found.get(key) == wanted[key] for key in needed):
        return
    if not _can_grow(found, wanted, development=development):
        _make_environment()
        found = {"development": ""}
    STAMP.unlink(missing_ok=True)
    if development and found["development"] != wanted["development"]:
        _install_lock(DEV_LOCK)
        found = found | {"development": wanted["development"]}
    elif found.get("runtime") != wanted["runtime"]:
        _install_lock(RUNTIME_LOCK)
    if found.get("project") != wanted["project"]:
        _install_project()
    stamp = wanted | {"development": found["development"]}
    STAMP.write_text(json.dumps(stamp, indent=2), encoding="utf-8")


def _can_grow(found: dict[str, str], wanted: dict[str, str], *, development: bool) -> bool:
    """Tell whether installing on top is enough: nothing that is there has to change its version."""
    if any(found.get(key) != wanted[key] for key in ("python", "runtime")):
        return False
    return not development or found["development"] in ("", wanted["development"])


def _wanted() -> dict[str, str]:
    """Return what a finished environment of this checkout and this Python is stamped with."""
    files = {
        "runtime": RUNTIME_LOCK,
        "development": DEV_LOCK,
        "project": ROOT / "pyproject.toml",
    }
    hashes = {key: hashlib.sha256(path.read_bytes()).hexdigest() for key, path in files.items()}
    return {"python": f"{sys.version} at {sys.base_prefix} for {ROOT}"} | hashes


def _found() -> dict[str, str]:
    """Return what the environment is stamped with; nothing if it is unfinished or cannot start."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    whole = script("python").exists() and script("trephine").exists()
    return stamp if whole and isinstance(stamp, dict) and set(stamp) == set(_wanted()) else {}


def _make_environment() -> None:
    """Put a fresh, empty environment in place of whatever is there."""
    try:
        if VENV.exists():
            print("Removing the unfinished or outdated environment", flush=True)
            shutil.rmtree(VENV)
    except OSError as error:
        raise SetupError(
            f"{VENV} cannot be removed ({error.strerror}). Close the programs that use it, or "
            "delete it by hand, then start again."
        ) from error
    print(f"Making a virtual environment in {VENV}", flush=True)
    # When started by the environment's own Python, that one has just been removed.
    python = getattr(sys, "_base_executable", None) or sys.executable
    made = _ran([python, "-m", "venv", str(VENV)])
    if made is not None:
        raise SetupError(f"{VENV} could not be made. Python says:\n\n{made}")


def _install_lock(lock: Path) -> None:
    """Install every package of `lock`, checking its hash; no package is built from source."""
    print("Installing the locked packages; the first time this takes some minutes", flush=True)
    options = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    _pip(options, "The packages could not be installed.", listener=_show)


def _install_project() -> None:
    """Install this checkout itself in place, with the locked build tool and no download."""
    print("Installing Trephine", flush=True)
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    _pip(options, "Trephine itself could not be installed.")


def _pip(options: list[str], failure: str, listener: _Listener | None = None) -> None:
    """Run pip; keep everything it says for when it fails."""
    command = [str(script("python")), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["install", "--progress-bar", "off", "--no-warn-script-location", *options]
    said = _ran(command, listener)
    if said is None:
        return
    meaning = next((text for sign, text in _MEANINGS.items() if sign in said), "")
    last_words = "\n".join(f"    {line}" for line in said.splitlines()[-20:])
    raise SetupError(f"The last words of pip:\n{last_words}\n\n{failure} {meaning}".rstrip())


def _show(line: str) -> None:
    """Show the lines of pip that tell somebody waiting how far it is."""
    if line.startswith("Collecting ") and "==" in line:
        print("  " + line.split()[1].split(";")[0].replace("==", " "), flush=True)
    elif line.startswith("Installing collected packages"):
        print("  Everything is here and checked; unpacking", flush=True)


def _ran(command: list[str], listener: _Listener | None = None) -> str | None:
    """Run `command`, each line to `listener`; return None on success, else all it said."""
    said = []
    with subprocess.Popen(
        command,
        env=clean(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if listener is not None:
                listener(line)
    return None if process.returncode == 0 else "".join(said)
