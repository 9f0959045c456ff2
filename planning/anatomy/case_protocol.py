"""The protocol as one case wants it: weights, limits, rules of its site; looks at no mask."""

from __future__ import annotations

import math
from dataclasses import replace

from planning.anatomy.rule_changes import changed_rules, demanded_of
from planning.anatomy.sites import site_of
from planning.errors import InputError
from planning.formats import suggestion
from planning.model.case import Case, Guidance
from planning.model.limit import LimitChange
from planning.model.plan import Notice
from planning.model.protocol import Constraint, Objective, Protocol

LIMIT_CHANGED = "limit_changed"
"""Key of the notice of a limit that a case sets otherwise, with a reason."""

_DEPTH = "insertion_depth_mm"
# Depths are judged before all else that a needle meets, and count first.
_JUDGED_WITH_DEPTH = frozenset(
    {
        "at_field_of_view_border",
        "entry_side",
        "no_entry",
        "stop_depth_mm",
        "needle_reach_margin_mm",
        _DEPTH,
    }
)


def protocol_for(case: Case, protocol: Protocol, guidance: Guidance) -> Protocol:
    """Return what a plan of the case is judged by: all of a protocol, as far as no mask matters.

    The same as the protocol of the case's `Anatomy`, at once and without its images.

    Raises
    ------
    InputError
        If the case weighs, limits or changes what the protocol does not have or may not be changed.
    """
    wished = with_wishes(case, protocol, guidance)
    site = site_of(case, wished)
    key = site.key if site is not None else ""
    meant = tuple(r for r in wished.rules if r.holds(key, case.indication))
    rules, _ = changed_rules(case, wished, meant)
    return demanded_of(case, wished, site, rules)


def with_wishes(case: Case, protocol: Protocol, guidance: Guidance) -> Protocol:
    """Return the protocol with the weights and limits of the case.

    Raises
    ------
    InputError
        If the case names an objective or a limit that the protocol does not have, or loosens a
        limit without a reason or beyond what geometry allows.
    """
    weights = {key: _weight(case, protocol, key, weight) for key, weight in case.weights}
    for change in case.limits:
        _check_limit(case, protocol, guidance, change)
    values = {change.key: change.value for change in case.limits}
    own = tuple(
        a.constraint(values[a.key])
        for a in protocol.adjustable
        if a.loosest is not None and a.key in values
    )
    if not weights and not values:
        return protocol
    return replace(
        protocol,
        objectives=tuple(_weighed(o, weights) for o in protocol.objectives),
        constraints=_placed(
            tuple(
                _limited(c, values[c.key], guidance) if c.key in values else c
                for c in protocol.constraints
            ),
            own,
        ),
    )


def reasoned_notices(case: Case) -> tuple[Notice, ...]:
    """Return what a reader of the plan has to know of limits that the case gives a reason for."""
    return tuple(reasoned_notice(change) for change in case.limits if change.reason)


def reasoned_notice(change: LimitChange) -> Notice:
    """Return what has to be known of one limit that is not the protocol's, and why."""
    return Notice(LIMIT_CHANGED, f"{change.key} is {change.value:g} in this case: {change.reason}")


def is_looser(protocol: Protocol, guidance: Guidance, change: LimitChange) -> bool:
    """Tell whether a case lets through what the protocol refuses."""
    constraint = protocol.constraint(change.key)
    if constraint is None:
        return False
    limit = constraint.limit(guidance)
    return change.value < limit if constraint.at_least is not None else change.value > limit


def _weight(case: Case, protocol: Protocol, key: str, weight: float) -> float:
    what = f'Case "{case.name}", weight "{key}"'
    if protocol.objective(key) is None:
        known = [o.key for o in protocol.objectives]
        message = f"{what}: protocol {protocol.key} has no objective of that key"
        raise InputError(message + suggestion(key, known, "known are"))
    if not math.isfinite(weight) or weight < 0.0:
        raise InputError(f"{what}: {weight:g} is no weight; give 0 or more.")
    return weight


def _check_limit(case: Case, protocol: Protocol, guidance: Guidance, change: LimitChange) -> None:
    what = f'Case "{case.name}", limit "{change.key}"'
    constraint = protocol.constraint(change.key)
    if constraint is None and protocol.adjustable_limit(change.key) is None:
        known = [*(c.key for c in protocol.constraints), *(a.key for a in protocol.adjustable)]
        message = f"{what}: protocol {protocol.key} has no limit of that key"
        raise InputError(message + suggestion(change.key, known, "known are"))
    if not math.isfinite(change.value):
        raise InputError(f"{what}: {change.value:g} is no limit; give a number.")
    if constraint is None or not is_looser(protocol, guidance, change):
        return
    if not constraint.switchable:
        message = f"{what}: this limit is geometry and cannot be loosened ({constraint.text})."
        raise InputError(message)
    if not change.reason.strip():
        message = (
            f"{what}: {change.value:g} is looser than the {constraint.limit(guidance):g} of "
            f"protocol {protocol.key}; record a reason, or leave it out."
        )
        raise InputError(message)


def _weighed(objective: Objective, weights: dict[str, float]) -> Objective:
    weight = weights.get(objective.key, objective.weight)
    return replace(objective, weight=weight)


def _limited(constraint: Constraint, value: float, guidance: Guidance) -> Constraint:
    """Return a constraint with another limit; margins of single roles follow where it is passed."""
    higher = value > constraint.limit(guidance)
    margins = constraint.margin_by_role
    return replace(
        constraint,
        at_least=None if constraint.at_least is None else value,
        at_most=None if constraint.at_most is None else value,
        by_guidance=(),
        margin_by_role=tuple((r, max(m, value) if higher else min(m, value)) for r, m in margins),
    )


def _placed(
    constraints: tuple[Constraint, ...], own: tuple[Constraint, ...]
) -> tuple[Constraint, ...]:
    """Return constraints in the order in which they are judged: depth early, tissue last."""
    early = tuple(c for c in own if c.criterion == _DEPTH)
    late = tuple(c for c in own if c.criterion != _DEPTH)
    places = (n for n, c in enumerate(constraints) if c.criterion not in _JUDGED_WITH_DEPTH)
    place = next(places, len(constraints))
    return (*constraints[:place], *early, *constraints[place:], *late)
