"""What the needles of a set contaminate between skin and tips; chooses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from planning.model.core_set import Tract
from planning.model.plan import Candidate


def tract_of(candidates: Sequence[Candidate], *, one_entry: bool) -> Tract:
    """Return the contaminated tract of a set.

    Through one entry the longest needle's way counts for all; with several each counts.
    """
    lengths = [c.trajectory.insertion_depth_mm for c in candidates]
    crossed: dict[str, float] = {}
    for candidate in candidates:
        for name, length_mm in candidate.compartments:
            crossed[name] = max(length_mm, crossed.get(name, 0.0))
    return Tract(
        entries=1 if one_entry else len(candidates),
        length_mm=max(lengths) if one_entry else sum(lengths),
        structures=tuple(sorted(crossed, key=lambda name: (-crossed[name], name))),
    )
