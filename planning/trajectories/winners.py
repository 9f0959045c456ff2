"""The few trajectories worth showing: refined, measured exactly, unlike each other; no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array
from planning.model.plan import Candidate
from planning.progress import SILENT, Progress
from planning.trajectories import judging
from planning.trajectories.choosing import are_alternatives, best_alternatives, is_dominated
from planning.trajectories.elimination import Survivors
from planning.trajectories.measure import measured, trajectory_of
from planning.trajectories.refining import refined


def winners(
    anatomy: Anatomy,
    fields: ScreenFields,
    survivors: Survivors,
    *,
    top: int,
    progress: Progress = SILENT,
) -> tuple[Candidate, ...]:
    """Return the best trajectories, at most `top`, ranked by their exact scores.

    Each is the refinement of an undominated candidate, or that candidate itself where the
    refinement breaks a limit, is dominated or comes too near to another trajectory.
    """
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
        fit = next((c for c in options if _is_alternative(anatomy, c, found)), None)
        if fit is not None:
            found.append(fit)
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
) -> Iterator[Candidate]:
    """Yield the refinement of a candidate, then the candidate, where they hold all limits."""
    needles = survivors.needles
    entry = needles.entries_lps_mm[needles.entry_of[number]]
    tip = needles.tips_lps_mm[needles.tip_of[number]]
    shifted, columns = measured(anatomy, trajectory_of(*refined(anatomy, fields, entry, tip)))
    dominated = _is_dominated(judging.pareto_values(anatomy.protocol, columns), pareto)
    if not shifted.violations and not dominated:
        yield shifted
    candidate, _ = measured(anatomy, trajectory_of(entry, tip))
    if not candidate.violations:
        yield candidate


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
