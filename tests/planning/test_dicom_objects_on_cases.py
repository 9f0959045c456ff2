"""All DICOM objects of a plan on a made-up and a real case: free of errors, voxel for voxel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset

from app import catalogue
from planning.geometry import unit, vec3
from planning.handover.dicom_burned_ct import plan_to_burned_ct
from planning.handover.dicom_capture import picture_to_capture
from planning.handover.dicom_pdf import pdf_to_dicom
from planning.handover.dicom_rtstruct import plan_to_rtstruct
from planning.handover.dicom_seg import plan_to_seg
from planning.handover.dicom_source import source_slices
from planning.handover.regions import Region, mask_regions, needle_regions, with_unique_names
from planning.imaging.rtstruct import roi_onto
from planning.imaging.segments import read_segments, segment_onto
from planning.imaging.structure_set import read_structure_set
from planning.model.case import Role
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.records.case_file import LoadedCase, load_case
from planning.sample.sample_case import write_sample_case
from tests import example_plans
from tests.dicom_handover import ERRORS, MADE_AT, errors_found, run

_TOWARD_SKIN = unit((0.35, 0.9, 0.25))
_NEAR = frozenset({Role.TUMOUR, Role.NECROSIS, Role.HABITAT})


@pytest.fixture(scope="module", params=["sample", "sarcoma"])
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LoadedCase, Path]:
    """Return a case, and the folder of its CT."""
    if request.param == "sample":
        folder = tmp_path_factory.mktemp("sample")
        write_sample_case(folder, in_plane_size=128, slice_spacing_mm=5.0)
        images = folder / "ct"
    else:
        folder = request.getfixturevalue("data_dir") / "sarcoma" / "STS_018"
        images = folder / "CT" / "image"
    return load_case(folder, role_tables=catalogue.role_tables()), images


def plan_in(case: LoadedCase) -> PlanResult:
    """Return a plan with one needle, straight into the middle of the lesion."""
    lesion = next(s for s in case.case.structures if s.role is Role.TUMOUR)
    middle = case.images.masks[lesion.mask_id].centroid_lps_mm()
    assert middle is not None
    base = example_plans.plan()
    entry = np.array(middle) + 45.0 * _TOWARD_SKIN
    path = Trajectory(vec3(entry), vec3(np.array(middle) - 10.0 * _TOWARD_SKIN))
    assert path.lies_in(case.images.ct.grid)
    candidate = replace(
        base.candidates[0],
        trajectory=path,
        stop_lps_mm=path.stop_lps_mm(base.needle),
        specimen_lps_mm=path.specimen_lps_mm(base.needle),
    )
    return replace(base, candidates=(candidate,))


def regions_of(case: LoadedCase, plan: PlanResult) -> tuple[Region, ...]:
    """Return the needle's regions and those of what lies about it."""
    near = [s for s in case.case.trusted if s.role in _NEAR]
    masks = mask_regions(near, case.images.masks, drawn_words=ERRORS.doubt.drawn_words)
    needles = needle_regions(plan, plan.candidates, case.images.ct, ERRORS)
    return with_unique_names((*needles, *masks))


def save(dataset: Dataset, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_masks_come_back_voxel_for_voxel_and_other_programs_find_no_error(loaded, tmp_path):
    case, images = loaded
    ct, plan = case.images.ct, plan_in(case)
    slices, regions = source_slices(ct), regions_of(case, plan)
    seg = save(plan_to_seg(plan, slices, regions, ct.grid, MADE_AT), tmp_path / "seg.dcm")
    contours = save(
        plan_to_rtstruct(plan, slices, plan.candidates, regions, ct.grid, MADE_AT),
        tmp_path / "rt.dcm",
    )
    for segment, region in zip(read_segments(seg), regions, strict=True):
        own = region.mask.on(ct.grid)
        assert np.array_equal(segment_onto(seg, segment, ct)[0].on(ct.grid), own), region.name
    structures = read_structure_set(contours)
    for region in regions:
        own = region.mask.on(ct.grid)
        drawn = roi_onto(structures, region.name, ct)[0]
        assert np.array_equal(drawn.on(ct.grid), own), region.name
    assert errors_found(seg) == errors_found(contours) == []
    run(
        "plastimatch",
        "convert",
        *("--input", str(contours), "--referenced-ct", str(images)),
        *("--output-prefix", str(tmp_path / "masks"), "--prefix-format", "mha"),
    )
    for region in regions:
        found = sitk.ReadImage(str(tmp_path / "masks" / f"{region.name}.mha"))
        middle = found.TransformContinuousIndexToPhysicalPoint(
            [float(v) for v in np.argwhere(sitk.GetArrayFromImage(found))[:, ::-1].mean(axis=0)]
        )
        count = np.count_nonzero(sitk.GetArrayFromImage(found))
        assert count == np.count_nonzero(region.mask.inside), region.name
        assert np.allclose(middle, region.mask.centroid_lps_mm(), atol=0.01), region.name


def test_images_and_documents_have_no_error_and_belong_to_the_study(loaded, tmp_path):
    case, images = loaded
    ct, plan = case.images.ct, plan_in(case)
    slices = source_slices(ct)
    burned = list(plan_to_burned_ct(plan, slices, plan.candidates, ct, MADE_AT))
    k = round(float(ct.grid.index_from_lps(plan.candidates[0].stop_lps_mm)[2]))
    picture = np.zeros((64, 80, 3), dtype=np.uint8)
    objects = (
        burned[0],
        burned[k],
        picture_to_capture(plan, slices, picture, "View", MADE_AT, shows_identity=False),
        pdf_to_dicom(plan, slices, b"%PDF-1.4", "Report", MADE_AT, shows_identity=False),
    )
    original = {
        str(found.SOPInstanceUID): found
        for found in (pydicom.dcmread(path) for path in sorted(images.iterdir()))
    }
    source = original[burned[k].SourceImageSequence[0].ReferencedSOPInstanceUID]
    stored = source.pixel_array.astype(float) * source.RescaleSlope + source.RescaleIntercept
    pixels = burned[k].pixel_array
    assert (pixels == stored)[pixels != 3000].all()
    assert 10 < np.count_nonzero(pixels == 3000) < 400
    assert np.allclose(burned[k].ImagePositionPatient, source.ImagePositionPatient, atol=0.01)
    for number, dataset in enumerate(objects):
        assert errors_found(save(dataset, tmp_path / f"{number}.dcm")) == []
        assert dataset.StudyInstanceUID == source.StudyInstanceUID
        assert dataset.PatientID == source.PatientID
