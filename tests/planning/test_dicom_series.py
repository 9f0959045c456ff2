"""DICOM series made here, with known geometry and values: read exactly, or refused in words."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from planning.errors import InputError
from planning.imaging.dicom_series import list_series, read_series
from planning.progress import Cancelled, Progress
from tests.dicom_files import SERIES_UID, write_enhanced_ct, write_series

_COUNT = 6


def _stored(count: int = _COUNT, dtype: type = np.uint16) -> np.ndarray:
    """Return pixels that differ everywhere, so that no flip or swap can hide."""
    k, j, i = np.indices((count, 5, 7))
    return (1000 + 100 * k + 10 * j + i).astype(dtype)


def test_values_and_every_voxel_position_are_exact(tmp_path):
    stored = _stored()
    positions = [(-10.0, 20.0, -30.0 + 1.25 * k) for k in range(_COUNT)]
    write_series(tmp_path, stored, positions=positions, spacing_ij=(0.5, 0.75))
    volume = read_series(tmp_path)
    assert volume.values.dtype == np.int16
    assert np.array_equal(volume.values, stored.astype(int) - 1024)
    assert volume.grid.size_ijk == (7, 5, _COUNT)
    assert volume.grid.spacing_mm == pytest.approx((0.5, 0.75, 1.25))
    assert volume.grid.lps_from_index((6, 4, 5)) == pytest.approx((-7.0, 23.0, -23.75))
    assert volume.slice_normal_lps == pytest.approx((0, 0, 1))
    assert not volume.values.flags.writeable


def test_what_the_files_say_is_kept(tmp_path):
    write_series(tmp_path, _stored(), DataCollectionCenterPatient=[0.0, -180.5, 4.0])
    volume = read_series(tmp_path)
    assert volume.patient.name == "Muster^Änne"
    assert volume.patient.readable_name == "Muster, Änne"
    assert (volume.patient.patient_id, volume.patient.sex) == ("4711", "F")
    assert volume.patient.birth_date == "1962-03-14"
    series = volume.series
    assert (series.modality, series.series_uid, series.series_number) == ("CT", SERIES_UID, "4")
    assert (series.date, series.time, series.position_code) == ("2024-02-29", "13:45:01", "HFS")
    assert series.isocentre_lps_mm == (0.0, -180.5, 4.0)
    assert series.instance_numbers == (1, 2, 3, 4, 5, 6)
    assert series.table_positions_mm == (100.0, 102.0, 104.0, 106.0, 108.0, 110.0)


@pytest.mark.parametrize("length", [1000, 32_700, 40_000, 200_000])
def test_headers_of_any_length_are_read_whole(tmp_path, length):
    stored = _stored()
    positions = [(-10.0, 20.0, -30.0 + 1.25 * k) for k in range(_COUNT)]
    write_series(tmp_path, stored, positions=positions, LongCodeValue="x" * length)
    volume = read_series(tmp_path)
    assert np.array_equal(volume.values, stored.astype(int) - 1024)
    assert volume.grid.lps_from_index((6, 4, 5))[2] == pytest.approx(-23.75)


def test_order_of_files_and_instances_does_not_matter(tmp_path):
    stored = _stored()
    positions = [(0.0, 0.0, -2.0 * k) for k in range(_COUNT)]
    write_series(tmp_path, stored, positions=positions)
    volume = read_series(tmp_path)
    assert np.array_equal(volume.values, stored[::-1].astype(int) - 1024)
    assert volume.grid.origin_lps_mm == pytest.approx((0, 0, -10))
    assert volume.series.instance_numbers == (6, 5, 4, 3, 2, 1)


@pytest.mark.parametrize("seed", range(4))
def test_any_orientation_keeps_every_voxel_in_place(tmp_path, seed):
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    normal = np.cross(axes[0], axes[1])
    origin = rng.uniform(-200, 200, 3)
    positions = [origin + 1.5 * k * normal for k in range(_COUNT)]
    stored = _stored()
    order = rng.permutation(_COUNT)
    write_series(
        tmp_path,
        stored[order],
        positions=[positions[k] for k in order],
        orientation=(*axes[0], *axes[1]),
        spacing_ij=(0.6, 0.8),
    )
    volume = read_series(tmp_path)
    k, j, i = (int(n) for n in rng.integers(0, (_COUNT, 5, 7)))
    here = positions[k] + 0.6 * i * axes[0] + 0.8 * j * axes[1]
    index = np.rint(volume.grid.index_from_lps(here)).astype(int)
    assert volume.grid.lps_from_index(index) == pytest.approx(here, abs=1e-5)
    assert volume.values[tuple(index[::-1])] == stored[k, j, i] - 1024
    assert np.linalg.det(np.array(volume.grid.direction_lps)) == pytest.approx(1.0, abs=1e-6)
    assert volume.slice_normal_lps[2] >= 0
    assert abs(np.dot(volume.slice_normal_lps, normal)) == pytest.approx(1.0, abs=1e-6)


def test_rescale_belongs_to_each_slice(tmp_path):
    stored = _stored()

    def scale(dataset, k):
        dataset.RescaleSlope = 1 + k
        dataset.RescaleIntercept = -10 * k

    write_series(tmp_path, stored, change=scale)
    factors = np.arange(1, _COUNT + 1)[:, None, None]
    offsets = -10 * np.arange(_COUNT)[:, None, None]
    assert np.array_equal(read_series(tmp_path).values, stored * factors + offsets)


def test_fractions_give_float32(tmp_path):
    write_series(tmp_path, _stored(), RescaleSlope="0.25")
    values = read_series(tmp_path).values
    assert values.dtype == np.float32
    assert np.allclose(values, _stored() * 0.25 - 1024)


def test_whole_values_beyond_int16_give_float32(tmp_path):
    stored = _stored()
    stored[3, 2, 2] = 65535
    write_series(tmp_path, stored)
    values = read_series(tmp_path).values
    assert values.dtype == np.float32
    assert np.array_equal(values, stored.astype(np.float32) - 1024)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_rubbish_above_the_stored_bits_is_ignored(tmp_path, dtype):
    stored = _stored(dtype=dtype)
    if dtype == np.int16:
        stored -= 1500  # negative values need their sign carried down from bit 11
    dirty = (stored & 0x0FFF) | dtype(0x3000)
    write_series(tmp_path, dirty, BitsStored=12, HighBit=11)
    assert np.array_equal(read_series(tmp_path).values, stored.astype(int) - 1024)


def test_padding_becomes_air(tmp_path):
    stored = _stored(dtype=np.int16)
    stored[:, :, 0] = -2000
    write_series(tmp_path, stored, PixelPaddingValue=-2000)
    values = read_series(tmp_path).values
    assert (values[:, :, 0] == -1024).all()
    assert np.array_equal(values[:, :, 1:], stored[:, :, 1:].astype(int) - 1024)


def test_padding_range_and_wild_values(tmp_path):
    stored = _stored()
    stored[:, 0, :] = 60000
    stored[:, 1, :] = 60005
    write_series(tmp_path, stored, PixelPaddingValue=60000, PixelPaddingRangeLimit=60010)
    values = read_series(tmp_path).values
    assert (values[:, :2] == -1024).all()
    assert values.max() < 1000


def test_a_padding_value_that_tissue_has_too_stays_tissue_inside(tmp_path):
    stored = np.full((4, 9, 9), 50, dtype=np.int16)
    stored[:, :, :2] = 0  # outside the scan
    stored[:, 5, 5] = 0  # water
    write_series(tmp_path, stored, RescaleIntercept=0, PixelPaddingValue=0)
    values = read_series(tmp_path).values
    assert (values[:, :, :2] == -1024).all()
    assert (values[:, 5, 5] == 0).all()


def test_display_convention_changes_no_value(tmp_path):
    write_series(tmp_path, _stored(), PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(read_series(tmp_path).values, _stored().astype(int) - 1024)


def test_small_jitter_of_positions_is_accepted(tmp_path):
    positions = [(0.0, 0.0, round(0.625 * k, 1)) for k in range(_COUNT)]
    write_series(tmp_path, _stored(), positions=positions)
    assert read_series(tmp_path).grid.spacing_mm[2] == pytest.approx(0.625, abs=0.02)


def _refusal(folder, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_series(folder, **options)
    return str(caught.value)


def test_a_missing_slice_is_named(tmp_path):
    paths = write_series(tmp_path, _stored())
    paths[3].unlink()
    message = _refusal(tmp_path)
    assert 'Series 4 "Pelvis 2.0" (CT, 5 slices)' in message
    assert "1 between instance 3 (z 4.00 mm) and instance 5 (z 8.00 mm)" in message


def test_uneven_spacing_is_told(tmp_path):
    write_series(tmp_path, _stored(), positions=[(0, 0, z) for z in (0, 2, 4, 6, 9.1, 12.2)])
    message = _refusal(tmp_path)
    assert "2.00 mm (3x), 3.10 mm (2x)" in message
    assert "between instance 4 (z 6.00 mm) and instance 5 (z 9.10 mm)" in message


def test_a_slow_drift_of_spacing_is_refused(tmp_path):
    z = np.cumsum(np.linspace(1.0, 1.05, 40))
    write_series(tmp_path, _stored(40), positions=[(0, 0, x) for x in z])
    assert "drifts" in _refusal(tmp_path)


def test_two_slices_at_one_place_are_named(tmp_path):
    positions = [(0, 0, z) for z in (0, 2, 4, 4, 6, 8)]
    write_series(tmp_path, _stored(), positions=positions)
    assert "instance 3 (z 4.00 mm) and instance 4 (z 4.00 mm)" in _refusal(tmp_path)


def test_a_copy_of_a_file_is_no_duplicate(tmp_path):
    paths = write_series(tmp_path, _stored())
    (tmp_path / "again").mkdir()
    shutil.copy(paths[2], tmp_path / "again" / "copy.dcm")
    volume = read_series(tmp_path)
    assert volume.grid.size_ijk[2] == _COUNT
    assert any("byte by byte" in note for note in volume.notes)


@pytest.mark.parametrize("tilt_deg", [0.2, -14.0, 18.5])
def test_gantry_tilt_is_refused_with_its_angle(tmp_path, tilt_deg):
    sine, cosine = np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg))
    write_series(tmp_path, _stored(), orientation=(1, 0, 0, 0, cosine, sine))
    assert f"lean {abs(tilt_deg):.1f} degrees" in _refusal(tmp_path)


def test_one_slice_shifted_sideways_is_named(tmp_path):
    positions = [(3.0 * (k == 2), 0, 2.0 * k) for k in range(_COUNT)]
    write_series(tmp_path, _stored(), positions=positions)
    assert "instance 3 (z 4.00 mm) lies 3.00 mm beside" in _refusal(tmp_path)


def test_mixed_orientation_size_and_pixel_spacing_are_refused(tmp_path):
    def turn(dataset, k):
        if k == 4:
            dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    def widen(dataset, k):
        if k == 4:
            dataset.PixelSpacing = [1.0, 1.1]

    write_series(tmp_path / "turned", _stored(), change=turn)
    write_series(tmp_path / "widened", _stored(), change=widen)
    write_series(tmp_path / "sized", _stored())
    write_series(tmp_path / "sized" / "b", _stored()[:2, :3], positions=[(0, 0, 50), (0, 0, 52)])
    assert "instance 5 (slice_004.dcm) is turned by 120.0 degrees" in _refusal(tmp_path / "turned")
    assert "differ in pixel spacing" in _refusal(tmp_path / "widened")
    assert "differ in size" in _refusal(tmp_path / "sized")


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_slices_are_no_volume(tmp_path, count):
    write_series(tmp_path, _stored(count))
    assert "needs at least 3" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("ImagePositionPatient", None, "carry no position"),
        ("ImageOrientationPatient", None, "carry no position"),
        ("PixelSpacing", None, "carry no position"),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0], "perpendicular"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"], "localizer"),
        ("SamplesPerPixel", 3, "colour"),
        ("RescaleType", "OD", "not Hounsfield"),
        ("RescaleIntercept", None, "no rescale intercept"),
        ("RescaleSlope", 0, "slope"),
    ],
)
def test_series_that_are_no_ct_volume(tmp_path, keyword, value, said):
    write_series(tmp_path, _stored(), **{keyword: value})
    assert said in _refusal(tmp_path)
    assert said in list_series(tmp_path)[0].problem


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("PatientID", "4712", "several patients (4711, 4712)"),
        ("FrameOfReferenceUID", "1.2.3", "several frames of reference"),
        ("PatientPosition", "HFP", "several patient positions (HFP, HFS)"),
    ],
)
def test_what_must_be_one_in_a_series(tmp_path, keyword, value, said):
    def change(dataset, k):
        if k == 1:
            setattr(dataset, keyword, value)

    write_series(tmp_path, _stored(), change=change)
    assert said in _refusal(tmp_path)


def test_the_modality_is_checked_after_the_geometry(tmp_path):
    write_series(tmp_path / "good", _stored(), Modality="MR")
    write_series(tmp_path / "short", _stored(2), Modality="MR")
    assert 'Series 4 "Pelvis 2.0" (MR) is not CT' in _refusal(tmp_path / "good")
    assert "needs at least 3" in _refusal(tmp_path / "short")
    assert read_series(tmp_path / "good", modality="MR").values.shape == (6, 5, 7)
    assert read_series(tmp_path / "good", modality="").series.modality == "MR"


def _write_several(folder):
    def number(uid, n, **more):
        return {"SeriesInstanceUID": f"1.2.{uid}", "SeriesNumber": n, **more}

    write_series(folder / "a", _stored(4), **number(1, 2))
    write_series(folder / "b", _stored(6), **number(2, 3, SeriesDescription="thin"))
    write_series(folder / "c", _stored(9), **number(3, 7, ImageType=["DERIVED", "PRIMARY"]))
    write_series(folder / "d", _stored(1), **number(4, 1))
    (folder / "readme.txt").write_text("not an image")
    (folder / "empty").write_bytes(b"")


def test_the_choice_among_series_is_ruled_and_said(tmp_path):
    _write_several(tmp_path)
    volume = read_series(tmp_path)
    assert volume.series.series_number == "3"
    told = " ".join(volume.notes)
    assert 'Series 3 "thin" was chosen among 3 usable series' in told
    assert 'Series 7 "Pelvis 2.0" (CT)' in told
    assert "Passed over: Series 1" in told
    assert "not DICOM: 2" in told


def test_a_series_can_be_asked_for(tmp_path):
    _write_several(tmp_path)
    assert read_series(tmp_path, series_uid="1.2.1").series.series_number == "2"
    assert "needs at least 3" in _refusal(tmp_path, series_uid="1.2.4")
    assert "1.2.3" in _refusal(tmp_path, series_uid="9.9")
    assert "is not MR" in _refusal(tmp_path, series_uid="1.2.1", modality="MR")


def test_the_list_tells_everything(tmp_path):
    _write_several(tmp_path)
    listed = list_series(tmp_path)
    assert [s.series.series_number for s in listed] == ["1", "2", "3", "7"]
    assert [bool(s.problem) for s in listed] == [True, False, False, False]
    thin = listed[2]
    assert (thin.size_ijk, thin.spacing_mm) == ((7, 5, 6), (1.0, 1.0, 2.0))
    assert (thin.orientation, thin.file_count, thin.is_derived) == ("axial", 6, False)
    assert listed[3].is_derived


def test_series_without_identifiers_are_told_apart(tmp_path):
    nameless = {"SeriesInstanceUID": "", "StudyInstanceUID": "", "SOPInstanceUID": "1.2.9"}
    write_series(tmp_path / "a", _stored(), **nameless)
    sagittal = [(2.0 * k, 0.0, 0.0) for k in range(4)]
    write_series(
        tmp_path / "b", _stored(4), positions=sagittal, orientation=(0, 1, 0, 0, 0, -1), **nameless
    )
    listed = list_series(tmp_path)
    assert {s.orientation for s in listed} == {"axial", "sagittal"}
    assert len({s.key for s in listed}) == 2
    for summary in listed:
        volume = read_series(tmp_path, series_uid=summary.key)
        assert volume.grid.size_ijk == summary.size_ijk


def test_a_scout_in_the_same_series_is_passed_over(tmp_path):
    write_series(tmp_path, _stored())
    scout = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    write_series(tmp_path / "scout", _stored(1), ImageType=scout, positions=[(5, 5, 5)])
    assert read_series(tmp_path).grid.size_ijk[2] == _COUNT
    assert "localizer" in " ".join(s.problem for s in list_series(tmp_path))


def test_files_without_a_preamble_are_read(tmp_path):
    for path in write_series(tmp_path, _stored()):
        path.write_bytes(path.read_bytes()[132:])
    assert np.array_equal(read_series(tmp_path).values, _stored().astype(int) - 1024)


def test_empty_and_broken_values_do_not_stop_the_reader(tmp_path):
    empty = dict.fromkeys(
        ("SeriesDate", "PatientName", "PatientID", "SliceLocation", "SeriesNumber"), ""
    )
    write_series(tmp_path, _stored(), InstanceNumber="", **empty)
    volume = read_series(tmp_path)
    assert (volume.patient.name, volume.patient.readable_name) == ("", "")
    assert volume.series.instance_numbers == ()
    assert volume.series.table_positions_mm == ()


def test_pixels_that_were_cut_off_are_named(tmp_path):
    paths = write_series(tmp_path, _stored())
    paths[5].write_bytes(paths[5].read_bytes()[:-20])
    assert "slice_005.dcm" in _refusal(tmp_path)


@pytest.mark.parametrize("kept", [140, 170, 400, 700])
def test_a_header_that_was_cut_off_is_told(tmp_path, kept):
    paths = write_series(tmp_path, _stored())
    paths[5].write_bytes(paths[5].read_bytes()[:kept])
    volume = read_series(tmp_path)
    assert volume.grid.size_ijk[2] == _COUNT - 1
    assert "Damaged DICOM files passed over: 1 (slice_005.dcm)" in " ".join(volume.notes)


def test_an_unknown_compression_is_named(tmp_path):
    for path in write_series(tmp_path, _stored()):
        # MPEG-2 has the same length as what it replaces, "1.2.840.10008.1.2.1" with its padding.
        path.write_bytes(
            path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.98")
        )
    assert "cannot be decoded" in _refusal(tmp_path)


def test_folders_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    assert list_series(tmp_path) == ()
    assert "holds no DICOM images (other files passed over: 1)" in _refusal(tmp_path)
    assert "no folder" in _refusal(tmp_path / "absent")


def test_multi_frame_geometry_comes_from_its_functional_groups(tmp_path):
    stored = _stored(4)
    positions = [(1.0, 2.0, 30.0 - 3.0 * k) for k in range(4)]
    path = write_enhanced_ct(tmp_path / "enhanced.dcm", stored, positions)
    volume = read_series(path)
    assert volume.grid.origin_lps_mm == pytest.approx((1, 2, 21))
    assert volume.grid.spacing_mm == pytest.approx((0.25, 0.5, 3.0))
    slopes = np.arange(1, 5)[:, None, None]
    assert np.array_equal(volume.values, (stored.astype(int) * slopes - 1000)[::-1])
    assert volume.series.instance_numbers == (4, 3, 2, 1)


def test_reading_can_be_cancelled_and_reports_growing_shares(tmp_path):
    write_series(tmp_path, _stored())
    shares: list[float] = []
    read_series(tmp_path, progress=Progress(listener=lambda share, _: shares.append(share)))
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1
    with pytest.raises(Cancelled):
        read_series(tmp_path, progress=Progress(is_cancelled=lambda: len(shares) > 0))
