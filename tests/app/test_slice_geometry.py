"""Where slice views lie: axes, letters, mapping, scrolling, clipping."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.slice_geometry import (
    SlicePlane,
    clipped_to_slab,
    direction_letters,
    edge_letters,
    fitted_plane,
    scroll_of,
    scrolled,
    view_axes,
)
from planning.geometry import HEAD_LPS
from planning.model.case import UP_LPS, Position
from tests.app.scenes import grid_of

ORIENTATIONS = ("axial", "coronal", "sagittal")
KINDS = ("plain", "permuted", "flipped", "oblique")


@pytest.mark.parametrize(
    ("position", "left", "right", "top", "bottom"),
    [
        (None, "R", "L", "A", "P"),
        (Position.SUPINE, "R", "L", "A", "P"),
        (Position.PRONE, "L", "R", "P", "A"),
        (Position.RIGHT_DECUBITUS, "A", "P", "L", "R"),
        (Position.LEFT_DECUBITUS, "P", "A", "R", "L"),
    ],
)
def test_axial_lies_as_the_patient_lies(position, left, right, top, bottom):
    letters = edge_letters(view_axes("axial", position))
    assert (letters.left, letters.right, letters.top, letters.bottom) == (left, right, top, bottom)


@pytest.mark.parametrize("position", list(Position))
def test_axial_is_seen_from_the_feet_with_the_room_upright(position):
    axes = view_axes("axial", position)
    assert axes.normal_lps == HEAD_LPS
    assert np.allclose(np.negative(axes.down_lps), UP_LPS[position])


@pytest.mark.parametrize(
    ("orientation", "position", "expected"),
    [
        ("coronal", Position.SUPINE, "RLHF"),
        ("coronal", Position.PRONE, "LRHF"),
        ("coronal", Position.LEFT_DECUBITUS, "RLHF"),
        ("sagittal", Position.SUPINE, "APHF"),
        ("sagittal", Position.PRONE, "APHF"),
    ],
)
def test_coronal_and_sagittal_keep_the_head_on_top(orientation, position, expected):
    letters = edge_letters(view_axes(orientation, position))
    assert letters.left + letters.right + letters.top + letters.bottom == expected


@pytest.mark.parametrize("position", [Position.SUPINE, Position.PRONE])
def test_axial_and_coronal_agree_on_left_and_right(position):
    axial, coronal = view_axes("axial", position), view_axes("coronal", position)
    assert np.allclose(axial.right_lps, coronal.right_lps)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("position", list(Position))
def test_axes_are_never_mirrored(orientation, position):
    axes = view_axes(orientation, position)
    assert np.allclose(np.cross(axes.right_lps, axes.down_lps), axes.normal_lps)
    basis = np.array((axes.right_lps, axes.down_lps, axes.normal_lps))
    assert np.allclose(basis @ basis.T, np.eye(3))


def test_an_oblique_direction_has_two_letters():
    assert direction_letters((1.0, 0.0, 0.6)) == "LH"
    assert direction_letters((0.0, -1.0, 0.05)) == "A"


def _plane() -> SlicePlane:
    return SlicePlane(
        axes=view_axes("axial", Position.PRONE),
        centre_lps_mm=(5.0, -7.0, 11.0),
        mm_per_pixel=0.4,
        size_px=(300.0, 200.0),
    )


def test_screen_and_patient_map_back_and_forth():
    plane = _plane()
    for point in ((0.0, 0.0), (150.0, 100.0), (299.0, 13.5)):
        there = plane.lps_from_screen(*point)
        assert np.allclose(plane.screen_from_lps(there), point)
        assert float(plane.depth_mm(there)) == pytest.approx(0.0, abs=1e-9)
    assert plane.lps_from_screen(150.0, 100.0) == pytest.approx(plane.centre_lps_mm)
    # Prone: going right on the screen is going to the patient's right, -x.
    assert plane.lps_from_screen(160.0, 100.0)[0] == pytest.approx(5.0 - 4.0)


def test_zoom_keeps_the_point_under_the_pointer():
    plane = _plane()
    before = plane.lps_from_screen(30.0, 170.0)
    closer = plane.zoomed(2.5, 30.0, 170.0)
    assert np.allclose(closer.lps_from_screen(30.0, 170.0), before)
    assert closer.mm_per_pixel == pytest.approx(0.4 / 2.5)


def test_pan_moves_the_content_with_the_hand():
    plane = _plane()
    point = plane.lps_from_screen(100.0, 100.0)
    assert np.allclose(plane.panned(12.0, -5.0).screen_from_lps(point), (112.0, 95.0))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fitted_plane_shows_all_of_the_volume(orientation, kind):
    grid = grid_of(kind)
    plane = fitted_plane(grid, view_axes(orientation, None), (400.0, 250.0), (0.0, 0.0, 0.0))
    corners = plane.screen_from_lps(grid.corners_lps_mm())
    assert corners.min() >= 0.0
    assert (corners <= (400.0, 250.0)).all()
    assert float(plane.depth_mm((0.0, 0.0, 0.0))) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kind", ["plain", "permuted", "flipped"])
def test_scrolling_goes_from_slice_centre_to_slice_centre(kind):
    grid = grid_of(kind)
    scroll = scroll_of(grid, HEAD_LPS)
    assert (scroll.step_mm, scroll.count) == (2.0, 31)
    up = scrolled(grid, (3.3, 4.4, 0.7), HEAD_LPS, 1)
    assert up == pytest.approx((3.3, 4.4, 2.0))
    assert scrolled(grid, up, HEAD_LPS, 100)[2] == pytest.approx(30.0)
    assert scrolled(grid, up, HEAD_LPS, -100)[2] == pytest.approx(-30.0)


def test_scrolling_an_oblique_volume_follows_the_view():
    grid = grid_of("oblique")
    assert scroll_of(grid, HEAD_LPS).axis is None
    assert scrolled(grid, (1.0, 2.0, 3.0), HEAD_LPS, 2) == pytest.approx((1.0, 2.0, 5.4))
    assert scrolled(grid, (1.0, 2.0, 3.0), HEAD_LPS, 500) == (1.0, 2.0, 3.0)


def test_a_needle_is_clipped_to_the_slab():
    plane = _plane()
    through = clipped_to_slab(plane, ((0.0, 0.0, 1.0), (0.0, 20.0, 21.0)), 2.0)
    assert through is not None
    assert np.allclose(through, ((0.0, 8.0, 9.0), (0.0, 12.0, 13.0)))
    assert clipped_to_slab(plane, ((0.0, 0.0, 20.0), (5.0, 5.0, 14.0)), 2.0) is None
    inside = ((0.0, 0.0, 11.5), (9.0, 0.0, 11.5))
    assert clipped_to_slab(plane, inside, 2.0) == inside
    assert clipped_to_slab(plane, inside, 0.4) is None
