"""Masks on a plane at any angle as one picture, for a plane that turns with every step of a hand.

Quick and coarse: voxels show. What is looked at at rest is outlined by `mask_contours`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.rendering.slice_geometry import SlicePlane, view_axes
from planning.arrays import fixed
from planning.geometry import Float64Array, Grid, Vec3
from planning.image import Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PaintedMask:
    """A mask and how it is painted; opacities from 0 to 1.

    Parameters
    ----------
    rgb : tuple of int
        Each 0 to 255.
    """

    mask: Mask
    rgb: tuple[int, int, int]
    fill: float
    line: float


class MaskPicture:
    """Paints the same masks on one plane after the other."""

    def __init__(self, masks: Sequence[PaintedMask]) -> None:
        self._masks = tuple(masks)
        self._to_index = np.array([m.mask.grid.lps_to_index for m in masks]).reshape(-1, 4, 4)
        self._half = np.array([m.mask.grid.size_ijk for m in masks]).reshape(-1, 3) / 2.0
        self._looks = [
            np.array((*m.rgb[::-1], round(255 * m.fill), round(255 * m.line)), dtype=np.int64)
            for m in masks
        ]

    def pixels(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.uint8]:
        """Return blue, green, red and opacity, the colours scaled by it, first row on top.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            In device pixels, of which there are `pixel_ratio` to a pixel of the plane.
        """
        from app.rendering.mask_picture_kernel import paint_mask  # brings the compiler along

        columns = max(1, round(plane.size_px[0] * pixel_ratio))
        rows = max(1, round(plane.size_px[1] * pixel_ratio))
        picture = np.zeros((rows, columns, 4), dtype=np.uint8)
        if self._masks:
            step, first = plane.mm_per_pixel / pixel_ratio, 0.5 / pixel_ratio
            turn = self._to_index[:, :3, :3]
            across = turn @ (np.array(plane.axes.right_lps) * step)
            down = turn @ (np.array(plane.axes.down_lps) * step)
            corner = turn @ np.array(plane.lps_from_screen(first, first)) + self._to_index[:, :3, 3]
            flags = np.empty((rows, columns), dtype=np.uint8)
            ranges = np.empty((rows, 2), dtype=np.int64)
            for n in np.flatnonzero(self._met(corner, across * (columns - 1), down * (rows - 1))):
                inside = fixed(self._masks[n].mask.inside)
                way = (fixed(corner[n]), fixed(across[n]), fixed(down[n]))
                paint_mask(inside, *way, fixed(self._looks[n]), flags, ranges, picture)
        return picture

    def inside_at(self, point_lps_mm: Vec3) -> tuple[int, ...]:
        """Return the numbers of the masks that a point lies in."""
        at = self._to_index[:, :3, :3] @ np.array(point_lps_mm) + self._to_index[:, :3, 3]
        near = np.flatnonzero((np.abs(at - (self._half - 0.5)) <= self._half).all(axis=1))
        found = []
        for n in near.tolist():
            inside = self._masks[n].mask.inside
            i, j, k = np.minimum(np.rint(np.maximum(at[n], 0.0)), inside.shape[::-1] - np.ones(3))
            if inside[int(k), int(j), int(i)]:
                found.append(n)
        return tuple(found)

    def _met(
        self, corner: Float64Array, across: Float64Array, down: Float64Array
    ) -> NDArray[np.bool_]:
        """Tell whose box may meet the rectangle between a corner and two sides, in its indices."""
        reach = (np.abs(across) + np.abs(down)) / 2.0 + self._half
        apart = np.abs(corner + (across + down) / 2.0 - (self._half - 0.5))
        return np.asarray((apart <= reach).all(axis=1))


def warm_up() -> None:
    """Load the compiled kernel, or compile it where no cache has it."""
    grid = Grid(size_ijk=(1, 1, 1), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0))
    mask = Mask(grid=grid, inside=np.ones((1, 1, 1), dtype=np.bool_))
    axes = view_axes("axial", None)
    plane = SlicePlane(axes=axes, centre_lps_mm=(0.0, 0.0, 0.0), mm_per_pixel=1.0, size_px=(2, 2))
    painted = PaintedMask(mask=mask, rgb=(0, 0, 0), fill=1.0, line=1.0)
    MaskPicture((painted,)).pixels(plane, 1.0)
