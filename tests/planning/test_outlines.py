"""Outlines of pixels: filling them, alone or together, gives the very same pixels back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from planning.handover.outlines import outlines
from planning.imaging.polygons import filled


def area(corners: np.ndarray) -> float:
    """Return the signed area of a polygon."""
    x, y = corners.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0


def back(polygons, shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels whose centres the polygons hold."""
    return filled(list(polygons), (0, 0), shape[::-1])


def test_one_pixel_is_a_square_on_its_faces():
    inside = np.zeros((4, 5), dtype=bool)
    inside[2, 3] = True
    (square,) = outlines(inside)
    assert sorted(map(tuple, square)) == [(2.5, 1.5), (2.5, 2.5), (3.5, 1.5), (3.5, 2.5)]
    assert outlines(np.zeros((3, 3), dtype=bool)) == ()


def test_straight_edges_have_no_corners_between():
    inside = np.zeros((30, 40), dtype=bool)
    inside[3:20, 5:33] = True
    (rectangle,) = outlines(inside)
    assert len(rectangle) == 4
    assert area(rectangle) == 17 * 28


def test_pixels_that_touch_by_a_corner_are_two_parts_and_their_gap_is_no_hole():
    rising = np.array([[0, 1], [1, 0]], dtype=bool)
    for inside in (rising, rising[::-1]):
        assert [area(p) for p in outlines(inside)] == [1.0, 1.0]
    ring = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    assert len(outlines(ring)) == 4


def test_a_hole_is_joined_by_a_channel_without_width():
    inside = np.ones((9, 12), dtype=bool)
    inside[3:5, 4:7] = False
    inside[6, 9] = False
    (outline,) = outlines(inside)
    assert area(outline) == 9 * 12 - 7
    assert np.array_equal(back([outline], inside.shape), inside)


@pytest.mark.parametrize("seed", range(40))
def test_any_pixels_come_back(seed):
    rng = np.random.default_rng(seed)
    for _ in range(12):
        shape = tuple(int(n) for n in rng.integers(1, 17, 2))
        inside = rng.random(shape) < rng.uniform(0.05, 0.95)
        polygons = outlines(inside)
        assert np.array_equal(back(polygons, shape), inside)
        parts, count = ndimage.label(inside)
        assert len(polygons) == count, "one polygon for each part"
        assert sum(area(p) for p in polygons) == inside.sum(), "all turn the same way"
        # Readers that fill each outline by itself and add them up get the same.
        alone = [back([p], shape) for p in polygons]
        assert sum(a.astype(int) for a in alone).max(initial=0) <= 1 if alone else True
        for one in alone:
            assert len(np.unique(parts[one])) == 1
