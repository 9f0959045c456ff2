"""Where a skin entry lies from points of bone that a hand can feel; marks and plans nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from planning.anatomy.laterality import Side, midline_of, place_of, side_in_name
from planning.geometry import Float64Array, Grid, Vec3, vec3
from planning.image import Mask
from planning.model.case import Case, Role

_SAME_MM = 0.01


class Toward(StrEnum):
    """A direction in the patient; lateral by the side that the bone's name states."""

    HEAD = "head"
    FEET = "feet"
    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    LATERAL = "lateral"


_LPS: Mapping[Toward, Vec3] = {
    Toward.HEAD: (0.0, 0.0, 1.0),
    Toward.FEET: (0.0, 0.0, -1.0),
    Toward.ANTERIOR: (0.0, -1.0, 0.0),
    Toward.POSTERIOR: (0.0, 1.0, 0.0),
}
_OUT = {Side.LEFT: (1.0, 0.0, 0.0), Side.RIGHT: (-1.0, 0.0, 0.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """A point that is felt: the outermost of a bone in one direction.

    Parameters
    ----------
    words : tuple of str
        All of them stand in the bone's name, in lower case.
    """

    words: tuple[str, ...]
    name: str
    toward: Toward
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromLandmark:
    """How far an entry lies from such a point (mm, in the patient as scanned).

    Parameters
    ----------
    to_left_mm, to_head_mm, to_back_mm : float
        From the landmark to the entry; negative to the right, the feet, the front.
    """

    bone: str
    landmark: str
    point_lps_mm: Vec3
    to_left_mm: float
    to_head_mm: float
    to_back_mm: float

    @property
    def distance_mm(self) -> float:
        """Straight distance."""
        return float(np.linalg.norm((self.to_left_mm, self.to_back_mm, self.to_head_mm)))


def from_landmarks(
    case: Case,
    masks: Mapping[str, Mask],
    ct: Grid,
    entry_lps_mm: Vec3,
    landmarks: Sequence[Landmark],
) -> tuple[FromLandmark, ...]:
    """Return where an entry lies from every landmark that the scan shows, the nearest first.

    A point on the border of the CT is left out: the bone may go on beyond it.
    """
    found = (
        _away(structure.name, landmark.name, point, entry_lps_mm)
        for structure in case.trusted
        if structure.role is Role.BONE and structure.mask_id in masks
        for landmark, point in _points(structure.name, masks[structure.mask_id], ct, landmarks)
    )
    return tuple(sorted(found, key=lambda one: one.distance_mm))


def from_midline_mm(case: Case, masks: Mapping[str, Mask], point_lps_mm: Vec3) -> float | None:
    """Return how far a point lies to the left of the midline at its height; None if unknown.

    Negative to the right.
    """
    placed = [place_of(s.name, masks[s.mask_id]) for s in case.trusted if s.mask_id in masks]
    midline = midline_of([place for place in placed if place is not None])
    return None if midline is None else midline.to_left_mm(point_lps_mm)


def _points(
    name: str, mask: Mask, ct: Grid, landmarks: Sequence[Landmark]
) -> Iterator[tuple[Landmark, Vec3]]:
    """Yield the landmarks of one bone that lie well inside the CT."""
    plain = name.lower()
    for landmark in landmarks:
        toward = _direction(landmark.toward, name)
        if toward is None or not all(word in plain for word in landmark.words):
            continue
        point = _outermost(mask, np.array(toward))
        if point is not None and _is_inside(point, ct):
            yield landmark, point


def _direction(toward: Toward, bone: str) -> Vec3 | None:
    if toward is not Toward.LATERAL:
        return _LPS[toward]
    side = side_in_name(bone)
    return None if side is None else _OUT.get(side)


def _outermost(mask: Mask, toward_lps: Float64Array) -> Vec3 | None:
    """Return the middle of the voxels of a mask that lie farthest in a direction."""
    indices = np.argwhere(mask.inside)[:, ::-1]
    if len(indices) == 0:
        return None
    points = mask.grid.lps_from_index(indices)
    along = points @ toward_lps
    return vec3(points[along >= along.max() - _SAME_MM].mean(axis=0))


def _is_inside(point_lps_mm: Vec3, ct: Grid) -> bool:
    """Tell whether a point lies at least two voxels away from the border of the CT."""
    index = ct.index_from_lps(point_lps_mm)
    return all(
        1.5 <= at <= size - 2.5 for at, size in zip(index.tolist(), ct.size_ijk, strict=True)
    )


def _away(bone: str, landmark: str, point: Vec3, entry: Vec3) -> FromLandmark:
    x, y, z = np.subtract(entry, point).tolist()
    return FromLandmark(
        bone=bone,
        landmark=landmark,
        point_lps_mm=point,
        to_left_mm=x,
        to_back_mm=y,
        to_head_mm=z,
    )
