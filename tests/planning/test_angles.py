"""Angles of needles whose direction is known, in every position; signs name where the tip goes."""

from __future__ import annotations

import numpy as np
import pytest

from planning.model.case import Position
from planning.trajectories.angles import angles_deg, gantry_clearance_mm, incidence_deg

HEAD = (0.0, 0.0, 1.0)


def _direction(x: float, y: float, z: float) -> np.ndarray:
    return np.array([[x, y, z]]) / np.linalg.norm([x, y, z])


def test_a_tip_toward_the_head_has_a_positive_craniocaudal_angle() -> None:
    angles = angles_deg(_direction(0.0, -np.cos(0.2), np.sin(0.2)), HEAD, Position.PRONE)
    assert angles["craniocaudal_angle_deg"][0] == pytest.approx(np.degrees(0.2), abs=1e-9)
    assert angles["scan_plane_angle_deg"][0] == pytest.approx(np.degrees(0.2), abs=1e-9)
    assert angles["axial_angle_deg"][0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("y", [-1.0, 1.0])
def test_a_tip_toward_patient_left_has_a_positive_axial_angle_from_front_and_back(y: float) -> None:
    angles = angles_deg(_direction(np.tan(np.radians(25.0)), y, 0.0), HEAD, Position.SUPINE)
    assert angles["axial_angle_deg"][0] == pytest.approx(25.0, abs=1e-9)
    assert angles["gravity_angle_deg"][0] == pytest.approx(25.0, abs=1e-9)


def test_the_projected_angle_is_steeper_than_the_true_one_off_the_sagittal_plane() -> None:
    angles = angles_deg(_direction(1.0, -1.0, 0.5), HEAD, Position.PRONE)
    assert angles["sagittal_projection_angle_deg"][0] == pytest.approx(26.565, abs=1e-3)
    assert angles["craniocaudal_angle_deg"][0] == pytest.approx(19.471, abs=1e-3)


@pytest.mark.parametrize("position", [Position.LEFT_DECUBITUS, Position.RIGHT_DECUBITUS])
def test_on_the_side_the_vertical_runs_left_to_right(position: Position) -> None:
    toward_back = _direction(1.0, np.tan(np.radians(10.0)), 0.0)
    assert angles_deg(toward_back, HEAD, position)["gravity_angle_deg"][0] == pytest.approx(10.0)
    assert angles_deg(toward_back, HEAD, position)["axial_angle_deg"][0] == pytest.approx(80.0)


def test_without_a_position_there_is_no_angle_to_the_vertical() -> None:
    assert np.isnan(angles_deg(_direction(0, 1, 0), HEAD, None)["gravity_angle_deg"][0])


def test_the_scan_plane_angle_follows_the_slices_not_the_patient() -> None:
    tilted = (0.0, -np.sin(0.3), np.cos(0.3))
    along_slices = _direction(0.0, np.cos(0.3), np.sin(0.3))
    angles = angles_deg(along_slices, tilted, Position.SUPINE)
    assert angles["scan_plane_angle_deg"][0] == pytest.approx(0.0, abs=1e-9)
    assert angles["craniocaudal_angle_deg"][0] == pytest.approx(np.degrees(0.3), abs=1e-9)


def test_perpendicular_incidence_is_zero_and_grazing_ninety() -> None:
    normals = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    directions = np.vstack([_direction(0, -1, 0), _direction(1, 0, 0)])
    np.testing.assert_allclose(incidence_deg(directions, normals), [0.0, 90.0], atol=1e-9)


def test_the_hub_has_to_fit_into_the_bore() -> None:
    hub = np.array([[300.0, 0.0, 50.0], [0.0, 100.0, -20.0]])
    room = gantry_clearance_mm(hub, (0.0, 100.0, 0.0), bore_diameter_mm=700.0, room_mm=20.0)
    assert room[0] == pytest.approx(350.0 - np.hypot(300.0, 100.0) - 20.0)
    assert room[1] == pytest.approx(330.0)
    assert np.isnan(gantry_clearance_mm(hub, None, 700.0, 20.0)).all()
