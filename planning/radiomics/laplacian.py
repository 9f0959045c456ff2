"""The Laplacian-of-Gaussian filter in millimetres; makes no statistics of its answer."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d

from planning.geometry import Float64Array
from planning.radiomics.lesion_grid import LesionGrid

_TRUNCATED_AT = 4.0


def reach_mm(scale_mm: float, spacing_mm: float) -> float:
    """Return how far around a voxel the filter looks."""
    return _radius(scale_mm, spacing_mm) * spacing_mm


def laplacian_of_gaussian(lesion: LesionGrid, scale_mm: float) -> Float64Array:
    """Return the filter's answer inside the lesion, shape (n,), in HU per square millimetre.

    The Laplacian of the image smoothed by a Gaussian of standard deviation `scale_mm`: negative
    in bright blobs, not multiplied by the scale's square. The kernel is sampled on the lesion's
    grid and cut at four standard deviations; its sum is made exactly zero, because the cut leaves
    0.1 % of a constant, which is a whole unit in bone.

    Source: IBSI reference manual for filters, Laplacian of Gaussian
    (doi 10.48550/arXiv.2006.05470), which counts in voxels: its answers are these times the
    square of the grid's spacing.
    """
    sigma = scale_mm / lesion.spacing_mm
    radius = _radius(scale_mm, lesion.spacing_mm)
    place = np.arange(-radius, radius + 1)
    smooth = np.exp(-(place**2) / (2.0 * sigma**2))
    smooth /= smooth.sum()
    second = (place**2 / sigma**2 - 1.0) / scale_mm**2 * smooth
    second -= second.sum() * smooth
    # The filter does not see a constant; without it, equal HU give exactly zero.
    hu = lesion.hu - np.median(lesion.block_hu[lesion.inside])
    answer = np.zeros_like(hu)
    for along in range(3):
        image = hu
        for axis in range(3):
            kernel = second if axis == along else smooth
            image = correlate1d(image, kernel, axis, mode="nearest")
        answer += image
    core = tuple(slice(lesion.padding, lesion.padding + n) for n in lesion.inside.shape)
    return np.asarray(answer[core][lesion.inside])


def _radius(scale_mm: float, spacing_mm: float) -> int:
    return int(_TRUNCATED_AT * scale_mm / spacing_mm + 0.5)
