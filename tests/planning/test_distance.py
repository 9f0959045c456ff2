"""Compiled distance maps against brute force, a library's map and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import binary_erosion, gaussian_filter

from planning.anatomy.distance import signed_distance_mm

SPACING_KJI_MM = (1.7, 0.6, 0.9)


def _blobs(shape: tuple[int, int, int], seed: int, share: float) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)
    return noise > np.quantile(noise, 1.0 - share)


def _brute_force(inside: np.ndarray) -> np.ndarray:
    outermost = inside & ~binary_erosion(inside, np.ones((3, 3, 3)), border_value=1)
    sites = np.argwhere(outermost) * SPACING_KJI_MM
    places = np.argwhere(np.ones_like(inside)) * SPACING_KJI_MM
    away = np.linalg.norm(places[:, None] - sites, axis=2).min(axis=1).reshape(inside.shape)
    return np.where(inside, -away, away)


@pytest.mark.parametrize("share", [0.03, 0.3, 0.9])
def test_every_voxel_has_the_distance_of_the_nearest_outermost_one(share: float) -> None:
    inside = _blobs((9, 14, 21), 1, share)
    found = signed_distance_mm(inside, SPACING_KJI_MM)
    np.testing.assert_allclose(found, _brute_force(inside), atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_map_is_that_of_the_library_it_is_faster_than(seed: int) -> None:
    inside = _blobs((17, 33, 41), seed, 0.2)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(SPACING_KJI_MM[::-1])
    distance = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    found = signed_distance_mm(inside, SPACING_KJI_MM)
    np.testing.assert_allclose(found, sitk.GetArrayFromImage(distance), atol=1e-4)


def test_a_limit_changes_nothing_up_to_the_limit_and_shortens_nothing_beyond() -> None:
    inside = _blobs((15, 40, 50), 3, 0.3)
    every = signed_distance_mm(inside, SPACING_KJI_MM)
    limited = signed_distance_mm(inside, SPACING_KJI_MM, at_most_mm=3.0)
    near = np.abs(every) <= 3.0
    assert near.any()
    assert not near.all()
    np.testing.assert_array_equal(limited[near], every[near])
    assert (np.abs(limited[~near]) > 3.0).all()
    np.testing.assert_array_equal(limited > 0, every > 0)


def test_a_voxel_alone_is_the_centre_of_spheres() -> None:
    inside = np.zeros((7, 8, 9), dtype=np.bool_)
    inside[2, 3, 4] = True
    offset = (np.argwhere(np.ones_like(inside)) - (2, 3, 4)) * SPACING_KJI_MM
    found = signed_distance_mm(inside, SPACING_KJI_MM)
    np.testing.assert_allclose(found.ravel(), np.linalg.norm(offset, axis=1), atol=1e-5)


@pytest.mark.parametrize("full", [False, True])
def test_without_a_surface_everything_is_infinitely_far(*, full: bool) -> None:
    found = signed_distance_mm(np.full((3, 4, 5), full), SPACING_KJI_MM)
    np.testing.assert_array_equal(found, -np.inf if full else np.inf)
