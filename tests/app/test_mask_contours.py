"""Cutting masks by planes that turn: outlines where they belong, and nothing piling up."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.mask_contours import CutWindow, MaskContours, SharedContours
from app.rendering.needle_axes import needle_axes
from app.rendering.slice_geometry import view_axes
from planning.image import Mask
from planning.model.case import Position
from tests.app.scenes import ball, grid_of

CENTRE = (4.0, -3.0, 2.0)
DIRECTIONS = [(0.5, -0.8, 0.2), (-0.2, 0.3, 0.9), (0.9, 0.1, -0.4)]


def area(loops: list[np.ndarray]) -> float:
    """Area between outlines, holes taken off, by the odd-even rule of loops that nest once."""
    each = [abs(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1])) / 2.0 for p in loops]
    return 2.0 * max(each, default=0.0) - sum(each)


@pytest.mark.parametrize("kind", ["plain", "oblique"])
@pytest.mark.parametrize("sight", ["eye", "along_axial", "along_head"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_shell_is_cut_in_its_place_by_any_plane(kind, sight, direction):
    grid = grid_of(kind)
    inside = ball(grid, CENTRE, 15.0).inside & ~ball(grid, CENTRE, 7.0).inside
    contours = MaskContours(Mask(grid=grid, inside=inside))
    axes = needle_axes(sight, direction)
    loops = contours.loops_mm(axes, CENTRE)
    assert len(loops) == 2
    assert area(loops) == pytest.approx(np.pi * (15.0**2 - 7.0**2), rel=0.05)
    outer = max(loops, key=len)
    middle = (outer.min(axis=0) + outer.max(axis=0)) / 2.0
    expected = (np.dot(CENTRE, axes.right_lps), np.dot(CENTRE, axes.down_lps))
    assert middle == pytest.approx(expected, abs=1.0)
    beside = np.array(CENTRE) + 16.5 * np.array(axes.normal_lps)
    assert contours.loops_mm(axes, tuple(beside)) == []


def test_a_window_gives_the_same_outline_within_it_and_nothing_far_beyond():
    contours = MaskContours(ball(grid_of("plain"), CENTRE, 15.0))
    axes = needle_axes("eye", DIRECTIONS[0])
    x, y = np.dot(CENTRE, axes.right_lps), np.dot(CENTRE, axes.down_lps)
    window = CutWindow((x, y - 30.0), (x + 30.0, y + 30.0), 0.3)  # the right half
    (half,) = contours.loops_mm(axes, CENTRE, window)
    assert half[:, 0].min() > x - 3.0
    assert area([half]) == pytest.approx(np.pi * 15.0**2 / 2.0, rel=0.15)
    round_part = half[half[:, 0] > x + 3.0]
    assert np.linalg.norm(round_part - (x, y), axis=1) == pytest.approx(15.0, abs=1.2)
    elsewhere = CutWindow((x + 20.0, y), (x + 30.0, y + 9.0), 0.3)
    assert contours.loops_mm(axes, CENTRE, elsewhere) == []


def test_a_window_serves_what_lies_within_it_as_finely():
    window = CutWindow((0.0, 0.0), (10.0, 10.0), 0.5)
    assert window.covers(CutWindow((1.0, 1.0), (9.0, 10.0), 0.5))
    assert not window.covers(CutWindow((-1.0, 1.0), (9.0, 9.0), 0.5))
    assert not window.covers(CutWindow((1.0, 1.0), (9.0, 9.0), 0.2))


def test_thousands_of_planes_leave_nothing_behind():
    contours = MaskContours(ball(grid_of("plain"), CENTRE, 15.0))
    for angle in np.linspace(0.0, 1.0, 300):
        contours.loops_mm(needle_axes("eye", (np.sin(angle), -np.cos(angle), 0.3)), CENTRE)
    kept = vars(contours)
    assert all(len(v) <= 12 for v in kept.values() if isinstance(v, dict))
    for orientation in ("axial", "coronal", "sagittal"):
        for position in Position:
            assert contours.loops_mm(view_axes(orientation, position), CENTRE)
    assert all(len(v) <= 12 for v in kept.values() if isinstance(v, dict))


def test_views_share_prepared_masks_and_the_last_lets_go():
    shared, one, other = SharedContours(), object(), object()
    masks = [ball(grid_of("plain"), CENTRE, radius) for radius in (5.0, 6.0)]
    shared.keep(one, masks)
    shared.keep(other, masks)
    made = shared.of(masks[0])
    assert shared.of(masks[0]) is made
    shared.of(masks[1])
    assert len(shared) == 2
    shared.keep(one, ())
    assert shared.of(masks[0]) is made
    shared.keep(other, masks[1:])
    assert len(shared) == 1
    shared.keep(other, ())
    assert len(shared) == 0
    assert shared.of(masks[0]) is not shared.of(masks[0])
    assert len(shared) == 0
