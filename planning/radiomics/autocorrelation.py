"""Whether near voxels of a lesion are alike (Moran's I, Geary's C); knows no shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfftn, next_fast_len, rfftn

from planning.geometry import Float64Array
from planning.radiomics.feature import Measured, Undefined


def autocorrelation(
    inside: NDArray[np.bool_], hu: Float64Array, spacing_mm: float
) -> dict[str, Measured]:
    """Return Moran's I and Geary's C of a lesion's voxels, by key.

    Every pair of voxels counts, weighted by one over the distance of their centres. The sums over
    pairs are convolutions with the weights, so Fourier transforms give them exactly: the arrays
    are padded until no voxel meets another one around the end.

    Source: IBSI reference manual, Moran's I index and Geary's C measure
    (doi 10.1148/radiol.2020191145).
    """
    values = hu[inside]
    keys = ("morph_moran_i", "morph_geary_c")
    if values.size < 2:
        return dict.fromkeys(keys, Undefined("one voxel has no neighbours"))
    if np.ptp(values) == 0.0:
        return dict.fromkeys(keys, Undefined("all intensities are equal"))
    from_mean = np.where(inside, hu - values.mean(), 0.0)
    weights = _Weights(inside.shape, spacing_mm)
    pairs = weights.around(inside.astype(np.float64))[inside]
    alike = weights.around(from_mean)[inside]
    z = from_mean[inside]
    total, squares = float(pairs.sum()), float(z @ z)
    together = float(z @ alike)
    # sum w (x_i - x_j)^2 = 2 (sum w z_i^2 - sum w z_i z_j), as the weights are symmetric
    apart = 2.0 * (float(z**2 @ pairs) - together)
    count = values.size
    return {
        "morph_moran_i": count / total * together / squares,
        "morph_geary_c": (count - 1) / (2.0 * total) * apart / squares,
    }


class _Weights:
    """One over the distance between any two voxels of a block, as a convolution."""

    def __init__(self, shape: tuple[int, ...], spacing_mm: float) -> None:
        self._shape = shape
        self._padded = [next_fast_len(2 * n - 1, real=True) for n in shape]
        apart = [np.minimum(np.arange(n), n - np.arange(n)) for n in self._padded]
        k, j, i = np.ix_(*apart)
        squares = k.astype(np.float64) ** 2 + j**2 + i**2
        squares[0, 0, 0] = np.inf  # a voxel is no neighbour of its own
        self._spectrum = rfftn(1.0 / (np.sqrt(squares) * spacing_mm))

    def around(self, values: Float64Array) -> Float64Array:
        """Return for every voxel of the block the weighted sum of all others' values."""
        spectrum = rfftn(values, self._padded) * self._spectrum
        whole = irfftn(spectrum, self._padded)
        return np.asarray(whole[tuple(slice(n) for n in self._shape)])
