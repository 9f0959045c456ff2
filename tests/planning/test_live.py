"""Numbers while the hand moves: the same as at rest, for one needle, all skin and all tips."""

from __future__ import annotations

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from planning.trajectories.candidates import lattice
from planning.trajectories.live import live_numbers, skin_map, tip_map
from planning.trajectories.measure import measure
from planning.trajectories.planner import plan
from tests import phantoms


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(1.5).understood()


@pytest.fixture(scope="module")
def best(anatomy: Anatomy) -> Candidate:
    return plan(anatomy, top=1).candidates[0]


def test_one_needle_has_all_the_numbers_it_has_at_rest(anatomy: Anatomy, best: Candidate) -> None:
    found = live_numbers(anatomy, anatomy.fields, best.trajectory)
    for key, value in best.criteria.items():
        if value is None:
            assert key not in found.numbers
            continue
        near = 1.2 if key.endswith("_mm") else 2.5 if key.endswith("_deg") else 0.12
        near = 40.0 if key.endswith("_hu") else near
        assert found.numbers[key] == pytest.approx(value, abs=near), key
    assert found.score == pytest.approx(best.score, abs=0.05)
    assert found.violations == ()
    assert sum(found.contributions.values()) == pytest.approx(1.0)


def test_every_limit_that_is_broken_is_named(anatomy: Anatomy) -> None:
    through = Trajectory((20.0, phantoms.HALF_DEPTH_MM, -10.0), (34.0, -15.0, 0.0))
    found = live_numbers(anatomy, anatomy.fields, through)
    exact = measure(anatomy, through)
    assert set(found.violations) == set(exact.violations)
    assert {"vessel", "specimen"} <= set(found.violations)


def test_from_the_table_side_no_needle_may_start(anatomy: Anatomy) -> None:
    below = Trajectory((4.0, -phantoms.HALF_DEPTH_MM, 2.0), tuple(phantoms.LESION_CENTRE))
    assert "entry_side" in live_numbers(anatomy, anatomy.fields, below).violations
    found = tip_map(anatomy, anatomy.fields, below.entry_lps_mm, np.array([phantoms.LESION_CENTRE]))
    assert found.reasons[found.reason[0]] == "entry_side"
    assert np.isnan(found.scores[0])


def test_the_skin_map_agrees_with_each_of_its_needles(anatomy: Anatomy, best: Candidate) -> None:
    tip = best.trajectory.tip_lps_mm
    found = skin_map(anatomy, anatomy.fields, tip)
    skin = anatomy.skin
    assert len(found.scores) == len(found.reason) == len(skin.points_lps_mm)
    assert (np.isnan(found.scores) == (found.reason >= 0)).all()
    assert {found.reasons[n] for n in np.unique(found.reason[found.reason >= 0])} >= {"entry_side"}
    free = np.flatnonzero(np.isfinite(found.scores))
    assert len(free) > 5
    for number in free[:: max(1, len(free) // 12)]:
        path = Trajectory(tuple(skin.points_lps_mm[number]), tip)
        alone = live_numbers(anatomy, anatomy.fields, path)
        assert alone.violations == ()
        # The map reads clearances from the nearest voxels, half a voxel off at most.
        assert alone.score == pytest.approx(found.scores[number], abs=0.03)
    nearest = int(
        np.argmin(np.linalg.norm(skin.points_lps_mm - best.trajectory.entry_lps_mm, axis=1))
    )
    assert found.scores[nearest] > np.nanmedian(found.scores)


def test_the_tip_map_finds_the_lesion(anatomy: Anatomy, best: Candidate) -> None:
    tips = lattice(anatomy, anatomy.lesion).tips_lps_mm
    far = tips + np.array([0.0, 0.0, 60.0])
    found = tip_map(anatomy, anatomy.fields, best.trajectory.entry_lps_mm, np.vstack([tips, far]))
    assert np.isfinite(found.scores[: len(tips)]).any()
    assert np.isnan(found.scores[len(tips) :]).all()
    top = tips[int(np.nanargmax(found.scores[: len(tips)]))]
    assert np.linalg.norm(top - np.array(best.trajectory.tip_lps_mm)) < 8.0


def test_reasons_are_the_first_in_protocol_order(anatomy: Anatomy, best: Candidate) -> None:
    found = skin_map(anatomy, anatomy.fields, best.trajectory.tip_lps_mm)
    skin, order = anatomy.skin, [c.key for c in anatomy.protocol.constraints]
    rejected = np.flatnonzero((found.reason >= 0) & skin.entry_side_ok & ~skin.at_border)
    for number in rejected[:: max(1, len(rejected) // 15)]:
        path = Trajectory(tuple(skin.points_lps_mm[number]), best.trajectory.tip_lps_mm)
        broken = live_numbers(anatomy, anatomy.fields, path).violations
        assert broken, number
        assert min(broken, key=order.index) == found.reasons[found.reason[number]]
