"""The papers that come with Trephine: manual, intended use, risks and the rest; shows none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.language import mark
from app.paths import resources_dir
from planning.errors import InputError

FIRST = "README.md"
"""The paper that lists the others."""

_MISSING = mark('The paper "{0}" did not come with this installation. Install Trephine again.')
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+\.md)\)")
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper.

    Parameters
    ----------
    key : str
        Its file, relative to the folder, with ``/`` between the parts.
    title : str
        Its first heading.
    """

    key: str
    title: str


def papers_dir() -> Path:
    """Return the folder the papers stand in."""
    return resources_dir() / "docs"


def papers(folder: Path | None = None) -> tuple[Paper, ...]:
    """Return all papers, in the order in which the first one links to them.

    Raises
    ------
    InputError
        If the papers are not there.
    """
    root = papers_dir() if folder is None else folder
    linked = dict.fromkeys(_LINK.findall(text_of(FIRST, root)))
    keys = [FIRST, *(key for key in linked if (root / key).is_file())]
    return tuple(Paper(key=key, title=_title(text_of(key, root))) for key in keys)


def text_of(key: str, folder: Path | None = None) -> str:
    """Return a paper as Markdown, without the marks of what is generated.

    Raises
    ------
    InputError
        If there is no such paper.
    """
    found = bytes_of_paper(key, folder)
    if found is None:
        raise InputError(_MISSING.format(key))
    return _COMMENT.sub("", found.decode("utf-8"))


def bytes_of_paper(key: str, folder: Path | None = None) -> bytes | None:
    """Return a file of the papers; None if it is none of them, or lies elsewhere."""
    root = (papers_dir() if folder is None else folder).resolve()
    path = (root / key).resolve()
    if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    return path.read_bytes()


def beside(key: str, link: str) -> tuple[str, str]:
    """Return the file and the heading that a link in a paper leads to.

    Parameters
    ----------
    key : str
        The paper the link stands in.
    """
    file, _, place = link.partition("#")
    if not file:
        return key, place
    parts: list[str] = []
    for part in (*PurePosixPath(key).parts[:-1], *PurePosixPath(file).parts):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts), place


def place_of_heading(heading: str) -> str:
    """Return what links call a heading, as GitHub makes it."""
    plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return plain.replace(" ", "-")


def _title(text: str) -> str:
    found = _HEADING.search(text)
    return found[1] if found else ""
