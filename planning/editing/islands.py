"""The separate pieces of a mask, and the holes in it; grows and smooths nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.geometry import Vec3
from planning.image import Mask

_TOUCHING = np.ones((3, 3, 3), dtype=np.bool_)
"""Voxels that share a face, an edge or a corner belong together."""


def largest_island(mask: Mask) -> Mask:
    """Return the largest piece; the first in the array's order among equals."""
    block = mask.cropped()
    labels, sizes = _labelled(block)
    if len(sizes) < 2:
        return mask
    return replace(block, inside=labels == int(np.argmax(sizes)) + 1)


def without_islands_below(mask: Mask, volume_ml: float) -> Mask:
    """Return a mask without its pieces smaller than a volume; the same object if none is."""
    block = mask.cropped()
    labels, sizes = _labelled(block)
    kept = sizes * (block.grid.voxel_volume_mm3 / 1000.0) >= volume_ml
    if kept.all():
        return mask
    return replace(block, inside=np.concatenate([[False], kept])[labels])


def island_at(mask: Mask, point_lps_mm: Vec3) -> Mask | None:
    """Return the piece a point lies in, or None if it lies in none."""
    block = mask.cropped()
    i, j, k = np.rint(block.grid.index_from_lps(point_lps_mm)).astype(int).tolist()
    size = block.grid.size_ijk
    if not (0 <= i < size[0] and 0 <= j < size[1] and 0 <= k < size[2]):
        return None
    if not block.inside[k, j, i]:
        return None
    labels, sizes = _labelled(block)
    return mask if len(sizes) < 2 else replace(block, inside=labels == labels[k, j, i])


def holes_filled(mask: Mask) -> Mask:
    """Return a mask with every space filled that its inside encloses; the same object if none is.

    What leaks out by a single face is no hole: fill it slice by slice with the brush.
    """
    block = mask.cropped()
    filled = ndimage.binary_fill_holes(block.inside)
    if np.array_equal(filled, block.inside):
        return mask
    return replace(block, inside=np.asarray(filled, dtype=np.bool_))


def _labelled(block: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the number of each voxel's piece (0 outside), and how many voxels each piece has."""
    labels = np.zeros(block.inside.shape, dtype=np.int32)
    count = int(ndimage.label(block.inside, _TOUCHING, output=labels))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return labels, np.asarray(sizes, dtype=np.int64)
