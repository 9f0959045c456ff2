"""A body with a tumour that is hot in one part, as CT and as PET, also moved; asserts nothing.

Asymmetric on purpose along every axis: a mirrored, permuted or wrongly turned frame shows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from app import catalogue
from planning.anatomy.lesion import Lesion, lesion_of
from planning.geometry import Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.volume_files import write_mask, write_volume
from planning.records.case_file import LoadedCase, load_case

CT_GRID = Grid(
    size_ijk=(64, 56, 30), spacing_mm=(2.0, 2.0, 4.0), origin_lps_mm=(-63.0, -55.0, -58.0)
)
TUMOUR_CENTRE, TUMOUR_RADIUS_MM = np.array([14.0, -6.0, 10.0]), 16.0
HOT_CENTRE, HOT_RADIUS_MM = np.array([20.0, -10.0, 13.0]), 7.0
MOVED = sitk.Euler3DTransform((5.0, -3.0, 8.0), 0.25, -0.15, 0.4, (22.0, -14.0, 31.0))
"""From points of the CT to where they lay in the moved PET."""


def points_of(grid: Grid) -> np.ndarray:
    """Return the voxel centres of a grid in LPS mm, shape (k, j, i, 3)."""
    k, j, i = np.indices(grid.shape_kji)
    return grid.lps_from_index(np.stack([i, j, k], axis=-1))


def ct_volume() -> Volume:
    """Return the CT: a body in air."""
    hu = np.where(_body(points_of(CT_GRID)), 40, -1000).astype(np.int16)
    return Volume(grid=CT_GRID, values=hu)


def still_pet() -> Volume:
    """Return the PET of the patient as the CT shows them, on a coarser grid."""
    grid = Grid(
        size_ijk=(34, 30, 32), spacing_mm=(4.0, 4.0, 4.0), origin_lps_mm=(-66.0, -58.0, -62.0)
    )
    return Volume(grid=grid, values=_uptake(points_of(grid)).astype(np.float32))


def moved_grid() -> Grid:
    """Return a grid with axes of its own around the body as `MOVED` puts it."""
    axes = np.array(MOVED.GetMatrix()).reshape(3, 3).T
    centre = np.array(MOVED.TransformPoint((1.0, 2.0, 3.0)))
    size, spacing = (54, 46, 52), np.array([3.0, 3.0, 2.5])
    return Grid(
        size_ijk=size,
        spacing_mm=vec3(spacing),
        origin_lps_mm=vec3(centre - ((np.array(size) - 1) / 2.0 * spacing) @ axes),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


def moved_pet() -> Volume:
    """Return the PET of the moved patient: at p the uptake of the CT's point MOVED^-1(p)."""
    back = MOVED.GetInverse()
    matrix = np.array(back.GetMatrix()).reshape(3, 3)
    start = np.array(back.TransformPoint((0.0, 0.0, 0.0)))
    grid = moved_grid()
    values = _uptake(points_of(grid) @ matrix.T + start)
    return Volume(grid=grid, values=values.astype(np.float32))


def write(folder: Path) -> None:
    """Write CT, tumour mask and the still PET."""
    inside = _ball(points_of(CT_GRID), TUMOUR_CENTRE, TUMOUR_RADIUS_MM)
    write_volume(ct_volume(), folder / "ct.nii.gz")
    write_mask(Mask(grid=CT_GRID, inside=inside), folder / "tumour.nii.gz")
    write_volume(still_pet(), folder / "pet.nii.gz")


def opened(folder: Path, text: str) -> LoadedCase:
    """Open the case that a text describes."""
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return load_case(
        folder,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
    )


def lesion(loaded: LoadedCase) -> Lesion:
    """Return the lesion of a case that has one."""
    found = lesion_of(loaded.case, loaded.images)
    assert found is not None
    return found


def dice_with_the_hot_part(found: Lesion) -> float:
    """Return how well a lesion's viable part and the truly hot part coincide, 0 to 1."""
    hot = _ball(points_of(found.tumour.grid), HOT_CENTRE, HOT_RADIUS_MM)
    both = np.count_nonzero(hot & found.viable.inside)
    return 2.0 * both / (np.count_nonzero(hot) + np.count_nonzero(found.viable.inside))


def _body(points: np.ndarray) -> np.ndarray:
    trunk = (points[..., 0] / 48.0) ** 2 + (points[..., 1] / 34.0) ** 2 < 1.0
    hump = np.hypot(points[..., 0] - 30.0, points[..., 1] + 26.0) < 18.0
    return trunk | hump


def _ball(points: np.ndarray, centre: np.ndarray, radius_mm: float) -> np.ndarray:
    return np.linalg.norm(points - centre, axis=-1) < radius_mm


def _uptake(points: np.ndarray) -> np.ndarray:
    values = np.where(_body(points), 0.8, 0.02)
    values[_ball(points, TUMOUR_CENTRE, TUMOUR_RADIUS_MM)] = 2.0
    values[_ball(points, HOT_CENTRE, HOT_RADIUS_MM)] = 10.0
    return values
