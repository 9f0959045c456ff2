"""The way into bones of known walls: angle, thickness, what is drilled, slipping, broken cortex."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.densities import hu_at, ridge_hu
from planning.geometry import vec3
from planning.model.needle import Trajectory
from planning.model.plan import BoneEntry, Candidate
from planning.trajectories.cortex import screened_misfit_deg
from planning.trajectories.cortex_profile import cortex_along
from planning.trajectories.cortex_words import bone_words
from planning.trajectories.measure import measure
from planning.trajectories.screening import Needles, screen
from tests.bone_phantoms import CORTEX_HU, MARROW_HU, Bone, grid_of
from tests.phantoms import Phantom

TURN = Rotation.from_euler("xyz", [17.0, -11.0, 23.0], degrees=True).as_matrix()
OBLIQUE, UNEVEN = grid_of((0.75, 0.75, 0.75), TURN), grid_of((0.7, 0.75, 1.25), TURN)


def entry_of(bone: Bone, angle_deg: float, **changes: float) -> BoneEntry:
    found = measure(bone.understood(), bone.needle(angle_deg, **changes)).bone
    assert found is not None
    return found


def keys(candidate: Candidate) -> set[str]:
    return {notice.key for notice in candidate.warnings}


@pytest.mark.parametrize("wall_mm", [3.0, 5.0])
@pytest.mark.parametrize("grid", [OBLIQUE, UNEVEN], ids=["oblique", "uneven"])
def test_angle_and_thickness_of_a_plate(wall_mm: float, grid) -> None:
    bone = Bone(wall_mm=wall_mm, grid=grid)
    anatomy = bone.understood()
    for angle in (0.0, 25.0, 50.0):
        found = measure(anatomy, bone.needle(angle, turned_deg=35.0)).bone
        assert found is not None
        assert found.incidence_deg == pytest.approx(angle, abs=1.0)
        assert found.thickness_mm == pytest.approx(wall_mm, abs=0.2)
        along = found.thickness_mm / np.cos(np.radians(found.incidence_deg))
        assert found.thickness_along_mm == pytest.approx(along)
        assert found.thickness_resolved
        assert (found.bone, found.kind, found.broken) == ("tibia_left", "long", False)


@pytest.mark.parametrize("angle", [0.0, 20.0, 40.0])
def test_angle_and_thickness_of_a_tube(angle: float) -> None:
    bone = Bone(shape="tube", wall_mm=4.0)
    found = measure(bone.understood(), bone.needle_into_tube(angle)).bone
    assert found is not None
    assert found.incidence_deg == pytest.approx(angle, abs=2.0)
    assert found.thickness_mm == pytest.approx(4.0, abs=0.2)


def test_a_thin_wall_is_said_to_be_thinner_than_the_ct_resolves() -> None:
    found = entry_of(Bone(wall_mm=1.0), 10.0)
    assert not found.thickness_resolved
    assert found.thickness_mm is not None
    assert 1.0 < found.thickness_mm < 2.5
    assert "thinner than the CT resolves: at most" in bone_words(found)


@pytest.mark.parametrize(("behind_hu", "told"), [(30.0, True), (260.0, False)])
def test_a_soft_layer_is_an_upper_bound_or_none(behind_hu: float, told: bool) -> None:
    """Blur makes a thin cortex wide and soft; a dense lesion behind it hides where it ends."""
    bone = Bone(lesion="over", wall_mm=4.0)
    phantom = bone.phantom()
    ct = phantom.images.ct
    k, j, i = np.indices(ct.grid.shape_kji)
    depth = bone.depth_mm(ct.grid.lps_from_index(np.stack([i, j, k], axis=-1)))
    behind = (depth > 4.0) & (depth < 15.0)
    values = np.where((depth > -4.0) & (depth <= 0.0), 40, ct.values)
    values = np.where((depth > 0.0) & (depth <= 4.0), 280, values)
    values = np.where(behind, behind_hu, values).astype(np.int16)
    soft = Phantom(phantom.case, replace(phantom.images, ct=replace(ct, values=values)))
    found = measure(soft.understood(), bone.needle(0.0)).bone
    assert found is not None
    assert not found.broken
    assert not found.thickness_resolved
    words = bone_words(found)
    if told:
        assert found.thickness_mm == pytest.approx(4.0, abs=0.4)
        assert "thinner than the CT resolves: at most" in words
    else:
        assert found.thickness_mm is None
        assert "does not stand out from what lies behind" in words


def test_what_is_drilled_is_split_by_density() -> None:
    bone = Bone(wall_mm=5.0)
    measured = measure(bone.understood(), bone.needle(20.0, deep_mm=18.0))
    found = measured.bone
    assert found is not None
    total = measured.criteria["bone_traversal_mm"]
    assert found.cortical_mm + found.cancellous_mm == pytest.approx(total, abs=1e-6)
    # Above 300 HU lies a little more than the wall: half of its density is at 545.
    assert found.cortical_mm == pytest.approx(5.0 / np.cos(np.radians(20.0)), abs=0.6)
    assert "mm cortical and" in bone_words(found)


def test_where_a_mask_begins_hardly_moves_the_surfaces_found() -> None:
    depth = np.arange(0.0, 40.0, 0.1)
    step = np.where((depth > 12.0) & (depth < 16.0), CORTEX_HU, np.where(depth < 12, 40.0, 90.0))
    blurred = np.convolve(np.pad(step, 20, mode="edge"), np.full(13, 1 / 13), "same")[20:-20]
    for hit in (10.5, 12.0, 13.5):
        found = cortex_along(depth, blurred, hit, least_hu=200.0)
        assert found is not None
        assert found.outer_mm == pytest.approx(12.0, abs=0.15)
        assert found.inner_mm == pytest.approx(16.0, abs=0.15)
    assert cortex_along(depth, np.full(len(depth), MARROW_HU), 12.0, least_hu=200.0) is None
    solid = np.where(depth > 12.0, CORTEX_HU, 40.0)
    endless = cortex_along(depth, solid, 12.0, least_hu=200.0)
    assert endless is not None
    assert endless.thickness_mm is None


def test_how_the_voxels_are_stored_and_the_patient_lies_changes_nothing() -> None:
    bone = Bone(wall_mm=4.0, grid=grid_of((0.8, 0.9, 1.0)))
    phantom, needle = bone.phantom(), bone.needle(30.0, turned_deg=70.0)
    first = asdict(measure(phantom.understood(), needle).bone)
    shift = np.array([31.0, -140.0, 912.5])
    moved = Trajectory(
        vec3(TURN @ needle.entry_lps_mm + shift), vec3(TURN @ needle.tip_lps_mm + shift)
    )
    for other, path in (
        (phantom.rearranged((2, 0, 1), (0, 2)), needle),
        (phantom.moved(TURN, shift), moved),
    ):
        again = asdict(measure(other.understood(), path).bone)
        for key, value in first.items():
            expected = pytest.approx(value, abs=0.05) if isinstance(value, float) else value
            assert again[key] == expected, key


@pytest.mark.parametrize(
    ("name", "wall_mm", "angle", "slips"),
    [
        ("tibia_left", 4.0, 30.0, False),
        ("tibia_left", 4.0, 55.0, True),
        ("tibia_left", 0.35, 55.0, False),
        ("rib_left_7", 4.0, 55.0, False),
        ("rib_left_7", 4.0, 70.0, True),
        ("nameless", 4.0, 55.0, True),
    ],
)
def test_a_needle_slips_on_hard_cortex_that_does_not_want_it(
    name: str, wall_mm: float, angle: float, slips: bool
) -> None:
    bone = Bone(name=name, wall_mm=wall_mm)
    found = measure(bone.understood(), bone.needle(angle))
    assert ("steep_cortex" in keys(found)) is slips


def test_long_and_flat_bones_are_judged_the_other_way_round() -> None:
    def worth(name: str, angle: float) -> float:
        bone = Bone(name=name)
        return measure(bone.understood(), bone.needle(angle)).contributions["cortical_incidence"]

    assert worth("tibia_left", 5.0) == 0.0
    assert worth("rib_left_7", 45.0) == 0.0
    assert worth("tibia_left", 50.0) > 0.0
    assert worth("rib_left_7", 5.0) > 0.0


def test_a_hole_in_a_weight_bearing_bone_is_recalled() -> None:
    tibia, humerus = Bone(), Bone(name="humerus_left")
    assert "stress_riser" in keys(measure(tibia.understood(), tibia.needle(10.0)))
    assert "stress_riser" not in keys(measure(humerus.understood(), humerus.needle(10.0)))
    broken = Bone(lesion="bulging")
    assert "stress_riser" not in keys(measure(broken.understood(), broken.needle(10.0)))


def test_on_a_long_bone_a_detour_is_said() -> None:
    bone, rib = Bone(), Bone(name="rib_left_7")
    assert "long_bone_detour" not in keys(measure(bone.understood(), bone.needle(0.0)))
    far = bone.needle(62.0, turned_deg=45.0)
    assert far.insertion_depth_mm > 20.0 + bone.needle(0.0).insertion_depth_mm
    assert "long_bone_detour" in keys(measure(bone.understood(), far))
    assert "long_bone_detour" not in keys(measure(rib.understood(), far))


@pytest.mark.parametrize("bone_mask", ["solid", "eaten", "greedy"])
@pytest.mark.parametrize("lesion", ["through", "bulging"])
def test_a_broken_cortex_is_recognised_whatever_the_bone_mask(lesion: str, bone_mask: str) -> None:
    bone = Bone(lesion=lesion, bone_mask=bone_mask)
    found = measure(bone.understood(), bone.needle(50.0, deep_mm=10.0))
    assert found.bone is not None
    assert found.bone.broken
    assert found.bone.bone == "tibia_left"
    assert found.bone.incidence_deg is None
    assert found.bone.cortical_mm < 0.5
    assert found.bone.window_area_mm2 is not None
    assert "steep_cortex" not in keys(found)
    assert found.contributions.get("cortical_incidence", 0.0) == 0.0
    assert "through a broken cortex" in bone_words(found.bone)
    assert "0 mm to drill" in bone_words(found.bone)


@pytest.mark.parametrize("bone_mask", ["solid", "eaten", "greedy"])
def test_a_cortex_under_the_lesions_mask_is_no_broken_one(bone_mask: str) -> None:
    found = entry_of(Bone(lesion="over", bone_mask=bone_mask), 10.0)
    assert not found.broken
    assert found.bone == "tibia_left"
    assert found.thickness_mm == pytest.approx(4.0, abs=0.3)
    assert found.incidence_deg == pytest.approx(10.0, abs=2.0)


def test_a_thin_shell_over_the_lesion_is_no_broken_cortex() -> None:
    bone = Bone(lesion="over", wall_mm=0.25, grid=grid_of((1.0, 1.0, 1.0)))
    anatomy = bone.understood()
    needle = bone.needle(0.0)
    on_way = np.linspace(needle.entry_lps_mm, needle.tip_lps_mm, 400)
    assert np.nanmax(hu_at(anatomy.ct, on_way)) < 200.0
    found = measure(anatomy, needle).bone
    assert found is not None
    assert not found.broken


def test_beside_the_hole_the_cortex_is_intact() -> None:
    bone = Bone(lesion="bulging")
    path = bone.needle(0.0)
    aside = np.array([0.0, 0.0, 21.0])
    shifted = Trajectory(
        vec3(np.add(path.entry_lps_mm, aside)), vec3(np.add(path.tip_lps_mm, aside))
    )
    found = measure(bone.understood(), shifted).bone
    assert found is not None
    assert not found.broken
    assert found.thickness_mm == pytest.approx(4.0, abs=0.3)


def _needles(anatomy: Anatomy, bone: Bone) -> tuple[Needles, list[Trajectory]]:
    angles = [(a, t) for a in (3.0, 20.0, 38.0, 52.0, 66.0) for t in (0.0, 80.0, 200.0)]
    paths = [bone.needle(a, turned_deg=t, deep_mm=24.0) for a, t in angles]
    numbers = np.arange(len(paths), dtype=np.int32)
    return Needles(
        entries_lps_mm=np.array([p.entry_lps_mm for p in paths]),
        entry_normals_lps=np.array([-p.direction_lps for p in paths]),
        tips_lps_mm=np.array([p.tip_lps_mm for p in paths]),
        entry_of=numbers,
        tip_of=numbers,
    ), paths


@pytest.mark.parametrize("name", ["rib_left_7", "tibia_left"])
@pytest.mark.parametrize("spacing", [(0.75, 0.75, 0.75), (0.5, 0.6, 1.5)])
def test_many_at_once_agree_with_one_by_one(name: str, spacing) -> None:
    bone = Bone(name=name, grid=grid_of(spacing))
    anatomy = bone.understood()
    assert anatomy.fields is not None
    needles, paths = _needles(anatomy, bone)
    fast = screen(anatomy, anatomy.fields, needles, step_mm=1.0)
    exact = [measure(anatomy, path).bone for path in paths]
    rules = anatomy.bones.rules
    number = anatomy.bones.kinds.max()
    for got, entry in zip(fast["cortex_misfit_deg"], exact, strict=True):
        assert entry is not None
        wanted = rules.misfit_deg(np.array([entry.incidence_deg]), np.array([number]))[0]
        assert got == pytest.approx(wanted, abs=8.0)


def test_kinds_are_looked_up_in_the_voxel_the_march_saw() -> None:
    """With a flat bone beside the long one, each needle is judged by the bone it meets."""
    bone = Bone(name="tibia_left", grid=grid_of((0.5, 0.6, 1.5)))
    anatomy = bone.understood()
    assert anatomy.fields is not None
    kinds = anatomy.bones.kinds.copy()
    k, j, i = np.indices(kinds.shape)
    x = anatomy.bones.grid.lps_from_index(np.stack([i, j, k], axis=-1))[..., 0]
    kinds[(kinds > 0) & (x < 3.0)] = 2
    masks = (*anatomy.bones.masks, ("rib_left_7", anatomy.bones.masks[0][1]))
    mixed = replace(anatomy, bones=replace(anatomy.bones, kinds=kinds, masks=masks))
    assert mixed.bones.wishes_differ
    needles, _ = _needles(anatomy, bone)
    shifts = np.where(np.arange(len(needles))[:, None] % 2, 8.0, -8.0) * np.array([1.0, -0.24, 0.0])
    entries, tips = needles.entries_lps_mm + shifts, needles.tips_lps_mm + shifts
    needles = replace(needles, entries_lps_mm=entries, tips_lps_mm=tips)
    measures = screen(mixed, anatomy.fields, needles, step_mm=1.0)
    found = screened_misfit_deg(mixed, anatomy.fields, entries, tips, measures, step_mm=1.0)
    incidence = measures["cortex_incidence_deg"]
    odd = np.arange(len(needles)) % 2 == 1
    np.testing.assert_allclose(found[odd], incidence[odd], rtol=1e-5)
    flat = np.where(np.abs(incidence - 45) <= 15, 2 * np.abs(incidence - 45), 0.0)
    flat = np.where(np.abs(incidence - 45) > 15, np.abs(incidence - 45) + 15, flat)
    np.testing.assert_allclose(found[~odd], flat[~odd], rtol=1e-4)


def test_a_ridge_is_as_high_as_the_higher_of_its_sides_is_low() -> None:
    profiles = np.array([[0.0, 50.0, 20.0], [0.0, 50.0, 90.0], [60.0, 30.0, 10.0]])
    np.testing.assert_allclose(ridge_hu(profiles), [30.0, 0.0, 0.0])
