"""A 3-D picture taken apart for one look: what stands still, and a sheet whose colours change.

While a hand pulls a needle only the skin's colours change. Colouring the pixels in which the skin
is seen takes a few milliseconds where rendering everything anew takes a tenth of a second. At rest
the scene is rendered as ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.arrays import fixed
from planning.geometry import Float64Array

_Pieces = tuple[NDArray[Any], ...]

_BEHIND = 1e-5  # of the depth range: less tells nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SheetOnScreen:
    """A sheet as the camera sees it, with n corners.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Columns from the left, rows from below, and depth from 0 to 1.
    inverse_w : ndarray, shape (n,)
        One by each corner's distance from the camera; all alike without perspective.
    normals : ndarray, shape (n, 3)
        To the right, up and toward the viewer.
    triangles : ndarray of int, shape (m, 3)
    coloured_by : ndarray of int, shape (n,)
        Number of the colour of each corner.
    ambient, diffuse : float
        Shares of the light that comes from everywhere, and from the viewer.
    """

    places: Float64Array
    inverse_w: Float64Array
    normals: Float64Array
    triangles: NDArray[np.int32]
    coloured_by: NDArray[np.int32]
    ambient: float
    diffuse: float


class SceneLayers:
    """What stands still of a scene, ready to take the colours of a sheet.

    Parameters
    ----------
    base : ndarray of uint8, shape (rows, columns, 3)
        The picture without the sheet and without what lies over it, the lowest row first.
    depth : ndarray of float32, shape (rows, columns)
        Of what is solid there, 0 to 1.
    over : ndarray of uint8, shape (rows, columns, 4), or None
        What lies over the sheet: colours scaled by their opacity, and how much is seen through.
    """

    def __init__(
        self,
        base: NDArray[np.uint8],
        depth: NDArray[np.float32],
        over: NDArray[np.uint8] | None,
        sheet: SheetOnScreen | None,
    ) -> None:
        self._shape = base.shape[:2]
        self._base = fixed(base.reshape(-1, 3))
        nothing = np.empty((0, 4), dtype=np.uint8)
        self._over = fixed(nothing if over is None else over.reshape(-1, 4))
        self._pieces = None if sheet is None else _cut_up(sheet, depth)

    def picture(self, colours_rgba: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """Return the picture with the sheet in these colours, or without it.

        Returns
        -------
        ndarray of uint8, shape (rows, columns, 4)
            RGBA, first row on top.
        """
        from app.rendering.sheet_kernel import coloured_sheet  # brings the compiler along

        if colours_rgba is None or self._pieces is None:
            pieces, colours = _no_pieces(len(self._base)), np.empty((0, 4), dtype=np.uint8)
        else:
            pieces, colours = self._pieces, colours_rgba
        shine = pieces[-1]
        flat = coloured_sheet(self._base, self._over, *pieces[:-1], fixed(colours), shine)
        return np.ascontiguousarray(np.asarray(flat).reshape(*self._shape, 4)[::-1])


def _cut_up(sheet: SheetOnScreen, depth: NDArray[np.float32]) -> _Pieces:
    """Return the pieces of a sheet that the picture's pixels show, and how the sheet shines."""
    from app.rendering.sheet_kernel import sheet_pieces  # brings the compiler along

    found = sheet_pieces(
        fixed(sheet.places),
        fixed(sheet.inverse_w),
        fixed(sheet.normals),
        fixed(sheet.triangles),
        fixed(depth),
        _BEHIND,
    )
    shine = np.array((sheet.ambient, sheet.diffuse), dtype=np.float32)
    return (*map(fixed, found), fixed(sheet.coloured_by[sheet.triangles]), fixed(shine))


def _no_pieces(pixels: int) -> _Pieces:
    starts, owner = np.zeros(pixels + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    none, points = np.empty((0, 2), dtype=np.float32), np.empty((0, 3), dtype=np.int32)
    shine = np.zeros(2, dtype=np.float32)
    return (fixed(starts), fixed(owner), fixed(none), fixed(none), fixed(points), fixed(shine))
