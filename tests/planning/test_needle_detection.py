"""Needles known by formula: axis, tip and skin to a fraction of a voxel, in any pose of the grid.

And what looks like one and is none, what two clicks mean, and what they cannot mean.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.errors import InputError
from planning.execution.needle_detection import find_needles, refine_needle
from planning.execution.needle_judging import (
    Measured,
    OuterEnd,
    confidence_of,
    why_no_needle,
)
from planning.geometry import Grid, unit, vec3
from planning.image import Volume
from planning.imaging.transforms import RigidTransform
from planning.model.needle import Trajectory
from planning.progress import Cancelled, Progress
from tests.moved_scans import motion
from tests.needle_phantom import ENTRY, GRID, TIP, Rod, scanned, skin_point

PLAN = Trajectory(
    entry_lps_mm=vec3(np.add(ENTRY, (2.0, 0.0, -1.0))),
    tip_lps_mm=vec3(np.add(TIP, (-3.0, 2.0, 2.0))),
)


def tip_error_mm(needle, tip=TIP) -> float:
    return float(np.linalg.norm(np.subtract(needle.tip_lps_mm, tip)))


def angle_deg(needle, rod: Rod) -> float:
    axis = unit(np.subtract(needle.entry_lps_mm, needle.tip_lps_mm))
    return float(np.degrees(np.arccos(min(1.0, float(axis @ rod.toward_hub)))))


@pytest.fixture(scope="module")
def plain() -> Volume:
    return scanned(Rod())


@pytest.mark.parametrize(
    "rod",
    [
        Rod(),
        Rod(diameter_mm=4.19, cone_mm=6.0),
        Rod(diameter_mm=2.11, cone_mm=3.0),
        Rod(diameter_mm=3.05, metal_hu=9000.0),
    ],
    ids=["blunt", "8G cone", "14G cone", "11G blunt"],
)
def test_axis_tip_and_skin_lie_where_they_were_put(rod):
    (needle,) = find_needles(scanned(rod))
    assert tip_error_mm(needle) < 0.5
    assert angle_deg(needle, rod) < 0.2
    assert np.linalg.norm(np.subtract(needle.entry_lps_mm, skin_point(rod))) < 0.5
    # The scale ends at 3071 HU: thick and faint looks like thin and dense, up to their blur.
    assert needle.diameter_mm == pytest.approx(rod.diameter_mm, abs=0.75)
    assert needle.rms_mm < 0.3
    assert needle.bending_mm < 0.3
    assert needle.method == "automatic"
    assert needle.confidence > 0.8


@pytest.mark.parametrize("top_hu", [3071.0, 31743.0])
def test_the_end_of_the_scale_moves_no_tip(plain, top_hu):
    (clipped,) = find_needles(plain)
    (own,) = find_needles(scanned(Rod(), top_hu=top_hu))
    assert tip_error_mm(own, clipped.tip_lps_mm) < 0.15


def test_whole_and_fractional_numbers_give_the_same(plain):
    (whole,) = find_needles(plain)
    (fractional,) = find_needles(replace(plain, values=plain.values.astype(np.float32)))
    # The last digit of a sample decides where along a flat valley the fit stops.
    assert tip_error_mm(fractional, whole.tip_lps_mm) < 0.02
    assert np.allclose(fractional.entry_lps_mm, whole.entry_lps_mm, atol=0.02)


def test_a_grid_moved_as_a_whole_moves_the_needle_along(plain):
    (still,) = find_needles(plain)
    rotation = Rotation.from_euler("xyz", (40.0, -25.0, 110.0), degrees=True).as_matrix()
    moved = RigidTransform(rotation=rotation, shift_mm=(120.0, -340.0, 77.0))
    axes = np.array(plain.grid.direction_lps) @ rotation.T
    grid = replace(
        plain.grid,
        origin_lps_mm=vec3(moved.second_from_ct(plain.grid.origin_lps_mm)),
        direction_lps=tuple(vec3(axis) for axis in axes),
    )
    normal = vec3(rotation @ np.array(plain.slice_normal_lps))
    (turned,) = find_needles(replace(plain, grid=grid, slice_normal_lps=normal))
    for own, other in (
        (turned.tip_lps_mm, still.tip_lps_mm),
        (turned.entry_lps_mm, still.entry_lps_mm),
    ):
        assert np.linalg.norm(moved.ct_from_second(own) - other) < 0.1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flipped_array_shows_the_same_needle(plain, axis):
    (straight,) = find_needles(plain)
    last = [0, 0, 0]
    last[axis] = plain.grid.size_ijk[axis] - 1
    directions = list(plain.grid.direction_lps)
    directions[axis] = vec3(-np.array(directions[axis]))
    grid = Grid(
        size_ijk=plain.grid.size_ijk,
        spacing_mm=plain.grid.spacing_mm,
        origin_lps_mm=vec3(plain.grid.lps_from_index(last)),
        direction_lps=tuple(directions),
    )
    values = np.ascontiguousarray(np.flip(plain.values, 2 - axis))
    (flipped,) = find_needles(replace(plain, grid=grid, values=values))
    assert tip_error_mm(flipped, straight.tip_lps_mm) < 0.1
    assert np.linalg.norm(np.subtract(flipped.entry_lps_mm, straight.entry_lps_mm)) < 0.1


def test_a_patient_who_has_moved_takes_the_needle_along():
    pose = motion((7.0, -6.0, 5.0), (4.0, -3.0, 2.0), TIP)
    rod = Rod(cone_mm=4.0)
    (needle,) = find_needles(scanned(rod, pose=pose))
    assert tip_error_mm(needle, pose.second_from_ct(TIP)) < 0.5
    entry = pose.second_from_ct(skin_point(rod))
    assert np.linalg.norm(np.subtract(needle.entry_lps_mm, entry)) < 0.5


@pytest.mark.parametrize("slice_mm", [3.0, 5.0])
def test_thick_slices_that_tear_the_needle_apart_still_show_it(slice_mm):
    slices = round(64.0 / slice_mm)
    grid = replace(GRID, size_ijk=(*GRID.size_ijk[:2], slices), spacing_mm=(0.8, 0.8, slice_mm))
    (needle,) = find_needles(scanned(Rod(cone_mm=3.0), grid=grid))
    assert tip_error_mm(needle) < 1.2
    assert angle_deg(needle, Rod()) < 0.6


def test_a_needle_that_touches_cortex_is_still_found():
    (needle,) = find_needles(scanned(Rod(diameter_mm=2.77), plate=True), near=(PLAN,))
    assert tip_error_mm(needle) < 0.8
    assert angle_deg(needle, Rod()) < 0.5


def test_several_needles_are_found_each_at_its_place_those_by_the_plan_first():
    other = Rod(tip_lps_mm=(20.0, 0.0, -14.0), back_lps_mm=(18.0, 52.0, -8.0), diameter_mm=2.11)
    far = Trajectory(entry_lps_mm=(18.5, 33.0, -10.0), tip_lps_mm=(20.0, -2.0, -14.0))
    control = scanned(other, Rod())
    tips = [needle.tip_lps_mm for needle in find_needles(control)]
    assert len(tips) == 2
    for tip in (TIP, other.tip_lps_mm):
        assert min(np.linalg.norm(np.subtract(own, tip)) for own in tips) < 0.6
    first, second = find_needles(control, near=(replace(PLAN),))
    assert tip_error_mm(first) < 0.6
    first, second = find_needles(control, near=(far,))
    assert tip_error_mm(second) < 0.6


def test_a_needle_away_from_the_plan_is_doubted_not_lost():
    far = Trajectory(entry_lps_mm=(-30.0, 34.0, 20.0), tip_lps_mm=(-34.0, 5.0, 25.0))
    (needle,) = find_needles(scanned(Rod()), near=(far,))
    (sure,) = find_needles(scanned(Rod()), near=(PLAN,))
    assert needle.confidence < sure.confidence
    assert any("plan" in doubt for doubt in needle.doubts)
    assert tip_error_mm(needle, sure.tip_lps_mm) < 0.1


@pytest.mark.parametrize("sagitta_mm", [1.0, 2.0])
def test_bending_is_reported(sagitta_mm):
    (needle,) = find_needles(scanned(Rod(sagitta_mm=sagitta_mm)))
    assert needle.bending_mm == pytest.approx(sagitta_mm, abs=0.4)
    assert tip_error_mm(needle) < 0.8


def test_a_bent_needle_in_thick_slices_is_followed_to_its_end():
    grid = replace(GRID, size_ijk=(*GRID.size_ijk[:2], 13), spacing_mm=(0.8, 0.8, 5.0))
    (needle,) = find_needles(scanned(Rod(sagitta_mm=2.0, cone_mm=2.0), grid=grid))
    assert tip_error_mm(needle) < 1.5


def test_confidence_falls_as_the_width_exceeds_any_needles():
    seen = Measured(
        visible_mm=80.0, diameter_mm=4.2, rms_mm=0.2, metal_hu=12000.0, misfit=0.8,
        tip_depth_mm=50.0, outer_end=OuterEnd.OUTSIDE, slice_mm=5.0, entry_seen=True,
        from_plan_mm=None, to_plan_deg=None,
    )  # fmt: skip
    assert confidence_of(seen) == (1.0, ())
    sure = [confidence_of(replace(seen, diameter_mm=mm))[0] for mm in (4.8, 5.1, 5.4)]
    assert sorted(sure, reverse=True) == sure
    assert sure[0] < 1.0
    assert not why_no_needle(replace(seen, diameter_mm=5.4))
    assert "5.6 mm thick" in why_no_needle(replace(seen, diameter_mm=5.6))
    planned = replace(seen, diameter_mm=6.2, from_plan_mm=3.8, to_plan_deg=6.2)
    assert not why_no_needle(planned), "a plan explains it"
    assert confidence_of(planned)[0] == 0.5
    assert "7.1 mm thick" in why_no_needle(replace(planned, diameter_mm=7.1))


def test_the_tip_is_the_inner_needles_not_the_introducers():
    inner = Rod(diameter_mm=2.11, cone_mm=3.0)
    begins = np.array(TIP) + 20.0 * inner.toward_hub
    outer = Rod(tip_lps_mm=vec3(begins), diameter_mm=2.77)
    (needle,) = find_needles(scanned(inner, outer))
    assert tip_error_mm(needle) < 0.6


@pytest.mark.parametrize(
    "rod",
    [
        Rod(tip_lps_mm=(-10.0, -15.0, 0.0), back_lps_mm=(4.0, 14.0, 4.0), diameter_mm=2.0),
        Rod(tip_lps_mm=(-10.0, -25.0, -4.0), back_lps_mm=(8.0, 12.0, 4.0), diameter_mm=4.5),
        Rod(diameter_mm=10.0),
        Rod(diameter_mm=3.0, metal_hu=1200.0),
        Rod(tip_lps_mm=(-35.0, 37.4, 0.0), back_lps_mm=(35.0, 29.4, 12.0), diameter_mm=1.4),
        Rod(tip_lps_mm=vec3(np.array(ENTRY) - (3.0, 9.0, 3.0))),
    ],
    ids=["wire in the body", "screw", "rod", "tube", "wire on the skin", "short"],
)
def test_what_only_looks_like_a_needle_is_none(rod):
    if rod.tip_lps_mm == vec3(np.array(ENTRY) - (3.0, 9.0, 3.0)):
        back = np.array(rod.tip_lps_mm) + 14.0 * unit((3.0, 9.0, 3.0))
        rod = replace(rod, back_lps_mm=vec3(back))
    assert find_needles(scanned(rod)) == ()
    assert find_needles(scanned(rod), near=(PLAN,)) == ()


def test_a_ct_without_metal_has_no_needle():
    assert find_needles(scanned()) == ()


def test_a_needle_that_leaves_a_short_slab_is_found_by_its_plan():
    tilted = Rod(tip_lps_mm=(-7.0, -10.0, -6.0), back_lps_mm=(0.0, 26.0, 34.0))
    grid = GRID.cropped((0, 0, 15), (110, 120, 30))
    plan = Trajectory(entry_lps_mm=(1.0, 32.0, 40.0), tip_lps_mm=(-8.0, -12.0, -7.0))
    (needle,) = find_needles(scanned(tilted, grid=grid), near=(plan,))
    assert tip_error_mm(needle, tilted.tip_lps_mm) < 0.7
    assert any("leaves the scan" in doubt for doubt in needle.doubts)


def test_two_rough_clicks_are_refined(plain):
    (found,) = find_needles(plain)
    hub = np.array(TIP) + 55.0 * Rod().toward_hub + (2.5, -1.0, 2.0)
    needle = refine_needle(plain, vec3(hub), vec3(np.add(TIP, (-2.0, -1.5, 2.0))))
    assert needle.method == "two points"
    assert needle.confidence == 1.0
    assert tip_error_mm(needle, found.tip_lps_mm) < 0.2
    assert np.linalg.norm(np.subtract(needle.entry_lps_mm, found.entry_lps_mm)) < 0.2


def test_clicks_say_which_end_is_the_tip():
    inside = Rod(tip_lps_mm=(-10.0, -15.0, 0.0), back_lps_mm=(4.0, 14.0, 4.0), diameter_mm=2.0)
    control = scanned(inside)
    one, other = (vec3(np.array(p)) for p in (inside.tip_lps_mm, inside.back_lps_mm))
    assert tip_error_mm(refine_needle(control, other, one), one) < 0.8
    assert tip_error_mm(refine_needle(control, one, other), other) < 0.8


def test_clicks_without_metal_are_refused_in_words(plain):
    with pytest.raises(InputError, match=r"no needle between LPS .* no straight metal"):
        refine_needle(plain, (-30.0, 25.0, 20.0), (-32.0, -10.0, 22.0))
    with pytest.raises(InputError, match="in one place"):
        refine_needle(plain, TIP, TIP)


def test_clicks_on_bone_are_refused(plain):
    with pytest.raises(InputError, match="no needle"):
        refine_needle(plain, (24.0, -4.0, 8.0), (24.0, -24.0, 8.0))


def test_a_tip_clicked_elsewhere_is_said(plain):
    hub = vec3(np.array(TIP) + 60.0 * Rod().toward_hub)
    needle = refine_needle(plain, hub, vec3(np.array(TIP) + 15.0 * Rod().toward_hub))
    assert any("15 mm from the point" in doubt for doubt in needle.doubts)


def test_no_longer_wanted_work_stops(plain):
    with pytest.raises(Cancelled):
        find_needles(plain, progress=Progress(is_cancelled=lambda: True))


def test_a_scan_without_a_body_is_refused():
    air = Volume(grid=GRID, values=np.full(GRID.shape_kji, -1000, dtype=np.int16))
    with pytest.raises(InputError, match="body"):
        find_needles(air)
