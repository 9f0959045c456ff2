"""What the panel of needles and cores says in each state of the work; does none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.review_answers import Partial, said_of
from app.presenters.shown import title_of
from app.views.parts import Tone
from app.views.review_step_values import CoreAnswerRow, NeedleRow, NeedlesText
from app.views.values import Choice
from app.views.wording import tissue_mm
from planning.model.case_review import CaseReview
from planning.model.core_set import CoreSet
from planning.model.execution import ExecutedNeedle, NeedleState, ReviewedNeedle
from planning.model.plan import Candidate

STATES: dict[NeedleState, str] = {
    NeedleState.INTRODUCER: mark("Introducer at the stop"),
    NeedleState.COCKED: mark("At the stop, not cored"),
    NeedleState.FIRED: mark("Fired, at the tip"),
    NeedleState.CORE_TAKEN: mark("Core taken, at the tip"),
    NeedleState.REMOVED: mark("Removed or not scanned"),
}
_METHODS = {
    "automatic": mark("found"),
    mark("two points"): mark("marked by two points"),
    "typed": mark("as typed"),
}
_SURE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedlesStanding:
    """How far the work with needles and cores has come.

    Parameters
    ----------
    held_up : str
        Why nothing can be done with needles; empty where it can.
    partial : mapping of str to Partial
        Answers that are not whole yet, or are being measured, by candidate id.
    suggestions : mapping of str to ExecutedNeedle
        Which needle is most likely whose.
    """

    review: CaseReview | None = None
    cores: tuple[Candidate, ...] = ()
    core_set: CoreSet | None = None
    selected: str = ""
    partial: Mapping[str, Partial] = field(default_factory=dict)
    suggestions: Mapping[str, ExecutedNeedle] = field(default_factory=dict)
    held_up: str = ""
    is_working: bool = False
    is_marking: bool = False
    cannot_store: str = ""


def needles_text(at: NeedlesStanding) -> NeedlesText:
    """Return everything the panel says."""
    working = tr("Wait until the work is done, or stop it.") if at.is_working else ""
    reason = working or at.held_up
    return NeedlesText(
        hint=_hint(at),
        needles=() if at.review is None else _needle_rows(at.review),
        cores=tuple(_core_row(at, core) for core in at.cores) if at.review is not None else (),
        is_marking=at.is_marking,
        cannot_find=reason,
        cannot_mark=reason,
        cannot_answer=at.held_up,
        cannot_export=working or cannot_export(at.review),
        cannot_store=working or cannot_export(at.review) or at.cannot_store,
    )


def cannot_export(made: CaseReview | None) -> str:
    """Return why there is no review to hand on; empty where there is."""
    if made is None:
        return tr("Accept the registration of a control CT first.")
    if not made.review.needles:
        return tr("Say of a core which needle it was and what the control CT shows of it.")
    return ""


def needle_name(made: CaseReview, needle: ExecutedNeedle | None) -> str:
    """Return what a needle is called."""
    return tr("Needle {number}", number=made.number_of(needle))


def _hint(at: NeedlesStanding) -> str:
    if at.is_marking:
        return tr(
            "Click the needle's hub side, then its tip, in any slice. Scroll in between as you "
            "like; Backspace takes the first point back, Esc gives up."
        )
    if at.review is None or at.held_up:
        return at.held_up
    if not at.review.found:
        return tr("No needle yet: have them found, or mark hub side and tip of one.")
    if any(core.candidate_id not in at.review.answers for core in at.cores):
        return tr("Say for each core which needle it was and what the control CT shows of it.")
    return ""


def _needle_rows(made: CaseReview) -> tuple[NeedleRow, ...]:
    return tuple(_needle_row(made, needle) for needle in made.found)


def _needle_row(made: CaseReview, needle: ExecutedNeedle) -> NeedleRow:
    length = float(np.linalg.norm(np.subtract(needle.tip_lps_mm, needle.entry_lps_mm)))
    method = _METHODS.get(needle.method)
    parts = [
        needle.method if method is None else tr(method),
        tr("{percent} % sure", percent=f"{100.0 * needle.confidence:.0f}"),
        tr("{length} mm from the skin to the tip", length=f"{length:.0f}"),
    ]
    if needle.bending_mm is not None:
        parts.append(tr("bent by {mm}", mm=tissue_mm(needle.bending_mm)))
    if needle.diameter_mm is not None:
        parts.append(tr("{mm} thick", mm=tissue_mm(needle.diameter_mm)))
    sure = needle.confidence >= _SURE and not needle.doubts
    return NeedleRow(
        key=str(made.number_of(needle)),
        name=needle_name(made, needle),
        facts=", ".join(parts),
        doubts=tuple(map(tr_core, needle.doubts)),
        tone="text" if sure else "caution",
    )


def _core_row(at: NeedlesStanding, core: Candidate) -> CoreAnswerRow:
    made, key = at.review, core.candidate_id
    assert made is not None, "cores are listed once there is a review"
    partial, suggestion = at.partial.get(key), made.number_of(at.suggestions.get(key))
    said = said_of(key, at.partial, made, at.suggestions)
    needle, state = said.needle, said.state
    reviewed = next((n for n in made.review.needles if n.core == key), None)
    note, tone = _note(at, reviewed, partial, suggested=bool(suggestion))
    return CoreAnswerRow(
        key=key,
        name=title_of(core, at.core_set),
        needles=tuple(
            Choice(str(made.number_of(found)), needle_name(made, found)) for found in made.found
        ),
        states=tuple(Choice(s.value, tr(words)) for s, words in STATES.items()),
        needle=str(needle) if needle and state is not NeedleState.REMOVED else "",
        state="" if state is None else state.value,
        note=note,
        tone=tone,
        selected=key == at.selected,
    )


def _note(
    at: NeedlesStanding,
    reviewed: ReviewedNeedle | None,
    partial: Partial | None,
    *,
    suggested: bool,
) -> tuple[str, Tone]:
    if partial is not None:
        if at.is_working and partial.state is not None:
            return tr("Measuring"), "secondary"
        missing = tr("needle") if not partial.needle and not suggested else tr("state")
        return tr("Still to be said: {what}.", what=missing), "caution"
    if reviewed is None:
        if suggested:
            return tr("The nearest needle is suggested. What does the CT show of it?"), "secondary"
        return tr("Nobody said yet what became of it."), "secondary"
    return reviewed_note(reviewed)


def reviewed_note(reviewed: ReviewedNeedle) -> tuple[str, Tone]:
    """Return what came of a core in a line."""
    if reviewed.executed is None:
        return tr("Not imaged: nothing is known of where it was taken."), "caution"
    error = reviewed.error
    if error is None:
        return tr("To be measured again: read the control CT."), "caution"
    apart = tr(
        "{euclidean} off: {lateral} to the side, {depth}",
        euclidean=tissue_mm(error.euclidean_tip_mm),
        lateral=tissue_mm(error.lateral_tip_mm),
        depth=depth_words(error.depth_mm),
    )
    if reviewed.within_tolerance is None:
        return apart, "text"
    if reviewed.within_tolerance:
        return tr("Within tolerance. {apart}", apart=apart), "good"
    return tr("OUTSIDE tolerance. {apart}", apart=apart), "danger"


def depth_words(depth_mm: float) -> str:
    """Say how much too deep or too shallow."""
    if abs(depth_mm) < 0.05:
        return tr("as deep as planned")
    mm = tissue_mm(abs(depth_mm))
    return tr("{mm} too deep", mm=mm) if depth_mm > 0.0 else tr("{mm} too shallow", mm=mm)
