"""Real series that break naive readers: read right, or refused for the right reason."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from planning.errors import InputError
from planning.imaging.dicom_series import list_series, read_series
from planning.imaging.volume_files import read_label_map, read_volume

_REFUSED = [
    ("ge_tilt_uneven", ("18.5 degrees", "4.00 mm (13x), 7.00 mm (13x), 1.08 mm (1x)")),
    ("gantrytilting/001", ("Series 4", "lean 14.0 degrees", "gantry tilt")),
    ("notavolume/001", ("share their position", "instance 23 (z 61.50 mm)", "instance 24")),
    ("slicecount/001", ("2 slices; a volume needs at least 3",)),
    (
        "sliceincrement/001",
        ("missing", "instance 9 (z 28.11 mm) and instance 10 (z 38.11 mm), 10.00 mm apart"),
    ),
    ("sliceincrement/002", ("missing", "instance 3", "instance 5", "lean 15.5 degrees")),
    ("sliceorientation/001", ("change orientation", "turned by 124.4 degrees")),
    ("enhanced_ct_2frames.dcm", ("2 slices; a volume needs at least 3",)),
    ("charsets", ("holds no usable CT series", "carry no position")),
    ("compressed_mr/rle", ("Series 4 (MR) is not CT",)),
]


@pytest.mark.parametrize(("name", "said"), _REFUSED)
def test_refused_for_the_right_reason(data_dir, name, said):
    with pytest.raises(InputError) as caught:
        read_series(data_dir / "awkward" / name)
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize("compression", ["jpeg", "jpegls", "j2k", "rle"])
def test_compressed_pixels_equal_the_truth(data_dir, compression):
    folder = data_dir / "awkward" / "compressed_mr"
    volume = read_series(folder / compression, modality="MR")
    truth = read_volume(folder / "truth.nii.gz")
    k, j, i = np.indices(truth.grid.shape_kji)
    points = truth.grid.lps_from_index(np.stack([i, j, k], axis=-1))
    exact = volume.grid.index_from_lps(points)
    index = np.rint(exact).astype(int)
    assert np.abs(exact - index).max() < 1e-3
    assert np.array_equal(volume.values[index[..., 2], index[..., 1], index[..., 0]], truth.values)
    assert volume.grid.size_ijk == (256, 256, 4)


def test_empty_identifiers_and_jpeg2000(data_dir):
    folder = data_dir / "awkward" / "jpeg2000_empty_uids"
    (summary,) = list_series(folder)
    assert (summary.problem, summary.series.series_uid, summary.file_count) == ("", "", 20)
    volume = read_series(folder)
    labels = read_label_map(data_dir / "awkward" / "jpeg2000_empty_uids_labels.nii.gz")
    assert volume.grid.size_ijk == (512, 512, 20)
    assert volume.grid.spacing_mm == pytest.approx((0.9765625, 0.9765625, 2.0))
    assert volume.grid.origin_lps_mm == pytest.approx((-249.51171875, -437.51171875, -804.5))
    assert volume.series.instance_numbers == tuple(range(286, 266, -1))
    assert volume.series.isocentre_lps_mm == pytest.approx((0.0, -188.0, -784.5))
    # The labels were drawn on this CT: body organs are soft tissue, and lie where it has some.
    centres = labels.grid.lps_from_index(np.argwhere(labels.labels)[:, ::-1])
    index = np.rint(volume.grid.index_from_lps(centres)).astype(int)
    within = ((index >= 0) & (index < volume.grid.size_ijk)).all(axis=1)
    assert within.mean() > 0.99
    i, j, k = index[within].T
    assert np.median(volume.values[k, j, i]) > -200


def test_oblique_slices_with_a_small_slope(data_dir):
    volume = read_series(data_dir / "awkward" / "oblique_small_slope")
    assert volume.values.dtype == np.float32
    assert volume.values.min() == pytest.approx(-10, abs=0.01)
    assert volume.values.max() == pytest.approx(10, abs=0.01)
    assert volume.grid.spacing_mm == pytest.approx((2.5, 3.5, 4.5), abs=1e-4)
    assert volume.grid.lps_from_index((0, 0, 1)) == pytest.approx(
        (122.50798485, -430.0798167, 34.0399029), abs=1e-4
    )
    assert volume.slice_normal_lps[2] == pytest.approx(0.8978, abs=1e-3)
    assert "not DICOM: 1" in " ".join(volume.notes)
    (summary,) = list_series(data_dir / "awkward" / "oblique_small_slope")
    assert summary.orientation == "axial, oblique by 26 degrees"


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("awkward/oblique_small_slope", "CT"),
        ("awkward/jpeg2000_empty_uids", "CT"),
        ("sarcoma/STS_035/CT/image", "CT"),
        ("sarcoma/STS_042/PET/image", "PT"),
    ],
)
def test_an_independent_reader_finds_the_same_values_at_the_same_places(data_dir, name, modality):
    volume = read_series(data_dir / name, modality=modality)
    files = [str(path) for path in (data_dir / name).iterdir() if path.suffix != ".txt"]
    rng = np.random.default_rng(7)
    for file in rng.choice(files, 3):
        image = sitk.ReadImage(file)  # one slice by GDCM, with its own position and rescale
        array = sitk.GetArrayFromImage(image)
        for i, j in rng.integers((0, 0), image.GetSize()[:2], (40, 2)).tolist():
            here = image.TransformIndexToPhysicalPoint((i, j, 0))
            index = np.rint(volume.grid.index_from_lps(here)).astype(int)
            assert volume.grid.lps_from_index(index) == pytest.approx(here, abs=1e-3)
            assert volume.values[tuple(index[::-1])] == pytest.approx(array[0, j, i], rel=1e-5)


def test_the_whole_folder_of_oddities_is_listed_without_a_crash(data_dir):
    listed = list_series(data_dir / "awkward")
    assert len(listed) > 15
    assert sum(not summary.problem for summary in listed) >= 2


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chrArab", "قباني^لنزار"),
        ("chrFren", "Buc^Jérôme"),
        ("chrFrenMulti", "Buc^Jérôme"),
        ("chrGerm", "Äneas^Rüdiger"),
        ("chrGreek", "Διονυσιος"),
        ("chrH31", "Yamada^Tarou"),
        ("chrHbrw", "שרון^דבורה"),
        ("chrI2", "Hong^Gildong"),
        ("chrJapMulti", "やまだ^たろう"),
        ("chrKoreanMulti", "김희중"),
        ("chrRuss", "\u041b\u044e\u043ace\u043c\u0431yp\u0433"),
        ("chrX1", "Wang^XiaoDong"),
        ("chrX2", "Wang^XiaoDong"),
    ],
)
def test_names_in_every_script(data_dir, file, name):
    (summary,) = list_series(data_dir / "awkward" / "charsets" / f"{file}.dcm")
    assert summary.patient.name == name


def test_contours_and_segmentations_are_listed_as_what_they_are(data_dir):
    listed = list_series(data_dir / "seg" / "dcmqi")
    problems = {s.series.modality: s.problem for s in listed}
    assert problems["CT"] == ""
    assert "to be loaded as a mask" in problems["SEG"]
    volume = read_series(data_dir / "seg" / "dcmqi")
    assert volume.grid.size_ijk == (512, 512, 3)
    assert volume.series.position_code == "FFS"
    assert volume.values.min() == -1024  # the scanner's padding of -2000 is air


@pytest.mark.parametrize("patient", ["003", "018", "035", "042"])
def test_sarcoma_series_are_read_in_all_modalities(data_dir, patient):
    folder = data_dir / "sarcoma" / f"STS_{patient}"
    ct = read_series(folder / "CT" / "image")
    pet = read_series(folder / "PET" / "image", modality="PT")
    mr = read_series(folder / "MR_T1" / "image", modality="MR")
    assert ct.grid.spacing_mm == pytest.approx((0.976562, 0.976562, 3.27), abs=1e-5)
    assert (ct.values.dtype, pet.values.dtype) == (np.int16, np.float32)
    assert -1024 <= ct.values.min() <= -990
    assert 1000 < ct.values.max() < 3000
    assert pet.values.min() >= 0
    assert ct.frame_of_reference_uid == pet.frame_of_reference_uid == mr.frame_of_reference_uid
    assert ct.patient.patient_id.endswith(patient)
