"""Rigid transforms between two images, read from ITK's files; registers nothing.

A file stores what registers and resamples a second image onto the CT: where a point *of the CT*
lies in the second image. SimpleITK, elastix, ANTs and 3D Slicer all write this direction, whatever
the file is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from planning.errors import InputError
from planning.formats import bytes_of
from planning.geometry import Float64Array, Grid, Vec3, is_rotation, vec3
from planning.imaging.apart import read_apart
from planning.imaging.transform_text import bends, no_transform, require_sound
from planning.limits import MOST_FARTHEST_MM, MOST_TRANSFORM_BYTES, require_size

SUFFIXES = (".tfm", ".txt", ".h5")
"""What `read_rigid` takes."""

sitk.ProcessObject.GlobalWarningDisplayOff()  # what matters comes back as an exception

_HDF5 = ".h5"
_RIGID_TOLERANCE = 1e-3
"""How far R R^T may lie from one: 0.05 % of length, files are written with six digits or more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RigidTransform:
    """``second = rotation @ ct + shift``: from the CT's frame into the second image's, in LPS mm.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        Determinant +1.
    shift_mm : Vec3
        Where the CT frame's origin lies in the second image's frame.
    """

    rotation: Float64Array
    shift_mm: Vec3

    def second_from_ct(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Map (..., 3) points of the CT's frame into the second image's."""
        points = np.asarray(points_lps_mm, dtype=np.float64)
        return np.asarray(points @ self.rotation.T + self.shift_mm)

    def ct_from_second(self, points_lps_mm: ArrayLike) -> Float64Array:
        """Map (..., 3) points of the second image's frame into the CT's."""
        points = np.asarray(points_lps_mm, dtype=np.float64)
        return np.asarray((points - self.shift_mm) @ self.rotation)

    @property
    def matrix(self) -> Float64Array:
        """(4, 4) matrix from homogeneous points of the CT's frame to the second image's, LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = self.shift_mm
        return matrix

    @property
    def inverse(self) -> RigidTransform:
        """The same with the two images in each other's place."""
        back = self.rotation.T
        return RigidTransform(rotation=back, shift_mm=vec3(-back @ np.array(self.shift_mm)))

    @property
    def angle_deg(self) -> float:
        """By how much it turns, about whatever axis."""
        # From the skew part, which stays exact where the cosine is flat.
        skew = (self.rotation - self.rotation.T)[[2, 0, 1], [1, 2, 0]] / 2.0
        sine, cosine = float(np.linalg.norm(skew)), (float(np.trace(self.rotation)) - 1.0) / 2.0
        return float(np.degrees(np.arctan2(sine, cosine)))

    def nudged(
        self, shift_mm: ArrayLike, turn_deg: ArrayLike, about_lps_mm: ArrayLike
    ) -> RigidTransform:
        """Return this transform followed by a small turn and shift in the second image's frame.

        Parameters
        ----------
        shift_mm : array_like, shape (3,)
            Along the axes of LPS.
        turn_deg : array_like, shape (3,)
            A rotation vector: its direction is the axis, right-handed, its length the angle.
        about_lps_mm : array_like, shape (3,)
            Point of the CT's frame whose image does not move by the turn.
        """
        turn = Rotation.from_rotvec(np.asarray(turn_deg, dtype=np.float64), degrees=True)
        pivot = self.second_from_ct(about_lps_mm)
        moved = np.asarray(pivot + np.asarray(shift_mm, dtype=np.float64))
        rotation = turn.as_matrix() @ self.rotation
        about = np.asarray(about_lps_mm, dtype=np.float64)
        return RigidTransform(rotation=rotation, shift_mm=vec3(moved - rotation @ about))

    def placed_in_ct(self, grid: Grid) -> Grid:
        """Return a grid of the second image as it lies in the CT's frame; voxels stay voxels."""
        axes = np.array(grid.direction_lps) @ self.rotation
        return Grid(
            size_ijk=grid.size_ijk,
            spacing_mm=grid.spacing_mm,
            origin_lps_mm=vec3(self.ct_from_second(grid.origin_lps_mm)),
            direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
        )


def unmoved() -> RigidTransform:
    """Return the transform between two images that lie in one frame as they are."""
    return RigidTransform(rotation=np.eye(3), shift_mm=(0.0, 0.0, 0.0))


def read_rigid(path: Path) -> RigidTransform:
    """Read a rigid transform (rotation and shift in 3-D) from a file that ITK writes.

    An affine or composite transform is accepted where it turns out to be rigid.

    Raises
    ------
    InputError
        If the file cannot be read, or the transform scales, shears, mirrors or bends.
    """
    if path.suffix.lower() not in SUFFIXES:
        message = f"{path.name} is of no known kind; transforms are {', '.join(SUFFIXES)} files."
        raise InputError(message)
    require_size(path, MOST_TRANSFORM_BYTES)
    if path.suffix.lower() == _HDF5:
        # No look at such a file tells whether the library falls over it.
        said = read_apart(_moved_points, path)
    else:
        require_sound(bytes_of(path), path.name)
        said = _moved_points(path)
    return _rigid(np.array(said, dtype=np.float64).reshape(4, 3), path.name)


def _moved_points(path: Path) -> list[list[float]]:
    """Return where a file's transform takes the origin and the ends of the three unit vectors.

    By its effect on points, so that centre, angles and composites need no rule of their own.
    """
    try:
        transform = sitk.ReadTransform(str(path))
        if transform.GetDimension() != 3 or not transform.IsLinear():
            raise bends(path.name)
        points = [(0.0, 0.0, 0.0), *np.eye(3).tolist()]
        return [list(transform.TransformPoint(tuple(point))) for point in points]
    except RuntimeError as error:
        raise no_transform(path.name) from error


def _rigid(moved: Float64Array, name: str) -> RigidTransform:
    shift, ends = moved[0], moved[1:]
    if not np.all(np.abs(moved) <= MOST_FARTHEST_MM):  # nor is NaN
        raise no_transform(name)
    matrix = (ends - shift).T
    if not is_rotation(matrix, _RIGID_TOLERANCE):
        message = (
            f"{name} scales, shears or mirrors the image, so it is not rigid. Register again with "
            "a rigid (six degrees of freedom) transform."
        )
        raise InputError(message)
    left, _, right = np.linalg.svd(matrix)
    return RigidTransform(rotation=left @ right, shift_mm=vec3(shift))
