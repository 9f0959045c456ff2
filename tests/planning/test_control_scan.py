"""A control CT is compared with the planning CT only where that makes sense, and it is said why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.errors import InputError
from planning.execution.control_scan import (
    BY_HAND,
    UNMOVED,
    check_patient,
    coverage_warning,
    given_transform,
    in_control,
    in_planning,
    left_unmoved,
    patient_warning,
    position_warning,
    register_control,
    registration_record,
    require_new_scan,
    scan_record,
    sparse_warning,
    why_not_unmoved,
)
from planning.geometry import vec3
from planning.image import Patient, Series, Volume
from planning.imaging.transforms import RigidTransform, unmoved
from planning.model.execution import ExecutedNeedle
from planning.model.needle import Trajectory
from tests.bone_scans import LESION, scanned, with_metal
from tests.moved_scans import motion, target_error_mm

JANE = Patient(name="DOE^JANE^^Dr.", patient_id="0001", sex="F", birth_date="1974-03-02")
PATH = Trajectory(vec3(LESION + np.array([0.0, 60.0, 6.0])), vec3(LESION))


@pytest.fixture(scope="module")
def planning_ct() -> Volume:
    return scanned()


def test_the_same_patient_is_recognised_whatever_the_spelling() -> None:
    other = replace(JANE, name="doe^jane^^DR.^", birth_date="1974-03-02")
    check = check_patient(JANE, other)
    assert check.agrees == ("ID", "name", "birth date", "sex")
    assert patient_warning(check) == ""


def test_what_differs_is_named_without_names() -> None:
    check = check_patient(JANE, Patient(name="ROE^JANE", patient_id="0002", sex="F"))
    assert (check.differs, check.agrees, check.missing) == (("ID", "name"), ("sex",),
                                                            ("birth date",))  # fmt: skip
    assert "ID, name" in patient_warning(check)
    assert "ROE" not in patient_warning(check)


def test_what_is_missing_is_said() -> None:
    nobody = check_patient(JANE, Patient())
    assert nobody.missing == ("ID", "name", "birth date", "sex")
    assert "not checked" in patient_warning(nobody)
    vague = check_patient(JANE, Patient(sex="F", birth_date="1974-03-02"))
    assert "birth date, sex alone" in patient_warning(vague)
    assert "ID and name do not" in patient_warning(vague)


def test_the_planning_ct_shows_no_needle(planning_ct: Volume) -> None:
    with pytest.raises(InputError, match="the planning CT itself"):
        require_new_scan(planning_ct, replace(planning_ct))
    named = replace(planning_ct, series=Series(modality="CT", series_uid="1.2"))
    with pytest.raises(InputError, match="the planning CT itself"):
        require_new_scan(named, replace(scanned(seed=9), series=named.series))
    require_new_scan(planning_ct, scanned(seed=9))
    with pytest.raises(InputError, match="control CT is MR"):
        require_new_scan(planning_ct, replace(planning_ct, series=Series(modality="MR")))


def test_a_needle_in_the_control_ct_does_not_pull_the_registration(planning_ct: Volume) -> None:
    truth = motion((9.0, -5.0, 11.0), (4.0, -3.0, 5.0), LESION)
    clean = scanned(truth, seed=2, frame="today", slice_mm=3.0, height_mm=75.0)
    line = np.linspace(PATH.entry_lps_mm, PATH.tip_lps_mm, 200)
    across = np.array([[0.0, 0.0, 0.0], [0.8, 0.0, 0.0], [0.0, 0.0, 0.8]])
    metal = (line[:, None] + across).reshape(-1, 3)
    pierced = with_metal(clean, truth.second_from_ct(metal))
    errors, residuals = [], []
    for scan in (clean, pierced):
        found = register_control(planning_ct, scan, [PATH.tip_lps_mm, PATH.entry_lps_mm])
        errors.append(target_error_mm(found.transform, truth, PATH.tip_lps_mm).max())
        residuals.append(found.residual.median_mm)
    assert max(errors) < 0.3
    assert abs(residuals[1] - residuals[0]) < 0.1


def test_another_region_is_refused_in_words(planning_ct: Volume) -> None:
    elsewhere = scanned(at_lps_mm=(0.0, 0.0, 400.0), frame="today")
    with pytest.raises(InputError, match=r"control CT does not fit.*no bone in common"):
        register_control(planning_ct, elsewhere, [PATH.tip_lps_mm])


def test_identity_is_offered_only_in_one_frame_and_measured(planning_ct: Volume) -> None:
    same = scanned(seed=3)
    found = left_unmoved(planning_ct, same, [PATH.tip_lps_mm])
    assert found.method == UNMOVED
    assert np.array_equal(found.transform.matrix, np.eye(4))
    assert found.residual.median_mm < 0.3
    moved = scanned(motion((0.0, 4.0, 0.0), (0.0, 0.0, 0.0), LESION), seed=3)
    assert left_unmoved(planning_ct, moved, [PATH.tip_lps_mm]).residual.median_mm > 1.0
    for other in (scanned(frame="today"), scanned(position_code="HFP")):
        assert why_not_unmoved(planning_ct, other).startswith("The control CT cannot be left")
        assert "[[image]]" not in why_not_unmoved(planning_ct, other)
        with pytest.raises(InputError, match="Have it registered"):
            left_unmoved(planning_ct, other, [PATH.tip_lps_mm])


def test_a_given_transform_is_measured_and_needles_go_there_and_back(planning_ct: Volume) -> None:
    truth = motion((9.0, -5.0, 11.0), (4.0, -3.0, 5.0), LESION)
    scan = scanned(truth, seed=2, frame="today")
    found = given_transform(planning_ct, scan, truth, [PATH.tip_lps_mm])
    assert found.method == BY_HAND
    assert found.residual.median_mm < 0.4
    there = in_control(PATH, truth)
    assert there.tip_lps_mm == pytest.approx(truth.second_from_ct(PATH.tip_lps_mm))
    needle = ExecutedNeedle(
        entry_lps_mm=there.entry_lps_mm, tip_lps_mm=there.tip_lps_mm, method="typed", rms_mm=0.2
    )
    back = in_planning(needle, truth)
    assert back.entry_lps_mm == pytest.approx(PATH.entry_lps_mm)
    assert back.tip_lps_mm == pytest.approx(PATH.tip_lps_mm)
    assert back.rms_mm == 0.2
    record = registration_record(found, accepted=True)
    matrix = np.array(record.control_to_planning).reshape(4, 4)
    assert (matrix @ [*there.tip_lps_mm, 1.0])[:3] == pytest.approx(PATH.tip_lps_mm)
    assert record.residual_mm == found.residual.median_mm


def test_half_as_many_slices_are_said_with_numbers(planning_ct: Volume) -> None:
    assert sparse_warning(planning_ct, scanned(slice_mm=2.0), unmoved(), [PATH]) == ""
    said = sparse_warning(planning_ct, scanned(slice_mm=3.0), unmoved(), [PATH])
    assert "3.00 mm apart" in said
    assert "1.50 mm apart" in said
    assert "about 1.5 mm" in said
    short = scanned(height_mm=12.0, at_lps_mm=vec3(LESION))  # as close, but only half of them
    assert "8 slices" in sparse_warning(planning_ct, short, unmoved(), [PATH])


def test_what_the_scan_does_not_reach_is_said(planning_ct: Volume) -> None:
    assert coverage_warning(planning_ct, unmoved(), [PATH]) == ""
    shift = RigidTransform(rotation=np.eye(3), shift_mm=(0.0, 0.0, 54.0))
    assert "planned entry" in coverage_warning(planning_ct, shift, [PATH])
    assert "entry and tip" in coverage_warning(
        planning_ct, replace(shift, shift_mm=(0.0, 0.0, 90.0)), [PATH]
    )


def test_lying_otherwise_is_said(planning_ct: Volume) -> None:
    assert position_warning(planning_ct, scanned(position_code="FFS")) == ""
    assert "(HFP)" in position_warning(planning_ct, scanned(position_code="HFP"))
    assert position_warning(planning_ct, scanned(position_code="")) == ""


def test_the_record_says_what_the_scan_is() -> None:
    scan = scanned(slice_mm=3.0, height_mm=60.0, frame="today")
    record = scan_record(scan)
    assert (record.slices, record.slice_mm) == (20, 3.0)
    assert (record.date, record.frame_of_reference_uid) == ("2026-11-23", "today")
