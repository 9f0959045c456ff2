"""Bone whose density is known by formula, scanned in any pose and spacing; holds no assertions.

A bent shell with a spur and a ball beside it: alike from no two sides. The scans are computed where
each voxel lies in the patient, so a moved one is exact, not resampled.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.geometry import Grid, vec3
from planning.image import Patient, Series, Volume
from planning.imaging.transforms import RigidTransform, unmoved

LESION = np.array([10.0, -6.0, 4.0])
_EDGE_MM = 0.6


def hu_of(points_lps_mm: np.ndarray, *, bones: bool = True) -> np.ndarray:
    """Return the HU at points of the patient: a body of muscle in air, with bone in it."""
    x, y, z = np.moveaxis(points_lps_mm, -1, 0)
    body = _share(80.0 - np.hypot(x, y * 1.25))
    hu = -1000.0 + 1050.0 * body
    if bones:
        bent = np.hypot(x - 4.0 + 0.003 * z**2, (y + 4.0) * 1.4) - 34.0 - 0.12 * z
        wall = _share(2.5 - np.abs(bent)) * _share(48.0 - np.abs(z - 3.0))
        marrow = _share(-bent) * _share(48.0 - np.abs(z - 3.0))
        spur = _share(5.0 - np.hypot(y + 2.0 - 0.3 * x, z - 14.0)) * _share(30.0 - np.abs(x - 34.0))
        ball = _share(9.0 - np.linalg.norm(points_lps_mm - (-42.0, 26.0, -12.0), axis=-1))
        bone = np.maximum(np.maximum(wall, spur), ball)
        hu = hu + marrow * 40.0 * body + bone * 900.0
    return hu


def _share(depth_mm: np.ndarray) -> np.ndarray:
    return np.clip(0.5 + depth_mm / (2 * _EDGE_MM), 0.0, 1.0)


def scanned(
    moved: RigidTransform | None = None,
    *,
    height_mm: float = 110.0,
    slice_mm: float = 1.5,
    pixel_mm: float = 1.5,
    noise_hu: float = 20.0,
    seed: int = 1,
    bones: bool = True,
    gain: float = 1.0,
    frame: str = "planning",
    position_code: str = "HFS",
    patient: Patient | None = None,
    at_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Volume:
    """Return a CT of the patient after a motion; the middle of its grid follows `at_lps_mm`."""
    moved = moved or unmoved()
    size, slices = round(190.0 / pixel_mm), round(height_mm / slice_mm)
    sub = max(1, round(slice_mm))
    middle = moved.second_from_ct(np.array(at_lps_mm))
    spacing = (pixel_mm, pixel_mm, slice_mm)
    half = (np.array([size, size, slices]) - 1) / 2 * spacing
    grid = Grid(
        size_ijk=(size, size, slices),
        spacing_mm=spacing,
        origin_lps_mm=vec3(middle - half),
    )
    k, j, i = np.indices(grid.shape_kji, dtype=np.float64)
    values = np.zeros(grid.shape_kji)
    for part in range(sub):  # a thick slice averages over its thickness
        index = np.stack([i, j, k + (part + 0.5) / sub - 0.5], axis=-1)
        values += hu_of(moved.ct_from_second(grid.lps_from_index(index)), bones=bones) / sub
    values = np.where(values > 60.0, 60.0 + gain * (values - 60.0), values)
    values += np.random.default_rng(seed).normal(0.0, noise_hu, values.shape)
    return Volume(
        grid=grid,
        values=np.rint(np.clip(values, -1024, 3071)).astype(np.int16),
        frame_of_reference_uid=frame,
        series=Series(modality="CT", position_code=position_code, date="2026-11-23"),
        patient=patient or Patient(name="DOE^JANE", patient_id="0001", sex="F"),
    )


def with_metal(volume: Volume, points_lps_mm: np.ndarray) -> Volume:
    """Return the scan with metal, two voxels thick, at points."""
    values = volume.values.copy()
    index = np.rint(volume.grid.index_from_lps(points_lps_mm)).astype(int)
    for step in (0, 1):
        i, j, k = (np.clip(index + step, 0, np.array(volume.grid.size_ijk) - 1)).T
        values[k, j, i] = 3071
    return replace(volume, values=values)
