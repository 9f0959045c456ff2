"""The sample case against the formulas it is made from: sides, volumes, places, files."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from app import catalogue
from planning.errors import InputError
from planning.geometry import Grid, unit
from planning.imaging.dicom_series import read_series
from planning.model.case import Position, Role
from planning.progress import Cancelled, Progress
from planning.records.case_file import LoadedCase, load_case
from planning.sample.dicom_slices import sample_uid
from planning.sample.geometry import SAMPLE, patient_tilt
from planning.sample.painting import inside_of, spot
from planning.sample.sample_case import sample_grid, write_sample_case
from planning.sample.shapes import MIRROR, Ellipsoid, HalfSpace, Shape, Tube, Union, Without
from planning.sample.tissues import LABELS

SIZE, SPACING_MM = 128, 5.0
SAMPLE_TILT = patient_tilt()
LESION_BLOCK = Grid(
    size_ijk=(130, 130, 130),
    spacing_mm=(0.5, 0.5, 0.5),
    origin_lps_mm=tuple(c - 32.25 for c in SAMPLE.lesion.centre_lps_mm),
)


@dataclass(frozen=True)
class Written:
    """The folder of a coarse sample case, and the case as Trephine opens it."""

    folder: Path
    loaded: LoadedCase


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("sample")
    file = write_sample_case(folder, in_plane_size=SIZE, slice_spacing_mm=SPACING_MM)
    return Written(folder, load_case(file, role_tables=catalogue.role_tables()))


def _mask_values(folder: Path, name: str) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(folder / f"{name}.nii.gz"))


def _distance_mm(shape: Shape, *points: tuple[float, float, float]) -> np.ndarray:
    return shape.distance_mm(np.array(points, dtype=np.float64))


def _centres(grid: Grid, inside: np.ndarray) -> np.ndarray:
    return grid.lps_from_index(np.argwhere(inside)[:, ::-1])


# ------------------------------------------------------------------------------------- the solids


def test_tube_distance_is_that_to_its_axis_less_its_radius() -> None:
    bent = Tube(((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (10.0, 10.0, 0.0)), (2.0, 2.0, 2.0))
    found = _distance_mm(bent, (5, 0, 3), (5, -7, 0), (13, 14, 0), (-3, 4, 0), (10, 5, 0))
    assert found == pytest.approx([1.0, 5.0, 3.0, 3.0, -2.0], abs=1e-12)


def test_ellipsoid_is_exact_on_its_axes_and_turns_with_a_motion() -> None:
    solid = Ellipsoid((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    surface = _distance_mm(solid, (5, 2, 3), (1, 7, 3), (1, 2, 9), (1, 2, -3))
    assert surface == pytest.approx(0.0, abs=1e-12)
    assert _distance_mm(solid, (1.0, 2.0, 3.0))[0] == -4.0
    mirrored = solid.moved(MIRROR)
    assert mirrored.centre_lps_mm == (-1.0, 2.0, 3.0)
    points = np.random.default_rng(3).normal(size=(50, 3)) * 8
    assert mirrored.distance_mm(points * (-1, 1, 1)) == pytest.approx(solid.distance_mm(points))


def test_voxel_volume_of_a_ball_is_its_true_volume() -> None:
    ball = Ellipsoid((0.3, -0.2, 0.1), (9.0, 9.0, 9.0))
    grid = Grid(size_ijk=(60, 60, 60), spacing_mm=(0.4,) * 3, origin_lps_mm=(-11.8,) * 3)
    volume_ml = np.count_nonzero(inside_of(ball, grid)) * grid.voxel_volume_mm3 / 1000
    assert volume_ml == pytest.approx(ball.volume_ml, rel=2e-3)


def test_painting_by_blocks_finds_exactly_what_judging_every_voxel_finds() -> None:
    grid = Grid(
        size_ijk=(71, 64, 33),
        spacing_mm=(0.8, 0.8, 1.25),
        origin_lps_mm=(30.0, 30.0, -20.0),
        direction_lps=((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    )
    bent = Tube(((-20.0, -10.0, -15.0), (5.0, 3.0, 0.0), (28.0, 10.0, 15.0)), (1.5, 3.0, 2.0))
    solid = Without(
        Union((bent, Ellipsoid((0.0, 0.0, 0.0), (12.0, 6.0, 9.0))), 3.0),
        (HalfSpace((0.0, 0.0, -4.0), (0.0, 0.0, 1.0)),),
    )
    every = grid.lps_from_index(np.indices(grid.shape_kji)[::-1].reshape(3, -1).T)
    truth = solid.distance_mm(every.astype(np.float32)) <= 0.0
    assert truth.any()
    np.testing.assert_array_equal(inside_of(solid, grid).ravel(), truth)


def test_half_resolution_stays_within_its_stated_error() -> None:
    ball = Ellipsoid((0.0, 0.0, 0.0), (10.0, 10.0, 10.0))
    grid = Grid(size_ijk=(64, 64, 40), spacing_mm=(0.8, 0.8, 1.25), origin_lps_mm=(-25, -25, -24))
    near = spot(ball, grid, outside_mm=1.0, depth_mm=2.0, smooth=True)
    index = np.stack(np.unravel_index(near.index, grid.shape_kji), axis=-1)[:, ::-1]
    truth = ball.distance_mm(grid.lps_from_index(index))
    shell = truth > -2.0
    bound_mm = (1.6**2 + 1.6**2 + 2.5**2) / (8 * 8.0)
    assert np.abs(near.distance_mm - truth)[shell].max() < bound_mm


# ------------------------------------------------------------------------------------ the anatomy


def test_lesion_lies_in_the_right_hip_bone_and_only_there() -> None:
    lesion, bones = SAMPLE.lesion, SAMPLE.bones
    assert lesion.centre_lps_mm[0] < -60, "negative x is the patient's right"
    assert _distance_mm(bones.hip_right, lesion.centre_lps_mm)[0] < 0
    inside = _centres(LESION_BLOCK, inside_of(lesion.tumour, LESION_BLOCK))
    for other in (bones.sacrum, bones.hip_left, bones.vertebra_l5, SAMPLE.conduits.gluteal_right):
        assert other.distance_mm(inside).min() > 2.0


def test_lesion_parts_fill_it_without_overlap() -> None:
    lesion = SAMPLE.lesion
    tumour = inside_of(lesion.tumour, LESION_BLOCK)
    parts = [inside_of(h.shape, LESION_BLOCK) for h in lesion.habitats]
    parts.append(inside_of(lesion.necrosis, LESION_BLOCK))
    covered = np.sum(parts, axis=0)
    assert covered.max() == 1, "two parts claim one voxel"
    np.testing.assert_array_equal(covered == 1, tumour)
    volumes_ml = [p.sum() * LESION_BLOCK.voxel_volume_mm3 / 1000 for p in parts]
    assert volumes_ml[-1] == pytest.approx(lesion.necrosis.volume_ml, rel=5e-3)
    assert min(volumes_ml) > 3.0
    assert [h.mean_hu for h in lesion.habitats] == [62.0, 310.0, 33.0]


def test_cortex_is_broken_toward_the_gluteal_muscles() -> None:
    lesion = SAMPLE.lesion
    outside = np.array(lesion.outgrowth.centre_lps_mm) + 4.0 * unit(lesion.body.axes_lps[1])
    assert _distance_mm(lesion.outgrowth, tuple(outside))[0] < 0
    assert _distance_mm(SAMPLE.bones.hip_right, tuple(outside))[0] > 3.0
    assert _distance_mm(SAMPLE.muscles.gluteus_medius_right, tuple(outside))[0] < 0


def test_lesion_is_40_to_75_mm_below_the_skin_behind_it() -> None:
    x, y, z = SAMPLE.lesion.centre_lps_mm
    line = np.array([(x, y + t, z) for t in np.arange(0.0, 120.0, 0.25)])
    in_body = SAMPLE.torso.distance_mm(line) < 0
    in_lesion = SAMPLE.lesion.tumour.distance_mm(line) < 0
    skin_mm, surface_mm = line[in_body][-1, 1], line[in_lesion][-1, 1]
    assert 40.0 < skin_mm - surface_mm < 75.0


@pytest.mark.parametrize("number", [0, 1])
def test_sciatic_nerve_runs_free_of_bone_from_the_pelvis_to_the_thigh(number: int) -> None:
    nerve = SAMPLE.nerves[number]
    sign = (1, -1)[number]
    axis = np.array(nerve.points_lps_mm)
    assert (np.sign(axis[:, 0]) == sign).all()
    assert axis[0, 2] > 60 > -60 > axis[-1, 2]
    bones = SAMPLE.bones
    share = np.linspace(0, 1, 25)[:, None]
    along = np.concatenate([a + share * (b - a) for a, b in pairwise(axis)])
    for bone in (bones.hip_left, bones.hip_right, bones.femur_left, bones.femur_right):
        assert bone.distance_mm(along).min() > max(nerve.radii_mm), "nerve and bone overlap"
    assert bones.sacrum.distance_mm(along[25:]).min() > max(nerve.radii_mm)


def test_patient_is_not_symmetric() -> None:
    viscera, bones = SAMPLE.viscera, SAMPLE.bones
    assert viscera.bladder.centre_lps_mm[0] > 8, "the bladder lies to the left"
    assert np.mean([p[0] for p in viscera.descending.points_lps_mm]) > 80
    assert np.mean([p[0] for p in viscera.caecum.points_lps_mm]) < -80
    left, right = (np.mean(b.bounds_lps_mm()[:, 2]) for b in (bones.hip_left, bones.hip_right))
    assert right - left > 5.0, "the pelvis is tilted"


def test_hip_joint_is_a_gap_of_3_5_mm() -> None:
    left = Union((SAMPLE.bones.femur_left,))
    head, socket = np.array([86.0, -14.0, 8.0]), SAMPLE.bones.hip_left
    directions = [(0.0, 0.0, 1.0), (-0.6, 0.0, 0.8), (0.0, 0.6, 0.8)]
    for direction in directions:
        ray = np.array([head + t * unit(direction) for t in np.arange(15.0, 32.0, 0.05)])
        moved = SAMPLE_TILT.apply(ray)
        free = (left.distance_mm(moved) > 0) & (socket.distance_mm(moved) > 0)
        assert free.sum() * 0.05 == pytest.approx(3.5, abs=0.2)


# -------------------------------------------------------------------------------------- the files


def test_ct_reads_prone_with_the_grid_that_was_meant(written: Written) -> None:
    ct = written.loaded.images.ct
    meant = sample_grid(SIZE, SPACING_MM)
    assert ct.grid.matches(meant)
    assert ct.grid.direction_lps[0] == (-1.0, 0.0, 0.0)
    assert ct.series.position_code == "HFP"
    assert ct.frame_of_reference_uid == sample_uid("frame")
    assert ct.series.isocentre_lps_mm is not None
    case = written.loaded.case
    assert case.ct_position is Position.PRONE
    assert not case.position_differs
    assert case.patient.name == "SAMPLE^PELVIS"
    assert (case.patient.sex, case.patient.age) == ("F", "051Y")
    instances = ct.series.instance_numbers
    assert instances[0] == len(instances), "numbered from the head down"


def test_hounsfield_units_are_those_of_the_tissues(written: Written) -> None:
    ct = written.loaded.images.ct
    labels = _mask_values(written.folder, "anatomy")
    body = SAMPLE.torso.distance_mm(_centres(ct.grid, np.ones(ct.grid.shape_kji, dtype=bool)))
    in_fat = (body.reshape(ct.grid.shape_kji) < -6) & (body.reshape(ct.grid.shape_kji) > -9)
    assert ct.values[in_fat].mean() == pytest.approx(-100, abs=12)
    assert ct.values[labels == LABELS["gluteus_maximus_right"]].mean() == pytest.approx(45, abs=12)
    shaft = ct.values[labels == LABELS["femur_left"]]
    assert np.percentile(shaft, 97) > 900
    assert ct.values[0, 0, 0] < -900


def test_noise_has_a_realistic_deviation(written: Written) -> None:
    ct = written.loaded.images.ct
    bladder = SAMPLE.viscera.bladder
    centres = _centres(ct.grid, np.ones(ct.grid.shape_kji, dtype=bool))
    deep = (bladder.distance_mm(centres) < -8).reshape(ct.grid.shape_kji)
    assert 9.0 < ct.values[deep].std() < 20.0
    assert ct.values[deep].mean() == pytest.approx(6.0, abs=3.0)


def test_masks_hold_the_voxels_whose_centres_lie_in_the_solids(written: Written) -> None:
    solids = {
        "tumour": SAMPLE.lesion.tumour,
        "necrosis": SAMPLE.lesion.necrosis,
        "sciatic_nerve_right": SAMPLE.conduits.sciatic_right,
        "superior_gluteal_vessels_right": SAMPLE.conduits.gluteal_right,
    }
    grid = sample_grid(SIZE, SPACING_MM)
    for name, solid in solids.items():
        centres = _centres(grid, _mask_values(written.folder, name) > 0)
        assert len(centres) > 20
        assert solid.distance_mm(centres).max() < 1e-3
        image = sitk.ReadImage(written.folder / f"{name}.nii.gz")
        corner = image.TransformIndexToPhysicalPoint((SIZE - 1, 0, 2))
        assert corner == pytest.approx(grid.lps_from_index((SIZE - 1, 0, 2)), abs=1e-3)


def test_structures_and_sides_are_loaded_as_written(written: Written) -> None:
    case, masks = written.loaded.case, written.loaded.images.masks
    roles = {s.name: s.role for s in case.structures}
    assert roles["lesion"] is Role.TUMOUR
    assert roles["right sciatic nerve"] is Role.NERVE
    assert roles["hip_right"] is Role.BONE
    assert roles["spinal_cord"] is Role.CANAL
    assert sum(s.role is Role.HABITAT for s in case.structures) == 3
    for structure in case.structures:
        x = masks[structure.mask_id].centroid_lps_mm()[0]
        if "right" in structure.name:
            assert x < 0, structure.name
        if "left" in structure.name:
            assert x > 0, structure.name


def test_every_label_has_a_role_and_voxels(written: Written) -> None:
    assert set(LABELS) <= set(catalogue.role_tables()["totalsegmentator"].roles)
    found = set(np.unique(_mask_values(written.folder, "anatomy")).tolist()) - {0}
    assert found == set(LABELS.values())


def test_nerves_and_bones_share_no_voxel(written: Written) -> None:
    labels = _mask_values(written.folder, "anatomy")
    bones = [v for n, v in LABELS.items() if n.startswith(("hip", "femur", "sacrum", "vert"))]
    for name in ("sciatic_nerve_right", "sciatic_nerve_left"):
        nerve = _mask_values(written.folder, name) > 0
        assert not np.isin(labels[nerve], bones).any()


def test_slices_are_valid_ct_images(written: Written) -> None:
    paths = sorted((written.folder / "ct").glob("*.dcm"))
    assert len(paths) == 50
    first = pydicom.dcmread(paths[0])
    assert first.InstanceNumber == 1
    assert [float(v) for v in first.ImageOrientationPatient] == [-1, 0, 0, 0, -1, 0]
    assert first.SliceLocation == pytest.approx(412.5 - first.ImagePositionPatient[2])
    assert first.RescaleIntercept == -1024
    assert first.pixel_array.min() >= 0
    assert all(uid.is_valid for uid in (first.SOPInstanceUID, first.StudyInstanceUID))
    assert read_series(written.folder / "ct").grid.size_ijk == (SIZE, SIZE, 50)


def test_the_same_bytes_come_out_every_time(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        write_sample_case(tmp_path / name, in_plane_size=48, slice_spacing_mm=12.5)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        digests.append([hashlib.sha256(p.read_bytes()).hexdigest() for p in files])
    assert len(digests[0]) > 30
    assert digests[0] == digests[1]


# ------------------------------------------------------------------------------- what can go wrong


def test_a_sample_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    file = write_sample_case(tmp_path, in_plane_size=32, slice_spacing_mm=25.0)
    assert tomllib.loads(file.read_text(encoding="utf-8"))["case"]["site"] == "ilium"
    mask = tmp_path / "tumour.nii.gz"
    mask.unlink()
    assert write_sample_case(tmp_path, in_plane_size=32, slice_spacing_mm=25.0) == file
    assert not mask.exists()
    write_sample_case(tmp_path, in_plane_size=32, slice_spacing_mm=25.0, force=True)
    assert mask.exists()


def test_another_case_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text("schema_version = 1\n")
    with pytest.raises(InputError, match="another case"):
        write_sample_case(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_sample_case(blocked / "case", in_plane_size=32, slice_spacing_mm=25.0)


def test_a_cancelled_sample_leaves_no_case_file(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_sample_case(
            tmp_path,
            in_plane_size=32,
            slice_spacing_mm=25.0,
            progress=Progress(is_cancelled=lambda: True),
        )
    assert not (tmp_path / "case.toml").exists()
