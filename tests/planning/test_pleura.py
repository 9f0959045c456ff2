"""The pleural recess follows the ribs below the lung and ends where the model says."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.pleura import DerivedPleura, pleura_of
from planning.anatomy.pooled import along_lps
from planning.geometry import Grid, vec3
from planning.image import Mask
from planning.model.case import Role

SIZE_IJK = (160, 120, 90)
GRID = Grid(size_ijk=SIZE_IJK, spacing_mm=(2.0, 2.0, 2.0), origin_lps_mm=(-160.0, -120.0, -100.0))
INNER_MM = (120.0, 85.0)
RIB_LEVELS = {10: -20.0, 11: -40.0, 12: -60.0}


def _mask(inside: np.ndarray, grid: Grid = GRID) -> Mask:
    return Mask(grid=grid, inside=inside).cropped()


def _radius(grid: Grid = GRID) -> np.ndarray:
    """Return how far out each voxel lies: 1 on the inner face of the rib cage."""
    x, y = along_lps(grid, 0), along_lps(grid, 1)
    return np.sqrt((x / INNER_MM[0]) ** 2 + (y / INNER_MM[1]) ** 2)


def _lung(sign: float, top_mm: float = 60.0) -> np.ndarray:
    x, z = along_lps(GRID, 0), along_lps(GRID, 2)
    return (_radius() <= 1.0) & (sign * x > 20.0) & (z >= 10.0) & (z <= top_mm)


def _ribs(sign: float, numbers=(10, 11, 12)) -> dict[str, Mask]:
    """Return horizontal ribs, 8 mm thick and 6 mm high, from the side of the spine to the front."""
    x, y, z = (along_lps(GRID, a) for a in range(3))
    wall = (_radius() > 1.0) & (_radius() <= 1.08) & (sign * x > 25.0) & (y > -60.0)
    side = "left" if sign > 0 else "right"
    return {f"rib_{side}_{n}": _mask(wall & (np.abs(z - RIB_LEVELS[n]) <= 3.0)) for n in numbers}


def _one(lungs, ribs) -> DerivedPleura:
    (pleura,) = pleura_of(lungs, ribs, GRID)
    return pleura


def test_the_recess_lines_the_ribs_down_to_20_mm_below_rib_12():
    pleura = _one({"lung_lower_lobe_left": _mask(_lung(1.0))}, _ribs(1.0))
    assert pleura.structure.name == "left pleural recess"
    assert pleura.structure.role is Role.PLEURA
    assert pleura.structure.derived_from.startswith("lung_lower_lobe_left, rib_left_10")
    assert pleura.notes == ()
    inside = pleura.mask.on(GRID)
    z = np.broadcast_to(along_lps(GRID, 2), inside.shape)[inside]
    assert z.min() == pytest.approx(-63.0 - 20.0, abs=5.0)
    assert z.max() < 12.0
    assert (along_lps(GRID, 0) + 0.0 * inside)[inside].min() > 0.0
    lateral = inside & (np.abs(along_lps(GRID, 1)) < 10.0)
    for level in (-15.0, -30.0, -50.0, -70.0):
        at_level = lateral & (np.abs(along_lps(GRID, 2) - level) <= 1.0)
        x = (along_lps(GRID, 0) + 0.0 * inside)[at_level]
        assert x.size > 0, level
        assert 100.0 < x.min() < 116.0
        assert x.max() < 126.0
    assert not (inside & (_radius() < 0.75)).any(), "the belly stays free"
    assert not (inside & (_radius() > 1.08)).any(), "so does what lies outside the ribs"


def test_lung_and_ribs_themselves_are_left_out():
    lung, ribs = _lung(-1.0), _ribs(-1.0)
    pleura = _one({"lung_right": _mask(lung)}, ribs)
    inside = pleura.mask.on(GRID)
    assert not (inside & lung).any()
    for rib in ribs.values():
        assert not (inside & rib.on(GRID)).any()


def test_lobes_join_and_a_mask_of_both_lungs_is_split():
    ribs = {**_ribs(1.0), **_ribs(-1.0)}
    z = along_lps(GRID, 2)
    lobes = {
        "lung_upper_lobe_left": _mask(_lung(1.0) & (z > 30.0)),
        "lung_lower_lobe_left": _mask(_lung(1.0) & (z <= 30.0)),
        "lung_lower_lobe_right": _mask(_lung(-1.0)),
    }
    split = pleura_of({"lungs": _mask(_lung(1.0) | _lung(-1.0))}, ribs, GRID)
    joined = pleura_of(lobes, ribs, GRID)
    assert [p.structure.name for p in joined] == ["right pleural recess", "left pleural recess"]
    for one, other in zip(joined, split, strict=True):
        assert np.array_equal(one.mask.on(GRID), other.mask.on(GRID))


def test_missing_ribs_are_said():
    lung = {"lung_left": _mask(_lung(1.0))}
    without_12 = _one(lung, _ribs(1.0, (10, 11)))
    assert "no mask of rib 12" in without_12.notes[0]
    assert "20 mm below rib 11" in without_12.notes[0]
    without = _one(lung, {"sternum": _mask(_lung(1.0)), "costal_cartilages": _mask(_lung(1.0))})
    assert "no mask of any rib" in without.notes[0]
    inside = without.mask.on(GRID)
    z = np.broadcast_to(along_lps(GRID, 2), inside.shape)[inside]
    assert z.min() == pytest.approx(10.0 - 60.0, abs=5.0)
    assert not (inside & (_radius() > 1.05)).any()


def test_a_lung_cut_by_the_volume_still_has_its_recess_in_front():
    x, y, z = (along_lps(GRID, a) for a in range(3))
    top = GRID.origin_lps_mm[2] + 2.0 * (SIZE_IJK[2] - 1)
    sliver = (_radius() <= 1.0) & (x > 20.0) & (y > 50.0) & (z >= top - 6.0)
    pleura = _one({"lung_left": _mask(sliver)}, _ribs(1.0))
    in_front = pleura.mask.on(GRID) & (y < 0.0) & (z < 0.0)
    assert in_front.any()
    lower = (_radius() <= 1.0) & (x > 20.0) & (y > 50.0) & (z >= 10.0) & (z < 40.0)
    ended = _one({"lung_left": _mask(lower)}, _ribs(1.0))
    assert not (ended.mask.on(GRID) & (y < 0.0)).any()


def test_no_lung_gives_no_pleura():
    assert pleura_of({}, _ribs(1.0), GRID) == ()


def test_flipped_and_permuted_axes_give_the_same_recess():
    lung, ribs = _lung(1.0), _ribs(1.0)
    plain = _one({"lung_left": _mask(lung)}, ribs)
    last = GRID.lps_from_index((SIZE_IJK[0] - 1, 0, SIZE_IJK[2] - 1))
    turned = Grid(
        size_ijk=(SIZE_IJK[2], SIZE_IJK[0], SIZE_IJK[1]),
        spacing_mm=GRID.spacing_mm,
        origin_lps_mm=vec3(last),
        direction_lps=((0.0, 0.0, -1.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    )

    def moved(inside: np.ndarray) -> Mask:
        return _mask(np.ascontiguousarray(inside[::-1, :, ::-1].transpose(1, 2, 0)), turned)

    (other,) = pleura_of(
        {"lung_left": moved(lung)}, {n: moved(m.on(GRID)) for n, m in ribs.items()}, turned
    )
    assert other.mask.volume_ml == pytest.approx(plain.mask.volume_ml, rel=0.02)
    assert other.mask.centroid_lps_mm() == pytest.approx(plain.mask.centroid_lps_mm(), abs=1.0)


def test_the_real_patient_has_a_recess_on_both_sides(data_dir):
    image = sitk.ReadImage(str(data_dir / "pelvis" / "anatomy.nii.gz"))
    names = json.loads((data_dir / "pelvis" / "anatomy_labels.json").read_text())
    axes = np.array(image.GetDirection()).reshape(3, 3).T
    grid = Grid(
        size_ijk=image.GetSize(),
        spacing_mm=image.GetSpacing(),
        origin_lps_mm=image.GetOrigin(),
        direction_lps=tuple(vec3(a) for a in axes),
    )
    labels = sitk.GetArrayFromImage(image)
    masks = {
        n: _mask(labels == int(v), grid)
        for v, n in names.items()
        if n.startswith(("lung", "rib", "costal"))
    }
    lungs = {n: m for n, m in masks.items() if n.startswith("lung")}
    right, left = pleura_of(lungs, masks, grid)
    assert right.notes == left.notes == ()
    for pleura, sign in ((right, -1.0), (left, 1.0)):
        x, _, z = pleura.mask.centroid_lps_mm()
        assert sign * x > 80.0
        assert 370.0 < z < 400.0
        assert 50.0 < pleura.mask.volume_ml < 150.0
    liver = labels == next(int(v) for v, n in names.items() if n == "liver")
    assert (right.mask.on(grid) & liver).sum() < 0.06 * liver.sum()
