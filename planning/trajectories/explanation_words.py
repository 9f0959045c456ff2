"""Sentences that say why nothing was found and what opens a way; computes none of it."""

from __future__ import annotations

from collections.abc import Iterator

from planning.model.explanation import Blocked, Change, Explanation, Opening
from planning.model.plan import Notice
from planning.trajectories.criteria import CRITERIA

BLOCKED, OPENS = "blocked", "opens"

_LABELS = {
    **{c.key: c.label.lower() for c in CRITERIA},
    "off_plane_deg": "angle to the slices",
    "outside_body_mm": "length outside the body",
    "specimen_shortfall_mm": "length missing in the specimen",
}


def explanation_notices(explanation: Explanation) -> tuple[Notice, ...]:
    """Return the sentences for a plan without trajectories: what blocks first, then what opens."""
    return (
        *(Notice(BLOCKED, f"blocked: {text}") for text in _blocked(explanation)),
        *(Notice(OPENS, f"opens: {text}") for text in _opens(explanation)),
    )


def _blocked(explanation: Explanation) -> Iterator[str]:
    if explanation.skin:
        yield explanation.skin
    for limits in explanation.blocked:
        yield "; and on the same path ".join(_limit(limit) for limit in limits)


def _limit(limit: Blocked) -> str:
    if limit.depth_mm is not None:
        return _clearance(limit)
    unit = f" {limit.unit}" if limit.unit else ""
    wanted, lacking = f"{limit.demanded:.1f}{unit}", f"{limit.missing:.1f}{unit}"
    demanded = f"at least {wanted}" if limit.at_least else f"at most {wanted}"
    over = f"{lacking} are missing" if limit.at_least else f"{lacking} are too much"
    label = _LABELS.get(limit.measure, limit.measure)
    return (
        f"{limit.what}: {label} of {limit.value:.1f}{unit} on the best path found, {demanded} "
        f"demanded; {over}"
    )


def _clearance(limit: Blocked) -> str:
    why = "the margin demands it"
    if limit.by_error:
        why = "the spread of the needles demands it, which better guidance lessens and no margin"
    where = (
        f"runs {-limit.value:.1f} mm inside" if limit.value < 0.0 else f"keeps {limit.value:.1f} mm"
    )
    return (
        f"{limit.what}: the best path found {where} and needs {limit.demanded:.1f} mm at "
        f"{limit.depth_mm:.0f} mm depth; {limit.missing:.1f} mm are missing ({why}, and "
        f"{limit.hidden_mm:.1f} mm stand for what voxels may hide)"
    )


def _opens(explanation: Explanation) -> Iterator[str]:
    for opening in explanation.openings:
        yield _opening(opening)
    if explanation.openings:
        return
    tried = ", ".join(explanation.unopened)
    text = "no single change that was tried opens a way"
    yield f"{text}: {tried}" if tried else f"{text}, and none suggests itself"


def _opening(opening: Opening) -> str:
    if opening.change is Change.PATH:
        return f"{opening.what}: it keeps every limit; measure it"
    many = f"{opening.kept:,} of {opening.tried:,} candidates tried keep every limit"
    if opening.change is Change.LIMIT:
        many = f"{opening.kept:,} of {opening.tried:,} candidates tried break nothing else"
    return f"{opening.what}: {many}"
