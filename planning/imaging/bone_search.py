"""Where a piece of one CT's bone lies in another CT, within centimetres; leaves the fit to others.

Every shift is tried at once, for a few dozen turns, by the correlation of what both images show
where they overlap (masked normalised cross-correlation by Fourier transforms: Padfield,
doi 10.1109/TIP.2011.2181402).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

from planning.geometry import Float64Array, Grid, Vec3, vec3
from planning.imaging.bone_pictures import Piece
from planning.imaging.transforms import RigidTransform
from planning.progress import Progress

STEP_MM = 6.0
_TURNS_DEG = (-11.0, 0.0, 11.0)
_REACH_MM = 90.0
_SOFT_HU, _DENSE_HU = 80.0, 900.0  # averaged over 6 mm, bone is darker
_LEAST_SEEN = 0.2  # of the bone around the place
_PEAKS_PER_TURN = 3
_APART_STEPS = 3
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Start:
    """A guess, and how well the two pictures of bone correlate there (-1 to 1)."""

    transform: RigidTransform
    correlation: float


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """The moving image on a lattice along LPS, transformed once for all turns."""

    grid: Grid
    shape: tuple[int, int, int]
    image: NDArray[np.complex64]
    squared: NDArray[np.complex64]
    known: NDArray[np.complex64]


def search(
    fixed: Piece, moving: Piece, about_lps_mm: Vec3, progress: Progress
) -> tuple[Start, ...]:
    """Return guesses where the fixed piece lies in the moving one, best first; empty if nowhere.

    Parameters
    ----------
    about_lps_mm : Vec3
        The place that matters, in the fixed image; 90 mm around it are looked for.
    """
    template = _lattice_around(about_lps_mm)
    scene = _scene(moving, template)
    found: list[Start] = []
    turns = list(product(_TURNS_DEG, repeat=3))
    for number, turn_deg in enumerate(turns):
        progress.report(number / len(turns), "Looking for the bone")
        rotation = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
        found.extend(_peaks(fixed, scene, template, rotation, about_lps_mm))
    return tuple(sorted(found, key=lambda start: -start.correlation))


def _lattice_around(centre_lps_mm: Vec3) -> Grid:
    count = 2 * round(_REACH_MM / STEP_MM) + 1
    return Grid(
        size_ijk=(count, count, count),
        spacing_mm=(STEP_MM, STEP_MM, STEP_MM),
        origin_lps_mm=vec3(np.array(centre_lps_mm) - (count // 2) * STEP_MM),
    )


def _scene(moving: Piece, template: Grid) -> _Scene:
    corners = moving.grid.corners_lps_mm()
    low = corners.min(axis=0)
    i, j, k = (max(1, int(n)) for n in np.ceil((corners.max(axis=0) - low) / STEP_MM))
    grid = Grid(
        size_ijk=(i, j, k),
        spacing_mm=template.spacing_mm,
        origin_lps_mm=vec3(low + STEP_MM / 2.0),
    )
    image, known = _sampled(moving, _centres(grid))
    shape = tuple(
        fft.next_fast_len(n + m - 1, real=True)
        for n, m in zip(grid.shape_kji, template.shape_kji, strict=True)
    )
    a, b, c = shape
    transforms = [_transform(part, (a, b, c)) for part in (image, image**2, known)]
    return _Scene(grid, (a, b, c), *transforms)


def _centres(grid: Grid) -> Float64Array:
    k, j, i = np.indices(grid.shape_kji)
    return grid.lps_from_index(np.stack((i, j, k), axis=-1))


def _sampled(
    piece: Piece, points_lps_mm: Float64Array
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return bone (0 to 1) at points, and whether anything is known there (0 or 1)."""
    index = np.moveaxis(piece.grid.index_from_lps(points_lps_mm)[..., ::-1], -1, 0)
    hu = ndimage.map_coordinates(piece.values, index, order=1, mode="nearest", output=np.float32)
    known = piece.grid.contains(points_lps_mm).astype(np.float32)
    bone = (np.clip(hu, _SOFT_HU, _DENSE_HU) - _SOFT_HU) / (_DENSE_HU - _SOFT_HU)
    return (bone * known).astype(np.float32), known


def _transform(values: NDArray[np.float32], shape: tuple[int, int, int]) -> NDArray[np.complex64]:
    return np.asarray(fft.rfftn(values, shape, workers=_THREADS))


def _peaks(
    fixed: Piece, scene: _Scene, template: Grid, rotation: Float64Array, about_lps_mm: Vec3
) -> list[Start]:
    """Return the best shifts for one turn of the fixed piece about its centre."""
    centre = np.array(about_lps_mm)
    away = _centres(template) - centre
    bone, known = _sampled(fixed, centre + away @ rotation)  # where each turned point came from
    ball = (np.linalg.norm(away, axis=-1) <= _REACH_MM).astype(np.float32)
    correlation = _correlation(scene, bone * ball, known * ball)
    half = np.array(template.shape_kji) // 2
    starts = []
    for _ in range(_PEAKS_PER_TURN):
        best = np.unravel_index(int(np.argmax(correlation)), correlation.shape)
        value = float(correlation[best])
        if value <= 0.0:
            break
        offset = np.array(best) - (np.array(template.shape_kji) - 1)
        there = scene.grid.lps_from_index((offset + half)[::-1])
        shift = vec3(there - rotation @ centre)
        starts.append(Start(RigidTransform(rotation=rotation, shift_mm=shift), value))
        around = tuple(slice(max(0, b - _APART_STEPS), b + _APART_STEPS + 1) for b in best)
        correlation[around] = -1.0
    return starts


def _correlation(
    scene: _Scene, bone: NDArray[np.float32], known: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the correlation for every shift; -1 where too little bone is seen to tell."""
    turned = [np.conj(_transform(part, scene.shape)) for part in (bone, bone**2, known)]
    b, bb, m = turned

    def together(a: NDArray[np.complex64], c: NDArray[np.complex64]) -> NDArray[np.float32]:
        whole = fft.irfftn(a * c, scene.shape, workers=_THREADS)
        back = tuple(n - 1 for n in bone.shape)
        rolled = np.roll(whole, back, axis=(0, 1, 2))
        size = tuple(
            slice(0, n + k - 1) for n, k in zip(scene.grid.shape_kji, bone.shape, strict=True)
        )
        return np.asarray(rolled[size])

    count = np.maximum(together(scene.known, m), 1.0)
    in_scene, in_piece = together(scene.image, m), together(scene.known, b)
    covariance = together(scene.image, b) - in_scene * in_piece / count
    spread_scene = together(scene.squared, m) - in_scene**2 / count
    spread_piece = together(scene.known, bb) - in_piece**2 / count
    spread = np.sqrt(np.maximum(spread_scene, 0.0) * np.maximum(spread_piece, 0.0))
    enough = (in_piece >= _LEAST_SEEN * float(bone.sum())) & (spread > 1e-2)
    return np.where(enough, covariance / np.maximum(spread, 1e-2), np.float32(-1.0))
