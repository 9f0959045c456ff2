"""Measures every candidate and removes what breaks a limit, counting reasons; ranks none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
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
        parts.append(_survivors_of(anatomy, fields, needles, rejected))
    progress.report(1.0, f"Measured {done:,} candidates")
    return _joined(grid, parts, rejected)


def _survivors_of(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, rejected: dict[str, int]
) -> tuple[Needles, Measures]:
    """Return one chunk's survivors and add its rejected ones to the counts."""
    step_mm = anatomy.protocol.search.step_mm
    # Depth comes first in every protocol, then angles: what they reject need not be marched along.
    measures = depth_measures(anatomy, needles)
    needles, measures = _judge(anatomy, needles, measures, anatomy.allowance_mm, rejected)
    measures.update(angle_measures(anatomy, needles))
    needles, measures = _judge(anatomy, needles, measures, anatomy.allowance_mm, rejected)
    if len(needles):
        measures.update(tissue_measures(anatomy, fields, needles, step_mm=step_mm))
        add_derived(anatomy, measures)
        _settle_doubts(anatomy, fields, needles, measures)
        needles, measures = _judge(anatomy, needles, measures, anatomy.allowance_mm, rejected)
    return needles, measures


def _settle_doubts(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, measures: Measures
) -> None:
    """Replace, in place, clearances that the nearest voxels leave open by interpolated ones.

    Open are those within half a voxel's diagonal of their limit, and those of candidates that
    may survive: their clearances enter the score.
    """
    doubt_mm, allowance_mm = fields.grid.half_diagonal_mm, anatomy.allowance_mm
    first, _ = judging.first_broken(
        anatomy.protocol,
        measures,
        indication=anatomy.case.indication,
        guidance=anatomy.guidance,
        allowance_mm=allowance_mm - doubt_mm,
    )
    is_open = first < 0
    for key in (f"{c}_slack_mm" for c in CLEARANCE_CLASSES):
        if key in measures:
            is_open |= np.abs(measures[key] - allowance_mm) < doubt_mm
    some = needles.chosen(is_open)
    if len(some) == 0:
        return
    step_mm = anatomy.protocol.search.step_mm
    for key, values in clearance_measures(anatomy, fields, some, step_mm=step_mm).items():
        measures[key][is_open] = values
    add_derived(anatomy, measures)


def _judge(
    anatomy: Anatomy,
    needles: Needles,
    measures: Measures,
    allowance_mm: float,
    rejected: dict[str, int],
) -> tuple[Needles, Measures]:
    first, keys = judging.first_broken(
        anatomy.protocol,
        measures,
        indication=anatomy.case.indication,
        guidance=anatomy.guidance,
        allowance_mm=allowance_mm,
    )
    counts = np.bincount(first[first >= 0], minlength=len(keys))
    for key, count in zip(keys, counts.tolist(), strict=True):
        rejected[key] += count
    keep = first < 0
    return needles.chosen(keep), {key: value[keep] for key, value in measures.items()}


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
