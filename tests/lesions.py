"""Lesions of known form and intensity for the tests of radiomic features; asserts nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from planning.geometry import Grid
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case
from planning.radiomics.feature import Feature
from planning.radiomics.lesion_features import lesion_features
from planning.radiomics.settings import RadiomicSettings
from tests.phantoms import Phantom

Points = np.ndarray


def settings(grid_mm: float, *, scales_mm: tuple[float, ...] = (2.0, 4.0)) -> RadiomicSettings:
    return RadiomicSettings(
        grid_mm=grid_mm, bin_size_hu=25.0, lowest_bin_edge_hu=-1000.0, log_scales_mm=scales_mm
    )


def volume(
    size_ijk: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    hu: Callable[[Points], np.ndarray] | float,
) -> Volume:
    """Return a CT about the origin whose HU are a number or a function of (..., 3) LPS mm."""
    grid = Grid(
        size_ijk=size_ijk,
        spacing_mm=spacing_mm,
        origin_lps_mm=tuple(-(n - 1) / 2.0 * s for n, s in zip(size_ijk, spacing_mm, strict=True)),
    )
    values = np.broadcast_to(hu(points(grid)) if callable(hu) else hu, grid.shape_kji)
    return Volume(grid=grid, values=values.astype(np.float32))


def points(grid: Grid) -> Points:
    """Return the (k, j, i, 3) centres of a grid's voxels in LPS mm."""
    k, j, i = np.indices(grid.shape_kji)
    return grid.lps_from_index(np.stack([i, j, k], axis=-1))


def mask(ct: Volume, inside: Callable[[Points], np.ndarray]) -> Mask:
    return Mask(grid=ct.grid, inside=np.asarray(inside(points(ct.grid))))


def voxels(ct: Volume, *indices_kji: tuple[int | slice, int | slice, int | slice]) -> Mask:
    inside = np.zeros(ct.grid.shape_kji, dtype=np.bool_)
    for index in indices_kji:
        inside[index] = True
    return Mask(grid=ct.grid, inside=inside)


def phantom(ct: Volume, lesion: Mask) -> Phantom:
    """Return CT and lesion as a phantom that can be rearranged and moved."""
    case = Case(name="lesion", ct_id="ct")
    return Phantom(case, CaseImages(ct=ct, masks={"lesion": lesion}))


def measured(ct: Volume, lesion: Mask, how: RadiomicSettings) -> dict[str, Feature]:
    return {feature.key: feature for feature in lesion_features(ct, lesion, how)}


def numbers(ct: Volume, lesion: Mask, how: RadiomicSettings) -> dict[str, float | None]:
    return {key: feature.value for key, feature in measured(ct, lesion, how).items()}
