"""What a case changes about rules and constraints, and what is demanded then; looks at no mask."""

from __future__ import annotations

from dataclasses import replace

from planning.errors import InputError
from planning.formats import suggestion
from planning.model.case import Case, RuleChange
from planning.model.plan import Notice
from planning.model.protocol import Constraint, Objective, Protocol
from planning.model.site import Rule, RuleKind, Site

COMPARTMENTS_CROSSED = "compartments_crossed"
"""Measured of single trajectories only, so that no rule on it can be hard."""

_FORBIDDEN = "forbidden"

# What is known before any tissue is looked at; rules about the approach are judged with it.
_BEFORE_TISSUE = frozenset(
    {
        "at_field_of_view_border",
        "entry_side",
        "no_entry",
        "insertion_depth_mm",
        "stop_depth_mm",
        "needle_reach_margin_mm",
        "off_plane_deg",
        "gantry_clearance_mm",
    }
)


def changed_rules(
    case: Case, protocol: Protocol, meant: tuple[Rule, ...]
) -> tuple[tuple[Rule, ...], tuple[Notice, ...]]:
    """Return the rules that hold after the case's changes, and what a reader has to know of them.

    Parameters
    ----------
    meant : tuple of Rule
        Those for the case's site and indication, switched on or not.

    Raises
    ------
    InputError
        If a change names neither a rule nor a constraint, or asks for what cannot be.
    """
    changes = {change.key.removeprefix("rule:"): change for change in case.rule_changes}
    notices = [_notice(case, protocol, meant, change) for change in case.rule_changes]
    rules = tuple(_changed(r, changes[r.key]) if r.key in changes else r for r in meant)
    rules = tuple(r for r in rules if r.enabled)
    _check_forbidding(case, rules)
    return rules, tuple(notices)


def _changed(rule: Rule, change: RuleChange) -> Rule:
    kind = RuleKind(change.kind) if change.kind else rule.kind
    return replace(rule, enabled=change.enabled, kind=kind)


def _notice(case: Case, protocol: Protocol, meant: tuple[Rule, ...], change: RuleChange) -> Notice:
    key = change.key.removeprefix("rule:")
    what = f'Case "{case.name}", [[rule]] "{change.key}"'
    rule = next((r for r in protocol.rules if r.key == key), None)
    constraint = protocol.constraint(key)
    if rule is None and constraint is None:
        known = [*(r.key for r in protocol.rules), *(c.key for c in protocol.constraints)]
        message = f"{what}: protocol {protocol.key} has neither a rule nor a constraint of that key"
        raise InputError(message + suggestion(key, known, "known are"))
    if constraint is not None:
        _check_constraint(constraint, change, what)
    if rule is not None:
        _check_rule(rule, change, what)
        if all(r.key != key for r in meant):
            text = f"{key} does not hold for this site and indication anyway: {change.reason}"
            return Notice("rule_without_effect", text)
    if not change.enabled:
        return Notice("rule_switched_off", f"{key}: {change.reason}")
    now = f"now {change.kind}" if change.kind else "on"
    return Notice("rule_changed", f"{key} is {now}: {change.reason}")


def _check_constraint(constraint: Constraint, change: RuleChange, what: str) -> None:
    if change.kind:
        raise InputError(f'{what}: a constraint is always hard; leave "kind" out.')
    if not change.enabled and not constraint.switchable:
        message = f"{what}: this limit is geometry and cannot be switched off ({constraint.text})."
        raise InputError(message)


def _check_rule(rule: Rule, change: RuleChange, what: str) -> None:
    if not change.kind:
        return
    if not rule.is_measured:
        message = (
            f"{what}: masks and geometry cannot decide this rule, so it stays a {rule.kind.value}; "
            'leave "kind" out.'
        )
        raise InputError(message)
    if change.kind == RuleKind.HARD and rule.criterion == COMPARTMENTS_CROSSED:
        message = (
            f"{what}: how many compartments are crossed is only measured of single paths, so this "
            "rule stays a caution; mark what may not be entered as forbidden."
        )
        raise InputError(message)


def _check_forbidding(case: Case, rules: tuple[Rule, ...]) -> None:
    """Refuse to drop the limit by which rules forbid structures: that would drop them unsaid."""
    by_rule = [r.key for r in rules if r.avoid and r.kind is RuleKind.HARD]
    if by_rule and any(c.key == _FORBIDDEN and not c.enabled for c in case.rule_changes):
        message = (
            f'Case "{case.name}", [[rule]] "{_FORBIDDEN}": rules forbid structures by this limit '
            f"({', '.join(by_rule)}); switch each of them off with its own reason, and leave out "
            "the structures marked as forbidden."
        )
        raise InputError(message)


def demanded_of(
    case: Case, protocol: Protocol, site: Site | None, rules: tuple[Rule, ...]
) -> Protocol:
    """Return the protocol with hard rules as constraints and the site's curves, less what is off.

    Rules about the approach stand before the first constraint that needs tissue, others last.
    What rules forbid is counted under the constraint "forbidden".
    """
    off = {c.key for c in case.rule_changes if not c.enabled}
    kept = [c for c in protocol.constraints if c.key not in off]
    hard = [r for r in rules if r.kind is RuleKind.HARD]
    early = [_constraint(r) for r in hard if r.approach is not None]
    late = [_constraint(r) for r in hard if r.criterion]
    places = (n for n, c in enumerate(kept) if c.criterion not in _BEFORE_TISSUE)
    place = next(places, len(kept))
    curves = {c.objective: c for c in site.curves} if site is not None else {}

    def at_site(objective: Objective) -> Objective:
        own = curves.get(objective.key)
        if own is None:
            return objective
        return replace(objective, label=own.label, curve=own.curve, source=own.source)

    return replace(
        protocol,
        constraints=(*kept[:place], *early, *kept[place:], *late),
        objectives=tuple(at_site(o) for o in protocol.objectives),
    )


def _constraint(rule: Rule) -> Constraint:
    criterion = rule.criterion or rule.name
    at_most = 0.0 if rule.approach is not None else rule.above
    return Constraint(
        key=rule.name,
        criterion=criterion,
        at_most=at_most,
        at_least=rule.below,
        text=rule.text,
        source=rule.source,
    )
