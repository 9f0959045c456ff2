"""Two CTs of one patient fit together near the lesion, or it is said why they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import Mask, Patient, Series, Volume
from planning.imaging.bone_fit import Fit
from planning.imaging.bone_pictures import Piece, matched_pictures, piece_of
from planning.imaging.bone_residual import residual_of
from planning.imaging.registration import judged, other_patient, register_rigid
from planning.imaging.transforms import RigidTransform, unmoved
from planning.imaging.volume_files import read_volume
from planning.progress import Cancelled, Progress
from tests.bone_scans import LESION, scanned, with_metal
from tests.moved_scans import motion, rescanned, target_error_mm

AROUND = LESION + np.array([[-8.0, -8.0, -8.0], [8.0, 8.0, 8.0]])
UP_2, UP_5 = np.array([0.0, 0.0, 2.0]), np.array([0.0, 0.0, 5.0])


@pytest.fixture(scope="module")
def planning_ct() -> Volume:
    return scanned()


def _error_mm(found: RigidTransform, truth: RigidTransform) -> float:
    return float(target_error_mm(found, truth, AROUND).max())


@pytest.mark.parametrize(
    ("shift_mm", "turn_deg", "slice_mm", "height_mm"),
    [
        ((30.0, -30.0, 30.0), (10.0, -10.0, 10.0), 1.0, 45.0),
        ((-20.0, 25.0, -30.0), (-10.0, 8.0, 9.0), 3.0, 60.0),
        ((12.0, 3.0, 25.0), (4.0, 10.0, -10.0), 5.0, 60.0),
        ((150.0, -220.0, 800.0), (6.0, -4.0, -8.0), 1.5, 110.0),
    ],
)
def test_a_moved_patient_is_found_to_a_part_of_a_voxel(
    planning_ct: Volume,
    shift_mm: tuple[float, float, float],
    turn_deg: tuple[float, float, float],
    slice_mm: float,
    height_mm: float,
) -> None:
    truth = motion(shift_mm, turn_deg, LESION)
    scan = scanned(truth, slice_mm=slice_mm, height_mm=height_mm, pixel_mm=1.2, seed=2,
                   frame="today", at_lps_mm=vec3(LESION + UP_5))  # fmt: skip
    found = register_rigid(planning_ct, scan, AROUND)
    assert _error_mm(found.transform, truth) < 0.3
    assert found.residual is not None
    assert found.residual.median_mm < 0.5
    assert found.unmoved is None


def test_the_pelvis_is_found_in_a_short_slab_of_thick_slices(data_dir) -> None:
    ct = read_volume(data_dir / "pelvis" / "ct.nii.gz")
    tumour = read_volume(data_dir / "pelvis" / "tumour.nii.gz")
    inside = tumour.grid.lps_from_index(np.argwhere(tumour.values > 0)[:, ::-1])
    truth = motion((-25.0, 18.0, 140.0), (9.0, -6.0, 8.0), inside.mean(axis=0))
    scan = rescanned(
        ct, truth, around_lps_mm=inside.mean(axis=0), slab_mm=48.0, slice_mm=3.0, pixel_mm=1.5
    )
    found = register_rigid(ct, scan, inside)
    error = target_error_mm(found.transform, truth, inside)
    assert np.median(error) < 0.5
    assert error.max() < 0.8
    assert found.overlap < 0.8


def test_another_tube_voltage_a_needle_and_another_table_do_not_matter(planning_ct: Volume) -> None:
    truth = motion((8.0, -14.0, 22.0), (5.0, -7.0, 3.0), LESION)
    scan = scanned(truth, gain=0.8, seed=3, frame="today", height_mm=60.0)
    way = np.linspace(0.0, 1.0, 80)[:, None]
    needle = truth.second_from_ct(LESION + way * (0.0, 60.0, 0.0))
    scan = with_metal(scan, needle)
    values = scan.values.copy()
    values[:, -12:] = 700  # the table's edge, right behind the patient
    found = register_rigid(planning_ct, replace(scan, values=values), AROUND)
    assert _error_mm(found.transform, truth) < 0.4


def test_the_same_scans_give_the_same_transform(planning_ct: Volume) -> None:
    truth = motion((5.0, 5.0, 5.0), (3.0, 3.0, 3.0), LESION)
    scan = scanned(truth, height_mm=50.0, seed=4, frame="today")
    first, again = (register_rigid(planning_ct, scan, AROUND) for _ in range(2))
    assert np.array_equal(first.transform.matrix, again.transform.matrix)
    assert first.residual == again.residual


def test_one_frame_is_measured_and_said_but_not_taken_for_granted(planning_ct: Volume) -> None:
    truth = motion((0.0, 4.0, 0.0), (0.0, 0.0, 0.0), LESION)  # the patient sank in after all
    found = register_rigid(planning_ct, scanned(truth, seed=5), AROUND)
    assert found.unmoved is not None
    assert found.unmoved.median_mm > 1.0
    assert _error_mm(found.transform, truth) < 0.3
    assert any("same frame" in note for note in found.notes)


def test_what_shows_no_bone_says_so(planning_ct: Volume) -> None:
    soft = scanned(bones=False)
    with pytest.raises(InputError, match="hardly any bone"):
        register_rigid(soft, planning_ct, AROUND)
    with pytest.raises(InputError, match="no bone in common"):
        register_rigid(planning_ct, soft, AROUND)


def test_another_region_is_refused(planning_ct: Volume) -> None:
    elsewhere = scanned(at_lps_mm=(0.0, 0.0, 400.0), frame="today")
    with pytest.raises(InputError, match="no bone in common"):
        register_rigid(planning_ct, elsewhere, AROUND)


def test_an_mr_is_refused_by_name(planning_ct: Volume) -> None:
    mr = replace(planning_ct, series=Series(modality="MR"))
    with pytest.raises(InputError, match="new scan is MR, not CT"):
        register_rigid(planning_ct, mr, AROUND)


def test_it_can_be_stopped(planning_ct: Volume) -> None:
    calls = []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 5

    with pytest.raises(Cancelled):
        register_rigid(planning_ct, planning_ct, AROUND, progress=Progress(is_cancelled=stop))


@pytest.mark.parametrize("apart_mm", [0.0, 0.4, 1.0, 3.0])
def test_parallel_surfaces_are_as_far_apart_as_they_are(apart_mm: float) -> None:
    def wall(y_mm: float) -> Piece:
        grid = Grid(
            size_ijk=(60, 60, 60), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(-30.0, -30.0, -30.0)
        )
        _, j, _ = np.indices(grid.shape_kji)
        y = j - 30.0
        hu = 1000.0 * np.clip(0.5 + (8.0 - np.abs(y - y_mm)) / 2.0, 0.0, 1.0)
        return Piece(grid=grid, values=hu.astype(np.float32), valid=np.ones(hu.shape, np.bool_))

    pictures = matched_pictures(wall(0.0), wall(apart_mm), np.eye(3))
    at = Fit(transform=unmoved(), correlation=1.0, overlap=1.0)
    found = residual_of(*pictures, at, (0.0, 0.0, 0.0), 25.0)
    assert found is not None
    assert found.median_mm == pytest.approx(apart_mm, abs=0.03)
    assert found.p95_mm == pytest.approx(apart_mm, abs=0.06)


def test_a_wrong_transform_is_measured_as_wrong(planning_ct: Volume) -> None:
    scan = scanned(seed=6)
    right = judged(planning_ct, scan, unmoved(), AROUND, method="as they lie")
    wrong = judged(
        planning_ct,
        scan,
        RigidTransform(rotation=np.eye(3), shift_mm=(0.0, 5.0, 0.0)),
        AROUND,
        method="by hand",
    )
    assert right.residual is not None
    assert wrong.residual is not None
    assert right.residual.median_mm < 0.3
    assert wrong.residual.median_mm > 1.5
    assert wrong.correlation < right.correlation


def test_metal_and_what_is_outside_the_body_show_no_bone(planning_ct: Volume) -> None:
    metal = with_metal(planning_ct, LESION[None])
    body = Mask(grid=metal.grid, inside=metal.values > -400)
    piece = piece_of(metal, LESION[None], 20.0, body=body)
    at = np.rint(piece.grid.index_from_lps(LESION)).astype(int)[::-1]
    assert not piece.valid[tuple(at)]
    assert piece.values[tuple(at)] <= 120.0
    outside = piece_of(metal, np.array([[0.0, 90.0, 0.0]]), 4.0, body=body)
    assert (outside.values == -1000.0).all()


def test_patients_are_told_apart_only_by_what_both_name() -> None:
    jane = Patient(name="DOE^JANE", patient_id="0001", sex="F", birth_date="1975-02-03")
    assert other_patient(jane, Patient()) == ""
    assert other_patient(jane, replace(jane, name="Doe^Jane^^^")) == ""
    assert other_patient(replace(jane, birth_date="1975"), jane) == ""
    assert other_patient(jane, replace(jane, patient_id="0002")) == 'ID "0001" and "0002"'
    assert "name" in other_patient(jane, replace(jane, name="ROE^JANE"))


def test_transforms_can_be_turned_round_and_nudged() -> None:
    transform = motion((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), (5.0, 5.0, 5.0))
    points = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]])
    back = transform.inverse.second_from_ct(transform.second_from_ct(points))
    assert np.allclose(back, points)
    nudged = transform.nudged((0.0, 0.0, 2.0), (0.0, 0.0, 90.0), (5.0, 5.0, 5.0))
    pivot = transform.second_from_ct((5.0, 5.0, 5.0))
    assert np.allclose(nudged.second_from_ct((5.0, 5.0, 5.0)), pivot + UP_2)
    arm = transform.second_from_ct((6.0, 5.0, 5.0)) - pivot
    turned = nudged.second_from_ct((6.0, 5.0, 5.0)) - pivot - UP_2
    assert np.allclose(turned, (-arm[1], arm[0], arm[2]))
    assert motion((9.0, 9.0, 9.0), (0.0, 0.0, 7.0), (1.0, 1.0, 1.0)).angle_deg == pytest.approx(7.0)
