"""Tool tips that show what they are given, letter by letter: names in them come from files."""

from __future__ import annotations

from PySide6.QtGui import Qt

from planning.plain_text import plain

_BREAK = "<\u200b"  # a space without width: no tag begins so
_MOST_LETTERS = 4000


def plain_tip(text: str) -> str:
    """Return a text for a tool tip that Qt does not take for HTML.

    Qt asks no program: a tool tip that looks like HTML is drawn as such, pictures from elsewhere
    and all.
    """
    lines = "\n".join(plain(line, _MOST_LETTERS) for line in text.split("\n"))
    return lines.replace("<", _BREAK) if Qt.mightBeRichText(lines) else lines
