"""The sample patient as a scanner sees it: Hounsfield units with grain, blur, noise; no file."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from planning.geometry import Grid
from planning.progress import SILENT, Progress
from planning.sample.geometry import SamplePelvis
from planning.sample.painting import Spot, centres_lps_mm, doubled, spot
from planning.sample.tissues import FAT_HU, GAS_HU, MUSCLE_HU, Look, Organ, organs
from planning.sample.torso import MAT_Y_MM, Torso

_AIR_HU = -1000.0
_SKIN_MM = 2.2
_SKIN_HU = 28.0
_EDGE_MM = 0.9
_WALL_FROM_MM, _WALL_MM = 13.0, 14.0
_FAT_GRAIN_HU = 9
_WORKERS = 2
_BATCH = 12
_GRAIN_TILE = 96
_NOISE_SLICES = 12
_NOISE_HU = 14.0
_BLUR_PIXELS = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What came out of the scanner, and what a perfect segmenter makes of it.

    Parameters
    ----------
    values : ndarray of int16
        Hounsfield units, shape ``grid.shape_kji``.
    labels : ndarray of uint8
        See `planning.sample.tissues.LABELS`.
    """

    grid: Grid
    values: NDArray[np.int16]
    labels: NDArray[np.uint8]


def scan(pelvis: SamplePelvis, grid: Grid, *, seed: int, progress: Progress = SILENT) -> Scan:
    """Return the patient on a grid whose axes run along those of the body, in either sense."""
    canvas = _Canvas.blank(grid)
    with ThreadPoolExecutor(_WORKERS) as pool:
        _paint_torso(canvas, pelvis.torso, pool)
        _paint_organs(canvas, organs(pelvis), pool, progress.part(0.1, 0.8))
        values = _expose(canvas, np.random.default_rng(seed), pool, progress.part(0.8, 1.0))
    return Scan(grid, values, canvas.labels)


@dataclass(frozen=True, slots=True, eq=False)
class _Canvas:
    """The picture while it is being painted."""

    grid: Grid
    hu: NDArray[np.float32]
    grain_hu: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    @classmethod
    def blank(cls, grid: Grid) -> _Canvas:
        shape = grid.shape_kji
        return cls(
            grid,
            np.full(shape, _AIR_HU, dtype=np.float32),
            np.zeros(shape, dtype=np.uint8),
            np.zeros(shape, dtype=np.uint8),
        )


def _axes(grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the x of each column, the y of each row and the z of each slice."""
    x, y, z = (
        np.float32(grid.origin_lps_mm[a])
        + np.arange(grid.size_ijk[a], dtype=np.float32)
        * np.float32(grid.spacing_mm[a] * grid.direction_lps[a][a])
        for a in range(3)
    )
    return x, y, z


def _paint_torso(canvas: _Canvas, torso: Torso, pool: Executor) -> None:
    x, y, heights = _axes(canvas.grid)
    table = _table(x, y)

    def paint(k: int) -> None:
        z = float(heights[k])
        coarse = torso.on_slice_mm(_every_other(x), _every_other(y), z)
        distance = doubled(doubled(coarse, 1, len(x)), 0, len(y))
        skin = _share(distance)
        fat = _share(distance + _SKIN_MM)
        inner = _WALL_FROM_MM + _WALL_MM * _wall_thickness(x, y, z)
        wall = _share(distance + _WALL_FROM_MM) - _share(distance + inner)
        picture = table * (1 - skin) + _SKIN_HU * skin
        picture += (FAT_HU - _SKIN_HU) * fat + (MUSCLE_HU - FAT_HU) * wall
        canvas.hu[k] = picture
        canvas.grain_hu[k] = (fat > 0.5) * np.uint8(_FAT_GRAIN_HU)

    deque(pool.map(paint, range(len(heights))), maxlen=0)


def _every_other(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return every second value, and one more beyond the end if the last would be left out."""
    rest = values[::2]
    return rest if len(values) % 2 else np.append(rest, 2 * rest[-1] - rest[-2])


def _wall_thickness(
    x: NDArray[np.float32], y: NDArray[np.float32], z_mm: float
) -> NDArray[np.float32]:
    """Return the abdominal wall's thickness, 0 to 1: it ends at the flanks and at the groin."""
    side = np.abs(x)
    groin_mm = -8.0 + 92.0 * np.clip((side - 14.0) / 110.0, 0.0, 1.0)
    across = np.clip((z_mm - groin_mm) / 22.0, 0.0, 1.0) * np.clip((side - 1.0) / 5.0, 0.25, 1.0)
    across *= 1.0 - 0.7 * np.exp(-(((side - 68.0) / 4.0) ** 2))
    along = np.clip((48.0 - y) / 30.0, 0.0, 1.0)
    return np.asarray(np.sqrt(across[None, :] * along[:, None]), dtype=np.float32)


def _table(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mat and the curved, hollow table under it, in front of the prone patient."""
    depth = (MAT_Y_MM - y)[:, None] - 0.00045 * (x * x)[None, :]
    picture = np.full(depth.shape, _AIR_HU, dtype=np.float32)
    mat = ((MAT_Y_MM - y)[:, None] > 0.8) & (depth < 16.0)
    picture[mat & (np.abs(x) < 196.0)[None, :]] = -935.0
    picture[(depth > 16.0) & (depth < 46.0)] = -955.0
    for shell_mm in (17.0, 45.0):
        shell = _share(np.abs(depth - shell_mm) - 0.7)
        picture += shell * (-40.0 - picture)
    return picture


def _share(distance_mm: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return how much of a voxel lies inside, from its centre's distance to the surface."""
    return np.asarray(np.clip(0.5 - distance_mm / _EDGE_MM, 0.0, 1.0), dtype=np.float32)


def _paint_organs(
    canvas: _Canvas, everything: tuple[Organ, ...], pool: Executor, progress: Progress
) -> None:
    def cover(organ: Organ) -> Spot:
        return spot(
            organ.shape,
            canvas.grid,
            outside_mm=_EDGE_MM / 2,
            depth_mm=organ.look.rim_mm + _EDGE_MM,
            smooth=organ.smooth,
        )

    for start in range(0, len(everything), _BATCH):  # bounds what waits to be painted
        progress.report(start / len(everything), "Building the sample patient")
        batch = everything[start : start + _BATCH]
        for organ, covered in zip(batch, pool.map(cover, batch), strict=True):
            _paint_organ(canvas, organ, covered)


def _paint_organ(canvas: _Canvas, organ: Organ, covered: Spot) -> None:
    hu, grain = canvas.hu.reshape(-1), canvas.grain_hu.reshape(-1)
    labels = canvas.labels.reshape(-1)
    inside = covered.index[covered.distance_mm <= 0.0]
    if organ.within:
        labels[inside[labels[inside] == organ.within]] = organ.label
        return
    before = hu[covered.index]
    after = _look_hu(organ, covered, canvas.grid)
    hu[covered.index] = before + _share(covered.distance_mm) * (after - before)
    grain[inside] = round(organ.look.grain_hu)
    if organ.relabel:
        labels[inside] = organ.label


def _look_hu(organ: Organ, covered: Spot, grid: Grid) -> NDArray[np.float32]:
    look: Look = organ.look
    within = np.full(len(covered.index), look.hu, dtype=np.float32)
    if look.gas_above_mm is not None and organ.gut is not None:
        rise = organ.gut.rise_mm(centres_lps_mm(grid, covered.index))
        within[rise > look.gas_above_mm] = GAS_HU
    if look.streak_hu:
        within -= look.streak_hu * _streaks(centres_lps_mm(grid, covered.index))
    if look.rim_mm == 0.0:
        return within
    core = _share(covered.distance_mm + look.rim_mm)
    return np.asarray(look.rim_hu + core * (within - look.rim_hu), dtype=np.float32)


def _streaks(points_lps_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 in the thin layers of fat between muscle bundles, 0 between them."""
    x, y, z = points_lps_mm.T
    bend = 1.1 * np.sin(x / 17.0) + 0.8 * np.sin((y + z) / 13.0)
    wave = np.cos((0.45 * np.abs(x) + 0.8 * y + 0.35 * z) * np.float32(0.82) + bend)
    patchy = 0.6 + 0.4 * np.sin(x / 9.0 + z / 7.0)
    return np.asarray(np.clip((wave - 0.82) / 0.18, 0.0, 1.0) * patchy, dtype=np.float32)


def _expose(
    canvas: _Canvas, rng: np.random.Generator, pool: Executor, progress: Progress
) -> NDArray[np.int16]:
    """Add grain, blur and noise slice by slice, and round to whole Hounsfield units."""
    progress.report(0.0, "Scanning the sample patient")
    count, height, width = canvas.hu.shape
    grain, noise = _grain_tile(rng), _noise_pool(rng, canvas.grid)
    pairs = rng.integers(0, _NOISE_SLICES, size=(count, 2))
    shifts = rng.integers(0, min(height, width), size=(count, 2, 2))
    repeats = (-(-height // _GRAIN_TILE), -(-width // _GRAIN_TILE))
    loudness = _loudness(canvas.grid)
    values = np.empty(canvas.hu.shape, dtype=np.int16)

    def expose(k: int) -> None:
        texture = np.tile(grain[k % _GRAIN_TILE], repeats)[:height, :width]
        picture = gaussian_filter(canvas.hu[k] + canvas.grain_hu[k] * texture, _BLUR_PIXELS)
        for slice_number, shift in zip(pairs[k], shifts[k], strict=True):
            picture += np.roll(noise[slice_number], shift, axis=(0, 1)) * loudness
        values[k] = np.rint(np.clip(picture, -1024, 3071))

    deque(pool.map(expose, range(count)), maxlen=0)
    return values


def _grain_tile(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a block of cloudy texture that repeats without a seam; mean 0, deviation 1."""
    white = rng.standard_normal((_GRAIN_TILE,) * 3, dtype=np.float32)
    fine = gaussian_filter(white, (0.7, 1.1, 1.1), mode="wrap")
    coarse = gaussian_filter(white[::-1], (2.0, 3.2, 3.2), mode="wrap")
    texture = fine / fine.std() + 0.8 * coarse / coarse.std()
    return np.asarray((texture - texture.mean()) / texture.std(), dtype=np.float32)


def _noise_pool(rng: np.random.Generator, grid: Grid) -> NDArray[np.float32]:
    """Return slices of noise as filtered back projection leaves it: fine, without slow waves."""
    size = (_NOISE_SLICES, grid.size_ijk[1], grid.size_ijk[0])
    white = rng.standard_normal(size, dtype=np.float32)
    fine = gaussian_filter(white, (0, 0.75, 0.85), mode="wrap")
    slow = gaussian_filter(white, (0, 2.4, 2.8), mode="wrap")
    noise = fine - 0.9 * slow
    return np.asarray(noise / (noise.std() * np.sqrt(2.0)), dtype=np.float32)


def _loudness(grid: Grid) -> NDArray[np.float32]:
    """Return the noise's deviation in HU: more where the rays cross the most tissue."""
    x, y, _ = _axes(grid)
    middle = np.exp(-((x / 130.0) ** 2)[None, :] - ((y / 90.0) ** 2)[:, None])
    return np.asarray(_NOISE_HU * (0.75 + 0.45 * middle), dtype=np.float32)
