"""A needle, bone and skin known by formula on any grid, blurred and clipped; holds no assertions.

No streaks and no physics, unlike `needle_scans`: what is left is geometry, so that answers can be
held to a fraction of a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from planning.geometry import Grid, Vec3, unit, vec3
from planning.image import Series, Volume

GRID = Grid(
    size_ijk=(110, 120, 64), spacing_mm=(0.8, 0.8, 1.0), origin_lps_mm=(-44.0, -40.0, -30.0)
)
ENTRY: Vec3 = (6.0, 31.2, 9.0)
TIP: Vec3 = (-7.0, -18.0, -6.0)
# On their line, 20 mm outside the skin.
BACK: Vec3 = vec3(np.array(TIP) + 1.4 * np.subtract(ENTRY, TIP))
METAL_HU = 12000.0
_SIGMA_MM = 0.45
_CELL_MM = 0.2
# A skin that no axis of the grid lies along.
SKIN_NORMAL = unit((0.15, 1.0, -0.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rod:
    """A cylinder from its tip backward; the tip flat, or a cone of some length."""

    tip_lps_mm: Vec3 = TIP
    back_lps_mm: Vec3 = BACK
    diameter_mm: float = 2.4
    cone_mm: float = 0.0
    sagitta_mm: float = 0.0
    metal_hu: float = METAL_HU

    @property
    def toward_hub(self) -> np.ndarray:
        """Unit vector."""
        return unit(np.subtract(self.back_lps_mm, self.tip_lps_mm))


def skin_point(rod: Rod, entry_lps_mm: Vec3 = ENTRY) -> np.ndarray:
    """Return where a rod's axis crosses the skin, a plane through the usual entry."""
    tip, u = np.array(rod.tip_lps_mm), rod.toward_hub
    depth = (np.array(entry_lps_mm) - tip) @ SKIN_NORMAL / (u @ SKIN_NORMAL)
    return tip + depth * u


def scanned(
    *rods: Rod,
    grid: Grid = GRID,
    pose=None,
    noise_hu: float = 15.0,
    top_hu: float = 3071.0,
    slice_normal_lps: Vec3 | None = None,
    plate: bool = False,
    seed: int = 1,
) -> Volume:
    """Return a CT of rods in a body with a skin; tissue 40 HU, a bone of 1000 HU off to a side.

    Parameters
    ----------
    pose : RigidTransform or None
        From the phantom's frame into the grid's.
    plate : bool
        Whether a cortex of 1700 HU lies along the needle, touching it.
    """
    k, j, i = np.indices(grid.shape_kji)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1))
    own = points if pose is None else pose.ct_from_second(points)
    outside = (own - np.array(ENTRY)) @ SKIN_NORMAL
    values = -1000.0 + 1040.0 * np.clip(0.5 - outside / 1.2, 0.0, 1.0)
    bone = np.linalg.norm((own - (24.0, -14.0, 8.0)) * (1.0, 0.7, 1.2), axis=-1)
    values += 960.0 * np.clip(9.5 - bone, 0.0, 1.0)
    if plate:
        wall = np.abs(own[..., 0] - own[..., 1] * 0.264 - 0.4)
        values += 1660.0 * np.clip(1.8 - wall, 0.0, 1.0) * (own[..., 1] < 10.0)
    metal = np.zeros(grid.shape_kji)
    for rod in rods:
        at = _grains(rod)
        at = at if pose is None else pose.second_from_ct(at)
        share = _CELL_MM**3 / grid.voxel_volume_mm3 * rod.metal_hu
        metal += _deposited(grid, at, share)
    sigma = _SIGMA_MM / np.array(grid.spacing_mm[::-1])
    # Along the slices' normal the slice itself averages.
    thick = int(np.argmax(np.array(grid.spacing_mm[::-1])))
    sigma[thick] = 0.25
    values = ndimage.gaussian_filter(values + metal, sigma)
    values += np.random.default_rng(seed).normal(0.0, noise_hu, values.shape)
    values = np.rint(np.clip(values, -1024.0, top_hu)).astype(np.int16)
    normal = slice_normal_lps or grid.direction_lps[2 - thick]
    return Volume(grid=grid, values=values, slice_normal_lps=normal, series=Series(modality="CT"))


def _grains(rod: Rod) -> np.ndarray:
    radius = rod.diameter_mm / 2.0
    length = float(np.linalg.norm(np.subtract(rod.back_lps_mm, rod.tip_lps_mm)))
    across = np.arange(-radius + _CELL_MM / 2.0, radius, _CELL_MM)
    along = np.arange(_CELL_MM / 2.0, length, _CELL_MM)
    a, b, s = (g.ravel() for g in np.meshgrid(across, across, along, indexing="ij"))
    inside = np.hypot(a, b) <= radius * np.clip(s / max(rod.cone_mm, 1e-9), 0.0, 1.0)
    a, b, s = a[inside], b[inside], s[inside]
    u = rod.toward_hub
    aside = unit(np.cross(u, (0.0, 0.0, 1.0)))
    depth = float(np.linalg.norm(skin_point(rod) - rod.tip_lps_mm))
    bow = 4.0 * rod.sagitta_mm * s / depth * (1.0 - s / depth)
    return (
        np.array(rod.tip_lps_mm)
        + s[:, None] * u
        + (a + bow)[:, None] * aside
        + b[:, None] * np.cross(u, aside)
    )


def _deposited(grid: Grid, at: np.ndarray, share: float) -> np.ndarray:
    """Spread grains over the eight voxels about each."""
    index = grid.index_from_lps(at)
    low = np.floor(index).astype(int)
    part = index - low
    out = np.zeros(grid.size_ijk)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, part, 1.0 - part), axis=1)
        place = low + corner
        fits = ((place >= 0) & (place < np.array(grid.size_ijk))).all(axis=1)
        np.add.at(out, tuple(place[fits].T), share * weight[fits])
    return out.transpose(2, 1, 0)
