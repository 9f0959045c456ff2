"""How a lesion's voxels are prepared before its features are measured; reads no file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiomicSettings:
    """The choices the IBSI manual leaves open; values of different settings do not compare.

    Parameters
    ----------
    grid_mm : float
        Spacing of the isotropic grid on which everything is measured.
    bin_size_hu : float
        Width of a bin of the histogram and of the co-occurrence matrices.
    lowest_bin_edge_hu : float
        Where the first bin (level 1) begins. Fixed, so that a level means the same HU everywhere.
    log_scales_mm : tuple of float
        Standard deviations of the Laplacian-of-Gaussian filters.
    sources : tuple of (str, str)
        Where each value comes from, by the names above.
    """

    grid_mm: float
    bin_size_hu: float
    lowest_bin_edge_hu: float
    log_scales_mm: tuple[float, ...]
    sources: tuple[tuple[str, str], ...] = ()
