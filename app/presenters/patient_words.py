"""How a patient's name is read, from the form in which DICOM stores it; shows nothing."""

from __future__ import annotations


def name_words(name: str) -> str:
    """Return a stored name (family^given^middle^prefix^suffix, PS3.5 6.2) as it is read."""
    family, *others = (part.strip() for part in name.split("^"))
    rest = " ".join(part for part in others if part)
    return ", ".join(part for part in (family, rest) if part)


def names_words(names: tuple[str, ...]) -> str:
    """Return a name in every script it is given in, the first one leading."""
    read = list(dict.fromkeys(words for name in names if (words := name_words(name))))
    if not read:
        return ""
    return read[0] if len(read) == 1 else f"{read[0]} ({' / '.join(read[1:])})"
