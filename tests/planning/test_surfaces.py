"""The sub-voxel surface against planes, spheres and tubes whose surface is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.anatomy.risks import RiskStructure
from planning.anatomy.surfaces import Surface, boundary_points_lps_mm, outward_normal_lps
from planning.geometry import Grid, vec3
from planning.image import Mask
from planning.model.case import Role, Structure
from planning.model.needle import Trajectory

SPACING_MM = 0.5


def _grid(size: int = 80) -> Grid:
    return Grid(
        size_ijk=(size, size + 4, size + 8),
        spacing_mm=(SPACING_MM,) * 3,
        origin_lps_mm=(-20.0, -21.0, -22.0),
    )


def _mask(grid: Grid, signed_distance) -> Mask:
    index_kji = np.stack(np.indices(grid.shape_kji), axis=-1)
    points = grid.lps_from_index(index_kji[..., ::-1])
    return Mask(grid=grid, inside=signed_distance(points) < 0)


def _risk(mask: Mask) -> RiskStructure:
    return RiskStructure(
        structure=Structure(name="thing", role=Role.VESSEL, mask_id="thing"),
        risk_class="vessel",
        margin_mm=5.0,
        mask=mask,
        surface=Surface(data=boundary_points_lps_mm(mask)),
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_parallel_plane_is_found_exactly(axis: int) -> None:
    grid = _grid()
    face_mm = grid.origin_lps_mm[axis] + (20 + 0.5) * SPACING_MM
    mask = _mask(grid, lambda p: p[..., axis] - face_mm)
    start, end = np.zeros(3), np.zeros(3)
    start[axis], end[axis] = face_mm + 15.0, face_mm + 4.0
    nearest = _risk(mask).nearest(Trajectory(vec3(start), vec3(end)), needle_radius_mm=1.0)
    assert nearest.clearance_mm == pytest.approx(3.0, abs=0.1)
    assert nearest.depth_mm == pytest.approx(11.0, abs=0.05)


def _clearance_errors(signed_distance, rng: np.random.Generator, count: int) -> np.ndarray:
    """Measured less true clearance for random needles that stay outside."""
    mask = _mask(_grid(), signed_distance)
    risk = _risk(mask)
    errors = []
    while len(errors) < count:
        entry, tip = rng.uniform(-17.0, 17.0, (2, 3))
        on_axis = entry + np.linspace(0.0, 1.0, 400)[:, None] * (tip - entry)
        true = float(signed_distance(on_axis).min())
        if 1.5 < true < 12.0 and np.linalg.norm(tip - entry) > 5.0:
            nearest = risk.nearest(Trajectory(vec3(entry), vec3(tip)), needle_radius_mm=1.0)
            errors.append(nearest.clearance_mm + 1.0 - true)
    return np.array(errors)


def _sphere(centre, radius):
    return lambda p: np.linalg.norm(p - np.array(centre), axis=-1) - radius


def _oblique_plane(normal, offset):
    n = np.array(normal) / np.linalg.norm(normal)
    return lambda p: p @ n - offset


def _oblique_tube(direction, radius):
    d = np.array(direction) / np.linalg.norm(direction)
    return lambda p: np.linalg.norm(p - (p @ d)[..., None] * d, axis=-1) - radius


@pytest.mark.parametrize(
    "shape",
    [
        _sphere((1.1, -2.3, 0.7), 3.0),
        _sphere((1.1, -2.3, 0.7), 6.0),
        _oblique_plane((1.0, 1.0, 0.0), -9.0),
        _oblique_plane((0.3, -0.5, 0.8), -8.3),
        _oblique_plane((1.0, 0.08, 0.05), -9.1),
        _oblique_tube((0.4, 0.3, 1.0), 1.5),
        _oblique_tube((1.0, -0.7, 0.2), 4.0),
    ],
)
def test_curved_and_oblique_surfaces_are_found_within_a_voxel_and_nearly_unbiased(shape) -> None:
    errors = _clearance_errors(shape, np.random.default_rng(7), 60)
    assert np.abs(errors).max() < SPACING_MM
    assert abs(errors.mean()) < 0.15
    # Half a voxel is what judging takes off: after it no clearance is optimistic.
    assert (errors - SPACING_MM / 2).max() <= 0.0


def test_a_wire_one_voxel_thick_keeps_its_surface() -> None:
    grid = _grid(20)
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[:, 10, 10] = True
    points = boundary_points_lps_mm(Mask(grid=grid, inside=inside))
    centre = grid.lps_from_index((10, 10, 0))[:2]
    away = np.linalg.norm(points[:, :2] - centre, axis=1)
    assert away.min() >= SPACING_MM / 2 - 1e-9 or away.min() == 0.0
    assert np.isclose(away, SPACING_MM / 2).sum() >= 4 * grid.size_ijk[2]


def test_inside_is_negative_by_the_distance_to_the_surface() -> None:
    mask = _mask(_grid(), _sphere((0.0, 0.0, 0.0), 8.0))
    path = Trajectory((-15.0, 0.0, 0.0), (3.0, 0.0, 0.0))
    nearest = _risk(mask).nearest(path, needle_radius_mm=1.0)
    assert nearest.clearance_mm == pytest.approx(-8.0 - 1.0, abs=SPACING_MM)


def test_the_normal_points_out_of_the_mask() -> None:
    mask = _mask(_grid(), _sphere((0.0, 0.0, 0.0), 10.0))
    direction = np.array([0.6, 0.0, 0.8])
    normal = outward_normal_lps(mask.grid, mask.inside, vec3(10.0 * direction), 2.0)
    assert normal is not None
    assert normal @ direction > 0.998


def test_there_is_no_normal_far_from_any_surface() -> None:
    mask = _mask(_grid(), _sphere((0.0, 0.0, 0.0), 15.0))
    assert outward_normal_lps(mask.grid, mask.inside, (0.0, 0.0, 0.0), 1.0) is None


def _to_segment_mm(points: np.ndarray, entry: np.ndarray, tip: np.ndarray) -> np.ndarray:
    way = tip - entry
    share = np.clip((points - entry) @ way / (way @ way), 0.0, 1.0)
    return np.linalg.norm(points - entry - share[:, None] * way, axis=1)


@pytest.mark.parametrize("count", [1, 5, 40, 3000])
def test_the_point_nearest_to_a_segment_is_the_nearest_of_all(count: int) -> None:
    rng = np.random.default_rng(count)
    points = rng.normal(0.0, (30.0, 4.0, 12.0), (count, 3))
    turn = Rotation.from_rotvec((0.3, -1.1, 0.7))
    surface, turned = Surface(data=points), Surface(data=turn.apply(points) + 5.0)
    for _ in range(20):
        entry, tip = rng.normal(0.0, 40.0, (2, 3))
        length = float(np.linalg.norm(tip - entry))
        way = (tip - entry) / length
        distance, number = surface.nearest_to_segment(entry, way, length)
        all_of_them = _to_segment_mm(points, entry, tip)
        assert distance == pytest.approx(all_of_them.min(), abs=1e-9)
        assert number == int(all_of_them.argmin())
        moved = turned.nearest_to_segment(turn.apply(entry) + 5.0, turn.apply(way), length)
        assert moved == (pytest.approx(distance, abs=1e-9), number)
