"""How a plane cuts a needle and the band it runs in; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.rendering.slice_geometry import SlicePlane
from planning.geometry import Float64Array, Vec3, unit

_END_ON_COSINE = 0.97
_PARALLEL_COSINE = 1e-6
_SAMPLES = 121
_ROUND = 48


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a needle's axis goes through a plane.

    Parameters
    ----------
    depth_mm : float
        From the entry along the axis; negative before the skin, or past the tip.
    end_on : bool
        The plane lies across the needle, so that it is seen as a ring.
    """

    depth_mm: float
    end_on: bool


def crossing_of(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> Crossing | None:
    """Return where the line through two points crosses a plane; None where it runs along it."""
    along = unit(np.subtract(ends_lps_mm[1], ends_lps_mm[0]))
    cosine = float(along @ np.array(plane.axes.normal_lps))
    if abs(cosine) < _PARALLEL_COSINE:
        return None
    depth = -float(plane.depth_mm(ends_lps_mm[0])) / cosine
    return Crossing(depth, abs(cosine) >= _END_ON_COSINE)


def cut_envelope(
    plane: SlicePlane,
    ends_lps_mm: tuple[Vec3, Vec3],
    envelope_mm: tuple[tuple[float, float], ...],
) -> Float64Array:
    """Return the outline in which a plane cuts the band around an axis, (n, 2) pixels.

    The band is a solid of revolution: a disc of the band's radius across the axis at every depth.
    A disc at the signed distance d from the plane is cut in a chord, ``R cos(phi) = -d / s`` along
    the disc's direction nearest to the plane's normal, with s the sine between axis and normal.
    Empty where the plane misses the band.
    """
    if len(envelope_mm) < 2:
        return np.empty((0, 2))
    entry = np.array(ends_lps_mm[0])
    along = unit(np.subtract(ends_lps_mm[1], ends_lps_mm[0]))
    normal = np.array(plane.axes.normal_lps)
    cosine = float(along @ normal)
    depths, radii = np.array(envelope_mm).T
    toward = normal - cosine * along
    sine = float(np.linalg.norm(toward))
    if sine < 1e-3:
        return _circle(plane, entry, along, depths, radii, cosine)
    toward /= sine
    first = float(plane.depth_mm(ends_lps_mm[0]))
    depth = _sampled_depths(depths, float(radii.max()), first, cosine, sine)
    radius = np.interp(depth, depths, radii)
    offset = -(first + depth * cosine) / sine
    met = np.abs(offset) <= radius
    if not met.any():
        return np.empty((0, 2))
    depth, radius, offset = depth[met], radius[met], offset[met]
    half = np.sqrt(radius**2 - offset**2)
    middle = entry + depth[:, None] * along + offset[:, None] * toward
    aside = half[:, None] * np.cross(along, toward)
    outline = np.concatenate((middle + aside, (middle - aside)[::-1]))
    return plane.screen_from_lps(outline)


def _sampled_depths(
    depths: Float64Array, widest_mm: float, first_mm: float, cosine: float, sine: float
) -> Float64Array:
    """Return depths, close together, between which the plane can meet the band at all."""
    low, high = float(depths[0]), float(depths[-1])
    if abs(cosine) > _PARALLEL_COSINE:
        middle, reach = -first_mm / cosine, widest_mm * sine / abs(cosine)
        low, high = max(low, middle - reach), min(high, middle + reach)
    if low > high:
        return np.empty(0)
    # Closer at the ends, where the outline of a cone cut across turns round.
    turn = (1.0 - np.cos(np.linspace(0.0, np.pi, _SAMPLES))) / 2.0
    return np.asarray(low + turn * (high - low))


def _circle(
    plane: SlicePlane,
    entry: Float64Array,
    along: Float64Array,
    depths: Float64Array,
    radii: Float64Array,
    cosine: float,
) -> Float64Array:
    depth = -float(plane.depth_mm(entry)) / cosine
    if not depths[0] <= depth <= depths[-1]:
        return np.empty((0, 2))
    radius_px = float(np.interp(depth, depths, radii)) / plane.mm_per_pixel
    turn = np.linspace(0.0, 2.0 * np.pi, _ROUND, endpoint=False)
    centre = plane.screen_from_lps(entry + depth * along)
    return np.asarray(centre + radius_px * np.stack((np.cos(turn), np.sin(turn)), axis=1))
