"""From which directions a needle may come, in the patient's axes; measures no needle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planning.anatomy.laterality import Side, midline_of, place_of, side_in_name
from planning.anatomy.lesion import Lesion
from planning.geometry import Float64Array, box_around
from planning.image import Mask
from planning.model.case import Case, Role
from planning.model.site import Direction, Rule

_AROUND_LESION_MM = 10.0

# Toward patient left and toward the back; medial is 1 where the lesion lies on the patient's right.
_PARTS: Mapping[Direction, tuple[float, float]] = {
    Direction.ANTERIOR: (0.0, -1.0),
    Direction.POSTERIOR: (0.0, 1.0),
    Direction.MEDIAL: (1.0, 0.0),
    Direction.LATERAL: (-1.0, 0.0),
    Direction.ANTEROMEDIAL: (1.0, -1.0),
    Direction.ANTEROLATERAL: (-1.0, -1.0),
    Direction.POSTEROMEDIAL: (1.0, 1.0),
    Direction.POSTEROLATERAL: (-1.0, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllowedApproach:
    """The directions one rule allows for this lesion.

    Parameters
    ----------
    from_xy : ndarray, shape (m, 2)
        Unit vectors in the axial plane, toward where the needle may come from: patient left and
        back are positive.
    within_deg : float
        Largest angle to the nearest of them.
    """

    rule: Rule
    from_xy: Float64Array
    within_deg: float

    def off_deg(self, along_lps: Float64Array) -> Float64Array:
        """Return how far each needle's direction (n, 3) is off what is allowed, in degrees.

        0 where it is allowed. Angles are measured in the axial plane, so that tilting a needle
        toward head or feet does not change from which side it comes; a needle along the body
        comes from no side and is 90 degrees off them all.
        """
        from_xy = -np.asarray(along_lps, dtype=np.float64)[:, :2]
        length = np.linalg.norm(from_xy, axis=1)
        cosine = (from_xy @ self.from_xy.T) / np.maximum(length, 1e-9)[:, None]
        nearest = np.degrees(np.arccos(np.clip(cosine.max(axis=1), -1.0, 1.0)))
        return np.asarray(np.maximum(0.0, nearest - self.within_deg))


def allowed_approach(rule: Rule, side: Side | None) -> AllowedApproach | None:
    """Return the directions a rule allows, or None where they depend on an unknown side."""
    assert rule.approach is not None, "only rules about the approach are asked"
    from_left, from_right = (_vectors(rule, s) for s in (Side.LEFT, Side.RIGHT))
    if side not in (Side.LEFT, Side.RIGHT) and not _same(from_left, from_right):
        return None
    return AllowedApproach(
        rule=rule,
        from_xy=from_left if side is Side.LEFT else from_right,
        within_deg=rule.approach.within_deg,
    )


def _vectors(rule: Rule, side: Side) -> Float64Array:
    assert rule.approach is not None, "only rules about the approach are asked"
    toward_midline = 1.0 if side is Side.RIGHT else -1.0
    parts = np.array([_PARTS[d] for d in rule.approach.directions])
    vectors = parts * (toward_midline, 1.0)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1)[:, None])


def _same(one: Float64Array, other: Float64Array) -> bool:
    return {tuple(v) for v in one.tolist()} == {tuple(v) for v in other.tolist()}


def lesion_side(case: Case, masks: Mapping[str, Mask], lesion: Lesion | None) -> Side | None:
    """Return the side the lesion lies on; None where nothing tells it or two things disagree.

    Asked are the site's name, the lesion's, the name of the bone around the lesion, and where the
    lesion lies beside the patient's midline.
    """
    told = {side_in_name(case.site)}
    if lesion is not None:
        told |= {side_in_name(lesion.name), _bone_side(case, masks, lesion)}
        told.add(_placed_side(case, masks, lesion))
    found = told & {Side.LEFT, Side.RIGHT}
    return found.pop() if len(found) == 1 else None


def _bone_side(case: Case, masks: Mapping[str, Mask], lesion: Lesion) -> Side | None:
    """Return the side in the name of the bone that fills most of the lesion's surroundings."""
    best, side = 0, None
    for structure in case.trusted:
        if structure.role is not Role.BONE:
            continue
        mask = masks[structure.mask_id]
        corners = lesion.tumour.grid.corners_lps_mm()
        around = box_around(mask.grid, corners, _AROUND_LESION_MM)
        # A box outside the mask's grid is clipped to its border, where the lesion does not reach.
        near = mask.inside[around.slices_kji] if _meets(mask, corners) else mask.inside[:0]
        count = int(np.count_nonzero(near))
        if count > best:
            best, side = count, side_in_name(structure.name)
    return side


def _meets(mask: Mask, corners_lps_mm: Float64Array) -> bool:
    index = mask.grid.index_from_lps(corners_lps_mm)
    reach = _AROUND_LESION_MM / np.array(mask.grid.spacing_mm)
    low, high = index.min(axis=0) - reach, index.max(axis=0) + reach
    return bool((high >= 0.0).all() and (low <= np.array(mask.grid.size_ijk) - 1.0).all())


def _placed_side(case: Case, masks: Mapping[str, Mask], lesion: Lesion) -> Side | None:
    placed = (place_of(s.name, masks[s.mask_id]) for s in case.trusted)
    midline = midline_of([p for p in placed if p is not None])
    return midline.side_of(lesion.centroid_lps_mm) if midline is not None else None
