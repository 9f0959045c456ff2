"""The integer program for sets of cores, against trying every set; spacing by closed forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.trajectories.cores.program import (
    Problem,
    best_start,
    bound_of,
    greedy,
    solve,
    value_of,
)
from planning.trajectories.cores.spacing import angles_deg, has_clique, segment_distances_mm


def _problem(seed: int, *, cores: int = 14, count: int = 3, rivals: float = 0.4) -> Problem:
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.0, 0.7, (cores, 3, 1)) ** 2
    clash = np.triu(rng.uniform(size=(cores, cores)) < rivals, 1)
    return Problem(
        happens=rng.uniform(size=(cores, 3, 40)) < chance,
        weights=np.array([0.5, 0.5, 1.0]),
        worth=rng.uniform(0.0, 0.1, cores),
        compatible=~(clash | clash.T),
        count=count,
    )


def _every_set(problem: Problem) -> list[tuple[int, ...]]:
    def fits(members: tuple[int, ...]) -> bool:
        return all(problem.compatible[a, b] for a, b in combinations(members, 2)) and all(
            r[list(members)].any() for r in problem.required
        )

    return [m for m in combinations(range(len(problem.worth)), problem.count) if fits(m)]


def _solved(problem: Problem, better_than: float = 0.0):
    start = best_start(problem)
    return solve(problem, start, better_than=better_than, gap_at_most=0.0, seconds_at_most=60.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_program_finds_the_best_of_all_sets(seed: int) -> None:
    problem = _problem(seed)
    best = max(value_of(problem, members) for members in _every_set(problem))
    found = _solved(problem)
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best, abs=1e-6)
    assert found.members in _every_set(problem)
    assert found.gap == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_starts_are_sets_and_no_better_than_the_bound(seed: int) -> None:
    problem = _problem(seed)
    plain, start = greedy(problem), best_start(problem)
    assert value_of(problem, start) >= value_of(problem, plain)
    best = max(value_of(problem, members) for members in _every_set(problem))
    for members in (plain, start):
        assert bound_of(problem, members) >= best - 1e-9


def test_greedy_alone_can_be_worse() -> None:
    """One core that does a little of everything shuts out two that do all of it."""
    happens = np.zeros((3, 2, 10), dtype=bool)
    happens[0, :, :6] = True
    happens[1, 0] = happens[2, 1] = True
    compatible = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1]], dtype=bool)
    problem = Problem(
        happens=happens,
        weights=np.ones(2),
        worth=np.zeros(3),
        compatible=compatible,
        count=2,
    )
    assert greedy(problem) == (0,)
    assert _solved(problem).members == (1, 2)


def test_what_has_to_be_sampled_is_sampled() -> None:
    problem = _problem(3)
    free = _solved(problem)
    outside = np.ones(len(problem.worth), dtype=bool)
    outside[list(free.members)] = False
    bound = replace(problem, required=(outside,))
    found = _solved(bound)
    assert outside[list(found.members)].any()
    assert found.value == pytest.approx(max(value_of(bound, m) for m in _every_set(bound)))


def test_nothing_better_than_what_is_known_is_said() -> None:
    problem = _problem(1)
    best = _solved(problem).value
    found = _solved(problem, better_than=best + 0.01)
    assert found.bound == pytest.approx(best + 0.01)
    assert found.value <= best + 1e-9


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_distances_of_segments_are_those_of_their_nearest_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts, ends = rng.normal(0.0, 20.0, (2, 3, 3))
    if seed % 3 == 0:
        ends[1] = starts[1] + (ends[0] - starts[0]) * rng.uniform(0.1, 2.0)  # parallel
    found = segment_distances_mm(starts, ends)
    steps = np.linspace(0.0, 1.0, 201)
    points = starts[:, None] + steps[None, :, None] * (ends - starts)[:, None]
    for a, b in combinations(range(3), 2):
        sampled = np.linalg.norm(points[a][:, None] - points[b][None], axis=-1).min()
        assert found[a, b] <= sampled + 1e-9
        assert found[a, b] >= sampled - 0.5
        assert found[a, b] == pytest.approx(found[b, a], abs=1e-9)


def test_crossing_and_skew_segments() -> None:
    starts = np.array([[-5.0, 0.0, 0.0], [0.0, -5.0, 3.0], [7.0, 0.0, 0.0]])
    ends = np.array([[5.0, 0.0, 0.0], [0.0, 5.0, 3.0], [9.0, 0.0, 0.0]])
    found = segment_distances_mm(starts, ends)
    assert found[0, 1] == pytest.approx(3.0)
    assert found[0, 2] == pytest.approx(2.0)
    assert angles_deg(np.eye(3))[0, 1] == pytest.approx(90.0)


def test_cliques_are_found_or_not() -> None:
    ring = np.eye(5, dtype=bool)
    for a in range(5):
        ring[a, (a + 1) % 5] = ring[(a + 1) % 5, a] = True
    assert has_clique(ring, 2)
    assert not has_clique(ring, 3)
    ring[0, 2] = ring[2, 0] = True
    assert has_clique(ring, 3)
