"""What a cohort is held against: published values, the preset, the own model; draws nothing."""

from __future__ import annotations

from app import catalogue
from app.presenters.cohort_charts import Compared
from planning.cohort.findings import Findings
from planning.errors import TrephineError
from planning.model.case import Guidance
from planning.model.error_model import Spread


def compared_of(shown: Findings) -> Compared:
    """Return what to draw beside a cohort; models only where all of it had one guidance."""
    published = catalogue.published_accuracy()
    used = {word for word in shown.rows.guidance.tolist() if word}
    known = {guidance.value: guidance for guidance in Guidance}
    if len(used) != 1 or not used <= set(known):
        return Compared(published=published)
    guidance = known[used.pop()]
    preset = catalogue.error_models()[guidance].corrected
    return Compared(published=published, preset=preset, own=_own(guidance))


def _own(guidance: Guidance) -> Spread | None:
    """Return the user's own model; a chart does without one that is missing or broken."""
    try:
        model = catalogue.own_error_model(catalogue.OWN_ERRORS, guidance)
    except TrephineError:
        return None
    return None if model is None else model.corrected
