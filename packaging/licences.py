"""The licence gate: nothing the program ships with may be under the GPL; gives no legal advice.

Reads the metadata of every installed package of the runtime lock. A licence given as an SPDX
expression is judged by its terms (``A OR B`` passes if one of both does, ``A AND B`` if both do).
Where the metadata gives none that can be judged, licences.toml says it, with the reason.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
FONTS = HERE.parent / "resources" / "fonts"
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "GPL-3.0-or-later WITH GCC-exception-3.1",  # the runtime libraries of a compiler
    "HPND",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
# Classifiers that name one licence and no other; "BSD License" is any of several, all permissive.
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A licence stated by hand in licences.toml, and why that is right."""

    licence: str
    reason: str


def main() -> int:
    """Judge every package of the runtime lock; print what is wrong and return the exit code."""
    names = locked_names((HERE / "requirements.lock").read_text(encoding="utf-8"))
    listed = read_list((HERE / "licences.toml").read_text(encoding="utf-8"))
    problems = [problem for name in names if (problem := _problem(name, listed.get(name)))]
    problems += [
        f"{name}: listed in licences.toml, but not in the runtime lock; remove it"
        for name in listed
        if name not in names
    ]
    problems += unlicensed_fonts(FONTS)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(names)} packages, none under the GPL.")
    return 1 if problems else 0


def unlicensed_fonts(folder: Path) -> list[str]:
    """Return what is wrong with bundled fonts: an OFL.txt beside them has to name each."""
    licence = folder / "OFL.txt"
    text = licence.read_text(encoding="utf-8") if licence.exists() else ""
    fonts = sorted(path for path in folder.glob("*.*") if path.suffix in (".otf", ".ttf"))
    return [
        f"{font.name}: {licence.name} beside it does not say that it is under the OFL"
        for font in fonts
        if font.name not in text or "SIL OPEN FONT LICENSE Version 1.1" not in text
    ]


def locked_names(lock: str) -> tuple[str, ...]:
    """Return the names of the packages pinned in the text of a lock, each once, in its order."""
    return tuple(dict.fromkeys(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE)))


def read_list(text: str) -> dict[str, Listed]:
    """Return the licences stated by hand, by package name.

    Raises
    ------
    TypeError
        If an entry has other keys than ``licence`` and ``reason``.
    """
    return {name: Listed(**entry) for name, entry in tomllib.loads(text).items()}


def judge(declared: str, listed: Listed | None, name: str) -> str:
    """Return what is wrong with a package's licence in words; empty if it may be shipped.

    Parameters
    ----------
    declared : str
        SPDX expression, classifier or free text from the package's metadata; empty if unknown.
    listed : Listed or None
        What licences.toml says about it.
    name : str
        The package, for the message.
    """
    if listed is not None and not listed.reason.strip():
        return f"{name}: licences.toml gives no reason for it"
    for licence in (declared, listed.licence if listed else ""):
        if is_forbidden(licence):
            return f"{name}: {licence} may not be shipped"
    if listed is None and not is_allowed(declared):
        said = declared or "no licence"
        return f"{name}: its metadata say {said!r}; find out and list it in licences.toml"
    return ""


def is_allowed(expression: str) -> bool:
    """Tell whether an SPDX expression leaves a choice made of permissive licences only."""
    return any(
        all(term in ALLOWED for term in choice.split(" AND ")) for choice in _choices(expression)
    )


def is_forbidden(expression: str) -> bool:
    """Tell whether every choice of an expression, or a free text, contains the GPL or AGPL."""
    return all(
        any(_is_gpl(term) and term not in ALLOWED for term in choice.split(" AND "))
        for choice in _choices(expression)
    )


def declared_licence(package: PackageMetadata) -> str:
    """Return what a package's metadata say: expression first, then classifiers, then free text."""
    values: Mapping[str, str] = {key: str(package[key] or "") for key in package}
    if values.get("License-Expression"):
        return values["License-Expression"]
    stated = [
        line.split(" :: ")[-1]
        for line in package.get_all("Classifier", [])
        if line.startswith("License :: ") and not line.endswith(("DFSG approved", "OSI Approved"))
    ]
    if stated:
        return " AND ".join(CLASSIFIERS.get(line, line) for line in stated)
    lines = values.get("License", "").strip().splitlines()
    return lines[0].strip() if lines else ""


def _problem(name: str, listed: Listed | None) -> str:
    """Return what is wrong with an installed or, on this system, not installed package."""
    try:
        declared = declared_licence(metadata(name))
    except PackageNotFoundError:
        # Locked for another system only: the list has to speak for it.
        declared = ""
    return judge(declared, listed, name)


def _choices(expression: str) -> Iterable[str]:
    """Return the alternatives of an expression; with parentheses, all its terms as one choice."""
    if "(" in expression:
        # Read as strictly as can be; a package that fails unjustly is listed by hand.
        return [re.sub(r"[()]", "", expression).replace(" OR ", " AND ")]
    return expression.split(" OR ")


def _is_gpl(term: str) -> bool:
    """Tell the GNU GPL and AGPL from the LGPL, whose libraries stay replaceable files."""
    lesser = re.compile(r"LGPL|Lesser General Public|Library General Public", re.IGNORECASE)
    full = re.compile(r"GPL|General Public Licen[cs]e", re.IGNORECASE)
    return bool(full.search(lesser.sub("", term)))


if __name__ == "__main__":
    sys.exit(main())
