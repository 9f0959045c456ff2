"""What the chart along the needle is given to show; no widgets, no arithmetic on tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueBand:
    """A stretch of the needle's axis inside one structure; depths in mm from the entry.

    Parameters
    ----------
    colour : str
        ``#rrggbb``; empty for air.
    """

    from_mm: float
    to_mm: float
    name: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProfileShown:
    """One needle's profile as the chart draws it.

    Parameters
    ----------
    depths_mm : ndarray, shape (n,)
        Ascending, from the entry.
    hu : ndarray, shape (n,)
        NaN where there is no CT.
    nearest_mm, needs_mm : ndarray, shape (n,)
        Clearance to the structure at risk that is tightest there, and what it needs; NaN where
        nothing is said.
    nearest : ndarray of int, shape (n,)
        Which of `structures` that is; -1 for none.
    stop_words, tip_words : str
        What is written at stop and tip.
    depth_error_mm : float
        95 % of the needles end within so much of stop and tip.
    editable : bool
        Whether a click sets the depth.
    """

    title: str
    depths_mm: FloatArray
    hu: FloatArray
    nearest_mm: FloatArray
    needs_mm: FloatArray
    nearest: NDArray[np.intp]
    structures: tuple[str, ...]
    bands: tuple[TissueBand, ...]
    stop_mm: float
    tip_mm: float
    stop_words: str
    tip_words: str
    specimen_mm: tuple[float, float]
    depth_error_mm: float
    editable: bool = False

    @property
    def too_near(self) -> NDArray[np.bool_]:
        """Where the structure is nearer than it needs; never where nothing is said."""
        return np.asarray(self.nearest_mm < self.needs_mm)

    def number_at(self, depth_mm: float) -> int:
        """Return which of `depths_mm` is nearest to a depth."""
        return int(np.argmin(np.abs(self.depths_mm - depth_mm)))

    def band_at(self, depth_mm: float) -> TissueBand | None:
        """Return the stretch that a depth lies in."""
        return next((b for b in self.bands if b.from_mm <= depth_mm < b.to_mm), None)
