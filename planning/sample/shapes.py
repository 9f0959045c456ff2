"""Solid shapes known by formula, with the distance to their surface; no tissue, no voxel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

from planning.geometry import Float64Array, Vec3, unit, vec3

FloatArray = NDArray[np.floating]

_FAR_MM = 1.0e4
_SAFE_MM = 8.0
"""Farther outside a solid than this, nobody asks how far exactly."""


@dataclass(frozen=True, eq=False)
class Motion:
    """A rigid motion, or a reflection followed by one: ``matrix @ p + shift_mm``."""

    matrix: Float64Array
    shift_mm: Float64Array

    def apply(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Move (..., 3) points."""
        return np.asarray(points_lps_mm, dtype=np.float64) @ self.matrix.T + self.shift_mm

    def turn(self, directions: ArrayLike) -> Float64Array:
        """Turn (..., 3) directions."""
        return np.asarray(directions, dtype=np.float64) @ self.matrix.T


MIRROR = Motion(np.diag([-1.0, 1.0, 1.0]), np.zeros(3))
"""Exchanges patient left and right."""


class Shape(Protocol):
    """A solid: negative distances are inside."""

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the signed distance of (n, 3) points to the surface, negative inside."""

    def bounds_lps_mm(self) -> Float64Array:
        """Return the lowest and the highest corner, shape (2, 3), of a box that holds the shape."""

    def moved(self, motion: Motion) -> Shape:
        """Return the same solid elsewhere."""


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid; its distance is exact on the surface and of first order around it.

    Parameters
    ----------
    axes_lps : tuple of Vec3
        Unit vectors of the three half axes, in the order of `radii_mm`.
    """

    centre_lps_mm: Vec3
    radii_mm: Vec3
    axes_lps: tuple[Vec3, Vec3, Vec3] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    @property
    def volume_ml(self) -> float:
        """Enclosed volume."""
        return 4.0 / 3.0 * np.pi * float(np.prod(self.radii_mm)) / 1000.0

    def local(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return (n, 3) coordinates along the half axes, in half-axis lengths."""
        axes = np.array(self.axes_lps, dtype=points_lps_mm.dtype)
        offset = points_lps_mm - np.array(self.centre_lps_mm, dtype=points_lps_mm.dtype)
        return (offset @ axes.T) / np.array(self.radii_mm, dtype=points_lps_mm.dtype)

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the level ``|q| - 1`` over its slope."""
        local = self.local(points_lps_mm)
        level = np.sqrt(np.einsum("ij,ij->i", local, local))
        scaled = local / np.array(self.radii_mm, dtype=local.dtype)
        slope = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
        centre = level < 1e-6
        result = level * (level - 1.0) / np.where(centre, 1.0, slope)
        return np.where(centre, -min(self.radii_mm), result)

    def bounds_lps_mm(self) -> Float64Array:
        """Return the exact bounding box."""
        half = np.linalg.norm(np.array(self.axes_lps).T * np.array(self.radii_mm), axis=1)
        return np.array(self.centre_lps_mm) + np.outer([-1.0, 1.0], half)

    def moved(self, motion: Motion) -> Ellipsoid:
        """Return the moved ellipsoid."""
        first, second, third = motion.turn(self.axes_lps)
        return Ellipsoid(
            vec3(motion.apply(self.centre_lps_mm)),
            self.radii_mm,
            (vec3(first), vec3(second), vec3(third)),
        )


@dataclass(frozen=True, eq=False)
class Tube:
    """A round tube along a polyline; with one radius throughout, its distance is exact.

    Parameters
    ----------
    points_lps_mm : tuple of Vec3
        At least two.
    radii_mm : tuple of float
        One for each point, linear in between.
    """

    points_lps_mm: tuple[Vec3, ...]
    radii_mm: tuple[float, ...]

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the distance to the polyline less the radius there."""
        return self._nearest(points_lps_mm)[0]

    def rise_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return how far (n, 3) points lie behind (posterior of) the nearest point of the axis."""
        return points_lps_mm[:, 1] - self._nearest(points_lps_mm)[1]

    def bounds_lps_mm(self) -> Float64Array:
        """Return the box around the polyline, widened by the largest radius."""
        points, reach = np.array(self.points_lps_mm), max(self.radii_mm)
        return np.array([points.min(axis=0) - reach, points.max(axis=0) + reach])

    def moved(self, motion: Motion) -> Tube:
        """Return the moved tube."""
        return Tube(tuple(vec3(p) for p in motion.apply(self.points_lps_mm)), self.radii_mm)

    def _nearest(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        best = np.full(len(points), _FAR_MM, dtype=points.dtype)
        axis_y = np.zeros(len(points), dtype=points.dtype)
        ends = np.array(self.points_lps_mm, dtype=points.dtype)
        radii = np.array(self.radii_mm, dtype=points.dtype)
        for first, last, r_first, r_last in zip(ends, ends[1:], radii, radii[1:], strict=False):
            along = last - first
            offset = points - first
            share = np.clip((offset @ along) / (along @ along), 0.0, 1.0)
            offset -= share[:, None] * along
            distance = np.sqrt(np.einsum("ij,ij->i", offset, offset))
            distance -= r_first + share * (r_last - r_first)
            nearer = distance < best
            best = np.where(nearer, distance, best)
            axis_y = np.where(nearer, first[1] + share * along[1], axis_y)
        return best, axis_y


@dataclass(frozen=True, eq=False)
class Sheet:
    """A curved plate: balls along a smooth surface through a net of points, each with its radius.

    Parameters
    ----------
    net : ndarray, shape (rows, columns, 4)
        x, y, z in LPS mm and half the thickness in mm.
    """

    net: Float64Array
    spacing_mm: float = 1.5

    @cached_property
    def _balls(self) -> tuple[cKDTree, NDArray[np.float32]]:
        dense = _refined(_refined(self.net, 0, self.spacing_mm), 1, self.spacing_mm).reshape(-1, 4)
        return cKDTree(dense[:, :3]), dense[:, 3].astype(np.float32)

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the distance to the nearest ball's centre less its radius, at most 8 mm."""
        tree, radii = self._balls
        reach = _SAFE_MM + float(radii.max())
        distance, ball = tree.query(points_lps_mm, distance_upper_bound=reach)
        depth = np.append(radii, np.float32(0.0))[ball]  # one more: nothing within reach
        return np.minimum(distance - depth, _SAFE_MM).astype(points_lps_mm.dtype)

    def bounds_lps_mm(self) -> Float64Array:
        """Return the box around the net, widened by the largest radius."""
        points, reach = self.net[..., :3].reshape(-1, 3), self.net[..., 3].max()
        return np.array([points.min(axis=0) - reach, points.max(axis=0) + reach])

    def moved(self, motion: Motion) -> Sheet:
        """Return the moved sheet."""
        points = motion.apply(self.net[..., :3])
        return Sheet(np.concatenate([points, self.net[..., 3:]], axis=-1), self.spacing_mm)


@dataclass(frozen=True, eq=False)
class HalfSpace:
    """Everything behind a plane, as seen along its outward normal."""

    point_lps_mm: Vec3
    outward_lps: Vec3

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the exact distance to the plane."""
        outward = unit(self.outward_lps).astype(points_lps_mm.dtype)
        return points_lps_mm @ outward - outward.dtype.type(np.dot(outward, self.point_lps_mm))

    def bounds_lps_mm(self) -> Float64Array:
        """Return a box without limits."""
        return np.array([[-_FAR_MM] * 3, [_FAR_MM] * 3])

    def moved(self, motion: Motion) -> HalfSpace:
        """Return the moved half space."""
        return HalfSpace(vec3(motion.apply(self.point_lps_mm)), vec3(motion.turn(self.outward_lps)))


@dataclass(frozen=True, eq=False)
class Union:
    """Several solids as one; `blend_mm` rounds the grooves between them."""

    parts: tuple[Shape, ...]
    blend_mm: float = 0.0

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the least distance, smoothed where two are within the blend; at most 8 mm."""
        best = _distance_nearby(self.parts[0], points_lps_mm)
        for part in self.parts[1:]:
            other = _distance_nearby(part, points_lps_mm)
            if self.blend_mm == 0.0:
                best = np.minimum(best, other)
                continue
            known = np.maximum(best, other) < _SAFE_MM
            overlap = np.maximum(self.blend_mm - np.abs(best - other), 0.0) * known
            best = np.minimum(best, other) - overlap * overlap / (4.0 * self.blend_mm)
        return best

    def bounds_lps_mm(self) -> Float64Array:
        """Return the box around all parts, widened by what blending can add."""
        boxes = np.array([part.bounds_lps_mm() for part in self.parts])
        grown = self.blend_mm / 4.0 * max(len(self.parts) - 1, 0)
        return np.array([boxes[:, 0].min(axis=0) - grown, boxes[:, 1].max(axis=0) + grown])

    def moved(self, motion: Motion) -> Union:
        """Return the moved union."""
        return Union(tuple(part.moved(motion) for part in self.parts), self.blend_mm)


@dataclass(frozen=True, eq=False)
class Common:
    """What several solids have in common."""

    parts: tuple[Shape, ...]

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the greatest distance."""
        distances = [part.distance_mm(points_lps_mm) for part in self.parts]
        return np.asarray(np.max(distances, axis=0))

    def bounds_lps_mm(self) -> Float64Array:
        """Return the common part of all boxes."""
        boxes = np.array([part.bounds_lps_mm() for part in self.parts])
        return np.array([boxes[:, 0].max(axis=0), boxes[:, 1].min(axis=0)])

    def moved(self, motion: Motion) -> Common:
        """Return the moved solid."""
        return Common(tuple(part.moved(motion) for part in self.parts))


@dataclass(frozen=True, eq=False)
class Without:
    """A solid less others, each of which keeps a gap around itself."""

    solid: Shape
    removed: tuple[Shape, ...]
    gap_mm: float = 0.0

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the distance to the solid, or that out of the nearest hole if it is greater."""
        distance = self.solid.distance_mm(points_lps_mm)
        near = distance < _SAFE_MM
        if near.any():
            some = points_lps_mm[near]
            holes = [self.gap_mm - hole.distance_mm(some) for hole in self.removed]
            distance[near] = np.maximum(distance[near], np.max(holes, axis=0))
        return distance

    def bounds_lps_mm(self) -> Float64Array:
        """Return the solid's box."""
        return self.solid.bounds_lps_mm()

    def moved(self, motion: Motion) -> Without:
        """Return the moved solid."""
        removed = tuple(hole.moved(motion) for hole in self.removed)
        return Without(self.solid.moved(motion), removed, self.gap_mm)


def _distance_nearby(part: Shape, points: FloatArray) -> FloatArray:
    """Return distances capped at `_SAFE_MM`, without asking for points far off the part's box."""
    low, high = part.bounds_lps_mm().astype(points.dtype)
    margin = points.dtype.type(_SAFE_MM)
    near = ((points > low - margin) & (points < high + margin)).all(axis=1)
    distance = np.full(len(points), margin, dtype=points.dtype)
    distance[near] = np.minimum(part.distance_mm(points[near]), margin)
    return distance


def tube(points: Sequence[tuple[float, float, float, float]]) -> Tube:
    """Return the tube through (x, y, z, radius) rows."""
    return Tube(tuple((x, y, z) for x, y, z, _ in points), tuple(r for *_, r in points))


def _refined(net: Float64Array, axis: int, spacing_mm: float) -> Float64Array:
    """Return the net with `spacing_mm` between neighbours along `axis`, no overshoot in between."""
    steps = np.linalg.norm(np.diff(net[..., :3], axis=axis), axis=-1).max(axis=1 - axis)
    nodes = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-3))])
    wanted = np.linspace(0.0, nodes[-1], int(np.ceil(nodes[-1] / spacing_mm)) + 1)
    return np.asarray(PchipInterpolator(nodes, net, axis=axis)(wanted))
