"""What soft tissue one needle crosses, by name, and what the rules say to it; rejects nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.compartments import NamedTissue
from planning.anatomy.risks import inside_at
from planning.anatomy.rule_changes import COMPARTMENTS_CROSSED
from planning.anatomy.sites import plain_name
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array
from planning.image import Mask
from planning.model.plan import Notice
from planning.model.site import Rule
from planning.trajectories.sampling import Samples

Crossed = tuple[tuple[str, float], ...]


def crossed_mm(anatomy: Anatomy, samples: Samples) -> Crossed:
    """Return the named soft tissues a needle crosses and the length in each, shallowest first.

    The tumour does not count: it is what the needle is for.
    """
    found = []
    points = samples.points_lps_mm
    for tissue in _maybe_crossed(anatomy, points.min(axis=0), points.max(axis=0)):
        first_mm, length_mm = _inside(tissue.mask, samples)
        if length_mm > 0.0:
            found.append((first_mm, tissue.name, length_mm))
    return tuple((name, length_mm) for _, name, length_mm in sorted(found))


def _maybe_crossed(
    anatomy: Anatomy, low_lps_mm: Float64Array, high_lps_mm: Float64Array
) -> tuple[NamedTissue, ...]:
    """Return the tissues whose boxes meet a box."""
    low, high = _boxes_lps_mm(anatomy)
    met = np.all((low <= high_lps_mm) & (high >= low_lps_mm), axis=1).tolist()
    return tuple(t for t, maybe in zip(anatomy.rules.tissues, met, strict=True) if maybe)


@lru_cache(maxsize=1)  # asked with every movement of a hand
def _boxes_lps_mm(anatomy: Anatomy) -> tuple[Float64Array, Float64Array]:
    """Return the least and the greatest x, y and z of each tissue's voxels, shape (n, 3)."""
    grids = [t.mask.grid for t in anatomy.rules.tissues]
    corners = np.array([g.corners_lps_mm() for g in grids]).reshape(-1, 8, 3)
    room = np.array([g.half_diagonal_mm for g in grids]).reshape(-1, 1)
    return corners.min(axis=1) - room, corners.max(axis=1) + room


def compartments_of(anatomy: Anatomy, crossed: Crossed) -> tuple[str, ...]:
    """Return the compartments of the muscles that are crossed, shallowest first."""
    by_name = {t.name: t.compartment for t in anatomy.rules.tissues}
    return tuple(dict.fromkeys(c for name, _ in crossed if (c := by_name[name])))


def rule_notices(
    anatomy: Anatomy, samples: Samples, crossed: Crossed, numbers: Mapping[str, float]
) -> tuple[Notice, ...]:
    """Return a notice for each of the surgeon's rules that a needle does not keep.

    Hard rules are among them: a path that somebody else chose has to be told which one it breaks,
    and by what.
    """
    return (
        *_of_avoided(anatomy, samples),
        *_of_approach(anatomy, numbers),
        *_of_criteria(anatomy, crossed, numbers),
    )


def _of_avoided(anatomy: Anatomy, samples: Samples) -> Iterator[Notice]:
    told: dict[str, tuple[Rule, list[str]]] = {}
    for avoided in anatomy.rules.avoided:
        _, length_mm = _inside(avoided.mask, samples)
        if length_mm > 0.0:
            _, names = told.setdefault(avoided.rule.key, (avoided.rule, []))
            names.append(f"{plain_name(avoided.name)} {length_mm:.0f} mm")
    for rule, names in told.values():
        yield Notice(rule.name, f"{rule.text} ({', '.join(names)})")


def _of_approach(anatomy: Anatomy, numbers: Mapping[str, float]) -> Iterator[Notice]:
    for approach in anatomy.rules.approaches:
        off_deg = numbers[approach.rule.name]
        if off_deg > 0.0:
            yield Notice(approach.rule.name, f"{approach.rule.text} ({off_deg:.0f} deg off)")


def _of_criteria(
    anatomy: Anatomy, crossed: Crossed, numbers: Mapping[str, float]
) -> Iterator[Notice]:
    compartments = compartments_of(anatomy, crossed)
    for rule in anatomy.rules.criteria:
        counted = rule.criterion == COMPARTMENTS_CROSSED
        value = len(compartments) if counted else numbers.get(rule.criterion, float("nan"))
        above = rule.above is not None and value > rule.above
        if above or (rule.below is not None and value < rule.below):
            names = f" ({', '.join(compartments)})" if counted else ""
            yield Notice(rule.name, rule.text + names)


def _inside(mask: Mask, samples: Samples) -> tuple[float, float]:
    """Return the depth at which a needle first meets a mask, and its length inside."""
    outside_tumour = (samples.bits & Tissue.TUMOUR) == 0
    hits = np.flatnonzero(inside_at(mask, samples.points_lps_mm) & outside_tumour)
    if hits.size == 0:
        return float("nan"), 0.0
    return float(samples.depth_mm[hits[0]]), float(hits.size) * samples.step_mm
