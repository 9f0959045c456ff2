"""Which limits and rules a case could do without to open a way; never those that protect organs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.image import CaseImages
from planning.model.explanation import Change, Opening
from planning.model.protocol import Constraint
from planning.model.site import RULE_PREFIX
from planning.trajectories.forbidders import fewest_owners, forbidders
from planning.trajectories.measure import measured
from planning.trajectories.near_misses import Miss, Verdicts, class_of
from planning.trajectories.openings import path_of
from planning.trajectories.screening import Needles

FORBIDDEN = "forbidden"

_OWNERS_AT_MOST = 2  # sets of rules that are named
_TRACED_AT_MOST = 300  # paths that are followed through the forbidden masks

# The protocol lets a case switch these off, but it is not for a program to suggest: they keep
# structures from harm, and the needle out of the table.
_NOT_OFFERED = frozenset({"entry_side", "no_entry", "beyond_tip_clearance_mm"})
_NOT_OFFERED_CLASSES = frozenset({"vessel", "nerve", "organ"})


def by_dropping(
    anatomy: Anatomy,
    miss: Miss,
    needles: Needles,
    judged: Verdicts,
    images: CaseImages | None,
) -> Iterator[Opening]:
    """Yield what opens if the limits that one nearest miss breaks are switched off."""
    if not miss.limits or not all(_may_go(c) for c in miss.limits):
        return
    rows = np.flatnonzero(judged.breaking_only(miss.broken))
    own = frozenset(a.key for a in anatomy.protocol.adjustable if a.loosest is not None)
    others = [_words(c, own) for c in miss.limits if c.key != FORBIDDEN]
    if len(others) == len(miss.limits) or images is None:
        what = " and ".join(_words(c, own) for c in miss.limits)
        yield _opening(what, len(rows), len(needles), miss)
        return
    nearest = rows[np.argsort(judged.lacking[rows].sum(axis=1), kind="stable")]
    paths = [miss.trajectory, *(path_of(needles, int(r)) for r in nearest[:_TRACED_AT_MOST])]
    allowed = {c.key for c in miss.limits}
    among = forbidders(anatomy, images)
    for owners, count, path in fewest_owners(paths, among, at_most=_OWNERS_AT_MOST):
        candidate, _ = measured(anatomy, path)
        if set(candidate.violations) <= allowed:
            what = " and ".join([*others, *(_of_owner(*o) for o in sorted(owners))])
            yield Opening(
                change=Change.LIMIT, what=what, kept=count, tried=len(paths), trajectory=path
            )


def _may_go(constraint: Constraint) -> bool:
    protects = class_of(constraint) in _NOT_OFFERED_CLASSES
    return constraint.switchable and not protects and constraint.criterion not in _NOT_OFFERED


def _opening(what: str, kept: int, tried: int, miss: Miss) -> Opening:
    return Opening(
        change=Change.LIMIT, what=what, kept=kept, tried=tried, trajectory=miss.trajectory
    )


def _words(constraint: Constraint, own: frozenset[str]) -> str:
    if constraint.key in own:
        return f'leaving out the case\'s own limit "{constraint.key}"'
    if constraint.key.startswith(RULE_PREFIX):
        return _of_owner(constraint.key.removeprefix(RULE_PREFIX), "")
    return f'switching off limit "{constraint.key}" with a recorded reason'


def _of_owner(rule_key: str, name: str) -> str:
    if rule_key:
        return f'switching off rule "{rule_key}" with a recorded reason'
    return f'not marking "{name}" as forbidden'
