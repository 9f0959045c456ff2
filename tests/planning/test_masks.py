"""Masks from label maps and onto the planning CT: exact where lattices agree, said where not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from planning.errors import FrameError, InputError
from planning.geometry import Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.masks import all_label_masks, all_onto, label_mask, onto
from planning.imaging.volume_files import LabelMap, read_label_map, read_volume

_GRID = Grid(size_ijk=(20, 24, 16), spacing_mm=(1.0, 1.5, 2.0), origin_lps_mm=(-9.5, 4.0, -100.0))


def _ct(grid: Grid = _GRID, uid: str = "1.2") -> Volume:
    return Volume(
        grid=grid,
        values=np.zeros(grid.shape_kji, dtype=np.int16),
        frame_of_reference_uid=uid,
    )


def _ellipsoid(grid: Grid, centre_lps_mm, radii_mm, uid: str = "1.2") -> Mask:
    k, j, i = np.indices(grid.shape_kji)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1))
    inside = (((points - centre_lps_mm) / radii_mm) ** 2).sum(axis=-1) <= 1
    return Mask(grid=grid, inside=inside, frame_of_reference_uid=uid)


_CENTRE = np.array([1.0, 18.0, -84.0])
_RADII = np.array([5.0, 9.0, 7.0])


def _label_map(uid: str = "") -> LabelMap:
    labels = np.zeros(_GRID.shape_kji, dtype=np.uint8)
    labels[2:5, 3:6, 4:9] = 7
    labels[10:12, 20:23, 1:3] = 66
    labels[3, 4, 5] = 9
    return LabelMap(grid=_GRID, labels=labels, name="anatomy.nii.gz", frame_of_reference_uid=uid)


def test_one_label_on_its_smallest_block():
    label_map = _label_map("1.2")
    mask = label_mask(label_map, 7)
    assert mask.grid.size_ijk == (5, 3, 3)
    assert mask.grid.offset_in(_GRID) == (4, 3, 2)
    assert np.array_equal(mask.on(_GRID), label_map.labels == 7)
    assert mask.frame_of_reference_uid == "1.2"


def test_no_value_means_everything():
    label_map = _label_map()
    assert np.array_equal(label_mask(label_map, None).on(_GRID), label_map.labels > 0)


def test_unknown_labels_and_empty_maps_are_named():
    with pytest.raises(InputError, match=r"anatomy.nii.gz has no label 8. It has: 7, 9, 66"):
        label_mask(_label_map(), 8)
    empty = LabelMap(grid=_GRID, labels=np.zeros(_GRID.shape_kji, np.uint8), name="e.nrrd")
    with pytest.raises(InputError, match=r"e.nrrd is empty"):
        label_mask(empty, None)
    assert all_label_masks(empty) == {}


@pytest.mark.parametrize("scale", [1, 1_000_000])
def test_all_labels_in_one_pass(scale):
    label_map = _label_map()
    labels = label_map.labels.astype(np.int32) * scale
    masks = all_label_masks(LabelMap(grid=_GRID, labels=labels))
    assert sorted(masks) == [7 * scale, 9 * scale, 66 * scale]
    for value, mask in masks.items():
        assert np.array_equal(mask.on(_GRID), labels == value)


def test_huge_labels_without_any_background():
    labels = np.full((3, 3, 3), 5_000_000, dtype=np.int32)
    labels[0, 0, 0] = 6_000_000
    grid = Grid(size_ijk=(3, 3, 3), spacing_mm=(1, 1, 1), origin_lps_mm=(0, 0, 0))
    masks = all_label_masks(LabelMap(grid=grid, labels=labels))
    assert {value: np.count_nonzero(m.inside) for value, m in masks.items()} == {
        5_000_000: 26,
        6_000_000: 1,
    }


def test_the_real_label_map_agrees_with_single_labels(data_dir):
    label_map = read_label_map(data_dir / "pelvis" / "anatomy.nii.gz")
    masks = all_label_masks(label_map)
    counts = np.bincount(label_map.labels.ravel())
    assert len(masks) == 61
    assert {v: np.count_nonzero(m.inside) for v, m in masks.items()} == {
        int(v): counts[v] for v in np.flatnonzero(counts) if v
    }
    ct = read_volume(data_dir / "pelvis" / "ct.nii.gz")
    placed, notes = all_onto(masks, ct, "anatomy.nii.gz")
    assert set(placed) == set(masks)
    assert len(notes) == 1
    assert "frame not verifiable" in notes[0]


def test_the_same_lattice_is_only_cut():
    mask = _ellipsoid(_GRID.cropped((3, 2, 1), (15, 20, 14)), _CENTRE, _RADII)
    placed, notes = onto(mask, _ct(), "tumour")
    assert notes == ()
    assert np.array_equal(placed.on(_GRID), mask.on(_GRID))
    assert placed.grid.offset_in(_GRID) is not None
    assert placed.volume_ml == mask.volume_ml


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
def test_axes_in_another_order_or_direction_are_no_resampling(order, signs):
    truth = _ellipsoid(_GRID, _CENTRE, _RADII)
    start = [0 if signs[a] > 0 else _GRID.size_ijk[order[a]] - 1 for a in range(3)]
    first = np.zeros(3)
    for axis in range(3):
        first[order[axis]] = start[axis]
    turned = Grid(
        size_ijk=tuple(_GRID.size_ijk[a] for a in order),
        spacing_mm=tuple(_GRID.spacing_mm[a] for a in order),
        origin_lps_mm=vec3(_GRID.lps_from_index(first)),
        direction_lps=tuple(
            vec3(s * np.array(_GRID.direction_lps[a])) for a, s in zip(order, signs, strict=True)
        ),
    )
    placed, notes = onto(_ellipsoid(turned, _CENTRE, _RADII), _ct(), "tumour")
    assert notes == ()
    assert np.array_equal(placed.on(_GRID), truth.inside)


def test_another_spacing_is_resampled_in_place_and_said():
    fine = Grid(
        size_ijk=(50, 80, 70), spacing_mm=(0.4, 0.4, 0.4), origin_lps_mm=(-9.07, 3.03, -99.11)
    )
    mask = _ellipsoid(fine, _CENTRE, _RADII)
    placed, notes = onto(mask, _ct(), "tumour.nrrd")
    assert len(notes) == 1
    assert "tumour.nrrd was resampled from 0.4 x 0.4 x 0.4 mm to the planning CT's" in notes[0]
    assert placed.centroid_lps_mm() == pytest.approx(tuple(_CENTRE), abs=0.2)
    assert placed.volume_ml == pytest.approx(mask.volume_ml, rel=0.05)
    # Nearest neighbour by its definition, voxel by voxel.
    k, j, i = np.indices(_GRID.shape_kji)
    at = np.rint(fine.index_from_lps(_GRID.lps_from_index(np.stack([i, j, k], -1)))).astype(int)
    within = ((at >= 0) & (at < fine.size_ijk)).all(axis=-1)
    at = np.where(within[..., None], at, 0)
    expected = mask.inside[at[..., 2], at[..., 1], at[..., 0]] & within
    assert np.array_equal(placed.on(_GRID), expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_turned_mask_stays_in_place(seed):
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    size = np.array([60, 60, 60])
    corner = _CENTRE - 0.5 * ((size - 1) / 2) @ axes
    grid = Grid(
        size_ijk=(60, 60, 60),
        spacing_mm=(0.5, 0.5, 0.5),
        origin_lps_mm=vec3(corner),
        direction_lps=tuple(vec3(a) for a in axes),
    )
    placed, notes = onto(_ellipsoid(grid, _CENTRE, _RADII), _ct(), "tumour")
    exact = _ellipsoid(_GRID, _CENTRE, _RADII)
    assert notes
    assert placed.centroid_lps_mm() == pytest.approx(tuple(_CENTRE), abs=0.2)
    assert placed.volume_ml == pytest.approx(exact.volume_ml, rel=0.08)


def test_a_mask_that_sticks_out_is_cut_and_said():
    wide = Grid(size_ijk=(20, 24, 26), spacing_mm=_GRID.spacing_mm, origin_lps_mm=(-9.5, 4, -120))
    inside = np.zeros(wide.shape_kji, dtype=bool)
    inside[6:16, 5:9, 5:9] = True  # the lower four of ten slices lie below the CT
    mask = Mask(grid=wide, inside=inside, frame_of_reference_uid="1.2")
    placed, notes = onto(mask, _ct(), "bone")
    assert notes == ("40 % of bone lies outside the planning CT and was cut off.",)
    assert placed.volume_ml == pytest.approx(0.6 * mask.volume_ml)


def test_a_resampled_mask_that_sticks_out_is_cut_and_said():
    wide = Grid(size_ijk=(40, 60, 60), spacing_mm=(0.5, 0.5, 1.0), origin_lps_mm=(-9, 4, -130))
    inside = np.zeros(wide.shape_kji, dtype=bool)
    inside[20:40, 20:40, 10:30] = True  # z from -110 to -90
    placed, notes = onto(Mask(grid=wide, inside=inside), _ct(uid=""), "bone")
    assert any("50 % of bone lies outside" in note or "45 %" in note for note in notes)
    assert not any("changed its volume" in note for note in notes)
    assert placed.volume_ml == pytest.approx(0.5 * 0.25 * 8000 / 1000, rel=0.2)


def test_masks_outside_or_empty_are_errors():
    far = Grid(size_ijk=(9, 9, 9), spacing_mm=_GRID.spacing_mm, origin_lps_mm=(500.5, 4, -100))
    for grid in (far, Grid(size_ijk=(9, 9, 9), spacing_mm=(3, 3, 3), origin_lps_mm=(500, 0, 0))):
        whole = Mask(grid=grid, inside=np.ones(grid.shape_kji, dtype=bool))
        with pytest.raises(InputError, match="nerve lies outside the planning CT"):
            onto(whole, _ct(), "nerve")
    none = Mask(grid=_GRID, inside=np.zeros(_GRID.shape_kji, dtype=bool))
    with pytest.raises(InputError, match="nerve is empty"):
        onto(none, _ct(), "nerve")


def test_thin_structures_never_vanish_silently():
    fine = Grid(size_ijk=(60, 60, 60), spacing_mm=(0.3, 0.3, 0.3), origin_lps_mm=(-8, 5, -98))
    between = np.zeros(fine.shape_kji, dtype=bool)
    between[3, 3, 3:50] = True  # a thread between two rows of voxel centres
    with pytest.raises(InputError, match="nothing of it is left"):
        onto(Mask(grid=fine, inside=between), _ct(), "nerve")
    plate = np.zeros(fine.shape_kji, dtype=bool)
    plate[7:9, 5:55, 5:55] = True  # 0.6 mm thick, on a slice: becomes 2 mm
    _, notes = onto(Mask(grid=fine, inside=plate), _ct(), "fascia")
    assert any("changed its volume" in note for note in notes)


def test_frames_of_reference():
    mask = _ellipsoid(_GRID, _CENTRE, _RADII, uid="9.9")
    with pytest.raises(FrameError, match=r"tumour lies in another frame of reference \(9.9\)"):
        onto(mask, _ct(), "tumour")
    for mask_uid, ct_uid in (("", "1.2"), ("1.2", ""), ("", "")):
        mask = _ellipsoid(_GRID, _CENTRE, _RADII, uid=mask_uid)
        _, notes = onto(mask, _ct(uid=ct_uid), "tumour")
        assert ["frame not verifiable" in note for note in notes] == [True]


def test_labels_outside_the_ct_are_left_out_and_told():
    wide = Grid(size_ijk=(20, 24, 26), spacing_mm=_GRID.spacing_mm, origin_lps_mm=(-9.5, 4, -120))
    labels = np.zeros(wide.shape_kji, dtype=np.uint8)
    labels[2:4, 3:5, 3:5] = 1
    labels[20:22, 3:5, 3:5] = 2
    masks = all_label_masks(LabelMap(grid=wide, labels=labels, frame_of_reference_uid="1.2"))
    placed, notes = all_onto(masks, _ct(), "body.nii.gz")
    assert set(placed) == {2}
    assert "label 1 of body.nii.gz lies outside" in notes[0]
    with pytest.raises(InputError, match="No label of body"):
        all_onto({1: masks[1]}, _ct(), "body.nii.gz")


def test_cropping_keeps_no_more_than_the_mask_needs():
    inside = np.zeros((6, 5, 4), dtype=np.bool_)
    inside[1:4, 2:5, 1:3] = True
    grid = Grid(size_ijk=(4, 5, 6), spacing_mm=(1.0, 2.0, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
    cut = Mask(grid=grid, inside=inside).cropped()
    assert cut.inside.shape == (3, 3, 2)
    assert cut.inside.base is None
    assert cut.cropped() is cut  # nothing is left to take off
    part = Mask(grid=cut.grid, inside=inside[1:4, 2:5, 1:3])
    assert part.cropped().inside.base is None  # of the larger array nothing is kept
    assert part.cropped().grid == cut.grid
