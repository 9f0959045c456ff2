"""A plan's candidates ranked anew by other weights and limits, at once; searches no others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planning.anatomy.case_protocol import LIMIT_CHANGED, protocol_for, reasoned_notice
from planning.geometry import Float64Array
from planning.model.case import OWN_PREFIX, Case, Guidance
from planning.model.core_set import EXTRA_PREFIX, CoreSet
from planning.model.limit import LimitChange
from planning.model.plan import Candidate, Notice, PlanResult, Searched
from planning.model.protocol import AdjustableLimit, Protocol
from planning.trajectories import judging

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

RANKED_ANEW = "ranked_anew"
"""Key of the notice that a plan carries whose weights or limits are not those of its search."""

Weights = tuple[tuple[str, float], ...]
Limits = tuple[LimitChange, ...]


def columns_of(candidate: Candidate) -> dict[str, Float64Array]:
    """Return a candidate's numbers as protocols judge them: arrays of length one, NaN if unknown.

    Without the candidate's `measures` (plans of older versions) only the criteria are there.
    """
    known = {key: value for key, value in candidate.criteria.items() if value is not None}
    values = {**known, **candidate.measures}
    return {key: np.array([np.nan if v is None else v]) for key, v in values.items()}


def can_rank(plan: PlanResult) -> bool:
    """Tell whether a plan carries what its candidates are scored from."""
    found = [c for c in plan.candidates if not c.candidate_id.startswith(OWN_PREFIX)]
    return bool(found) and all(c.measures for c in found)


def ranked_anew(
    plan: PlanResult, protocol: Protocol, *, weights: Weights, limits: Limits, allowance_mm: float
) -> PlanResult:
    """Return a plan with its candidates scored, judged and ranked by other weights and limits.

    All candidates stay, under their ids. One that breaks a limit of the case says so and comes
    after all that break none. With the weights and limits of the search this is the plan as it was
    found.

    Parameters
    ----------
    protocol : Protocol
        With these weights and limits, as `planning.anatomy.case_protocol.protocol_for` gives it.
    allowance_mm : float
        Taken off clearances before they are judged; see `Anatomy.allowance_mm`.
    """
    found = plan.searched or Searched(
        weights=plan.weights, limits=plan.limits, inputs_sha256=plan.inputs_sha256
    )
    adjusted = _adjusted(plan, limits, found)
    guidance = Guidance(plan.guidance)
    judged = [_judged(c, protocol, guidance, adjusted, allowance_mm) for c in plan.candidates]
    candidates = tuple(
        replace(c, rank=rank) for rank, c in enumerate(sorted(judged, key=_place), start=1)
    )
    same = (weights, limits) == (found.weights, found.limits)
    return replace(
        plan,
        candidates=candidates,
        core_set=_with_candidates(plan.core_set, candidates),
        weights=weights,
        limits=limits,
        searched=None if same else found,
        inputs_sha256=found.inputs_sha256 if same else _sha256(found, weights, limits),
        warnings=(*_kept(plan, limits), *(() if same else (_notice(plan),))),
    )


def _adjusted(plan: PlanResult, limits: Limits, found: Searched) -> frozenset[str]:
    """Return the limits that may be judged otherwise than the candidates say."""
    return frozenset(c.key for c in (*limits, *plan.limits, *found.limits))


def _judged(
    candidate: Candidate,
    protocol: Protocol,
    guidance: Guidance,
    adjusted: frozenset[str],
    allowance_mm: float,
) -> Candidate:
    if not candidate.measures:
        return candidate
    columns = columns_of(candidate)
    score, contributions = judging.score_and_contributions(protocol, columns)
    broken = {
        c.key
        for c in protocol.constraints
        if c.key in adjusted and _breaks(judging.breaks(c, columns, guidance, allowance_mm))
    }
    kept = [key for key in candidate.violations if key not in adjusted]
    order = [c.key for c in protocol.constraints]
    others = tuple(key for key in kept if key not in order)
    return replace(
        candidate,
        score=score,
        contributions=contributions,
        violations=(*others, *(key for key in order if key in broken or key in kept)),
    )


def _breaks(found: object) -> bool:
    return isinstance(found, np.ndarray) and bool(found[0])


def _place(candidate: Candidate) -> tuple[int, bool, float, int]:
    """Return what candidates are sorted by: those that hold all limits, then the score.

    Cores that are in the plan only for their set stay behind, and trajectories placed by hand
    behind those, each in the order they had.
    """
    number = int("".join(filter(str.isdigit, candidate.candidate_id)) or 0)
    for behind, prefix in enumerate((EXTRA_PREFIX, OWN_PREFIX), start=1):
        if candidate.candidate_id.startswith(prefix):
            return (behind, False, 0.0, number)
    return (0, bool(candidate.violations), -candidate.score, number)


def _with_candidates(core_set: CoreSet | None, candidates: tuple[Candidate, ...]) -> CoreSet | None:
    if core_set is None:
        return None
    known = {c.candidate_id: c for c in candidates}
    return replace(
        core_set,
        cores=tuple(
            replace(core, candidate=known.get(core.candidate.candidate_id, core.candidate))
            for core in core_set.cores
        ),
    )


def _sha256(found: Searched, weights: Weights, limits: Limits) -> str:
    text = repr((found.inputs_sha256, weights, limits))
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(plan: PlanResult, limits: Limits) -> tuple[Notice, ...]:
    """Return a plan's notices but those that no longer hold."""
    reasoned = [reasoned_notice(c) for c in limits if c.reason]
    return tuple(
        n
        for n in plan.warnings
        if n.key != RANKED_ANEW and (n.key != LIMIT_CHANGED or n in reasoned)
    )


def _notice(plan: PlanResult) -> Notice:
    text = (
        f"ranked anew among the {len(plan.candidates)} found; Plan searches all "
        f"{plan.evaluated:,} candidates with these weights and limits"
    )
    return Notice(RANKED_ANEW, text)


def wished_weights(protocol: Protocol, weights: Weights, key: str, weight: float) -> Weights:
    """Return a case's weights with one of them changed; what is as in the protocol is left out."""
    values = {**dict(weights), key: weight}
    return tuple(
        (o.key, values[o.key])
        for o in protocol.objectives
        if o.key in values and values[o.key] != o.weight
    )


def wished_limits(
    protocol: Protocol, guidance: Guidance, limits: Limits, key: str, value: float
) -> Limits:
    """Return a case's limits with an adjustable one set; the protocol's own value is left out."""
    adjustable = protocol.adjustable_limit(key)
    kept = tuple(c for c in limits if c.key != key)
    if adjustable is None or value == usual_limit(protocol, adjustable, guidance):
        return kept
    return (*kept, LimitChange(key=key, value=value))


def usual_limit(protocol: Protocol, adjustable: AdjustableLimit, guidance: Guidance) -> float:
    """Return the limit that holds where a case does not say otherwise."""
    constraint = protocol.constraint(adjustable.key)
    if adjustable.loosest is not None or constraint is None:
        return adjustable.loosest or 0.0
    return constraint.limit(guidance)


def judged_as(anatomy: Anatomy, case: Case, protocol: Protocol) -> Anatomy:
    """Return an anatomy that judges by the case's present weights and limits; derives nothing.

    Its case keeps the limits it was understood with: what was looked at may depend on them.

    Parameters
    ----------
    protocol : Protocol
        As its file says.
    """
    return replace(
        anatomy,
        protocol=protocol_for(case, protocol, anatomy.guidance),
        case=replace(anatomy.case, weights=case.weights),
    )
