"""Kernels that come compiled with the installed program, and where it keeps its own; has none.

Left to itself numba goes by a kernel's source file. The installed program has none: numba would
name its folder after whatever folder the program was started in, and compile anew in each.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Final

_SHIPPED = Path(__file__).resolve().parent.parent / "kernels"
_MARK = "mark"
_AVX2: Final = 40  # PF_AVX2_INSTRUCTIONS_AVAILABLE of <winnt.h>
# x86-64-v3 of the System V ABI (processors since 2013), as Linux spells it in /proc/cpuinfo.
_LEVEL_3 = frozenset({"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"})
_PROCESSORS = Path("/proc/cpuinfo")


def is_installed_program() -> bool:
    """Tell whether this is the program that is installed without Python."""
    return bool(getattr(sys, "frozen", False))


def shipped_mark() -> str:
    """Return the word by which the sources went that these kernels were compiled from."""
    try:
        return (_SHIPPED / _MARK).read_text(encoding="ascii").strip()
    except OSError:
        about = Path(sys.executable).stat()
        return f"{about.st_size:x}-{about.st_mtime_ns:x}"


def use(folder: Path) -> Path:
    """Let numba find the shipped kernels; to be called before anything imports numba.

    Parameters
    ----------
    folder : Path
        Where kernels are to be kept; it is filled if it is not there yet.

    Returns
    -------
    Path
        Where they are kept: `folder`, or where the program lies if that cannot be written.
    """
    os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = f"{__name__}.{KernelPlace.__name__}"
    processor = common_processor()
    if processor:
        os.environ["NUMBA_CPU_NAME"] = processor
        os.environ["NUMBA_CPU_FEATURES"] = ""  # none but those of every such processor
    if folder.exists() or not _SHIPPED.is_dir():
        return folder
    return folder if _copied(folder) else _SHIPPED


def common_processor() -> str:
    """Return what kernels are compiled for so that they run on most computers; empty if not here.

    Where it is empty, kernels are compiled for the processor that is there, at the first plan.
    """
    machine = platform.machine().lower()
    if machine in ("amd64", "x86_64"):
        return "x86-64-v3" if _has_level_3() else ""
    if machine == "arm64" and sys.platform == "darwin":
        return "apple-m1"
    return "generic" if machine in ("aarch64", "arm64") else ""


def _has_level_3() -> bool:
    if sys.platform == "win32":
        return bool(ctypes.windll.kernel32.IsProcessorFeaturePresent(_AVX2))
    try:
        lines = _PROCESSORS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return set(flags.split()) >= _LEVEL_3


def _copied(folder: Path) -> bool:
    """Put a copy of the shipped kernels there, whole or not at all; tell whether it is there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    except OSError:
        return False
    try:
        shutil.copytree(_SHIPPED, unfinished, dirs_exist_ok=True, copy_function=shutil.copyfile)
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder.is_dir()  # another Trephine may have been quicker


class KernelPlace:
    """Where numba keeps one kernel of the installed program.

    Numba asks for a class with these methods (``NUMBA_CACHE_LOCATOR_CLASSES``).
    """

    def __init__(self, module: str, line: int) -> None:
        self._module = module
        self._line = line

    @classmethod
    def from_function(cls, function: FunctionType, _file: str) -> KernelPlace:
        """Return the place of a kernel; it never depends on the folder of the start."""
        place = cls(function.__module__, function.__code__.co_firstlineno)
        with suppress(OSError):  # reading needs no right to write
            place.ensure_cache_path()
        return place

    def ensure_cache_path(self) -> None:
        """Make the folder of the kernel's module."""
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """Return the folder of the kernel's module."""
        return str(Path(os.environ["NUMBA_CACHE_DIR"], self._module))

    def get_source_stamp(self) -> str:
        """Return what is another one as soon as the sources were."""
        return shipped_mark()

    def get_disambiguator(self) -> str:
        """Return what tells kernels of one name apart."""
        return str(self._line)
