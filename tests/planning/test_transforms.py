"""Rigid transforms: which way they point, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from planning.errors import InputError
from planning.geometry import Grid
from planning.imaging.transforms import read_rigid

CENTRE = (12.0, -7.0, 30.0)
ANGLES = (0.3, -0.2, 0.5)
SHIFT = (4.0, 9.0, -15.0)
POINTS = np.array([(0.0, 0.0, 0.0), (31.0, -2.0, 5.0), (-8.0, 14.0, 77.0)])


def euler() -> sitk.Euler3DTransform:
    return sitk.Euler3DTransform(CENTRE, *ANGLES, SHIFT)


@pytest.mark.parametrize("suffix", [".tfm", ".txt", ".h5"])
def test_a_file_maps_points_of_the_ct_into_the_second_image(tmp_path, suffix):
    written = euler()
    sitk.WriteTransform(written, str(tmp_path / f"ct_to_pet{suffix}"))
    read = read_rigid(tmp_path / f"ct_to_pet{suffix}")
    expected = [written.TransformPoint(point) for point in POINTS.tolist()]
    np.testing.assert_allclose(read.second_from_ct(POINTS), expected, atol=1e-9)
    np.testing.assert_allclose(read.ct_from_second(expected), POINTS, atol=1e-9)


def test_it_places_a_grid_where_itk_would_resample_from(tmp_path):
    """A voxel of the placed grid shows what ITK's resampling puts at that place of the CT."""
    sitk.WriteTransform(euler(), str(tmp_path / "t.tfm"))
    values = np.random.default_rng(1).normal(size=(6, 7, 8)).astype(np.float32)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((2.0, 3.0, 4.0))
    image.SetOrigin((5.0, -6.0, 7.0))
    grid = Grid(size_ijk=(8, 7, 6), spacing_mm=(2.0, 3.0, 4.0), origin_lps_mm=(5.0, -6.0, 7.0))
    placed = read_rigid(tmp_path / "t.tfm").placed_in_ct(grid)
    for ijk in ((1, 2, 3), (6, 1, 4), (2, 5, 1)):
        probe = sitk.Image(1, 1, 1, sitk.sitkFloat32)
        probe.SetOrigin(placed.lps_from_index(ijk).tolist())
        seen = sitk.Resample(image, probe, euler(), sitk.sitkLinear, -99.0)[0, 0, 0]
        assert seen == pytest.approx(values[ijk[::-1]], abs=1e-4)


def test_a_rigid_affine_and_a_composite_pass(tmp_path):
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(euler().GetMatrix())
    affine.SetTranslation(SHIFT)
    both = sitk.CompositeTransform([affine, sitk.TranslationTransform(3, (1.0, 2.0, 3.0))])
    sitk.WriteTransform(both, str(tmp_path / "both.tfm"))
    read = read_rigid(tmp_path / "both.tfm")
    expected = [both.TransformPoint(point) for point in POINTS.tolist()]
    np.testing.assert_allclose(read.second_from_ct(POINTS), expected, atol=1e-9)


def _affine(matrix: np.ndarray) -> sitk.Transform:
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(matrix.ravel().tolist())
    return affine


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (_affine(np.diag([1.01, 1.0, 1.0])), "not rigid"),
        (_affine(np.diag([-1.0, 1.0, 1.0])), "mirrors"),
        (_affine(np.array([[1.0, 0.05, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), "shears"),
        (sitk.BSplineTransform(3), "bends space"),
        (sitk.Euler2DTransform(), "not 3-D"),
    ],
)
def test_what_is_not_rigid_is_refused(tmp_path, transform, message):
    sitk.WriteTransform(transform, str(tmp_path / "t.tfm"))
    with pytest.raises(InputError, match=message):
        read_rigid(tmp_path / "t.tfm")


def test_a_damaged_file_and_a_foreign_one(tmp_path):
    (tmp_path / "t.tfm").write_text("not a transform", encoding="utf-8")
    (tmp_path / "t.xml").write_text("<x/>", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a transform"):
        read_rigid(tmp_path / "t.tfm")
    with pytest.raises(InputError, match="no known kind"):
        read_rigid(tmp_path / "t.xml")
