"""The space around one planned needle in which 95 % of the executed ones run; judges nothing."""

from __future__ import annotations

import numpy as np

from planning.geometry import Vec3
from planning.model.error_model import R95, ErrorModel
from planning.model.needle import Needle, Trajectory

_STEP_MM = 5.0


def error_band_mm(
    trajectory: Trajectory, needle: Needle, error_model: ErrorModel, slice_normal_lps: Vec3
) -> tuple[tuple[float, float], ...]:
    """Return how far from the planned axis the surfaces of 95 % of corrected needles stay.

    The same law as the clearances that a plan demands, without the doubt about a mask's edge:
    ``radius + 2.448 sigma_lat(t)``, from the skin to as far past the tip as the depth error takes
    95 % of the needles.

    Returns
    -------
    tuple of (float, float)
        Depth from the entry and radius around the axis (mm), shallowest first; straight lines
        between them are good to 0.05 mm.
    """
    sine = float(trajectory.direction_lps @ np.array(slice_normal_lps))
    off_plane_deg = float(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))
    deepest_mm = trajectory.insertion_depth_mm + error_model.beyond_mm
    depths_mm = np.linspace(0.0, deepest_mm, max(2, int(np.ceil(deepest_mm / _STEP_MM)) + 1))
    lateral_mm = error_model.corrected.lateral_mm(depths_mm, off_plane_deg)
    radii_mm = needle.radius_mm + R95 * lateral_mm
    return tuple(zip(depths_mm.tolist(), radii_mm.tolist(), strict=True))
