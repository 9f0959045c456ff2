"""The best set of cores a case allows, with a bound on what could be better; writes no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array
from planning.model.core_set import CoreRules, CoreSet, SpecimenRules
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, Notice
from planning.progress import SILENT, Progress
from planning.trajectories import judging
from planning.trajectories.choosing import best_alternatives
from planning.trajectories.cores.pool import Pool, compatible, fan, single_needles
from planning.trajectories.cores.program import (
    Choice,
    Problem,
    best_start,
    bound_of,
    solve,
    value_of,
)
from planning.trajectories.cores.reporting import reported
from planning.trajectories.cores.scenarios import ENOUGH, Scenarios, scenarios
from planning.trajectories.cores.spacing import has_clique
from planning.trajectories.elimination import Survivors
from planning.trajectories.measure import measured, trajectory_of

_LEADS = 16
_TIGHTER = 0.75
_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreRequest:
    """What is asked of a set.

    Parameters
    ----------
    count : int
        Cores to take.
    one_entry : bool
        Whether all go through one entry.
    must_sample : tuple of str
        Habitats that have to be sampled.
    """

    count: int
    one_entry: bool
    must_sample: tuple[str, ...]
    specimen_rules: SpecimenRules


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A pool with its scenarios, as the integer program takes it."""

    pool: Pool
    problem: Problem
    spacing_mm: float
    start: tuple[int, ...]
    bound: float


def core_set(
    anatomy: Anatomy,
    fields: ScreenFields,
    survivors: Survivors,
    winners: Sequence[Candidate],
    request: CoreRequest,
    *,
    progress: Progress = SILENT,
) -> CoreSet | None:
    """Return the best set of cores, or None where no candidate keeps every limit.

    Through one entry a fan is laid about each of the best needles and the best set of each fan
    found; a fan that cannot be better than the best so far is left out, by its bound. With
    several entries one program chooses among single needles from all over the lesion, and the
    sets through one entry compete. Where fan and lesion have no room for all cores at the wanted
    spacing, the spacing shrinks, and then the number.
    """
    rules = anatomy.protocol.cores
    if len(survivors.needles) == 0:
        return None
    progress.report(0.0, "Laying out cores")
    prepared = fans(anatomy, fields, survivors, winners, request)
    if not request.one_entry:
        singles = prepare(anatomy, single_needles(anatomy, survivors, rules), rules, request)
        prepared = [*prepared, *([] if singles is None else [singles])]
    best: tuple[Prepared, Choice] | None = None
    bound = 0.0
    prepared.sort(key=lambda p: -value_of(p.problem, p.start))
    for number, option in enumerate(prepared):
        progress.report(number / len(prepared), "Choosing the best set of cores")
        best_value = 0.0 if best is None else best[1].value
        if option.bound <= best_value:
            continue
        found = _verified(anatomy, option, rules, best_value)
        if found is None:
            continue
        bound = max(bound, found.bound)
        if best is None or found.value > best_value:
            best = option, found
    if best is None:
        return _fewer(anatomy, fields, survivors, winners, request)
    option, choice = best
    progress.report(0.95, "Measuring the cores of the set")
    made = reported(
        anatomy,
        option.pool.chosen(np.array(choice.members)),
        winners,
        request.specimen_rules,
        rules=rules,
        choice=replace(choice, bound=max(bound, choice.value)),
        tested=sum(len(p.pool) for p in prepared),
    )
    return replace(made, warnings=(*made.warnings, *_unsampled(option.problem, anatomy, request)))


def _fewer(
    anatomy: Anatomy,
    fields: ScreenFields,
    survivors: Survivors,
    winners: Sequence[Candidate],
    request: CoreRequest,
) -> CoreSet | None:
    """Return a set with one core less where the wanted number has no room, saying so."""
    if request.count == 1:
        return None
    fewer = replace(request, count=request.count - 1)
    found = core_set(anatomy, fields, survivors, winners, fewer)
    if found is None:
        return None
    text = f"only {len(found.cores)} of {request.count} cores have room within the limits"
    kept = [w for w in found.warnings if w.key != "fewer_cores"]
    return replace(found, warnings=(Notice("fewer_cores", text), *kept))


def fans(
    anatomy: Anatomy,
    fields: ScreenFields,
    survivors: Survivors,
    winners: Sequence[Candidate],
    request: CoreRequest,
) -> list[Prepared]:
    """Return a fan about each of the best needles that has room for a whole set."""
    rules = anatomy.protocol.cores
    protocol, measures = anatomy.protocol, survivors.measures
    leads = [c.trajectory for c in winners]
    leads += _leads(anatomy, survivors, judging.scores(protocol, measures), _LEADS - len(leads))
    leads += _leads(anatomy, survivors, np.asarray(measures["expected_sample_mm"]), _LEADS // 2)
    pools = (fan(anatomy, fields, lead, rules) for lead in leads)
    found = (prepare(anatomy, pool, rules, request) for pool in pools)
    return [p for p in found if p is not None]


def _leads(
    anatomy: Anatomy, survivors: Survivors, worth: Float64Array, count: int
) -> list[Trajectory]:
    """Return needles unlike each other, the worthiest first."""
    search, needles = anatomy.protocol.search, survivors.needles
    numbers = best_alternatives(
        needles,
        worth.astype(np.float64),
        np.zeros((len(needles), 0)),
        entries_apart_mm=search.alternative_entries_apart_mm / 2.0,
        directions_apart_deg=search.alternative_directions_apart_deg / 2.0,
    )
    return [
        trajectory_of(
            needles.entries_lps_mm[needles.entry_of[n]], needles.tips_lps_mm[needles.tip_of[n]]
        )
        for n in islice(numbers, max(0, count))
    ]


def prepare(
    anatomy: Anatomy, pool: Pool, rules: CoreRules, request: CoreRequest
) -> Prepared | None:
    """Return a pool with its scenarios and a spacing that leaves room for a whole set."""
    executed = _executed(anatomy, pool, rules)
    if len(pool) > rules.tested_at_most:
        order = np.argsort(-_alone(executed, anatomy, rules, request), kind="stable")
        keep = np.sort(order[: rules.tested_at_most])
        pool, executed = pool.chosen(keep), _part(executed, keep)
    spacing_mm = pool.spacing_mm
    while True:
        fits = compatible(anatomy, pool, spacing_mm, rules)
        if has_clique(fits, request.count):
            break
        if spacing_mm <= anatomy.needle.outer_diameter_mm:
            return None
        spacing_mm = max(spacing_mm * _TIGHTER, anatomy.needle.outer_diameter_mm)
    problem = _problem(executed, fits, anatomy, rules, request)
    start = best_start(problem)
    return Prepared(
        pool=pool,
        problem=problem,
        spacing_mm=spacing_mm,
        start=start,
        bound=bound_of(problem, start),
    )


def _executed(anatomy: Anatomy, pool: Pool, rules: CoreRules) -> Scenarios:
    return scenarios(
        anatomy,
        pool.entries_lps_mm,
        pool.tips_lps_mm,
        count=rules.scenarios,
        habitat_minimum_mm=rules.habitat_minimum_mm,
    )


def _part(executed: Scenarios, keep: NDArray[np.intp]) -> Scenarios:
    return Scenarios(
        names=executed.names,
        happens=executed.happens[keep],
        sampled_mm=executed.sampled_mm[keep],
        habitat_mm=executed.habitat_mm[keep],
    )


def event_weights(
    names: Sequence[str], rules: CoreRules, must_sample: Sequence[str]
) -> Float64Array:
    """Return what each event counts: the habitats share one weight, must-samples count more."""
    shares = np.array(
        [
            0.0 if n == ENOUGH else rules.weight_must_sample if n in must_sample else 1.0
            for n in names
        ]
    )
    total = shares.sum()
    weights = shares * (rules.weight_habitats / total) if total > 0.0 else shares
    weights[list(names).index(ENOUGH)] = rules.weight_enough
    return np.asarray(weights)


def _alone(
    executed: Scenarios, anatomy: Anatomy, rules: CoreRules, request: CoreRequest
) -> Float64Array:
    weights = event_weights(executed.names, rules, request.must_sample)
    own = _worth(executed, anatomy, rules, request.count)
    return np.asarray(executed.happens.mean(axis=2) @ weights + own)


def _worth(executed: Scenarios, anatomy: Anatomy, rules: CoreRules, count: int) -> Float64Array:
    longest_mm = count * max(anatomy.needle.core_length_mm, 1.0)
    return executed.expected_mm * (rules.weight_length / longest_mm)


def _problem(
    executed: Scenarios,
    fits: NDArray[np.bool_],
    anatomy: Anatomy,
    rules: CoreRules,
    request: CoreRequest,
) -> Problem:
    required = tuple(
        executed.happens[:, executed.names.index(name)].mean(axis=1) >= 0.5
        for name in request.must_sample
        if name in executed.names
    )
    return Problem(
        happens=executed.happens,
        weights=event_weights(executed.names, rules, request.must_sample),
        worth=_worth(executed, anatomy, rules, request.count),
        compatible=fits,
        count=request.count,
        required=required,
    )


def _verified(
    anatomy: Anatomy, option: Prepared, rules: CoreRules, better_than: float
) -> Choice | None:
    """Return the best set whose every core also keeps the limits when measured exactly."""
    fits, start = option.problem.compatible.copy(), option.start
    for _ in range(_TRIES):
        problem = replace(option.problem, compatible=fits)
        found = solve(
            problem,
            start,
            better_than=better_than,
            gap_at_most=rules.gap_at_most / 2.0,
            seconds_at_most=rules.seconds_at_most,
        )
        broken = [m for m in found.members if _breaks(anatomy, option.pool, m)]
        if not broken:
            return found
        fits[broken] = False
        fits[:, broken] = False
        start = best_start(replace(option.problem, compatible=fits))
        if len(start) < option.problem.count:
            return None
    return None


def _breaks(anatomy: Anatomy, pool: Pool, number: int) -> bool:
    path = trajectory_of(pool.entries_lps_mm[number], pool.tips_lps_mm[number])
    return bool(measured(anatomy, path)[0].violations)


def _unsampled(problem: Problem, anatomy: Anatomy, request: CoreRequest) -> tuple[Notice, ...]:
    """Return a notice for every habitat that has to be sampled and cannot be."""
    known = anatomy.tissue.habitat_names
    found = []
    for name in request.must_sample:
        if name not in known:
            text = f'there is no habitat "{name}"; known: {", ".join(known) or "none"}'
            found.append(Notice("must_sample", text))
        elif not problem.happens[:, known.index(name)].mean(axis=1).max() >= 0.5:
            text = (
                f"{name} has to be sampled, but no core within the limits hits it every other time"
            )
            found.append(Notice("must_sample", text))
    return tuple(found)
