"""Two registered CTs in one picture, to accept or refuse a registration by eye; registers nothing.

Blended, the planning CT is orange and the new scan blue: what lies on the same place in both is
grey, what one of them shows alone has its colour. As a checkerboard, edges have to run on from tile
to tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.rendering.colour_maps import FIXED_TINT, MOVING_TINT
from app.rendering.slice_geometry import Orientation, direction_letters, view_axes
from planning.geometry import Float64Array, Vec3
from planning.image import Mask, Volume
from planning.model.case import Position

if TYPE_CHECKING:
    from planning.imaging.transforms import RigidTransform

ORIENTATIONS: tuple[Orientation, ...] = ("axial", "coronal", "sagittal")

HALF_WIDTH_MM = 55.0
PIXEL_MM = 0.7
_LOW_HU, _HIGH_HU = -150.0, 850.0
_TILE_MM = 15.0
_ORANGE, _BLUE = np.array(FIXED_TINT), np.array(MOVING_TINT)
_OUTLINE = (240, 228, 66)
_AIR_HU = -1000.0

RgbPicture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """One plane through the lesion, as the planning CT shows it.

    Parameters
    ----------
    points_lps_mm : ndarray, shape (n, n, 3)
        In the planning CT, row by row from the top left.
    grey : ndarray, shape (n, n)
        The planning CT there, 0 to 1.
    outline : ndarray of bool, shape (n, n)
        Where the lesion's edge runs.
    letters : tuple of str
        The patient's sides at the left, right, top and bottom edge.
    """

    orientation: Orientation
    points_lps_mm: Float64Array
    grey: Float64Array
    outline: NDArray[np.bool_]
    letters: tuple[str, str, str, str]


def planes_of(
    ct: Volume, lesion: Mask | None, centre_lps_mm: Vec3, position: Position | None
) -> tuple[Plane, ...]:
    """Return the axial, coronal and sagittal plane through a place, turned as the patient lies."""
    return tuple(_plane(o, ct, lesion, centre_lps_mm, position) for o in ORIENTATIONS)


def _plane(
    orientation: Orientation,
    ct: Volume,
    lesion: Mask | None,
    centre_lps_mm: Vec3,
    position: Position | None,
) -> Plane:
    axes = view_axes(orientation, position)
    right, down = np.array(axes.right_lps), np.array(axes.down_lps)
    steps = np.arange(-HALF_WIDTH_MM, HALF_WIDTH_MM + PIXEL_MM / 2, PIXEL_MM)
    points = np.array(centre_lps_mm) + steps[:, None, None] * down + steps[None, :, None] * right
    return Plane(
        orientation=orientation,
        points_lps_mm=points,
        grey=_grey(ct, points),
        outline=np.zeros(points.shape[:2], np.bool_) if lesion is None else _edge(lesion, points),
        letters=(
            direction_letters(-right),
            direction_letters(right),
            direction_letters(-down),
            direction_letters(down),
        ),
    )


def compared(
    plane: Plane, scan: Volume, transform: RigidTransform, *, checkerboard: bool
) -> RgbPicture:
    """Return a plane of the planning CT together with the new scan, shape (n, n, 3)."""
    there = _grey(scan, transform.second_from_ct(plane.points_lps_mm))
    if checkerboard:
        tile = round(_TILE_MM / PIXEL_MM)
        row, column = np.indices(there.shape) // tile
        grey = np.where((row + column) % 2 == 0, plane.grey, there)
        picture = np.repeat(grey[..., None], 3, axis=-1)
    else:
        picture = plane.grey[..., None] * _ORANGE + there[..., None] * _BLUE
    rgb = (np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    rgb[plane.outline] = _OUTLINE
    return np.ascontiguousarray(rgb)


def _grey(volume: Volume, points_lps_mm: Float64Array) -> Float64Array:
    from planning.anatomy.densities import hu_at

    hu = hu_at(volume, points_lps_mm.reshape(-1, 3)).reshape(points_lps_mm.shape[:-1])
    hu = np.where(np.isfinite(hu), hu, _AIR_HU)
    return np.asarray(np.clip((hu - _LOW_HU) / (_HIGH_HU - _LOW_HU), 0.0, 1.0))


def _edge(lesion: Mask, points_lps_mm: Float64Array) -> NDArray[np.bool_]:
    """Return the pixels inside the lesion that have one outside beside them."""
    index = np.rint(lesion.grid.index_from_lps(points_lps_mm)).astype(np.intp)
    size = np.array(lesion.grid.size_ijk)
    within = ((index >= 0) & (index < size)).all(axis=-1)
    i, j, k = np.moveaxis(np.clip(index, 0, size - 1), -1, 0)
    inside = lesion.inside[k, j, i] & within
    deep = inside.copy()
    for axis in (0, 1):
        for step in (1, -1):
            deep &= np.roll(inside, step, axis)
    return np.asarray(inside & ~deep)
