"""What goes along with a program for others: every licence in one file, and a bill of materials.

Both go by what the build says it put inside (``contents.json``), not by what is installed. The
bill of materials is CycloneDX 1.6 in JSON; its sixty lines need none of the dozen packages that the
project's own library would add to what has to be locked and watched.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from typing import Any

import licences
from bundle_inside import REPLACING_QT, Inner, inside

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "licence_texts"
_NAMES = ("licen", "copying", "notice", "copyright", "authors")
# What lies in the bundle of a package that itself stays out: PyInstaller's loader, whose exception
# allows it in programs under any licence.
_LOADER = {"pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception"}
# Wheels without the text of their licence; the LGPL builds upon the GPL.
_TEXTS_OF = {
    "pyside6-essentials": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "shiboken6": ("LGPL-3.0.txt",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A package of Python or of the system of which something lies in the bundle."""

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[Path, ...]
    hashes: tuple[str, ...] = ()


def python_parts(files: Iterable[str], lock: str) -> tuple[Part, ...]:
    """Return the Python packages of which one of `files` comes, by name.

    Parameters
    ----------
    files : iterable of str
        Paths of what went into the bundle, where they were taken from.
    lock : str
        Text of the lock, for the hashes of the wheels.
    """
    wanted = {Path(file).resolve() for file in files}
    listed = licences.read_list((HERE / "licences.toml").read_text(encoding="utf-8"))
    hashes, parts = _hashes(lock), []
    for package in distributions():
        name = package.metadata["Name"].lower().replace("_", "-").replace(".", "-")
        owned = [Path(str(package.locate_file(file))) for file in package.files or ()]
        if name == "trephine" or not any(file.resolve() in wanted for file in owned):
            continue
        said = listed[name].licence if name in listed else _LOADER.get(name, "")
        parts.append(
            Part(
                name=name,
                version=package.version,
                licence=said or licences.declared_licence(package.metadata),
                purl=f"pkg:pypi/{name}@{package.version}",
                texts=_texts(owned, name),
                hashes=hashes.get(name, ()),
            )
        )
    return tuple(sorted(parts, key=lambda part: part.name))


def system_parts(files: Iterable[str]) -> tuple[Part, ...]:
    """Return the Debian packages of which one of `files` comes; none on other systems."""
    found: dict[str, Part] = {}
    for file in files:
        names = (file, str(Path(file).resolve()), file.removeprefix("/usr"))
        owner = next((said for name in names if (said := _said("dpkg-query", "-S", name))), "")
        if not owner:
            continue
        package = owner.split(": ")[0].split(":")[0].split(",")[0]
        text = Path("/usr/share/doc", package, "copyright")
        version = _said("dpkg-query", "-W", "-f", "${Version}\n", package)
        found[package] = Part(
            name=package,
            version=version,
            licence="",
            purl=f"pkg:deb/debian/{package}@{version}",
            texts=(text,) if text.exists() else (),
        )
    return tuple(found[name] for name in sorted(found))


def python_itself() -> Part:
    """Return the interpreter, which is in every bundle."""
    version = sys.version.split()[0]
    places = [
        Path(sysconfig.get_path("stdlib"), "LICENSE.txt"),
        Path(sys.base_prefix, "LICENSE.txt"),
    ]
    return Part(
        name="python",
        version=version,
        licence="PSF-2.0",
        purl=f"pkg:generic/python@{version}",
        texts=tuple(place for place in places if place.exists())[:1],
    )


def notices(parts: Sequence[Part], own: Path, fonts: Path) -> str:
    """Return all licences as one text, each under the packages that come with it.

    Raises
    ------
    LookupError
        If a package brings neither the text nor the name of its licence.
    """
    chapters = [_chapter("Trephine", "Apache-2.0", own.read_text(encoding="utf-8"))]
    chapters.append(_chapter("Noto Sans CJK", "OFL-1.1", fonts.read_text(encoding="utf-8")))
    for part in parts:
        if not part.texts and not part.licence:
            raise LookupError(f"{part.name} comes without a licence; list it in licences.toml")
        texts = [text.read_text(encoding="utf-8", errors="replace") for text in part.texts]
        body = "\n\n".join(dict.fromkeys(texts)) or "(Its package brings no text of the licence.)"
        chapters.append(_chapter(f"{part.name} {part.version}", part.licence, body))
    for one in inside(part.name for part in parts):
        words = f"{one.name}, inside {', '.join(one.of)}"
        chapters.append(_chapter(words, one.licence, one.text.read_text(encoding="utf-8")))
    first = "Trephine and everything that comes with it, each under its own licence.\n\n"
    return first + REPLACING_QT + "".join(chapters)


def bill_of_materials(parts: Sequence[Part], version: str) -> str:
    """Return the CycloneDX 1.6 description of the program and its parts, the same every time."""
    components = [_component(part) for part in parts]
    inner = inside(part.name for part in parts)
    refs = {part.name: part.purl for part in parts}
    own = f"pkg:generic/trephine@{version}"
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "trephine",
                "version": version,
                "purl": own,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [*components, *map(_inner_component, inner)],
        "dependencies": [
            {"ref": own, "dependsOn": [c["bom-ref"] for c in components]},
            *_linked(inner, refs),
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return json.dumps({"serialNumber": f"urn:uuid:{serial}"} | body, indent=2) + "\n"


def _component(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
    }
    if licences.is_allowed(part.licence) or part.licence.startswith("LGPL"):
        found["licenses"] = [{"expression": part.licence}]
    elif part.licence:
        found["licenses"] = [{"license": {"name": part.licence}}]
    if part.hashes:
        # Of the wheels that the lock allows, one for each system; which it was the build knows.
        found["properties"] = [
            {"name": "trephine:locked-sha256", "value": value} for value in part.hashes
        ]
    return found


def _inner_component(one: Inner) -> dict[str, Any]:
    """Describe a library inside a wheel; which version it is, the wheel does not say."""
    found = {"type": "library", "bom-ref": _ref(one), "name": one.name}
    return found | {"licenses": [{"expression": one.licence}]}


def _linked(inner: Iterable[Inner], refs: Mapping[str, str]) -> list[dict[str, Any]]:
    """Say which package contains which of the libraries inside."""
    of: dict[str, list[str]] = {}
    for one in inner:
        for name in one.of:
            of.setdefault(name, []).append(_ref(one))
    return [{"ref": refs[name], "dependsOn": of[name]} for name in sorted(of) if name in refs]


def _ref(one: Inner) -> str:
    return f"pkg:generic/{one.name}"


def _chapter(name: str, licence: str, text: str) -> str:
    line = "=" * 78
    return f"\n{line}\n{name}{f' ({licence})' if licence else ''}\n{line}\n\n{text.strip()}\n"


def _texts(owned: Iterable[Path], name: str) -> tuple[Path, ...]:
    """Return the files of a package that hold its licence and those of what it contains."""
    found = [
        file
        for file in owned
        if file.name.lower().startswith(_NAMES)
        and PurePosixPath(file.name).suffix.lower() in ("", ".txt", ".md", ".rst")
        and file.is_file()
    ]
    return (*sorted(found), *(TEXTS / text for text in _TEXTS_OF.get(name, ())))


def _hashes(lock: str) -> dict[str, tuple[str, ...]]:
    """Return the hashes of each package of a lock."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name = line.split("==")[0]
        for word in line.split():
            if word.startswith("--hash=sha256:"):
                found.setdefault(name, []).append(word.removeprefix("--hash=sha256:"))
    return {key: tuple(values) for key, values in found.items()}


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else ""
