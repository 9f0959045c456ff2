"""Needles of a control CT go to the cores they were meant for, and the others are reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.execution.matching import matched
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.needle import Trajectory
from planning.model.protocol import ReviewRules
from tests import example_plans

RULES = ReviewRules(
    lateral_tip_mm=5.0, depth_mm=5.0, angle_deg=5.0, match_within_mm=25.0, match_within_deg=25.0
)


def core(name: str, entry, tip):
    path = Trajectory(entry, tip)
    return replace(
        example_plans.candidate(1, entry),
        candidate_id=name,
        trajectory=path,
        stop_lps_mm=path.stop_lps_mm(example_plans.SPRUNG),
    )


def needle(entry, tip) -> ExecutedNeedle:
    return ExecutedNeedle(entry_lps_mm=entry, tip_lps_mm=tip, method="automatic")


def states(*cores, state=NeedleState.FIRED):
    return {c.candidate_id: state for c in cores}


# Three cores that fan out from one entry, in one plane; 7 mm between tips.
FAN = tuple(core(f"T{n}", (0.0, 80.0, 0.0), (7.0 * n, 0.0, 0.0)) for n in (-1, 0, 1))


def test_a_fan_is_told_apart_however_the_needles_are_listed() -> None:
    seen = [needle((0.5, 80.0, 1.0), (7.0 * n + 1.5, -2.0, 2.0)) for n in (1, -1, 0)]
    found = matched(FAN, seen, states(*FAN), RULES)
    assert found.needles == {"T-1": seen[1], "T0": seen[2], "T1": seen[0]}
    assert found.unplanned == ()


def test_the_sum_of_distances_counts_not_the_first_come() -> None:
    # Both needles lie nearest to T0; only together does the right answer show.
    seen = [needle((0.0, 80.0, 0.0), (3.0, 0.0, 0.0)), needle((0.0, 80.0, 0.0), (0.5, 0.0, 0.0))]
    found = matched(FAN, seen, states(*FAN), RULES)
    assert found.needles == {"T1": seen[0], "T0": seen[1]}


def test_one_needle_leaves_the_other_cores_alone() -> None:
    seen = needle((0.0, 80.0, 0.0), (6.5, 0.0, 0.0))
    found = matched(FAN, [seen], states(*FAN), RULES)
    assert found.needles == {"T1": seen}
    assert found.unclear == {}


def test_a_needle_between_two_cores_is_called_unclear() -> None:
    found = matched(FAN, [needle((0.0, 80.0, 0.0), (3.0, 0.0, 0.0))], states(*FAN), RULES)
    assert found.needles.keys() == {"T0"}
    assert found.unclear == {"T0": "T1"}


def test_what_is_far_or_turned_belongs_to_none() -> None:
    far = needle((60.0, 80.0, 0.0), (40.0, 0.0, 0.0))
    turned = needle((60.0, 20.0, 0.0), (0.0, 0.0, 0.0))
    found = matched(FAN, [far, turned], states(*FAN), RULES)
    assert found.needles == {}
    assert found.unplanned == (far, turned)
    ungated = matched(FAN, [far], states(*FAN), None)
    assert len(ungated.needles) == 1


def test_depth_tells_cores_on_one_axis_apart() -> None:
    shallow = core("T1", (0.0, 80.0, 0.0), (0.0, 30.0, 0.0))
    deep = core("T2", (0.0, 80.0, 0.0), (0.0, 0.0, 0.0))
    seen = needle((0.0, 80.0, 0.0), (0.5, 4.0, 0.0))
    assert matched((shallow, deep), [seen], states(shallow, deep), RULES).needles == {"T2": seen}
    # The same needle before it fires, 22 mm short of where it goes, is the shallow core's.
    cocked = states(shallow, deep, state=NeedleState.COCKED)
    seen = needle((0.0, 80.0, 0.0), (0.5, 50.0, 0.0))
    assert matched((shallow, deep), [seen], cocked, RULES).needles == {"T1": seen}


def test_a_removed_needle_is_not_looked_for() -> None:
    some = states(*FAN) | {"T0": NeedleState.REMOVED}
    seen = needle((0.0, 80.0, 0.0), (0.2, 0.0, 0.0))
    found = matched(FAN, [seen], some, RULES)
    assert found.needles.keys() <= {"T-1", "T1"}


@pytest.mark.parametrize("count", [0, 5])
def test_any_number_of_needles_is_an_answer(count: int) -> None:
    rng = np.random.default_rng(3)
    seen = [needle((0.0, 80.0, 0.0), tuple(rng.uniform(-6.0, 6.0, 3))) for _ in range(count)]
    found = matched(FAN, seen, states(*FAN), RULES)
    assert len(found.needles) == min(count, 3)
    assert len(found.unplanned) == max(0, count - 3)
    assert matched((), seen, {}, RULES).unplanned == tuple(seen)
