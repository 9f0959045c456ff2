"""The paths that come nearest to keeping every limit where none does; says nothing about why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array
from planning.model.needle import Trajectory
from planning.model.protocol import Constraint
from planning.trajectories import judging
from planning.trajectories.candidates import Lattice
from planning.trajectories.criteria import CLEARANCE_CLASSES
from planning.trajectories.feasible import screened
from planning.trajectories.judging import AnyArray
from planning.trajectories.measure import measured, trajectory_of
from planning.trajectories.polishing import polished
from planning.trajectories.refining import neighbours
from planning.trajectories.screening import Needles

BoolArray = NDArray[np.bool_]

TRIED_AT_MOST = 60_000
"""Candidates that are measured in full, of all: enough to see what blocks, in under a second."""

_GROUPS_AT_MOST = 3  # what a reader takes in
_STARTS = 3  # the search below climbs only to the nearest summit
_STEP_MM = 0.5
_SHIFTS_MM = (3.0, 1.5, 0.75)  # finer than the voxels it reads would be in vain
_STEPS_PER_SHIFT = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """What each of many candidates breaks, constraint by constraint.

    Parameters
    ----------
    constraints : tuple of Constraint
        Those that hold for the case, m of them.
    broken : ndarray of bool, shape (n, m)
    lacking : ndarray, shape (n, m)
        How far beyond each limit, in its criterion's unit; 0 where it holds or is unknown.
    """

    constraints: tuple[Constraint, ...]
    broken: BoolArray
    lacking: Float64Array

    def breaking_only(self, among: BoolArray) -> BoolArray:
        """Tell which candidates break nothing outside `among`, shape (m,), and something."""
        return np.asarray(self.broken.any(axis=1) & ~self.broken[:, ~among].any(axis=1))


def verdicts(anatomy: Anatomy, measures: Mapping[str, AnyArray]) -> Verdicts:
    """Return what every limit says to each candidate."""
    count = len(next(iter(measures.values())))
    held = tuple(
        c for c in anatomy.protocol.constraints if judging.applies(c, anatomy.case.indication)
    )
    broken = np.zeros((count, len(held)), dtype=np.bool_)
    lacking = np.zeros((count, len(held)))
    for number, constraint in enumerate(held):
        found = judging.breaks(constraint, measures, anatomy.guidance, anatomy.allowance_mm)
        if found is not None:
            broken[:, number] = found
            lacking[:, number] = np.where(found, _lacking(anatomy, constraint, measures), 0.0)
    return Verdicts(constraints=held, broken=broken, lacking=lacking)


def _lacking(
    anatomy: Anatomy, constraint: Constraint, measures: Mapping[str, AnyArray]
) -> Float64Array:
    risk_class = class_of(constraint)
    if risk_class:
        return np.asarray(anatomy.allowance_mm - measures[f"{risk_class}_slack_mm"], dtype=float)
    limit = judging.limit_in(constraint, anatomy.guidance, anatomy.allowance_mm)
    away = np.asarray(measures[constraint.criterion] - limit, float)
    return -away if constraint.at_least is not None else away


def class_of(constraint: Constraint) -> str:
    """Return the class of structures a constraint keeps clear of; empty if it is another limit."""
    risk_class = constraint.criterion.removesuffix("_clearance_mm")
    return risk_class if risk_class in CLEARANCE_CLASSES else ""


def thinned(grid: Lattice, at_most: int = TRIED_AT_MOST) -> Lattice:
    """Return every n-th entry and tip, so that their pairs are no more than `at_most`."""
    step = max(1, int(np.ceil(np.sqrt(grid.pair_count / at_most))))
    return replace(
        grid,
        entries_lps_mm=grid.entries_lps_mm[::step],
        entry_normals_lps=grid.entry_normals_lps[::step],
        tips_lps_mm=grid.tips_lps_mm[::step],
        barred=(),
    )


def pairs(grid: Lattice) -> Needles:
    """Return all candidates of a small lattice."""
    entries, tips = len(grid.entries_lps_mm), len(grid.tips_lps_mm)
    return Needles(
        entries_lps_mm=grid.entries_lps_mm,
        entry_normals_lps=grid.entry_normals_lps,
        tips_lps_mm=grid.tips_lps_mm,
        entry_of=np.tile(np.arange(entries, dtype=np.int32), tips),
        tip_of=np.repeat(np.arange(tips, dtype=np.int32), entries),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Miss:
    """The best of all paths that break the same limits.

    Parameters
    ----------
    broken : ndarray of bool, shape (m,)
        What it breaks, measured exactly; nothing if a path between those of the lattice is free.
    """

    trajectory: Trajectory
    constraints: tuple[Constraint, ...]
    broken: BoolArray
    measures: Mapping[str, Float64Array]

    @property
    def limits(self) -> tuple[Constraint, ...]:
        """The constraints it breaks."""
        return tuple(c for c, b in zip(self.constraints, self.broken, strict=True) if b)


def nearest_misses(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, judged: Verdicts
) -> tuple[Miss, ...]:
    """Return the best path of each kind that breaks the fewest limits, most frequent kind first.

    Each is shifted off the lattice to where it lacks least, and measured exactly.
    """
    counts = judged.broken.sum(axis=1)
    rows = np.flatnonzero(counts == counts.min())
    kinds, kind_of = np.unique(judged.broken[rows], axis=0, return_inverse=True)
    frequent = np.argsort(-np.bincount(kind_of.ravel(), minlength=len(kinds)), kind="stable")
    found = []
    for kind in frequent[:_GROUPS_AT_MOST]:
        members = rows[kind_of.ravel() == kind]
        lacks = judged.lacking[members].sum(axis=1)
        starts = members[np.argsort(lacks, kind="stable")[:_STARTS]]
        options = [_miss(anatomy, fields, needles, int(row), kinds[kind]) for row in starts]
        best = min(options, key=lambda option: option[0])
        classes = frozenset(class_of(c) for c in best[1].limits) - {""}
        if classes:
            path = polished(anatomy, best[1].trajectory, classes)
            best = min(best, _measured(anatomy, path), key=lambda option: option[0])
        found.append(best[1])
    return tuple(found)


def _miss(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, row: int, broken: BoolArray
) -> tuple[tuple[int, float], Miss]:
    """Return one start's best path, after how many limits it breaks and by how much."""
    entry = needles.entries_lps_mm[needles.entry_of[row]]
    tip = needles.tips_lps_mm[needles.tip_of[row]]
    eased = trajectory_of(*_eased(anatomy, fields, entry, tip, broken))
    return min(
        (_measured(anatomy, path) for path in (eased, trajectory_of(entry, tip))),
        key=lambda option: option[0],
    )


def _measured(anatomy: Anatomy, path: Trajectory) -> tuple[tuple[int, float], Miss]:
    _, measures = measured(anatomy, path)
    exact = verdicts(anatomy, measures)
    miss = Miss(
        trajectory=path,
        constraints=exact.constraints,
        broken=exact.broken[0],
        measures=measures,
    )
    return (int(exact.broken.sum()), float(exact.lacking.sum())), miss


def _eased(
    anatomy: Anatomy,
    fields: ScreenFields,
    entry_lps_mm: Float64Array,
    tip_lps_mm: Float64Array,
    broken: BoolArray,
) -> tuple[Float64Array, Float64Array]:
    """Return entry and tip shifted to where the broken limits lack least, the others still held."""
    entry, tip = entry_lps_mm, tip_lps_mm
    for shift_mm in _SHIFTS_MM:
        for _ in range(_STEPS_PER_SHIFT):
            needles = neighbours(anatomy, entry, tip, shift_mm)
            measures, _, _ = screened(anatomy, fields, needles, step_mm=_STEP_MM)
            seen = verdicts(anatomy, measures)
            others = seen.broken[:, ~broken].any(axis=1)
            lacks = np.where(others, np.inf, _fall_short(anatomy, seen, measures, broken))
            best = int(np.argmin(lacks))
            if best == 0 or not lacks[best] < lacks[0]:
                break
            entry = needles.entries_lps_mm[needles.entry_of[best]]
            tip = needles.tips_lps_mm[needles.tip_of[best]]
    return entry, tip


def _fall_short(
    anatomy: Anatomy, seen: Verdicts, measures: Mapping[str, AnyArray], among: BoolArray
) -> Float64Array:
    """Return how far beyond the limits `among` candidates are, in sum; less than 0 with room."""
    total = np.zeros(len(seen.broken))
    for constraint, counts in zip(seen.constraints, among, strict=True):
        if counts:
            total += _lacking(anatomy, constraint, measures)
    return total
