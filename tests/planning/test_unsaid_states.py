"""A needle of which nobody said the state is taken for the nearer planned point, and called so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.execution.matching import matched
from planning.execution.unsaid_states import nearer_state, unsaid_warnings, with_unsaid
from planning.geometry import vec3
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.needle import Trajectory
from planning.model.protocol import ReviewRules
from tests import example_plans

RULES = ReviewRules(
    lateral_tip_mm=5.0, depth_mm=5.0, angle_deg=5.0, match_within_mm=25.0, match_within_deg=25.0
)
PATH = Trajectory((10.0, 90.0, -5.0), (-8.0, 12.0, 21.0))
CORE = replace(
    example_plans.candidate(1, PATH.entry_lps_mm),
    candidate_id="T1",
    trajectory=PATH,
    stop_lps_mm=PATH.stop_lps_mm(example_plans.SPRUNG),
)
APART_MM = float(np.linalg.norm(np.subtract(PATH.tip_lps_mm, CORE.stop_lps_mm)))
ASIDE = np.cross(PATH.direction_lps, (0.0, 0.0, 1.0))


def ending(beyond_stop_mm: float, aside_mm: float = 0.0) -> ExecutedNeedle:
    tip = np.array(CORE.stop_lps_mm) + beyond_stop_mm * np.array(PATH.direction_lps)
    return ExecutedNeedle(
        entry_lps_mm=PATH.entry_lps_mm, tip_lps_mm=vec3(tip + aside_mm * ASIDE), method="automatic"
    )


@pytest.mark.parametrize(
    ("share", "state"),
    [
        (-0.8, NeedleState.COCKED),
        (0.1, NeedleState.COCKED),
        (0.45, NeedleState.COCKED),
        (0.55, NeedleState.FIRED),
        (0.9, NeedleState.FIRED),
        (1.7, NeedleState.FIRED),
    ],
)
@pytest.mark.parametrize("aside_mm", [0.0, 9.0])
def test_the_nearer_planned_point_in_depth_decides(share, state, aside_mm) -> None:
    assert nearer_state(CORE, ending(share * APART_MM, aside_mm)) is state


def test_where_both_are_as_near_nothing_is_claimed_to_have_been_seen() -> None:
    along_x = replace(
        CORE,
        trajectory=Trajectory((0.0, 0.0, 0.0), (40.0, 0.0, 0.0)),
        stop_lps_mm=(20.0, 0.0, 0.0),
    )
    halfway = replace(ending(0.0), tip_lps_mm=(30.0, 4.0, 0.0))
    assert nearer_state(along_x, halfway) is NeedleState.COCKED


@given(st.floats(-30.0, 60.0))
def test_the_deeper_it_ends_the_more_it_has_fired(beyond_mm: float) -> None:
    shallow = nearer_state(CORE, ending(beyond_mm)).ends_at_tip
    deeper = nearer_state(CORE, ending(beyond_mm + 3.0)).ends_at_tip
    assert shallow <= deeper


def test_what_was_said_stays_and_is_not_spoken_of() -> None:
    other = replace(CORE, candidate_id="T2")
    third = replace(CORE, candidate_id="T3")
    needles = {"T1": ending(0.9 * APART_MM), "T2": ending(0.2 * APART_MM)}
    said = {"T1": NeedleState.INTRODUCER, "T2": None, "T3": None}
    cores = (CORE, other, third)
    assert with_unsaid(cores, said, needles) == {
        "T1": NeedleState.INTRODUCER,
        "T2": NeedleState.COCKED,
        "T3": NeedleState.REMOVED,
    }
    second, last = unsaid_warnings(cores, said, needles)
    near, far = f"{0.2 * APART_MM:.1f}", f"{0.8 * APART_MM:.1f}"
    assert second.startswith("T2: state not said; taken as cocked, because its tip lies nearer to")
    assert f"planned stop ({near} mm along the needle) than to the planned tip ({far} mm)" in second
    assert last.startswith("T3: state not said; taken as removed")


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_needle_is_matched_by_the_nearer_of_both_ends(share: float) -> None:
    """Two cores on one path, one deeper: a needle at either end of the first is the first's."""
    depth_mm = PATH.insertion_depth_mm + 2.5 * APART_MM
    deeper = Trajectory(PATH.entry_lps_mm, PATH.at_depth_mm(depth_mm))
    second = replace(
        CORE,
        candidate_id="T2",
        trajectory=deeper,
        stop_lps_mm=deeper.stop_lps_mm(example_plans.SPRUNG),
    )
    seen = ending(share * APART_MM)
    for cores in ((CORE, second), (second, CORE)):
        found = matched(cores, [seen], {"T1": None, "T2": None}, RULES)
        assert found.needles == {"T1": seen}
