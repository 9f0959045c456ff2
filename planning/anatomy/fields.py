"""All a screening pass needs at one place per voxel, packed for speed; not for final numbers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from planning.anatomy.distance import signed_distance_mm
from planning.anatomy.pooled import pool_into
from planning.anatomy.risks import RiskGroup, RiskStructure
from planning.anatomy.tissue import Tissue, TissueMap
from planning.geometry import Grid, vec3
from planning.image import Volume

T = TypeVar("T", bound=np.generic)

CLEARANCE_UNITS_PER_MM = 64
BONE_UNITS = 1000
CHANNEL_TISSUE, CHANNEL_HABITAT, CHANNEL_HU, CHANNEL_BONE, CHANNEL_CLEARANCE = range(5)

_COARSE_MM = 1.5
_FARTHEST_MM = 400.0
_BONE_NORMAL_SCALE_MM = 2.0
# Distance maps run between voxel centres. The face lies half a voxel nearer on flat surfaces and
# hardly any nearer on oblique ones; a third of a voxel splits the difference, and the exact
# measurement of the survivors settles the rest.
_FACE_VOXELS = 1.0 / 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScreenFields:
    """The packed voxels.

    Parameters
    ----------
    grid : Grid
        Spacing about 1.5 mm, or the CT's own where that is coarser.
    packed : ndarray of int16, shape ``grid.shape_kji + (4 + len(groups),)``
        Tissue bits, habitat number (0 for none), HU, smoothed bone (0 to 1000), then for each
        group the signed distance to its surface in 1/64 mm.
    """

    grid: Grid
    packed: NDArray[np.int16]
    groups: tuple[RiskGroup, ...]


def screen_fields(tissue: TissueMap, ct: Volume, risks: tuple[RiskStructure, ...]) -> ScreenFields:
    """Return the packed voxels of the block of the CT that a tissue map covers.

    Masks of structures at risk are pooled so that a coarse voxel counts as inside if any fine
    voxel is: a thin nerve never vanishes. Tissue, habitat and HU are taken at the block's centre.
    """
    near = tissue.grid
    factors = _factors(near)
    grid = _coarse_grid(near, factors)
    groups = tuple(dict.fromkeys(r.group for r in risks))
    packed = np.empty((*grid.shape_kji, CHANNEL_CLEARANCE + len(groups)), dtype=np.int16)

    def fill(number: int) -> None:
        members = [r for r in risks if r.group == groups[number]]
        packed[..., CHANNEL_CLEARANCE + number] = _distance(members, near, factors, grid)

    # The maps are compiled without threads of their own, and without the interpreter's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        maps = pool.map(fill, range(len(groups)))
        packed[..., CHANNEL_TISSUE] = _centre(tissue.bits, factors)
        packed[..., CHANNEL_HABITAT] = _centre(tissue.habitat, factors)
        packed[..., CHANNEL_HU] = _centre(tissue.hu_of(ct), factors)
        packed[..., CHANNEL_BONE] = _smoothed_bone(packed[..., CHANNEL_TISSUE], grid)
        list(maps)
    packed.flags.writeable = False
    return ScreenFields(grid=grid, packed=packed, groups=groups)


def regrouped(
    fields: ScreenFields,
    near: Grid,
    before: tuple[RiskStructure, ...],
    after: tuple[RiskStructure, ...],
) -> ScreenFields:
    """Return the same voxels for structures that demand other distances than before.

    Parameters
    ----------
    near : Grid
        A block of the CT's lattice that holds the one `fields` were packed from.
    before, after : tuple of RiskStructure
        The same structures. The distance maps of those that stay together are kept.
    """
    old, new = _members(before), _members(after)
    factors = _factors(near)
    block = _fine_grid(fields.grid, near, factors)
    channels = [fields.packed[..., :CHANNEL_CLEARANCE]]
    numbers = {tuple(r.structure.name for r in old[g]): n for n, g in enumerate(fields.groups)}
    kept = [numbers.get(tuple(r.structure.name for r in members)) for members in new.values()]
    if kept == list(range(len(fields.groups))):
        return replace(fields, groups=tuple(new))
    for number, members in zip(kept, new.values(), strict=True):
        if number is None:
            channels.append(_distance(members, block, factors, fields.grid)[..., None])
        else:
            channels.append(fields.packed[..., CHANNEL_CLEARANCE + number, None])
    packed = np.concatenate(channels, axis=-1)
    packed.flags.writeable = False
    return replace(fields, packed=packed, groups=tuple(new))


def _members(risks: tuple[RiskStructure, ...]) -> dict[RiskGroup, list[RiskStructure]]:
    found: dict[RiskGroup, list[RiskStructure]] = {}
    for risk in risks:
        found.setdefault(risk.group, []).append(risk)
    return found


def _factors(near: Grid) -> tuple[int, int, int]:
    i, j, k = (max(1, int(_COARSE_MM / h + 0.25)) for h in near.spacing_mm)
    return i, j, k


def _coarse_grid(near: Grid, factors: tuple[int, int, int]) -> Grid:
    i, j, k = (-(-n // f) for n, f in zip(near.size_ijk, factors, strict=True))
    return Grid(
        size_ijk=(i, j, k),
        spacing_mm=vec3(np.array(near.spacing_mm) * factors),
        origin_lps_mm=vec3(near.lps_from_index((np.array(factors) - 1) / 2.0)),
        direction_lps=near.direction_lps,
    )


def _fine_grid(grid: Grid, near: Grid, factors: tuple[int, int, int]) -> Grid:
    """Return the block of `near` that a coarse grid was made from, its last voxels completed."""
    first = near.index_from_lps(np.array(grid.origin_lps_mm)) - (np.array(factors) - 1) / 2.0
    start = np.rint(first).astype(int)
    size = np.minimum(np.array(grid.size_ijk) * factors, np.array(near.size_ijk) - start)
    (i, j, k), (width, height, depth) = start.tolist(), size.tolist()
    return near.cropped((i, j, k), (width, height, depth))


def _centre(values: NDArray[T], factors: tuple[int, int, int]) -> NDArray[T]:
    i, j, k = factors
    padded = _padded(values, factors)
    return padded[k // 2 :: k, j // 2 :: j, i // 2 :: i]


def _padded(values: NDArray[T], factors: tuple[int, int, int]) -> NDArray[T]:
    short = [-n % f for n, f in zip(values.shape, factors[::-1], strict=True)]
    return np.pad(values, [(0, s) for s in short], mode="edge") if any(short) else values


def _smoothed_bone(tissue: NDArray[np.int16], grid: Grid) -> NDArray[np.int16]:
    bone = ((tissue & Tissue.BONE) > 0).astype(np.float32) * BONE_UNITS
    sigma = [_BONE_NORMAL_SCALE_MM / h for h in grid.spacing_mm[::-1]]
    return np.asarray(gaussian_filter(bone, sigma, truncate=3.0), dtype=np.int16)


def _distance(
    members: list[RiskStructure], near: Grid, factors: tuple[int, int, int], grid: Grid
) -> NDArray[np.int16]:
    inside = np.zeros(grid.shape_kji, dtype=np.bool_)
    for risk in members:
        pool_into(inside, risk.mask, near, factors)
    if not inside.any():
        return np.full(grid.shape_kji, int(_FARTHEST_MM * CLEARANCE_UNITS_PER_MM), dtype=np.int16)
    surface = signed_distance_mm(inside, grid.spacing_mm[::-1])
    surface -= np.float32(_FACE_VOXELS * float(np.mean(grid.spacing_mm)))
    np.clip(surface, -_FARTHEST_MM, _FARTHEST_MM, out=surface)
    surface *= np.float32(CLEARANCE_UNITS_PER_MM)
    return surface.astype(np.int16)
