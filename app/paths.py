"""Where Trephine finds its own files and keeps the user's; reads none of them."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

from planning.errors import TrephineError

_DIRS = PlatformDirs("trephine", appauthor=False)
_KERNEL_CACHE_VARIABLE = "NUMBA_CACHE_DIR"
_HERE = Path(__file__).resolve().parent


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


def log_file() -> Path:
    """Return where the log is written."""
    return user_data_dir() / "logs" / "trephine.log"


def prepare_kernel_cache() -> Path:
    """Choose where compiled kernels are kept, before anything imports numba; return the folder.

    Without this, numba writes beside the sources, which an installation may not allow.
    """
    folder = os.environ.get(_KERNEL_CACHE_VARIABLE, "")
    if not folder:
        folder = str(user_cache_dir() / "kernels")
        os.environ[_KERNEL_CACHE_VARIABLE] = folder
    return Path(folder)


def kernels_are_compiled(folder: Path) -> bool:
    """Tell whether compiled kernels are kept in `folder`; otherwise the next plan compiles them."""
    return any(folder.rglob("*.nbi"))
