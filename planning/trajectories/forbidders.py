"""Which rule or structure forbids the tissue that needles cross; removes no candidate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import inside_at
from planning.anatomy.sites import plain_name
from planning.geometry import Float64Array
from planning.image import CaseImages, Mask
from planning.model.case import Indication, Role
from planning.model.needle import Trajectory
from planning.model.site import RuleKind

_STEP_MM = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forbidder:
    """Something that forbids tissue.

    Parameters
    ----------
    rule_key : str
        Of the surgeon's rule that does so; empty where the case marks the structure itself.
    name : str
        Of the structure.
    """

    rule_key: str
    name: str
    mask: Mask

    @property
    def words(self) -> str:
        """Who forbids what."""
        by = f" (rule {self.rule_key})" if self.rule_key else " (marked as forbidden)"
        return plain_name(self.name) + by


def forbidders(anatomy: Anatomy, images: CaseImages) -> tuple[Forbidder, ...]:
    """Return everything that forbids tissue in this case: hard rules first, then structures."""
    by_rule = (
        Forbidder(rule_key=a.rule.key, name=a.name, mask=a.mask)
        for a in anatomy.rules.avoided
        if a.rule.kind is RuleKind.HARD
    )
    roles = {Role.FORBIDDEN}
    if anatomy.case.indication is not Indication.INFECTION:
        roles.add(Role.COLLECTION)
    marked = (
        Forbidder(rule_key="", name=s.name, mask=images.masks[s.mask_id])
        for s in anatomy.case.trusted
        if s.role in roles
    )
    return (*by_rule, *marked)


def crossed_mm(path: Trajectory, among: tuple[Forbidder, ...]) -> dict[Forbidder, float]:
    """Return the length of a path inside each forbidder it crosses."""
    points = _points(np.array(path.entry_lps_mm), np.array(path.tip_lps_mm))
    lengths = {f: np.count_nonzero(inside_at(f.mask, points)) * _STEP_MM for f in among}
    return {f: float(length) for f, length in lengths.items() if length > 0.0}


def _points(entry_lps_mm: Float64Array, tip_lps_mm: Float64Array) -> Float64Array:
    count = max(1, int(np.ceil(np.linalg.norm(tip_lps_mm - entry_lps_mm) / _STEP_MM)))
    share = (np.arange(count) + 0.5)[:, None] / count
    return np.asarray(entry_lps_mm + share * (tip_lps_mm - entry_lps_mm))


def owners(crossed: dict[Forbidder, float]) -> frozenset[tuple[str, str]]:
    """Return what would have to go for a path to be allowed: rules, and structures by name."""
    return frozenset((f.rule_key, "" if f.rule_key else f.name) for f in crossed)


def fewest_owners(
    paths: list[Trajectory], among: tuple[Forbidder, ...], *, at_most: int
) -> tuple[tuple[frozenset[tuple[str, str]], int, Trajectory], ...]:
    """Return the smallest sets of owners that stand in the way of paths, most frequent first.

    Returns
    -------
    tuple of (owners, int, Trajectory)
        With how many of the paths each set alone forbids, and the first of them.
    """
    first: dict[frozenset[tuple[str, str]], Trajectory] = {}
    counts: Counter[frozenset[tuple[str, str]]] = Counter()
    for path in paths:
        named = owners(crossed_mm(path, among))
        if named:
            counts[named] += 1
            first.setdefault(named, path)
    if not counts:
        return ()
    fewest = min(len(o) for o in counts)
    small = [(o, n) for o, n in counts.items() if len(o) == fewest]
    small.sort(key=lambda entry: (-entry[1], sorted(entry[0])))
    return tuple((o, n, first[o]) for o, n in small[:at_most])
