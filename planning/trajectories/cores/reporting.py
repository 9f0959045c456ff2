"""What is said of a chosen set: its cores measured exactly, its coverage on fresh executions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.geometry import Float64Array
from planning.model.core_set import EXTRA_PREFIX, CoreRules, CoreSet, SpecimenRules
from planning.model.plan import Candidate
from planning.trajectories.cores.pool import Pool
from planning.trajectories.cores.program import Choice
from planning.trajectories.cores.scenarios import scenarios
from planning.trajectories.cores.spacing import segment_distances_mm
from planning.trajectories.cores.specimen_plan import specimen_plan
from planning.trajectories.cores.tract import tract_of
from planning.trajectories.measure import effective_number, measure, trajectory_of

_FRESH_SCENARIOS = 2048
_FRESH = 1
_SAME_MM = 1e-6


def reported(
    anatomy: Anatomy,
    pool: Pool,
    winners: Sequence[Candidate],
    specimen_rules: SpecimenRules,
    *,
    rules: CoreRules,
    choice: Choice,
    tested: int,
) -> CoreSet:
    """Return the set that consists of a whole pool.

    Chances and expected lengths come from executions that the set was not chosen on: those it was
    chosen on would flatter it.
    """
    candidates = _candidates(anatomy, pool, winners)
    fresh = scenarios(
        anatomy,
        np.array([c.trajectory.entry_lps_mm for c in candidates]),
        np.array([c.trajectory.tip_lps_mm for c in candidates]),
        count=_FRESH_SCENARIOS,
        habitat_minimum_mm=rules.habitat_minimum_mm,
        salt=_FRESH,
    )
    habitats = fresh.habitat_mm.mean(axis=2, dtype=np.float64)
    expected = dict(zip(fresh.names[:-1], habitats.sum(axis=0).tolist(), strict=True))
    what = "viable" if anatomy.viability_known else "lesion"
    shares, each = fresh.happens.any(axis=0).mean(axis=1), fresh.happens.mean(axis=2)
    cores = specimen_plan(
        candidates,
        needle=anatomy.needle,
        indication=anatomy.case.indication,
        rules=specimen_rules,
    )
    return CoreSet(
        cores=tuple(
            replace(
                core,
                expected_mm=dict(zip(fresh.names[:-1], habitats[number].tolist(), strict=True)),
                chances=dict(zip(fresh.names, each[number].tolist(), strict=True)),
            )
            for number, core in enumerate(cores)
        ),
        expected_mm={**expected, what: float(fresh.expected_mm.sum())},
        coverage=dict(zip(fresh.names, shares.tolist(), strict=True)),
        effective_habitats=effective_number(expected),
        gap=choice.gap,
        scenarios=rules.scenarios,
        tested=tested,
        spacing_mm=_least_apart_mm(candidates),
        method=(
            f"integer program (HiGHS) over {rules.scenarios} scenarios with the shared error drawn "
            f"once for all cores; best of {tested} cores tested"
        ),
        tract=tract_of(candidates, one_entry=pool.one_entry),
    )


def _candidates(
    anatomy: Anatomy, pool: Pool, winners: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Return the cores measured exactly, shallowest first; known trajectories keep their id."""
    depth = np.linalg.norm(pool.tips_lps_mm - pool.entries_lps_mm, axis=1)
    found: list[Candidate] = []
    for number in np.argsort(depth, kind="stable"):
        entry, tip = pool.entries_lps_mm[number], pool.tips_lps_mm[number]
        known = next((w for w in winners if _is(w, entry, tip)), None)
        if known is not None:
            found.append(known)
            continue
        name = f"{EXTRA_PREFIX}{len(found) + 1}"
        core = measure(anatomy, trajectory_of(entry, tip), candidate_id=name)
        found.append(replace(core, rank=len(winners) + len(found) + 1))
    return tuple(found)


def _is(winner: Candidate, entry_lps_mm: Float64Array, tip_lps_mm: Float64Array) -> bool:
    path = winner.trajectory
    ends = np.array([path.entry_lps_mm, path.tip_lps_mm])
    return bool(np.abs(ends - np.stack([entry_lps_mm, tip_lps_mm])).max() < _SAME_MM)


def _least_apart_mm(candidates: Sequence[Candidate]) -> float:
    """Return the least distance between two specimens; 0 for a single one."""
    if len(candidates) < 2:
        return 0.0
    ends = np.array([c.specimen_lps_mm for c in candidates])
    apart = segment_distances_mm(ends[:, 0], ends[:, 1])
    return float(apart[np.triu_indices(len(candidates), 1)].min())
