"""Masks painted voxel by voxel: in their place on any plane, in their colours, outlined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.rendering.mask_picture import MaskPicture, PaintedMask
from app.rendering.needle_axes import needle_axes
from app.rendering.slice_geometry import SlicePlane, view_axes
from planning.image import Mask
from tests.app.scenes import ball, centres_lps_mm, grid_of

KINDS = ("plain", "permuted", "flipped", "oblique")
RIGHT, LEFT = (-13.0, 4.0, 6.0), (12.0, -3.0, -5.0)
RED, GREEN = (200, 40, 10), (20, 180, 60)


def painted(mask: Mask, rgb: tuple[int, int, int], fill: float = 0.4, line: float = 1.0):
    return PaintedMask(mask=mask, rgb=rgb, fill=fill, line=line)


def plane_through(point, sight: str, ratio: float = 1.0) -> SlicePlane:
    return SlicePlane(
        axes=needle_axes(sight, (0.4, -0.7, 0.35)),
        centre_lps_mm=point,
        mm_per_pixel=0.5 * ratio,
        size_px=(80.0 / ratio, 60.0 / ratio),
    )


def places_lps_mm(plane: SlicePlane, ratio: float, shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = np.indices(shape[:2])
    across = (columns + 0.5) / ratio - plane.size_px[0] / 2.0
    down = (rows + 0.5) / ratio - plane.size_px[1] / 2.0
    return (
        np.array(plane.centre_lps_mm)
        + plane.mm_per_pixel * across[..., None] * np.array(plane.axes.right_lps)
        + plane.mm_per_pixel * down[..., None] * np.array(plane.axes.down_lps)
    )


def nearest_voxels(mask: Mask, points: np.ndarray) -> np.ndarray:
    index = np.rint(mask.grid.index_from_lps(points)).astype(int)
    valid = ((index >= 0) & (index < mask.grid.size_ijk)).all(axis=-1)
    i, j, k = np.moveaxis(np.where(valid[..., None], index, 0), -1, 0)
    return valid & mask.inside[k, j, i]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sight", ["eye", "along_axial", "along_head"])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_every_pixel_is_that_of_its_nearest_voxel(kind, sight, ratio):
    # Cut along two faces, so that no mirroring or shift by a voxel would fit.
    mask = ball(grid_of(kind), RIGHT, 9.0)
    away = centres_lps_mm(mask.grid) - np.array(RIGHT)
    mask = replace(mask, inside=mask.inside & (away[..., 0] < 3.0) & (away[..., 2] > -5.0))
    plane = plane_through((RIGHT[0] + 1.0, RIGHT[1], RIGHT[2]), sight, ratio)
    for shown in (mask, mask.cropped()):
        pixels = MaskPicture([painted(shown, RED)]).pixels(plane, ratio)
        expected = nearest_voxels(mask, places_lps_mm(plane, ratio, pixels.shape))
        assert 300 < expected.sum() < 0.6 * expected.size
        np.testing.assert_array_equal(pixels[..., 3] > 0, expected)


def test_a_fill_has_an_outline_and_later_masks_lie_over_earlier_ones():
    grid = grid_of("plain")
    big, small = ball(grid, (0.0, 0.0, 0.0), 12.0), ball(grid, (4.0, 0.0, 0.0), 4.0)
    plane = SlicePlane(
        axes=view_axes("axial", None),
        centre_lps_mm=(0.0, 0.0, 0.0),
        mm_per_pixel=0.5,
        size_px=(61.0, 61.0),
    )
    picture = MaskPicture([painted(big, RED, fill=0.5, line=0.8), painted(small, GREEN, fill=0.0)])
    pixels = picture.pixels(plane, 1.0).astype(int)
    middle = pixels[30, 15]  # inside the big one only
    assert middle.tolist() == pytest.approx([0.5 * c for c in RED[::-1]] + [127.5], abs=1.0)
    left_edge = int(np.argmax(pixels[30, :, 3] > 0))
    edge = pixels[30, left_edge]
    assert edge.tolist() == pytest.approx([0.8 * c for c in RED[::-1]] + [204.0], abs=1.5)
    assert pixels[30, left_edge + 1].tolist() == middle.tolist(), "one pixel wide"
    green = (pixels[..., :3] == GREEN[::-1]).all(axis=-1)
    assert green.sum() > 15
    assert pixels[30, 38].tolist() == middle.tolist(), "not filled: what lies below is seen"


def test_where_the_view_ends_there_is_no_outline():
    mask = ball(grid_of("plain"), (0.0, 0.0, 0.0), 15.0)
    plane = SlicePlane(
        axes=view_axes("axial", None),
        centre_lps_mm=(0.0, 0.0, 0.0),
        mm_per_pixel=0.2,
        size_px=(20.0, 20.0),
    )
    pixels = MaskPicture([painted(mask, RED, fill=0.3, line=1.0)]).pixels(plane, 1.0)
    assert np.unique(pixels[..., 3]).tolist() == [round(255 * 0.3)]


def test_beside_a_plane_and_behind_the_view_nothing_is_painted():
    mask = ball(grid_of("oblique"), RIGHT, 5.0)
    away = plane_through((RIGHT[0] + 20.0, RIGHT[1], RIGHT[2]), "eye")
    assert not MaskPicture([painted(mask, RED)]).pixels(away, 1.0).any()
    assert not MaskPicture([]).pixels(away, 1.0).any()


def test_a_point_says_which_masks_it_lies_in():
    grid = grid_of("flipped")
    masks = [ball(grid, RIGHT, 6.0).cropped(), ball(grid, LEFT, 6.0), ball(grid, RIGHT, 3.0)]
    picture = MaskPicture([painted(mask, RED) for mask in masks])
    assert picture.inside_at(RIGHT) == (0, 2)
    assert picture.inside_at(LEFT) == (1,)
    assert picture.inside_at((0.0, 0.0, 0.0)) == ()
    assert picture.inside_at((900.0, 0.0, 0.0)) == ()
