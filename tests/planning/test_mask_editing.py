"""Edited masks against shapes whose volume and place are known by formula, on any lattice."""

from __future__ import annotations

import numpy as np
import pytest

from planning.editing.between import filled_between
from planning.editing.growing import grown, shrunk, smoothed
from planning.editing.islands import (
    holes_filled,
    island_at,
    largest_island,
    without_islands_below,
)
from planning.editing.joining import added, common, empty_mask, taken_away
from planning.editing.naming import first_key, next_key
from planning.editing.strokes import Stroke, swept, within_hu
from planning.geometry import Grid, unit, vec3
from planning.image import Mask
from tests.app.scenes import ball, centres_lps_mm, grid_of, linear_volume

KINDS = ("plain", "permuted", "flipped", "oblique")
CENTRE = (3.0, -2.0, 1.0)


def points(mask: Mask) -> np.ndarray:
    """Return the centres of the inside voxels, sorted, to the micrometre."""
    found = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    return np.array(sorted(map(tuple, np.round(found, 3) + 0.0)))


def radius_mm(mask: Mask) -> float:
    return float((mask.volume_ml * 1000.0 * 3.0 / 4.0 / np.pi) ** (1 / 3))


@pytest.mark.parametrize("kind", KINDS)
def test_a_ball_shaped_brush_sweeps_a_capsule(kind: str) -> None:
    grid = grid_of(kind)
    start, end, radius = np.array((-9.0, -4.0, 2.0)), np.array((8.0, 6.0, -3.0)), 5.0
    stroke = Stroke(points_lps_mm=(vec3(start), vec3(end)), radius_mm=radius)
    made = swept(stroke, grid)
    away, way = centres_lps_mm(grid) - start, end - start
    share = np.clip(away @ way / (way @ way), 0.0, 1.0)
    under = np.linalg.norm(away - share[..., None] * way, axis=-1) <= radius
    assert np.array_equal(made.on(grid), under)
    volume = (np.pi * radius**2 * np.linalg.norm(way) + 4 / 3 * np.pi * radius**3) / 1000.0
    assert made.volume_ml == pytest.approx(volume, rel=0.05)
    assert made.centroid_lps_mm() == pytest.approx(tuple((start + end) / 2), abs=0.3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.36, -0.48, 0.8)])
def test_a_disc_shaped_brush_paints_the_voxels_its_plane_cuts(kind: str, normal: tuple) -> None:
    grid, n = grid_of(kind), unit(normal)
    middle = np.array((2.0, -3.0, 1.1))
    made = swept(Stroke(points_lps_mm=(vec3(middle),), radius_mm=7.0, normal_lps=normal), grid)
    away = centres_lps_mm(grid) - middle
    depth = away @ n
    corners = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, 8).T * grid.spacing_mm
    half = np.abs(corners @ np.array(grid.direction_lps) @ n).max()
    across = np.linalg.norm(away - depth[..., None] * n, axis=-1)
    assert np.array_equal(made.on(grid), (np.abs(depth) <= half) & (across <= 7.0))


def test_a_plane_along_the_lattice_paints_one_slice_wherever_it_lies() -> None:
    grid = grid_of("plain")
    for z in np.linspace(-6.0, 6.0, 25):  # halfway between two slices too
        stroke = Stroke(points_lps_mm=((0.0, 0.0, z),), radius_mm=6.0, normal_lps=(0.0, 0.0, 1.0))
        made = swept(stroke, grid)
        assert np.count_nonzero(made.inside.any(axis=(1, 2))) == 1
        assert abs(made.centroid_lps_mm()[2] - z) <= 1.0 + 1e-5


def test_a_fast_hand_leaves_no_gap() -> None:
    grid = grid_of("plain")
    slow = [(x, 0.5 * x, 0.0) for x in np.linspace(-20.0, 20.0, 200)]
    few = (slow[0], slow[-1])
    for normal in (None, (0.0, 0.0, 1.0)):
        fast = swept(Stroke(points_lps_mm=few, radius_mm=2.0, normal_lps=normal), grid)
        many = swept(Stroke(points_lps_mm=tuple(slow), radius_mm=2.0, normal_lps=normal), grid)
        assert np.array_equal(points(fast), points(many))


def test_a_brush_beyond_the_image_paints_nothing() -> None:
    made = swept(Stroke(points_lps_mm=((500.0, 0.0, 0.0),), radius_mm=3.0), grid_of("plain"))
    assert not made.inside.any()


@pytest.mark.parametrize("kind", KINDS)
def test_masks_on_blocks_of_one_lattice_are_joined(kind: str) -> None:
    grid = grid_of(kind)
    left, right = ball(grid, (6.0, 0.0, 0.0), 5.0), ball(grid, (1.0, -3.0, 2.0), 4.0)
    a, b = left.cropped(), right.cropped()
    assert np.array_equal(added(a, b).on(grid), left.inside | right.inside)
    assert np.array_equal(taken_away(a, b).on(grid), left.inside & ~right.inside)
    assert np.array_equal(common(a, b).on(grid), left.inside & right.inside)
    assert np.array_equal(added(empty_mask(grid), b).on(grid), right.inside)
    far = ball(grid, (-14.0, 0.0, 0.0), 2.0).cropped()
    assert added(a, left) is a
    assert taken_away(a, far) is a
    assert common(a, left) is a
    assert not taken_away(a, left).inside.any()


def test_only_voxels_within_a_range_of_hu_are_kept() -> None:
    grid = grid_of("oblique")
    ct, mask = linear_volume(grid), ball(grid, CENTRE, 9.0).cropped()
    kept = within_hu(mask, ct, (10.0, 60.0))
    value = points(kept) @ np.array((3.0, -5.0, 7.0))
    assert value.min() >= 9.9
    assert value.max() <= 60.1
    outside = points(taken_away(mask, kept)) @ np.array((3.0, -5.0, 7.0))
    assert not ((outside > 10.1) & (outside < 59.9)).any()
    assert within_hu(mask, ct, (-1e6, 1e6)) is mask


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by_mm", [1.0, 2.5, 4.0])
def test_a_ball_grows_and_shrinks_by_millimetres(kind: str, by_mm: float) -> None:
    grid = grid_of(kind)
    mask = ball(grid, CENTRE, 9.0)
    for made, wanted in (
        (grown(mask.cropped(), by_mm, grid), 9.0 + by_mm),
        (shrunk(mask.cropped(), by_mm, grid), 9.0 - by_mm),
    ):
        assert radius_mm(made) == pytest.approx(wanted, abs=0.35)
        assert made.centroid_lps_mm() == pytest.approx(CENTRE, abs=0.2)


def test_flat_faces_move_by_whole_voxels_of_each_axis() -> None:
    grid = Grid(size_ijk=(40, 30, 30), spacing_mm=(0.5, 1.0, 2.0), origin_lps_mm=(0.0, 0.0, 0.0))
    inside = np.zeros(grid.shape_kji, dtype=np.bool_)
    inside[10:20, 10:20, 12:28] = True
    more = grown(Mask(grid=grid, inside=inside), 2.0, grid).on(grid)
    assert np.flatnonzero(more[15, 15]).tolist() == list(range(8, 32))
    assert np.flatnonzero(more[15, :, 20]).tolist() == list(range(8, 22))
    assert np.flatnonzero(more[:, 15, 20]).tolist() == list(range(9, 21))
    less = shrunk(Mask(grid=grid, inside=inside), 2.0, grid).on(grid)
    assert np.flatnonzero(less[15, 15]).tolist() == list(range(16, 24))
    assert np.flatnonzero(less[15, :, 20]).tolist() == list(range(12, 18))
    assert np.flatnonzero(less[:, 15, 20]).tolist() == list(range(11, 19))


def test_the_border_of_the_scan_is_no_surface_and_no_way_out() -> None:
    grid = grid_of("plain")
    whole = Mask(grid=grid, inside=np.ones(grid.shape_kji, dtype=np.bool_))
    assert shrunk(whole, 3.0, grid) is whole
    corner = ball(grid, (30.0, 30.0, 30.0), 8.0).cropped()
    assert grown(corner, 4.0, grid).grid.offset_in(grid) is not None
    assert np.array_equal(
        grown(corner, 4.0, grid).on(grid), grown(ball(grid, (30, 30, 30), 8.0), 4.0, grid).on(grid)
    )


def test_smoothing_takes_a_spike_and_keeps_the_volume() -> None:
    grid = grid_of("plain")
    mask = ball(grid, CENTRE, 9.0)
    spiked = added(
        mask, swept(Stroke(points_lps_mm=(CENTRE, (20.0, -1.5, 2.0)), radius_mm=1.2), grid)
    )
    even = smoothed(spiked, 2.0, grid)
    assert spiked.on(grid)[points_index(grid, (18.0, -1.5, 2.0))]
    assert not even.on(grid)[points_index(grid, (18.0, -1.5, 2.0))]
    assert even.volume_ml == pytest.approx(spiked.volume_ml, rel=0.01)


def points_index(grid: Grid, point: tuple) -> tuple[int, int, int]:
    i, j, k = np.rint(grid.index_from_lps(point)).astype(int)
    return int(k), int(j), int(i)


def test_islands_are_told_apart_by_volume_and_place() -> None:
    grid = grid_of("oblique")
    large, small = ball(grid, (9.0, 0.0, 0.0), 6.0), ball(grid, (-9.0, 5.0, 3.0), 3.0)
    both = added(large, small)
    assert np.array_equal(points(largest_island(both)), points(large))
    assert np.array_equal(points(without_islands_below(both, 0.3)), points(large))
    assert without_islands_below(both, 0.05) is both
    assert not without_islands_below(both, 10.0).inside.any()
    assert np.array_equal(points(island_at(both, (-9.0, 5.0, 3.0))), points(small))
    assert island_at(both, (0.0, 20.0, 0.0)) is None
    assert largest_island(large) is large


def test_enclosed_holes_are_filled_and_open_ones_left() -> None:
    grid = grid_of("permuted")
    whole = ball(grid, CENTRE, 9.0)
    hollow = taken_away(whole, ball(grid, (5.0, -2.0, 1.0), 3.0))
    assert np.array_equal(holes_filled(hollow).on(grid), whole.inside)
    drilled = taken_away(
        hollow,
        swept(Stroke(points_lps_mm=((5.0, -2.0, 1.0), (25.0, -2.0, 1.0)), radius_mm=2.5), grid),
    )
    assert holes_filled(drilled) is drilled


@pytest.mark.parametrize("kind", ["plain", "permuted", "flipped"])
def test_slices_between_drawn_ones_follow_a_leaning_cone(kind: str) -> None:
    grid = grid_of(kind)
    p = centres_lps_mm(grid)
    # Leans toward the left and forward while it widens toward the head.
    radius = 8.0 + p[..., 2] / 6.0
    apart = np.hypot(p[..., 0] - p[..., 2] / 3.0, p[..., 1] + p[..., 2] / 6.0)
    cone = (apart <= radius) & (np.abs(p[..., 2]) <= 24.0)
    drawn = cone & (np.abs(p[..., 2] / 8.0 - np.rint(p[..., 2] / 8.0)) < 1e-6)
    made = filled_between(Mask(grid=grid, inside=drawn)).on(grid)
    assert np.count_nonzero(drawn) < 0.35 * np.count_nonzero(cone)
    assert np.array_equal(made & drawn, drawn)
    overlap = 2 * np.count_nonzero(made & cone) / (np.count_nonzero(made) + np.count_nonzero(cone))
    assert overlap > 0.96
    assert np.count_nonzero(made) == pytest.approx(np.count_nonzero(cone), rel=0.04)
    whole = Mask(grid=grid, inside=cone)
    assert filled_between(whole) is whole


def test_versions_of_a_mask_have_keys_of_their_own_and_one_in_common() -> None:
    second = next_key("anatomy.nii.gz:66", {"anatomy.nii.gz:66"})
    third = next_key(second, {second})
    assert len({"anatomy.nii.gz:66", second, third}) == 3
    assert first_key(third) == first_key(second) == "anatomy.nii.gz:66"
    assert first_key("plans.nii:GTV@2") == "plans.nii:GTV@2"
