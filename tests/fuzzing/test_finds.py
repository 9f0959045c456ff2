"""What fuzzing found, each with the smallest file that did it: refused in words now, or read.

README.md of this folder lists them with their causes.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from planning.errors import InputError
from planning.formats import parsed_json, parsed_toml
from planning.geometry import Grid
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.handover.trajectory_files import read_trajectories
from planning.imaging import gdcm_apart
from planning.imaging.apart import read_apart
from planning.imaging.decoding import announced_size
from planning.imaging.dicom_series import list_series, read_series
from planning.imaging.gdcm_apart import decoded_by_gdcm
from planning.imaging.rtstruct import roi_onto
from planning.imaging.segments import read_segments
from planning.imaging.structure_set import read_structure_set
from planning.imaging.thumbnails import thumbnail_of
from planning.imaging.transforms import read_rigid
from planning.imaging.volume_files import read_fields, read_volume
from planning.network.matches import Query, matched_studies
from planning.records.case_file import load_case
from planning.records.recovery import STATE_FILE, read_kept
from tests.dicom_files import write_contours, write_enhanced_ct, write_series
from tests.example_plans import with_cores
from tests.fuzzing.dicom_targets import (
    _baseline_jpeg,
    _lossless_jpeg,
    _segmentation,
    _stored,
    planning_ct,
)

PLACES = [(0.0, 0.0, 2.0 * k) for k in range(3)]


def changed(path: Path, **values: object) -> Path:
    """Give elements of a DICOM file other values, whatever the standard says of them."""
    dataset = dcmread(path)
    for keyword, value in values.items():
        dataset[keyword].value = value
    dataset.save_as(path)
    return path


def test_two_thousand_million_frames_take_no_time(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "e.dcm", _stored(), PLACES, NumberOfFrames=2**31 - 1)
    assert list_series(tmp_path) == ()
    with pytest.raises(InputError, match=f"{path.name} is damaged"):
        read_series(tmp_path)


def test_an_element_of_half_a_number_is_none(tmp_path: Path) -> None:
    """Pydicom has an error of its own for it, which is no ValueError."""
    for path in write_series(tmp_path, _stored()):
        data = path.read_bytes()
        rows = b"\x28\x00\x10\x00US"
        at = data.index(rows)
        path.write_bytes(data[:at] + rows + b"\x01\x00\x0c" + data[at + 10 :])
    with pytest.raises(InputError):
        read_series(tmp_path)


def test_an_element_of_no_known_kind_is_passed_over() -> None:
    answer = Dataset()
    answer.StudyInstanceUID = "1.2"
    element = RawDataElement(Tag("PatientName"), "CC", 3, b"Doe", 0, False, True)
    answer[element.tag] = element
    (found,) = matched_studies([answer], Query(), is_cut=False).found
    assert (found.study_uid, found.patient_name) == ("1.2", "")


def test_a_padding_value_that_no_pixel_can_have_is_none(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int) -> None:
        dataset.add_new(0x00280120, "DS", "1e19")

    write_series(tmp_path, _stored(), change=change)
    assert read_series(tmp_path).values.max() == _stored().max() - 1024


@pytest.mark.parametrize("slope", ["1e308", "-1e20"])
def test_a_slope_that_cannot_be_is_refused(slope: str, tmp_path: Path) -> None:
    write_series(tmp_path, _stored(), RescaleSlope=slope)
    with pytest.raises(InputError, match="slope or intercept cannot be"):
        read_series(tmp_path)


def test_rows_below_nothing_are_none(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int) -> None:
        dataset.add_new(0x00280010, "SS", -5)

    write_series(tmp_path, _stored(), change=change)
    with pytest.raises(InputError):
        read_series(tmp_path)


def test_a_damaged_deflated_file_is_damaged(tmp_path: Path) -> None:
    for path in write_series(tmp_path, _stored()):
        dataset = dcmread(path)
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        dataset.save_as(path)
        data = path.read_bytes()
        path.write_bytes(data[:-40] + bytes(40))
    with pytest.raises(InputError, match="damaged"):
        read_series(tmp_path)


def test_a_decoder_that_panics_says_so(tmp_path: Path) -> None:
    """A panic of Rust is no Exception: it would have ended the program."""
    for path in write_series(tmp_path, _stored()):
        dataset = dcmread(path)
        dataset.compress(RLELossless, generate_instance_uid=False)
        frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
        dataset.PixelData = encapsulate([frame[:64] + b"\x7f" * 21])
        dataset.save_as(path)
    with pytest.raises(InputError, match="RLE Lossless"):
        read_series(tmp_path)


def test_a_codestream_of_four_gigapixels_is_not_begun(tmp_path: Path) -> None:
    for path in write_series(tmp_path, _stored(3, (36, 40))):
        dataset = dcmread(path)
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
        frame = bytearray(get_frame(dataset.PixelData, 0, number_of_frames=1))
        assert announced_size(frame) == (40, 36)
        frame[8:16] = struct.pack(">II", 65500, 65500)
        dataset.PixelData = encapsulate([bytes(frame)])
        dataset.save_as(path)
    with pytest.raises(InputError, match="65500 x 65500 pixels"):
        read_series(tmp_path)


def test_sizes_are_read_from_jpeg(tmp_path: Path) -> None:
    for write in (_baseline_jpeg, None):
        if write is None:
            path = write_series(tmp_path / "l", _stored())[0]
            _lossless_jpeg(path)
        else:
            path = write(tmp_path / "b")[0]
        frame = get_frame(dcmread(path).PixelData, 0, number_of_frames=1)
        assert announced_size(frame) == (10, 12)
        assert announced_size(frame[:8]) is None
    assert announced_size(b"\xff\xd8\xff\xff\xff\xc3\0\x0b\x0c\0\x24\0\x28") == (40, 36)
    assert announced_size(b"\0" * 40) is None


def test_a_jpeg_that_ends_gdcm_ends_its_own_process_only(tmp_path: Path) -> None:
    path = _baseline_jpeg(tmp_path)[0]
    dataset = dcmread(path)
    whole = get_frame(dataset.PixelData, 0, number_of_frames=1)
    good = decoded_by_gdcm(dataset, whole, raw=True)
    for at in range(20, len(whole), 23):
        try:
            found = decoded_by_gdcm(dataset, whole[:at] + bytes(16) + whole[at:], raw=True)
        except ValueError:
            continue
        assert found.shape == good.shape
    assert np.array_equal(decoded_by_gdcm(dataset, whole, raw=True), good)


def test_a_dead_decoder_is_begun_anew(tmp_path: Path) -> None:
    path = write_series(tmp_path, _stored())[0]
    _lossless_jpeg(path)
    dataset = dcmread(path)
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    assert np.array_equal(decoded_by_gdcm(dataset, frame, raw=True), _stored()[0])
    gdcm_apart._running[0]._process.kill()
    gdcm_apart._running[0]._process.join()
    with pytest.raises(ValueError, match="crashed"):
        decoded_by_gdcm(dataset, frame, raw=True)
    assert np.array_equal(decoded_by_gdcm(dataset, frame, raw=True), _stored()[0])


def _crash(_: Path) -> object:
    os.abort()


def _refuse(path: Path) -> object:
    raise InputError(f"{path.name} is not for me.")


def test_what_is_read_apart_may_crash(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.h5 is damaged: whoever reads it crashes"):
        read_apart(_crash, tmp_path / "x.h5")
    with pytest.raises(InputError, match=r"x\.h5 is not for me"):
        read_apart(_refuse, tmp_path / "x.h5")


def test_a_damaged_hdf5_transform_ends_nothing(tmp_path: Path) -> None:
    affine = sitk.AffineTransform(3)
    both = sitk.CompositeTransform([affine, sitk.TranslationTransform(3, (1.0, 2.0, 3.0))])
    path = tmp_path / "t.h5"
    sitk.WriteTransform(both, str(path))
    assert read_rigid(path).shift_mm == (1.0, 2.0, 3.0)
    data = path.read_bytes()
    path.write_bytes(data[:2362] + bytes(200) + data[2362:])
    with pytest.raises(InputError, match=r"t\.h5"):
        read_rigid(path)


_HEAD = "#Insight Transform File V1.0\n#Transform 0\nTransform: "


@pytest.mark.parametrize(
    "text",
    [
        "Euler3DTransform_double_3_3\nParameters: \nFixedParameters: 1 2 3 0\n",  # segfault
        "Euler3DTransform_double_3_3\nParameters: 0 0 0 0 0 nan\nFixedParameters: 1 2 3 0\n",
        "Euler3DTransform_double_3_3\nParameters: 0 0 0 0 0 1e300\nFixedParameters: 1 2 3 0\n",
        "Euler3DTransform_double_3_3\n",
        "CompositeTransform_double_3_3\n",
        "AffineTransform_double_3_3\nParameters: 1 0\nParameters: 1 0\n",
    ],
)
def test_a_transform_without_its_numbers_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.tfm").write_text(_HEAD + text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a transform"):
        read_rigid(tmp_path / "t.tfm")
    (tmp_path / "t.tfm").write_bytes(_HEAD.encode() + b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read as a transform"):
        read_rigid(tmp_path / "t.tfm")


def test_a_segmentation_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    """Highdicom says so by whatever Python happened to raise, or its tables in SQLite."""
    path = tmp_path / "s.dcm"
    for change in ({"Rows": None}, {"NumberOfFrames": 10**6}, {"Rows": 65535, "Columns": 65535}):
        _segmentation("BINARY").save_as(path)
        changed(path, **change)
        with pytest.raises(InputError, match="cannot be read as DICOM SEG"):
            read_segments(path)
    made = _segmentation("BINARY")
    made.SegmentSequence[0].SegmentNumber = None
    made.save_as(path)
    with pytest.raises(InputError, match="cannot be read as DICOM SEG"):
        read_segments(path)


def test_contours_where_no_patient_is_are_refused(tmp_path: Path) -> None:
    far = np.array([(0.0, 0.0, 0.0), (9e5, 0.0, 0.0), (9e5, 9e5, 0.0)])
    structures = read_structure_set(write_contours(tmp_path / "a.dcm", {"GTV": [far]}))
    with pytest.raises(InputError, match="more than any region has"):
        roi_onto(structures, "GTV", planning_ct())
    with pytest.raises(InputError, match="lies where no patient is"):
        read_structure_set(write_contours(tmp_path / "b.dcm", {"GTV": [10 * far]}))


def _nifti(tmp_path: Path) -> tuple[Path, bytearray]:
    path = tmp_path / "a.nii"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4, 5), dtype=np.int16)), str(path))
    return path, bytearray(path.read_bytes())


@pytest.mark.parametrize(
    ("layout", "at", "value"),
    [
        ("<f", 108, math.nan),  # where the values begin
        ("<f", 108, 1e30),
        ("<h", 42, -3),
        ("<h", 42, 32767),
        ("<h", 40, 99),
        ("<h", 70, 1234),
        ("<f", 80, math.nan),  # voxel size
        ("<f", 316, math.inf),  # the third axis: the library never came back
        ("<f", 292, 1e38),  # where the first voxel lies
    ],
)
def test_a_nifti_header_that_cannot_be_is_refused(
    layout: str, at: int, value: float, tmp_path: Path
) -> None:
    path, data = _nifti(tmp_path)
    struct.pack_into(layout, data, at, value)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.nii"):
        read_volume(path)


def test_a_grid_of_no_numbers_is_none() -> None:
    for spacing, origin in ((1.0, math.nan), (math.nan, 0.0), (1.0, 1e30), (1e-300, 0.0)):
        with pytest.raises(InputError):
            Grid(
                size_ijk=(2, 2, 2),
                spacing_mm=(1.0, spacing, 1.0),
                origin_lps_mm=(0.0, 0.0, origin),
            )


def _nrrd(tmp_path: Path, line: bytes) -> Path:
    path = tmp_path / "a.nrrd"
    image = sitk.GetImageFromArray(np.zeros((3, 4, 5), dtype=np.int16))
    sitk.WriteImage(image, str(path))
    data = path.read_bytes()
    at = data.index(b"\n\n")
    path.write_bytes(data[:at] + b"\n" + line + data[at:])
    return path


def test_an_endless_line_of_a_nrrd_header_is_not_handed_on(tmp_path: Path) -> None:
    """The library writes it into a message of fixed length: a segmentation fault."""
    for line in (b"../../../etc/passwd" * 60, b"old min: " + b"a" * 3000, b"kinds: " + b"b" * 300):
        with pytest.raises(InputError, match=r"a\.nrrd cannot be read: its header"):
            read_volume(_nrrd(tmp_path, line))
        assert read_fields(tmp_path / "a.nrrd") == {}


def test_a_key_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    path = _nrrd(tmp_path, b"\xff\xfe:=\xff\nname:=\xc3\xa4")
    assert read_volume(path).grid.size_ijk == (5, 4, 3)
    assert read_fields(path)["name"] == "ä"


@pytest.mark.parametrize("depth", [150, 100_000])
def test_lists_in_lists_without_end_are_refused(depth: int) -> None:
    text = '{"a": ' + "[" * depth + "]" * depth + "}"
    with pytest.raises(InputError, match="lists within lists"):
        parsed_json(text, "x.json")
    with pytest.raises(InputError, match="lists within lists"):
        parsed_toml(f"a = {'[' * depth}{']' * depth}".encode(), "x.toml")


def test_a_number_of_five_thousand_digits_is_refused() -> None:
    number = "9" * 5000
    with pytest.raises(InputError, match="not valid JSON"):
        parsed_json(f'{{"a": {number}}}', "x.json")
    with pytest.raises(InputError, match="not valid TOML"):
        parsed_toml(f"a = {number}".encode(), "x.toml")


@pytest.mark.parametrize(
    "change",
    [
        {"controlPoints": ["a", "b"]},
        {"controlPoints": "ab"},
        {"controlPoints": [{"position": [1, 2, 10**400]}] * 2},
        {"controlPoints": [{"position": [1e200, 2, 3]}, {"position": [1, 2, 3]}]},
        {"coordinateUnits": {"mm": 1}},
        {"coordinateUnits": [["mm"]]},
    ],
)
def test_markups_of_another_shape_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    points = [{"position": [1, 2, 3]}, {"position": [4, 5, 6]}]
    markup = {"type": "Line", "name": "L", "controlPoints": points} | change
    (tmp_path / "x.mrk.json").write_text(json.dumps({"markups": [markup]}), encoding="utf-8")
    with pytest.raises(InputError):
        read_trajectories([tmp_path / "x.mrk.json"], planning_ct())


def test_points_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    head = "MNI Tag Point File\nVolumes = 1;\nPoints =\n"
    (tmp_path / "x.tag").write_text(f"{head} nan 2 3\n 4 5 6;", encoding="utf-8")
    with pytest.raises(InputError, match="lies where no patient is"):
        read_trajectories([tmp_path / "x.tag"], planning_ct())


def test_a_warning_without_its_key_says_what_it_says() -> None:
    document = json.loads(plan_to_json(with_cores()))
    document["core_set"]["warnings"] = document["warnings"] = ["no colon", "key: and: text"]
    read = plan_from_json(json.dumps(document).encode())
    assert read.core_set is not None
    for notices in (read.warnings, read.core_set.warnings):
        assert [(n.key, n.text) for n in notices] == [("no colon", ""), ("key", "and: text")]


def test_what_was_kept_has_to_say_everything(tmp_path: Path) -> None:
    from hashlib import sha256

    for document in ({"schema_version": 1}, {"schema_version": 1, "case": 3}, [1]):
        body = json.dumps(document).encode()
        seal = sha256(body).hexdigest().encode()
        (tmp_path / STATE_FILE).write_bytes(seal + b"\n" + body)
        with pytest.raises(InputError, match="What was kept"):
            read_kept(tmp_path)


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
def test_a_name_that_no_file_can_have_is_not_there(name: str, tmp_path: Path) -> None:
    text = f"schema_version = 1\n[case]\nplanning_ct = {json.dumps(name)}\n"
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="planning_ct"):
        load_case(tmp_path, role_tables={})
    with pytest.raises(InputError, match="does not exist"):
        load_case(tmp_path / name, role_tables={})


def test_a_thumbnail_of_a_damaged_picture_says_so(tmp_path: Path) -> None:
    paths = write_series(tmp_path, _stored(), SamplesPerPixel=3)
    (summary,) = list_series(tmp_path)
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    assert summary.middle is not None
    assert thumbnail_of(summary.middle, "CT").problem


def test_a_picture_with_fewer_colours_than_its_header_says_has_no_thumbnail(tmp_path: Path) -> None:
    write_series(tmp_path, _stored())
    (summary,) = list_series(tmp_path)
    assert summary.middle is not None
    claimed = replace(summary.middle.pixels, samples=19)  # as a header did that says it twice
    thumbnail = thumbnail_of(replace(summary.middle, pixels=claimed), "CT")
    assert thumbnail.problem.endswith("cannot be decoded.")
    assert not thumbnail_of(summary.middle, "CT").problem


def test_deflating_is_what_the_limit_assumes() -> None:
    """Nothing unfolds to more than 1032 times its size (zlib's technical notes)."""
    from planning.limits import MOST_INFLATION

    packed = zlib.compress(bytes(1 << 24), 9)
    assert (1 << 24) / len(packed) < MOST_INFLATION
    assert sys.getsizeof(packed) < 1 << 15
