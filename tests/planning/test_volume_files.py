"""NIfTI, NRRD and MetaImage files: every voxel where it belongs, or a refusal in words."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
import SimpleITK as sitk

from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.volume_files import (
    LabelMap,
    read_cropped_label_map,
    read_label_map,
    read_volume,
    write_label_map,
    write_mask,
    write_volume,
)

_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")


def _grid(size_ijk=(4, 5, 6), seed: int | None = None) -> Grid:
    axes = np.eye(3)
    if seed is not None:
        axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return Grid(
        size_ijk=size_ijk,
        spacing_mm=(0.75, 1.5, 2.25),
        origin_lps_mm=(-12.5, 30.0, -700.25),
        direction_lps=tuple(vec3(a) for a in axes),
    )


def _values(grid: Grid) -> np.ndarray:
    return np.arange(np.prod(grid.size_ijk), dtype=np.int16).reshape(grid.shape_kji) - 50


@pytest.mark.parametrize("suffix", _SUFFIXES)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_volume_comes_back_as_it_was(tmp_path, suffix, seed):
    grid = _grid(seed=seed)
    volume = Volume(grid=grid, values=_values(grid))
    write_volume(volume, tmp_path / f"image{suffix}")
    back = read_volume(tmp_path / f"image{suffix}")
    assert back.grid.matches(grid, tolerance_mm=1e-3)
    assert back.values.dtype == np.int16
    assert np.array_equal(back.values, volume.values)
    assert back.slice_normal_lps[2] >= 0


def test_a_known_nifti_header_gives_the_textbook_position(tmp_path):
    """Written byte by byte (NIfTI-1, sform): independent of the library that reads it."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 2, 3, 4, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)  # int16
    struct.pack_into("<8f", header, 76, 1, 2, 3, 4, 0, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352)
    struct.pack_into("<f", header, 112, 1)
    struct.pack_into("<b", header, 123, 2)  # millimetres
    struct.pack_into("<2h", header, 252, 0, 1)
    # RAS: the first voxel at (10, 20, 30), i to the right, j forward, k up.
    struct.pack_into("<12f", header, 280, 2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30)
    header[344:348] = b"n+1\0"
    stored = np.arange(24, dtype="<i2").reshape(4, 3, 2)
    (tmp_path / "a.nii").write_bytes(bytes(header) + stored.tobytes())
    volume = read_volume(tmp_path / "a.nii")
    assert volume.grid.lps_from_index((0, 0, 0)) == pytest.approx((-10, -20, 30))
    assert volume.grid.lps_from_index((1, 2, 3)) == pytest.approx((-12, -26, 42))
    assert np.array_equal(volume.values, stored)
    assert volume.slice_normal_lps == pytest.approx((0, 0, 1))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", [(), (0,), (0, 2), (0, 1, 2)])
def test_permuted_and_flipped_files_stay_in_place(tmp_path, order, flips):
    grid = _grid()
    values = _values(grid)
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(grid.origin_lps_mm)
    image.SetSpacing(grid.spacing_mm)
    turned = sitk.Flip(sitk.PermuteAxes(image, order), [axis in flips for axis in range(3)])
    sitk.WriteImage(turned, str(tmp_path / "turned.nii.gz"))
    volume = read_volume(tmp_path / "turned.nii.gz")
    for index in [(0, 0, 0), (3, 4, 5), (1, 2, 4)]:
        there = np.rint(volume.grid.index_from_lps(grid.lps_from_index(index))).astype(int)
        assert volume.grid.lps_from_index(there) == pytest.approx(
            grid.lps_from_index(index), abs=1e-3
        )
        assert volume.values[tuple(there[::-1])] == values[index[::-1]]
    assert volume.slice_normal_lps == pytest.approx((0, 0, 1), abs=1e-6)


@pytest.mark.parametrize(
    ("stored", "dtype"),
    [
        (np.float64(7), np.int16),
        (np.float32(7.5), np.float32),
        (np.int32(40000), np.float32),
        (np.uint8(200), np.int16),
    ],
)
def test_values_are_int16_where_whole(tmp_path, stored, dtype):
    array = np.zeros((3, 3, 3), dtype=stored.dtype)
    array[1, 2, 0] = stored
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "v.nrrd"))
    volume = read_volume(tmp_path / "v.nrrd")
    assert volume.values.dtype == dtype
    assert volume.values[1, 2, 0] == stored


def test_a_single_fourth_dimension_is_dropped_and_several_are_refused(tmp_path):
    cube = sitk.GetImageFromArray(np.arange(27, dtype=np.int16).reshape(3, 3, 3))
    sitk.WriteImage(sitk.JoinSeries([cube]), str(tmp_path / "one.nii.gz"))
    sitk.WriteImage(sitk.JoinSeries([cube, cube]), str(tmp_path / "two.nii.gz"))
    sitk.WriteImage(sitk.Compose([cube, cube]), str(tmp_path / "vector.nrrd"))
    sitk.WriteImage(cube[:, :, 0], str(tmp_path / "flat.mha"))
    assert np.array_equal(read_volume(tmp_path / "one.nii.gz").values, sitk.GetArrayFromImage(cube))
    for name in ("two.nii.gz", "vector.nrrd", "flat.mha"):
        with pytest.raises(InputError, match=f"{name} is no single 3-D image"):
            read_volume(tmp_path / name)


def _refusal(path, read=read_volume) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path, capfd):
    (tmp_path / "broken.nii.gz").write_bytes(b"not gzip at all")
    (tmp_path / "broken.nrrd").write_bytes(b"NRRD0004\ntype: short\n")
    for name in ("broken.nii.gz", "broken.nrrd"):
        assert _refusal(tmp_path / name).startswith(f"{name} cannot be read")
    assert "There is no file" in _refusal(tmp_path / "absent.nii")
    assert "of no known kind" in _refusal(tmp_path / "photo.png")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_file_that_was_cut_off_is_refused(tmp_path, suffix):
    grid = _grid((30, 30, 30))
    path = tmp_path / f"cut{suffix}"
    write_volume(Volume(grid=grid, values=_values(grid)), path)
    path.write_bytes(path.read_bytes()[:-400])
    assert _refusal(path).startswith(f"cut{suffix} cannot be read")


def test_a_sheared_image_is_refused(tmp_path):
    text = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
        "space directions: (1,0,0) (0.3,1,0) (0,0,2)\nkinds: domain domain domain\n"
        "endian: little\nencoding: raw\nspace origin: (0,0,0)\n\n"
    )
    (tmp_path / "sheared.nrrd").write_bytes(text.encode() + bytes(16))
    message = _refusal(tmp_path / "sheared.nrrd")
    assert "sheared.nrrd" in message
    assert "sheared or scaled" in message


def test_values_that_are_no_numbers_are_refused(tmp_path):
    array = np.zeros((3, 3, 3), dtype=np.float32)
    array[1, 1, 1] = np.nan
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "v.nrrd"))
    assert "v.nrrd" in _refusal(tmp_path / "v.nrrd")
    assert "fractions" in _refusal(tmp_path / "v.nrrd", read_label_map)


def test_label_maps_hold_whole_numbers(tmp_path):
    for name, value in (("whole", 66.0), ("part", 0.5), ("below", -1.0)):
        array = np.zeros((3, 3, 3), dtype=np.float32)
        array[1, 2, 0] = value
        sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / f"{name}.nii.gz"))
    labels = read_label_map(tmp_path / "whole.nii.gz").labels
    assert np.issubdtype(labels.dtype, np.integer)
    assert labels[1, 2, 0] == 66
    assert "fractions" in _refusal(tmp_path / "part.nii.gz", read_label_map)
    assert "-1" in _refusal(tmp_path / "below.nii.gz", read_label_map)


@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_masks_and_label_maps_round_trip(tmp_path, suffix):
    grid = _grid(seed=3)
    labels = (_values(grid) % 7).astype(np.uint16) * 300
    write_label_map(LabelMap(grid=grid, labels=labels), tmp_path / f"labels{suffix}")
    back = read_label_map(tmp_path / f"labels{suffix}")
    assert np.array_equal(back.labels, labels)
    assert back.name == f"labels{suffix}"
    block = grid.cropped((1, 2, 3), (2, 2, 2))
    inside = np.zeros((2, 2, 2), dtype=bool)
    inside[1, 0, 1] = True
    write_mask(Mask(grid=block, inside=inside), tmp_path / f"mask{suffix}", grid)
    whole = read_label_map(tmp_path / f"mask{suffix}")
    assert whole.grid.matches(grid, tolerance_mm=1e-3)
    assert np.argwhere(whole.labels).tolist() == [[4, 2, 2]]
    cropped = read_cropped_label_map(tmp_path / f"mask{suffix}")
    assert np.array_equal(cropped.labels, [[[1]]])
    assert np.allclose(
        cropped.grid.lps_from_index((0, 0, 0)), grid.lps_from_index((2, 2, 4)), atol=1e-3
    )


@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_a_label_map_read_cropped_is_the_whole_one_cropped(tmp_path, suffix):
    grid = _grid(seed=5)
    labels = np.zeros(grid.shape_kji, dtype=np.int16)
    for name in ("empty", "some"):
        write_label_map(LabelMap(grid=grid, labels=labels), tmp_path / f"{name}{suffix}")
        whole = read_label_map(tmp_path / f"{name}{suffix}").cropped()
        cropped = read_cropped_label_map(tmp_path / f"{name}{suffix}")
        assert cropped.grid == whole.grid
        assert np.array_equal(cropped.labels, whole.labels)
        labels = labels.copy()
        labels[1, 0, 2], labels[3, 2, 1] = 4, 300
    assert cropped.labels.shape == (3, 3, 2)


def test_writing_where_nothing_can_be_written(tmp_path):
    grid = _grid()
    volume = Volume(grid=grid, values=_values(grid))
    with pytest.raises(FileNotFoundError):
        write_volume(volume, tmp_path / "absent" / "v.nrrd")
    with pytest.raises(InputError, match="of no known kind"):
        write_volume(volume, tmp_path / "v.jpg")
