"""Where the views that follow a needle lie: never mirrored, head on top, without jumps."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.needle_axes import (
    NEEDLE_SIGHTS,
    Framing,
    depth_of,
    needle_axes,
    needle_framing,
    orientation_of,
)
from app.rendering.slice_geometry import edge_letters
from planning.geometry import HEAD_LPS, unit, vec3
from planning.model.needle import Trajectory

DIRECTIONS = [
    vec3(unit(d)) for d in np.random.default_rng(7).normal(size=(60, 3)) if abs(unit(d)[2]) < 0.99
]
ODD = [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (0.01, 0.02, 0.9997), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]


@pytest.mark.parametrize("sight", NEEDLE_SIGHTS)
@pytest.mark.parametrize("direction", [*DIRECTIONS[:12], *ODD])
def test_axes_are_unit_at_right_angles_and_never_mirrored(sight, direction):
    axes = needle_axes(sight, direction)
    basis = np.array((axes.right_lps, axes.down_lps, axes.normal_lps))
    assert np.allclose(basis @ basis.T, np.eye(3))
    assert np.allclose(np.cross(axes.right_lps, axes.down_lps), axes.normal_lps)


@pytest.mark.parametrize("direction", [*DIRECTIONS, *ODD])
def test_the_eye_looks_along_and_the_others_hold_the_needle_entry_on_the_left(direction):
    along = unit(direction)
    assert np.allclose(needle_axes("eye", direction).normal_lps, along)
    for sight in ("along_axial", "along_head"):
        assert np.allclose(needle_axes(sight, direction).right_lps, along)
    first, second = (np.array(needle_axes(s, direction).normal_lps) for s in NEEDLE_SIGHTS[1:])
    assert float(first @ second) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_one_lies_as_near_to_the_axial_plane_as_a_plane_through_the_needle_can(direction):
    along = np.array(direction)
    one = unit(np.cross(along, (0.3, 0.5, 0.8)))
    turns = np.linspace(0.0, np.pi, 721)[:, None]
    normals = np.cos(turns) * one + np.sin(turns) * np.cross(along, one)
    nearest = np.abs(normals @ np.array(HEAD_LPS)).max()
    normal = np.array(needle_axes("along_axial", direction).normal_lps)
    assert normal[2] >= nearest - 1e-9  # and seen from the feet, as the axial view is


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_head_is_on_top_in_the_eye_and_in_the_upright_view(direction):
    for sight in ("eye", "along_head"):
        assert needle_axes(sight, direction).down_lps[2] < 0.0
        assert needle_axes(sight, direction).right_lps[2] == pytest.approx(
            0.0 if sight == "eye" else direction[2]
        )


def test_a_straight_needle_into_a_prone_patient_is_seen_as_the_letters_say():
    # From the back straight toward the front, seen from above: the patient's left is on the left.
    assert edge_letters(needle_axes("eye", (0.0, -1.0, 0.0))).left == "L"
    letters = edge_letters(needle_axes("along_axial", (0.0, -1.0, 0.0)))
    assert (letters.left, letters.right, letters.top, letters.bottom) == ("P", "A", "R", "L")
    letters = edge_letters(needle_axes("along_head", (0.0, -1.0, 0.0)))
    assert (letters.left, letters.right, letters.top, letters.bottom) == ("P", "A", "H", "F")


@pytest.mark.parametrize("sight", NEEDLE_SIGHTS)
def test_a_small_turn_of_the_needle_is_a_small_turn_of_the_view(sight):
    """All around the body, and from 80 degrees toward the feet to 80 toward the head."""
    for elevation in np.radians(np.linspace(-80.0, 80.0, 9)):
        angles = np.radians(np.arange(0.0, 360.0, 0.5))
        bases = []
        for angle in angles:
            way = np.cos(elevation) * np.array((np.cos(angle), np.sin(angle), 0.0))
            way[2] = np.sin(elevation)
            axes = needle_axes(sight, way)
            bases.append((axes.right_lps, axes.down_lps, axes.normal_lps))
        steps = np.abs(np.diff(np.array([*bases, bases[0]]), axis=0)).max()
        assert steps < 0.01


def path(depth_mm: float = 60.0) -> Trajectory:
    way = unit((0.4, -0.8, 0.2))
    return Trajectory((5.0, 40.0, 10.0), vec3(np.array((5.0, 40.0, 10.0)) + depth_mm * way))


@pytest.mark.parametrize("sight", NEEDLE_SIGHTS)
@pytest.mark.parametrize("size", [(500.0, 380.0), (206.0, 346.0), (900.0, 300.0)])
def test_all_that_matters_has_room(sight, size):
    needle = path()
    plane = needle_framing(sight, needle, 42.0).plane(size)
    ends = np.array((needle.entry_lps_mm, needle.at_depth_mm(42.0), needle.at_depth_mm(80.0)))
    screen = plane.screen_from_lps(ends)
    assert (screen >= 0.0).all()
    assert (screen <= size).all()
    assert np.abs(plane.depth_mm(ends[1])) < 1e-9
    if sight == "eye":
        assert min(size) * plane.mm_per_pixel >= 60.0 - 1e-9
        assert screen[1] == pytest.approx(np.array(size) / 2.0)
    else:
        assert np.abs(plane.depth_mm(ends)).max() < 1e-9
        assert screen[0, 0] < screen[1, 0] < screen[2, 0]
        assert np.ptp(screen[:, 1]) < 1e-9


def test_pulling_the_tip_a_little_leaves_the_entry_where_it_is():
    places = []
    for depth_mm in (55.0, 57.0, 59.5):
        needle = path(depth_mm)
        plane = needle_framing("along_head", needle, 30.0).plane((500.0, 380.0))
        places.append(plane.screen_from_lps(needle.entry_lps_mm))
    assert np.ptp(places, axis=0).max() < 1e-6


def test_what_the_user_did_to_the_view_is_carried_to_where_the_needle_goes():
    before, after = needle_framing("eye", path(), 30.0), needle_framing("eye", path(), 50.0)
    touched = before.plane((400.0, 300.0)).zoomed(2.0, 100.0, 80.0).panned(7.0, -5.0)
    carried = after.carried(touched, before)
    assert carried.mm_per_pixel == touched.mm_per_pixel
    was = touched.screen_from_lps(before.depth_lps_mm)
    assert carried.screen_from_lps(after.depth_lps_mm) == pytest.approx(was)
    untouched = before.plane((400.0, 300.0))
    _same(after.carried(untouched, before), after)


def _same(plane, framing: Framing) -> None:
    fitted = framing.plane(plane.size_px)
    assert plane.centre_lps_mm == pytest.approx(fitted.centre_lps_mm)
    assert plane.mm_per_pixel == pytest.approx(fitted.mm_per_pixel)


def test_depth_beside_a_needle_is_counted_along_it():
    needle = path()
    aside = np.cross(needle.direction_lps, (0.0, 0.0, 1.0))
    assert depth_of(needle, vec3(np.array(needle.at_depth_mm(33.0)) + 8.0 * aside)) == (
        pytest.approx(33.0)
    )
    assert depth_of(needle, needle.at_depth_mm(-4.0)) == pytest.approx(-4.0)


def test_kinds_of_views_are_told_apart():
    assert orientation_of("axial") == "axial"
    assert [orientation_of(sight) for sight in NEEDLE_SIGHTS] == [None, None, None]
