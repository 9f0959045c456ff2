"""How much an image's noise is, how far it hangs together, and the like of it; no other change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

# Normal values: the standard deviation is this many times the median absolute value.
_SIGMA_PER_MEDIAN = 1.4826
_SCALES = np.linspace(0.0, 1.2, 49)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Noise as white noise under a Gaussian.

    Parameters
    ----------
    level : float
        Standard deviation, in the unit of the image.
    scales_voxels : tuple of float
        Standard deviation of the Gaussian along each array axis; at most 1.2.
    """

    level: float
    scales_voxels: tuple[float, float, float]


def noise_of(values: Float32Array, inside: BoolArray) -> Noise:
    """Return the noise of an image inside a mask; level 0 where the mask is too thin to tell.

    Second differences at a distance of one and of two voxels leave out levels and slopes. With
    ``c(d) = exp(-d^2 / 4 s^2)``, the correlation of white noise under a Gaussian of standard
    deviation s, their variance is ``level^2 (6 - 8 c(d) + 2 c(2 d))``: the ratio of both gives s,
    and that the level. Medians keep borders out. The middle one of the three axes' levels is taken.
    Texture finer than about three voxels counts as noise: nothing in one image tells the two apart.
    """
    levels, scales = [], []
    for axis in range(3):
        near, far = (_second_difference(values, inside, axis, step) for step in (1, 2))
        expected = [_variance(_SCALES, step) for step in (1, 2)]
        wanted = (far / near) ** 2 if near > 0.0 and far > 0.0 else 1.0
        scale = float(np.interp(wanted, expected[1] / expected[0], _SCALES))
        scales.append(scale)
        levels.append(near / float(np.sqrt(_variance(np.array([scale]), 1)[0])))
    return Noise(level=float(np.median(levels)), scales_voxels=(scales[0], scales[1], scales[2]))


def with_noise(values: Float32Array, noise: Noise, source: np.random.Generator) -> Float32Array:
    """Return an image with as much noise again as it has."""
    white = source.standard_normal(values.shape, dtype=np.float32)
    like = gaussian_filter(white, noise.scales_voxels, mode="wrap")
    spread = max(float(like.std()), 1e-6)
    return values + like * np.float32(noise.level / spread)


def _variance(scales: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Return the variance of second differences for noise of level 1."""
    width = 4.0 * np.maximum(scales, 1e-3) ** 2
    once, twice = (np.exp(-((d * step) ** 2) / width) for d in (1, 2))
    return np.asarray(6.0 - 8.0 * once + 2.0 * twice)


def _second_difference(values: Float32Array, inside: BoolArray, axis: int, step: int) -> float:
    """Return the robust standard deviation of ``a - 2 b + c`` along one axis."""
    image, mask = np.moveaxis(values, axis, 0), np.moveaxis(inside, axis, 0)
    if len(image) <= 2 * step:
        return 0.0
    low, middle, high = slice(None, -2 * step), slice(step, -step), slice(2 * step, None)
    valid = mask[low] & mask[middle] & mask[high]
    if not valid.any():
        return 0.0
    second = image[low] - 2.0 * image[middle] + image[high]
    return float(np.median(np.abs(second[valid]))) * _SIGMA_PER_MEDIAN
