"""Needles, specimens and the room they may take as voxels of the CT; knows no file format."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Float64Array, Grid, box_around
from planning.image import Mask
from planning.model.needle import Needle, Trajectory
from planning.model.plan import Candidate

Profile = Sequence[tuple[float, float]]
"""Depth from the entry and radius around the axis (mm), shallowest first, straight between."""


def shaft_profile(trajectory: Trajectory, needle: Needle) -> Profile:
    """Return the needle's own outer surface from skin to tip, without introducer or drill."""
    radius_mm = needle.outer_diameter_mm / 2.0
    return ((0.0, radius_mm), (trajectory.insertion_depth_mm, radius_mm))


def specimen_profile(candidate: Candidate, needle: Needle) -> Profile:
    """Return the tissue that is to come home: the specimen's length, as thick as the bore."""
    radius_mm = needle.inner_diameter_mm / 2.0
    entry = candidate.trajectory.entry_lps_mm
    ends = (float(np.linalg.norm(np.subtract(end, entry))) for end in candidate.specimen_lps_mm)
    return tuple((depth_mm, radius_mm) for depth_mm in ends)


def body_of_turning(trajectory: Trajectory, profile: Profile, grid: Grid) -> Mask:
    """Return the voxels of a body that is round about a trajectory's axis, with flat ends.

    A voxel belongs to it if its centre lies in the body or the axis runs through the voxel, so
    that a needle thinner than the voxels leaves no gaps.

    Raises
    ------
    InputError
        If nothing of it lies on the grid.
    """
    depths, radii = np.array(profile, dtype=np.float64).T
    ends = np.array([trajectory.at_depth_mm(float(depths[end])) for end in (0, -1)])
    box = box_around(grid, ends, float(radii.max()))
    block = box.of(grid)
    inside = np.zeros(block.shape_kji, dtype=np.bool_)
    columns, rows, slices = block.size_ijk
    j, i = np.mgrid[:rows, :columns]
    for k in range(slices):
        centres = block.lps_from_index(np.stack([i, j, np.full_like(i, k)], axis=-1))
        along, apart = depth_and_distance_mm(trajectory, centres)
        inside[k] = (apart <= np.interp(along, depths, radii)) & (
            (along >= depths[0]) & (along <= depths[-1])
        )
    on_axis = _voxels_between(block, ends)
    inside[on_axis[:, 2], on_axis[:, 1], on_axis[:, 0]] = True
    if not inside.any():
        raise InputError("A needle lies outside the CT. Plan it in the CT it is handed over with.")
    return Mask(grid=block, inside=inside).cropped()


def depth_and_distance_mm(
    trajectory: Trajectory, points_lps_mm: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Return depth along and distance from a trajectory's axis of (..., 3) points."""
    offset = points_lps_mm - np.array(trajectory.entry_lps_mm)
    along = offset @ trajectory.direction_lps
    squared = np.einsum("...c,...c->...", offset, offset) - along**2
    return along, np.sqrt(np.maximum(squared, 0.0))


def _voxels_between(grid: Grid, ends_lps_mm: Float64Array) -> NDArray[np.intp]:
    """Return the voxels (n, 3) (i, j, k) that a straight line between two points runs through."""
    start, end = grid.index_from_lps(ends_lps_mm)
    cuts = [0.0, 1.0]
    for a, b in zip(start, end, strict=True):
        if a != b:
            faces = np.arange(np.ceil(min(a, b) - 0.5), np.floor(max(a, b) - 0.5) + 1.0) + 0.5
            cuts.extend(((faces - a) / (b - a)).tolist())
    shares = np.unique(np.clip(cuts, 0.0, 1.0))
    middles = (shares[1:] + shares[:-1]) / 2.0
    index = np.rint(start + middles[:, None] * (end - start)).astype(np.intp)
    within = ((index >= 0) & (index < np.array(grid.size_ijk))).all(axis=1)
    return np.asarray(index[within])
