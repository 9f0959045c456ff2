"""Faces and surface points of masks against plain array arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from planning.anatomy.faces import faces_between
from planning.anatomy.surface_kernel import surface_indices_ijk


def _mask(shape: tuple[int, int, int], seed: int) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.0)
    return noise > np.quantile(noise, 0.6)


# Widths about the eight voxels that are compared at once.
@pytest.mark.parametrize("shape", [(5, 7, 8), (6, 5, 13), (4, 9, 17), (1, 1, 3), (3, 1, 1)])
def test_there_is_a_face_wherever_neighbours_differ(shape: tuple[int, int, int]) -> None:
    inside = _mask(shape, sum(shape))
    for axis, found in enumerate(faces_between(inside)):
        first = np.moveaxis(inside, axis, 0)
        changes = np.moveaxis(first[1:] != first[:-1], 0, axis)
        np.testing.assert_array_equal(found, np.argwhere(changes))


@pytest.mark.parametrize("seed", range(3))
def test_the_surface_is_the_half_level_of_the_smoothed_mask(seed: int) -> None:
    inside = np.pad(_mask((9, 11, 14), seed), 3)
    level = gaussian_filter(inside.astype(np.float32), 0.7, truncate=3.0)
    expected = []
    for axis in range(3):
        face = np.argwhere(np.diff(np.moveaxis(inside, axis, 0), axis=0))
        near = np.moveaxis(level, axis, 0)
        low, high = near[tuple(face.T)], near[tuple((face + np.array([1, 0, 0])).T)]
        crosses = (low > 0.5) != (high > 0.5)
        share = np.full(len(face), 0.5)
        share[crosses] = ((0.5 - low) / (high - low))[crosses]
        assert crosses.any()
        place = np.moveaxis(face, 1, 0).astype(float)
        place[0] += share
        expected.append(np.insert(place[1:], axis, place[0], axis=0).T)
    found = surface_indices_ijk(inside)[:, ::-1]
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-5)
