"""How a plane cuts the band around a needle, against circles and ellipses known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.needle_cuts import crossing_of, cut_envelope
from app.rendering.slice_geometry import SlicePlane, ViewAxes, view_axes
from planning.geometry import vec3

AXIAL = view_axes("axial", None)
TUBE = ((0.0, 5.0), (40.0, 5.0), (80.0, 5.0))


def plane(point=(0.0, 0.0, 0.0), axes: ViewAxes = AXIAL) -> SlicePlane:
    made = SlicePlane(
        axes=axes, centre_lps_mm=(0.0, 0.0, 0.0), mm_per_pixel=0.5, size_px=(400.0, 400.0)
    )
    return made.through(point)


def in_mm(outline: np.ndarray) -> np.ndarray:
    """Return an outline in mm from the middle of the view."""
    return (outline - 200.0) * 0.5


def test_a_band_in_the_plane_is_as_wide_as_it_is():
    cone = ((0.0, 2.0), (60.0, 8.0))
    ends = ((-30.0, 0.0, 0.0), (20.0, 0.0, 0.0))
    outline = in_mm(cut_envelope(plane(), ends, cone))
    across, down = outline.T
    assert across.min() == pytest.approx(-30.0)
    assert across.max() == pytest.approx(30.0)  # past the tip as far as the band goes
    assert np.abs(down) == pytest.approx(2.0 + (across + 30.0) / 10.0, abs=1e-6)


def test_beside_the_needle_the_band_is_narrower_and_then_gone():
    ends = ((-30.0, 0.0, 0.0), (40.0, 0.0, 0.0))
    outline = in_mm(cut_envelope(plane((0.0, 0.0, 3.0)), ends, TUBE))
    assert np.abs(outline[:, 1]) == pytest.approx(4.0)
    assert len(cut_envelope(plane((0.0, 0.0, 5.1)), ends, TUBE)) == 0


def test_straight_across_it_is_a_circle_where_the_needle_goes_through():
    ends = ((4.0, -6.0, -50.0), (4.0, -6.0, 20.0))
    cone = ((0.0, 2.0), (100.0, 12.0))
    outline = in_mm(cut_envelope(plane(), ends, cone))
    assert np.linalg.norm(outline - (4.0, -6.0), axis=1) == pytest.approx(7.0)
    assert len(cut_envelope(plane((0.0, 0.0, 60.0)), ends, cone)) == 0
    assert len(cut_envelope(plane((0.0, 0.0, -51.0)), ends, cone)) == 0


@pytest.mark.parametrize("angle_deg", [3.0, 20.0, 50.0, 70.0])
def test_at_an_angle_it_is_an_ellipse(angle_deg):
    """A tube of radius 5 cut at an angle to its axis: half axes 5 and 5 / cos."""
    angle = np.radians(angle_deg)
    way = np.array((np.sin(angle), 0.0, np.cos(angle)))
    ends = (vec3(-40.0 * way), vec3(30.0 * way))
    across, down = in_mm(cut_envelope(plane(), ends, TUBE)).T
    assert (across * np.cos(angle) / 5.0) ** 2 + (down / 5.0) ** 2 == pytest.approx(1.0)
    assert across.max() == pytest.approx(5.0 / np.cos(angle), rel=0.01)
    assert down.max() == pytest.approx(5.0, rel=0.01)


def test_a_band_the_plane_misses_is_not_drawn():
    ends = ((0.0, 0.0, 30.0), (10.0, 0.0, 60.0))
    assert len(cut_envelope(plane(), ends, TUBE)) == 0
    assert len(cut_envelope(plane(), ((0.0, 0.0, -9.0), (0.0, 0.0, 9.0)), ())) == 0


def test_where_a_needle_goes_through_a_plane():
    found = crossing_of(plane((0.0, 0.0, 10.0)), ((0.0, 0.0, -20.0), (0.0, 3.0, 40.0)))
    assert found is not None
    assert found.depth_mm == pytest.approx(30.0 * np.hypot(60.0, 3.0) / 60.0)
    assert found.end_on
    slanted = crossing_of(plane(), ((0.0, 0.0, -20.0), (0.0, 30.0, 40.0)))
    assert slanted is not None
    assert not slanted.end_on
    assert crossing_of(plane(), ((0.0, 0.0, 3.0), (9.0, 1.0, 3.0))) is None
