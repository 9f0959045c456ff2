"""What a brush sweeps over: a disc in one slice plane, or a ball; knows no mouse and no mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Box, Float64Array, Grid, Vec3, unit
from planning.image import Mask, Volume

_TIE_MM = 1e-6
"""A plane halfway between two slices belongs to one of them, whatever rounding does."""

HuRange = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """The way of a round brush through the patient.

    Parameters
    ----------
    points_lps_mm : tuple of Vec3
        Where the middle of the brush was; it went straight from each to the next.
    radius_mm : float
    normal_lps : Vec3 or None
        Of the slice plane the brush stayed in: then it is a disc, and sweeps the voxels which that
        plane cuts. None for a ball.
    """

    points_lps_mm: tuple[Vec3, ...]
    radius_mm: float
    normal_lps: Vec3 | None = None


def swept(stroke: Stroke, room: Grid) -> Mask:
    """Return the voxels of `room` under a stroke, on the smallest block.

    A voxel is under the brush if its centre, seen along the plane's normal for a disc, lies within
    the radius of the brush's way. Between two points the brush leaves no gap, however far apart
    they are.
    """
    points = np.array(stroke.points_lps_mm)
    reach = _reach_ijk(stroke, room)
    whole = _block(points, reach, room)
    if whole is None:
        return Mask(grid=room.cropped((0, 0, 0), (1, 1, 1)), inside=np.zeros((1, 1, 1), np.bool_))
    inside = np.zeros(whole.of(room).shape_kji, dtype=np.bool_)
    starts = points[:-1] if len(points) > 1 else points
    ends = points[1:] if len(points) > 1 else points
    for start, end in zip(starts, ends, strict=True):
        part = _block(np.array((start, end)), reach, room)
        if part is not None:
            here = tuple(
                slice(s.start - w.start, s.stop - w.start)
                for s, w in zip(part.slices_kji, whole.slices_kji, strict=True)
            )
            inside[here] |= _under(start, end, stroke, part.of(room))
    return Mask(grid=whole.of(room), inside=inside)


def within_hu(mask: Mask, ct: Volume, hu: HuRange) -> Mask:
    """Return those voxels of a mask on the CT's lattice whose value lies in a range, ends included.

    The same object where all do.

    Raises
    ------
    ValueError
        If the two do not share one lattice.
    """
    overlap = mask.overlap(ct.grid)
    keeps = np.zeros(mask.grid.shape_kji, dtype=np.bool_)
    if overlap is not None:
        block, _ = overlap
        offset = mask.offset_kji(ct.grid)
        here = tuple(slice(b.start - o, b.stop - o) for b, o in zip(block, offset, strict=True))
        values = ct.values[block]
        keeps[here] = (values >= hu[0]) & (values <= hu[1])
    if not (mask.inside & ~keeps).any():
        return mask
    return Mask(
        grid=mask.grid,
        inside=mask.inside & keeps,
        frame_of_reference_uid=mask.frame_of_reference_uid,
    )


def _reach_ijk(stroke: Stroke, grid: Grid) -> Float64Array:
    """Return how far the brush reaches from its middle along the grid's axes, in voxels."""
    spacing, axes = np.array(grid.spacing_mm), np.array(grid.direction_lps)
    reach_mm = np.full(3, stroke.radius_mm)
    if stroke.normal_lps is not None:
        along = np.abs(axes @ unit(stroke.normal_lps))
        across = np.sqrt(np.clip(1.0 - along**2, 0.0, 1.0))
        reach_mm = stroke.radius_mm * across + _half_cut_mm(grid, stroke.normal_lps) * along
    return np.asarray(reach_mm / spacing)


def _half_cut_mm(grid: Grid, normal_lps: Vec3) -> float:
    """Return how far from a plane the centre of a voxel can be that the plane still cuts."""
    along = np.abs(np.array(grid.direction_lps) @ unit(normal_lps))
    return float(along @ np.array(grid.spacing_mm)) / 2.0


def _block(points_lps_mm: Float64Array, reach_ijk: Float64Array, grid: Grid) -> Box | None:
    """Return the voxels whose centres may be reached, or None if the grid has none of them."""
    index = grid.index_from_lps(points_lps_mm)
    low = np.maximum(np.floor(index.min(axis=0) - reach_ijk), 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0) + reach_ijk) + 1, grid.size_ijk).astype(int)
    if (low >= high).any():
        return None
    return Box((int(low[0]), int(low[1]), int(low[2])), (int(high[0]), int(high[1]), int(high[2])))


def _under(start: Float64Array, end: Float64Array, stroke: Stroke, grid: Grid) -> NDArray[np.bool_]:
    """Return which voxels of a block a straight piece of the stroke sweeps over."""
    k, j, i = np.indices(grid.shape_kji, dtype=np.float64)
    away = grid.lps_from_index(np.stack((i, j, k), axis=-1)) - start
    way = end - start
    near = np.ones(grid.shape_kji, dtype=np.bool_)
    if stroke.normal_lps is not None:
        normal = unit(stroke.normal_lps)
        half = _half_cut_mm(grid, stroke.normal_lps)
        depth = away @ normal
        near = (depth > -half - _TIE_MM) & (depth <= half - _TIE_MM)
        away = away - depth[..., None] * normal
        way = way - (way @ normal) * normal
    length = float(way @ way)
    share = np.clip(away @ way / length, 0.0, 1.0) if length > 0.0 else np.zeros(grid.shape_kji)
    apart = away - share[..., None] * way
    return np.asarray(near & ((apart**2).sum(axis=-1) <= stroke.radius_mm**2))
