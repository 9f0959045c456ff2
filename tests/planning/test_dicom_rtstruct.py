"""A plan as DICOM RTSTRUCT: voxel for voxel by two readers, points in place, free of errors."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from planning.errors import InputError
from planning.geometry import Grid
from planning.handover.dicom_burned_ct import plan_to_burned_ct
from planning.handover.dicom_object import DESCRIPTION
from planning.handover.dicom_rtstruct import plan_to_rtstruct
from planning.handover.dicom_source import source_slices
from planning.handover.regions import with_unique_names
from planning.image import Mask, Series
from planning.imaging.rtstruct import roi_onto
from planning.imaging.structure_set import read_structure_set
from tests.dicom_handover import KINDS, MADE_AT, Scene, errors_found, run, scene


@pytest.fixture(scope="module", params=KINDS, ids=str)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Scene]:
    s, path = scene(**KINDS[request.param]), tmp_path_factory.mktemp("rt") / "rt.dcm"
    slices = source_slices(s.ct)
    plan_to_rtstruct(s.plan, slices, s.plan.candidates, s.regions, s.ct.grid, MADE_AT).save_as(
        path, enforce_file_format=True
    )
    return path, s


def test_every_mask_comes_back_voxel_for_voxel(written):
    path, s = written
    ct = replace(s.ct, frame_of_reference_uid=pydicom.dcmread(path).FrameOfReferenceUID)
    for region in with_unique_names(s.regions):
        mask, notes = roi_onto(read_structure_set(path), region.name, ct)
        assert np.array_equal(mask.on(s.ct.grid), region.mask.on(s.ct.grid)), region.name
        assert not [note for note in notes if "another series" in note]


def test_entry_stop_and_tip_are_points_of_their_own(written):
    path, s = written
    found = pydicom.dcmread(path)
    numbers = {item.ROIName: item.ROINumber for item in found.StructureSetROISequence}
    drawn = {item.ReferencedROINumber: item for item in found.ROIContourSequence}
    assert [*numbers] == [*read_structure_set(path).names]
    for candidate in s.plan.candidates:
        for word, place in (
            ("entry", candidate.trajectory.entry_lps_mm),
            ("stop", candidate.stop_lps_mm),
            ("tip", candidate.trajectory.tip_lps_mm),
        ):
            (contour,) = drawn[numbers[f"{candidate.candidate_id} {word}"]].ContourSequence
            assert contour.ContourGeometricType == "POINT"
            assert np.allclose([float(v) for v in contour.ContourData], place, atol=0.01)


def test_each_contour_names_the_slice_it_lies_on(written):
    path, s = written
    slices = {str(item.SOPInstanceUID): k for k, item in enumerate(source_slices(s.ct))}
    found = pydicom.dcmread(path)
    seen = 0
    for item in found.ROIContourSequence:
        for contour in item.ContourSequence:
            if contour.ContourGeometricType == "POINT":
                continue
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            (source,) = contour.ContourImageSequence
            index = s.ct.grid.index_from_lps(points)[:, 2]
            assert np.abs(index - slices[source.ReferencedSOPInstanceUID]).max() < 1e-3
            assert len(points) == contour.NumberOfContourPoints
            seen += 1
    assert seen > 100
    (frame,) = found.ReferencedFrameOfReferenceSequence
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert [i.ReferencedSOPInstanceUID for i in series.ContourImageSequence] == list(slices)


def test_other_programs_find_no_error(written):
    assert errors_found(written[0]) == []


def test_plastimatch_finds_the_same_voxels_and_the_same_points(written, tmp_path):
    path, s = written
    slices = source_slices(s.ct)
    (tmp_path / "ct").mkdir()
    for k, image in enumerate(plan_to_burned_ct(s.plan, slices, s.plan.candidates, s.ct, MADE_AT)):
        # As the CT itself, which the structure set refers to.
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = slices[k].SOPInstanceUID
        image.SeriesInstanceUID = slices[k].SeriesInstanceUID
        image.save_as(tmp_path / "ct" / f"{k:03d}.dcm", enforce_file_format=True)
    run(
        "plastimatch",
        "convert",
        *("--input", str(path), "--referenced-ct", str(tmp_path / "ct")),
        *("--output-prefix", str(tmp_path / "masks"), "--prefix-format", "mha"),
        *("--output-cxt", str(tmp_path / "contours.txt")),
    )
    for region in with_unique_names(s.regions):
        image = sitk.ReadImage(str(tmp_path / "masks" / f"{region.name}.mha"))
        # It turns the slices so that they follow the right hand rule.
        found = sitk.GetArrayFromImage(image) > 0
        places = [
            image.TransformIndexToPhysicalPoint([int(v) for v in index[::-1]])
            for index in np.argwhere(found)
        ]
        index = s.ct.grid.index_from_lps(np.array(places))
        assert np.abs(index - np.rint(index)).max() < 0.02
        inside = np.zeros(s.ct.grid.shape_kji, dtype=bool)
        inside[tuple(np.rint(index).astype(int).T[::-1])] = True
        assert np.array_equal(inside, region.mask.on(s.ct.grid)), region.name
    said = (tmp_path / "contours.txt").read_text(encoding="utf-8", errors="replace")
    line = next(li for li in said.splitlines() if li.startswith("1|") and li.count("|") > 3)
    points = np.array(line.split("|")[-1].split("\\"), dtype=float).reshape(-1, 3)
    contour = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence[0]
    assert np.allclose(points.ravel(), np.array(contour.ContourData, dtype=float), atol=0.01)


def test_dcmtk_finds_the_same_points(written):
    path, s = written
    said = run("dcmdump", "+P", "ContourData", "+L", str(path))
    values = [
        np.array(found.split("\\"), dtype=float) for found in re.findall(r"DS \[([^\]]*)\]", said)
    ]
    points = [value for value in values if len(value) == 3]
    wanted = [
        place
        for c in s.plan.candidates
        for place in (c.trajectory.entry_lps_mm, c.stop_lps_mm, c.trajectory.tip_lps_mm)
    ]
    assert np.allclose(points, wanted, atol=0.01)


def test_it_says_what_each_region_is_and_who_made_it(written):
    path, s = written
    found = pydicom.dcmread(path)
    said = {item.ROIName: item for item in found.StructureSetROISequence}
    assert said["Läsion-rechts"].ROIGenerationAlgorithm == "MANUAL"
    assert said["bone"].ROIGenerationAlgorithm == "SEMIAUTOMATIC"
    assert said["bone (2)"].ROIGenerationAlgorithm == ""
    seen = {item.ReferencedROINumber: item for item in found.RTROIObservationsSequence}
    assert seen[said["Läsion-rechts"].ROINumber].RTROIInterpretedType == "GTV"
    tip = seen[said["c1 tip"].ROINumber].RTROIIdentificationCodeSequence[0]
    assert tip.CodeValue == "needle-tip"
    assert "Not a medical device" in said["c1 tip"].ROIDescription
    assert found.SeriesDescription == DESCRIPTION
    assert found.ApprovalStatus == "UNAPPROVED"
    assert found.SoftwareVersions == s.plan.software_version
    assert found.ROIContourSequence[0].ROIDisplayColor == [0x56, 0xB4, 0xE9]


def test_an_outline_longer_than_64_kilobytes_is_written_and_read(tmp_path):
    s = scene()
    grid = Grid(size_ijk=(160, 160, 1), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0, 0, 0))
    frayed = Mask(grid=grid, inside=_frayed(160)[None])
    region = replace(s.regions[0], mask=frayed)
    ct = replace(s.ct, grid=grid, values=np.zeros(grid.shape_kji, np.int16), series=Series())
    path = tmp_path / "rt.dcm"
    plan_to_rtstruct(s.plan, source_slices(ct), s.plan.candidates, [region], grid, MADE_AT).save_as(
        path, enforce_file_format=True
    )
    contour = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence[0]
    assert contour.NumberOfContourPoints > 4000
    mask, _ = roi_onto(read_structure_set(path), region.name, ct)
    assert np.array_equal(mask.on(grid), frayed.inside)


def _frayed(size: int) -> np.ndarray:
    """Return a connected mask with very many corners: a comb whose teeth have teeth."""
    j, i = np.indices((size, size))
    return (j == 0) | (i % 4 == 0) | ((i % 4 == 1) & (j % 2 == 0))


def test_a_plan_without_a_path_or_with_a_mask_elsewhere_is_refused():
    s = scene()
    grid = s.ct.grid.cropped((900, 0, 0), (2, 2, 2))
    away = Mask(grid=grid, inside=np.ones(grid.shape_kji, dtype=bool))
    lost = [replace(s.regions[0], mask=away)]
    with pytest.raises(InputError, match='"c1 needle" lies outside the CT'):
        plan_to_rtstruct(s.plan, source_slices(s.ct), s.plan.candidates, lost, s.ct.grid, MADE_AT)
    with pytest.raises(InputError, match="no trajectory to hand over"):
        plan_to_rtstruct(s.plan, source_slices(s.ct), (), s.regions, s.ct.grid, MADE_AT)
