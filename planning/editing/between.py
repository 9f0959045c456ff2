"""Slices between drawn slices, by interpolating between their shapes; draws none itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.geometry import Float64Array
from planning.image import Mask

BoolSlice = NDArray[np.bool_]


def filled_between(mask: Mask) -> Mask:
    """Return a mask with its empty slices between drawn ones filled; the same object if none is.

    Slices are taken across the axis of the grid that has the most empty ones between drawn ones:
    the direction in which somebody drew every third slice, say. The shape changes evenly from one
    drawn slice to the next: signed distances to both outlines, their centroids laid over each
    other, are weighted by nearness (Raya and Udupa 1990, doi 10.1109/42.52980).
    """
    block = mask.cropped()
    gaps = [_gap_count(block.inside, axis) for axis in range(3)]
    axis = int(np.argmax(gaps))
    if gaps[axis] == 0:
        return mask
    turned = np.moveaxis(block.inside, axis, 0)
    spacing = np.delete(np.array(block.grid.spacing_mm[::-1]), axis)
    made = turned.copy()
    drawn = np.flatnonzero(turned.any(axis=(1, 2)))
    for low, high in pairwise(drawn.tolist()):
        if high - low > 1:
            shares = [(n - low) / (high - low) for n in range(low + 1, high)]
            made[low + 1 : high] = _between(turned[low], turned[high], shares, spacing)
    return replace(block, inside=np.ascontiguousarray(np.moveaxis(made, 0, axis)))


def _gap_count(inside: NDArray[np.bool_], axis: int) -> int:
    others = tuple(a for a in range(3) if a != axis)
    drawn = inside.any(axis=others)
    return int(drawn.size - np.count_nonzero(drawn))


def _between(
    first: BoolSlice, last: BoolSlice, shares: list[float], spacing_mm: Float64Array
) -> NDArray[np.bool_]:
    """Return the slices at some shares of the way from one drawn slice to the next."""
    fields = [_signed_mm(drawn, spacing_mm) for drawn in (first, last)]
    middles = [np.argwhere(drawn).mean(axis=0) for drawn in (first, last)]
    rows, columns = np.indices(first.shape, dtype=np.float64)
    made = np.zeros((len(shares), *first.shape), dtype=np.bool_)
    for n, share in enumerate(shares):
        middle = (1.0 - share) * middles[0] + share * middles[1]
        value = np.zeros(first.shape)
        for field, own, weight in zip(fields, middles, (1.0 - share, share), strict=True):
            places = (rows + own[0] - middle[0], columns + own[1] - middle[1])
            value += weight * ndimage.map_coordinates(field, places, order=1, mode="nearest")
        made[n] = value <= 0.0
    return made


def _signed_mm(drawn: BoolSlice, spacing_mm: Float64Array) -> Float64Array:
    """Return the distance to an outline that runs between inside and outside; negative inside."""
    framed = np.pad(drawn, 1)
    sampling = spacing_mm.tolist()
    outside = np.asarray(ndimage.distance_transform_edt(~framed, sampling=sampling))
    inside = np.asarray(ndimage.distance_transform_edt(framed, sampling=sampling))
    half = float(np.mean(spacing_mm)) / 2.0
    signed = np.where(framed, half - inside, outside - half)
    return signed[1:-1, 1:-1]
