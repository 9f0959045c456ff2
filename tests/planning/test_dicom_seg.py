"""A plan's regions as DICOM SEG: voxel for voxel by two readers, truthful, and free of errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from planning.errors import InputError
from planning.geometry import Grid
from planning.handover.dicom_object import DESCRIPTION
from planning.handover.dicom_seg import plan_to_seg
from planning.handover.dicom_source import source_slices
from planning.handover.regions import mask_regions, with_unique_names
from planning.image import Mask, Patient
from planning.imaging.segments import read_segments, segment_onto
from planning.model.case import Structure
from tests.dicom_handover import ERRORS, KINDS, MADE_AT, Scene, errors_found, scene


@pytest.fixture(scope="module", params=KINDS, ids=str)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Scene]:
    s, tmp_path = scene(**KINDS[request.param]), tmp_path_factory.mktemp("seg")
    seg = plan_to_seg(s.plan, source_slices(s.ct), s.regions, s.ct.grid, MADE_AT)
    seg.save_as(tmp_path / "seg.dcm")
    return tmp_path / "seg.dcm", s


def test_every_mask_comes_back_voxel_for_voxel(written):
    path, s = written
    segments = read_segments(path)
    regions = with_unique_names(s.regions)
    assert [segment.label for segment in segments] == [region.name for region in regions]
    ct = replace(s.ct, frame_of_reference_uid=pydicom.dcmread(path).FrameOfReferenceUID)
    for segment, region in zip(segments, regions, strict=True):
        mask, _ = segment_onto(path, segment, ct)
        assert np.array_equal(mask.on(s.ct.grid), region.mask.on(s.ct.grid)), region.name


def test_highdicom_finds_the_same_voxels_at_the_same_places(written):
    path, s = written
    found = hd.seg.segread(str(path))
    for number, region in enumerate(s.regions, start=1):
        volume = found.get_volume(segment_numbers=[number], combine_segments=False)
        inside = np.argwhere(volume.array[..., 0])
        places = inside @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        own = region.mask.grid.lps_from_index(np.argwhere(region.mask.inside)[:, ::-1])
        assert len(places) == len(own)
        order, own_order = (np.lexsort(np.round(p, 2).T) for p in (places, own))
        assert np.abs(places[order] - own[own_order]).max() < 0.01


def test_each_frame_names_the_slice_it_lies_on(written):
    path, s = written
    found = hd.seg.segread(str(path))
    slices = {str(item.SOPInstanceUID): item for item in source_slices(s.ct)}
    for frame in found.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        place = slices[source.ReferencedSOPInstanceUID].ImagePositionPatient
        assert frame.PlanePositionSequence[0].ImagePositionPatient == place
    listed = found.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert [item.ReferencedSOPInstanceUID for item in listed] == list(slices)


def test_other_programs_find_no_error(written):
    assert errors_found(written[0]) == []


def test_it_says_what_each_segment_is_and_who_made_it(written):
    path, s = written
    found = pydicom.dcmread(path)
    said = {item.SegmentLabel: item for item in found.SegmentSequence}
    types = {
        name: item.SegmentedPropertyTypeCodeSequence[0].CodeValue for name, item in said.items()
    }
    assert types["Läsion-rechts"] == "108369006"  # Neoplasm
    assert types["bone (2)"] == "59820001"  # Blood vessel
    assert types["c2 needle"] == "needle-path"
    making = {name: item.SegmentAlgorithmType for name, item in said.items()}
    assert making["Läsion-rechts"] == "MANUAL"
    assert making["dead"] == making["nerve"] == making["c1 needle"] == "AUTOMATIC"
    assert making["bone"] == "SEMIAUTOMATIC"
    assert said["dead"].SegmentAlgorithmName == "Net-X 1.2"
    assert said["dead"].SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == "1.2"
    assert said["bone (2)"].SegmentAlgorithmName == "Maker not stated"
    assert "maker not stated" in said["bone (2)"].SegmentDescription
    assert {said[f"c1 {part}"].TrackingID for part in ("needle", "specimen")} == {"c1"}
    assert found.SeriesDescription == DESCRIPTION
    assert found.SoftwareVersions == s.plan.software_version
    assert str(found.PatientName) == "Muster^Jürgen"
    assert found.SegmentsOverlap == "YES"


def test_colours_are_those_given():
    s = scene()
    red = replace(s.structures[0], colour="#ff0000")
    regions = mask_regions(
        (red, s.structures[1]), s.masks, drawn_words=(), colours={"necrosis": "#56b4e9"}
    )
    seg = plan_to_seg(s.plan, source_slices(s.ct), regions, s.ct.grid, MADE_AT)
    found = [
        hd.color.CIELabColor.from_dicom_value(item.RecommendedDisplayCIELabValue).to_rgb()
        for item in seg.SegmentSequence
    ]
    assert np.abs(np.array(found) - [(255, 0, 0), (0x56, 0xB4, 0xE9)]).max() <= 2


def test_the_same_gives_the_same_bytes_and_another_patient_other_identifiers(tmp_path):
    s = scene()
    for name, patient in (("a", None), ("b", None), ("c", Patient(name="Anon", patient_id="X"))):
        slices = source_slices(s.ct, patient)
        seg = plan_to_seg(s.plan, slices, s.regions, s.ct.grid, MADE_AT)
        seg.save_as(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    one, other = (pydicom.dcmread(tmp_path / name) for name in "ac")
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.SeriesInstanceUID != other.SeriesInstanceUID
    raw = (tmp_path / "c").read_bytes()
    assert "Jürgen".encode() not in raw
    assert b"19600203" not in raw


def test_what_lies_beyond_the_ct_is_cut_and_what_lies_nowhere_in_it_refused():
    s = scene()
    grid = s.ct.grid
    reaching = grid.cropped((-3, 2, 1), (8, 4, 3))
    mask = Mask(grid=reaching, inside=np.ones(reaching.shape_kji, dtype=bool))
    structure = Structure(name="edge", role=s.structures[2].role, mask_id="edge")
    (region,) = mask_regions([structure], {"edge": mask}, drawn_words=())
    seg = plan_to_seg(s.plan, source_slices(s.ct), [region], grid, MADE_AT)
    frames = np.unpackbits(np.frombuffer(seg.PixelData, dtype=np.uint8), bitorder="little")
    assert frames.sum() == 5 * 4 * 3
    away: Grid = grid.cropped((900, 0, 0), (2, 2, 2))
    lost = replace(region, mask=Mask(grid=away, inside=np.ones((2, 2, 2), dtype=bool)))
    with pytest.raises(InputError, match='"edge" lies outside the CT'):
        plan_to_seg(s.plan, source_slices(s.ct), [lost], grid, MADE_AT)
    with pytest.raises(InputError, match="no region"):
        plan_to_seg(s.plan, source_slices(s.ct), [], grid, MADE_AT)


def test_masks_apart_do_not_overlap_and_empty_ones_are_left_out():
    s = scene()
    empty = Mask(grid=s.ct.grid, inside=np.zeros(s.ct.grid.shape_kji, dtype=bool))
    masks = {**s.masks, "necrosis": empty}
    regions = mask_regions(s.structures[1:3], masks, drawn_words=ERRORS.doubt.drawn_words)
    assert [region.name for region in regions] == ["bone"]
    seg = plan_to_seg(s.plan, source_slices(s.ct), regions, s.ct.grid, MADE_AT)
    assert seg.SegmentsOverlap == "NO"


def test_frames_of_one_file_are_told_apart(tmp_path):
    s = scene()
    count = s.ct.grid.size_ijk[2]
    one_file = replace(
        s.ct.series,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT
        sop_instance_uids=("1.2.3.4.5",) * count,
        instance_numbers=tuple(range(1, count + 1)),
    )
    slices = source_slices(replace(s.ct, series=one_file))
    seg = plan_to_seg(s.plan, slices, s.regions, s.ct.grid, MADE_AT)
    first = seg.PerFrameFunctionalGroupsSequence[0]
    (source,) = first.DerivationImageSequence[0].SourceImageSequence
    k = s.ct.grid.index_from_lps(first.PlanePositionSequence[0].ImagePositionPatient)[2]
    assert source.ReferencedFrameNumber == round(k) + 1
    seg.save_as(tmp_path / "seg.dcm")
    assert errors_found(tmp_path / "seg.dcm") == []
