"""Where Trephine finds its own files and keeps the user's; reads none of them."""

from __future__ import annotations

import atexit
import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import PlatformDirs

from app import shipped_kernels
from planning.errors import TrephineError

_DIRS = PlatformDirs("trephine", appauthor=False)
_KERNEL_CACHE_VARIABLE = "NUMBA_CACHE_DIR"
_HERE = Path(__file__).resolve().parent
_TRIED_BYTES = 1 << 16
_KERNEL_BYTES = 20 << 20  # more than all of them take
_THIS_RUN = "trephine-kernels-"
_KEPT_KERNELS = 3  # versions, for installations side by side


def resources_dir() -> Path:
    """Return the folder of packaged resources, installed or in a source checkout.

    Raises
    ------
    TrephineError
        If the installation is incomplete.
    """
    for folder in (_HERE / "resources", _HERE.parent / "resources"):
        if (folder / "needles.json").is_file():
            return folder
    raise TrephineError(
        "Trephine's resource files are missing; the installation is incomplete. Install it again."
    )


def logo_file() -> Path:
    """Return the drawing of the program's icon."""
    return resources_dir() / "logo" / "trephine.svg"


def user_data_dir() -> Path:
    """Return the folder for settings and logs; it may not exist yet."""
    return _DIRS.user_data_path


def user_cache_dir() -> Path:
    """Return the folder for what can be made again; it may not exist yet."""
    return _DIRS.user_cache_path


def settings_file() -> Path:
    """Return where the settings are kept."""
    return user_data_dir() / "settings.json"


def own_error_models_file() -> Path:
    """Return where the error models fitted to one's own cases are kept; it may not exist yet."""
    return user_data_dir() / "error_models.toml"


def pacs_file() -> Path:
    """Return where the image archives are kept, readable by the user alone."""
    return user_data_dir() / "pacs.json"


def received_dir() -> Path:
    """Return the folder of series that came from image archives; it may not exist yet."""
    return user_data_dir() / "received"


def log_file() -> Path:
    """Return where the log is written."""
    return user_data_dir() / "logs" / "trephine.log"


def running_dir() -> Path:
    """Return where each window that runs has its mark; it may not exist yet."""
    return user_data_dir() / "running"


def keep_private(folder: Path) -> None:
    """Make a folder that the user alone may open, or shut others out of the one that is there.

    Where that cannot be done nothing happens: `trephine doctor` says so.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)


def why_not_writable(folder: Path) -> str:
    """Return why nothing can be kept in a folder; empty if something can. Makes the folder.

    What is asked for cannot be told from rights alone: a disk may be full, or read-only for all.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".try-", suffix=".part") as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def prepare_kernel_cache() -> Path:
    """Choose where compiled kernels are kept, before anything imports numba; return the folder.

    Without this, numba writes beside the sources, which an installation may not allow. Each state
    of the sources has a folder of its own: numba only looks whether a kernel's own file is another,
    not those of the kernels that were compiled into it, and would go on using what was mended.
    Where nothing can be kept, a folder for this run alone takes its place: numba has to have one.
    """
    folder = Path(os.environ.get(_KERNEL_CACHE_VARIABLE, ""))
    if folder == Path():
        versions = user_cache_dir() / "kernels"
        folder = versions / sources_mark()
        _forget_old_kernels(versions, folder)
    if shipped_kernels.is_installed_program():
        folder = shipped_kernels.use(folder)
    elif not kernels_are_temporary() and why_kernels_are_not_kept(folder):
        folder = _for_this_run(folder)
    os.environ[_KERNEL_CACHE_VARIABLE] = str(folder)
    return folder


def kernels_are_temporary() -> bool:
    """Tell whether compiled kernels are kept for this run alone."""
    return Path(os.environ.get(_KERNEL_CACHE_VARIABLE, "")).name.startswith(_THIS_RUN)


def why_kernels_are_not_kept(folder: Path) -> str:
    """Return why compiled kernels cannot be kept in a folder; empty if they can, or are there.

    The folder need not exist: then it is where it would be made that counts.
    """
    if kernels_are_compiled(folder) and os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return ""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    problem = why_not_writable(place)
    if not problem and shutil.disk_usage(place).free < _KERNEL_BYTES:
        return os.strerror(errno.ENOSPC)
    return problem


def _for_this_run(otherwise: Path) -> Path:
    """Return a new folder that only this user may write, gone when the program ends."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=_THIS_RUN))
    except OSError:
        return otherwise
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def sources_mark(code: Path = _HERE.parent) -> str:
    """Return a word that is another one as soon as any source that may hold kernels is another."""
    if shipped_kernels.is_installed_program():
        return shipped_kernels.shipped_mark()
    kernels = (code / "planning", code / "app" / "rendering")
    sources = sorted(path for folder in kernels for path in folder.rglob("*.py"))
    mark = hashlib.sha256()
    for path in sources:
        about = path.stat()
        mark.update(f"{path}|{about.st_size}|{about.st_mtime_ns}\n".encode())
    return mark.hexdigest()[:16]


def _forget_old_kernels(versions: Path, used: Path) -> None:
    if used.exists() or not versions.is_dir():
        return
    with suppress(OSError):  # another Trephine tidies up at the same moment
        others = sorted(versions.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[_KEPT_KERNELS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)


def kernels_are_compiled(folder: Path) -> bool:
    """Tell whether compiled kernels are kept in `folder`; otherwise the next plan compiles them."""
    return next(folder.rglob("*.nbi"), None) is not None
