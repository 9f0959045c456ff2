"""Letters that a system may lack and names of patients are written in; chooses no family."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase

from app.paths import resources_dir


def add_fonts() -> tuple[str, ...]:
    """Let Qt fall back on the bundled fonts; return their families.

    The system's own fonts come first: these are asked only for letters that those do not have.
    """
    files = sorted((resources_dir() / "fonts").glob("*.otf"))
    numbers = [QFontDatabase.addApplicationFont(str(file)) for file in files]
    return tuple(
        family
        for number in numbers
        if number >= 0
        for family in QFontDatabase.applicationFontFamilies(number)
    )
