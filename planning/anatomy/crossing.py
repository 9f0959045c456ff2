"""Where the body's surface runs between its voxels, along an axis or a needle; thins nothing.

The surface is where the body, smoothed by a Gaussian of 0.7 voxel, falls to one half: on a flat
face along the grid that is exactly the voxels' face, and stairs are averaged elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from planning.geometry import Float64Array
from planning.image import Mask

BoolArray = NDArray[np.bool_]

_SMOOTHING_VOXELS = 0.7
_REACH_VOXELS = 3
_HALVINGS = 6
_BRACKET_VOXELS = 1.5
_WINDOW_MM = 15.0
_STEP_VOXELS = 0.25


def surface_shift(inside: BoolArray, faces_kji: Float64Array, axis: int) -> Float64Array:
    """Return how far from its face (voxels along `axis`) the surface crosses, at most half a voxel.

    0 where the smoothed body does not cross one half between the two voxel centres beside the
    face. Beyond its border the array goes on as it ends.

    Parameters
    ----------
    faces_kji : ndarray, shape (n, 3)
        Centres of faces between an inside and an outside voxel, across array axis `axis`.
    """
    profile = _profiles(inside, np.floor(faces_kji).astype(np.int64), axis)
    place = np.arange(1 - _REACH_VOXELS, _REACH_VOXELS + 1) - 0.5

    def excess(shift: Float64Array) -> Float64Array:
        return np.asarray((profile * _weights(place - shift[:, None])).sum(axis=-1) - 0.5)

    half = np.full(len(profile), 0.5)
    return _root(excess, -half, half)


def _profiles(inside: BoolArray, voxels_kji: NDArray[np.int64], axis: int) -> Float64Array:
    """Return the body, smoothed across, in the voxels along an axis from -2 to +3."""
    across = np.arange(-2, 3)
    along = np.arange(1 - _REACH_VOXELS, _REACH_VOXELS + 1)
    k, j, i = (
        np.clip(voxels_kji[:, a, None] + (along if a == axis else across), 0, size - 1)
        for a, size in enumerate(inside.shape)
    )
    block = inside[k[:, :, None, None], j[:, None, :, None], i[:, None, None, :]]
    weight = _weights(across.astype(np.float64))
    moved = np.moveaxis(block, 1 + axis, 1).astype(np.float64)
    return np.asarray(moved @ weight @ weight)


def _weights(offset_voxels: Float64Array) -> Float64Array:
    """Return the parts of a Gaussian at 0 that fall into unit voxels at the (..., n) offsets."""
    upper = ndtr((offset_voxels + 0.5) / _SMOOTHING_VOXELS)
    part = upper - ndtr((offset_voxels - 0.5) / _SMOOTHING_VOXELS)
    return np.asarray(part / part.sum(axis=-1, keepdims=True))


def _root(
    excess: Callable[[Float64Array], Float64Array], low: Float64Array, high: Float64Array
) -> Float64Array:
    """Return where `excess` changes sign between `low` and `high`, 0 where it does not.

    Brackets are halved a few times and then taken as straight.
    """
    at_low, at_high = excess(low), excess(high)
    crosses = (at_low > 0) != (at_high > 0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        at_middle = excess(middle)
        same = (at_middle > 0) == (at_low > 0)
        low, at_low = np.where(same, middle, low), np.where(same, at_middle, at_low)
        high, at_high = np.where(same, high, middle), np.where(same, at_high, at_middle)
    fall = np.where(crosses, at_low - at_high, 1.0)
    return np.where(crosses, low + (high - low) * at_low / fall, 0.0)


def skin_crossing(
    body: Mask, guesses_lps_mm: Float64Array, tips_lps_mm: Float64Array
) -> Float64Array:
    """Return where lines toward the tips pass from outside into the body, nearest to the guesses.

    Parameters
    ----------
    body : Mask
        On the whole grid of the CT: where the volume ends, the body goes on and there is no skin.
    guesses_lps_mm, tips_lps_mm : ndarray, shape (n, 3)
        Points near the skin and points inside, in LPS mm; the entry lies on the line through both.

    Returns
    -------
    ndarray, shape (n, 3)
        LPS mm; NaN where the line does not enter the body within 15 mm of the guess.
    """
    along = tips_lps_mm - guesses_lps_mm
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    step = _STEP_VOXELS * min(body.grid.spacing_mm)
    steps = np.arange(-_WINDOW_MM, _WINDOW_MM + step, step)
    start = body.grid.index_from_lps(guesses_lps_mm)[:, ::-1]
    per_mm = body.grid.index_from_lps(guesses_lps_mm + along)[:, ::-1] - start
    held = _nearest(body.inside, start[:, None] + steps[:, None] * per_mm[:, None])
    enters = ~held[:, :-1] & held[:, 1:]
    middle = steps[:-1] + step / 2.0
    depth = middle[np.argmin(np.where(enters, np.abs(middle), np.inf), axis=1)]
    depth += _half_level_shift(body.inside, start + depth[:, None] * per_mm, per_mm)
    depth[~enters.any(axis=1)] = np.nan
    return np.asarray(guesses_lps_mm + depth[:, None] * along)


def _half_level_shift(
    inside: BoolArray, index_kji: Float64Array, per_mm: Float64Array
) -> Float64Array:
    """Return how far along the line (mm) the smoothed body reaches one half, 0 if not nearby."""
    bracket = _BRACKET_VOXELS / np.abs(per_mm).max(axis=1)

    def excess(depth_mm: Float64Array) -> Float64Array:
        return _level(inside, index_kji + depth_mm[:, None] * per_mm) - 0.5

    return _root(excess, -bracket, bracket)


def _level(inside: BoolArray, index_kji: Float64Array) -> Float64Array:
    """Return the smoothed body at (n, 3) continuous indices."""
    around = np.arange(1 - _REACH_VOXELS, _REACH_VOXELS + 1)
    first = np.floor(index_kji).astype(np.int64)
    k, j, i = (
        np.clip(first[:, a, None] + around, 0, size - 1) for a, size in enumerate(inside.shape)
    )
    block = inside[k[:, :, None, None], j[:, None, :, None], i[:, None, None, :]]
    weight = [_weights(first[:, a, None] + around - index_kji[:, a, None]) for a in range(3)]
    return np.asarray(np.einsum("nkji,nk,nj,ni->n", block.astype(np.float64), *weight))


def _nearest(inside: BoolArray, index_kji: Float64Array) -> BoolArray:
    """Return the body at (..., 3) continuous indices, voxel by voxel."""
    k, j, i = (
        np.clip(np.rint(index_kji[..., a]).astype(np.int64), 0, size - 1)
        for a, size in enumerate(inside.shape)
    )
    return np.asarray(inside[k, j, i])
