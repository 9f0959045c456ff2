"""What became of one core, in words: errors, specimen and distances beside the plan's; no sums."""

from __future__ import annotations

import math

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.numbers import spoken
from app.presenters.review_needles_words import STATES, depth_words, needle_name
from app.presenters.shown import title_of
from app.views.parts import Tone
from app.views.review_step_values import ComparedRow, ReviewCardText
from app.views.wording import UNKNOWN, tissue_mm
from planning.model.case_review import CaseReview
from planning.model.execution import (
    AchievedSampling,
    NeedleState,
    PlacementError,
    ReviewedNeedle,
    SpecimenKnowledge,
    Tolerance,
)
from planning.model.needle import Needle
from planning.model.plan import Candidate, PlanResult

_LENGTHS = (
    ("viable_length_mm", mark("viable")),
    ("lesion_length_mm", mark("lesion")),
)
_NEAREST_SHOWN = 6
_LEAST_MM = 0.05


def review_card(
    made: CaseReview, core: Candidate, plan: PlanResult, warnings: tuple[str, ...] = ()
) -> ReviewCardText:
    """Return everything that is said of a core; `warnings` are added to the review's own."""
    name = title_of(core, plan.core_set)
    told = tuple(map(_sentence, (*warnings, *made.review.warnings)))
    reviewed = next((n for n in made.review.needles if n.core == core.candidate_id), None)
    if reviewed is None:
        empty = tr("{core}: nobody said yet which needle it was. Do so on the left.", core=name)
        return ReviewCardText(empty=empty, warnings=told)
    if reviewed.executed is None:
        return ReviewCardText(
            title=name,
            verdict=tr("NOT IMAGED: where this core was taken is not known, and not guessed."),
            tone="caution",
            sampled=_sampled(core, None, plan.needle),
            warnings=told,
        )
    error, achieved = reviewed.error, reviewed.achieved
    if error is None or achieved is None:
        waiting = tr(
            "{core}: the registration was changed. Its needle is measured again.", core=name
        )
        return ReviewCardText(empty=waiting, warnings=told)
    state = reviewed.needle_state
    verdict, tone = _verdict(reviewed, made.review.tolerance)
    return ReviewCardText(
        title=tr(
            "{core}, {needle}. {state}",
            core=name,
            needle=needle_name(made, reviewed.executed),
            state=tr(STATES[state]),
        ),
        verdict=verdict,
        tone=tone,
        figures=_figures(error, state),
        errors=_errors(error, state, reviewed.executed.bending_mm),
        knowledge=_knowledge(achieved, state),
        sampled=_sampled(core, achieved, plan.needle),
        kept=_kept(core, achieved),
        warnings=told,
    )


def drawing_words(
    reviewed: ReviewedNeedle, core: Candidate, plan: PlanResult
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the title of a needle's drawing, and the names and numbers that stand beside it."""
    error, achieved = reviewed.error, reviewed.achieved
    assert error is not None, "only measured cores are drawn"
    assert achieved is not None, "only measured cores are drawn"
    end, name = _end_words(reviewed.needle_state), title_of(core, plan.core_set)
    inferred = achieved.knowledge is SpecimenKnowledge.INFERRED
    verdicts = {None: tr("not judged"), True: tr("within"), False: tr("OUTSIDE")}
    sampled = (
        (row.what, f"{row.executed} / {row.planned}")
        for row in _sampled(core, achieved, plan.needle)
    )
    return tr("{core}, compared with the planned {end}", core=name, end=end), (
        (tr("From the planned {end}", end=end), tissue_mm(error.euclidean_tip_mm)),
        (tr("To the side"), tissue_mm(error.lateral_tip_mm)),
        (tr("In depth"), f"{error.depth_mm:+.1f} mm"),
        (tr("Axis to planned {end}", end=end), tissue_mm(error.target_to_axis_mm)),
        (tr("At the entry"), tissue_mm(error.euclidean_entry_mm)),
        (tr("Turned by"), f"{error.angle_deg:.1f}°"),
        (tr("Tolerance"), verdicts[reviewed.within_tolerance]),
        (tr("Specimen"), tr("inferred") if inferred else tr("seen")),
        (tr("executed / planned"), ""),
        *sampled,
    )


def _verdict(reviewed: ReviewedNeedle, tolerance: Tolerance | None) -> tuple[str, Tone]:
    if reviewed.within_tolerance is None or tolerance is None:
        return tr("The protocol gives no tolerance."), "secondary"
    limits = tr(
        "{lateral} to the side, {depth} in depth, {angle}°",
        lateral=tissue_mm(tolerance.lateral_tip_mm),
        depth=tissue_mm(tolerance.depth_mm),
        angle=f"{tolerance.angle_deg:g}",
    )
    if reviewed.within_tolerance:
        return tr("Within tolerance ({limits})", limits=limits), "good"
    return tr("OUTSIDE tolerance ({limits})", limits=limits), "danger"


def _end_words(state: NeedleState) -> str:
    return tr("tip") if state.ends_at_tip else tr("stop")


def _figures(error: PlacementError, state: NeedleState) -> tuple[tuple[str, str], ...]:
    end = _end_words(state)
    depth = tr("in depth")
    if abs(error.depth_mm) >= _LEAST_MM:
        depth = tr("too deep") if error.depth_mm > 0.0 else tr("too shallow")
    return (
        (tissue_mm(error.euclidean_tip_mm), tr("from the planned {end}", end=end)),
        (tissue_mm(error.lateral_tip_mm), tr("to the side")),
        (tissue_mm(abs(error.depth_mm)), depth),
        (f"{error.angle_deg:.1f}°", tr("turned against the plan")),
    )


def _errors(error: PlacementError, state: NeedleState, bending_mm: float | None) -> tuple[str, ...]:
    end = _end_words(state)
    in_plane, off_plane = error.in_plane_mm, error.off_plane_mm
    lines = [
        tr(
            "The {end}, as it was scanned, lies {mm} from the planned {end}; {depth}.",
            end=end,
            mm=tissue_mm(error.euclidean_tip_mm),
            depth=depth_words(error.depth_mm),
        ),
        tr(
            "To the side {mm}: {in_plane} in the slice, to the {side} along the needle with the "
            "head up; {off_plane} toward the {toward}.",
            mm=tissue_mm(error.lateral_tip_mm),
            in_plane=tissue_mm(abs(in_plane)),
            side=tr("right") if in_plane >= 0.0 else tr("left"),
            off_plane=tissue_mm(abs(off_plane)),
            toward=tr("head") if off_plane >= 0.0 else tr("feet"),
        ),
        tr(
            "The needle's axis passes the planned {end} at {mm}.",
            end=end,
            mm=tissue_mm(error.target_to_axis_mm),
        ),
        tr(
            "It entered the skin {mm} from the planned entry and is turned by {angle}°.",
            mm=tissue_mm(error.euclidean_entry_mm),
            angle=f"{error.angle_deg:.1f}",
        ),
    ]
    if bending_mm is not None:
        lines.append(tr("It is bent by {mm} (sagitta).", mm=tissue_mm(bending_mm)))
    return tuple(lines)


def _knowledge(achieved: AchievedSampling, state: NeedleState) -> str:
    if achieved.knowledge is SpecimenKnowledge.IMAGED:
        return ""
    if state is NeedleState.INTRODUCER:
        return tr(
            "INFERRED: the scan shows the introducer. The specimen is where the needle comes to "
            "lie if it goes on straight along its axis."
        )
    return tr(
        "INFERRED: the scan was made before the core was taken. The specimen is where the needle "
        "comes to lie if it goes on straight along its axis."
    )


def _sampled(
    core: Candidate, achieved: AchievedSampling | None, needle: Needle
) -> tuple[ComparedRow, ...]:
    rows = []
    for key, words in _LENGTHS:
        now = None if achieved is None else achieved.criteria.get(key)
        rows.append(_length_row(tr(words), core.criteria.get(key), now, is_known=bool(achieved)))
    then = _necrotic_mm(core.criteria.get("necrosis_fraction"), needle)
    share = None if achieved is None else achieved.criteria.get("necrosis_fraction")
    necrotic = _necrotic_mm(share, needle)
    rows.insert(1, _length_row(tr("necrotic"), then, necrotic, is_known=bool(achieved), more=True))
    names = dict.fromkeys((*core.habitat_mm, *(() if achieved is None else achieved.habitat_mm)))
    for name in names:
        now = None if achieved is None else achieved.habitat_mm.get(name, 0.0)
        planned = core.habitat_mm.get(name, 0.0)
        rows.append(_length_row(spoken(name), planned, now, is_known=bool(achieved)))
    return tuple(rows)


def _necrotic_mm(share: float | None, needle: Needle) -> float | None:
    return None if share is None else share * needle.core_length_mm


def _length_row(
    what: str, then: float | None, now: float | None, *, is_known: bool, more: bool = False
) -> ComparedRow:
    """Return a line; `more` of it is bad where less of it usually is."""
    if not is_known:
        return ComparedRow(what, tissue_mm(then), tr("not imaged"), "caution")
    tone: Tone = "text"
    if then is not None and now is not None:
        lost = (now - then if more else then - now) > max(1.0, 0.25 * then)
        tone = "caution" if lost else "text"
    return ComparedRow(what, tissue_mm(then), tissue_mm(now), tone)


def _kept(core: Candidate, achieved: AchievedSampling) -> tuple[ComparedRow, ...]:
    planned = {near.structure: near.clearance_mm for near in core.nearest}
    rows = []
    for near in sorted(achieved.nearest, key=lambda n: n.clearance_mm)[:_NEAREST_SHOWN]:
        then, name = planned.get(near.structure), spoken(near.structure)
        said = tissue_mm(then) if then is not None else tr(UNKNOWN)
        short = not math.isnan(near.margin_mm) and near.clearance_mm < near.margin_mm
        if near.clearance_mm <= 0.0:
            rows.append(ComparedRow(name, said, tr("MET by the needle"), "danger"))
        else:
            tone: Tone = "danger" if short else "text"
            rows.append(ComparedRow(name, said, tissue_mm(near.clearance_mm), tone))
    return tuple(rows)


def _sentence(text: str) -> str:
    said = tr_core(text).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
