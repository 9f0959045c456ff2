"""Brings a lesion and its surroundings onto an isotropic grid; measures nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from planning.errors import FrameError, InputError
from planning.geometry import Box, Float64Array
from planning.image import Mask, Volume

VOLUME_CHANGE_TOLD = 0.05
"""Relative change of the lesion's volume by resampling from which on the user is told."""

_CUT_OFF = "the lesion reaches the edge of the scan and may go on beyond it"
_SAME_SPACING = 1e-4
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionGrid:
    """A lesion's voxels on an isotropic grid.

    Parameters
    ----------
    inside : ndarray of bool, shape (k, j, i)
        The lesion's own block.
    hu : ndarray of float
        `inside`'s block and `padding` voxels more on every side.
    room_mm : float
        Least distance from the lesion's block to the edge of the scan.
    method : str
        How it came to be, for people.
    """

    inside: NDArray[np.bool_]
    hu: Float64Array
    padding: int
    spacing_mm: float
    room_mm: float
    method: str

    @property
    def block_hu(self) -> Float64Array:
        """HU of the lesion's own block, same shape as `inside`."""
        core = tuple(slice(self.padding, self.padding + n) for n in self.inside.shape)
        return self.hu[core]


def lesion_grid(ct: Volume, mask: Mask, *, spacing_mm: float, around_mm: float) -> LesionGrid:
    """Return a lesion on a grid with the CT's axes and equal spacing along all of them.

    The grid is centred on the lesion's bounding box, so that it does not depend on the order or
    direction of the CT's axes. HU are interpolated linearly and rounded to whole numbers, as the
    IBSI manual asks for CT (doi 10.1148/radiol.2020191145); the mask takes the nearest voxel. A
    CT of that spacing is taken as it is.
    Beyond the scanned volume its outermost voxels are repeated.

    Parameters
    ----------
    around_mm : float
        How far beyond the lesion's block HU are needed.

    Raises
    ------
    InputError
        If the mask is empty, reaches beyond the CT, or lies on another lattice.
    FrameError
        If both carry a frame of reference and the two differ.
    """
    tight, low = _on_ct(ct, mask)
    spacing = np.array(ct.grid.spacing_mm[::-1])
    size = np.array(tight.inside.shape)
    native = np.abs(spacing - spacing_mm) <= _SAME_SPACING * spacing_mm
    step = np.where(native, 1.0, spacing_mm / spacing)
    new_size = np.maximum(np.ceil(size / step - _ROUNDING), 1.0).astype(np.int64)
    padding = int(np.ceil(around_mm / spacing_mm - _ROUNDING))
    first = (size - 1) / 2.0 - (new_size - 1) / 2.0 * step
    hu = _sampled(ct, first - padding * step + low, step, new_size + 2 * padding)
    if not native.all():
        # A tie goes up whatever the order in which the weights were added.
        hu = np.floor(hu + 0.5 + _ROUNDING)
    inside = _nearest_inside(tight.inside, first, step, new_size)
    voxel_ml = spacing_mm**3 / 1000.0
    room = np.minimum(low, np.array(ct.values.shape) - low - size)
    return LesionGrid(
        inside=inside,
        hu=hu,
        padding=padding,
        spacing_mm=spacing_mm,
        room_mm=float(np.min(room * spacing)),
        method="; ".join(
            (
                _grid_words(ct, spacing_mm, resampled=not native.all()),
                *_volume_words(mask.volume_ml, int(inside.sum()) * voxel_ml),
                *(() if room.all() else (_CUT_OFF,)),
            )
        ),
    )


def _on_ct(ct: Volume, mask: Mask) -> tuple[Mask, NDArray[np.int64]]:
    """Return the mask on its smallest block, and where (k, j, i) on the CT that begins."""
    here, there = mask.frame_of_reference_uid, ct.frame_of_reference_uid
    if here and there and here != there:
        message = "The lesion's mask lies in another frame of reference than the CT."
        raise FrameError(f"{message} Register the two images first.")
    tight = mask.cropped()
    if not tight.inside.any():
        raise InputError("The lesion's mask is empty. Give a mask with at least one voxel.")
    low_ijk = tight.grid.offset_in(ct.grid)
    if low_ijk is None:
        raise InputError("The lesion's mask lies on another grid than the CT. Resample it first.")
    low = np.array(low_ijk[::-1])
    if (low < 0).any() or (low + tight.inside.shape > ct.values.shape).any():
        raise InputError("The lesion's mask reaches beyond the CT. Cut it to the CT first.")
    return tight, low


def _nearest_inside(
    inside: NDArray[np.bool_], first: Float64Array, step: Float64Array, count: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return a mask at `count` places from continuous index `first` (k, j, i) on, `step` apart."""
    choices = [_nearest(*a) for a in zip(first, step, count, inside.shape, strict=True)]
    padded = np.pad(inside, 1)
    return np.asarray(np.any([padded[np.ix_(*index)] for index in product(*choices)], axis=0))


def _nearest(
    first: float, step: float, count: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the nearest voxel of each sample along one padded axis, twice.

    Of two equally near voxels that toward the middle of the axis. Both, one in each answer, for
    the sample in the middle: which of them comes first depends on the axis's direction.
    """
    place = first + np.arange(count) * step
    up, down = np.ceil(place - 0.5 - _ROUNDING), np.floor(place + 0.5 + _ROUNDING)
    middle = (size - 1) / 2.0
    one, other = (np.where(place > middle + r, up, down) for r in (-_ROUNDING, _ROUNDING))
    return (
        np.clip(one + 1.0, 0, size + 1).astype(np.int64),
        np.clip(other + 1.0, 0, size + 1).astype(np.int64),
    )


def _sampled(
    ct: Volume, first: Float64Array, step: Float64Array, count: NDArray[np.int64]
) -> Float64Array:
    """Return HU at `count` places from continuous CT index `first` (k, j, i) on, `step` apart."""
    room = np.array(ct.values.shape)
    last = first + (count - 1) * step
    low = np.clip(np.floor(first), 0, room - 1).astype(int)
    high = np.clip(np.ceil(last) + 1, low + 1, room).astype(int)
    block = Box(tuple(low[::-1].tolist()), tuple(high[::-1].tolist())).slices_kji
    return np.asarray(
        affine_transform(
            ct.values[block].astype(np.float64),
            step,
            offset=first - low,
            output_shape=tuple(count.tolist()),
            order=1,
            mode="nearest",
        )
    )


def _grid_words(ct: Volume, spacing_mm: float, *, resampled: bool) -> str:
    if not resampled:
        return f"grid {spacing_mm:g} mm, as scanned"
    scanned = " x ".join(f"{s:.3g}" for s in ct.grid.spacing_mm)
    return f"grid {spacing_mm:g} mm, from {scanned} mm: HU linear and rounded, mask nearest voxel"


def _volume_words(before_ml: float, after_ml: float) -> tuple[str, ...]:
    if abs(after_ml - before_ml) <= VOLUME_CHANGE_TOLD * before_ml:
        return ()
    return (f"the volume changed from {before_ml:.3g} to {after_ml:.3g} ml",)
