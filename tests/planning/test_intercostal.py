"""The band under each rib: where it lies by formula, in any frame, and what replaces it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.anatomy.intercostal import bundles_of
from planning.anatomy.pooled import along_lps
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask
from planning.model.case import Role, Structure
from planning.model.site import IntercostalBand
from tests import phantoms

GRID = Grid(size_ijk=(60, 40, 50), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(-30.0, -20.0, -25.0))
BAND = IntercostalBand(height_mm=8.0, margin_mm=1.0, source="a test")


def rib(lower_mm: float, grid: Grid = GRID) -> np.ndarray:
    """A bar 10 mm high and 6 mm thick, longer to the left than to the right."""
    x, y, z = (along_lps(grid, a) for a in range(3))
    return (x > -11.0) & (x < 21.0) & (np.abs(y) < 3.0) & (z > lower_mm) & (z < lower_mm + 10.0)


def mask(inside: np.ndarray, grid: Grid = GRID) -> Mask:
    return Mask(grid=grid, inside=inside).cropped()


def test_the_band_lies_under_the_rib_as_thick_as_it() -> None:
    (found,) = bundles_of({"rib_left_7": mask(rib(0.5)), "femur": mask(rib(-20.5))}, GRID, BAND)
    inside = found.mask.on(GRID)
    x, y, z = (np.broadcast_to(along_lps(GRID, a), inside.shape)[inside] for a in range(3))
    assert (z.min(), z.max()) == (-7.0, 0.0)
    assert (x.min(), x.max()) == (-10.0, 20.0)
    assert np.abs(y).max() == 2.0
    assert inside.sum() == 8 * 31 * 5
    structure = found.structure
    assert (structure.role, structure.margin_mm) == (Role.VESSEL, 1.0)
    assert "rib_left_7" in structure.name
    assert structure.reason


def test_a_rib_below_is_no_part_of_the_band_above_it() -> None:
    upper, lower = mask(rib(0.5)), mask(rib(-13.5))
    found = bundles_of({"rib_left_7": upper, "rib_left_8": lower}, GRID, BAND)
    assert [b.structure.mask_id for b in found] == [
        "derived/intercostal/rib_left_7",
        "derived/intercostal/rib_left_8",
    ]
    first = found[0].mask.on(GRID)
    assert not (first & lower.on(GRID)).any()
    assert first.sum() == 4 * 31 * 5


def test_flipped_and_permuted_axes_give_the_same_band() -> None:
    (plain,) = bundles_of({"rib_left_7": mask(rib(0.5))}, GRID, BAND)
    i, j, k = GRID.size_ijk
    turned = Grid(
        size_ijk=(k, i, j),
        spacing_mm=GRID.spacing_mm,
        origin_lps_mm=vec3(GRID.lps_from_index((i - 1, 0, k - 1))),
        direction_lps=((0.0, 0.0, -1.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    )
    (other,) = bundles_of({"rib_left_7": mask(rib(0.5, turned), turned)}, turned, BAND)
    assert other.mask.volume_ml == pytest.approx(plain.mask.volume_ml)
    assert other.mask.centroid_lps_mm() == pytest.approx(plain.mask.centroid_lps_mm())


def with_ribs(*extra: Structure) -> phantoms.Phantom:
    """The torso with its slab as a rib that ends inside the body."""
    torso = phantoms.torso(2.0)
    slab = torso.images.masks["slab"]
    z = along_lps(slab.grid, 2)
    masks = {**torso.images.masks, "slab": replace(slab, inside=slab.inside & (np.abs(z) < 10.0))}
    structures = tuple(
        replace(s, name="rib_left_9") if s.role is Role.BONE else s for s in torso.case.structures
    )
    case = replace(torso.case, site="rib", structures=(*structures, *extra))
    return phantoms.Phantom(case, CaseImages(ct=torso.images.ct, masks=masks))


def test_the_bundle_is_a_vessel_that_needles_keep_clear_of() -> None:
    anatomy = with_ribs().understood()
    margins = {r.structure.name: r.margin_mm for r in anatomy.risks}
    assert margins["intercostal bundle under rib_left_9"] == 1.0
    assert margins["left artery"] == 5.0
    assert "intercostal bundle" not in {n.key for n in anatomy.not_checked}


def test_a_drawn_bundle_replaces_the_derived_one() -> None:
    drawn = Structure(name="intercostal artery", role=Role.VESSEL, mask_id="right nerve")
    names = {r.structure.name for r in with_ribs(drawn).understood().risks}
    assert "intercostal artery" in names
    assert not any("bundle" in name for name in names)
