"""What Windows shows of the program's files, and what its installer is told; builds neither."""

from __future__ import annotations

from pathlib import Path

import bundle_contents as contents

_NOTICE = "Research use only. Not a medical device."
_RESOURCE = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={four}, prodvers={four}, mask=0x3f, flags=0x0, OS=0x40004,
                    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable('040904B0', [{strings}])]),
    VarFileInfo([VarStruct('Translation', [1033, 1200])]),
  ],
)
"""


def write_version_resource(file: Path) -> Path:
    """Write what a file's properties say, as PyInstaller reads it; return the file."""
    version, developer = contents.version(), contents.developer()
    strings = {
        "CompanyName": developer,
        "FileDescription": "Trephine",
        "FileVersion": version,
        "LegalCopyright": f"{developer}, Apache License 2.0",
        "OriginalFilename": "trephine.exe",
        "ProductName": "Trephine",
        "ProductVersion": version,
        "Comments": _NOTICE,
    }
    told = ", ".join(f"StringStruct({key!r}, {value!r})" for key, value in strings.items())
    text = _RESOURCE.format(four=four_numbers(version), strings=told)
    file.write_text(text, encoding="utf-8")
    return file


def write_installer_lines(file: Path) -> None:
    """Write which version the installer is of, and whose."""
    lines = {"Version": contents.version(), "Developer": contents.developer()}
    text = "".join(f'#define {name} "{value}"\n' for name, value in lines.items())
    file.write_text(text, encoding="utf-8")


def four_numbers(version: str) -> tuple[int, int, int, int]:
    """Return a version as Windows counts, without what follows its numbers."""
    digits = ["".join(filter(str.isdigit, part)) for part in version.split(".")[:3]]
    first, second, third = (int(part or 0) for part in (*digits, "0", "0")[:3])
    return first, second, third, 0
