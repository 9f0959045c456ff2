"""Text that came from elsewhere, without what only machines obey; knows no format."""

from __future__ import annotations

import unicodedata

from planning.limits import MOST_NAME_LETTERS

_MARK = "'"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Also in full width, which some spreadsheets take for the same."""

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of the text around them (Unicode UAX 9), with which a name
can be made to read as another one."""


def plain(text: str, most: int = MOST_NAME_LETTERS) -> str:
    """Return a text as it may be shown on a screen or a terminal, in a table or a file name.

    Control characters (escape sequences of terminals among them) and characters that turn the
    direction of what follows are left out, line breaks and tabs become spaces, halves of
    characters become question marks, and what is longer than `most` letters is cut off.
    """
    if len(text) > most:
        text = text[: most - 1] + "\u2026"
    if text.isprintable():
        return text
    return "".join(_one(letter) for letter in text)


def plain_lines(text: str) -> str:
    """Return several lines as `plain` does each, however many letters they have."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(plain(line, len(line)) for line in lines)


def table_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection. A text that begins with an apostrophe gets one more, so that
    every text reads back as it was.
    """
    return _MARK + text if text.startswith((*_FORMULA_STARTS, _MARK)) else text


def text_of_cell(cell: str) -> str:
    """Return the text that `table_cell` made a cell of."""
    return cell.removeprefix(_MARK)


def _one(letter: str) -> str:
    if letter.isprintable():
        return letter
    if letter in "\n\r\t\f\v" or letter.isspace():
        return " " if ord(letter) < 0x80 else letter
    if letter in _TURNS:
        return ""
    kind = unicodedata.category(letter)
    if kind == "Cs":
        return "?"
    return "" if kind == "Cc" else letter
