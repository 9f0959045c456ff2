"""Where a needle may enter: evenly spread points on the skin; finds neither body nor targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from planning.anatomy.crossing import surface_shift
from planning.anatomy.faces import faces_between
from planning.anatomy.skin_kernel import block_sums, ends, nearest_to_middle
from planning.geometry import Float64Array, Grid, Vec3
from planning.image import Mask

BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]

_NORMAL_SCALE_MM = 4.0
_NORMAL_VOXEL_MM = 3.0
_LEAST_APART = 0.6
# Breaks ties between equally good points the same way however the image's axes run.
_TIE_LPS = np.array([1.0, 1.37, 1.83]) * 1e-5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinPoints:
    """Points on the body's surface, n of them, in an order that does not depend on the grid's axes.

    Parameters
    ----------
    points_lps_mm : ndarray, shape (n, 3)
        LPS mm, finer than a voxel.
    normals_lps : ndarray, shape (n, 3)
        Unit vectors out of the body.
    at_border : ndarray of bool, shape (n,)
        So near the border of the volume that it is no skin, cut faces of the body included.
    entry_side_ok : ndarray of bool, shape (n,)
        Facing away from the table; all true where the position is unknown.
    no_entry : ndarray of bool, shape (n,)
        Inside or within one voxel of a region that was marked as no entry.
    """

    points_lps_mm: Float64Array
    normals_lps: Float64Array
    at_border: BoolArray
    entry_side_ok: BoolArray
    no_entry: BoolArray


def skin_points(
    body: Mask,
    ct_grid: Grid,
    *,
    spacing_mm: float,
    border_mm: float,
    up_lps: Vec3 | None,
    entry_side_max_deg: float,
    no_entry: Mask | None = None,
) -> SkinPoints:
    """Return the body's surface, thinned to one point in each cube of a lattice.

    The lattice follows the grid's axes and hangs on the body, so that it moves with the patient.
    A point lies where the lightly smoothed body falls to one half: on a flat face along the grid
    exactly on the voxels' faces.

    Parameters
    ----------
    body : Mask
        On the lattice of the CT.
    spacing_mm : float
        Edge of the cubes.
    up_lps : Vec3 or None
        Direction away from the floor in the biopsy position.
    entry_side_max_deg : float
        Largest angle between outward normal and `up_lps` on the side that may be entered.
    """
    inside = body.inside if body.grid.matches(ct_grid) else body.on(ct_grid)
    faces = _thinned(_faces(inside), ct_grid, spacing_mm)
    index_kji = faces.index_kji + 0.0
    rows = np.arange(len(index_kji))
    index_kji[rows, faces.axis] += _shifts(inside, faces)
    points = ct_grid.lps_from_index(index_kji[:, ::-1])
    normals = _normals_lps(inside, ct_grid, index_kji)
    outward = np.array(ct_grid.direction_lps)[2 - faces.axis] * faces.outward[:, None]
    flat = faces.cut | ~np.isfinite(normals).all(axis=1)
    normals[flat] = outward[flat]
    near_border = ct_grid.border_distance_mm(points) <= border_mm
    return SkinPoints(
        points_lps_mm=points,
        normals_lps=normals,
        at_border=faces.cut | near_border,
        entry_side_ok=faces_up(normals, up_lps, entry_side_max_deg),
        no_entry=_touches(no_entry, points),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Faces:
    """Faces between an inside and an outside voxel.

    Parameters
    ----------
    index_kji : ndarray, shape (n, 3)
        Centre of the face.
    axis : ndarray of int, shape (n,)
        Array axis across the face.
    outward : ndarray, shape (n,)
        +1 where outside lies at the higher index, else -1.
    cut : ndarray of bool, shape (n,)
        Whether the volume ends there.
    """

    index_kji: Float64Array
    axis: IndexArray
    outward: Float64Array
    cut: BoolArray

    def __getitem__(self, chosen: IndexArray) -> _Faces:
        return _Faces(
            index_kji=self.index_kji[chosen],
            axis=self.axis[chosen],
            outward=self.outward[chosen],
            cut=self.cut[chosen],
        )


def _faces(inside: BoolArray) -> _Faces:
    parts = []
    for axis, voxels in enumerate(faces_between(inside)):
        body_low = inside[tuple(voxels.T)]
        parts.append(_one_side(voxels, axis, 0.5, np.where(body_low, 1.0, -1.0), cut=False))
        for end, side in ((0, -1.0), (inside.shape[axis] - 1, 1.0)):
            rim = np.argwhere(inside.take([end], axis=axis))
            rim[:, axis] = end
            parts.append(_one_side(rim, axis, side / 2.0, np.full(len(rim), side), cut=True))
    return _Faces(
        index_kji=np.concatenate([p.index_kji for p in parts]),
        axis=np.concatenate([p.axis for p in parts]),
        outward=np.concatenate([p.outward for p in parts]),
        cut=np.concatenate([p.cut for p in parts]),
    )


def _one_side(
    voxels_kji: IndexArray | Int32Array,
    axis: int,
    shift: float,
    outward: Float64Array,
    *,
    cut: bool,
) -> _Faces:
    index = voxels_kji.astype(np.float64)
    index[:, axis] += shift
    count = len(index)
    return _Faces(
        index_kji=index, axis=np.full(count, axis), outward=outward, cut=np.full(count, cut)
    )


def _thinned(faces: _Faces, grid: Grid, spacing_mm: float) -> _Faces:
    """Return the face nearest to the middle of each cube of a lattice, ordered by LPS position."""
    if len(faces.axis) == 0:
        return faces
    axes = np.array(grid.direction_lps)[::-1]
    tie = axes @ _TIE_LPS
    voxel_mm = np.array(grid.spacing_mm[::-1])
    low, high = (end * voxel_mm for end in ends(faces.index_kji))
    origin = (low + high) / 2.0 + tie
    chosen, off_centre = nearest_to_middle(faces.index_kji, voxel_mm, origin, tie, spacing_mm)
    places = faces.index_kji[chosen] * voxel_mm - origin
    stay = _apart(places, off_centre, _LEAST_APART * spacing_mm)
    chosen, places = chosen[stay], places[stay]
    order_lps = np.rint((places @ axes) / 1e-3)
    return faces[chosen[np.lexsort((faces.axis[chosen], *order_lps.T))]]


def _apart(places_mm: Float64Array, rank: Float64Array, least_mm: float) -> IndexArray:
    """Return which points stay when of every two that are too close the higher rank goes."""
    pairs = cKDTree(places_mm).query_pairs(least_mm, output_type="ndarray")
    undecided = np.ones(len(rank), dtype=np.bool_)
    stays = np.zeros(len(rank), dtype=np.bool_)
    while undecided.any():
        one, other = pairs.T
        loser = np.where(rank[one] < rank[other], other, one)
        beaten = np.zeros(len(rank), dtype=np.bool_)
        beaten[loser] = True
        winners = undecided & ~beaten
        stays |= winners
        undecided &= beaten
        near_winner = np.concatenate([other[winners[one]], one[winners[other]]])
        undecided[near_winner] = False
        pairs = pairs[undecided[one] & undecided[other]]
    return np.flatnonzero(stays)


def _shifts(inside: BoolArray, faces: _Faces) -> Float64Array:
    """Return how far from its face, in voxels along its axis, each surface point lies."""
    shifts = np.zeros(len(faces.axis))
    for axis in range(3):
        rows = np.flatnonzero((faces.axis == axis) & ~faces.cut)
        shifts[rows] = surface_shift(inside, faces.index_kji[rows], axis)
    return shifts


def _normals_lps(inside: BoolArray, grid: Grid, index_kji: Float64Array) -> Float64Array:
    """Return outward unit normals, the gradient of the smoothed body; NaN where there is none."""
    voxel_mm = np.array(grid.spacing_mm[::-1])
    factors = np.minimum(np.maximum(1, (_NORMAL_VOXEL_MM / voxel_mm).astype(int)), inside.shape)
    coarse_mm = voxel_mm * factors
    scale_mm = max(_NORMAL_SCALE_MM, 2.0 * float(voxel_mm.max()))
    sums = block_sums(inside, (int(factors[0]), int(factors[1]), int(factors[2])))
    smooth = ndimage.gaussian_filter(sums, scale_mm / coarse_mm, mode="nearest")
    place = (index_kji - (factors - 1) / 2.0) / factors
    gradient = np.empty((len(place), 3))
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = scale_mm / 2.0 / coarse_mm[axis]
        ahead, behind = (
            ndimage.map_coordinates(smooth, (place + s).T, order=1, mode="nearest")
            for s in (step, -step)
        )
        gradient[:, axis] = ahead - behind
    outward = -gradient[:, ::-1] @ np.array(grid.direction_lps)
    length = np.linalg.norm(outward, axis=1, keepdims=True)
    length[length == 0.0] = np.nan
    return np.asarray(outward / length)


def faces_up(normals_lps: Float64Array, up_lps: Vec3 | None, max_deg: float) -> BoolArray:
    """Tell which outward normals, shape (n, 3), lie within an angle of the way off the floor.

    All do where `up_lps` is None: the position is unknown.
    """
    if up_lps is None:
        return np.ones(len(normals_lps), dtype=np.bool_)
    upward = normals_lps @ np.array(up_lps)
    return np.asarray(upward >= np.cos(np.radians(max_deg)) - 1e-9)


def _touches(mask: Mask | None, points_lps_mm: Float64Array) -> BoolArray:
    """Tell which points lie inside or within one voxel of a mask."""
    found = np.zeros(len(points_lps_mm), dtype=np.bool_)
    if mask is None:
        return found
    widened = ndimage.binary_dilation(np.pad(mask.inside, 2), np.ones((3, 3, 3), dtype=np.bool_))
    index = np.rint(mask.grid.index_from_lps(points_lps_mm)).astype(np.int64) + 2
    valid = ((index >= 0) & (index < np.array(widened.shape[::-1]))).all(axis=1)
    i, j, k = index[valid].T
    found[valid] = widened[k, j, i]
    return found
