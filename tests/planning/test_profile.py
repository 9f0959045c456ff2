"""What lies along one needle in the analytic torso: against formulas, and against its numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.tissue import Tissue
from planning.geometry import vec3
from planning.image import Volume
from planning.model.error_model import Spread
from planning.model.needle import Trajectory
from planning.trajectories.measure import measure
from planning.trajectories.profile import depth_error_mm, profile
from planning.trajectories.profile_runs import AIR, SOFT_TISSUE, first_mm, length_in_mm
from tests import phantoms

SPACING_MM = 1.0
ENTRY = np.array([-6.0, phantoms.HALF_DEPTH_MM, -9.0])
TIP = np.array([5.5, -15.0, 6.0])
PATH = Trajectory(vec3(ENTRY), vec3(TIP))


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(SPACING_MM)


@pytest.fixture(scope="module")
def anatomy(torso: phantoms.Phantom) -> Anatomy:
    return torso.understood()


def paths(anatomy: Anatomy) -> list[Trajectory]:
    """Return needles from all over the skin, into and past the lesion."""
    rng = np.random.default_rng(4)
    skin = anatomy.skin
    usable = np.flatnonzero(skin.entry_side_ok & ~skin.at_border)
    entries = skin.points_lps_mm[rng.choice(usable, 15)]
    tips = phantoms.LESION_CENTRE + rng.normal(0.0, 6.0, (15, 3))
    return [Trajectory(vec3(e), vec3(t)) for e, t in zip(entries, tips, strict=True)]


def test_it_agrees_with_every_number_of_the_same_needle(anatomy: Anatomy) -> None:
    half_voxel = SPACING_MM / 2.0
    met_bone = 0
    for path in [PATH, *paths(anatomy)]:
        found, exact = profile(anatomy, path), measure(anatomy, path)
        criteria, tip_mm = exact.criteria, path.insertion_depth_mm
        under = (found.depths_mm >= 0.0) & (found.depths_mm <= tip_mm + 1e-9)
        least = min(n.clearance_mm for n in exact.nearest)
        assert found.least_mm[under].min() == pytest.approx(least, abs=half_voxel)
        assert found.least_mm[under].min() >= least - 1e-6
        bone = length_in_mm(found.runs, Tissue.BONE, from_mm=0.0, to_mm=tip_mm)
        assert bone == pytest.approx(criteria["bone_traversal_mm"], abs=1e-6)
        shallow, deep = found.specimen_mm
        viable = length_in_mm(found.runs, Tissue.VIABLE, from_mm=shallow, to_mm=deep)
        assert viable == pytest.approx(criteria["viable_length_mm"], abs=0.11)
        for key, tissue in (("cortex_depth_mm", Tissue.BONE), ("lesion_depth_mm", Tissue.TUMOUR)):
            first = first_mm(found.runs, tissue)
            if criteria[key] is not None:
                assert first == pytest.approx(criteria[key], abs=1e-6)
            else:
                assert first is None or first >= tip_mm - 1e-6
        assert found.stop_mm == pytest.approx(criteria["stop_depth_mm"])
        assert found.tip_mm == pytest.approx(criteria["insertion_depth_mm"])
        met_bone += bone > 0.0
    assert met_bone > 3


def test_the_tightest_is_what_limits_judge(anatomy: Anatomy) -> None:
    broken = {"vessel", "nerve", "joint", "organ"}
    told = 0
    for path in paths(anatomy):
        found, exact = profile(anatomy, path), measure(anatomy, path)
        too_near = bool(broken & set(exact.violations))
        assert found.too_near.any() == too_near
        told += too_near
    assert 0 < told < 15


def test_runs_are_named_and_leave_no_gap(anatomy: Anatomy) -> None:
    found = profile(anatomy, PATH)
    runs = found.runs
    assert runs[0].from_mm == pytest.approx(-5.0, abs=0.1)
    assert runs[-1].to_mm == pytest.approx(found.tip_mm + 20.0, abs=0.1)
    for before, after in pairwise(runs):
        assert before.to_mm == after.from_mm
    names = [name for name, _ in groupby(run.name for run in runs)]
    along = (TIP - ENTRY) / np.linalg.norm(TIP - ENTRY)
    assert names[:5] == [AIR, SOFT_TISSUE, "slab", SOFT_TISSUE, "Habitat B"]
    assert [r.key for r in runs if r.name == "slab"] == ["slab"]
    slab = next(r for r in runs if r.name == "slab")
    expected = (ENTRY[1] - phantoms.BONE_BACK_Y_MM) / -along[1]
    assert slab.from_mm == pytest.approx(expected, abs=SPACING_MM)
    assert slab.length_mm == pytest.approx(6.0 / -along[1], abs=SPACING_MM)


def test_necrosis_is_neither_viable_nor_a_habitat(anatomy: Anatomy) -> None:
    entry = phantoms.NECROSIS_CENTRE + np.array([-2.0, 53.0, 1.0])
    tip = phantoms.NECROSIS_CENTRE + np.array([0.3, -8.0, -0.2])
    runs = profile(anatomy, Trajectory(vec3(entry), vec3(tip))).runs
    dead = phantoms.chord_mm(entry, tip, phantoms.NECROSIS_CENTRE, phantoms.NECROSIS_RADIUS_MM)
    (core,) = [r for r in runs if r.name == "dead core"]
    assert (core.from_mm, core.to_mm) == pytest.approx(dead, abs=SPACING_MM)
    assert core.tissue & Tissue.NECROSIS
    assert not core.tissue & Tissue.VIABLE


def test_density_is_that_of_the_ct(anatomy: Anatomy, torso: phantoms.Phantom) -> None:
    grid = torso.images.ct.grid
    k, j, i = np.indices(grid.shape_kji)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    ramp = (points @ np.array([2.0, 3.0, 5.0])).reshape(grid.shape_kji).astype(np.float32)
    found = profile(replace(anatomy, ct=Volume(grid=grid, values=ramp)), PATH)
    on_axis = ENTRY + found.depths_mm[:, None] * (TIP - ENTRY) / np.linalg.norm(TIP - ENTRY)
    np.testing.assert_allclose(found.hu, on_axis @ np.array([2.0, 3.0, 5.0]), atol=0.01)


def test_depths_hold_skin_and_tip(anatomy: Anatomy) -> None:
    found = profile(anatomy, PATH)
    assert np.all(np.diff(found.depths_mm) > 0.0)
    assert found.depths_mm[0] == -5.0
    assert np.abs(found.depths_mm).min() == 0.0
    assert np.abs(found.depths_mm - found.tip_mm).min() < 1e-9
    assert np.isnan(found.nearest_mm[found.depths_mm < 0.0]).all()
    assert np.isnan(found.nearest_mm[found.depths_mm > found.tip_mm + 12.0]).all()


def test_a_turned_patient_has_the_same_profile(torso: phantoms.Phantom) -> None:
    rotation = Rotation.from_euler("xyz", [3.0, -4.0, 5.0], degrees=True).as_matrix()
    shift = np.array([30.0, -12.0, 400.0])
    turned = torso.moved(rotation, shift).understood()
    path = Trajectory(vec3(rotation @ ENTRY + shift), vec3(rotation @ TIP + shift))
    here, there = profile(torso.understood(), PATH), profile(turned, path)
    np.testing.assert_allclose(there.least_mm, here.least_mm, atol=1e-6)
    assert [r.name for r in there.runs] == [r.name for r in here.runs]


def test_without_structures_at_risk_no_distance_is_said(torso: phantoms.Phantom) -> None:
    bare = phantoms.torso(2.0, without=("left artery", "right nerve")).understood()
    found = profile(bare, PATH)
    assert np.isnan(found.nearest_mm).all()
    assert np.isnan(found.least_mm).all()
    assert not found.too_near.any()
    assert set(found.nearest.tolist()) == {-1}


def test_a_path_out_of_the_scan_has_no_density_there(torso: phantoms.Phantom) -> None:
    edge = float(torso.images.ct.grid.corners_lps_mm()[:, 2].max())
    path = Trajectory(vec3([0.0, 40.0, edge - 10.0]), vec3([0.0, 20.0, edge - 2.0]))
    found = profile(torso.understood(), path)
    assert np.isnan(found.hu[-1])
    assert not np.isnan(found.hu[20])


def test_depth_errors_hold_95_percent() -> None:
    spread = Spread(
        at_skin_mm=1.0,
        growth_deg=1.0,
        along_mm=2.0,
        shared_mm=0.0,
        reference_depth_mm=80.0,
        lateral_at_reference_mm=2.0,
    )
    assert depth_error_mm(spread) == pytest.approx(3.92, abs=0.005)
    drawn = np.random.default_rng(1).standard_t(4, 200_000) * 2.0
    half = depth_error_mm(replace(spread, heavy_tails=True))
    assert np.mean(np.abs(drawn) <= half) == pytest.approx(0.95, abs=0.002)
