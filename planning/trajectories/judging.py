"""What a protocol says to measured numbers: which limits break, what a score is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array
from planning.model.case import Guidance, Indication
from planning.model.protocol import Caution, Constraint, Objective, Protocol
from planning.trajectories.criteria import CLEARANCE_CLASSES

AnyArray = NDArray[np.float64] | NDArray[np.float32]

EXTRA_CLEARANCE = "extra_clearance_mm"
"""The least clearance beyond its margin, over all classes; a limit on it is one on clearances."""

_ROUNDING = 1e-6


def applies(constraint: Constraint, indication: Indication) -> bool:
    """Tell whether a constraint holds for an indication; unknown behaves as primary."""
    return indication.behaves_as not in constraint.not_for


def breaks(
    constraint: Constraint,
    measures: Mapping[str, AnyArray],
    guidance: Guidance,
    allowance_mm: float,
) -> NDArray[np.bool_] | None:
    """Tell which candidates break a constraint; None where its criterion is unknown.

    Clearances are judged against each structure's own margin, after `allowance_mm` (what the
    voxels may hide) is taken off. An unknown value of a single candidate passes.

    Parameters
    ----------
    measures : mapping of str to ndarray, shape (n,)
        NaN where unknown.
    """
    risk_class = constraint.criterion.removesuffix("_clearance_mm")
    if risk_class in CLEARANCE_CLASSES:
        slack = measures.get(f"{risk_class}_slack_mm")
        return None if slack is None else np.asarray(slack - allowance_mm < -_ROUNDING)
    values = measures.get(constraint.criterion)
    if values is None:
        return None
    limit = limit_in(constraint, guidance, allowance_mm)
    if constraint.at_least is not None:
        return np.asarray(values < limit - _ROUNDING)
    return np.asarray(values > limit + _ROUNDING)


def first_broken(
    protocol: Protocol,
    measures: Mapping[str, AnyArray],
    *,
    indication: Indication,
    guidance: Guidance,
    allowance_mm: float,
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return for each candidate the number of the first constraint it breaks, or -1.

    Returns
    -------
    ndarray of int, shape (n,)
        Index into the keys that follow.
    tuple of str
        The protocol's constraint keys, in protocol order.
    """
    count = len(next(iter(measures.values())))
    first = np.full(count, -1, dtype=np.intp)
    for number, constraint in enumerate(protocol.constraints):
        if not applies(constraint, indication):
            continue
        broken = breaks(constraint, measures, guidance, allowance_mm)
        if broken is not None:
            first[broken & (first < 0)] = number
    return first, tuple(c.key for c in protocol.constraints)


def all_broken(
    protocol: Protocol,
    measures: Mapping[str, AnyArray],
    *,
    indication: Indication,
    guidance: Guidance,
    allowance_mm: float,
) -> tuple[str, ...]:
    """Return the keys of all constraints that the first candidate breaks, in protocol order."""
    return tuple(
        c.key
        for c in protocol.constraints
        if applies(c, indication) and _breaks_one(c, measures, guidance, allowance_mm)
    )


def _breaks_one(
    constraint: Constraint,
    measures: Mapping[str, AnyArray],
    guidance: Guidance,
    allowance_mm: float,
) -> bool:
    """Tell `breaks` of the first candidate, without arrays."""
    risk_class = constraint.criterion.removesuffix("_clearance_mm")
    if risk_class in CLEARANCE_CLASSES:
        slack = measures.get(f"{risk_class}_slack_mm")
        return slack is not None and float(slack[0]) - allowance_mm < -_ROUNDING
    values = measures.get(constraint.criterion)
    if values is None:
        return False
    limit, value = limit_in(constraint, guidance, allowance_mm), float(values[0])
    if constraint.at_least is not None:
        return value < limit - _ROUNDING
    return value > limit + _ROUNDING


def limit_in(constraint: Constraint, guidance: Guidance, allowance_mm: float) -> float:
    """Return a limit; one on clearances is the wider by what the voxels may hide."""
    limit = constraint.limit(guidance)
    return limit + allowance_mm if constraint.criterion == EXTRA_CLEARANCE else limit


def desirability(objective: Objective, values: AnyArray, floor: float) -> Float64Array:
    """Return what each value is worth, from `floor` to 1.

    An unknown value (NaN) is worth 1: for example no cortex on the way is no bad angle to it.
    """
    x, y = zip(*objective.curve, strict=True)
    worth = np.interp(values, x, y)
    return np.asarray(np.maximum(floor, np.where(np.isnan(values), 1.0, worth)))


def usable_objectives(
    protocol: Protocol, measures: Mapping[str, AnyArray]
) -> tuple[Objective, ...]:
    """Return the objectives whose criterion is known and whose weight counts."""
    return tuple(o for o in protocol.objectives if o.criterion in measures and o.weight > 0.0)


def scores(protocol: Protocol, measures: Mapping[str, AnyArray]) -> Float64Array:
    """Return the weighted geometric mean of all desirabilities, shape (n,), 0 to 1."""
    count = len(next(iter(measures.values())))
    total, weight = np.zeros(count), 0.0
    for objective in usable_objectives(protocol, measures):
        worth = desirability(
            objective, measures[objective.criterion], protocol.search.minimum_desirability
        )
        total += objective.weight * np.log(worth)
        weight += objective.weight
    return np.exp(total / weight) if weight else np.ones(count)


def score_and_contributions(
    protocol: Protocol, measures: Mapping[str, AnyArray]
) -> tuple[float, dict[str, float]]:
    """Return the first candidate's score, and each objective's share of what it lost.

    Shares are ``w ln d / sum w ln d``; none at a perfect score. The same as `scores`, without
    arrays: quick for a single candidate.
    """
    floor = protocol.search.minimum_desirability
    usable = usable_objectives(protocol, measures)
    lost = {
        o.key: o.weight * math.log(_worth(o, float(measures[o.criterion][0]), floor))
        for o in usable
    }
    total, weight = sum(lost.values()), sum(o.weight for o in usable)
    shares = {key: value / total for key, value in lost.items()} if total < 0.0 else {}
    return (math.exp(total / weight) if weight else 1.0), shares


def _worth(objective: Objective, value: float, floor: float) -> float:
    """Return `desirability` of one value."""
    if math.isnan(value):
        return 1.0
    before_x, before_y = objective.curve[0]
    for x, y in objective.curve:
        if value <= x:
            share = (value - before_x) / (x - before_x) if value > before_x else 0.0
            return max(floor, before_y + share * (y - before_y) if x > before_x else y)
        before_x, before_y = x, y
    return max(floor, before_y)


def pareto_values(protocol: Protocol, measures: Mapping[str, AnyArray]) -> Float64Array:
    """Return the objectives that take part in the Pareto comparison, larger is better, (n, m).

    Desirabilities, not raw criteria: beyond the end of its curve a criterion is good enough.
    """
    columns = [
        desirability(o, measures[o.criterion], 0.0)
        for o in usable_objectives(protocol, measures)
        if o.pareto
    ]
    count = len(next(iter(measures.values())))
    return np.column_stack(columns) if columns else np.zeros((count, 0))


def cautions(protocol: Protocol, measures: Mapping[str, float]) -> tuple[Caution, ...]:
    """Return the protocol's cautions that one candidate's measures call for (NaN: unknown)."""

    def calls(caution: Caution) -> bool:
        value = measures.get(caution.criterion, float("nan"))
        above = caution.above is not None and value > caution.above
        return above or (caution.below is not None and value < caution.below)

    return tuple(c for c in protocol.cautions if calls(c))
