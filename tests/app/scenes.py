"""Small images whose content is known exactly, for the window tests; no assertions."""

from __future__ import annotations

import numpy as np

from planning.geometry import Grid, vec3
from planning.image import Mask, Volume

SIZE_MM = 60.0


def grid_of(kind: str) -> Grid:
    """Return a grid around the LPS origin: plain, permuted, flipped, or oblique."""
    if kind == "plain":
        axes, spacing, size = np.eye(3), (1.0, 1.5, 2.0), (61, 41, 31)
    elif kind == "permuted":
        axes, spacing, size = np.eye(3)[[2, 0, 1]], (2.0, 1.0, 1.5), (31, 61, 41)
    elif kind == "flipped":
        axes, spacing, size = np.diag((-1.0, -1.0, 1.0)), (1.0, 1.5, 2.0), (61, 41, 31)
    else:
        turn, tilt = np.deg2rad(25.0), np.deg2rad(-15.0)
        about_z = np.array(
            ((np.cos(turn), -np.sin(turn), 0), (np.sin(turn), np.cos(turn), 0), (0, 0, 1))
        )
        about_x = np.array(
            ((1, 0, 0), (0, np.cos(tilt), -np.sin(tilt)), (0, np.sin(tilt), np.cos(tilt)))
        )
        axes, spacing, size = (about_z @ about_x).T, (1.2, 1.2, 1.5), (61, 61, 51)
    middle = (np.array(size) - 1) / 2.0 * np.array(spacing)
    return Grid(
        size_ijk=size,
        spacing_mm=spacing,
        origin_lps_mm=vec3(-(axes.T @ middle)),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


def centres_lps_mm(grid: Grid) -> np.ndarray:
    """Return the centre of every voxel, shape (k, j, i, 3)."""
    k, j, i = np.indices(grid.shape_kji)
    return grid.lps_from_index(np.stack((i, j, k), axis=-1))


def linear_volume(grid: Grid) -> Volume:
    """Return an image whose value is 3x - 5y + 7z everywhere: linear interpolation is exact."""
    values = centres_lps_mm(grid) @ np.array((3.0, -5.0, 7.0))
    return Volume(grid=grid, values=values.astype(np.float32))


def ball(grid: Grid, centre_lps_mm: tuple[float, float, float], radius_mm: float) -> Mask:
    """Return a ball on a grid."""
    away = centres_lps_mm(grid) - np.array(centre_lps_mm)
    return Mask(grid=grid, inside=(away**2).sum(axis=-1) <= radius_mm**2)


def marked_volume(grid: Grid, bright_lps_mm: tuple[float, float, float]) -> Volume:
    """Return a soft-tissue image with one bright ball, 4 mm in radius."""
    values = np.zeros(grid.shape_kji, dtype=np.int16)
    values[ball(grid, bright_lps_mm, 4.0).inside] = 1000
    return Volume(grid=grid, values=values)
