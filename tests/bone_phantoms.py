"""Bones with walls of known thickness, blurred as a scanner would; holds no assertions.

A tilted plate or a tube with a cortex and marrow in a box of soft tissue, with a lesion off to one
side. The blur is the closed form of a Gaussian point spread across each surface.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from planning.anatomy.anatomy import Anatomy
from planning.geometry import Grid, unit, vec3
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Position, Role, Structure
from planning.model.needle import Trajectory
from tests.phantoms import Phantom

HALF_MM = np.array([46.0, 40.0, 36.0])
SOFT_HU, CORTEX_HU, MARROW_HU, TUMOUR_HU = 40.0, 1000.0, 90.0, 55.0
PSF_MM = 0.7
BONE_DEPTH_MM = 34.0
TILT = unit((0.24, 1.0, -0.17))
"""Outward normal of the plate; its surface goes through `ON_PLATE`."""

ON_PLATE = np.array([3.0, 14.0, -2.0])
TUBE_AXIS = unit((0.13, -0.08, 1.0))
ON_TUBE, TUBE_RADIUS_MM = np.array([-2.0, -4.0, 1.0]), 17.0


def grid_of(spacing_mm: tuple[float, float, float], rotation: np.ndarray | None = None) -> Grid:
    """Return a grid around the whole body, its axes turned against it."""
    axes = np.eye(3) if rotation is None else rotation.T
    half = np.abs(axes) @ (HALF_MM + 9.0)
    counts = np.ceil(2.0 * half / spacing_mm).astype(int)
    corner = -((counts - 1) / 2.0 * spacing_mm) @ axes
    return Grid(
        size_ijk=(int(counts[0]), int(counts[1]), int(counts[2])),
        spacing_mm=spacing_mm,
        origin_lps_mm=vec3(corner),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


@dataclass(frozen=True, kw_only=True)
class Bone:
    """What to build.

    Parameters
    ----------
    shape : str
        plate or tube.
    lesion : str
        inside: a ball in the marrow; over: its mask covers the intact cortex; through: a plug
        flush with the surface, the cortex gone; bulging: a ball that stands 6 mm out of a hole.
    bone_mask : str
        solid: as without tumour; eaten: less the tumour; greedy: and all around it by 2 mm.
    """

    shape: str = "plate"
    name: str = "tibia_left"
    wall_mm: float = 4.0
    lesion: str = "inside"
    bone_mask: str = "solid"
    grid: Grid = field(default_factory=lambda: grid_of((0.75, 0.75, 0.75)))

    def depth_mm(self, points: np.ndarray) -> np.ndarray:
        """Return how deep points lie under the bone's outer surface."""
        if self.shape == "plate":
            return -((points - ON_PLATE) @ TILT)
        away = points - ON_TUBE
        away = away - (away @ TUBE_AXIS)[..., None] * TUBE_AXIS
        return TUBE_RADIUS_MM - np.linalg.norm(away, axis=-1)

    def inside_lesion_mm(self, points: np.ndarray) -> np.ndarray:
        """Return how far points lie inside the lesion; of a plug, inside its bottom and sides."""
        if self.shape == "tube":
            return 8.0 - np.linalg.norm(points - ON_TUBE - 6.0 * TUBE_AXIS, axis=-1)
        depth = self.depth_mm(points)
        if self.lesion == "through":
            away = points - ON_PLATE + depth[..., None] * TILT
            return np.minimum(10.0 - np.linalg.norm(away, axis=-1), 16.0 - depth)
        deep, radius = {"inside": (19.0, 9.0), "over": (10.0, 11.0), "bulging": (6.0, 12.0)}[
            self.lesion
        ]
        return radius - np.linalg.norm(points - ON_PLATE + deep * TILT, axis=-1)

    def in_lesion(self, points: np.ndarray) -> np.ndarray:
        """Tell which points lie in the lesion's mask."""
        inside = self.inside_lesion_mm(points) > 0.0
        return inside & (self.depth_mm(points) > 0.0) if self.lesion == "through" else inside

    def phantom(self) -> Phantom:
        """Return the case with its images."""
        k, j, i = np.indices(self.grid.shape_kji, dtype=np.float32)
        points = self.grid.lps_from_index(np.stack([i, j, k], axis=-1))
        depth, lesion = self.depth_mm(points), self.in_lesion(points)
        far = BONE_DEPTH_MM if self.shape == "plate" else np.inf
        hu = np.full(depth.shape, SOFT_HU)
        hu += (CORTEX_HU - SOFT_HU) * ndtr(depth / PSF_MM)
        hu += (MARROW_HU - CORTEX_HU) * ndtr((depth - self.wall_mm) / PSF_MM)
        hu += (SOFT_HU - MARROW_HU) * ndtr((depth - far) / PSF_MM)
        if self.lesion != "over":
            share = ndtr(self.inside_lesion_mm(points) / PSF_MM)
            # A plug's hole goes on outward: what is blurred there is soft tissue, not cortex.
            flush = SOFT_HU + (TUMOUR_HU - SOFT_HU) * ndtr(depth / PSF_MM)
            hu += share * (np.where(lesion, TUMOUR_HU, flush) - hu)
        hu[(np.abs(points) > HALF_MM).any(axis=-1)] = -1000.0
        bone = (depth > 0.0) & (depth < far) & (np.abs(points) < HALF_MM - 4.0).all(axis=-1)
        if self.bone_mask == "eaten":
            bone &= ~lesion
        elif self.bone_mask == "greedy":
            bone |= lesion | (self._near_lesion(points) & (depth > -9.0))
        masks = {"bone": Mask(grid=self.grid, inside=bone).cropped()}
        masks["lesion"] = Mask(grid=self.grid, inside=lesion).cropped()
        case = Case(
            name="bone",
            ct_id="ct",
            ct_position=Position.PRONE,
            patient_position=Position.PRONE,
            structures=(
                Structure(name="lesion", role=Role.TUMOUR, mask_id="lesion"),
                Structure(name=self.name, role=Role.BONE, mask_id="bone"),
            ),
        )
        ct = Volume(
            grid=self.grid,
            values=np.rint(hu).astype(np.int16),
            slice_normal_lps=vec3(self.grid.direction_lps[2]),
        )
        return Phantom(case, CaseImages(ct=ct, masks=masks))

    def _near_lesion(self, points: np.ndarray) -> np.ndarray:
        shifts = 2.0 * np.vstack([np.eye(3), -np.eye(3)])
        return np.logical_or.reduce([self.in_lesion(points + s) for s in shifts])

    def understood(self) -> Anatomy:
        """Return the anatomy under the default bone protocol."""
        return _understood(self)

    def needle(
        self, angle_deg: float, *, turned_deg: float = 0.0, deep_mm: float = 20.0
    ) -> Trajectory:
        """Return a needle that meets the plate at `ON_PLATE` at an angle to its normal."""
        side = unit(np.cross(TILT, (1.0, 0.0, 0.3)))
        other = np.cross(TILT, side)
        turn, angle = np.radians(turned_deg), np.radians(angle_deg)
        across = np.cos(turn) * side + np.sin(turn) * other
        along = -np.cos(angle) * TILT + np.sin(angle) * across
        return Trajectory(vec3(_skin(ON_PLATE, -along)), vec3(ON_PLATE + deep_mm * along))

    def needle_into_tube(self, angle_deg: float, deep_mm: float = 16.0) -> Trajectory:
        """Return a needle that meets the tube from behind, inclined along its axis."""
        outward = unit(np.array([0.3, 1.0, 0.0]) - TUBE_AXIS * (TUBE_AXIS @ (0.3, 1.0, 0.0)))
        hit = ON_TUBE + 4.0 * TUBE_AXIS + TUBE_RADIUS_MM * outward
        angle = np.radians(angle_deg)
        along = -np.cos(angle) * outward + np.sin(angle) * TUBE_AXIS
        return Trajectory(vec3(_skin(hit, -along)), vec3(hit + deep_mm * along))


@lru_cache(maxsize=6)
def _understood(bone: Bone) -> Anatomy:
    return bone.phantom().understood()


def _skin(point: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Return where a ray from inside leaves the box of soft tissue."""
    with np.errstate(divide="ignore"):
        ends = np.where(outward == 0.0, np.inf, (np.sign(outward) * HALF_MM - point) / outward)
    return point + float(ends.min()) * outward
