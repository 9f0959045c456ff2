"""Left and right: what names say against where structures lie; corrects nothing by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from planning.geometry import Float64Array, Vec3, vec3
from planning.image import Mask
from planning.model.case import Case, Role

# A structure this close to the midline may be on either side of it: the left brachiocephalic vein
# crosses, patients lie askew. Engineering defaults.
_TOLERANCE_MM = 10.0
_ESTIMATES_APART_MM = 20.0
_NEARBY_MM = 80.0
_SIMILAR_VOLUME = 0.6
_NAMED_AT_MOST = 5

_MIDDLE_WORDS = frozenset({"sacrum", "vertebra", "vertebrae", "spinal", "sternum", "coccyx"})
_WORD = re.compile(r"[^\W\d_]+|\d+")


class Side(StrEnum):
    """A side of the patient, not of the picture."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


_WHOLE_WORDS = {
    "left": Side.LEFT,
    "lt": Side.LEFT,
    "sinister": Side.LEFT,
    "right": Side.RIGHT,
    "rt": Side.RIGHT,
    "dexter": Side.RIGHT,
}
_END_LETTERS = {"l": Side.LEFT, "r": Side.RIGHT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named structure's centre and size.

    Parameters
    ----------
    volume_mm3 : float
        Tells a whole structure from one that a side of the volume cuts.
    """

    name: str
    centroid_lps_mm: Vec3
    volume_mm3: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Midline:
    """The patient's midline, a curve in front of the spine.

    Parameters
    ----------
    x_lps_mm, z_lps_mm : ndarray, shape (n,)
        Estimates of where it runs and at what height each was made.
    """

    x_lps_mm: Float64Array
    z_lps_mm: Float64Array

    def to_left_mm(self, point_lps_mm: Vec3) -> float:
        """Return how far a point lies to the patient's left of it; negative to the right."""
        x, _, z = point_lps_mm
        nearby = np.abs(self.z_lps_mm - z) <= _NEARBY_MM
        chosen = self.x_lps_mm[nearby] if nearby.sum() >= 2 else self.x_lps_mm
        return x - float(np.median(chosen))

    def side_of(self, point_lps_mm: Vec3) -> Side:
        """Return the side a point lies on; within 10 mm it is the midline."""
        away = self.to_left_mm(point_lps_mm)
        if abs(away) <= _TOLERANCE_MM:
            return Side.MIDLINE
        return Side.LEFT if away > 0 else Side.RIGHT


def side_in_name(name: str) -> Side | None:
    """Return the side a name states, as in ``iliac_artery_left``, ``R hip``, ``femur_l``.

    None where it states none or both. A single letter counts only at either end and not before a
    number: ``L5`` is a vertebra.
    """
    found = set(_side_words(_words(name)).values())
    return found.pop() if len(found) == 1 else None


def without_side(name: str) -> str:
    """Return the name's words without those that state a side, joined by underscores."""
    words = _words(name)
    sides = _side_words(words)
    return "_".join(w for n, w in enumerate(words) if n not in sides)


def _side_words(words: Sequence[str]) -> dict[int, Side]:
    """Return which of the words state which side."""
    found = {n: _WHOLE_WORDS[w] for n, w in enumerate(words) if w in _WHOLE_WORDS}
    if found or len(words) < 2 or words[1].isdigit():
        return found
    ends = (0, len(words) - 1)
    return {n: _END_LETTERS[words[n]] for n in ends if words[n] in _END_LETTERS}


def _words(name: str) -> list[str]:
    """Return the lower-case words and numbers of a name; ``femurLeft`` has two."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [w.lower() for w in _WORD.findall(apart.replace("_", " "))]


def place_of(name: str, mask: Mask) -> Place | None:
    """Return where a mask lies, or None if it is empty."""
    in_slice = np.array([np.count_nonzero(plane) for plane in mask.inside])
    total = int(in_slice.sum())
    if total == 0:
        return None
    # Seen along k, all columns at once: several times faster than a sum for every axis.
    shadow = np.add.reduce(mask.inside, axis=0, dtype=np.int32)
    counts = [shadow.sum(axis=0), shadow.sum(axis=1), in_slice]
    centre_ijk = [float(c @ np.arange(c.size)) / total for c in counts]
    return Place(
        name=name,
        centroid_lps_mm=vec3(mask.grid.lps_from_index(centre_ijk)),
        volume_mm3=total * mask.grid.voxel_volume_mm3,
    )


def midline_of(places: Sequence[Place]) -> Midline | None:
    """Return the patient's midline, or None where nothing reliable tells it.

    Spine, sacrum and sternum lie on it; left and right partners of similar volume lie around it,
    whichever of them is called left. Partners of unlike volume are left out: a side of the volume
    cuts one of them. At least two estimates have to be there and to agree within 20 mm of their
    median at the same height.
    """
    found = [p.centroid_lps_mm for p in places if _is_middle(p.name)]
    left = {without_side(p.name): p for p in places if side_in_name(p.name) is Side.LEFT}
    for place in places:
        partner = left.get(without_side(place.name))
        if side_in_name(place.name) is not Side.RIGHT or partner is None:
            continue
        volumes = sorted((place.volume_mm3, partner.volume_mm3))
        if volumes[0] >= _SIMILAR_VOLUME * volumes[1]:
            middle = np.add(place.centroid_lps_mm, partner.centroid_lps_mm) / 2.0
            found.append(vec3(middle))
    if len(found) < 2:
        return None
    x, _, z = np.array(found).T
    close = np.abs(x - _smooth(x, z)) <= _ESTIMATES_APART_MM
    if close.sum() < 2 or close.mean() < 0.5:
        return None
    return Midline(x_lps_mm=x[close], z_lps_mm=z[close])


def _is_middle(name: str) -> bool:
    return side_in_name(name) is None and not _MIDDLE_WORDS.isdisjoint(_words(name))


def _smooth(x_mm: Float64Array, z_mm: Float64Array) -> Float64Array:
    near = np.abs(z_mm[:, None] - z_mm) <= _NEARBY_MM
    return np.array([np.median(x_mm[n]) for n in near])


def side_conflicts(places: Sequence[Place], midline: Midline) -> tuple[Place, ...]:
    """Return the structures whose name states one side while they lie on the other."""
    opposite = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    return tuple(
        p
        for p in places
        if (stated := side_in_name(p.name)) is not None
        and midline.side_of(p.centroid_lps_mm) is opposite[stated]
    )


def laterality_notes(case: Case, masks: Mapping[str, Mask]) -> tuple[str, ...]:
    """Return sentences about sides: names against positions, and the lesion against the site.

    Parameters
    ----------
    masks : mapping of str to Mask
        By the mask_id of the case's structures.
    """
    placed = [(s, place_of(s.name, masks[s.mask_id])) for s in case.trusted]
    places = [p for _, p in placed if p is not None]
    stated = [p for p in places if side_in_name(p.name) is not None]
    site_side = side_in_name(case.site)
    if not stated and site_side is None:
        return ()
    midline = midline_of(places)
    if midline is None:
        return (
            "sides in names were not checked: no spine and no pair of structures tells the "
            "patient's midline",
        )
    notes = [_conflict_note(side_conflicts(stated, midline), len(stated))]
    tumours = [p for s, p in placed if s.role is Role.TUMOUR and p is not None]
    for tumour in tumours if site_side is not None else ():
        side = midline.side_of(tumour.centroid_lps_mm)
        if side not in (site_side, Side.MIDLINE) and tumour.name in (case.lesion, tumours[0].name):
            notes.append(
                f'the site is "{case.site}", but "{tumour.name}" lies on the patient\'s {side}; '
                "check site and image"
            )
    return tuple(n for n in notes if n)


def _conflict_note(conflicts: Sequence[Place], stated: int) -> str:
    if not conflicts:
        return ""
    names = ", ".join(f'"{p.name}"' for p in conflicts[:_NAMED_AT_MOST])
    more = len(conflicts) - _NAMED_AT_MOST
    listed = f"{names} and {more} more" if more > 0 else names
    if len(conflicts) == stated and stated > 2:
        return f"every named side is on the other one ({listed}): image or masks may be mirrored"
    verb = "lies" if len(conflicts) == 1 else "lie"
    return f"{listed} {verb} on the patient's other side than the name says; check the labels"
