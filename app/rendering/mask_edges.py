"""Edges, insides and shadows of masks in a plane of a picture; knows no colours, draws nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.rendering.slice_geometry import SlicePlane
from app.rendering.slice_image import Reslicer
from planning.geometry import vec3
from planning.image import Mask

_INSIDE = 128
_FULL = 255


class MaskEdges:
    """Cuts one mask by planes."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask.cropped(1)
        full = self._mask.inside.astype(np.uint8) * _FULL
        self._reslicer = Reslicer(self._mask.grid, full, outside=0.0)

    def inside(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.bool_]:
        """Return the pixels inside the mask, (height, width)."""
        return np.asarray(self._reslicer.pixels(plane, pixel_ratio) >= _INSIDE)

    def edge(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.bool_]:
        """Return the pixels inside that have one outside within a line's width."""
        return edge_of(self.inside(plane, pixel_ratio), max(1, round(pixel_ratio)))

    def shadow(self, plane: SlicePlane, pixel_ratio: float) -> NDArray[np.bool_]:
        """Return the pixels that the whole mask covers, seen along the plane's normal."""
        depths = plane.depth_mm(self._mask.grid.corners_lps_mm())
        step = min(self._mask.grid.spacing_mm) / 2.0
        count = max(2, round(float(np.ptp(depths)) / step) + 1)
        found: NDArray[np.bool_] | None = None
        for depth in np.linspace(depths.min(), depths.max(), count):
            centre = np.array(plane.centre_lps_mm) + depth * np.array(plane.axes.normal_lps)
            cut = self.inside(replace(plane, centre_lps_mm=vec3(centre)), pixel_ratio)
            found = cut if found is None else found | cut
        assert found is not None, "there are two cuts at least"
        return found


def edge_of(inside: NDArray[np.bool_], width: int = 1) -> NDArray[np.bool_]:
    """Return the pixels inside that lie within some pixels of the outside."""
    deep = inside.copy()
    for _ in range(width):
        smaller = deep.copy()
        smaller[1:] &= deep[:-1]
        smaller[:-1] &= deep[1:]
        smaller[:, 1:] &= deep[:, :-1]
        smaller[:, :-1] &= deep[:, 1:]
        deep = smaller
    return np.asarray(inside & ~deep)
