"""Straight lines through scattered voxels of metal, found by random sampling; judges none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.execution.needle_metal import Piece
from planning.geometry import Float64Array, unit

# From planning-model: a voxel belongs to a line within 1.5 mm.
INLIER_MM = 1.5
# Two of five voxels on the needle: 200 pairs miss it once in 10^15 times; one of ten: 13 %.
_PAIRS = 240
_AT_MOST = 3000
_LEAST_POINTS = 8
_LEAST_EXTENT_MM = 8.0
_LINES_PER_PIECE = 4
_CLEARED_MM = 4.0
_BIN_MM = 2.0
_SEED = 20261126


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A straight line, in LPS mm; `direction` is a unit vector of either sense."""

    point: Float64Array
    direction: Float64Array

    def at(self, s_mm: Float64Array) -> Float64Array:
        """Return the points at places along the line, shape (n, 3)."""
        return np.asarray(self.point + np.asarray(s_mm)[:, None] * self.direction)

    def across(self) -> tuple[Float64Array, Float64Array]:
        """Return two unit vectors across the line, at right angles."""
        aside = unit(np.cross(self.direction, np.eye(3)[np.argmin(np.abs(self.direction))]))
        return aside, np.asarray(np.cross(self.direction, aside))

    def distance_mm(self, points: Float64Array) -> Float64Array:
        """Return the distance of (n, 3) points."""
        away = points - self.point
        squared = np.einsum("ij,ij->i", away, away) - (away @ self.direction) ** 2
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def lines_in(piece: Piece) -> Iterator[Line]:
    """Yield the straight lines a piece may hold, the longest first; the caller judges them."""
    points, weights = _thinned(piece)
    rng = np.random.default_rng(_SEED)
    for _ in range(_LINES_PER_PIECE):
        if len(points) < _LEAST_POINTS or np.ptp(points, axis=0).max() < _LEAST_EXTENT_MM:
            return
        line = _best_line(points, weights, rng)
        yield line
        left = line.distance_mm(points) > _CLEARED_MM
        points, weights = points[left], weights[left]


def fitted_line(points: Float64Array, weights: Float64Array) -> Line:
    """Return the line of least weighted squared distance to (n, 3) points."""
    share = weights / weights.sum()
    middle = share @ points
    away = points - middle
    _, axes = np.linalg.eigh((away * share[:, None]).T @ away)
    return Line(middle, np.asarray(axes[:, -1]))


def _thinned(piece: Piece) -> tuple[Float64Array, Float64Array]:
    points, weights = piece.points_lps_mm, piece.hu
    if len(points) > _AT_MOST:
        kept = np.random.default_rng(_SEED).choice(len(points), _AT_MOST, replace=False)
        points, weights = points[kept], weights[kept]
    return points, weights


def _best_line(points: Float64Array, weights: Float64Array, rng: np.random.Generator) -> Line:
    """Return the line whose voxels fill the longest stretch, refitted to them."""
    first, second = rng.integers(0, len(points), (2, _PAIRS))
    apart = points[second] - points[first]
    length = np.linalg.norm(apart, axis=1)
    usable = length > _LEAST_EXTENT_MM / 2.0
    best, most = Line(points[0], np.array([0.0, 0.0, 1.0])), -1.0
    for a, direction in zip(first[usable], apart[usable] / length[usable][:, None], strict=True):
        line = Line(points[a], direction)
        filled = _filled_bins(line, points)
        if filled > most:
            best, most = line, filled
    for _ in range(2):
        near = best.distance_mm(points) <= INLIER_MM
        if np.count_nonzero(near) < _LEAST_POINTS:
            break
        best = fitted_line(points[near], weights[near])
    return best


def _filled_bins(line: Line, points: Float64Array) -> float:
    near: NDArray[np.bool_] = line.distance_mm(points) <= INLIER_MM
    along = (points[near] - line.point) @ line.direction
    count = len(along)
    # Stretches filled decide; of equal ones the line with more voxels.
    return len(np.unique(np.floor(along / _BIN_MM))) + count / (count + 1e4)
