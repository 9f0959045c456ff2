"""Needle paths brought onto another CT: the tip moves with bone, the entry is today's skin.

Measures none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.anatomy.crossing import skin_crossing
from planning.geometry import Vec3, vec3
from planning.image import Mask
from planning.imaging.transforms import RigidTransform
from planning.model.case import OWN_PREFIX, OwnPath
from planning.model.needle import Trajectory

_STEP_MM = 0.5
_FARTHEST_MM = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPath:
    """A path on another CT.

    Parameters
    ----------
    skin_seen : bool
        False where the new scan does not show the skin on the needle's axis: the entry is then only
        where the old one moves to.
    """

    trajectory: Trajectory
    skin_seen: bool


def carried_path(path: Trajectory, transform: RigidTransform, body: Mask) -> CarriedPath:
    """Return a path with its tip moved, its axis turned, and its entry on the new scan's skin.

    The entry is where the axis, followed from the tip outward, first leaves the body.
    """
    ends = transform.second_from_ct(np.array([path.entry_lps_mm, path.tip_lps_mm]))
    moved = Trajectory(vec3(ends[0]), vec3(ends[1]))
    entry = _skin_on_axis(moved, body)
    if entry is None:
        return CarriedPath(trajectory=moved, skin_seen=False)
    return CarriedPath(trajectory=Trajectory(entry, moved.tip_lps_mm), skin_seen=True)


def _skin_on_axis(path: Trajectory, body: Mask) -> Vec3 | None:
    tip = np.array(path.tip_lps_mm)
    out = np.arange(0.0, _FARTHEST_MM, _STEP_MM)
    points = tip - out[:, None] * path.direction_lps
    seen = body.grid.contains(points)
    index = np.rint(body.grid.index_from_lps(points)).astype(np.intp)
    i, j, k = np.clip(index, 0, np.array(body.grid.size_ijk) - 1).T
    held = body.inside[k, j, i]
    leaves = np.flatnonzero(~held | ~seen)
    if leaves.size == 0 or leaves[0] == 0 or not seen[leaves[0]]:
        return None
    guess = points[leaves[0]]
    found = skin_crossing(body, guess[None], tip[None])[0]
    return vec3(found) if np.isfinite(found).all() else None


def own_paths_with(own_paths: tuple[OwnPath, ...], path: Trajectory | None) -> tuple[OwnPath, ...]:
    """Return own paths with one more under the next free id; None adds none."""
    if path is None or any(own.trajectory == path for own in own_paths):
        return own_paths
    numbers = [int(own.path_id.removeprefix(OWN_PREFIX)) for own in own_paths]
    path_id = f"{OWN_PREFIX}{max(numbers, default=0) + 1}"
    return (*own_paths, OwnPath(path_id=path_id, trajectory=path))
