"""How a patient's names are read, from the form in which DICOM stores them; shows nothing."""

from __future__ import annotations

from planning.image import Patient


def names_words(names: tuple[str, ...]) -> str:
    """Return a name in every script it is given in, the first one leading."""
    readable = (Patient(name=name).readable_name for name in names)
    read = list(dict.fromkeys(words for words in readable if words))
    if not read:
        return ""
    return read[0] if len(read) == 1 else f"{read[0]} ({' / '.join(read[1:])})"
