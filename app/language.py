"""The language the window speaks: looks sentences up in a catalogue; knows none of the sentences.

Whatever a person reads in the window goes through `tr`, at the moment it is shown, and so do the
reports for people. Other files that leave Trephine (plan.json, tables, pictures) stay in English:
other programs and departments read them.
"""

from __future__ import annotations

import gettext

from app.paths import resources_dir

DOMAIN = "trephine"
ENGLISH = "en"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = ENGLISH


def choose_language(code: str) -> bool:
    """Speak another language from now on; tell whether there is a catalogue for it.

    What is on the screen already keeps its words; the window is built after the choice.
    """
    global _catalogue, _language
    folder = resources_dir() / "translations"
    _catalogue = (
        gettext.NullTranslations()
        if code == ENGLISH
        else gettext.translation(DOMAIN, folder, [code], fallback=True)
    )
    found = code == ENGLISH or isinstance(_catalogue, gettext.GNUTranslations)
    _language = code if found else ENGLISH
    return found


def language() -> str:
    """Return the code of the language that is spoken."""
    return _language


def languages() -> tuple[str, ...]:
    """Return the codes of all languages there is a catalogue for."""
    found = (resources_dir() / "translations").glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return (ENGLISH, *sorted(path.parents[1].name for path in found))


def catalogue_entries() -> tuple[tuple[str, str], ...]:
    """Return every English sentence of the catalogue with the one that is said for it."""
    known: dict[object, str] = getattr(_catalogue, "_catalog", {})
    return tuple((key, said) for key, said in known.items() if isinstance(key, str) and key)


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


def inside_sentence(text: str) -> str:
    """Return words that begin a line as they stand inside a sentence: English begins them small."""
    return f"{text[:1].lower()}{text[1:]}" if _language == ENGLISH else text
