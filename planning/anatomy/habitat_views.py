"""A lesion as it is and as it might as well have been seen: noise, shift, another contour.

The perturbations are those of Zwanenburg et al. 2019 (doi 10.1038/s41598-018-36938-4); nothing is
measured here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, map_coordinates

from planning.anatomy.habitat_features import Picture
from planning.anatomy.habitat_lattice import Points, Upright, points_over
from planning.anatomy.habitat_noise import noise_of, with_noise
from planning.anatomy.habitat_rules import HabitatRules
from planning.geometry import Grid, box_around
from planning.image import Mask, Volume

Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

_ROOM_POINTS = 2.0
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channel:
    """A further image of the lesion, such as PET, in the planning CT's frame of reference."""

    name: str
    volume: Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionBlock:
    """The voxels around one lesion, upright, and the points on which they are looked at.

    Parameters
    ----------
    grid : Grid
        The block as the CT stores it.
    hu, tumour, region : ndarray
        Upright arrays of the block's voxels.
    channels : tuple of (str, Volume)
        Cut to the lesion's surroundings, each on its own lattice.
    """

    grid: Grid
    way: Upright
    points: Points
    hu: Float32Array
    tumour: BoolArray
    region: BoolArray
    channels: tuple[Channel, ...]


def lesion_block(
    ct: Volume, tumour: Mask, viable: Mask, channels: tuple[Channel, ...], rules: HabitatRules
) -> LesionBlock:
    """Return the lesion's own block of voxels; the rest of the CT is not touched."""
    large = tumour.volume_ml >= rules.large_ml
    spacing_mm = rules.large_spacing_mm if large else rules.spacing_mm
    corners = tumour.cropped().grid.corners_lps_mm()
    room_mm = _ROOM_POINTS * spacing_mm
    box = box_around(ct.grid, corners, room_mm)
    grid = box.of(ct.grid)
    points, way = points_over(grid, spacing_mm)
    return LesionBlock(
        grid=grid,
        way=way,
        points=points,
        hu=np.ascontiguousarray(way.turned(ct.values[box.slices_kji]), dtype=np.float32),
        tumour=way.turned(tumour.on(grid)),
        region=way.turned(viable.on(grid)),
        channels=tuple(_cut(channel, corners, room_mm) for channel in channels),
    )


def views(block: LesionBlock, rules: HabitatRules) -> Iterator[Picture]:
    """Yield the lesion as it is, then under each perturbation.

    These are noise of the image's own level, shifts both ways along all axes, and a contour one
    point tighter and one wider. The noise comes from a fixed seed.
    """
    plain = _picture(block, shift_points=0.0, noise=None)
    yield plain
    source = np.random.default_rng(rules.seed)
    for _ in range(rules.noise_repeats):
        noisy = _picture(block, shift_points=0.0, noise=source)
        yield replace(plain, hu=noisy.hu, channels=noisy.channels, kind="noise")
    for shift in (-rules.shift_voxels, rules.shift_voxels):
        yield replace(_picture(block, shift_points=shift, noise=None), kind="shift")
    for change in (binary_erosion, binary_dilation):
        tumour = change(plain.tumour)
        region = change(plain.region) & tumour
        if region.any():
            yield replace(plain, tumour=tumour, region=region, kind="contour")


def _cut(channel: Channel, corners_lps_mm: NDArray[np.float64], room_mm: float) -> Channel:
    volume = channel.volume
    # A coarse image is interpolated: one more of its own voxels is needed on every side.
    room_mm += max(volume.grid.spacing_mm)
    box = box_around(volume.grid, corners_lps_mm, room_mm)
    values = volume.values[box.slices_kji].copy()
    return replace(channel, volume=replace(volume, grid=box.of(volume.grid), values=values))


def _picture(
    block: LesionBlock, *, shift_points: float, noise: np.random.Generator | None
) -> Picture:
    points = block.points
    hu = block.hu
    if noise is not None:
        hu = with_noise(hu, noise_of(hu, block.region), noise)
    tumour, region = (
        points.sampled(mask, shift_points) > _HALF for mask in (block.tumour, block.region)
    )
    return Picture(
        hu=points.sampled(hu, shift_points),
        channels=tuple(
            (c.name, _channel_values(c.volume, points, shift_points, noise)) for c in block.channels
        ),
        tumour=tumour,
        region=region,
        spacing_mm=points.spacing_mm,
    )


def _channel_values(
    volume: Volume, points: Points, shift_points: float, noise: np.random.Generator | None
) -> Float32Array:
    values = np.asarray(volume.values, dtype=np.float32)
    if noise is not None:
        everywhere = np.ones(values.shape, dtype=np.bool_)
        values = with_noise(values, noise_of(values, everywhere), noise)
    index_kji = np.indices(points.shape).reshape(3, -1).T + shift_points
    place = volume.grid.index_from_lps(points.grid.lps_from_index(index_kji[:, ::-1]))
    found = map_coordinates(values, place[:, ::-1].T, order=1, mode="nearest")
    return np.asarray(found, dtype=np.float32).reshape(points.shape)
