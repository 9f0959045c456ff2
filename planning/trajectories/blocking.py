"""What exactly the nearest misses of an empty plan break, by name and number; opens no way."""

from __future__ import annotations

from collections.abc import Iterator

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import first_inside_ahead_mm
from planning.image import CaseImages
from planning.model.case import Role
from planning.model.explanation import Blocked
from planning.model.protocol import Constraint
from planning.trajectories.candidates import Lattice
from planning.trajectories.clearances import Tightest
from planning.trajectories.forbidders import crossed_mm, forbidders
from planning.trajectories.near_misses import Miss, class_of
from planning.trajectories.openings import short_of

_FORBIDDEN, _AHEAD = "forbidden_traversal_mm", "beyond_tip_clearance_mm"
_OUTSIDE = "corridor_outside_mm"
_ROUNDING_MM = 1e-6


def blocked_by(anatomy: Anatomy, miss: Miss, images: CaseImages | None) -> tuple[Blocked, ...]:
    """Return what one nearest miss breaks: each limit, for clearances each structure."""
    return tuple(b for c in miss.limits for b in _of_limit(anatomy, miss, c, images))


def _of_limit(
    anatomy: Anatomy, miss: Miss, constraint: Constraint, images: CaseImages | None
) -> Iterator[Blocked]:
    risk_class, path = class_of(constraint), miss.trajectory
    if risk_class:
        margins = {r.structure.name: r.margin_mm for r in anatomy.risks}
        for name, tight in short_of(anatomy, path, risk_class).items():
            yield _too_near(anatomy, miss, constraint, name, tight, margins[name])
        return
    what = constraint.text
    if constraint.criterion == _AHEAD:
        reach_mm = anatomy.protocol.search.beyond_tip_mm
        _, name = first_inside_ahead_mm(
            anatomy.risks, path.tip_lps_mm, path.direction_lps, reach_mm
        )
        what = f"{name}, straight ahead of the tip"
    if constraint.criterion == _FORBIDDEN and images is not None:
        crossed = crossed_mm(path, forbidders(anatomy, images))
        what = ", ".join(f.words for f in crossed) or what
    if constraint.criterion == _OUTSIDE:
        names = [s.name for s in anatomy.case.trusted if s.role is Role.CORRIDOR]
        what = f"{what} ({', '.join(names)})"
    yield Blocked(
        constraint_key=constraint.key,
        measure=constraint.criterion,
        what=what,
        value=float(miss.measures[constraint.criterion][0]),
        demanded=constraint.limit(anatomy.guidance),
        unit=_unit_of(constraint.criterion),
        at_least=constraint.at_least is not None,
        trajectory=path,
    )


def _too_near(
    anatomy: Anatomy,
    miss: Miss,
    constraint: Constraint,
    name: str,
    tight: Tightest,
    margin_mm: float,
) -> Blocked:
    return Blocked(
        constraint_key=constraint.key,
        measure=constraint.criterion,
        what=name,
        value=tight.clearance_mm,
        demanded=tight.demanded_mm + anatomy.allowance_mm,
        unit="mm",
        depth_mm=tight.depth_mm,
        by_error=tight.demanded_mm > margin_mm + _ROUNDING_MM,
        hidden_mm=anatomy.allowance_mm,
        trajectory=miss.trajectory,
    )


def _unit_of(criterion: str) -> str:
    unit = criterion.rpartition("_")[2]
    return unit if unit in ("mm", "deg") else ""


def without_skin(anatomy: Anatomy, grid: Lattice) -> str:
    """Return why no path can even start, in words."""
    reach_mm = anatomy.needle.reach_mm
    total = sum(count for _, count in grid.barred)
    if total == 0:
        return f"no skin in the field of view lies within {reach_mm:.0f} mm of the lesion"
    protocol = anatomy.protocol
    reasons = ", ".join(f"{n:,} ({protocol.text_of(key)})" for key, n in grid.barred if n)
    return (
        f"of {total:,} places on the skin within {reach_mm:.0f} mm none may be entered: {reasons}"
    )
