"""Which single change lets some path keep every limit, each found by computing it; words none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.variants import (
    from_all_sides,
    lying,
    with_guidance,
    with_margins,
    with_needle,
)
from planning.geometry import Float64Array
from planning.image import CaseImages
from planning.model.case import Position
from planning.model.error_model import ErrorModel
from planning.model.explanation import Change, Opening
from planning.model.needle import Needle, NeedleKind, Trajectory
from planning.trajectories.candidates import Lattice, lattice
from planning.trajectories.clearances import Tightest, tightest
from planning.trajectories.elimination import survive
from planning.trajectories.feasible import screened
from planning.trajectories.measure import measured, trajectory_of
from planning.trajectories.near_misses import (
    TRIED_AT_MOST,
    Miss,
    class_of,
    pairs,
    thinned,
)
from planning.trajectories.screening import Measures, Needles

_MARGIN_STEP_MM = 0.5  # finer than masks and needles are
_LOCAL_ENTRIES_MM, _LOCAL_TIPS_MM = 12.0, 10.0  # a few spacings of the lattice
_MEASURED_AT_MOST = 8
_NEEDLES_AT_MOST = 3  # for each reason
_SEARCHED_AT_MOST = TRIED_AT_MOST // 2  # several are searched, one after the other


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """What else a case could be planned with.

    Parameters
    ----------
    needles : tuple of Needle
        Of the catalogue.
    error_models : tuple of ErrorModel
        One for each way of guiding needles.
    images : CaseImages or None
        To tell which structure forbids a way.
    understand : callable or None
        Returns the case's anatomy for a needle that reaches farther than the present one.
    """

    needles: tuple[Needle, ...] = ()
    error_models: tuple[ErrorModel, ...] = ()
    images: CaseImages | None = None
    understand: Callable[[Needle], Anatomy] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """How many of the needles tried keep every limit, and one that was measured."""

    kept: int
    tried: int
    path: Trajectory

    def by(self, change: Change, what: str) -> Opening:
        """Return the opening that a change with this result is."""
        return Opening(
            change=change, what=what, kept=self.kept, tried=self.tried, trajectory=self.path
        )


def short_of(anatomy: Anatomy, path: Trajectory, risk_class: str) -> dict[str, Tightest]:
    """Return the structures of a class that come too near to a path, the worst first."""
    found = {
        r.structure.name: tightest(anatomy, path, r)
        for r in anatomy.risks
        if r.risk_class == risk_class
    }
    short = {n: t for n, t in found.items() if t.slack_mm < anatomy.allowance_mm}
    return dict(sorted(short.items(), key=lambda item: (item[1].slack_mm, item[0])))


def by_margin(anatomy: Anatomy, grid: Lattice, miss: Miss) -> Opening | str:
    """Return the widest smaller margins that open a way, or why none does; empty: no question.

    Margins are lowered in steps of 0.5 mm, not below the protocol's floors.
    """
    short: dict[str, Tightest] = {}
    floors: dict[str, float] = {}
    for constraint in miss.limits:
        risk_class = class_of(constraint)
        if not risk_class or not constraint.envelope:
            return ""
        of_class = short_of(anatomy, miss.trajectory, risk_class)
        short.update(of_class)
        floors.update(dict.fromkeys(of_class, constraint.floor or 0.0))
    risks = {r.structure.name: r for r in anatomy.risks}
    if not short or any(risks[name].structure.derived_from for name in short):
        return ""
    names = " and ".join(short)
    if any(t.worst_case_mm < anatomy.allowance_mm for t in short.values()):
        text = "the spread of the needles demands the distance, not the margin"
        return f"a smaller margin for {names} ({text})"
    wanted = {n: _floored(t.least_mm - anatomy.allowance_mm) for n, t in short.items()}
    needles = _around(grid, miss.trajectory)
    variant = anatomy
    while all(wanted[n] >= floors[n] for n in wanted):
        lowered = {n: min(w, risks[n].margin_mm) for n, w in wanted.items()}
        variant = with_margins(variant, lowered)
        opened = _opened(variant, needles)
        if opened is not None:
            said = " and ".join(
                f"{lowered[n]:g} mm instead of {risks[n].margin_mm:g} mm for {n}" for n in lowered
            )
            return opened.by(Change.MARGIN, f"a margin of {said}")
        wanted = {n: w - _MARGIN_STEP_MM for n, w in wanted.items()}
    least = " and ".join(f"{floors[n]:g} mm for {n}" for n in short)
    return f"a smaller margin (the protocol's floor is {least})"


def _floored(margin_mm: float) -> float:
    return float(np.floor(margin_mm / _MARGIN_STEP_MM) * _MARGIN_STEP_MM)


def by_guidance(
    anatomy: Anatomy,
    grid: Lattice,
    model: ErrorModel,
    needles: Needles,
    misses: tuple[Miss, ...],
) -> Opening | None:
    """Return whether needles guided in another way find a path.

    Parameters
    ----------
    needles : Needles
        Those that break only what another guidance can mend; the lattice around the nearest
        misses is tried too.
    """
    variant = with_guidance(anatomy, model)
    for tried in (needles, *(_around(grid, m.trajectory) for m in misses)):
        opened = _opened(variant, tried)
        if opened is not None:
            return opened.by(Change.GUIDANCE, f"guidance {model.guidance.value}")
    return None


def by_needle(anatomy: Anatomy, needle: Needle) -> Opening | None:
    """Return whether another needle finds a path; it may not reach farther than the anatomy's."""
    found = _searched(with_needle(anatomy, needle))
    what = f"needle {needle.key} ({needle.name})"
    return None if found is None else found.by(Change.NEEDLE, what)


def by_position(anatomy: Anatomy) -> tuple[tuple[Position, Opening | None], ...]:
    """Return for each other position whether a path is found with the patient lying so."""
    everywhere = from_all_sides(anatomy)
    answers = []
    for position in Position:
        if position is anatomy.case.biopsy_position:
            continue
        variant = lying(everywhere, position)
        found = _searched(variant)
        moved = variant.case.position_differs
        as_scanned = "as scanned" if not moved else "carry the plan over to a scan in that position"
        what = f"the patient lying {position.value} ({as_scanned})"
        answers.append((position, None if found is None else found.by(Change.POSITION, what)))
    return tuple(answers)


def suitable_needles(
    anatomy: Anatomy, needles: tuple[Needle, ...], criteria: frozenset[str]
) -> tuple[Needle, ...]:
    """Return the needles that may mend what is broken, the most alike first.

    Parameters
    ----------
    criteria : frozenset of str
        Those of the broken limits.
    """
    own = anatomy.needle
    alike = [
        n
        for n in needles
        if n.key != own.key
        and n.penetrates_bone == own.penetrates_bone
        and (n.kind is NeedleKind.ASPIRATION) == (own.kind is NeedleKind.ASPIRATION)
    ]
    alike.sort(key=lambda n: (abs(n.reach_mm - own.reach_mm), abs(n.gauge - own.gauge), n.key))
    near = any(c.endswith("_clearance_mm") for c in criteria)
    reasons = (
        [n for n in alike if "needle_reach_margin_mm" in criteria and n.reach_mm > own.reach_mm],
        [n for n in alike if near and n.radius_mm < own.radius_mm],
        [n for n in alike if "stop_depth_mm" in criteria and n.stop_to_tip_mm < own.stop_to_tip_mm],
        [
            n
            for n in alike
            if "specimen_shortfall_mm" in criteria and n.core_length_mm > own.core_length_mm
        ],
    )
    # Longer ones need the case to be read anew, which their own reason has to be worth.
    fit = (n for some in reasons[1:] for n in some if n.reach_mm <= own.reach_mm)
    chosen = [*reasons[0][:_NEEDLES_AT_MOST], *list(fit)[:_NEEDLES_AT_MOST]]
    return tuple({n.key: n for n in chosen}.values())


def _searched(anatomy: Anatomy) -> _Found | None:
    """Search a thinned lattice of a changed anatomy."""
    assert anatomy.lesion is not None, "only a case with a lesion is planned"
    assert anatomy.fields is not None, "only a case with a lesion is planned"
    grid = thinned(lattice(anatomy, anatomy.lesion), _SEARCHED_AT_MOST)
    if grid.pair_count == 0:
        return None
    survivors = survive(anatomy, anatomy.fields, grid)
    path = _checked(anatomy, survivors.needles, survivors.measures)
    kept = len(survivors.needles)
    return None if path is None else _Found(kept=kept, tried=grid.pair_count, path=path)


def _opened(anatomy: Anatomy, needles: Needles) -> _Found | None:
    """Tell whether some of a few needles keep every limit of a changed anatomy."""
    assert anatomy.fields is not None, "only a case with a lesion is planned"
    if len(needles) == 0:
        return None
    step_mm = anatomy.protocol.search.step_mm
    measures, broken, _ = screened(anatomy, anatomy.fields, needles, step_mm=step_mm)
    keep = broken < 0
    path = _checked(anatomy, needles.chosen(keep), {k: v[keep] for k, v in measures.items()})
    kept = int(keep.sum())
    return None if path is None else _Found(kept=kept, tried=len(needles), path=path)


def _checked(anatomy: Anatomy, needles: Needles, measures: Measures) -> Trajectory | None:
    """Return the first path that keeps every limit when measured exactly, the roomiest first."""
    if len(needles) == 0:
        return None
    room = measures.get("extra_clearance_mm", np.zeros(len(needles)))
    for row in np.argsort(-room, kind="stable")[:_MEASURED_AT_MOST]:
        path = path_of(needles, int(row))
        candidate, _ = measured(anatomy, path)
        if not candidate.violations:
            return path
    return None


def path_of(needles: Needles, row: int) -> Trajectory:
    """Return one needle's trajectory."""
    return trajectory_of(
        needles.entries_lps_mm[needles.entry_of[row]], needles.tips_lps_mm[needles.tip_of[row]]
    )


def _around(grid: Lattice, path: Trajectory) -> Needles:
    """Return all candidates of the lattice near a path: what a plan would try there."""
    entries = _near(grid.entries_lps_mm, path.entry_lps_mm, _LOCAL_ENTRIES_MM)
    tips = _near(grid.tips_lps_mm, path.tip_lps_mm, _LOCAL_TIPS_MM)
    part = replace(
        grid,
        entries_lps_mm=grid.entries_lps_mm[entries],
        entry_normals_lps=grid.entry_normals_lps[entries],
        tips_lps_mm=grid.tips_lps_mm[tips],
        barred=(),
    )
    return pairs(part)


def _near(points_lps_mm: Float64Array, to_lps_mm: object, at_most_mm: float) -> NDArray[np.bool_]:
    away = np.linalg.norm(points_lps_mm - np.asarray(to_lps_mm), axis=1)
    return np.asarray(away <= at_most_mm)
