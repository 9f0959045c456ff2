"""The card's rows of needle chain, score and grid, as words and numbers; measures nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app import catalogue
from app.core_language import tr_core
from app.language import mark, tr
from app.views.card_values import ChainRow, ShareRow
from planning.model.needle import Needle
from planning.model.needle_chain import NeedleChain
from planning.model.plan import Candidate
from planning.model.protocol import Objective, Protocol
from planning.trajectories.chain import Part, reaches
from planning.trajectories.criteria import CRITERIA

if TYPE_CHECKING:
    from planning.anatomy.skin_grid import GridPlace

_CRITERIA = {criterion.key: criterion for criterion in CRITERIA}
_PURPOSES = {
    Part.INTRODUCER: mark("introducer, to the stop"),
    Part.DRILL: mark("drill, through the bone"),
    Part.NEEDLE: mark("needle, to the tip"),
}


def chain_rows(candidate: Candidate, needle: Needle, protocol: Protocol) -> tuple[ChainRow, ...]:
    """Return introducer, drill and needle, and how each of them reaches."""
    chain = catalogue.needle_chains().get(needle.key, NeedleChain())
    limits = (c for c in protocol.constraints if c.criterion == "needle_reach_margin_mm")
    least = next((c.at_least or 0.0 for c in limits), 0.0)
    return tuple(
        ChainRow(
            name=tr_core(reach.name),
            spare_mm=reach.spare_mm,
            purpose=tr(_PURPOSES[reach.part]),
            needed=reach.needed,
            least_mm=least if reach.part is Part.NEEDLE else 0.0,
        )
        for reach in reaches(needle, chain, candidate.criteria)
    )


def share_rows(candidate: Candidate, protocol: Protocol) -> tuple[ShareRow, ...]:
    """Return what the score lost by each wish that cost it something, the largest first."""
    shares = candidate.contributions
    wishes = {o.key: o for o in protocol.objectives if o.key in shares}
    weight = sum(wish.weight for wish in wishes.values())
    return tuple(
        ShareRow(
            key=key,
            label=tr_core(wishes[key].label or key),
            share=share,
            tip=_wish_tip(wishes[key], candidate, weight, share),
        )
        for key, share in sorted(shares.items(), key=lambda item: -item[1])
        if share > 0.0 and key in wishes
    )


def _wish_tip(wish: Objective, candidate: Candidate, weight: float, share: float) -> str:
    """Return a wish's value, what that is worth, its weight, and where the wish comes from."""
    lines = [tr_core(wish.label or wish.key)]
    value, known = candidate.criteria.get(wish.criterion), _CRITERIA.get(wish.criterion)
    if value is not None and known is not None:
        said = f"{value:.{known.decimals}f} {known.unit}".rstrip()
        lines.append(f"{tr_core(known.label)}: {said}")
    worth = _worth(candidate.score, weight, wish.weight, share)
    if worth is not None:
        parts = {"worth": f"{worth:.2f}", "weight": f"{wish.weight:g}"}
        lines.append(tr("worth {worth} of 1, weight {weight}", **parts))
    lines.append(tr("{percent} % of what the score lost", percent=f"{100.0 * share:.0f}"))
    if wish.source:
        lines.append(tr("Source: {source}", source=tr_core(wish.source)))
    return "\n".join(lines)


def _worth(score: float, weight: float, own: float, share: float) -> float | None:
    """Return what a value is worth, from the score and its share of what that lost.

    The score is ``exp(sum w ln d / sum w)`` and a share ``w ln d / sum w ln d``.
    """
    if score <= 0.0 or own <= 0.0:
        return None
    return math.exp(share * weight * math.log(score) / own)


def grid_words(place: GridPlace | None) -> str:
    """Say where an entry lies in the grid on the skin; empty where none is seen."""
    from planning.anatomy.skin_grid import CountedFrom

    if place is None:
        return ""
    parts = {"wire": place.wire, "mm": f"{place.from_wire_mm:.0f}"}
    if place.beside is None:
        sentence = {
            CountedFrom.RIGHT: mark("beside the grid, {mm} mm from wire {wire} from patient right"),
            CountedFrom.FRONT: mark("beside the grid, {mm} mm from wire {wire} from the front"),
        }[place.counted_from]
        return tr(sentence, **parts)
    low, high = sorted((place.wire, place.beside))
    sentence = {
        CountedFrom.RIGHT: mark(
            "between wires {low} and {high} from patient right, {mm} mm from wire {wire}"
        ),
        CountedFrom.FRONT: mark(
            "between wires {low} and {high} from the front, {mm} mm from wire {wire}"
        ),
    }[place.counted_from]
    return tr(sentence, low=low, high=high, **parts)


def explanations() -> Mapping[str, str]:
    """Return what each criterion means and where that is from, by its key, for tool tips."""
    return {
        c.key: "\n".join(
            (
                tr_core(c.label),
                tr_core(c.definition),
                tr("Source: {source}", source=tr_core(c.source)) if c.source else "",
            )
        ).strip()
        for c in CRITERIA
    }
