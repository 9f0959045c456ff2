"""How far apart the bone surfaces of two registered CTs are near a place; moves nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from planning.geometry import Float64Array, Vec3
from planning.imaging.bone_fit import Fit
from planning.imaging.bone_pictures import SOFT_HU, Picture

SURFACE_HU = 300.0
"""Where bone begins, between marrow or muscle (under 150 HU) and cortex blurred by its voxels."""
FARTHEST_MM = 15.0
"""A surface that has none of the other image within this counts as that far away."""

_MOST_POINTS = 30_000
_STEEP_SHARE = 0.3  # of the steepest: shallow slopes are marrow and noise, not a surface
_LEAST_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Distances from points of the fixed image's bone surface to the moving image's.

    Parameters
    ----------
    median_mm, p95_mm : float
        Of the distances.
    points : int
        How many points of the surface both images show.
    """

    median_mm: float
    p95_mm: float
    points: int


def residual_of(
    fixed: Picture, moving: Picture, fit: Fit, about_lps_mm: Vec3, reach_mm: float
) -> Residual | None:
    """Return how far the surfaces are apart within a reach; None where too little is in both.

    The surface lies where values reach `SURFACE_HU`, linearly between voxels; in the moving image
    at what the fit found to correspond. A distance runs to the plane of the nearest point of the
    other surface, and along it as far as that point is away beyond the spacing of the points.
    """
    level = SURFACE_HU - SOFT_HU
    points, normals = surface_points(fixed, level, steep=_STEEP_SHARE)
    near = np.linalg.norm(points - np.array(about_lps_mm), axis=1) <= reach_mm
    points, normals = _evenly(points[near], normals[near])
    moved = fit.transform.second_from_ct(points)
    moved = moved[np.isfinite(moving.at(moved)[0])] if len(moved) else moved
    there, facing = surface_points(moving, fit.gain * level + fit.offset_hu)
    if len(moved) < _LEAST_POINTS or len(there) < _LEAST_POINTS:
        return None
    found = cKDTree(there).query(moved, distance_upper_bound=FARTHEST_MM, workers=2)
    away, index = (np.asarray(part) for part in found)
    met = np.isfinite(away)
    distance = np.full(len(moved), FARTHEST_MM)
    gap = moved[met] - there[index[met]]
    across = np.abs((gap * facing[index[met]]).sum(axis=1))
    along = np.sqrt(np.maximum((gap**2).sum(axis=1) - across**2, 0.0))
    beyond = np.maximum(along - max(moving.grid.spacing_mm), 0.0)
    distance[met] = np.hypot(across, beyond)
    median, p95 = np.percentile(distance, (50.0, 95.0)).tolist()
    return Residual(median_mm=median, p95_mm=p95, points=len(moved))


def surface_points(
    picture: Picture, level: float, *, steep: float = 0.0
) -> tuple[Float64Array, Float64Array]:
    """Return where the values pass a level between neighbouring voxels, and unit normals there.

    Parameters
    ----------
    steep : float
        Points whose gradient is less than this share of the 90th percentile are left out.
    """
    values = picture.values
    found = []
    for axis in range(3):
        low = np.moveaxis(values, axis, 0)[:-1]
        high = np.moveaxis(values, axis, 0)[1:]
        crosses = np.argwhere((low < level) != (high < level))
        a, b = (part[tuple(crosses.T)].astype(np.float64) for part in (low, high))
        index = crosses.astype(np.float64)
        index[:, 0] += (level - a) / (b - a)
        found.append(np.insert(index[:, 1:], axis, index[:, 0], axis=1))
    kji = np.vstack(found)
    nearest = np.rint(kji).astype(np.intp)
    kji = kji[picture.valid[tuple(nearest.T)]]
    slopes = np.stack(
        [ndimage.map_coordinates(g, kji.T, order=1, output=np.float64) for g in picture.gradient],
        axis=1,
    )
    size = np.linalg.norm(slopes, axis=1)
    limit = steep * float(np.percentile(size, 90)) if len(size) else 0.0
    kept = size > max(limit, 1e-6)
    points = picture.grid.lps_from_index(kji[kept][:, ::-1])
    return points, slopes[kept] / size[kept, None]


def _evenly(points: Float64Array, normals: Float64Array) -> tuple[Float64Array, Float64Array]:
    if len(points) <= _MOST_POINTS:
        return points, normals
    taken = np.linspace(0, len(points) - 1, _MOST_POINTS).astype(np.intp)
    return points[taken], normals[taken]
