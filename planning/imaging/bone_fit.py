"""Fits one picture of bone to another by a small turn and shift; needs a start within centimetres.

Both pictures are CTs, so their values are compared themselves, up to a gain and an offset (other
tube voltage): weighted least squares with the gradients of both images (efficient second-order
minimisation: Benhimane and Malis, doi 10.1109/IROS.2004.1389474), in which what does not agree (a
needle, a joint that moved) loses its weight (Tukey's biweight, doi 10.1080/03610927708827533).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from planning.geometry import Float64Array, Vec3, vec3
from planning.imaging.bone_pictures import Picture
from planning.imaging.transforms import RigidTransform
from planning.progress import Progress

_STILL_MM = 0.004
_ARM_MM = 50.0  # a turn counts by how far it moves a point this far away
_TUKEY = 4.685
_NOISE_HU = 25.0  # residuals below this are noise, however still the rest
_TWO_IMAGES = 0.25  # of the points have to meet the other image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Points of the fixed picture that show where bone begins, and what they weigh.

    Parameters
    ----------
    points_lps_mm, gradients : ndarray, shape (n, 3)
    values, weights : ndarray, shape (n,)
    """

    points_lps_mm: Float64Array
    values: Float64Array
    gradients: Float64Array
    weights: Float64Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Where the fit came to rest.

    Parameters
    ----------
    correlation : float
        Weighted correlation of the two pictures at the samples, -1 to 1.
    overlap : float
        Weighted share of the samples that the moving image shows.
    gain, offset_hu : float
        The moving picture's values are ``gain * fixed + offset``.
    """

    transform: RigidTransform
    correlation: float
    overlap: float
    gain: float = 1.0
    offset_hu: float = 0.0


def samples_of(
    picture: Picture, about_lps_mm: Vec3, *, reach_mm: float, falloff_mm: float, most: int
) -> Samples:
    """Return where the picture changes around a place: at most `most` points, evenly taken.

    A point's weight falls with its distance as a Gaussian of standard deviation `falloff_mm`.
    """
    steep = np.linalg.norm(picture.gradient, axis=0)
    steep[~picture.valid] = 0.0
    limit = 0.15 * float(np.percentile(steep[steep > 1.0], 95)) if (steep > 1.0).any() else 1.0
    kji = np.argwhere(steep > max(limit, 1.0))
    points = picture.grid.lps_from_index(kji[:, ::-1])
    away = np.linalg.norm(points - np.array(about_lps_mm), axis=1)
    kji, points, away = (part[away <= reach_mm] for part in (kji, points, away))
    if len(kji) > most:
        taken = np.linspace(0, len(kji) - 1, most).astype(np.intp)
        kji, points, away = kji[taken], points[taken], away[taken]
    k, j, i = kji.T
    return Samples(
        points_lps_mm=points,
        values=picture.values[k, j, i].astype(np.float64),
        gradients=picture.gradient[:, k, j, i].T.astype(np.float64),
        weights=np.exp(-0.5 * (away / falloff_mm) ** 2),
    )


def fit(
    samples: Samples,
    moving: Picture,
    start: RigidTransform,
    *,
    steps: int,
    progress: Progress,
) -> Fit:
    """Return the transform under which the moving picture looks most like the samples."""
    transform = start
    total = float(samples.weights.sum())
    result = Fit(transform=start, correlation=-1.0, overlap=0.0)
    for step in range(steps):
        progress.report(step / steps, "Fitting the bone")
        moved = transform.second_from_ct(samples.points_lps_mm)
        seen, slopes = moving.at(moved)
        known = np.isfinite(seen)
        weights = samples.weights * known
        overlap = float(weights.sum()) / total if total > 0.0 else 0.0
        if overlap < _TWO_IMAGES or known.sum() < 100:
            return Fit(transform=transform, correlation=-1.0, overlap=overlap)
        seen = np.where(known, seen, 0.0)
        gain, offset = _line(samples.values, seen, weights)
        residual = seen - (gain * samples.values + offset)
        result = Fit(
            transform=transform,
            correlation=_correlation(samples.values, seen, weights),
            overlap=overlap,
            gain=gain,
            offset_hu=offset,
        )
        weights = weights * _trust(residual[known], residual)
        slopes = 0.5 * (slopes + gain * samples.gradients @ transform.rotation.T)
        turn, shift, pivot = _step(moved, residual, slopes, weights)
        rotation = Rotation.from_rotvec(turn).as_matrix() @ transform.rotation
        at = np.array(transform.shift_mm)
        turned = Rotation.from_rotvec(turn).as_matrix()
        transform = RigidTransform(
            rotation=rotation, shift_mm=vec3(turned @ (at - pivot) + pivot + shift)
        )
        if float(np.linalg.norm(shift)) + _ARM_MM * float(np.linalg.norm(turn)) < _STILL_MM:
            break
    return result


def _line(x: Float64Array, y: Float64Array, weights: Float64Array) -> tuple[float, float]:
    """Return gain and offset of the weighted line through points, the gain within reason."""
    dx, dy, mean_x, mean_y = _centred(x, y, weights)
    spread = float((weights * dx * dx).sum())
    gain = float((weights * dx * dy).sum()) / spread if spread > 0.0 else 1.0
    gain = min(max(gain, 0.5), 2.0)
    return gain, mean_y - gain * mean_x


def _correlation(x: Float64Array, y: Float64Array, weights: Float64Array) -> float:
    dx, dy, _, _ = _centred(x, y, weights)
    spread = float(np.sqrt((weights * dx * dx).sum() * (weights * dy * dy).sum()))
    return float((weights * dx * dy).sum()) / spread if spread > 0.0 else -1.0


def _centred(
    x: Float64Array, y: Float64Array, weights: Float64Array
) -> tuple[Float64Array, Float64Array, float, float]:
    """Return both less their weighted means, and the means.

    Sums, not products of vectors: BLAS would share these out among threads and lose time waiting.
    """
    total = float(weights.sum())
    mean_x, mean_y = float((weights * x).sum()) / total, float((weights * y).sum()) / total
    return x - mean_x, y - mean_y, mean_x, mean_y


def _trust(known: Float64Array, residual: Float64Array) -> Float64Array:
    spread = max(1.4826 * float(np.median(np.abs(known))), _NOISE_HU)
    return np.asarray(np.maximum(1.0 - (residual / (_TUKEY * spread)) ** 2, 0.0) ** 2)


def _step(
    moved: Float64Array, residual: Float64Array, slopes: Float64Array, weights: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the turn (rotation vector) about a pivot and the shift that lower the residual."""
    pivot = weights @ moved / weights.sum()
    by_turn = np.cross(moved - pivot, slopes)
    columns = np.hstack([by_turn, slopes])
    normal = (columns * weights[:, None]).T @ columns
    normal += 1e-6 * np.diag(np.diag(normal)) + 1e-9 * np.eye(6)
    change = -np.linalg.solve(normal, columns.T @ (weights * residual))
    return change[:3], change[3:], np.asarray(pivot)
