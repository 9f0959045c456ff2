"""The sample's CT as another scan of the same patient, moved, with a needle or without; shows none.

What the manual's pictures of review and of today's scan are made with: the patient lies elsewhere,
and the needle ends a few millimetres beside the planned one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from planning.geometry import Float64Array, Vec3
from planning.image import Volume
from planning.imaging.volume_files import image_of
from planning.model.plan import Candidate

_TURN_RAD = tuple(np.deg2rad((2.0, -1.5, 3.0)).tolist())
_SHIFT_MM = (6.0, -4.0, 8.0)
_AIR_HU, _METAL_HU = -1000.0, 3000.0
_NEEDLE_RADIUS_MM = 1.5
_BESIDE_MM: Vec3 = (2.0, 1.0, -1.6)
"""How far the drawn needle's tip lies from the planned one, in the patient."""
_ALONG_SKIN_MM: Vec3 = (1.0, 0.0, 0.8)
_OUTSIDE_MM = 30.0
"""How much of the needle stands out of the skin."""


def write_todays_scan(ct: Volume, path: Path) -> Path:
    """Write the CT as the patient lies today; return the path."""
    return _write(_resampled(ct, ct.values.astype(np.float32)), path)


def write_control_ct(ct: Volume, planned: Candidate, path: Path) -> Path:
    """Write a control CT with a fired needle a little beside a planned one; return the path."""
    entry = np.add(planned.trajectory.entry_lps_mm, _ALONG_SKIN_MM)
    tip = np.add(planned.trajectory.tip_lps_mm, _BESIDE_MM)
    outward = (entry - tip) / np.linalg.norm(entry - tip)
    values = ct.values.astype(np.float32)
    _draw(ct, values, entry + _OUTSIDE_MM * outward, tip)
    return _write(_resampled(ct, values), path)


def _draw(ct: Volume, values: NDArray[np.float32], start: Float64Array, end: Float64Array) -> None:
    """Fill every voxel whose centre lies in the needle."""
    corners = np.stack([ct.grid.index_from_lps(start), ct.grid.index_from_lps(end)])
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 4, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 5, ct.grid.size_ijk)
    block = tuple(slice(a, b) for a, b in zip(low[::-1], high[::-1], strict=True))
    k, j, i = np.mgrid[block]
    points = ct.grid.lps_from_index(np.stack([i, j, k], axis=-1).astype(float))
    axis = end - start
    share = np.clip((points - start) @ axis / (axis @ axis), 0.0, 1.0)
    away = np.linalg.norm(points - (start + share[..., None] * axis), axis=-1)
    values[block] = np.where(away < _NEEDLE_RADIUS_MM, _METAL_HU, values[block])


def _resampled(ct: Volume, values: NDArray[np.float32]) -> sitk.Image:
    image = image_of(values, ct.grid)
    middle = image.TransformContinuousIndexToPhysicalPoint([n / 2 for n in image.GetSize()])
    motion = sitk.Euler3DTransform(middle, *_TURN_RAD, _SHIFT_MM)
    moved = sitk.Resample(
        image, image, motion.GetInverse(), sitk.sitkLinear, _AIR_HU, sitk.sitkFloat32
    )
    return sitk.Cast(sitk.Round(moved), sitk.sitkInt16)


def _write(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path
