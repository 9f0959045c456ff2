"""How structures and what is to be known of them are said in the list; changes nothing."""

from __future__ import annotations

from app.core_language import tr_core, tr_name
from app.language import tr
from app.presenters.numbers import spoken
from planning.model.case import Structure


def said_name(structure: Structure) -> str:
    """Return a name as it is read; those the core gave are in the window's language."""
    name = spoken(structure.name)
    return tr_name(name) if structure.derived_from else name


def note_of(structure: Structure) -> str:
    """Return in a few words what is to be known of a structure; empty for nothing."""
    if structure.excluded_because:
        return tr("not used: {reason}", reason=tr_core(structure.excluded_because))
    if structure.stale_because:
        return tr("moved: check it")
    return tr("derived") if structure.derived_from else ""
