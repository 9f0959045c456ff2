"""Markdown by rule: tables, lists, and the marks that generated parts stand between; writes none.

A generated part of a paper is what stands between ``<!-- made: NAME -->`` and ``<!-- end -->``.
Everything else is written by people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

Maker = Callable[[], str]
"""Returns the text of a generated part."""

_PART = re.compile(r"<!-- made: ([a-z0-9-]+) -->\n.*?<!-- end -->", re.DOTALL)
_BEGIN = re.compile(r"<!-- made: ([a-z0-9-]+) -->")


class PaperError(Exception):
    """What is wrong with a paper or with what it is made from."""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are one line each, and no text of theirs ends a cell."""
    lines = [_row(titles), _row(["---"] * len(titles))]
    lines += [_row(row) for row in rows]
    return "\n".join(lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {item}" for item in items)


def code(text: str) -> str:
    """Return words of a program, as such; nothing for nothing."""
    return f"`{text}`" if text else ""


def names_of_parts(text: str) -> tuple[str, ...]:
    """Return the names of the generated parts of a paper."""
    return tuple(_BEGIN.findall(text))


def with_parts(text: str, makers: Mapping[str, Maker]) -> str:
    """Return a paper with its generated parts made anew.

    Raises
    ------
    PaperError
        If nobody makes a part, or one is not ended.
    """

    def made(found: re.Match[str]) -> str:
        name = found[1]
        if name not in makers:
            raise PaperError(f'Nobody makes the part "{name}"; known: {", ".join(makers)}.')
        return f"<!-- made: {name} -->\n\n{makers[name]().strip()}\n\n<!-- end -->"

    filled = _PART.sub(made, text)
    if len(_BEGIN.findall(text)) != len(_PART.findall(text)):
        raise PaperError('A generated part is not ended by "<!-- end -->".')
    return filled


def _row(cells: Sequence[str]) -> str:
    plain = (" ".join(cell.replace("|", "\\|").split()) for cell in cells)
    return "| " + " | ".join(plain) + " |"
