"""Whether an approval holds the case fast, in words; changes nothing."""

from __future__ import annotations

from app.core_language import tr_core
from planning.model.case import Case
from planning.model.plan_life import locked_words


def why_locked(case: Case | None) -> str:
    """Return an empty string if a case can be changed; otherwise why not, and the way on."""
    if case is None or case.approval is None:
        return ""
    return tr_core(locked_words(case, case.approval))
