"""Measures every candidate and removes what breaks a limit, counting reasons; ranks none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.model.protocol import Protocol
from planning.progress import SILENT, Progress
from planning.trajectories import judging
from planning.trajectories.candidates import Lattice
from planning.trajectories.criteria import CLEARANCE_CLASSES
from planning.trajectories.screening import (
    Measures,
    Needles,
    add_derived,
    angle_measures,
    clearance_measures,
    depth_measures,
    tissue_measures,
)

_CHUNK = 150_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survivors:
    """The candidates that break no constraint, with all their measures.

    Parameters
    ----------
    rejected : dict of str to int
        How many candidates each constraint removed, in protocol order.
    """

    needles: Needles
    measures: Measures
    rejected: dict[str, int]


def survive(
    anatomy: Anatomy, fields: ScreenFields, grid: Lattice, progress: Progress = SILENT
) -> Survivors:
    """Measure every candidate and return those that break no constraint.

    Clearances are read from the nearest voxels first, and again, interpolated, wherever that
    reading leaves a verdict open.
    """
    keys = [c.key for c in anatomy.protocol.constraints]
    rejected = dict.fromkeys(keys, 0)
    for key, entries in grid.barred:
        rejected[key] = entries * len(grid.tips_lps_mm)
    parts: list[tuple[Needles, Measures]] = []
    done, total = 0, max(1, grid.pair_count)
    for entry_of, tip_of in grid.chunks(_CHUNK):
        progress.report(done / total, f"Measured {done:,} of {total:,} candidates")
        needles = Needles(
            entries_lps_mm=grid.entries_lps_mm,
            entry_normals_lps=grid.entry_normals_lps,
            tips_lps_mm=grid.tips_lps_mm,
            entry_of=entry_of,
            tip_of=tip_of,
        )
        done += len(needles)
        found = verdicts(anatomy, fields, needles)
        counts = np.bincount(found.first[found.first >= 0], minlength=len(found.keys))
        for key, count in zip(found.keys, counts.tolist(), strict=True):
            rejected[key] += count
        parts.append((found.kept, found.measures))
    progress.report(1.0, f"Measured {done:,} candidates")
    return _joined(grid, parts, rejected)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """What becomes of each of some needles.

    Parameters
    ----------
    first : ndarray of int, shape (n,)
        Number of the first constraint a needle breaks, in protocol order; -1 where it keeps all.
    keys : tuple of str
        The constraints' keys.
    kept : Needles
        Those that keep all, with their `measures`.
    """

    first: NDArray[np.intp]
    keys: tuple[str, ...]
    kept: Needles
    measures: Measures


def verdicts(
    anatomy: Anatomy,
    fields: ScreenFields,
    needles: Needles,
    *,
    settle_scores: bool = True,
) -> Verdicts:
    """Measure needles as far as needed to tell which constraint each one breaks first.

    Parameters
    ----------
    settle_scores : bool
        Whether clearances that tell only in the score are interpolated too, or left as the
        nearest voxels have them (half a voxel off at most).
    """
    step_mm = anatomy.protocol.search.step_mm
    first = np.full(len(needles), -1, dtype=np.intp)
    place = np.arange(len(needles))

    def judge(needles: Needles, measures: Measures) -> tuple[Needles, Measures]:
        nonlocal place
        broken, _ = _first_broken(anatomy, measures, anatomy.allowance_mm)
        first[place] = broken
        keep = broken < 0
        place = place[keep]
        return needles.chosen(keep), {key: value[keep] for key, value in measures.items()}

    # Depth comes first in every protocol, then angles: what they reject need not be marched along.
    needles, measures = judge(needles, depth_measures(anatomy, needles))
    measures.update(angle_measures(anatomy, needles))
    needles, measures = judge(needles, measures)
    if len(needles):
        measures.update(tissue_measures(anatomy, fields, needles, step_mm=step_mm))
        add_derived(anatomy, measures)
        _settle_doubts(anatomy, fields, needles, measures, settle_scores=settle_scores)
        needles, measures = judge(needles, measures)
    return Verdicts(
        first=first,
        keys=tuple(c.key for c in anatomy.protocol.constraints),
        kept=needles,
        measures=measures,
    )


def _settle_doubts(
    anatomy: Anatomy,
    fields: ScreenFields,
    needles: Needles,
    measures: Measures,
    *,
    settle_scores: bool,
) -> None:
    """Replace, in place, clearances that the nearest voxels leave open by interpolated ones.

    Open are those within half a voxel's diagonal of their limit, and those of candidates that
    may survive and near enough to something to tell in the score.
    """
    doubt_mm, allowance_mm = fields.grid.half_diagonal_mm, anatomy.allowance_mm
    first, keys = _first_broken(anatomy, measures, allowance_mm - doubt_mm)
    is_open = (first < 0) & settle_scores
    if "extra_clearance_mm" in measures:
        is_open &= measures["extra_clearance_mm"] < _telling_mm(anatomy.protocol) + doubt_mm
    # What an earlier limit rules out need not be settled: it is counted there anyway.
    clearances = [n for n, key in enumerate(keys) if key in CLEARANCE_CLASSES]
    matters = (first < 0) | (first >= min(clearances, default=0))
    for key in (f"{c}_slack_mm" for c in CLEARANCE_CLASSES):
        if key in measures:
            is_open |= matters & (np.abs(measures[key] - allowance_mm) < doubt_mm)
    for limit_mm in _extra_limits_mm(anatomy):
        extra = measures.get(judging.EXTRA_CLEARANCE)
        if extra is not None:
            is_open |= matters & (np.abs(extra - allowance_mm - limit_mm) < doubt_mm)
    some = needles.chosen(is_open)
    if len(some) == 0:
        return
    step_mm = anatomy.protocol.search.step_mm
    for key, values in clearance_measures(anatomy, fields, some, step_mm=step_mm).items():
        measures[key][is_open] = values
    add_derived(anatomy, measures)


def _extra_limits_mm(anatomy: Anatomy) -> list[float]:
    """Return what the case demands beyond all margins, if it demands more."""
    extra, guidance = judging.EXTRA_CLEARANCE, anatomy.guidance
    return [c.limit(guidance) for c in anatomy.protocol.constraints if c.criterion == extra]


def _telling_mm(protocol: Protocol) -> float:
    """Return the clearance beyond the margins from which more brings no better score."""
    ends = [o.curve[-1][0] for o in protocol.objectives if o.criterion == "extra_clearance_mm"]
    return max([0.0, *ends])


def _first_broken(
    anatomy: Anatomy, measures: Measures, allowance_mm: float
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    return judging.first_broken(
        anatomy.protocol,
        measures,
        indication=anatomy.case.indication,
        guidance=anatomy.guidance,
        allowance_mm=allowance_mm,
    )


def _joined(
    grid: Lattice, parts: list[tuple[Needles, Measures]], rejected: dict[str, int]
) -> Survivors:
    full = [(n, m) for n, m in parts if len(n)]
    empty = np.empty(0, dtype=np.int32)
    return Survivors(
        needles=Needles(
            entries_lps_mm=grid.entries_lps_mm,
            entry_normals_lps=grid.entry_normals_lps,
            tips_lps_mm=grid.tips_lps_mm,
            entry_of=np.concatenate([n.entry_of for n, _ in full]) if full else empty,
            tip_of=np.concatenate([n.tip_of for n, _ in full]) if full else empty,
        ),
        measures={
            key: np.concatenate([m[key] for _, m in full]) for key in (full[0][1] if full else {})
        },
        rejected=rejected,
    )
