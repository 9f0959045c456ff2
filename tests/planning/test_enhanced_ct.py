"""Multi-frame CT: geometry from shared and per-frame groups, frames in any order, and stacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from planning.errors import InputError
from planning.imaging.dicom_series import list_series, read_series, read_with_slices
from tests.dicom_files import write_enhanced_ct

_PLACES = [(1.0, 2.0, 30.0 + 3.0 * k) for k in range(6)]


def _stored(count: int = 6) -> np.ndarray:
    k, j, i = np.indices((count, 5, 7))
    return (1000 + 100 * k + 10 * j + i).astype(np.uint16)


def _written(folder: Path, stored: np.ndarray, places: list[tuple[float, float, float]]) -> Dataset:
    """Return a multi-frame CT with slope 1 and intercept -1000 in every frame."""
    dataset = dcmread(write_enhanced_ct(folder / "ct.dcm", stored, places))
    for group in dataset.PerFrameFunctionalGroupsSequence:
        group.PixelValueTransformationSequence[0].RescaleSlope = 1
    return dataset


def _read(dataset: Dataset, folder: Path, **options: str):
    dataset.save_as(folder / "ct.dcm")
    return read_series(folder / "ct.dcm", **options)


def _content(dataset: Dataset, **values: list[object]) -> None:
    for frame, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        item = Dataset()
        for keyword, every in values.items():
            setattr(item, keyword, every[frame])
        group.FrameContentSequence = Sequence([item])


@pytest.mark.parametrize("moved", ["to each frame", "to all frames"])
def test_shared_and_per_frame_groups_say_the_same(tmp_path, moved):
    dataset = _written(tmp_path, _stored(), _PLACES)
    plain = _read(dataset, tmp_path)
    (shared,) = dataset.SharedFunctionalGroupsSequence
    groups = dataset.PerFrameFunctionalGroupsSequence
    if moved == "to each frame":
        for keyword in ("PlaneOrientationSequence", "PixelMeasuresSequence"):
            for group in groups:
                setattr(group, keyword, shared.get(keyword))
            delattr(shared, keyword)
    else:
        shared.PixelValueTransformationSequence = groups[0].PixelValueTransformationSequence
        for group in groups:
            del group.PixelValueTransformationSequence
    volume = _read(dataset, tmp_path)
    assert volume.grid == plain.grid
    assert volume.grid.spacing_mm == pytest.approx((0.25, 0.5, 3.0))
    assert np.array_equal(volume.values, _stored().astype(int) - 1000)
    assert np.array_equal(volume.values, plain.values)


def test_frames_are_ordered_by_their_places(tmp_path):
    order = [3, 0, 5, 1, 4, 2]
    dataset = _written(tmp_path, _stored()[order], [_PLACES[n] for n in order])
    volume = _read(dataset, tmp_path)
    assert np.array_equal(volume.values, _stored().astype(int) - 1000)
    assert volume.grid.origin_lps_mm == pytest.approx(_PLACES[0])


def test_stacks_of_one_file_are_series_of_their_own(tmp_path):
    places = [*_PLACES[:3], *[(40.0, 2.0, 80.0 + 5.0 * k) for k in range(3)]]
    dataset = _written(tmp_path, _stored(), places)
    with pytest.raises(InputError, match="unevenly spaced"):
        _read(dataset, tmp_path)  # nothing says that these are two
    _content(dataset, StackID=["upper"] * 3 + ["lower"] * 3)
    dataset.save_as(tmp_path / "ct.dcm")
    first, second = list_series(tmp_path)
    assert (first.spacing_mm[2], second.spacing_mm[2]) == pytest.approx((3.0, 5.0))
    assert [s.notes[0].rpartition(" ")[2] for s in (first, second)] == ["upper.", "lower."]
    assert first.key != second.key
    lower = read_series(tmp_path, series_uid=second.key)
    assert read_with_slices(tmp_path, series_uid=second.key).own_paths == ()  # a copy holds both
    assert lower.grid.origin_lps_mm == pytest.approx(places[3])
    assert np.array_equal(lower.values, _stored()[3:].astype(int) - 1000)


def test_moments_of_a_perfusion_are_series_of_their_own(tmp_path):
    places = [_PLACES[k // 2] for k in range(6)]
    dataset = _written(tmp_path, _stored(), places)
    with pytest.raises(InputError, match="share their position"):
        _read(dataset, tmp_path)
    _content(dataset, StackID=["1"] * 6, TemporalPositionIndex=[1, 2] * 3)
    dataset.save_as(tmp_path / "ct.dcm")
    early, late = list_series(tmp_path)
    assert (early.problem, late.problem) == ("", "")
    assert "moment 2" in late.notes[0]
    volume = read_series(tmp_path, series_uid=late.key)
    assert np.array_equal(volume.values, _stored()[1::2].astype(int) - 1000)


def test_frames_that_each_name_a_stack_of_their_own_stay_together(tmp_path):
    dataset = _written(tmp_path, _stored(), _PLACES)
    _content(dataset, StackID=[str(k) for k in range(6)])
    assert _read(dataset, tmp_path).grid.size_ijk == (7, 5, 6)


def test_uneven_frames_are_refused_with_their_numbers(tmp_path):
    places = [*_PLACES[:4], (1.0, 2.0, 44.5), (1.0, 2.0, 47.5)]
    dataset = _written(tmp_path, _stored(), places)
    with pytest.raises(InputError, match=r"between instance 4 .*39\.00.* and instance 5"):
        _read(dataset, tmp_path)


def test_frames_without_any_geometry_are_refused(tmp_path):
    dataset = _written(tmp_path, _stored(), _PLACES)
    del dataset.SharedFunctionalGroupsSequence
    with pytest.raises(InputError, match="no position, orientation or pixel spacing"):
        _read(dataset, tmp_path)
