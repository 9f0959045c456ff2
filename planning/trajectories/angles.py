"""How a needle is turned against patient, floor, slices, skin and gantry; looks at no tissue."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array, Vec3
from planning.model.case import UP_LPS, Position


def angles_deg(
    direction_lps: Float64Array, slice_normal_lps: Vec3, position: Position | None
) -> Mapping[str, Float64Array]:
    """Return the angle criteria of (n, 3) unit vectors from entry to tip.

    ``craniocaudal_angle_deg``
        ``asin(u_z)``, positive where the tip is toward the head.
    ``sagittal_projection_angle_deg``
        ``atan2(u_z, |u_y|)``: what a protractor or a laser shows.
    ``axial_angle_deg``
        ``atan2(u_x, |u_y|)``, from the front-back axis, positive where the tip is toward the
        patient's left.
    ``gravity_angle_deg``
        From the vertical in the biopsy position, in the axial plane. Supine and prone: the sign
        of the axial angle. Decubitus: positive where the tip is toward the patient's back. NaN
        where the position is unknown.
    ``scan_plane_angle_deg``
        ``asin(u . n)`` with the slices' normal turned toward the head.
    """
    x, y, z = direction_lps.T
    out_of_plane = np.clip(direction_lps @ np.array(slice_normal_lps), -1.0, 1.0)
    return {
        "craniocaudal_angle_deg": np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))),
        "sagittal_projection_angle_deg": np.degrees(np.arctan2(z, np.abs(y))),
        "axial_angle_deg": np.degrees(np.arctan2(x, np.abs(y))),
        "gravity_angle_deg": _gravity_deg(direction_lps, position),
        "scan_plane_angle_deg": np.degrees(np.arcsin(out_of_plane)),
    }


def _gravity_deg(direction_lps: Float64Array, position: Position | None) -> Float64Array:
    x, y, _ = direction_lps.T
    if position is None:
        return np.full(len(direction_lps), np.nan)
    if UP_LPS[position][0] == 0.0:
        return np.asarray(np.degrees(np.arctan2(x, np.abs(y))))
    return np.asarray(np.degrees(np.arctan2(y, np.abs(x))))


def incidence_deg(direction_lps: Float64Array, outward_normal_lps: Float64Array) -> Float64Array:
    """Return the angle between (n, 3) needle directions and outward normals; 0 = perpendicular."""
    against = -np.einsum("ij,ij->i", direction_lps, outward_normal_lps)
    return np.asarray(np.degrees(np.arccos(np.clip(against, -1.0, 1.0))))


def gantry_clearance_mm(
    hub_lps_mm: Float64Array, isocentre_lps_mm: Vec3 | None, bore_diameter_mm: float, room_mm: float
) -> NDArray[np.float64]:
    """Return how far (n, 3) hubs stay inside the bore, less the room a hand needs.

    The bore's axis runs head to foot through the isocentre. NaN without an isocentre.
    """
    if isocentre_lps_mm is None:
        return np.full(len(hub_lps_mm), np.nan)
    radial = np.linalg.norm(hub_lps_mm[:, :2] - np.array(isocentre_lps_mm)[:2], axis=1)
    return np.asarray(bore_diameter_mm / 2.0 - radial - room_mm)
