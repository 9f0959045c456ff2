"""DICOM SEG by other writers and by hand: voxel for voxel, in every encoding; and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.coding import Code

from planning.errors import FrameError, InputError
from planning.geometry import Grid, vec3
from planning.image import Mask, Series, Volume
from planning.imaging.segments import (
    Segment,
    read_segment,
    read_segments,
    segment_of,
    segment_onto,
)
from planning.imaging.volume_files import read_label_map
from planning.records.mask_sources import Wanted, open_source
from tests.dicom_files import FRAME_UID, SERIES_UID, ct_slice

_REFERENCES = {
    "liver.dcm": (("liver_seg.nrrd", 1, 1),),
    "partial_overlaps.dcm": (
        ("partial_overlaps-1.nrrd", 1, 1),
        ("partial_overlaps-2.nrrd", 2, 2),
        ("partial_overlaps-3.nrrd", 3, 3),
        ("partial_overlaps-1.nrrd", 4, 4),
        ("partial_overlaps-1.nrrd", 5, 5),
    ),
}
"""Of each file: reference, its label, and the segment's number."""

_OTHERS = (
    "dcmqi/liver.dcm",
    "dcmqi/partial_overlaps.dcm",
    "dcmqi/sparse-labelmap-noppv.dcm",
    "dcmqi/sparse-labelmap-ppv5.dcm",
    "highdicom/seg_image_ct_binary.dcm",
    "highdicom/seg_image_ct_binary_overlap.dcm",
    "highdicom/seg_image_ct_binary_fractional.dcm",
    "highdicom/seg_image_ct_binary_single_frame.dcm",
    "highdicom/seg_image_ct_true_fractional.dcm",
)


def centres(mask: Mask) -> np.ndarray:
    """Return the centres of all voxels inside, sorted, to a hundredth of a millimetre."""
    points = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    return np.unique(np.round(points, 2), axis=0)


def decoded_by_hand(path: Path, number: int, inside_from: float) -> np.ndarray:
    """Return the same from the frames and their positions alone, as PS3.3 C.8.20 and C.7.6.16."""
    dataset = pydicom.dcmread(path)
    frames = np.atleast_3d(dataset.pixel_array).reshape(-1, dataset.Rows, dataset.Columns)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    points = []
    for frame, about in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        if dataset.SegmentationType == "LABELMAP":
            inside = frame == number
        else:
            named = about.get("SegmentIdentificationSequence") or shared.get(
                "SegmentIdentificationSequence"
            )
            if named[0].ReferencedSegmentNumber != number:
                continue
            most = float(dataset.get("MaximumFractionalValue", 1))
            inside = frame / most >= inside_from
        measures = (about.get("PixelMeasuresSequence") or shared.PixelMeasuresSequence)[0]
        turned = (about.get("PlaneOrientationSequence") or shared.PlaneOrientationSequence)[0]
        corner = np.array(about.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        across = np.array(turned.ImageOrientationPatient[:3], dtype=float)
        down = np.array(turned.ImageOrientationPatient[3:], dtype=float)
        row_mm, column_mm = map(float, measures.PixelSpacing)
        rows, columns = np.nonzero(inside)
        points.append(
            corner + columns[:, None] * column_mm * across + rows[:, None] * row_mm * down
        )
    return np.unique(np.round(np.concatenate(points), 2), axis=0)


@pytest.mark.parametrize("name", _REFERENCES)
def test_segments_of_another_writer_are_its_masks_voxel_for_voxel(data_dir: Path, name: str):
    folder = data_dir / "seg" / "dcmqi"
    for reference, label, number in _REFERENCES[name]:
        label_map = read_label_map(folder / reference)
        truth = Mask(grid=label_map.grid, inside=label_map.labels == label)
        assert np.array_equal(centres(read_segment(folder / name, number)), centres(truth)), number


@pytest.mark.parametrize("name", _OTHERS)
def test_every_segment_lies_where_its_frames_say(data_dir: Path, name: str):
    path = data_dir / "seg" / name
    segments = read_segments(path)
    assert segments
    for segment in segments:
        mask = read_segment(path, segment.number)
        assert np.array_equal(centres(mask), decoded_by_hand(path, segment.number, 0.5))


def test_a_threshold_decides_what_of_a_fractional_segment_is_inside(data_dir: Path):
    path = data_dir / "seg/highdicom/seg_image_ct_true_fractional.dcm"
    sizes = [read_segment(path, 1, share).inside.sum() for share in (0.01, 0.25, 0.5)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0
    with pytest.raises(InputError, match=r"holds no voxel of 0\.99 or more.*lower the threshold"):
        read_segment(path, 1, 0.99)


def made_segmentation(folder: Path, grid: Grid, masks: Sequence[np.ndarray]) -> Path:
    """Write a binary SEG of masks on the slices of a CT on any grid; returns its file."""
    orientation = (*grid.direction_lps[0], *grid.direction_lps[1])
    positions = grid.lps_from_index([(0, 0, k) for k in range(grid.size_ijk[2])])
    columns_mm, rows_mm, _ = grid.spacing_mm
    slices = []
    for number, position in enumerate(positions, start=1):
        blank = np.zeros(grid.shape_kji[1:], dtype=np.int16)
        one = ct_slice(blank, tuple(position), orientation, (columns_mm, rows_mm))
        one.InstanceNumber = number
        for keyword in ("AccessionNumber", "StudyID", "StudyDate", "StudyTime", "PatientBirthDate"):
            one.setdefault(keyword, "")
        for keyword in ("PatientName", "PatientID", "PatientSex", "ReferringPhysicianName"):
            one.setdefault(keyword, "")
        slices.append(one)
    described = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=f"mass {number}",
            segmented_property_category=Code("49755003", "SCT", "Morphologically abnormal"),
            segmented_property_type=Code("4147007", "SCT", "Mass"),
            algorithm_type="MANUAL",
        )
        for number in range(1, len(masks) + 1)
    ]
    made = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=np.stack(masks, axis=-1).astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid=hd.UID(),
        series_number=7,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="tests",
        manufacturer_model_name="tests",
        software_versions="1",
        device_serial_number="1",
    )
    made.save_as(folder / "made.dcm")
    return folder / "made.dcm"


def test_an_oblique_mirrored_segment_lies_where_it_was_put(tmp_path: Path):
    grid = oblique_grid()
    one, other = np.zeros((2, *grid.shape_kji), dtype=bool)
    one[0, 1, 2] = one[3, 5, 7] = one[3, 5, 6] = True
    other[3, 5, 7] = other[4, 0, 0] = True
    path = made_segmentation(tmp_path, grid, [one, other])
    for number, truth in ((1, one), (2, other)):
        mask = read_segment(path, number)
        assert np.array_equal(centres(mask), centres(Mask(grid=grid, inside=truth)))
        assert mask.frame_of_reference_uid == FRAME_UID
    ct = Volume(grid=grid, values=np.zeros(grid.shape_kji, dtype=np.int16))
    source = open_source(path)
    assert source.labels == ("mass 1", "mass 2")
    wanted = Wanted(label="mass 2", name="mass", entry="case.toml, [[structure]] number 1")
    placed, notes = source.placed(wanted, ct)
    assert np.array_equal(centres(placed), centres(Mask(grid=grid, inside=other)))
    assert "frame not verifiable" in notes[0]
    with pytest.raises(FrameError, match="another frame of reference"):
        source.placed(wanted, replace(ct, frame_of_reference_uid="9.9.9"))
    with pytest.raises(InputError, match=r'number 1: made.dcm has 2 segments "Mass"'):
        source.placed(replace(wanted, label="Mass"), ct)


def oblique_grid() -> Grid:
    turn = np.radians(20.0)
    axes = (
        vec3((np.cos(turn), np.sin(turn), 0.0)),
        vec3((-np.sin(turn), np.cos(turn), 0.0)),
        vec3((0.0, 0.0, -1.0)),
    )
    return Grid(
        size_ijk=(9, 7, 5),
        spacing_mm=(0.7, 0.9, 2.5),
        origin_lps_mm=(3, -8, 40),
        direction_lps=axes,
    )


_SEGMENTS = (
    Segment(number=1, label="tumour", code="SCT:4147007", meaning="Mass", made_by=""),
    Segment(number=2, label="necrosis", code="SCT:6574001", meaning="Necrosis", made_by="net"),
    Segment(number=5, label="nerve", code="SCT:3057000", meaning="Nerve", made_by="net"),
    Segment(number=6, label="nerve", code="SCT:3057000", meaning="Nerve", made_by="net"),
)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [(2, 2), ("necrosis", 2), ("SCT:6574001", 2), ("6574001", 2), ("Mass", 1), (6, 6)],
)
def test_a_segment_is_chosen_by_number_label_code_or_meaning(wanted, number):
    assert segment_of(_SEGMENTS, wanted, "a.dcm").number == number


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (None, 'needs a "label"'),
        (3, 'has no segment "3"'),
        ("nerve", 'has 2 segments "nerve"'),
        ("bone", 'has no segment "bone"'),
    ],
)
def test_what_is_not_one_segment_is_refused_with_the_choice(wanted, problem):
    with pytest.raises(InputError, match=problem) as refused:
        segment_of(_SEGMENTS, wanted, "a.dcm")
    assert '1 "tumour" (SCT:4147007)' in str(refused.value)


def test_another_object_is_no_segmentation(data_dir: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"ct_image.dcm cannot be read as DICOM SEG"):
        read_segments(data_dir / "seg/highdicom/ct_image.dcm")
    cut = tmp_path / "cut.dcm"
    cut.write_bytes((data_dir / "seg/dcmqi/liver.dcm").read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cut.dcm"):
        read_segment(cut, 1)


def test_a_segment_drawn_on_another_series_of_the_frame_is_told(tmp_path: Path):
    grid = Grid(size_ijk=(12, 9, 4), spacing_mm=(1.5, 0.5, 3.0), origin_lps_mm=(-3.0, 7.0, 40.0))
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[1:3, 2:5, 4:9] = True
    path = made_segmentation(tmp_path, grid, [inside])
    for series_uid, told in ((SERIES_UID, False), ("1.2.3", True)):
        ct = Volume(
            grid=grid,
            values=np.zeros(grid.shape_kji, dtype=np.int16),
            frame_of_reference_uid=FRAME_UID,
            series=Series(modality="CT", series_uid=series_uid),
        )
        mask, notes = segment_onto(path, read_segments(path)[0], ct)
        assert np.array_equal(mask.on(grid), inside)
        assert ("drawn on another series" in " ".join(notes)) is told
