"""Gathers how folders, kernels, settings and registry stand on this computer; judges nothing."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from app import own_registry, paths, shipped_kernels
from app.doctor.facts import Folder, Kernels, RegistryState, SettingsFile
from app.settings import load_settings, settings_version
from planning.errors import TrephineError

_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ncpfs", "fuse.sshfs", "davfs")
_MOUNTS = Path("/proc/self/mountinfo")
_OTHERS = 0o077


def shortened(path: Path | str) -> str:
    """Return a path with the user's home as ~, so that it holds no name."""
    text, home = str(path), str(Path.home())
    return f"~{text[len(home) :]}" if home != "/" and text.startswith(home) else text


def folders() -> tuple[Folder, ...]:
    """Return how every folder stands that Trephine writes to."""
    named = {
        "data": paths.user_data_dir(),
        "cache": paths.user_cache_dir(),
        "logs": paths.log_file().parent,
        "temp": Path(tempfile.gettempdir()),
    }
    return tuple(_folder(name, path) for name, path in named.items())


def kernels() -> Kernels:
    """Return how compiled kernels stand; to be asked once `prepare_kernel_cache` was called."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", ""))
    why = ""
    if paths.kernels_are_temporary():
        folder = paths.user_cache_dir()
        why = paths.why_kernels_are_not_kept(folder) or "not writable"
    return Kernels(
        folder=shortened(folder),
        are_shipped=shipped_kernels.is_installed_program(),
        are_compiled=paths.kernels_are_compiled(folder),
        why_not_kept=why,
        processor=shipped_kernels.common_processor(),
    )


def settings() -> SettingsFile:
    """Return how the settings stand."""
    file = paths.settings_file()
    return SettingsFile(
        is_there=file.exists(), version=settings_version(file), said=load_settings(file)[1]
    )


def registry(*, network: bool) -> RegistryState:
    """Return how the registry stands; an older one is looked at and left as it is.

    Parameters
    ----------
    network : bool
        Whether a server may be asked.
    """
    try:
        place = own_registry.place_in_use()
    except TrephineError as error:
        return RegistryState(place="", is_there=False, problem=str(error))
    name = shortened(str(place))
    is_there = place.file is None or place.file.exists()
    if not is_there or (place.file is None and not network):
        return RegistryState(place=name, is_there=False)
    from planning.records.registry import engines
    from planning.records.registry.migrating import NEWEST, revision_of
    from planning.records.registry.verifying import verify

    try:
        with engines.in_words(place):
            revision = revision_of(engines.engine_of(place.url, engines.RESEARCH_PART))
        if revision != NEWEST:
            return RegistryState(place=name, is_there=bool(revision), revision=revision)
        found = verify(own_registry.opened(place))
    except TrephineError as error:
        return RegistryState(place=name, is_there=True, problem=shortened_in(str(error)))
    return RegistryState(
        place=name,
        is_there=True,
        revision=revision,
        entries=found.entries,
        cases=found.cases,
        problems=tuple(map(shortened_in, found.problems)),
    )


def shortened_in(text: str) -> str:
    """Return a sentence in which the user's home is written as ~."""
    home = str(Path.home())
    return text if home in ("", "/") else text.replace(home, "~")


def _folder(name: str, path: Path) -> Folder:
    why = paths.why_not_writable(path)
    free, private = None, None
    with suppress(OSError):
        free = shutil.disk_usage(path).free
        if os.name == "posix":
            private = not path.stat().st_mode & _OTHERS
    kind = _file_system(path)
    return Folder(
        name=name,
        path=shortened(path),
        why_not=why,
        is_private=private,
        kind=kind,
        is_remote=kind in _REMOTE or _is_remote_drive(path),
        free_bytes=free,
    )


def _file_system(path: Path) -> str:
    """Return the kind of the file system that a path is on; empty where Linux does not say it."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
        whole = str(path.resolve())
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = before.split()[4].replace("\\040", " ")
        on_it = mounted == "/" or whole == mounted or whole.startswith(f"{mounted}/")
        if on_it and len(mounted) >= len(best):
            best, kind = mounted, after.split()[0]
    return kind


def _is_remote_drive(path: Path) -> bool:
    if sys.platform == "win32":
        import ctypes

        drive_remote = 4  # DRIVE_REMOTE of <fileapi.h>
        return bool(ctypes.windll.kernel32.GetDriveTypeW(f"{path.anchor}") == drive_remote)
    return False
