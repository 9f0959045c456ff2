"""An analytic torso whose every distance and length is known by formula; holds no assertions.

Asymmetric on purpose: a vessel on the left only, a nerve at the right and low, a bone slab behind
the lesion, so that a mirrored or permuted frame shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app import catalogue
from app.planning_setup import Setup, anatomy_of
from planning.anatomy.anatomy import Anatomy
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Guidance, Indication, Position, Role, Structure

Shape = Callable[[np.ndarray], np.ndarray]

HALF_WIDTH_MM, HALF_DEPTH_MM, HALF_HEIGHT_MM = 60.0, 45.0, 50.0
LESION_CENTRE, LESION_RADIUS_MM = np.array([4.0, -8.0, 2.0]), 12.0
NECROSIS_CENTRE, NECROSIS_RADIUS_MM = np.array([8.0, -8.0, 2.0]), 4.0
VESSEL_FACE_X_MM = 30.0
NERVE_CENTRE, NERVE_RADIUS_MM = np.array([-24.0, 8.0, -16.0]), 4.0
BONE_BACK_Y_MM, BONE_FRONT_Y_MM = 22.0, 16.0


def _box(p: np.ndarray) -> np.ndarray:
    return (np.abs(p[..., 0]) < HALF_WIDTH_MM) & (np.abs(p[..., 1]) < HALF_DEPTH_MM)


def _ball(centre: np.ndarray, radius_mm: float) -> Shape:
    return lambda p: np.linalg.norm(p - centre, axis=-1) < radius_mm


def _bone(p: np.ndarray) -> np.ndarray:
    return (p[..., 1] > BONE_FRONT_Y_MM) & (p[..., 1] < BONE_BACK_Y_MM) & (np.abs(p[..., 0]) < 40.0)


def _vessel(p: np.ndarray) -> np.ndarray:
    return (p[..., 0] > VESSEL_FACE_X_MM) & (p[..., 0] < 40.0) & (p[..., 1] < 10.0) & _box(p)


SHAPES: tuple[tuple[str, Role, Shape], ...] = (
    ("lesion", Role.TUMOUR, _ball(LESION_CENTRE, LESION_RADIUS_MM)),
    ("dead core", Role.NECROSIS, _ball(NECROSIS_CENTRE, NECROSIS_RADIUS_MM)),
    (
        "Habitat A",
        Role.HABITAT,
        lambda p: _ball(LESION_CENTRE, LESION_RADIUS_MM)(p) & (p[..., 2] > LESION_CENTRE[2]),
    ),
    (
        "Habitat B",
        Role.HABITAT,
        lambda p: _ball(LESION_CENTRE, LESION_RADIUS_MM)(p) & (p[..., 2] <= LESION_CENTRE[2]),
    ),
    ("slab", Role.BONE, _bone),
    ("left artery", Role.VESSEL, _vessel),
    ("right nerve", Role.NERVE, _ball(NERVE_CENTRE, NERVE_RADIUS_MM)),
)


# Asymmetric muscles behind the slab, for what asks which tissue a needle crosses.
MAXIMUS_BACK_Y_MM, MAXIMUS_FRONT_Y_MM, MAXIMUS_RIGHT_X_MM = 36.0, 26.0, -10.0
ERECTOR_LEFT_X_MM, ERECTOR_HALF_HEIGHT_MM = -20.0, 30.0


def _maximus(p: np.ndarray) -> np.ndarray:
    behind = (p[..., 1] > MAXIMUS_FRONT_Y_MM) & (p[..., 1] < MAXIMUS_BACK_Y_MM)
    return behind & (p[..., 0] > MAXIMUS_RIGHT_X_MM) & (p[..., 0] < 40.0)


def _medius(p: np.ndarray) -> np.ndarray:
    behind = (p[..., 1] > BONE_BACK_Y_MM) & (p[..., 1] < MAXIMUS_FRONT_Y_MM)
    return behind & (p[..., 0] > MAXIMUS_RIGHT_X_MM) & (p[..., 0] < 20.0)


def _erector(p: np.ndarray) -> np.ndarray:
    behind = (p[..., 1] > BONE_BACK_Y_MM) & (p[..., 1] < 40.0)
    high = np.abs(p[..., 2]) < ERECTOR_HALF_HEIGHT_MM
    return behind & high & (p[..., 0] < ERECTOR_LEFT_X_MM) & (p[..., 0] > -45.0)


MUSCLES: tuple[tuple[str, Role, Shape], ...] = (
    ("left gluteus maximus", Role.MUSCLE, _maximus),
    ("left gluteus medius", Role.MUSCLE, _medius),
    ("right erector spinae", Role.MUSCLE, _erector),
)


def torso_grid(spacing_mm: float) -> Grid:
    """Return a grid whose voxel faces lie on all the torso's axis-parallel planes."""
    size = [2 * round((half + 8.0) / spacing_mm) for half in (HALF_WIDTH_MM, HALF_DEPTH_MM)]
    height = 2 * round(HALF_HEIGHT_MM / spacing_mm)
    counts = (size[0], size[1], height)
    return Grid(
        size_ijk=counts,
        spacing_mm=(spacing_mm,) * 3,
        origin_lps_mm=vec3([-(n - 1) / 2.0 * spacing_mm for n in counts]),
    )


@dataclass(frozen=True)
class Phantom:
    """A case with its images, as if they had been loaded."""

    case: Case
    images: CaseImages

    def rearranged(self, order: tuple[int, int, int], flipped: tuple[int, ...] = ()) -> Phantom:
        """Return the same patient stored with permuted (i, j, k) and flipped index axes."""

        def grid_of(grid: Grid) -> Grid:
            corner = np.array([grid.size_ijk[a] - 1 if a in flipped else 0 for a in range(3)])
            signs = np.array([-1.0 if a in flipped else 1.0 for a in range(3)])
            axes = np.array(grid.direction_lps) * signs[:, None]
            i, j, k = order
            return Grid(
                size_ijk=(grid.size_ijk[i], grid.size_ijk[j], grid.size_ijk[k]),
                spacing_mm=(grid.spacing_mm[i], grid.spacing_mm[j], grid.spacing_mm[k]),
                origin_lps_mm=vec3(grid.lps_from_index(corner)),
                direction_lps=(vec3(axes[i]), vec3(axes[j]), vec3(axes[k])),
            )

        def array_of(array: np.ndarray) -> np.ndarray:
            turned = np.flip(array, [2 - a for a in flipped])
            return turned.transpose([2 - order[2 - a] for a in range(3)]).copy()

        return self._mapped(grid_of, array_of, self.images.ct.slice_normal_lps)

    def moved(self, rotation: np.ndarray, shift_mm: np.ndarray) -> Phantom:
        """Return patient and grid turned and shifted together."""

        def grid_of(grid: Grid) -> Grid:
            axes = np.array(grid.direction_lps) @ rotation.T
            return Grid(
                size_ijk=grid.size_ijk,
                spacing_mm=grid.spacing_mm,
                origin_lps_mm=vec3(rotation @ np.array(grid.origin_lps_mm) + shift_mm),
                direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
            )

        normal = vec3(rotation @ np.array(self.images.ct.slice_normal_lps))
        return self._mapped(grid_of, np.copy, normal)

    def _mapped(self, grid_of, array_of, normal) -> Phantom:
        ct = self.images.ct
        return Phantom(
            self.case,
            CaseImages(
                ct=Volume(
                    grid=grid_of(ct.grid), values=array_of(ct.values), slice_normal_lps=normal
                ),
                masks={
                    key: Mask(grid=grid_of(m.grid), inside=array_of(m.inside))
                    for key, m in self.images.masks.items()
                },
            ),
        )

    def understood(self, needle: str = "bone-11g-100") -> Anatomy:
        """Return the anatomy under the default bone protocol."""
        setup = Setup(
            protocol=catalogue.protocol("bone-ct"),
            needle=catalogue.needle(needle),
            guidance=Guidance.AIMING_DEVICE,
        )
        return anatomy_of(self.case, self.images, setup)


def torso(
    spacing_mm: float = 1.0,
    *,
    without: tuple[str, ...] = (),
    extra: tuple[tuple[str, Role, Shape], ...] = (),
) -> Phantom:
    """Return the torso, prone as scanned and as planned, without some of its structures."""
    grid = torso_grid(spacing_mm)
    k, j, i = np.indices(grid.shape_kji, dtype=np.float32)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1))
    hu = np.where(_box(points), 40, -1000).astype(np.int16)
    masks, structures = {}, []
    for name, role, shape in (*SHAPES, *extra):
        if name in without:
            continue
        inside = shape(points)
        hu[inside & (role is Role.BONE)] = 800
        masks[name] = Mask(grid=grid, inside=inside).cropped()
        structures.append(Structure(name=name, role=role, mask_id=name))
    case = Case(
        name="torso",
        ct_id="ct",
        ct_position=Position.PRONE,
        patient_position=Position.PRONE,
        indication=Indication.UNKNOWN,
        structures=tuple(structures),
    )
    return Phantom(case, CaseImages(ct=Volume(grid=grid, values=hu), masks=masks))


def chord_mm(entry: np.ndarray, tip: np.ndarray, centre: np.ndarray, radius_mm: float) -> tuple:
    """Return the depths at which a segment's line enters and leaves a ball."""
    along = (tip - entry) / np.linalg.norm(tip - entry)
    middle = float((centre - entry) @ along)
    apart = float(np.linalg.norm(centre - entry - middle * along))
    half = np.sqrt(max(0.0, radius_mm**2 - apart**2))
    return middle - half, middle + half
