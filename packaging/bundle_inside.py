"""Libraries in C and C++ that lie inside the wheels of others, with the text of their licence.

Wheels are not obliged to say what they were linked with, and most do not. The texts beside this
file (``licence_texts/inside``) are those that Debian keeps of the same sources: they name all
holders, of tests and tools too that no wheel contains. What numpy, scipy, Pillow and llvmlite bring
stands in their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).resolve().parent / "licence_texts" / "inside"
QT, VTK, ITK, GDCM = "pyside6-essentials", "vtk", "simpleitk", "python-gdcm"
REPLACING_QT = """\
Qt and PySide6 are used under the GNU Lesser General Public License, version 3. They are separate,
unchanged files that may be replaced by others of the same interface (section 4 of the licence):

- Qt: PySide6/Qt/lib and PySide6/Qt/plugins below _internal (Windows: PySide6/*.dll and
  PySide6/plugins; macOS: Trephine.app/Contents/Frameworks);
- PySide6 and shiboken6: the folders of that name, libpyside6.abi3 and libshiboken6.abi3 in them.

Put your own build of the same minor version there, under the same names; the program looks for them
nowhere else and checks no signature of theirs (macOS: sign the app again afterwards, for yourself:
codesign --force --deep --sign - Trephine.app). Their sources: https://download.qt.io, folders
official_releases/qt and official_releases/QtForPython, under the versions named below.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A library, and the packages of Python that it lies in."""

    name: str
    licence: str
    of: tuple[str, ...]

    @property
    def text(self) -> Path:
        """The text of its licence."""
        return TEXTS / f"{self.name}.txt"


_KNOWN = (
    ("qtbase", "LGPL-3.0-only", (QT,)),
    ("qtsvg", "LGPL-3.0-only", (QT,)),
    ("qtwayland", "LGPL-3.0-only", (QT,)),
    ("harfbuzz", "MIT", (QT,)),
    ("icu", "Unicode-3.0", (QT,)),
    ("libb2", "CC0-1.0", (QT,)),
    ("md4c", "MIT", (QT,)),
    ("pcre2", "BSD-3-Clause", (QT,)),
    ("freetype", "FTL", (QT, VTK)),
    ("double-conversion", "BSD-3-Clause", (QT, VTK, ITK)),
    ("libjpeg-turbo", "IJG AND BSD-3-Clause AND Zlib", (QT, VTK, ITK, GDCM)),
    ("libpng", "libpng-2.0", (QT, VTK, ITK)),
    ("zlib", "Zlib", (QT, VTK, ITK, GDCM)),
    ("vtk-third-party", "BSD-3-Clause", (VTK,)),
    ("fmt", "MIT", (VTK,)),
    ("jsoncpp", "MIT", (VTK,)),
    ("kissfft", "BSD-3-Clause", (VTK,)),
    ("lz4", "BSD-2-Clause", (VTK,)),
    ("pugixml", "MIT", (VTK,)),
    ("utfcpp", "BSL-1.0", (VTK,)),
    ("expat", "MIT", (VTK, ITK, GDCM)),
    ("libtiff", "libtiff", (VTK, ITK)),
    ("itk-third-party", "Apache-2.0", (ITK,)),
    ("eigen", "MPL-2.0", (ITK,)),
    ("hdf5", "BSD-3-Clause", (ITK,)),
    ("gdcm-third-party", "BSD-3-Clause", (ITK, GDCM)),
    ("openjpeg", "BSD-2-Clause", (ITK, GDCM)),
    ("charls", "BSD-3-Clause", (ITK, GDCM, "pyjpegls")),
)


def inside(packages: Iterable[str]) -> tuple[Inner, ...]:
    """Return the libraries that lie in one of these packages."""
    names = set(packages)
    known = (Inner(name=name, licence=licence, of=of) for name, licence, of in _KNOWN)
    return tuple(one for one in known if names & set(one.of))
