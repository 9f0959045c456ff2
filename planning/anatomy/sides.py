"""Left and right halves of a mask that holds a bone of both sides; reads no names."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from planning.anatomy.laterality import Side
from planning.anatomy.pooled import Lattice
from planning.geometry import Grid
from planning.image import Mask

_LATTICE_MM = 3.0
_SIDES_APART_MM = 50.0
_FRAGMENT = 0.05


def split_sides(mask: Mask, ct_grid: Grid) -> dict[Side | None, Mask]:
    """Return the left and the right part of a mask, or the whole under None if it has one side.

    Connected parts are ordered from right to left; where two neighbours' centres are more than
    50 mm apart (an engineering default), the sides part there. Fragments go with the nearer side.
    """
    lattice = Lattice.about(ct_grid, _LATTICE_MM)
    box = lattice.around([mask], 0.0)
    if box is None:
        return {}
    labels, count = ndimage.label(lattice.pooled([mask], box), np.ones((3, 3, 3), dtype=np.bool_))
    numbers = np.arange(1, count + 1)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    centres = np.array(ndimage.center_of_mass(labels > 0, labels, numbers))[:, ::-1]
    x = lattice.blocks(box).lps_from_index(centres)[:, 0]
    large = np.sort(x[sizes >= _FRAGMENT * sizes.max()])
    gaps = np.diff(large)
    if gaps.size == 0 or gaps.max() < _SIDES_APART_MM:
        return {None: mask}
    widest = int(np.argmax(gaps))
    middle = (large[widest] + large[widest + 1]) / 2.0
    is_left = np.concatenate([[False], x > middle])[labels]
    left = lattice.mask_of(is_left, box)
    whole = mask.on(left.grid)
    return {
        Side.LEFT: Mask(grid=left.grid, inside=whole & left.inside).cropped(),
        Side.RIGHT: Mask(grid=left.grid, inside=whole & ~left.inside).cropped(),
    }
