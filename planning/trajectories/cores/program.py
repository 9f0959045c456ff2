"""The integer program that picks the best set of cores of a pool, and its greedy start; no tissue.

Maximised is ``sum_e w_e P(at least one chosen core makes event e happen) + sum of the chosen
cores' own worth``, the chances being shares of the scenarios. Coverage is monotone and
submodular, so greedy alone is good but not provably so once cores exclude each other; the program
says how far from the best a set can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, vstack

from planning.geometry import Float64Array

_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What there is to choose from.

    Parameters
    ----------
    happens : ndarray of bool, shape (n, events, N)
        Whether a core makes an event happen in a scenario.
    weights : ndarray, shape (events,)
    worth : ndarray, shape (n,)
        What each core adds by itself.
    compatible : ndarray of bool, shape (n, n)
        Which two cores may be in one set.
    count : int
        Cores to choose.
    required : tuple of ndarray of bool, shape (n,)
        Of each of these sets at least one core has to be chosen.
    """

    happens: NDArray[np.bool_]
    weights: Float64Array
    worth: Float64Array
    compatible: NDArray[np.bool_]
    count: int
    required: tuple[NDArray[np.bool_], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of cores, its value, and a bound that no set of the pool exceeds."""

    members: tuple[int, ...]
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the best may be better, relative to this value."""
        return float(max(0.0, self.bound - self.value) / max(self.value, _SLACK))


def value_of(problem: Problem, members: tuple[int, ...]) -> float:
    """Return what a set is worth."""
    if not members:
        return 0.0
    chosen = list(members)
    covered = problem.happens[chosen].any(axis=0).mean(axis=1)
    return float(covered @ problem.weights + problem.worth[chosen].sum())


def greedy(problem: Problem, begun: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the set that adds the best compatible core each time; shorter if none is left.

    Parameters
    ----------
    begun : tuple of int
        Cores that are in the set from the start.
    """
    members = list(begun)
    open_ = np.array(problem.compatible[members].all(axis=0))
    open_[members] = False
    covered = problem.happens[members].any(axis=0)
    wanted = [r for r in problem.required if r.any()]
    while len(members) < problem.count and open_.any():
        gain = ((problem.happens & ~covered).mean(axis=2)) @ problem.weights + problem.worth
        missing = [r for r in wanted if not r[members].any()]
        allowed = open_ & missing[0] if missing and (open_ & missing[0]).any() else open_
        best = int(np.argmax(np.where(allowed, gain, -np.inf)))
        members.append(best)
        covered |= problem.happens[best]
        open_ &= problem.compatible[best]
        open_[best] = False
    return tuple(members)


def improved(problem: Problem, members: tuple[int, ...]) -> tuple[int, ...]:
    """Return the set after exchanging one core at a time for a better one, while any helps."""
    best, value = members, value_of(problem, members)
    improves = len(members) == problem.count
    while improves:
        improves = False
        for place in range(len(best)):
            rest = list(best[:place] + best[place + 1 :])
            covered = problem.happens[rest].any(axis=0)
            fits = np.array(problem.compatible[rest].all(axis=0))
            fits[rest] = False
            values = (problem.happens | covered).mean(axis=2) @ problem.weights + problem.worth
            values = np.where(fits & _serves(problem, rest), values, -np.inf)
            number = int(np.argmax(values))
            better = float(values[number] + problem.worth[rest].sum())
            if better > value + _SLACK:
                best, value, improves = (*rest, number), better, True
    return tuple(sorted(best))


def _serves(problem: Problem, rest: list[int]) -> NDArray[np.bool_]:
    """Tell which cores complete what is required, given the others of the set."""
    missing = [r for r in problem.required if r.any() and not r[rest].any()]
    return np.logical_and.reduce(missing) if missing else np.ones(len(problem.worth), dtype=bool)


def best_start(problem: Problem, tries: int = 12) -> tuple[int, ...]:
    """Return the best of several greedy sets, each begun with another core and then improved.

    Where cores exclude each other plain greedy often paints itself into a corner.
    """
    alone = problem.happens.mean(axis=2) @ problem.weights + problem.worth
    best = improved(problem, greedy(problem))
    for first in np.argsort(-alone, kind="stable")[:tries]:
        begun = improved(problem, greedy(problem, (int(first),)))
        if (len(begun), value_of(problem, begun)) > (len(best), value_of(problem, best)):
            best = begun
    return best


def bound_of(problem: Problem, members: tuple[int, ...]) -> float:
    """Return a value that no set of the pool exceeds, quickly, from any one set.

    For a submodular value ``f(S) <= f(G) + sum of the largest `count` marginal gains over G``
    (Nemhauser, Wolsey and Fisher 1978, doi 10.1007/BF01588971).
    """
    chosen = list(members)
    covered = problem.happens[chosen].any(axis=0) if chosen else problem.happens[0] & False
    gain = (problem.happens & ~covered).mean(axis=2) @ problem.weights
    own = np.sort(problem.worth + gain)[-problem.count :].sum()
    return float(covered.mean(axis=1) @ problem.weights + own)


def solve(
    problem: Problem,
    start: tuple[int, ...],
    *,
    better_than: float,
    gap_at_most: float,
    seconds_at_most: float,
) -> Choice:
    """Return the best set of exactly `count` cores, and a bound on all sets.

    Solved by HiGHS (scipy.optimize.milp). The better of the start's value and `better_than` cuts
    off everything worse; where that leaves nothing, the start is returned with it as bound.
    """
    value = value_of(problem, start)
    floor = max(value, better_than)
    cover, weights, always = _coverage(problem)
    n, more = len(problem.worth), len(weights)
    cost = -np.concatenate([problem.worth, weights])
    rows = [
        _row(np.ones(n), more, problem.count, problem.count),
        (csr_array(-cost[None]), np.array([floor - always - _SLACK]), np.array([np.inf])),
        *(_row(r.astype(float), more, 1, np.inf) for r in problem.required if r.any()),
        _conflicts(problem.compatible, more),
    ]
    if more:
        covers = hstack([-cover, csr_array(np.eye(more))], format="csr")
        rows.append((covers, np.full(more, -np.inf), np.zeros(more)))
    answer = milp(
        cost,
        integrality=np.concatenate([np.ones(n), np.zeros(more)]),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(
            vstack([r[0] for r in rows], format="csr"),
            np.concatenate([r[1] for r in rows]),
            np.concatenate([r[2] for r in rows]),
        ),
        options={"mip_rel_gap": gap_at_most, "time_limit": seconds_at_most},
    )
    if answer.x is None:
        # Infeasible: nothing is better than the floor. Out of time: only the quick bound is known.
        return Choice(start, value, floor if answer.status == 2 else bound_of(problem, start))
    members = tuple(int(i) for i in np.flatnonzero(answer.x[:n] > 0.5))
    found = value_of(problem, members)
    return Choice(members, found, max(found, always - float(answer.mip_dual_bound)))


_Rows = tuple[csr_array, Float64Array, Float64Array]


def _row(values: Float64Array, more: int, low: float, high: float) -> _Rows:
    whole = np.concatenate([values, np.zeros(more)])
    return csr_array(whole[None]), np.array([float(low)]), np.array([float(high)])


def _coverage(problem: Problem) -> tuple[csr_array, Float64Array, float]:
    """Return which cores cover each distinct scenario, what it weighs, and what is always covered.

    Scenarios of one event in which the same cores succeed are one; where none succeeds nothing is
    to be had, and where all do it is had anyway.
    """
    n, events, draws = problem.happens.shape
    seen: dict[bytes, int] = {}
    patterns: list[NDArray[np.bool_]] = []
    weights: list[float] = []
    always = 0.0
    for event in range(events):
        for draw in range(draws):
            pattern = problem.happens[:, event, draw]
            weight = problem.weights[event] / draws
            if pattern.all():
                always += weight
            elif pattern.any():
                key = pattern.tobytes()
                if key not in seen:
                    seen[key] = len(patterns)
                    patterns.append(pattern)
                    weights.append(0.0)
                weights[seen[key]] += weight
    matrix = np.array(patterns, dtype=float).reshape(len(patterns), n)
    return csr_array(matrix), np.array(weights), always


def _conflicts(compatible: NDArray[np.bool_], more: int) -> _Rows:
    """Return that of cores that exclude each other at most one is chosen.

    Pairs are gathered into cliques, greedily: fewer rows, and a tighter relaxation.
    """
    n = len(compatible)
    rival = ~compatible & ~np.eye(n, dtype=np.bool_)
    left = np.triu(rival)
    rows, columns, count = list[int](), list[int](), 0
    while left.any():
        first = int(np.argmax(left.sum(axis=1) + left.sum(axis=0)))
        pairs = left[first] | left[:, first]
        clique = [first]
        for other in np.flatnonzero(pairs):
            if rival[other][clique].all():
                clique.append(int(other))
        rows += [count] * len(clique)
        columns += clique
        left[np.ix_(clique, clique)] = False
        count += 1
    matrix = np.zeros((count, n + more))
    matrix[rows, columns] = 1.0
    return csr_array(matrix), np.full(count, -np.inf), np.ones(count)
