"""What a CT shows along a line and around it: where metal stands alone, and how it bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from planning.execution.needle_lines import Line
from planning.execution.needle_metal import LEAST_HU
from planning.geometry import Float64Array, unit
from planning.image import Volume

STEP_MM = 0.5
_REACH_MM = 260.0
# Just outside the widest needle (8G: 2.1 mm) with its blur.
_RING_MM = 4.2
_DIRECTIONS = 12
_CORE_MM = 0.6
# Streaks, cortex and thick slices interrupt a needle; longer gaps are another thing.
_GAP_MM = 6.0
# Metal stands out of what surrounds it by this much at least, and by this share of what it does
# where it is seen best.
_CONTRAST_HU = 350.0
_CONTRAST_SHARE = 0.3
_PLANE_MM = 0.5
_PLANE_HALF_MM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """A CT along a line.

    Parameters
    ----------
    s_mm : ndarray, shape (n,)
        Places along the line, evenly apart; only those inside the CT.
    core_hu, around_hu : ndarray, shape (n,)
        Around is the median of a ring.
    contrast_hu : ndarray, shape (n,)
        Core over what lies on two opposite sides: nothing inside a plate or a thick rod.
    """

    s_mm: Float64Array
    core_hu: Float64Array
    around_hu: Float64Array
    contrast_hu: Float64Array

    def run(self) -> tuple[float, float] | None:
        """Return where the longest stretch of metal that stands alone begins and ends, in mm."""
        strong = self.contrast_hu >= _CONTRAST_HU
        metal = strong & (self.core_hu >= LEAST_HU)
        if not metal.any():
            return None
        typical = float(np.percentile(self.contrast_hu[metal], 75.0))
        metal &= self.contrast_hu >= _CONTRAST_SHARE * typical
        closed = ndimage.binary_closing(
            np.pad(metal, 20), np.ones(round(_GAP_MM / STEP_MM) + 1, dtype=np.bool_)
        )[20:-20]
        labels, count = ndimage.label(closed | metal)
        filled = ndimage.sum_labels(metal, labels, np.arange(1, count + 1))
        own = np.flatnonzero((labels == int(np.argmax(filled)) + 1) & metal)
        return float(self.s_mm[own[0]]), float(self.s_mm[own[-1]])

    def seen_from(self, s_mm: float, *, backward: bool) -> Profile:
        """Return the same with a place as 0, and the line running the other way if wanted."""
        step = -1 if backward else 1
        return Profile(
            s_mm=(step * (self.s_mm - s_mm))[::step],
            core_hu=self.core_hu[::step],
            around_hu=self.around_hu[::step],
            contrast_hu=self.contrast_hu[::step],
        )


def slice_width_mm(control: Volume) -> float:
    """Return how far apart the slices of a CT are."""
    axes = np.abs(np.array(control.grid.direction_lps) @ np.array(control.slice_normal_lps))
    return control.grid.spacing_mm[int(np.argmax(axes))]


def sampled_hu(control: Volume, points_lps_mm: Float64Array, beyond: float) -> Float64Array:
    """Return the CT between its voxels at (..., 3) points; `beyond` outside of it."""
    index = control.grid.index_from_lps(points_lps_mm)
    return np.asarray(
        ndimage.map_coordinates(
            control.values,
            np.moveaxis(index[..., ::-1], -1, 0),
            output=np.float64,
            order=1,
            mode="constant",
            cval=beyond,
        )
    )


def profile_along(control: Volume, line: Line) -> Profile:
    """Return the CT along a line, as far as the line runs in it."""
    s = np.arange(-_REACH_MM, _REACH_MM + STEP_MM, STEP_MM)
    s = s[control.grid.contains(line.at(s))]
    centre = line.at(s)
    around = ring_lps_mm(control, line)
    inner = around / np.linalg.norm(around, axis=1)[:, None] * _CORE_MM
    core = sampled_hu(control, centre[:, None, :] + np.pad(inner[::3], ((1, 0), (0, 0))), -1000.0)
    ring = sampled_hu(control, centre[:, None, :] + around, -1000.0)
    half = _DIRECTIONS // 2
    both_sides = np.minimum(ring[:, :half], ring[:, half:]).max(axis=1)
    core_hu = core.max(axis=1)
    return Profile(
        s_mm=s,
        core_hu=core_hu,
        around_hu=np.median(ring, axis=1),
        contrast_hu=core_hu - both_sides,
    )


def ring_lps_mm(control: Volume, line: Line, radius_mm: float = _RING_MM) -> Float64Array:
    """Return (n, 3) offsets of a ring across a line, wider where thick slices smear the needle."""
    aside, other = line.across()
    angle = np.arange(_DIRECTIONS) * 2.0 * np.pi / _DIRECTIONS
    spokes = np.cos(angle)[:, None] * aside + np.sin(angle)[:, None] * other
    smear = np.abs(spokes @ np.array(control.slice_normal_lps)) * slice_width_mm(control)
    return np.asarray(spokes * (radius_mm + smear)[:, None])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centres:
    """Where metal's middle lies in planes across a line.

    Parameters
    ----------
    s_mm : ndarray, shape (n,)
    offset_mm : ndarray, shape (n, 2)
        Along the line's two directions across.
    weight : ndarray, shape (n,)
        Metal's share; 0 where none is seen.
    """

    s_mm: Float64Array
    offset_mm: Float64Array
    weight: Float64Array


def centres_along(control: Volume, line: Line, start_mm: float, end_mm: float) -> Centres:
    """Return metal's centres in planes 1 mm apart, weighted by intensity over half of its peak."""
    aside, other = line.across()
    s = np.arange(start_mm, end_mm + 1e-9, 1.0)
    steps = np.arange(-_PLANE_HALF_MM, _PLANE_HALF_MM + 1e-9, _PLANE_MM)
    a, b = np.meshgrid(steps, steps, indexing="ij")
    near = np.hypot(a, b) <= _PLANE_HALF_MM
    a, b = a[near], b[near]
    points = line.at(s)[:, None, :] + a[:, None] * aside + b[:, None] * other
    hu = sampled_hu(control, points, -1000.0)
    ground = np.median(hu, axis=1)
    middle = np.hypot(a, b) <= 2.0
    peak = hu[:, middle].max(axis=1)
    metal = np.clip(hu - (0.6 * ground + 0.4 * peak)[:, None], 0.0, None)
    mass = metal.sum(axis=1)
    seen = (peak - ground >= _CONTRAST_HU) & (mass > 0.0)
    safe = np.where(mass > 0.0, mass, 1.0)
    offset = np.stack([metal @ a, metal @ b], axis=1) / safe[:, None]
    return Centres(s_mm=s, offset_mm=offset, weight=np.where(seen, 1.0, 0.0))


def straightened(line: Line, centres: Centres) -> Line:
    """Return the line through centres, those that stray left out step by step (Huber)."""
    if np.count_nonzero(centres.weight) < 5:
        return line
    design = np.stack([np.ones_like(centres.s_mm), centres.s_mm], axis=1)
    weight = centres.weight.copy()
    shift = np.zeros((2, 2))
    for _ in range(6):
        root = np.sqrt(weight)[:, None]
        shift, *_ = np.linalg.lstsq(design * root, centres.offset_mm * root, rcond=None)
        stray = np.linalg.norm(centres.offset_mm - design @ shift, axis=1)
        scale = max(0.1, 1.5 * float(np.median(stray[centres.weight > 0.0])))
        weight = centres.weight * np.minimum(1.0, scale / np.maximum(stray, 1e-9))
    aside, other = line.across()
    point = line.point + shift[0, 0] * aside + shift[0, 1] * other
    return Line(point, unit(line.direction + shift[1, 0] * aside + shift[1, 1] * other))
