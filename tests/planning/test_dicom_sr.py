"""A plan as DICOM SR: read back by two other readers to the same points, and free of errors."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.handover.dicom_object import DESCRIPTION
from planning.handover.dicom_source import frame_uid_of, source_slices
from planning.handover.dicom_sr import plan_to_sr
from planning.image import Patient, Series, Volume
from planning.model.plan import Notice, PlanResult
from planning.trajectories.criteria import CRITERIA
from tests import example_plans

_MADE_AT = datetime(2026, 11, 26, 16, 0, 0)
_LONG = "a remark that is longer than the sixty-four characters that the meaning of a code may have"


def ct(*, from_dicom: bool = True) -> Volume:
    """Return an oblique CT of a named patient."""
    turn = np.radians(12.0)
    axes = (
        vec3((np.cos(turn), np.sin(turn), 0.0)),
        vec3((-np.sin(turn), np.cos(turn), 0.0)),
        vec3((0.0, 0.0, 1.0)),
    )
    grid = Grid(
        size_ijk=(7, 6, 4),
        spacing_mm=(0.7, 0.7, 2.5),
        origin_lps_mm=(-31.25, 12.3456789, 1.0 / 3.0),
        direction_lps=axes,
    )
    series = Series(
        modality="CT",
        study_uid="1.2.3",
        series_uid="1.2.3.4",
        series_number="5",
        sop_instance_uids=tuple(f"1.2.3.4.{k}" for k in range(4)),
        instance_numbers=(4, 3, 2, 1),
        study_date="2026-11-20",
        study_time="10:11:12",
        accession_number="A17",
    )
    return Volume(
        grid=grid,
        values=np.zeros(grid.shape_kji, dtype=np.int16),
        frame_of_reference_uid="1.2.9" if from_dicom else "",
        series=series if from_dicom else Series(),
        patient=Patient(name="Muster^Jürgen", patient_id="P1", sex="M", birth_date="1960-02-03"),
    )


def remarked() -> PlanResult:
    """Return a plan whose first path carries a long remark."""
    plan = example_plans.plan()
    first = replace(plan.candidates[0], warnings=(Notice("long", _LONG),))
    return replace(plan, candidates=(first, *plan.candidates[1:]))


@pytest.fixture(params=[True, False], ids=["DICOM", "other file"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, PlanResult, Volume]:
    plan, image = remarked(), ct(from_dicom=request.param)
    document = plan_to_sr(plan, source_slices(image), plan.candidates, _MADE_AT)
    document.save_as(tmp_path / "plan.dcm")
    return tmp_path / "plan.dcm", plan, image


def groups_of(path: Path) -> list[tuple[str, str, np.ndarray]]:
    """Return tracking identifier, finding and points of each group, by highdicom's reader."""
    document = hd.sr.srread(str(path))
    return [
        (
            group.tracking_identifier,
            group.finding_type.value,
            np.asarray(group.roi.value).reshape(-1, 3),
        )
        for group in document.content.get_planar_roi_measurement_groups()
    ]


def test_path_stop_and_tip_come_back_where_they_were(written):
    path, plan, image = written
    groups = groups_of(path)
    for candidate in plan.candidates:
        own = {kind: points for name, kind, points in groups if name == candidate.candidate_id}
        entry, tip = candidate.trajectory.entry_lps_mm, candidate.trajectory.tip_lps_mm
        assert np.allclose(own["needle-path"], (entry, tip), atol=0.01)
        assert np.allclose(own["needle-specimen"], candidate.specimen_lps_mm, atol=0.01)
        assert np.allclose(own["needle-stop"], candidate.stop_lps_mm, atol=0.01)
        assert np.allclose(own["needle-tip"], tip, atol=0.01)
    found = pydicom.dcmread(path)
    frames = {
        item.ReferencedFrameOfReferenceUID
        for group in found.ContentSequence[-1].ContentSequence
        for item in group.ContentSequence
        if item.ValueType == "SCOORD3D"
    }
    assert frames == {frame_uid_of(image)}


def test_every_known_criterion_is_a_measurement_with_its_unit(written):
    path, plan, _ = written
    first = hd.sr.srread(str(path)).content.get_planar_roi_measurement_groups()[0]
    found = {m.name.value: (m.value, m.unit.value) for m in first.get_measurements()}
    known = {c.key: c for c in CRITERIA if plan.candidates[0].criteria.get(c.key) is not None}
    assert found.keys() == known.keys()
    for key, (value, unit) in found.items():
        assert value == pytest.approx(plan.candidates[0].criteria[key], abs=1e-4)
        assert unit == {"mm": "mm", "deg": "deg", "HU": "[hnsf'U]", "": "1"}[known[key].unit]


def test_it_says_whose_it_is_what_it_may_be_used_for_and_no_word_is_cut(written):
    path, _, image = written
    found = pydicom.dcmread(path)
    assert str(found.PatientName) == "Muster^Jürgen"
    assert (found.PatientID, found.PatientBirthDate, found.PatientSex) == ("P1", "19600203", "M")
    assert found.SeriesDescription == DESCRIPTION
    assert found.SoftwareVersions
    assert (found.StudyInstanceUID == "1.2.3") == bool(image.series.study_uid)
    referenced = found.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    instances = [item.ReferencedSOPInstanceUID for item in referenced.ReferencedSOPSequence]
    if image.series.sop_instance_uids:
        assert instances == list(image.series.sop_instance_uids)
    assert len(set(instances)) == 4
    texts = [str(item.value) for item in found.iterall() if item.keyword == "TextValue"]
    assert any(_LONG in text for text in texts)
    assert any("Not a medical device" in text for text in texts)


def test_other_programs_find_no_error_and_the_same_points(written):
    path, plan, _ = written
    for program in ("dciodvfy", "dsrdump"):
        assert shutil.which(program), f"{program} is needed; packaging/bootstrap.py installs it"
    said = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, check=False, errors="replace"
    )
    assert [line for line in said.stderr.splitlines() if line.startswith("Error")] == []
    shown = subprocess.run(
        ["dsrdump", "+Pl", str(path)], capture_output=True, text=True, check=True, errors="replace"
    ).stdout
    numbers = re.findall(r"\(POLYLINE,,([^)]*)\)", shown)
    first = np.array([p.split("/") for p in numbers[0].split(",")], dtype=float)
    path_of = plan.candidates[0].trajectory
    assert np.allclose(first, (path_of.entry_lps_mm, path_of.tip_lps_mm), atol=0.01)


def test_the_same_plan_gives_the_same_identifiers_and_no_path_is_refused(written):
    path, plan, image = written
    again = plan_to_sr(plan, source_slices(image), plan.candidates, _MADE_AT)
    assert again.SOPInstanceUID == pydicom.dcmread(path).SOPInstanceUID
    later = plan_to_sr(plan, source_slices(image), plan.candidates, _MADE_AT.replace(hour=17))
    assert later.SOPInstanceUID != again.SOPInstanceUID
    assert later.SeriesInstanceUID == again.SeriesInstanceUID
    with pytest.raises(InputError, match="no trajectory to hand over"):
        plan_to_sr(plan, source_slices(image), (), _MADE_AT)
