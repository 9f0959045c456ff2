"""What goes into the program that is installed without Python, and what stays out; builds nothing.

PyInstaller finds what is imported by name. Here stands what it cannot see (what is looked up by
entry point, or loaded from a file), and what it would take along although nobody needs it.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
APPLICATION_ID = "org.trephine.Trephine"
MAC_PROPERTIES = {
    "CFBundleDisplayName": "Trephine",
    "LSMinimumSystemVersion": "13.0",
    "NSHighResolutionCapable": True,
}
MOST_UNPACKED_MB = 1150
MOST_PACKED_MB = 260

# VTK registers what draws by importing these; no line of the program names them all.
VTK_ALWAYS = (
    "vtkmodules.vtkRenderingOpenGL2",
    "vtkmodules.vtkInteractionStyle",
    "vtkmodules.vtkRenderingFreeType",
)
# Looked up at run time: decoders of DICOM pixels, dialects and migrations of the registry.
HIDDEN = (
    "alembic.context",
    "alembic.op",
    "gdcm",
    "jpeg_ls",
    "numba._devicearray",
    "openjpeg",
    "pg8000.dbapi",
    "rle",
    "sqlalchemy.dialects.postgresql.pg8000",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
# Packages of which submodules are imported by a name put together at run time.
WHOLE = (
    "app",
    "planning",
    "pydicom.pixels",
    "pydicom.sr",
    "pynetdicom",
    "numba.np.ufunc",
    "alembic",
)
# Packages that ask at run time which version they or others are, or which plugins there are.
METADATA = (
    "dicomweb-client",
    "highdicom",
    "numba",
    "numpy",
    "pg8000",
    "pydantic",
    "pydicom",
    "pyjpegls",
    "pylibjpeg",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "pynetdicom",
    "python-gdcm",
    "scramp",
    "typer",
)
DATA_OF = ("highdicom", "pynetdicom")
# Without its table scipy says nothing and gives the same point for every execution of a needle.
FILES_OF = (("scipy.stats", "*.npz"),)
EXCLUDED = (
    "IPython",
    "PySide6.QtDesigner",
    "PySide6.QtHelp",
    "PySide6.QtNetwork",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtSql",
    "PySide6.QtTest",
    "PySide6.QtUiTools",
    "PySide6.scripts",
    "_pytest",
    "_gdbm",
    "babel",
    "coverage",
    "fontTools",
    "hypothesis",
    "lib2to3",
    "matplotlib",
    "mypy",
    "numba.cuda",
    "pip",
    "pytest",
    "readline",
    "setuptools",
    "sklearn.datasets",
    "tkinter",
    "turtle",
    "vtkmodules.all",
    "vtkmodules.web",
)
# Files that come along with what is needed, by their place in the bundle. `de` is spoken.
LEFT_OUT = (
    "PySide6/Qt/translations/*",
    "PySide6/translations/*",
    "PySide6/Qt/qml/*",
    "PySide6/qml/*",
    "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/generic/*",
    "PySide6/Qt/plugins/networkinformation/*",
    "PySide6/Qt/plugins/platforms/libqeglfs*",
    "PySide6/Qt/plugins/platforms/libqlinuxfb*",
    "PySide6/Qt/plugins/platforms/libqvnc*",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay*",
    "PySide6/Qt/plugins/platforms/libqminimal*",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard*",
    "PySide6/Qt/plugins/platformthemes/libqgtk3*",
    "PySide6/Qt/plugins/qmltooling/*",
    "PySide6/Qt/plugins/sqldrivers/*",
    "PySide6/Qt/plugins/tls/*",
    "*Qt6Qml*",
    "*Qt6Quick*",
    "*Qt6VirtualKeyboard*",
    "*Qt6Pdf*",
    "*Qt6Sql*",
    "*Qt6Test*",
    "*Qt6EglFSDevice*",
    "sklearn/datasets/*",
    "sklearn/*.pyx",
    "sklearn/*.pxd",
    "sklearn/*.tp",
    "PIL/_avif*",
    "pillow.libs/libavif*",
    "libavif*",
    "*/tests/*",
    "*.pyi",
    "share/*",
)
KEPT = (
    "PySide6/Qt/translations/qt_de.qm",
    "PySide6/Qt/translations/qtbase_de.qm",
    "PySide6/translations/qt_de.qm",
    "PySide6/translations/qtbase_de.qm",
)
# What takes room, and what for: the report of a build says it.
PURPOSES = {
    "SimpleITK": "images: read, resampled, registered; distance maps (one library)",
    "vtkmodules": "3-D and slice pictures",
    "llvmlite": "LLVM, which compiles the planner's kernels",
    "PySide6": "Qt: the window",
    "scipy": "numerics, with OpenBLAS",
    "numpy": "arrays, with OpenBLAS",
    "highdicom": "DICOM SEG and SR, with its code tables",
    "_gdcm": "JPEG decoders",
    "sklearn": "habitats by clustering",
    "pillow": "pictures in DICOM and icons",
    "python3.11": "modules of Python in C",
    "trephine": "the program: everything in Python, in one archive",
    "resources": "protocols, fonts, translations, papers",
}


# What a Python of Linux may be linked with, and a program under the Apache licence may not ship.
_GPL = re.compile(r"lib(readline|history|gdbm|db-5)[.-].*")
# Linux: what draws, and what knows the screen, the keyboard and the fonts, is the system's own
# (system_libraries.py names it), and so is the C and C++ library: copies from another system would
# not fit its drivers.
OF_THE_SYSTEM = re.compile(
    r"lib(X[a-z\d].*|X11.*|xcb.*|xkb.*|GL.*|EGL.*|OpenGL.*|drm.*|gbm.*|wayland-.*|dbus-1|systemd"
    r"|fontconfig|freetype|(glib|gthread|gobject|gmodule|gio)-2\.0|ICE|SM|stdc\+\+|gcc_s|gomp)"
    r"\.so(\..*)?$"
)


def version(root: Path = ROOT) -> str:
    """Return the program's version, which stands in planning/__init__.py alone."""
    text = (root / "planning" / "__init__.py").read_text(encoding="utf-8")
    return str(re.findall(r'^__version__ = "(.+)"$', text, flags=re.MULTILINE)[0])


def maintainer(root: Path = ROOT) -> str:
    """Return who answers for the packages, as pyproject.toml names them first."""
    with (root / "pyproject.toml").open("rb") as file:
        first = tomllib.load(file)["project"]["authors"][0]
    return f"{first['name']} <{first['email']}>"


def developer(root: Path = ROOT) -> str:
    """Return the name alone of who answers for the packages."""
    return maintainer(root).split(" <")[0]


def gpl_libraries(names: Iterable[str]) -> tuple[str, ...]:
    """Return the libraries among those files that are under the GPL; none may go along."""
    return tuple(sorted(name for name in names if _GPL.match(PurePosixPath(name).name)))


def vtk_modules(root: Path = ROOT) -> tuple[str, ...]:
    """Return the modules of VTK that the program imports, and those that register what draws."""
    named = {name for file in sorted((root / "app").rglob("*.py")) for name in _imports(file)}
    return tuple(sorted({n for n in named if n.startswith("vtkmodules.")} | set(VTK_ALWAYS)))


def is_left_out(place: str) -> bool:
    """Tell whether the file that would lie at `place` in the bundle stays out of it."""
    place = PurePosixPath(place.replace("\\", "/")).as_posix()
    if any(fnmatch.fnmatchcase(place, kept) for kept in KEPT):
        return False
    return any(fnmatch.fnmatchcase(place, pattern) for pattern in LEFT_OUT)


def may_lose_symbols(place: str) -> bool:
    """Tell whether a library at that place in the bundle bears losing its debugger's symbols."""
    parts = PurePosixPath(place).parts
    return not any(part in ("PySide6", "shiboken6") or part.endswith(".libs") for part in parts)


def without_the_system(
    libraries: Mapping[str, str], needs: Callable[[str], Iterable[str]]
) -> frozenset[str]:
    """Return the places of the libraries that go along: those of Linux only where one is needed.

    Parameters
    ----------
    libraries : mapping of str to str
        Place in the bundle of each library, and the file it is copied from.
    needs : callable
        The names of the libraries that a file is linked with.
    """
    waiting = [place for place, source in libraries.items() if not is_from_linux(source)]
    by_name = {PurePosixPath(place).name: place for place in libraries}
    kept: set[str] = set()
    while waiting:
        place = waiting.pop()
        name = PurePosixPath(place).name
        if place in kept or (is_from_linux(libraries[place]) and OF_THE_SYSTEM.match(name)):
            continue
        kept.add(place)
        wanted = {PurePosixPath(need).name for need in needs(libraries[place])}
        waiting += [by_name[need] for need in wanted if need in by_name]
    return frozenset(kept)


def linked_with(library: str) -> list[str]:
    """Return the names of the libraries that a file of Linux itself is linked with."""
    said = subprocess.run(["objdump", "-p", library], check=False, capture_output=True, text=True)
    return re.findall(r"^\s*NEEDED\s+(\S+)$", said.stdout, flags=re.MULTILINE)


def is_from_linux(source: str) -> bool:
    """Tell whether a file is a library of the system, not one of Python or of a package."""
    path = PurePosixPath(source)
    if not (path.is_relative_to("/lib") or path.is_relative_to("/usr/lib")):
        return False
    return not any(part.startswith("python3") for part in path.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the bundle and how much of the disk it takes."""

    name: str
    megabytes: float


def shares(bundle: Path, at_least_mb: float = 5.0) -> tuple[Share, ...]:
    """Return the parts of a bundle that take as much as that, largest first; the last is the rest.

    A part is a folder or file in the folder of the libraries; what Python keeps beside a package
    (``numpy.libs``) counts with it.
    """
    sizes: dict[str, int] = {}
    for file in bundle.rglob("*"):
        if file.is_file() and not file.is_symlink():
            parts = file.relative_to(bundle).parts
            inner = parts[1] if parts[0] == "_internal" and len(parts) > 1 else parts[0]
            name = inner.removesuffix(".libs")
            sizes[name] = sizes.get(name, 0) + file.stat().st_size
    named = [Share(name=name, megabytes=size / 1e6) for name, size in sizes.items()]
    large = sorted(
        (share for share in named if share.megabytes >= at_least_mb),
        key=lambda share: -share.megabytes,
    )
    rest = sum(share.megabytes for share in named if share.megabytes < at_least_mb)
    return (*large, Share(name="everything else", megabytes=rest))


def _imports(file: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
