"""Gathers everything about this computer and program; judges nothing, changes nothing."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib import import_module, metadata
from pathlib import Path

from app import catalogue, paths, shipped_kernels
from app.crashes import how_it_ended, kept_traces
from app.doctor import gathering_network, gathering_places
from app.doctor.drawing_probe import ask_what_draws
from app.doctor.facts import Facts, Machine
from app.language import mark
from app.settings import load_settings
from planning import __version__
from planning.errors import TrephineError
from planning.progress import SILENT, Progress

PACKAGES = ("PySide6_Essentials", "vtk", "SimpleITK", "pydicom", "numpy", "scipy", "numba")
_MODULES = {"PySide6_Essentials": "Qt", "vtk": "VTK"}
_CODE = Path(__file__).resolve().parents[2]
_MEMINFO = Path("/proc/meminfo")

_DRAWING = mark("Asking what draws the window")
_FOLDERS = mark("Looking at folders and the registry")
_SERVERS = mark("Asking the image archives")


def gather(*, network: bool = True, progress: Progress = SILENT) -> Facts:
    """Return everything that can be found out about this computer.

    Parameters
    ----------
    network : bool
        Whether image archives, and a registry on a server, may be asked.
    """
    paths.prepare_kernel_cache()
    progress.report(0.0, _DRAWING)
    drawing = ask_what_draws()
    progress.report(0.4, _FOLDERS)
    newest = _newest_file()  # before anything is tried out
    folders = gathering_places.folders()
    registry = gathering_places.registry(network=network)
    progress.report(0.7, _SERVERS)
    settings, problem = gathering_network.servers_file()
    return Facts(
        machine=_machine(newest),
        damaged=damaged_tables(),
        drawing=drawing,
        folders=folders,
        kernels=gathering_places.kernels(),
        settings=gathering_places.settings(),
        registry=registry,
        servers=gathering_network.answers(settings.servers, network=network),
        servers_problem=problem,
        ports=gathering_network.ports(settings, load_settings(paths.settings_file())[0]),
        crashes=tuple(map(_crash, kept_traces(paths.log_file().parent))),
    )


def damaged_tables() -> tuple[tuple[str, str], ...]:
    """Return which tables of the program cannot be read, and why."""
    readers: dict[str, Callable[[], object]] = {
        "needles.json": catalogue.needles,
        "sites.toml": catalogue.sites,
        "roles": catalogue.role_tables,
        "joints.json": catalogue.joint_rules,
        "error_models.toml": catalogue.error_models,
        "cohort.toml": catalogue.cohort_rules,
        "published_accuracy.toml": catalogue.published_accuracy,
        "specimens.toml": catalogue.specimen_rules,
        "radiomics.toml": catalogue.radiomics,
        "registry_fields.toml": catalogue.registry_fields,
        "viability.toml": catalogue.viability_rules,
        "bones.toml": catalogue.bone_rules,
        "carry_over.toml": catalogue.carry_rules,
        "habitats.toml": catalogue.habitat_rules,
        "landmarks.toml": catalogue.landmarks,
        "skin_grid.toml": catalogue.skin_grid_rules,
        "protocols": lambda: [catalogue.protocol(key) for key in catalogue.protocol_keys()],
    }
    found = []
    for name, read in readers.items():
        try:
            read()
        except (TrephineError, OSError) as error:
            found.append((name, gathering_places.shortened_in(str(error))))
    return tuple(found)


def _machine(newest: datetime | None) -> Machine:
    total, free = _memory()
    return Machine(
        version=__version__,
        is_installed=shipped_kernels.is_installed_program(),
        system=_system(),
        python=platform.python_version(),
        packages=tuple((_MODULES.get(name, name), _version(name)) for name in PACKAGES),
        processors=_processors(),
        memory_bytes=total,
        free_memory_bytes=free,
        now=datetime.now(),
        program_at=_program_date(),
        newest_file_at=newest,
    )


def _version(package: str) -> str:
    """Return the version of a package; asked of itself where it came without its papers."""
    if package == "PySide6_Essentials":
        with suppress(ImportError):
            from PySide6.QtCore import qVersion

            return str(qVersion())
        return ""
    if package == "vtk":
        with suppress(ImportError):
            from vtkmodules.vtkCommonCore import vtkVersion

            return str(vtkVersion.GetVTKVersion())
        return ""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    with suppress(ImportError):
        return str(getattr(import_module(package), "__version__", "?"))
    return ""


def _system() -> str:
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            name = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
            return f"{name}, Linux {platform.release()}, {platform.machine()}"
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> tuple[int | None, int | None]:
    """Return how much memory there is, and how much of it programs can still have."""
    if sys.platform == "win32":
        return _windows_memory()
    with suppress(OSError, ValueError, IndexError):
        lines = dict(
            line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines()
        )
        sizes = {key: int(value.split()[0]) << 10 for key, value in lines.items()}
        return sizes.get("MemTotal"), sizes.get("MemAvailable")
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), None
    return None, None


def _windows_memory() -> tuple[int | None, int | None]:
    class Status(ctypes.Structure):  # MEMORYSTATUSEX of <sysinfoapi.h>
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel: object = getattr(ctypes, "windll", None)
    if kernel is None or not kernel.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined]
        return None, None
    return int(status.total), int(status.free)


def _program_date() -> datetime:
    """Return the date of the newest of the program's own files."""
    if shipped_kernels.is_installed_program():
        return datetime.fromtimestamp(Path(sys.executable).stat().st_mtime)
    files = [p for folder in ("app", "planning") for p in (_CODE / folder).rglob("*.py")]
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in files))


def _newest_file() -> datetime | None:
    """Return the date of the newest file that is kept for the user."""
    dates = []
    folder = paths.user_data_dir()
    for path in (paths.log_file(), paths.settings_file(), *folder.glob("*.json")):
        with suppress(OSError):
            dates.append(path.stat().st_mtime)
    return datetime.fromtimestamp(max(dates)) if dates else None


def _crash(file: Path) -> str:
    with suppress(OSError):
        at = datetime.fromtimestamp(file.stat().st_mtime)
        how = how_it_ended(file.read_text(encoding="utf-8", errors="replace"))
        return f"{at:%Y-%m-%d %H:%M} {how}".strip()
    return file.name
