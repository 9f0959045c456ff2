"""A grid of radio-opaque lines on the skin, and where an entry lies in it; plans nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from planning.geometry import Float64Array, Vec3
from planning.image import Mask, Volume

_EIGHT = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinGridRules:
    """What tells a grid from anything else that is dense; see ``resources/skin_grid.toml``.

    Parameters
    ----------
    outside_mm, inside_mm : float
        How far outside and under the skin a line may lie.
    dot_at_most_mm : float
        Largest extent of a line's cut.
    followed_mm, followed_share : float
        How far along the body a line has to be followed, and in what share of the slices there.
    drift : float
        Millimetres a line may move sideways for each along the body.
    irregular_share : float
        How much gaps between neighbours may differ from their median.
    """

    least_hu: float
    outside_mm: float
    inside_mm: float
    dot_at_most_mm: float
    followed_mm: float
    followed_share: float
    drift: float
    spacing_least_mm: float
    spacing_most_mm: float
    irregular_share: float
    lines_least: int


class CountedFrom(StrEnum):
    """The side of the patient from which lines are counted."""

    RIGHT = "right"
    FRONT = "front"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlace:
    """Where an entry lies in a grid, in its slice.

    Parameters
    ----------
    wire : int
        Number of the line nearest to it, 1 for the first.
    beside : int or None
        Number of the line on its other side; None where it lies beyond the outermost.
    from_wire_mm : float
        Distance to `wire` along the skin; never negative.
    wires : int
        How many lines are seen in the slice.
    """

    wire: int
    beside: int | None
    from_wire_mm: float
    wires: int
    counted_from: CountedFrom


def grid_place(
    ct: Volume, body: Mask, entry_lps_mm: Vec3, rules: SkinGridRules
) -> GridPlace | None:
    """Return where an entry lies in a grid on the skin; None where none is seen by it.

    Lines run along the body and are seen as dots in the slices (k) of the CT. Beyond the outermost
    line by more than one gap is not by the grid.
    """
    k = int(np.rint(ct.grid.index_from_lps(entry_lps_mm)[2]))
    if not 0 <= k < ct.grid.size_ijk[2]:
        return None
    lines = grid_lines_lps_mm(ct, body, k, rules)
    return None if len(lines) == 0 else _place(lines, np.array(entry_lps_mm))


def grid_lines_lps_mm(ct: Volume, body: Mask, k: int, rules: SkinGridRules) -> Float64Array:
    """Return where the lines of a grid cut slice k, in their order along the skin.

    From the patient's right, or from the front where the row runs rather from front to back.

    Returns
    -------
    ndarray, shape (n, 3)
        LPS mm; empty where no grid is seen.
    """
    dots = _followed(ct, body, k, rules)
    if len(dots) < rules.lines_least:
        return np.zeros((0, 3))
    centre = _body_centre_lps_mm(ct, body, k)
    row = _regular(dots[_in_order(dots, centre)], rules)
    if len(row) < rules.lines_least:
        return np.zeros((0, 3))
    span = row[-1] - row[0]
    axis = 0 if abs(span[0]) >= abs(span[1]) else 1
    return row if span[axis] >= 0.0 else row[::-1]


def _place(lines: Float64Array, entry: Float64Array) -> GridPlace | None:
    """Return where a point lies among lines in order: by the chord it projects onto."""
    chords = np.diff(lines, axis=0)
    gaps = np.linalg.norm(chords, axis=1)
    away = entry - lines[:-1]
    along = (away * chords).sum(axis=1) / gaps
    off = np.linalg.norm(entry - (lines[:-1] + (np.clip(along / gaps, 0, 1) * chords.T).T), axis=1)
    n = int(np.argmin(off))
    t, gap = float(along[n]), float(gaps[n])
    first = t <= gap / 2.0
    nearest = n if first else n + 1
    far_mm = abs(t) if first else abs(gap - t)
    beyond = t < 0.0 or t > gap
    if beyond and far_mm > float(np.median(gaps)):
        return None
    span = lines[-1] - lines[0]
    return GridPlace(
        wire=nearest + 1,
        beside=None if beyond else (n + 2 if first else n + 1),
        from_wire_mm=far_mm,
        wires=len(lines),
        counted_from=CountedFrom.RIGHT if abs(span[0]) >= abs(span[1]) else CountedFrom.FRONT,
    )


def _followed(ct: Volume, body: Mask, k: int, rules: SkinGridRules) -> Float64Array:
    """Return the dots of slice k that go on in the slices around it, (n, 3) in LPS mm."""
    dots = _dots_lps_mm(ct, body, k, rules)
    if len(dots) < rules.lines_least:
        return dots
    step_mm, count = ct.grid.spacing_mm[2], ct.grid.size_ijk[2]
    reach = max(1, int(np.floor(rules.followed_mm / 2.0 / step_mm)))
    others = [n for n in range(k - reach, k + reach + 1) if n != k and 0 <= n < count]
    seen = np.zeros(len(dots))
    normal = np.array(ct.grid.direction_lps[2])
    room_mm = 2.0 * max(ct.grid.spacing_mm[:2])
    for n in others:
        there = _dots_lps_mm(ct, body, n, rules)
        if len(there):
            away_mm = abs(n - k) * step_mm
            shifted = dots + (n - k) * step_mm * normal
            distance, _ = cKDTree(there).query(shifted)
            seen += distance <= room_mm + rules.drift * away_mm
    return dots[seen >= rules.followed_share * len(others)] if others else dots[:0]


@lru_cache(maxsize=64)
def _dots_lps_mm(ct: Volume, body: Mask, k: int, rules: SkinGridRules) -> Float64Array:
    """Return the centres of small dense spots on the skin of slice k, (n, 3) in LPS mm."""
    values, inside = ct.values[k], _body_slice(ct, body, k)
    dense = values > rules.least_hu
    none = np.zeros((0, 3))
    if not dense.any() or not inside.any():
        return none
    labels, _ = ndimage.label(dense, structure=_EIGHT)
    spacing = np.array(ct.grid.spacing_mm[:2])
    boxes = ndimage.find_objects(labels)
    small = [
        number
        for number, box in enumerate(boxes, start=1)
        if max((s.stop - s.start - 1) * h for s, h in zip(box, spacing[::-1], strict=True))
        <= rules.dot_at_most_mm
    ]
    if not small:
        return none
    weights = np.where(dense, values.astype(np.float64), 0.0)
    centres = np.array(ndimage.center_of_mass(weights, labels, small))[:, ::-1]
    kept = centres[_by_skin(centres, inside, spacing, rules)]
    return ct.grid.lps_from_index(np.column_stack([kept, np.full(len(kept), float(k))]))


def _by_skin(
    centres_ij: Float64Array,
    inside: NDArray[np.bool_],
    spacing_mm: Float64Array,
    rules: SkinGridRules,
) -> NDArray[np.bool_]:
    """Tell which places of a slice lie on the skin, near enough outside or under it."""
    edge = inside & ~ndimage.binary_erosion(inside)
    tree = cKDTree(np.argwhere(edge)[:, ::-1] * spacing_mm)
    distance, _ = tree.query(centres_ij * spacing_mm)
    nearest = np.rint(centres_ij).astype(int)
    under = inside[nearest[:, 1], nearest[:, 0]]
    return np.asarray(np.where(under, distance <= rules.inside_mm, distance <= rules.outside_mm))


def _body_slice(ct: Volume, body: Mask, k: int) -> NDArray[np.bool_]:
    """Return the body in slice k of the CT."""
    own_k, j, i = body.offset_kji(ct.grid)
    found = np.zeros(ct.grid.shape_kji[1:], dtype=np.bool_)
    if 0 <= k - own_k < body.grid.size_ijk[2]:
        width, height, _ = body.grid.size_ijk
        found[j : j + height, i : i + width] = body.inside[k - own_k]
    return found


def _body_centre_lps_mm(ct: Volume, body: Mask, k: int) -> Float64Array:
    centre = np.argwhere(_body_slice(ct, body, k)).mean(axis=0)
    return ct.grid.lps_from_index((centre[1], centre[0], float(k)))


def _in_order(dots: Float64Array, centre: Float64Array) -> NDArray[np.intp]:
    """Return the order of dots around the body, beginning behind the widest gap."""
    out = dots - centre
    angle = np.arctan2(out[:, 1], out[:, 0])
    order = np.argsort(angle)
    turned = angle[order]
    gaps = np.diff(np.concatenate([turned, turned[:1] + 2.0 * np.pi]))
    return np.roll(order, -(int(np.argmax(gaps)) + 1))


def _regular(row: Float64Array, rules: SkinGridRules) -> Float64Array:
    """Return the longest stretch of a row of dots whose gaps are alike."""
    gaps = np.linalg.norm(np.diff(row, axis=0), axis=1)
    best = row[:0]
    for start in range(len(row)):
        for end in range(start + rules.lines_least, len(row) + 1):
            own = gaps[start : end - 1]
            middle = float(np.median(own))
            alike = np.abs(own - middle) <= rules.irregular_share * middle
            fits = rules.spacing_least_mm <= middle <= rules.spacing_most_mm
            if not (alike.all() and fits):
                continue
            if end - start > len(best):
                best = row[start:end]
    return best
