"""Scans made from another by a known rigid motion, as a scanner would make them; no assertions."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from planning.geometry import Grid, vec3
from planning.image import Volume
from planning.imaging.transforms import RigidTransform
from planning.imaging.volume_files import image_of

# Converting a whole CT takes as long as resampling a slab of it, and many are made of one.
_SOURCES: WeakKeyDictionary[Volume, sitk.Image] = WeakKeyDictionary()


def _source_of(volume: Volume) -> sitk.Image:
    if volume not in _SOURCES:
        _SOURCES[volume] = image_of(volume.values.astype(np.float32), volume.grid)
    return _SOURCES[volume]


def motion(shift_mm, turn_deg, about_lps_mm) -> RigidTransform:
    """Return a turn (Euler angles about x, y, z) about a point, then a shift."""
    rotation = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    about = np.array(about_lps_mm)
    return RigidTransform(
        rotation=rotation, shift_mm=vec3(about + np.array(shift_mm) - rotation @ about)
    )


def rescanned(
    volume: Volume,
    moved: RigidTransform,
    *,
    around_lps_mm,
    slab_mm: float,
    slice_mm: float,
    pixel_mm: float = 0.9,
    width_mm: float = 360.0,
    noise_hu: float = 15.0,
    seed: int = 1,
    frame: str = "today",
    interpolator: int = sitk.sitkBSpline3,
) -> Volume:
    """Return what a scanner sees of a moved patient: thick slices average, outside is air.

    Parameters
    ----------
    moved : RigidTransform
        From points of `volume` to where they lie in the new scan.
    around_lps_mm : array_like, shape (3,)
        In `volume`; the slab's middle.
    interpolator : int
        Of SimpleITK; linear is quicker, and blurs by half a voxel.
    """
    middle = moved.second_from_ct(np.array(around_lps_mm))
    size, slices = round(width_mm / pixel_mm), round(slab_mm / slice_mm)
    sub = max(1, round(slice_mm / 1.0))
    origin = middle - np.array([size - 1, size - 1, 0]) / 2 * pixel_mm
    origin[2] = middle[2] - slab_mm / 2 + slice_mm / sub / 2
    fine = Grid(
        size_ijk=(size, size, slices * sub),
        spacing_mm=(pixel_mm, pixel_mm, slice_mm / sub),
        origin_lps_mm=vec3(origin),
    )
    resample = sitk.ResampleImageFilter()
    resample.SetReferenceImage(image_of(np.zeros((1, 1, 1), np.uint8), fine))
    resample.SetSize(fine.size_ijk)
    resample.SetInterpolator(interpolator)
    resample.SetDefaultPixelValue(-1000.0)
    back = moved.inverse  # the resampler asks where a point of the new scan came from
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(back.rotation.ravel().tolist())
    transform.SetTranslation(back.shift_mm)
    resample.SetTransform(transform)
    values = sitk.GetArrayFromImage(resample.Execute(_source_of(volume)))
    values = values.reshape(slices, sub, size, size).mean(axis=1)
    if noise_hu:
        values = values + np.random.default_rng(seed).normal(0.0, noise_hu, values.shape)
    values = np.clip(values, -1024, 3071)
    origin[2] = middle[2] - slab_mm / 2 + slice_mm / 2
    grid = Grid(
        size_ijk=(size, size, slices),
        spacing_mm=(pixel_mm, pixel_mm, slice_mm),
        origin_lps_mm=vec3(origin),
    )
    return replace(
        volume,
        grid=grid,
        values=np.rint(values).astype(np.int16),
        frame_of_reference_uid=frame,
        series=replace(volume.series, modality="CT", position_code="HFP", series_uid="today"),
    )


def target_error_mm(found: RigidTransform, truth: RigidTransform, points_lps_mm) -> np.ndarray:
    """Return how far points land from where they should."""
    points = np.asarray(points_lps_mm).reshape(-1, 3)
    return np.linalg.norm(found.second_from_ct(points) - truth.second_from_ct(points), axis=1)
