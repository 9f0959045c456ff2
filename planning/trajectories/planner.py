"""From anatomy to ranked trajectories: all candidates measured, the unsafe removed with reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from planning import __version__
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.anatomy.lesion import Lesion
from planning.errors import InputError
from planning.geometry import Float64Array
from planning.model.plan import Candidate, Notice, PlanResult
from planning.progress import SILENT, Progress
from planning.trajectories import judging
from planning.trajectories.candidates import Lattice, lattice
from planning.trajectories.choosing import are_alternatives, best_alternatives, is_dominated
from planning.trajectories.criteria import CLEARANCE_CLASSES
from planning.trajectories.fingerprint import inputs_sha256
from planning.trajectories.measure import measured, trajectory_of
from planning.trajectories.refining import refined
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


def plan(anatomy: Anatomy, *, top: int = 12, progress: Progress = SILENT) -> PlanResult:
    """Return the best trajectories for one lesion, each unlike the others.

    Every combination of entry and tip is measured; what breaks a hard constraint is removed and
    counted. Of the rest the undominated ones with the best scores are shifted off the lattice to
    where they are best, measured again at full resolution, and kept only if every constraint
    still holds. The same inputs give the same answer.

    Parameters
    ----------
    top : int
        Most trajectories to return.

    Raises
    ------
    InputError
        If the case has no lesion.
    Cancelled
        If the plan is no longer wanted.
    """
    lesion, fields = anatomy.lesion, anatomy.fields
    if lesion is None or fields is None:
        message = (
            f'Case "{anatomy.case.name}" has no tumour mask, so nothing can be planned; '
            'add a [[structure]] with role = "tumour", or measure a path of your own.'
        )
        raise InputError(message)
    grid = _lattice(anatomy, lesion, progress)
    survivors = survive(anatomy, fields, grid, progress.part(0.0, 0.75))
    candidates = _winners(anatomy, fields, survivors, top, progress.part(0.75, 1.0))
    progress.report(1.0, "Plan is ready")
    return _result(anatomy, grid, survivors, candidates)


def _lattice(anatomy: Anatomy, lesion: Lesion, progress: Progress) -> Lattice:
    progress.report(0.0, "Laying out candidates")
    return lattice(anatomy, lesion)


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


def _winners(
    anatomy: Anatomy, fields: ScreenFields, survivors: Survivors, top: int, progress: Progress
) -> tuple[Candidate, ...]:
    if len(survivors.needles) == 0:
        return ()
    search, protocol = anatomy.protocol.search, anatomy.protocol
    pareto = judging.pareto_values(protocol, survivors.measures)
    chosen = best_alternatives(
        survivors.needles,
        judging.scores(protocol, survivors.measures),
        pareto,
        entries_apart_mm=search.alternative_entries_apart_mm,
        directions_apart_deg=search.alternative_directions_apart_deg,
    )
    found: list[Candidate] = []
    # More than wanted: measured exactly some may fail, and refinement may bring two together.
    for number in islice(chosen, 4 * top):
        progress.report(len(found) / top, f"Refining trajectory {len(found) + 1}")
        options = _options(anatomy, fields, survivors, number, pareto)
        fit = [c for c in options if not c.violations and _is_alternative(anatomy, c, found)]
        if fit:
            found.append(max(fit, key=lambda c: c.score))
        if len(found) == top:
            break
    found.sort(key=lambda c: -c.score)
    return tuple(
        replace(c, rank=rank, candidate_id=f"T{rank}") for rank, c in enumerate(found, start=1)
    )


def _options(
    anatomy: Anatomy,
    fields: ScreenFields,
    survivors: Survivors,
    number: int,
    pareto: Float64Array,
) -> list[Candidate]:
    """Return a candidate and, unless that is dominated, its refinement; both measured exactly."""
    needles = survivors.needles
    entry = needles.entries_lps_mm[needles.entry_of[number]]
    tip = needles.tips_lps_mm[needles.tip_of[number]]
    options = [measured(anatomy, trajectory_of(entry, tip))[0]]
    shifted, columns = measured(anatomy, trajectory_of(*refined(anatomy, fields, entry, tip)))
    if not _is_dominated(judging.pareto_values(anatomy.protocol, columns), pareto):
        options.append(shifted)
    return options


def _is_alternative(anatomy: Anatomy, candidate: Candidate, others: list[Candidate]) -> bool:
    search = anatomy.protocol.search
    return all(
        are_alternatives(
            candidate.trajectory,
            other.trajectory,
            entries_apart_mm=search.alternative_entries_apart_mm,
            directions_apart_deg=search.alternative_directions_apart_deg,
        )
        for other in others
    )


def _is_dominated(values: Float64Array, pareto: Float64Array) -> bool:
    return values.shape[1] == pareto.shape[1] and bool(is_dominated(values[0], pareto))


def _result(
    anatomy: Anatomy, grid: Lattice, survivors: Survivors, candidates: tuple[Candidate, ...]
) -> PlanResult:
    case, ct = anatomy.case, anatomy.ct
    return PlanResult(
        case_name=case.name,
        needle=anatomy.needle,
        guidance=anatomy.guidance.value,
        protocol_key=anatomy.protocol.key,
        protocol_version=anatomy.protocol.version,
        protocol_sha256=anatomy.protocol.sha256,
        software_version=__version__,
        indication=case.indication.value,
        patient_position=case.biopsy_position.value if case.biopsy_position else "",
        ct_position=case.ct_position.value if case.ct_position else "",
        viability_source=case.viability_source,
        frame_of_reference_uid=ct.frame_of_reference_uid,
        series_uid=ct.series.series_uid,
        inputs_sha256=inputs_sha256(anatomy),
        evaluated=grid.pair_count + grid.barred_count,
        rejected=survivors.rejected,
        not_checked=anatomy.not_checked,
        warnings=(*anatomy.notices, *_search_notices(anatomy, grid)),
        candidates=candidates,
    )


def _search_notices(anatomy: Anatomy, grid: Lattice) -> tuple[Notice, ...]:
    wanted = anatomy.protocol.search.tip_spacing_mm
    if grid.tip_spacing_mm <= wanted:
        return ()
    text = (
        f"the lesion is large: tips were tried every {grid.tip_spacing_mm:.1f} mm "
        f"instead of {wanted:.1f} mm, and the best refined"
    )
    return (Notice("coarse_search", text),)
