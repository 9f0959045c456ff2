"""What a case can be planned with, as lists to choose from; chooses nothing."""

from __future__ import annotations

from app import catalogue
from app.catalogue import OWN_ERRORS, PRESET_ERRORS
from app.core_language import tr_core
from app.language import inside_sentence, mark, tr, tr_count
from app.views.values import Choice
from planning.errors import TrephineError
from planning.model.case import Case, Guidance, Indication, Position

AS_SCANNED = "as-scanned"

_GUIDANCE_WORDS: dict[Guidance, str] = {
    Guidance.ROBOT: mark("Robot"),
    Guidance.AIMING_DEVICE: mark("Aiming device"),
    Guidance.NAVIGATED: mark("Navigated"),
    Guidance.FREEHAND: mark("Freehand"),
}
POSITION_WORDS: dict[Position, str] = {
    Position.SUPINE: mark("Supine"),
    Position.PRONE: mark("Prone"),
    Position.LEFT_DECUBITUS: mark("On the left side"),
    Position.RIGHT_DECUBITUS: mark("On the right side"),
}
_INDICATION_WORDS: dict[Indication, str] = {
    Indication.PRIMARY: mark("Primary tumour"),
    Indication.METASTASIS: mark("Metastasis"),
    Indication.MYELOMA_LYMPHOMA: mark("Myeloma or lymphoma"),
    Indication.INFECTION: mark("Infection"),
    Indication.REBIOPSY: mark("Re-biopsy"),
    Indication.UNKNOWN: mark("Not known"),
}


def needle_choices() -> tuple[Choice, ...]:
    """Return all needles of the catalogue."""
    return tuple(Choice(key, tr_core(needle.name)) for key, needle in catalogue.needles().items())


def guidance_choices() -> tuple[Choice, ...]:
    """Return how a needle can be guided."""
    return tuple(Choice(key.value, tr(text)) for key, text in _GUIDANCE_WORDS.items())


def error_choices(guidance: Guidance, chosen: str) -> tuple[Choice, ...]:
    """Return whose placement errors can be counted with, the one that is chosen in any case."""
    choices = [Choice(PRESET_ERRORS, tr("Preset"))]
    try:
        model = catalogue.own_error_model(OWN_ERRORS, guidance)
    except TrephineError:
        model = None  # nothing learned yet, or not for this guidance
    if model is not None:
        count = model.case_count
        own = tr_count("Own, from {count} case", "Own, from {count} cases", count)
        choices.append(Choice(OWN_ERRORS, own))
    elif chosen == OWN_ERRORS:
        choices.append(Choice(OWN_ERRORS, tr("Own, not there")))
    return tuple(choices)


def indication_choices() -> tuple[Choice, ...]:
    """Return why a biopsy can be wanted."""
    return tuple(Choice(key.value, tr(text)) for key, text in _INDICATION_WORDS.items())


def position_choices(case: Case) -> tuple[Choice, ...]:
    """Return how the patient can lie."""
    scanned = case.ct_position
    known = inside_sentence(tr(POSITION_WORDS[scanned])) if scanned else tr("not known")
    choices = [Choice(AS_SCANNED, tr("As scanned ({position})", position=known))]
    choices += [Choice(position.value, tr(text)) for position, text in POSITION_WORDS.items()]
    return tuple(choices)
