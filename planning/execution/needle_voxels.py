"""The voxels about a needle, what they show and how far each is to be trusted; fits nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.execution.needle_lines import Line
from planning.execution.needle_profile import (
    STEP_MM,
    Profile,
    ring_lps_mm,
    sampled_hu,
    slice_width_mm,
)
from planning.geometry import Float64Array, box_around
from planning.image import Volume

BEFORE_TIP_MM = 7.0
# Of the shaft behind the tip, for fitting the tip alone.
TIP_MM = 12.0
_SHAFT_VOXELS = 1600
_ACROSS_MM = 4.5
# Misfit taken as ordinary: streaks and anatomy beside the needle, beam hardening that takes from
# metal where there is more of it, and a blur that is no Gaussian.
_MISFIT_HU = 100.0
_MISFIT_SHARE = 0.2
# Where something else lies beyond a voxel, as cortex does, some of it may be in the voxel.
_ASIDE_SHARE = 0.5
_ASIDE_STEPS = 5
# Metal is compared up to here only, as if every scale ended: above, hardening and cupping rule.
TOP_HU = 3000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voxels:
    """The voxels about a needle in its own directions, and what they show.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Across, across and along from the guessed tip backward, in mm.
    hu, ground_hu : ndarray, shape (n,)
        What they show, up to where the scale is taken to end, and what they would without metal.
    weight : ndarray, shape (n,)
        One over what they may be off by, in HU.
    normal : ndarray, shape (3,)
        Of the slices, in the needle's directions.
    """

    places: Float64Array
    hu: Float64Array
    weight: Float64Array
    ground_hu: Float64Array
    normal: Float64Array
    slice_mm: float


def voxels_about(control: Volume, line: Line, profile: Profile, length_mm: float) -> Voxels:
    """Return the voxels about a line that begins at a guessed tip and runs back along the shaft."""
    normal_lps = np.array(control.slice_normal_lps)
    slice_mm = slice_width_mm(control)
    aside, other = line.across()
    axes = np.stack([aside, other, line.direction])
    normal = axes @ normal_lps
    smear = float(np.hypot(normal[0], normal[1])) * slice_mm
    reach = _ACROSS_MM + 0.5 * smear
    ends = line.at(np.array([-BEFORE_TIP_MM, length_mm]))
    box = box_around(control.grid, ends, reach)
    k, j, i = np.indices(box.size_ijk[::-1]).reshape(3, -1)
    points = control.grid.lps_from_index(np.stack([i, j, k], axis=1) + np.array(box.low_ijk))
    places = (points - line.point) @ axes.T
    near = (
        (np.hypot(places[:, 0], places[:, 1]) <= reach)
        & (places[:, 2] >= -BEFORE_TIP_MM)
        & (places[:, 2] <= length_mm)
    )
    chosen = _thinned(np.flatnonzero(near), places[near, 2])
    places = places[chosen]
    hu = np.minimum(control.values[box.slices_kji].reshape(-1)[chosen], TOP_HU)
    smooth = ndimage.median_filter(profile.around_hu, 11, mode="nearest")
    ground = np.interp(places[:, 2], profile.s_mm, smooth)
    aside_hu = _aside_hu(control, line, places) - ground
    return Voxels(
        places=np.ascontiguousarray(places),
        hu=hu.astype(np.float64),
        weight=1.0 / (_MISFIT_HU + _MISFIT_SHARE * np.abs(hu) + _ASIDE_SHARE * np.abs(aside_hu)),
        ground_hu=ground,
        normal=normal,
        slice_mm=slice_mm,
    )


def _aside_hu(control: Volume, line: Line, places: Float64Array) -> Float64Array:
    """Return what lies beyond each voxel, seen from the axis: cortex, or a streak."""
    spokes = ring_lps_mm(control, line)
    s = np.arange(-BEFORE_TIP_MM, places[:, 2].max() + 2.0 * STEP_MM, STEP_MM)
    hu = sampled_hu(control, line.at(s)[:, None, :] + spokes, -1000.0)
    hu = ndimage.median_filter(hu, (_ASIDE_STEPS, 1), mode="nearest")
    angle = np.arctan2(places[:, 1], places[:, 0]) / (2.0 * np.pi) * len(spokes)
    own = [(places[:, 2] - s[0]) / STEP_MM, angle % len(spokes)]
    whole = np.concatenate([hu, hu[:, :1]], axis=1)
    beyond: Float64Array = ndimage.map_coordinates(whole, own, order=1, mode="nearest")
    share = np.minimum(1.0, np.hypot(places[:, 0], places[:, 1]) / _ACROSS_MM)
    middle = np.interp(places[:, 2], s, np.median(hu, axis=1))
    return np.asarray(middle + share * (beyond - middle))


def _thinned(chosen: NDArray[np.intp], s_mm: Float64Array) -> NDArray[np.intp]:
    """Return every voxel about the tip and enough of those along the shaft."""
    tip = s_mm <= TIP_MM
    shaft = chosen[~tip]
    stride = max(1, len(shaft) // _SHAFT_VOXELS)
    return np.concatenate([chosen[tip], shaft[::stride]])
