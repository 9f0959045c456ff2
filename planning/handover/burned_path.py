"""A needle's path drawn into a CT slice as a hollow tube; makes no DICOM object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array, Grid, box_around
from planning.model.needle import Needle
from planning.model.plan import Candidate

_PARALLEL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnedLook:
    """How a path is drawn.

    Parameters
    ----------
    wall_hu : int
        Of the tube's wall and of the disc at the stop. Within what 12 bits hold from -1024 on,
        where some stations cut off, and brighter than any bone.
    hollow_pixels : float
        Least inner radius of the tube, in the larger of the pixel's two sides: a needle's own
        radius is often less than a pixel, and the anatomy in it has to show.
    wall_pixels : float
        Thickness of the wall, in the same measure.
    """

    wall_hu: int = 3000
    hollow_pixels: float = 1.5
    wall_pixels: float = 1.0


DEFAULT_LOOK = BurnedLook()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tube:
    """The tube that stands for one path on one grid (mm)."""

    candidate: Candidate
    hollow_mm: float
    wall_mm: float

    @property
    def widest_mm(self) -> float:
        """Radius of the disc at the stop, which stands out beyond the wall."""
        return self.hollow_mm + 2.0 * self.wall_mm


def tube_of(candidate: Candidate, needle: Needle, grid: Grid, look: BurnedLook) -> Tube:
    """Return the tube of a path: at least as wide inside as the needle is outside."""
    pixel_mm = max(grid.spacing_mm[:2])
    return Tube(
        candidate=candidate,
        hollow_mm=max(needle.radius_mm, look.hollow_pixels * pixel_mm),
        wall_mm=look.wall_pixels * pixel_mm,
    )


def drawn_pixels(tubes: Sequence[Tube], grid: Grid, k: int) -> NDArray[np.bool_]:
    """Return which pixels (rows, columns) of slice `k` the tubes cover.

    A slice shows what lies in its slab, half of the slice spacing to either side: a pixel is
    hollow if, of the points through the slab at its place, the one nearest to an axis lies in that
    tube's hollow. So a path between two thick slices shows in both, hollow. Around that is the
    wall, within the slice and, where slices are no thicker than two walls, above and below too,
    so that it is closed in reformatted pictures. No wall runs through the hollow of another tube.
    A tube is open at skin and tip; a disc closes it where the hand stops.
    """
    columns, rows, _ = grid.size_ijk
    wall, hollow, disc = np.zeros((3, rows, columns), dtype=np.bool_)
    for tube in tubes:
        found = _parts_of(tube, grid, k)
        if found is not None:
            block, parts = found
            for whole, part in zip((wall, hollow, disc), parts, strict=True):
                whole[block] |= part
    return np.asarray((wall & ~hollow) | disc)


def _parts_of(
    tube: Tube, grid: Grid, k: int
) -> tuple[tuple[slice, slice], tuple[NDArray[np.bool_], ...]] | None:
    """Return a block of slice `k`, and its pixels in the wall, the hollow and the disc there."""
    path = tube.candidate.trajectory
    normal, half_mm = np.array(grid.direction_lps[2]), grid.spacing_mm[2] / 2.0
    entry, along = np.array(path.entry_lps_mm), path.direction_lps
    rise = float(along @ normal)
    height = float((entry - np.array(grid.lps_from_index((0, 0, k)))) @ normal)
    length, reach = path.insertion_depth_mm, half_mm + tube.widest_mm
    near = _depths_within(height, rise, reach, length)
    if near is None:
        return None
    ends = np.array([path.at_depth_mm(depth) for depth in near])
    _, in_rows, in_columns = box_around(grid, ends, tube.widest_mm + half_mm).slices_kji
    j, i = np.mgrid[in_rows, in_columns]
    offset = grid.lps_from_index(np.stack([i, j, np.full_like(i, k)], axis=-1)) - entry

    def measured(slices_on: int) -> tuple[Float64Array, Float64Array, NDArray[np.bool_]]:
        """Return depth, distance and whether the tube is there, of pixels some slices on."""
        there = offset + slices_on * 2.0 * half_mm * normal
        depth, apart = _nearest_in_slab(there, along, normal, half_mm)
        return depth, apart, (depth >= 0.0) & (depth <= length)

    depth, apart, within = measured(0)
    hollow = within & (apart <= tube.hollow_mm)
    ring = apart <= tube.hollow_mm + tube.wall_mm
    for slices_on in (-1, 1):
        _, beside_mm, there = measured(slices_on)
        ring |= there & (beside_mm <= tube.hollow_mm) & (apart <= tube.widest_mm)
    stop_mm = float(np.linalg.norm(np.subtract(tube.candidate.stop_lps_mm, entry)))
    half_disc_mm = max(tube.wall_mm, 2.0 * half_mm * abs(rise)) / 2.0
    disc = (np.abs(depth - stop_mm) <= half_disc_mm) & (apart <= tube.widest_mm)
    return (in_rows, in_columns), (within & ring & ~hollow, hollow, disc)


def _depths_within(
    height_mm: float, rise: float, reach_mm: float, length_mm: float
) -> tuple[float, float] | None:
    """Return between which depths an axis stays within `reach_mm` of a plane; None if nowhere."""
    if abs(rise) < _PARALLEL:
        return (0.0, length_mm) if abs(height_mm) <= reach_mm else None
    ends = sorted(((-reach_mm - height_mm) / rise, (reach_mm - height_mm) / rise))
    low, high = max(0.0, ends[0]), min(length_mm, ends[1])
    return (low, high) if low <= high else None


def _nearest_in_slab(
    offset_mm: Float64Array, along: Float64Array, normal: Float64Array, half_mm: float
) -> tuple[Float64Array, Float64Array]:
    """Return depth and distance from the axis of each pixel's nearest point through the slab."""
    depth = offset_mm @ along
    across = offset_mm - depth[..., None] * along
    rise = float(along @ normal)
    sideways = normal - rise * along
    squared = float(sideways @ sideways)
    if squared < _PARALLEL:
        return depth, np.asarray(np.linalg.norm(across, axis=-1))
    moved = np.clip(-(across @ sideways) / squared, -half_mm, half_mm)
    apart = np.linalg.norm(across + moved[..., None] * sideways, axis=-1)
    return depth + moved * rise, np.asarray(apart)
