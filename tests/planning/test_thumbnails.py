"""The picture of a series: upright from every orientation, in a window, and what has none."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from planning.imaging.dicom_series import list_series
from planning.imaging.thumbnails import thumbnail_of
from tests.dicom_files import write_series

_AIR, _SOFT, _BONE = -1000, 40, 1000
_AXES = [
    (sign_i * np.eye(3)[i], sign_j * np.eye(3)[j])
    for i, j in permutations(range(3), 2)
    for sign_i, sign_j in product((1, -1), repeat=2)
]


def _body(points_lps_mm: np.ndarray) -> np.ndarray:
    """Return HU of a body with bone at its left front upper corner: no mirror goes unseen."""
    x, y, z = np.moveaxis(points_lps_mm, -1, 0)
    inside = np.abs(points_lps_mm).max(axis=-1) < 16
    bone = (x > 4) & (y < -4) & (z > 4)
    return np.where(inside, np.where(bone, _BONE, _SOFT), _AIR)


def _picture(folder, i_axis, j_axis, spacing_ij=(2.0, 1.0), size_ij=(20, 40), **values):
    """Write a series across the body, corners and all, and return its thumbnail."""
    normal = np.cross(i_axis, j_axis)
    i, j = np.meshgrid(np.arange(size_ij[0]), np.arange(size_ij[1]))
    middle = (np.array(size_ij) - 1) / 2
    flat = (i - middle[0])[..., None] * spacing_ij[0] * i_axis
    flat = flat + (j - middle[1])[..., None] * spacing_ij[1] * j_axis
    places = [k * 6.0 * normal for k in (-2, -1, 0, 1, 2)]
    # The middle slice passes the bone: slices are put at 6 mm along its own side.
    towards = 8.0 * np.array([1.0, -1.0, 1.0]) * np.abs(normal)
    stored = np.stack([_body(flat + place + towards) + 1024 for place in places])
    corner = flat[0, 0]
    write_series(
        folder,
        stored.astype(np.uint16),
        positions=[tuple(map(float, corner + place + towards)) for place in places],
        orientation=(*map(float, i_axis), *map(float, j_axis)),
        spacing_ij=spacing_ij,
        **values,
    )
    (summary,) = list_series(folder)
    assert summary.middle is not None
    return thumbnail_of(summary.middle, summary.series.modality)


@pytest.mark.parametrize("axes", _AXES, ids=str)
def test_every_orientation_is_shown_upright(tmp_path, axes):
    """Axial: right on the left, front on top. Coronal: head on top. Sagittal: front on the left."""
    shown = _picture(tmp_path, *axes)
    rows, columns = shown.grey.shape
    quarter = {
        (v, h): shown.grey[
            (rows // 4) if v == "top" else (3 * rows // 4),
            (columns // 4) if h == "left" else (3 * columns // 4),
        ]
        for v in ("top", "bottom")
        for h in ("left", "right")
    }
    normal = int(np.argmax(np.abs(np.cross(*axes))))
    # The bone lies left, in front and above: in a sagittal picture the front is on the left.
    where = ("top", "left") if normal == 0 else ("top", "right")
    assert quarter.pop(where) == 255
    assert set(quarter.values()) == {round(255 * 200 / 400)}
    assert shown.height_to_width == pytest.approx(1.0)
    assert shown.problem == ""


def test_pixels_that_are_not_square_keep_the_shape_of_the_body(tmp_path):
    shown = _picture(tmp_path, np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), spacing_ij=(3.0, 1.0))
    assert shown.grey.shape == (40, 20)
    assert shown.height_to_width == pytest.approx(40 * 1.0 / (20 * 3.0))


def test_values_beyond_the_window_of_a_ct_are_shown_all_the_same(tmp_path):
    ramp = np.arange(400, dtype=np.uint16).reshape(20, 20)
    write_series(tmp_path, np.stack([ramp] * 3), RescaleSlope="0.001", RescaleIntercept="2000")
    (summary,) = list_series(tmp_path)
    shown = thumbnail_of(summary.middle, "CT")
    assert (shown.grey[0, 0], shown.grey[-1, -1]) == (0, 255)
    assert 110 < shown.grey[10, 0] < 145


def test_an_inverted_picture_is_shown_as_it_is_meant(tmp_path):
    plain = _picture(tmp_path / "a", np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    inverted = _picture(
        tmp_path / "b",
        np.array([1.0, 0, 0]),
        np.array([0, 1.0, 0]),
        PhotometricInterpretation="MONOCHROME1",
    )
    assert np.array_equal(inverted.grey, 255 - plain.grey)


def test_flat_and_damaged_pictures(tmp_path):
    write_series(tmp_path / "flat", np.full((3, 8, 8), 700, np.uint16), Modality="MR")
    (summary,) = list_series(tmp_path / "flat")
    assert not thumbnail_of(summary.middle, "MR").grey.any()
    paths = write_series(tmp_path / "cut", np.full((3, 8, 8), 700, np.uint16))
    for path in paths:
        path.write_bytes(path.read_bytes()[:-40])
    (summary,) = list_series(tmp_path / "cut")
    shown = thumbnail_of(summary.middle, "CT")
    assert shown.grey.size == 0
    assert "slice_001.dcm" in shown.problem


def test_the_middle_is_taken_by_place_not_by_name(tmp_path):
    stored = np.stack([np.full((6, 6), 1024 + n, np.uint16) for n in (3, 1, 5, 2, 4)])
    write_series(tmp_path, stored, positions=[(0, 0, z) for z in (3.0, 1.0, 5.0, 2.0, 4.0)])
    (summary,) = list_series(tmp_path)
    assert summary.middle.path.name == "slice_000.dcm"
