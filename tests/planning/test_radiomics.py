"""What holds for features of any lesion: frames, grids, filters, and lesions that are awkward."""

from __future__ import annotations

from math import exp, isfinite, log2

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.errors import FrameError, InputError
from planning.geometry import box_around
from planning.image import Mask, Volume
from planning.imaging.masks import label_mask
from planning.imaging.volume_files import read_label_map, read_volume
from planning.radiomics.glcm import averaged_features, cooccurrence, merged_features
from planning.radiomics.lesion_features import lesion_features
from tests.lesions import mask, measured, numbers, phantom, settings, volume, voxels


def _uneven(p):
    """HU without any symmetry."""
    waves = np.sin(p[..., 0] / 3.0) + np.cos(p[..., 1] / 4.0 + p[..., 2] / 7.0)
    return np.rint(60.0 + 80.0 * waves + 3.0 * p[..., 0] - 2.0 * p[..., 2])


def _ragged(p):
    """An ellipsoid with a bite out of one side and a horn on another."""
    x, y, z = np.moveaxis(p, -1, 0)
    body = (x / 9.0) ** 2 + (y / 7.0) ** 2 + (z / 11.0) ** 2 < 1.0
    bite = np.linalg.norm(p - np.array([8.0, 2.0, -3.0]), axis=-1) < 5.0
    horn = (np.abs(x + 4.0) < 2.0) & (y > 3.0) & (y < 12.0) & (np.abs(z - 5.0) < 3.0)
    return (body & ~bite) | horn


SPACINGS = [(1.5, 1.5, 1.5), (0.9, 1.1, 2.5), (0.75, 0.75, 3.0)]


def _uneven_lesion(spacing_mm, width_mm=66.0):
    size = tuple(round(width_mm / s) for s in spacing_mm)
    ct = volume(size, spacing_mm, _uneven)
    return phantom(ct, mask(ct, _ragged).cropped(margin_voxels=1))


def _same(found, expected):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-7, abs=1e-9), key


@pytest.mark.parametrize("spacing_mm", SPACINGS)
@pytest.mark.parametrize(
    ("order", "flipped"), [((0, 1, 2), (0,)), ((1, 2, 0), (1,)), ((2, 1, 0), (0, 1, 2))]
)
def test_no_feature_knows_the_order_or_direction_of_the_axes(spacing_mm, order, flipped):
    lesion = _uneven_lesion(spacing_mm)
    turned = lesion.rearranged(order, flipped)
    expected = numbers(lesion.images.ct, lesion.images.masks["lesion"], settings(1.5))
    assert None not in expected.values()
    _same(numbers(turned.images.ct, turned.images.masks["lesion"], settings(1.5)), expected)


@pytest.mark.parametrize("spacing_mm", SPACINGS)
def test_no_feature_knows_where_patient_and_grid_lie(spacing_mm):
    lesion = _uneven_lesion(spacing_mm)
    rotation = Rotation.from_rotvec([0.3, -0.7, 0.5]).as_matrix()
    moved = lesion.moved(rotation, np.array([120.0, -340.0, 55.0]))
    expected = numbers(lesion.images.ct, lesion.images.masks["lesion"], settings(1.5))
    _same(numbers(moved.images.ct, moved.images.masks["lesion"], settings(1.5)), expected)


def test_only_the_lesion_s_surroundings_are_looked_at():
    lesion = _uneven_lesion((0.9, 1.1, 2.5), width_mm=90.0)
    ct, tumour = lesion.images.ct, lesion.images.masks["lesion"]
    box = box_around(ct.grid, tumour.grid.corners_lps_mm(), 4.0 * 4.0 + 1.5)  # 4 sigma
    assert all(n < m for n, m in zip(box.size_ijk, ct.grid.size_ijk, strict=True))
    inner = Volume(grid=box.of(ct.grid), values=ct.values[box.slices_kji].copy())
    assert lesion_features(inner, tumour, settings(1.5)) == lesion_features(
        ct, tumour, settings(1.5)
    )


def test_another_grid_keeps_volume_and_intensities():
    """A box of 12 x 9 x 12 mm in a linear field, from 0.5 x 0.75 x 3 mm voxels."""
    ct = volume((60, 40, 12), (0.5, 0.75, 3.0), lambda p: 400.0 + 20.0 * p[..., 1])
    lesion = voxels(ct, (slice(4, 8), slice(10, 22), slice(20, 44)))
    found = measured(ct, lesion, settings(1.5))
    assert found["morph_vol_approx"].value == pytest.approx(12.0 * 9.0 * 12.0)
    y_mm = ct.grid.lps_from_index([0.0, 15.5, 0.0])[1]
    assert found["stat_mean"].value == pytest.approx(400.0 + 20.0 * y_mm, abs=0.5)
    assert found["stat_range"].value == pytest.approx(20.0 * 7.5, abs=1.0)
    assert "from 0.5 x 0.75 x 3 mm: HU linear and rounded" in found["stat_mean"].method
    assert "changed" not in found["stat_mean"].method


def test_the_method_says_what_was_done_to_the_voxels():
    ct = volume((20, 20, 20), (1.5, 1.5, 1.5), -1010.0)
    lesion = voxels(ct, (slice(5, 8), slice(5, 8), slice(0, 3)))
    found = measured(ct, lesion, settings(1.5))
    assert found["stat_mean"].method.startswith("grid 1.5 mm, as scanned; the lesion reaches")
    for key in ("ih_mean", "cm_contrast_3D_avg", "cm_contrast_3D_comb"):
        assert "bins of 25 HU from -1000 HU, 27 voxels below that" in found[key].method
    assert found["ih_max"].value == 1.0
    assert "Laplacian of Gaussian 4 mm, not scaled" in found["log_4mm_stat_mean"].method
    middle = measured(ct, voxels(ct, (8, 8, 8)), settings(1.5))
    repeated = "beyond the scan its outermost voxels are repeated"
    assert repeated not in middle["log_2mm_stat_mean"].method
    assert repeated in middle["log_4mm_stat_mean"].method
    thin = voxels(ct, (slice(5, 6), slice(5, 6), slice(5, 6)))
    assert "volume changed from" in measured(ct, thin, settings(1.0))["stat_mean"].method


@pytest.mark.parametrize("spacing_mm", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("scale_mm", [2.0, 4.0])
def test_the_laplacian_of_a_gaussian_blob_is_known(spacing_mm, scale_mm):
    """A blob of width s is one of t = sqrt(s^2 + sigma^2) when smoothed; in HU per mm^2."""
    s, a = 5.0, 1000.0
    ct = volume((91, 91, 91), (spacing_mm,) * 3, lambda p: a * np.exp(-(p**2).sum(-1) / 2 / s**2))
    t_2 = s**2 + scale_mm**2
    for offset in (0, 4):
        lesion = voxels(ct, (45, 45, 45 + offset))
        r_2 = (offset * spacing_mm) ** 2
        smoothed = a * (s**2 / t_2) ** 1.5 * exp(-r_2 / 2.0 / t_2)
        found = numbers(ct, lesion, settings(spacing_mm))
        expected = smoothed * (r_2 / t_2**2 - 3.0 / t_2)
        top = 3.0 * a * (s**2 / t_2) ** 1.5 / t_2
        assert found[f"log_{scale_mm:g}mm_stat_mean"] == pytest.approx(expected, abs=0.005 * top)


def test_the_laplacian_sees_neither_a_constant_nor_a_slope():
    ct = volume((40, 40, 40), (1.5, 1.5, 1.5), lambda p: 2000.0 + 16.0 * p[..., 2])
    found = numbers(ct, voxels(ct, (slice(17, 22),) * 3), settings(1.5))
    assert found["log_4mm_stat_max"] == pytest.approx(0.0, abs=1e-9)
    level = volume((40, 40, 40), (1.5, 1.5, 1.5), 1234.0)
    found = measured(level, voxels(level, (slice(17, 22),) * 3), settings(1.5))
    assert found["log_2mm_stat_var"].value == found["log_2mm_stat_skew"].value == 0.0
    assert (found["log_2mm_stat_cov"].value, found["log_2mm_stat_cov"].reason) == (
        None,
        "the mean is zero",
    )


def test_cooccurrence_of_a_row_is_counted_by_hand():
    """Levels 1 2 2 4 along i: pairs 12, 22, 24 in one direction, both ways round."""
    matrices = cooccurrence(np.array([[[1, 2, 2, 4]]]))
    for values in (averaged_features(matrices), merged_features(matrices)):
        assert values["cm_joint_max"] == pytest.approx(1.0 / 3.0)
        assert values["cm_contrast"] == pytest.approx((1.0 + 0.0 + 4.0) / 3.0)
        assert values["cm_joint_avg"] == pytest.approx((1 + 2 + 2 + 2 + 2 + 4) / 6.0)
        assert values["cm_joint_entr"] == pytest.approx(-4 / 6 * log2(1 / 6) - 1 / 3 * log2(1 / 3))
        assert values["cm_inv_diff_norm"] == pytest.approx((1 + 1 / 1.25 + 1 / 1.5) / 3.0)


def test_averaging_and_merging_differ_where_directions_do():
    """Stripes along i: equal levels along i, unequal ones along j, half and half merged."""
    stripes = np.repeat([1, 2, 1, 2, 1], 6).reshape(1, 5, 6)
    matrices = cooccurrence(stripes)
    merged = merged_features(matrices)
    counts = [m.counts.sum() for m in matrices if m.counts.any()]
    contrasts = [1.0 if m.counts[0, 1] else 0.0 for m in matrices if m.counts.any()]
    assert sorted(contrasts) == [0.0, 1.0, 1.0, 1.0]
    assert averaged_features(matrices)["cm_contrast"] == pytest.approx(0.75)
    assert merged["cm_contrast"] == pytest.approx(np.average(contrasts, weights=counts))


CT = volume((16, 16, 16), (1.5, 1.5, 1.5), _uneven)
LEVEL = volume((16, 16, 16), (1.5, 1.5, 1.5), 62.0)
COARSE = volume((16, 16, 8), (0.7, 0.7, 5.0), _uneven)
FINE = volume((16, 16, 16), (0.3, 0.3, 0.3), _uneven)
HUGE = volume((16, 16, 16), (1.5, 1.5, 1.5), lambda p: 1e6 * _uneven(p))
MIXED = volume((16, 16, 16), (1.5, 1.5, 1.5), lambda p: np.sign(p[..., 0]) * 40.0)
EVERYTHING = (slice(None),) * 3
AWKWARD = {
    "one voxel": (CT, voxels(CT, (5, 6, 7))),
    "one voxel in the corner of the scan": (CT, voxels(CT, (0, 0, 0))),
    "one coarse voxel": (COARSE, voxels(COARSE, (3, 6, 7))),
    "one fine voxel": (FINE, voxels(FINE, (5, 6, 7))),
    "two voxels apart": (CT, voxels(CT, (5, 6, 7), (9, 9, 9))),
    "two fine voxels apart": (FINE, voxels(FINE, (2, 2, 2), (9, 9, 9))),
    "a row": (CT, voxels(CT, (5, 6, slice(3, 9)))),
    "one slice": (CT, voxels(CT, (5, slice(3, 9), slice(3, 9)))),
    "one coarse slice": (COARSE, voxels(COARSE, (3, slice(3, 9), slice(3, 9)))),
    "constant HU": (LEVEL, voxels(LEVEL, (slice(3, 9),) * 3)),
    "one slice of constant HU": (LEVEL, voxels(LEVEL, (5, slice(3, 9), slice(3, 9)))),
    "the whole scan": (CT, voxels(CT, EVERYTHING)),
    "HU that are none": (HUGE, voxels(HUGE, (slice(3, 9),) * 3)),
    "HU that add up to zero": (MIXED, voxels(MIXED, (slice(3, 9), slice(3, 9), slice(4, 12)))),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_lesion_gives_numbers_or_reasons(name):
    """Warnings are errors here: neither may appear."""
    ct, lesion = AWKWARD[name]
    found = measured(ct, lesion, settings(1.5))
    assert list(found) == list(measured(CT, voxels(CT, (slice(3, 9),) * 3), settings(1.5)))
    for key, feature in found.items():
        assert (feature.value is None) == bool(feature.reason), key
        assert feature.value is None or isfinite(feature.value), key


def test_reasons_name_what_is_missing():
    one = measured(*AWKWARD["one voxel"], settings(1.5))
    assert one["morph_volume"].value == pytest.approx(1.5**3 / 6.0)
    assert one["stat_mean"].value == CT.values[5, 6, 7]
    assert one["morph_pca_flatness"].reason == "all voxels lie in one point"
    assert one["morph_moran_i"].reason == "one voxel has no neighbours"
    assert one["cm_contrast_3D_avg"].reason == "no two voxels of the lesion are neighbours"
    slab = measured(*AWKWARD["one slice"], settings(1.5))
    assert slab["morph_pca_least_axis"].value == 0.0
    assert "one plane" in slab["morph_vol_dens_aee"].reason
    assert slab["cm_contrast_3D_comb"].value > 0.0
    level = measured(*AWKWARD["constant HU"], settings(1.5))
    assert level["stat_skew"].value == level["stat_kurt"].value == level["ih_entropy"].value == 0.0
    assert level["cm_corr_3D_comb"].reason == "all neighbouring voxels have one level"
    assert "13 of 13 directions" in level["cm_corr_3D_avg"].reason
    assert level["cm_energy_3D_avg"].value == 1.0
    huge = measured(*AWKWARD["HU that are none"], settings(1.5))
    assert "more than 4096 bins" in huge["ih_mean"].reason
    assert huge["stat_mean"].value > 1e6
    zero = measured(*AWKWARD["HU that add up to zero"], settings(1.5))
    assert zero["morph_com"].reason == "the intensities add up to zero"
    assert zero["stat_cov"].reason == "the mean is zero"


def test_a_lesion_that_the_grid_misses_has_reasons_only():
    found = measured(*AWKWARD["two fine voxels apart"], settings(5.0))
    assert {f.value for f in found.values()} == {None}
    assert {f.reason for f in found.values()} == {
        "nothing of the lesion is left on the grid it is measured on"
    }


def test_a_histogram_of_one_level_has_no_gradient():
    ct = volume((8, 8, 8), (1.5, 1.5, 1.5), -990.0)
    found = measured(ct, voxels(ct, (slice(2, 5),) * 3), settings(1.5))
    assert "no gradient" in found["ih_max_grad"].reason


def test_a_mask_that_does_not_fit_is_refused():
    grid = CT.grid
    with pytest.raises(InputError, match="mask is empty"):
        lesion_features(CT, voxels(CT), settings(1.5))
    shifted = volume((16, 16, 16), (1.5, 1.5, 1.4), 0.0)
    with pytest.raises(InputError, match="another grid"):
        lesion_features(CT, voxels(shifted, (5, 5, 5)), settings(1.5))
    beyond = Mask(grid=grid.cropped((-1, 0, 0), (3, 3, 3)), inside=np.ones((3, 3, 3), np.bool_))
    with pytest.raises(InputError, match="beyond the CT"):
        lesion_features(CT, beyond, settings(1.5))
    framed = Volume(grid=grid, values=CT.values, frame_of_reference_uid="1.2")
    other = Mask(
        grid=grid, inside=voxels(CT, (5, 5, 5)).inside.copy(), frame_of_reference_uid="1.3"
    )
    with pytest.raises(FrameError, match="another frame of reference"):
        lesion_features(framed, other, settings(1.5))


def test_the_real_pelvis_has_a_number_for_everything(data_dir):
    ct = read_volume(data_dir / "pelvis" / "ct.nii.gz")
    lesion = label_mask(read_label_map(data_dir / "pelvis" / "tumour.nii.gz"), None)
    found = measured(ct, lesion, settings(1.5))
    assert all(f.value is not None for f in found.values())
    assert found["morph_vol_approx"].value == pytest.approx(lesion.volume_ml * 1000.0)
    inside = ct.values[lesion.on(ct.grid)]
    assert found["stat_mean"].value == pytest.approx(inside.mean(), rel=1e-6)
    assert found["stat_p90"].value == pytest.approx(np.percentile(inside, 90))
    finer = measured(ct, lesion, settings(1.0))
    assert finer["morph_vol_approx"].value == pytest.approx(25805.0, rel=0.05)
    assert finer["stat_mean"].value == pytest.approx(found["stat_mean"].value, rel=0.03)
