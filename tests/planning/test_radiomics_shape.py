"""Shape features against closed forms: a ball, boxes, a slope of HU, every pair of voxels."""

from __future__ import annotations

from itertools import product
from math import pi, sqrt

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import elliprg

from planning.radiomics.autocorrelation import autocorrelation
from planning.radiomics.shape import _ellipsoid_area_mm2
from planning.radiomics.surface_mesh import surface_size, surface_vertices_mm
from tests.lesions import mask, numbers, settings, volume, voxels

RADIUS_MM = 20.0


@pytest.fixture(scope="module")
def ball():
    """Return the numbers of a ball with its centre off the lattice, in a slope of HU along x."""
    ct = volume((51, 51, 51), (1.0, 1.0, 1.0), lambda p: 1000.0 + 8.0 * p[..., 0])
    centre = np.array([0.3, -0.2, 0.4])
    lesion = mask(ct, lambda p: np.linalg.norm(p - centre, axis=-1) < RADIUS_MM)
    return numbers(ct, lesion, settings(1.0))


def test_a_ball_has_its_volume_and_diameter(ball):
    volume_mm3 = 4.0 / 3.0 * pi * RADIUS_MM**3
    assert ball["morph_volume"] == pytest.approx(volume_mm3, rel=3e-3)
    assert ball["morph_vol_approx"] == pytest.approx(volume_mm3, rel=3e-3)
    assert ball["morph_diam"] == pytest.approx(2.0 * RADIUS_MM, abs=1.0)


def test_a_ball_s_mesh_keeps_the_stairs_of_its_voxels(ball):
    """The vertices of a binary mask lie midway: the area is too large, never too small."""
    area_mm2 = 4.0 * pi * RADIUS_MM**2
    assert area_mm2 < ball["morph_area_mesh"] < 1.1 * area_mm2
    assert 0.9 < ball["morph_sphericity"] < 1.0


def test_a_ball_scatters_alike_in_all_directions(ball):
    axis_mm = 4.0 * RADIUS_MM / sqrt(5.0)  # the variance of a ball along a line is R^2 / 5
    for name in ("maj", "min", "least"):
        assert ball[f"morph_pca_{name}_axis"] == pytest.approx(axis_mm, rel=3e-3)
    assert ball["morph_pca_flatness"] == pytest.approx(1.0, abs=3e-3)
    assert ball["morph_vol_dens_aee"] == pytest.approx((sqrt(5.0) / 2.0) ** 3, rel=1e-2)
    assert 0.95 < ball["morph_vol_dens_conv_hull"] < 1.0
    assert ball["morph_vol_dens_aabb"] == pytest.approx(pi / 6.0, rel=2e-2)


def test_a_slope_of_hu_shifts_the_weighted_centre(ball):
    """Mean h + g x0 and shift g R^2 / 5 over that mean: the moments of a ball."""
    mean, slope = 1000.0 + 8.0 * 0.3, 8.0
    assert ball["stat_mean"] == pytest.approx(mean, abs=0.3)
    assert ball["stat_var"] == pytest.approx(slope**2 * RADIUS_MM**2 / 5.0, rel=5e-3)
    assert ball["stat_skew"] == pytest.approx(0.0, abs=1e-2)
    assert ball["morph_com"] == pytest.approx(slope * RADIUS_MM**2 / 5.0 / mean, rel=5e-3)


@pytest.mark.parametrize("size_ijk", [(1, 1, 1), (5, 1, 1), (4, 3, 1), (9, 5, 4)])
def test_a_box_has_the_bevelled_mesh_of_its_voxels(size_ijk):
    """Faces, edges of half a square, and one eighth of an octahedron at each corner."""
    a, b, c = size_ijk
    h = 1.5
    ct = volume((13, 12, 11), (h, h, h), 40.0)
    lesion = voxels(ct, (slice(2, 2 + c), slice(3, 3 + b), slice(1, 1 + a)))
    found = numbers(ct, lesion, settings(h, scales_mm=()))
    x, y, z = a - 1, b - 1, c - 1
    box_mm3 = a * b * c * h**3
    mesh_mm3 = (x * y * z + (x * y + y * z + z * x) + (x + y + z) / 2.0 + 1.0 / 6.0) * h**3
    mesh_mm2 = (2.0 * (x * y + y * z + z * x) + 2.0 * sqrt(2.0) * (x + y + z) + sqrt(3.0)) * h**2
    assert found["morph_volume"] == pytest.approx(mesh_mm3, rel=1e-12)
    assert found["morph_area_mesh"] == pytest.approx(mesh_mm2, rel=1e-12)
    assert found["morph_vol_approx"] == pytest.approx(box_mm3, rel=1e-12)
    assert found["morph_vol_dens_aabb"] == pytest.approx(mesh_mm3 / box_mm3, rel=1e-12)
    assert found["morph_vol_dens_conv_hull"] == pytest.approx(1.0, rel=1e-9)
    assert found["morph_area_dens_conv_hull"] == pytest.approx(1.0, rel=1e-9)
    across = max(sqrt((x + p) ** 2 + (y + q) ** 2 + (z + r) ** 2) for p, q, r in np.eye(3))
    assert found["morph_diam"] == pytest.approx(across * h, rel=1e-12)
    count = a * b * c
    for name, n in zip(("maj", "min", "least"), size_ijk, strict=True):
        variance = (n**2 - 1) / 12.0 * count / max(count - 1, 1)
        axis_mm = 4.0 * sqrt(variance) * h
        assert found[f"morph_pca_{name}_axis"] == pytest.approx(axis_mm, rel=1e-9)
    assert found["morph_integ_int"] == pytest.approx(40.0 * mesh_mm3, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_ragged_mesh_is_closed_and_does_not_know_its_axes(seed):
    """Half the voxels at random hold every case; moved along k a closed mesh keeps its volume."""
    inside = np.random.default_rng(seed).random((7, 9, 8)) < 0.5
    size = surface_size(inside, 0.8)
    for order, flipped in product([(0, 1, 2), (1, 2, 0), (2, 1, 0)], [(), (0,), (1, 2)]):
        turned = surface_size(np.flip(inside, flipped).transpose(order), 0.8)
        assert turned.area_mm2 == pytest.approx(size.area_mm2, rel=1e-12)
        assert turned.volume_mm3 == pytest.approx(size.volume_mm3, rel=1e-11)
    moved = surface_size(np.pad(inside, [(90, 0), (0, 0), (0, 0)]), 0.8)
    assert moved.volume_mm3 == pytest.approx(size.volume_mm3, rel=1e-11)


def test_voxels_that_share_only_an_edge_are_two_bodies():
    inside = np.zeros((2, 2, 1), dtype=np.bool_)
    inside[0, 0] = inside[1, 1] = True
    size = surface_size(inside, 1.0)
    assert size.area_mm2 == pytest.approx(2.0 * sqrt(3.0))
    assert size.volume_mm3 == pytest.approx(2.0 / 6.0)


def test_vertices_lie_midway_between_inside_and_outside():
    inside = np.zeros((3, 4, 5), dtype=np.bool_)
    inside[1, 2, 3] = True
    vertices = surface_vertices_mm(inside, 2.0)
    steps = np.concatenate([np.eye(3), -np.eye(3)])
    expected = np.array([2.0, 4.0, 6.0]) + steps
    assert np.allclose(sorted(vertices.tolist()), sorted(expected.tolist()))


def test_moran_and_geary_are_sums_over_all_pairs():
    rng = np.random.default_rng(3)
    inside = rng.random((6, 4, 7)) < 0.6
    hu = rng.normal(300.0, 40.0, inside.shape) + 20.0 * np.arange(7)
    x, places = hu[inside], np.argwhere(inside) * 1.5
    weight = cdist(places, places)
    weight[weight > 0] = 1.0 / weight[weight > 0]
    z, n = x - x.mean(), x.size
    moran = n / weight.sum() * (z @ weight @ z) / (z @ z)
    squares = (weight * (x[:, None] - x[None, :]) ** 2).sum()
    geary = (n - 1) / (2.0 * weight.sum()) * squares / (z @ z)
    found = autocorrelation(inside, hu, 1.5)
    assert found["morph_moran_i"] == pytest.approx(moran, rel=1e-9)
    assert found["morph_geary_c"] == pytest.approx(geary, rel=1e-9)


def test_the_manual_s_ellipsoid_series_is_the_area_of_a_ball_only():
    def true_area(a, b, c):
        return 4.0 * pi * elliprg((a * b) ** 2, (b * c) ** 2, (a * c) ** 2)

    assert _ellipsoid_area_mm2(3.0, 3.0, 3.0) == pytest.approx(4.0 * pi * 9.0)
    ratios = [_ellipsoid_area_mm2(*s) / true_area(*s) for s in ((5.0, 4.0, 4.0), (5.0, 5.0, 1.0))]
    assert ratios == pytest.approx([0.93, 1.46], abs=5e-3)
