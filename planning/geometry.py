"""Points, directions and voxel grids in the DICOM patient frame (LPS, mm); no pixels, no files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planning.errors import InputError
from planning.limits import MOST_FARTHEST_MM

Vec3 = tuple[float, float, float]
Float64Array = NDArray[np.float64]

LEFT_LPS: Vec3 = (1.0, 0.0, 0.0)
POSTERIOR_LPS: Vec3 = (0.0, 1.0, 0.0)
HEAD_LPS: Vec3 = (0.0, 0.0, 1.0)

_LEAST_SPACING_MM = 1e-6
_ORTHOGONALITY_TOLERANCE = 1e-3
_AXIAL_PLANE_TOLERANCE = 1e-3


def vec3(values: ArrayLike) -> Vec3:
    """Return three numbers as a plain tuple of floats."""
    x, y, z = np.asarray(values, dtype=np.float64).ravel().tolist()
    return (x, y, z)


def place_words(point_lps_mm: Vec3) -> str:
    """Return a place in words: ``LPS -86, 46, 106``.

    The origin is wherever the scanner put it, so the signs tell no side of the patient.
    """
    return "LPS " + ", ".join(f"{value:.0f}" for value in point_lps_mm)


def unit(vector: ArrayLike) -> Float64Array:
    """Return `vector` (3,) scaled to length one.

    Raises
    ------
    InputError
        If the vector has no length.
    """
    array = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(array))
    if length == 0.0:
        raise InputError("A direction of length zero was given; give two different points.")
    return array / length


def is_rotation(matrix: ArrayLike, within: float) -> bool:
    """Tell whether a matrix turns and does nothing else: no scaling, shearing or mirroring.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Finite numbers; axes as rows or as columns.
    within : float
        How far ``R R^T`` may lie from one, in each of its elements.
    """
    axes = np.asarray(matrix, dtype=np.float64)
    apart = float(np.abs(axes @ axes.T - np.eye(3)).max())
    return apart <= within and bool(np.linalg.det(axes) > 0.0)


def toward_head(normal_lps: Vec3) -> Vec3:
    """Turn a slice normal toward the head.

    A normal in the axial plane (sagittal or coronal slices, ``|z| < 0.001``) points toward
    patient left or the back, whichever is closer to it.
    """
    normal = np.array(normal_lps)
    if abs(normal[2]) >= _AXIAL_PLANE_TOLERANCE:
        return vec3(normal * np.sign(normal @ HEAD_LPS))
    return vec3(normal * np.sign(normal[np.argmax(np.abs(normal))]))


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A regular voxel grid; index 0.0 is the *centre* of the first voxel.

    Parameters
    ----------
    size_ijk : tuple of int
        Voxels along the three index axes; arrays on this grid have shape ``size_ijk[::-1]``.
    spacing_mm : Vec3
        Distance between voxel centres along i, j, k.
    origin_lps_mm : Vec3
        Centre of voxel (0, 0, 0).
    direction_lps : tuple of Vec3
        Unit vectors of the i, j and k axes in LPS, orthogonal to each other; either handedness.

    Raises
    ------
    InputError
        If the axes are not orthogonal unit vectors, a size or spacing is not positive, or a number
        is none or beyond any patient.
    """

    size_ijk: tuple[int, int, int]
    spacing_mm: Vec3
    origin_lps_mm: Vec3
    direction_lps: tuple[Vec3, Vec3, Vec3] = (LEFT_LPS, POSTERIOR_LPS, HEAD_LPS)

    def __post_init__(self) -> None:
        axes = np.array(self.direction_lps)
        if not np.allclose(axes @ axes.T, np.eye(3), atol=_ORTHOGONALITY_TOLERANCE):
            raise InputError(
                "The image's axes are sheared or scaled; resample it to a rectangular grid first."
            )
        if min(self.size_ijk) < 1 or min(self.spacing_mm) <= 0:
            message = f"A grid of {self.size_ijk} voxels spaced {self.spacing_mm} mm is empty."
            raise InputError(message)
        farthest = np.abs([*self.spacing_mm, *self.origin_lps_mm]).max()
        if not (min(self.spacing_mm) >= _LEAST_SPACING_MM and farthest <= MOST_FARTHEST_MM):
            message = (
                f"A grid of voxels spaced {self.spacing_mm} mm that begins at {self.origin_lps_mm} "
                "cannot be: it is damaged. Export the image again."
            )
            raise InputError(message)

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of an array on this grid."""
        i, j, k = self.size_ijk
        return (k, j, i)

    @cached_property
    def index_to_lps(self) -> Float64Array:
        """(4, 4) matrix from homogeneous (i, j, k) to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(self.direction_lps).T * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_lps_mm
        return matrix

    @cached_property
    def lps_to_index(self) -> Float64Array:
        """(4, 4) matrix from homogeneous LPS mm to (i, j, k)."""
        return np.asarray(np.linalg.inv(self.index_to_lps))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.spacing_mm))

    @property
    def half_diagonal_mm(self) -> float:
        """Distance from a voxel's centre to its corner."""
        return float(np.linalg.norm(self.spacing_mm)) / 2.0

    @property
    def centre_lps_mm(self) -> Vec3:
        """Centre of the whole grid."""
        return vec3(self.lps_from_index((np.array(self.size_ijk) - 1) / 2.0))

    def lps_from_index(self, index_ijk: ArrayLike) -> Float64Array:
        """Map (..., 3) continuous indices (i, j, k) to LPS mm."""
        index = np.asarray(index_ijk, dtype=np.float64)
        return index @ self.index_to_lps[:3, :3].T + self.index_to_lps[:3, 3]

    def index_from_lps(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Map (..., 3) points in LPS mm to continuous indices (i, j, k)."""
        points = np.asarray(points_lps_mm, dtype=np.float64)
        return points @ self.lps_to_index[:3, :3].T + self.lps_to_index[:3, 3]

    def contains(self, points_lps_mm: ArrayLike) -> NDArray[np.bool_]:
        """Tell which of (..., 3) points lie inside the voxels' outer faces."""
        index = self.index_from_lps(points_lps_mm)
        inside = (index >= -0.5) & (index <= np.array(self.size_ijk) - 0.5)
        return np.asarray(inside.all(axis=-1))

    def border_distance_mm(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Distance of (..., 3) points to the nearest outer face; negative outside."""
        index = self.index_from_lps(points_lps_mm)
        low = (index + 0.5) * np.array(self.spacing_mm)
        high = (np.array(self.size_ijk) - 0.5 - index) * np.array(self.spacing_mm)
        return np.asarray(np.minimum(low, high).min(axis=-1))

    def corners_lps_mm(self) -> Float64Array:
        """(8, 3) outer corners of the grid."""
        ends = np.array([(-0.5, n - 0.5) for n in self.size_ijk])
        index = np.array(np.meshgrid(*ends, indexing="ij")).reshape(3, 8).T
        return self.lps_from_index(index)

    def cropped(self, low_ijk: tuple[int, int, int], size_ijk: tuple[int, int, int]) -> Grid:
        """Return the sub-grid that starts at voxel `low_ijk`."""
        return Grid(
            size_ijk=size_ijk,
            spacing_mm=self.spacing_mm,
            origin_lps_mm=vec3(self.lps_from_index(low_ijk)),
            direction_lps=self.direction_lps,
        )

    def offset_in(self, other: Grid, tolerance_voxels: float = 0.01) -> tuple[int, int, int] | None:
        """Return where this grid's first voxel lies in `other`, or None if the lattices differ.

        Both grids then share axes and spacing and are a whole number of voxels (i, j, k) apart.
        """
        if not all(
            abs(a - b) <= 1e-5 + 1e-4 * abs(b)
            for a, b in zip(self.spacing_mm, other.spacing_mm, strict=True)
        ):
            return None
        ends = np.array([(0, 0, 0), [n - 1 for n in self.size_ijk]], dtype=np.float64)
        offset = other.index_from_lps(self.lps_from_index(ends)) - ends
        whole = np.rint(offset[0])
        if np.abs(offset - whole).max() > tolerance_voxels:
            return None
        return _triple(whole)

    def matches(self, other: Grid, tolerance_mm: float = 0.01) -> bool:
        """Tell whether both grids put every voxel in the same place."""
        if self.size_ijk != other.size_ijk:
            return False
        apart = np.abs(self.corners_lps_mm() - other.corners_lps_mm()).max()
        return bool(apart <= tolerance_mm)


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open block of voxels, ``low_ijk <= index < high_ijk``; never outside its grid."""

    low_ijk: tuple[int, int, int]
    high_ijk: tuple[int, int, int]

    @property
    def size_ijk(self) -> tuple[int, int, int]:
        """Voxels along i, j, k."""
        i, j, k = (h - lo for lo, h in zip(self.low_ijk, self.high_ijk, strict=True))
        return (i, j, k)

    @property
    def slices_kji(self) -> tuple[slice, slice, slice]:
        """Index into an array ``[k, j, i]``."""
        i, j, k = (slice(lo, hi) for lo, hi in zip(self.low_ijk, self.high_ijk, strict=True))
        return (k, j, i)

    def of(self, grid: Grid) -> Grid:
        """Return the sub-grid this box cuts out of `grid`."""
        return grid.cropped(self.low_ijk, self.size_ijk)


def box_around(grid: Grid, points_lps_mm: ArrayLike, margin_mm: float) -> Box:
    """Return the voxels of `grid` within `margin_mm` of the bounding box of (n, 3) points.

    The margin is taken along the grid's axes. The box always holds at least one voxel.
    """
    index = grid.index_from_lps(points_lps_mm).reshape(-1, 3)
    reach = margin_mm / np.array(grid.spacing_mm)
    size = np.array(grid.size_ijk)
    low = np.clip(np.floor(index.min(axis=0) - reach), 0, size - 1).astype(int)
    high = np.clip(np.ceil(index.max(axis=0) + reach) + 1, low + 1, size).astype(int)
    return Box(_triple(low), _triple(high))


def box_of(inside_kji: NDArray[np.bool_], margin_voxels: int = 0) -> Box | None:
    """Return the bounding box of the true voxels, widened, or None if there are none."""
    in_slice = np.flatnonzero(np.any(inside_kji, axis=(1, 2)))
    if in_slice.size == 0:
        return None
    # One look along k finds rows and columns: much faster than a look along every axis.
    shadow = np.any(inside_kji[in_slice[0] : in_slice[-1] + 1], axis=0)
    hits = (
        np.flatnonzero(np.any(shadow, axis=0)),
        np.flatnonzero(np.any(shadow, axis=1)),
        in_slice,
    )
    low = [max(0, int(h[0]) - margin_voxels) for h in hits]
    size = inside_kji.shape[::-1]
    high = [min(n, int(h[-1]) + 1 + margin_voxels) for h, n in zip(hits, size, strict=True)]
    return Box(_triple(low), _triple(high))


def _triple(values: Any) -> tuple[int, int, int]:
    i, j, k = (int(v) for v in values)
    return (i, j, k)
