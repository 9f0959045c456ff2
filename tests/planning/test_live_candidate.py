"""A needle in the hand has the numbers it will have at rest, or says that they are not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.planning_setup import anatomy_of, setup_of
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import nearest_structures
from planning.anatomy.surfaces import Surface
from planning.model.case import Role
from planning.model.needle import Trajectory
from planning.trajectories.live_candidate import NOT_UNDERSTOOD, live_candidate
from planning.trajectories.measure import measure
from planning.trajectories.planner import plan
from planning.trajectories.quick_nearest import quick_nearest
from tests import phantoms

# What rests on fewer executions or on packed fields at 1.5 mm; everything else is the same.
NEAR = {
    "expected_viable_length_mm": 0.8,
    "viable_probability": 0.1,
    "worst_case_clearance_mm": 2.0,
    "touch_probability": 0.05,
    "beyond_tip_clearance_mm": 1.6,
    "risk_index": 0.15,
}
EXACT = 0.05


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(1.5).understood()


@pytest.fixture(scope="module")
def paths(anatomy: Anatomy) -> list[Trajectory]:
    best = plan(anatomy, top=1).candidates[0].trajectory
    random = np.random.default_rng(3)
    found = [best]
    for _ in range(12):
        entry = np.array(best.entry_lps_mm) + random.normal(0.0, 6.0, 3) * (1.0, 0.0, 1.0)
        tip = np.array(best.tip_lps_mm) + random.normal(0.0, 8.0, 3)
        found.append(Trajectory(tuple(entry.tolist()), tuple(tip.tolist())))
    found.append(Trajectory((20.0, phantoms.HALF_DEPTH_MM, -10.0), (34.0, -15.0, 0.0)))
    return found


def test_numbers_in_the_hand_are_those_at_rest(anatomy: Anatomy, paths: list[Trajectory]) -> None:
    for path in paths:
        live, rest = live_candidate(anatomy, path, "M1"), measure(anatomy, path)
        assert live.candidate_id == "M1"
        assert live.trajectory == path
        assert (live.stop_lps_mm, live.specimen_lps_mm) == (rest.stop_lps_mm, rest.specimen_lps_mm)
        for key, value in rest.criteria.items():
            if value is None:
                assert live.criteria[key] is None, key
            elif key == "risk_index" and value > 1.0:
                assert live.criteria[key] > 1.0, "a margin is violated, by how much is not as sure"
            else:
                assert live.criteria[key] == pytest.approx(value, abs=NEAR.get(key, EXACT)), key
        assert live.score == pytest.approx(rest.score, abs=0.06)
        assert live.habitat_mm == pytest.approx(rest.habitat_mm, abs=EXACT)
        told, known = ({n.key for n in c.warnings} - {"low_yield"} for c in (live, rest))
        assert told == known, "a low yield is told by a chance, which is not as sure in the hand"


def test_nearest_structures_lie_where_they_lie_at_rest(
    anatomy: Anatomy, paths: list[Trajectory]
) -> None:
    for path in paths:
        rest = {n.structure: n for n in measure(anatomy, path).nearest}
        live = live_candidate(anatomy, path, "M1").nearest
        assert {n.structure for n in live} == {"left artery", "right nerve"}
        for near in live:
            exact = rest[near.structure]
            assert near.clearance_mm == pytest.approx(exact.clearance_mm, abs=0.1)
            assert near.margin_mm == pytest.approx(exact.margin_mm, abs=0.3)
            on_axis = np.array(path.at_depth_mm(near.depth_mm))
            if near.clearance_mm > 0.0:
                away = np.linalg.norm(np.array(near.point_lps_mm) - on_axis)
                assert away - anatomy.needle.radius_mm == pytest.approx(near.clearance_mm, abs=0.05)


def test_a_needle_into_the_artery_says_so_in_the_hand(anatomy: Anatomy) -> None:
    inside = Trajectory((36.0, phantoms.HALF_DEPTH_MM, 0.0), (35.0, -5.0, 0.0))
    live = live_candidate(anatomy, inside, "M1")
    assert live.criteria["vessel_clearance_mm"] < -4.0
    assert live.nearest[0].structure == "left artery"
    assert set(live.violations) == set(measure(anatomy, inside).violations)
    assert {"vessel", "specimen"} <= set(live.violations)


def test_the_six_tightest_and_the_nearest_of_each_class_are_told(anatomy: Anatomy) -> None:
    path = Trajectory((4.0, phantoms.HALF_DEPTH_MM, 2.0), tuple(phantoms.LESION_CENTRE.tolist()))
    artery, nerve = sorted(anatomy.risks, key=lambda r: r.risk_class != "vessel")
    assert (artery.risk_class, nerve.risk_class) == ("vessel", "nerve")
    rng, many = np.random.default_rng(8), [nerve]
    for number in range(12):  # arteries all around, the nerve beyond most of them
        shift = rng.normal(0.0, 25.0, 3)
        grid = artery.mask.grid
        moved = replace(grid, origin_lps_mm=tuple((np.array(grid.origin_lps_mm) + shift).tolist()))
        many.append(
            replace(
                artery,
                structure=replace(artery.structure, name=f"artery {number}"),
                mask=replace(artery.mask, grid=moved),
                surface=Surface(data=artery.surface.data + shift),
            )
        )
    crowded = replace(anatomy, risks=tuple(many))
    told = quick_nearest(crowded, path)
    exact = nearest_structures(crowded.risks, path, anatomy.needle.radius_mm)
    tightest = sorted(exact, key=lambda n: n.clearance_mm - n.margin_mm)[:6]
    names = {n.structure for n in tightest} | {nerve.structure.name}
    assert {n.structure for n in told} == names
    for near in told:
        (same,) = [n for n in exact if n.structure == near.structure]
        # How deep a needle lies inside is read from samples, here and there.
        assert near.clearance_mm == pytest.approx(same.clearance_mm, abs=0.3)


def test_without_a_tumour_the_rest_is_known() -> None:
    torso = phantoms.torso(2.0)
    lesion = (Role.TUMOUR, Role.NECROSIS, Role.HABITAT)
    kept = tuple(s for s in torso.case.structures if s.role not in lesion)
    case = replace(torso.case, structures=kept)
    anatomy = anatomy_of(case, torso.images, setup_of(case))
    path = Trajectory((4.0, phantoms.HALF_DEPTH_MM, 2.0), (4.0, -8.0, 2.0))
    live = live_candidate(anatomy, path, "M1")
    assert live.criteria["insertion_depth_mm"] == pytest.approx(53.0)
    assert live.criteria["cortex_depth_mm"] == pytest.approx(45.0 - 22.0, abs=1.0)
    assert live.criteria["vessel_clearance_mm"] == pytest.approx(26.0 - 1.525, abs=0.5)
    for key in ("viable_length_mm", "expected_viable_length_mm", "viable_probability"):
        assert live.criteria[key] is None
    assert anatomy_of(replace(case, structures=()), torso.images, setup_of(case)).lesion is None


def test_a_plain_ct_gives_depths_and_angles_and_nothing_else() -> None:
    torso = phantoms.torso(2.0)
    case = replace(torso.case, structures=())
    anatomy = anatomy_of(case, torso.images, setup_of(case))
    path = Trajectory((4.0, phantoms.HALF_DEPTH_MM, 2.0), (4.0, -8.0, 2.0))
    live = live_candidate(anatomy, path, "M1")
    assert live.criteria["insertion_depth_mm"] == pytest.approx(53.0)
    assert live.criteria["gravity_angle_deg"] == pytest.approx(0.0, abs=1e-6)
    assert live.criteria["skin_incidence_deg"] == pytest.approx(0.0, abs=1.0)
    unknown = ("vessel_clearance_mm", "bone_traversal_mm", "lesion_length_mm", "touch_probability")
    assert [live.criteria[key] for key in unknown] == [None] * len(unknown)
    assert live.nearest == ()


def test_beyond_what_was_looked_at_nothing_is_claimed(anatomy: Anatomy) -> None:
    ct = anatomy.ct.grid
    near = anatomy.near.cropped((0, 0, 0), (10, 10, 10))
    small = replace(anatomy, near=near)
    path = Trajectory((4.0, phantoms.HALF_DEPTH_MM, 2.0), tuple(phantoms.LESION_CENTRE.tolist()))
    assert path.lies_in(ct)
    live = live_candidate(small, path, "M1")
    assert live.violations[0] == NOT_UNDERSTOOD
    assert live.criteria["insertion_depth_mm"] == pytest.approx(53.0)
    for key in ("vessel_clearance_mm", "bone_traversal_mm", "viable_length_mm", "risk_index"):
        assert live.criteria[key] is None
    assert live.nearest == ()
