"""Openings in the cortex: found where they are, as large as they are, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app import catalogue
from app.planning_setup import Setup, anatomy_of
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.cortical_windows import cortical_windows
from planning.model.case import Guidance, Role
from tests import phantoms
from tests.bone_phantoms import ON_PLATE, TILT, Bone, grid_of

TURN = Rotation.from_euler("xyz", [-14.0, 21.0, 8.0], degrees=True).as_matrix()
DISC_MM2 = np.pi * 10.0**2
CAP_MM2 = 2.0 * np.pi * 12.0 * 6.0


def notice_keys(anatomy: Anatomy) -> set[str]:
    return {notice.key for notice in anatomy.notices}


@pytest.mark.parametrize("bone_mask", ["solid", "eaten", "greedy"])
@pytest.mark.parametrize(("lesion", "area"), [("through", DISC_MM2), ("bulging", CAP_MM2)])
def test_a_hole_is_one_window_of_its_area(lesion: str, area: float, bone_mask: str) -> None:
    anatomy = Bone(lesion=lesion, bone_mask=bone_mask).understood()
    assert len(anatomy.cortex.windows) == 1
    window = anatomy.cortex.windows[0]
    assert window.area_mm2 == pytest.approx(area, rel=0.2)
    middle = ON_PLATE + (6.0 * TILT if lesion == "bulging" else 0.0)
    assert np.linalg.norm(window.centre_lps_mm - middle) < 1.5
    assert np.degrees(np.arccos(window.normal_lps @ TILT)) < 5.0
    assert anatomy.cortex.host == "tibia_left"
    assert "cortical_window" in notice_keys(anatomy)


@pytest.mark.parametrize(
    "grid", [grid_of((0.8, 0.8, 0.8), TURN), grid_of((0.7, 0.7, 1.3))], ids=["oblique", "uneven"]
)
def test_area_does_not_depend_on_the_grid(grid) -> None:
    windows = Bone(lesion="bulging", grid=grid).understood().cortex.windows
    assert len(windows) == 1
    assert windows[0].area_mm2 == pytest.approx(CAP_MM2, rel=0.2)


@pytest.mark.parametrize("lesion", ["inside", "over"])
@pytest.mark.parametrize("bone_mask", ["solid", "eaten", "greedy"])
def test_where_the_cortex_is_whole_there_is_no_window(lesion: str, bone_mask: str) -> None:
    anatomy = Bone(lesion=lesion, bone_mask=bone_mask).understood()
    assert anatomy.cortex.in_bone
    assert anatomy.cortex.windows == ()
    assert "cortical_window" not in notice_keys(anatomy)


@pytest.mark.parametrize(("wall_hu", "count"), [(800, 0), (30, 1)])
def test_a_window_behind_other_bone_is_out_of_reach(wall_hu: int, count: int) -> None:
    """A second bone covers the whole back; where the CT shows it soft, only its mask is wrong."""
    anatomy = Bone(lesion="bulging").understood()
    ct, bones = anatomy.ct, anatomy.bones
    assert anatomy.lesion is not None
    k, j, i = np.indices(ct.grid.shape_kji)
    points = ct.grid.lps_from_index(np.stack([i, j, k], axis=-1))
    wall = (points[..., 1] > 28.0) & (points[..., 1] < 32.0) & (np.abs(points) < 46.0).all(axis=-1)
    values, kinds = ct.values.copy(), bones.kinds.copy()
    values[wall] = wall_hu
    near = bones.grid.offset_in(ct.grid)
    assert near == (0, 0, 0)
    kinds[wall[tuple(slice(0, n) for n in kinds.shape)]] = 1
    found = cortical_windows(
        replace(ct, values=values),
        anatomy.lesion,
        replace(bones, kinds=kinds),
        anatomy.skin,
        reach_mm=30.0,
    )
    assert len(found.windows) == count


def test_a_window_beyond_the_needles_reach_is_none() -> None:
    anatomy = Bone(lesion="bulging").understood()
    assert anatomy.lesion is not None
    for reach_mm, count in ((12.0, 0), (100.0, 1)):
        found = cortical_windows(
            anatomy.ct, anatomy.lesion, anatomy.bones, anatomy.skin, reach_mm=reach_mm
        )
        assert len(found.windows) == count


def test_a_mass_away_from_bone_is_no_lesion_of_bone() -> None:
    anatomy = phantoms.torso(2.0).understood()
    assert not anatomy.cortex.in_bone
    assert anatomy.cortex.windows == ()


def test_a_needle_that_does_not_drill_needs_no_advice_on_drilling() -> None:
    phantom = Bone(lesion="bulging").phantom()
    setup = Setup(
        protocol=catalogue.protocol("bone-ct"),
        needle=replace(catalogue.needle("bone-11g-100"), penetrates_bone=False),
        guidance=Guidance.AIMING_DEVICE,
    )
    anatomy = anatomy_of(phantom.case, phantom.images, setup)
    assert anatomy.cortex.windows
    assert "cortical_window" not in notice_keys(anatomy)


def test_without_bone_masks_nothing_is_claimed() -> None:
    phantom = Bone(lesion="bulging").phantom()
    bare = replace(
        phantom.case,
        structures=tuple(s for s in phantom.case.structures if s.role is not Role.BONE),
    )
    anatomy = phantoms.Phantom(bare, phantom.images).understood()
    assert not anatomy.cortex.in_bone
    assert anatomy.bones.masks == ()
