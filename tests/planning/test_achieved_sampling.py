"""What a specimen really held: the masks are read where the needle went, not where it should."""

from __future__ import annotations

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.execution.achieved_sampling import (
    ABOUT_CHANCE,
    achieved_sampling,
    executed_path,
)
from planning.model.execution import ExecutedNeedle, NeedleState, SpecimenKnowledge
from planning.model.needle import Trajectory
from planning.trajectories.criteria import CRITERION_KEYS
from planning.trajectories.measure import measure
from tests import example_plans, phantoms

BACK_Y = phantoms.HALF_DEPTH_MM


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(1.5).understood()


def needle(entry, tip) -> ExecutedNeedle:
    return ExecutedNeedle(entry_lps_mm=entry, tip_lps_mm=tip, method="automatic")


def test_a_cored_needle_holds_what_its_chord_says(anatomy: Anatomy) -> None:
    entry, tip = (1.0, BACK_Y, 5.0), (1.0, -14.0, 5.0)
    found = achieved_sampling(anatomy, needle(entry, tip), NeedleState.CORE_TAKEN)
    assert found.knowledge is SpecimenKnowledge.IMAGED
    assert found.specimen_lps_mm == ((1.0, pytest.approx(1.0), 5.0), tip)
    low, high = phantoms.chord_mm(
        np.array(entry), np.array(tip), phantoms.LESION_CENTRE, phantoms.LESION_RADIUS_MM
    )
    depth = BACK_Y + 14.0
    inside = min(high, depth) - max(low, depth - 15.0)
    assert found.criteria["lesion_length_mm"] == pytest.approx(inside, abs=1.0)
    assert found.habitat_mm["Habitat A"] == pytest.approx(
        found.criteria["viable_length_mm"], abs=0.5
    )
    assert found.habitat_mm.get("Habitat B", 0.0) == 0.0
    artery = next(n for n in found.nearest if n.structure == "left artery")
    assert artery.clearance_mm == pytest.approx(30.0 - 1.0 - 3.05 / 2, abs=0.8)


def test_it_is_measured_as_a_plan_is_less_the_chances(anatomy: Anatomy) -> None:
    path = Trajectory((6.0, BACK_Y, 0.0), (5.0, -12.0, 1.0))
    found = achieved_sampling(
        anatomy, needle(path.entry_lps_mm, path.tip_lps_mm), NeedleState.FIRED
    )
    planned = measure(anatomy, path)
    assert tuple(found.criteria) == CRITERION_KEYS
    for key, value in found.criteria.items():
        assert value == (None if key in ABOUT_CHANCE else planned.criteria[key]), key
    assert set(ABOUT_CHANCE) <= set(CRITERION_KEYS)
    assert [n.clearance_mm for n in found.nearest] == [n.clearance_mm for n in planned.nearest]
    assert all(n.touch_probability is None for n in found.nearest)


@pytest.mark.parametrize("state", [NeedleState.COCKED, NeedleState.INTRODUCER])
def test_what_was_scanned_at_its_stop_is_carried_on_along_its_own_axis(
    anatomy: Anatomy, state: NeedleState
) -> None:
    seen = needle((4.0, BACK_Y, 2.0), (10.0, 5.0, 2.0))
    path = executed_path(seen, anatomy.needle, state)  # a trephine goes on by its core, 15 mm
    along = np.subtract(seen.tip_lps_mm, seen.entry_lps_mm)
    along /= np.linalg.norm(along)
    assert path.tip_lps_mm == pytest.approx(np.array(seen.tip_lps_mm) + 15.0 * along)
    assert executed_path(seen, anatomy.needle, NeedleState.FIRED).tip_lps_mm == seen.tip_lps_mm
    sprung = executed_path(seen, example_plans.SPRUNG, state)
    assert sprung.tip_lps_mm == pytest.approx(np.array(seen.tip_lps_mm) + 22.0 * along)
    found = achieved_sampling(anatomy, seen, state)
    assert found.knowledge is SpecimenKnowledge.INFERRED
    assert found.specimen_lps_mm[0] == pytest.approx(seen.tip_lps_mm)
    assert found.criteria["stop_depth_mm"] == pytest.approx(
        np.linalg.norm(np.subtract(seen.tip_lps_mm, seen.entry_lps_mm))
    )


def test_a_removed_needle_has_no_specimen(anatomy: Anatomy) -> None:
    with pytest.raises(InputError, match="removed"):
        achieved_sampling(anatomy, needle((4.0, BACK_Y, 2.0), (4.0, 0.0, 2.0)), NeedleState.REMOVED)


def test_beyond_what_was_understood_only_the_geometry_is_known(anatomy: Anatomy) -> None:
    far = needle((4.0, BACK_Y, 2.0), (4.0, -400.0, 2.0))
    found = achieved_sampling(anatomy, far, NeedleState.FIRED)
    assert found.criteria["insertion_depth_mm"] == pytest.approx(BACK_Y + 400.0)
    assert found.criteria["lesion_length_mm"] is None
    assert found.nearest == ()
