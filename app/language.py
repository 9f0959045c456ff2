"""The language the window speaks: looks sentences up in a catalogue; knows none of the sentences.

Whatever a person reads in the window goes through `tr`, at the moment it is shown. Files that leave
Trephine (plan.json, tables, reports) stay in English: other programs and departments read them.
"""

from __future__ import annotations

import gettext

from app.paths import resources_dir

DOMAIN = "trephine"
ENGLISH = "en"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def choose_language(code: str) -> bool:
    """Speak another language from now on; tell whether there is a catalogue for it.

    What is on the screen already keeps its words; the window is built after the choice.
    """
    global _catalogue
    if code == ENGLISH:
        _catalogue = gettext.NullTranslations()
        return True
    folder = resources_dir() / "translations"
    found = gettext.translation(DOMAIN, folder, [code], fallback=True)
    _catalogue = found
    return isinstance(found, gettext.GNUTranslations)


def tr(text: str, **parts: object) -> str:
    """Return a sentence in the chosen language, with its named parts filled in.

    Parameters
    ----------
    text : str
        The English sentence, which is also the key; ``{name}`` marks a part. Literal, so that it
        can be collected from the source.
    """
    said = _catalogue.gettext(text) if text else ""
    return said.format(**parts) if parts else said


def tr_count(one: str, many: str, count: int, **parts: object) -> str:
    """Return the sentence that fits a number of things; ``{count}`` stands for it."""
    return _catalogue.ngettext(one, many, count).format(count=count, **parts)


def mark(text: str) -> str:
    """Return a sentence as it is: collected for translation here, translated where it is shown."""
    return text
