"""Where Trephine finds its own files and keeps the user's; reads none of them."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from platformdirs import PlatformDirs

from app import shipped_kernels
from planning.errors import TrephineError

_DIRS = PlatformDirs("trephine", appauthor=False)
_KERNEL_CACHE_VARIABLE = "NUMBA_CACHE_DIR"
_HERE = Path(__file__).resolve().parent
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


def prepare_kernel_cache() -> Path:
    """Choose where compiled kernels are kept, before anything imports numba; return the folder.

    Without this, numba writes beside the sources, which an installation may not allow. Each state
    of the sources has a folder of its own: numba only looks whether a kernel's own file is another,
    not those of the kernels that were compiled into it, and would go on using what was mended.
    """
    folder = Path(os.environ.get(_KERNEL_CACHE_VARIABLE, ""))
    if folder == Path():
        versions = user_cache_dir() / "kernels"
        folder = versions / sources_mark()
        _forget_old_kernels(versions, folder)
    if shipped_kernels.is_installed_program():
        folder = shipped_kernels.use(folder)
    os.environ[_KERNEL_CACHE_VARIABLE] = str(folder)
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
    return any(folder.rglob("*.nbi"))
