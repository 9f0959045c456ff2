"""Pixels, outlines and surfaces come from the right place in the patient, however voxels lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.rendering.mask_contours import MaskContours
from app.rendering.mask_picture_kernel import columns_within
from app.rendering.needle_axes import needle_axes
from app.rendering.slice_geometry import SlicePlane, view_axes
from app.rendering.slice_image import (
    OUTSIDE_HU,
    GreyScale,
    disc_values,
    hu_at,
    telling_ratio,
    volume_reslicer,
)
from app.rendering.slice_kernel import cut_plane
from app.rendering.surfaces import build_surface, build_surfaces
from planning.geometry import Grid
from planning.image import Mask, Volume
from planning.model.case import Position
from planning.progress import Cancelled, Progress
from tests.app.scenes import ball, grid_of, linear_volume

KINDS = ("plain", "permuted", "flipped", "oblique")
ORIENTATIONS = ("axial", "coronal", "sagittal")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_every_pixel_shows_the_value_of_its_place(kind, orientation, ratio):
    plane = SlicePlane(
        axes=view_axes(orientation, Position.PRONE),
        centre_lps_mm=(2.3, -1.7, 3.1),
        mm_per_pixel=0.7,
        size_px=(24.0, 16.0),
    )
    pixels = volume_reslicer(linear_volume(grid_of(kind))).pixels(plane, ratio)
    assert pixels.shape == (16 * ratio, 24 * ratio)
    for row, col in ((0, 0), (3, 20), (15, 1)):
        place = plane.lps_from_screen((col + 0.5) / ratio, (row + 0.5) / ratio)
        expected = np.dot(place, (3.0, -5.0, 7.0))
        assert pixels[row, col] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sight", ["eye", "along_axial", "along_head"])
def test_a_plane_that_is_cut_quickly_is_the_same(kind, sight):
    grid = grid_of(kind)
    noise = np.random.default_rng(5).integers(-1000, 1500, grid.shape_kji).astype(np.int16)
    plane = SlicePlane(
        axes=needle_axes(sight, (0.3, -0.8, 0.45)),
        centre_lps_mm=(4.3, -6.7, 3.1),
        mm_per_pixel=0.7,
        size_px=(150.0, 90.0),  # beyond the volume on every side
    )
    for volume, rounding in ((Volume(grid=grid, values=noise), 1), (linear_volume(grid), 2e-3)):
        reslicer = volume_reslicer(volume)
        exact, quick = reslicer.pixels(plane, 0.8), reslicer.quick_pixels(plane, 0.8)
        assert quick.dtype == exact.dtype
        assert quick.shape == exact.shape
        inside = (exact > OUTSIDE_HU) & (quick > OUTSIDE_HU)
        assert 0.1 < inside.mean() < 0.95
        assert ((exact > OUTSIDE_HU) != (quick > OUTSIDE_HU)).mean() < 0.01  # only at its faces
        away = np.abs(exact[inside].astype(float) - quick[inside])
        assert away.max() <= rounding


def test_what_is_finer_than_the_voxels_tells_nothing():
    grid = grid_of("plain")
    axes = view_axes("axial", None)
    near = SlicePlane(
        axes=axes, centre_lps_mm=(0.0, 0.0, 0.0), mm_per_pixel=0.1, size_px=(9.0, 9.0)
    )
    assert telling_ratio(grid, near, 2.0) == pytest.approx(0.1 / (0.6 * 1.0))
    assert telling_ratio(grid, replace(near, mm_per_pixel=3.0), 2.0) == 2.0


def test_beyond_the_volume_is_darker_than_any_window():
    plane = SlicePlane(
        axes=view_axes("axial", None),
        centre_lps_mm=(500.0, 0.0, 0.0),
        mm_per_pixel=1.0,
        size_px=(5.0, 5.0),
    )
    assert (volume_reslicer(linear_volume(grid_of("plain"))).pixels(plane) == OUTSIDE_HU).all()


def test_nothing_is_written_past_a_picture_wherever_the_volume_lies():
    values = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    draw, rows, columns = np.random.default_rng(7), 6, 9
    beside = 0
    for _ in range(2000):
        first, across, down = draw.normal(0.0, (60.0, 1.0, 1.0), size=(3, 3)).T.copy()
        room = np.full((rows + 40, columns), 77, dtype=np.int16)
        first, across, down = (np.ascontiguousarray(way) for way in (first, across, down))
        cut_plane(values, first, across, down, -9.0, True, room[20 : 20 + rows])
        inside = room[20 : 20 + rows]
        assert np.all(room[:20] == 77)
        assert np.all(room[20 + rows :] == 77)
        assert np.all((inside == -9) | ((inside >= 0) & (inside < values.size)))
        beside += bool(np.all(inside == -9))
    assert 0 < beside < 2000, "some planes meet the volume, others pass beside it"


@pytest.mark.parametrize("step", [2.0, -2.0, 1e-3, -1e-3, 0.0])
def test_the_columns_within_are_among_those_asked_for(step):
    for first in (-1e6, -30.0, -0.5, 0.0, 3.0, 9.49, 9.5, 40.0, 1e6):
        low, high = columns_within(first, step, 10, 2, 8)
        assert 2 <= low <= high <= 8
        wanted = [c for c in range(2, 8) if -0.5 <= first + c * step <= 9.5]
        assert list(range(low, high)) == wanted or (step == 0.0 and first == 9.5)


def test_the_window_spreads_its_width_over_all_greys():
    hu = np.array([-1000, -190, 60, 310, 3000, -32768], dtype=np.int16)
    greys = GreyScale(60.0, 500.0).grey(hu)
    assert greys.tolist() == [0, 0, 128, 255, 255, 0]
    assert (GreyScale(60.0, 500.0).grey(hu.astype(np.float32)) == greys).all()


def test_hu_of_a_point_and_a_disc():
    grid = Grid(size_ijk=(20, 20, 5), spacing_mm=(1.0, 1.0, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
    values = np.zeros(grid.shape_kji, dtype=np.int16)
    values[2, 10, 10], values[2, 10, 11] = 100, 50
    volume = Volume(grid=grid, values=values)
    assert hu_at(volume, (10.4, 9.6, 6.9)) == 100.0
    assert hu_at(volume, (50.0, 0.0, 0.0)) is None
    axes = view_axes("axial", None)
    disc = disc_values(volume, axes, (10.0, 10.0, 6.0), 1.0)
    assert sorted(disc.tolist()) == [0, 0, 0, 50, 100]
    assert disc_values(volume, axes, (10.0, 10.0, 9.0), 1.0).max() == 0


def _area(loops: list[np.ndarray]) -> float:
    """Return the area by the odd-even rule, holes negative by nesting order of size."""
    areas = sorted(
        (abs(float(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]))) / 2.0 for p in loops),
        reverse=True,
    )
    return areas[0] - sum(areas[1:])


def test_an_outline_runs_on_the_faces_of_the_voxels():
    grid = Grid(size_ijk=(9, 8, 7), spacing_mm=(1.0, 2.0, 3.0), origin_lps_mm=(10.0, 20.0, 30.0))
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[3, 2:5, 1:6] = True
    contours = MaskContours(Mask(grid=grid, inside=inside))
    (loop,) = contours.loops_mm(view_axes("axial", None), (0.0, 0.0, 39.0))
    assert loop.min(axis=0) == pytest.approx((10.5, 23.0))
    assert loop.max(axis=0) == pytest.approx((15.5, 29.0))
    assert (loop[0] == loop[-1]).all()
    assert contours.loops_mm(view_axes("axial", None), (0.0, 0.0, 40.6)) == []
    # Prone: right on the screen is -x, down is -y.
    (loop,) = contours.loops_mm(view_axes("axial", Position.PRONE), (0.0, 0.0, 39.0))
    assert loop.min(axis=0) == pytest.approx((-15.5, -29.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_outline_of_a_shell_has_its_hole_and_its_place(kind, orientation):
    centre = (4.0, -3.0, 2.0)
    grid = grid_of(kind)
    inside = ball(grid, centre, 15.0).inside & ~ball(grid, centre, 7.0).inside
    axes = view_axes(orientation, Position.PRONE)
    loops = MaskContours(Mask(grid=grid, inside=inside)).loops_mm(axes, centre)
    assert len(loops) == 2
    assert _area(loops) == pytest.approx(np.pi * (15.0**2 - 7.0**2), rel=0.05)
    outer = max(loops, key=len)
    middle = (outer.min(axis=0) + outer.max(axis=0)) / 2.0
    expected = (np.dot(centre, axes.right_lps), np.dot(centre, axes.down_lps))
    assert middle == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [100_000, 600])
def test_a_surface_lies_where_the_mask_does(kind, budget):
    centre = (4.0, -3.0, 2.0)
    surface = build_surface(ball(grid_of(kind), centre, 14.0), triangles_at_most=budget)
    assert surface is not None
    radius = np.linalg.norm(surface.points_lps_mm - np.array(centre), axis=1)
    assert radius.mean() == pytest.approx(14.0, abs=0.8)
    assert surface.points_lps_mm.mean(axis=0) == pytest.approx(centre, abs=0.6)
    assert surface.triangles.max() < len(surface.points_lps_mm)
    if budget == 600:
        assert len(surface.triangles) < 1500


def test_surfaces_skip_what_is_empty_and_can_be_stopped():
    grid = grid_of("plain")
    empty = Mask(grid=grid, inside=np.zeros(grid.shape_kji, dtype=bool))
    masks = {"a": ball(grid, (0.0, 0.0, 0.0), 9.0), "b": empty}
    assert set(build_surfaces(masks)) == {"a"}
    with pytest.raises(Cancelled):
        build_surfaces(masks, progress=Progress(is_cancelled=lambda: True))
