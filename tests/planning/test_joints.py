"""Joints lie where two bones meet, with the capsule each bone end has, on the right side."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from planning.anatomy.joint_rules import JointRules
from planning.anatomy.joints import Joints, joints_of
from planning.anatomy.pooled import along_lps
from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import Mask
from planning.model.case import Role
from planning.records.joint_file import read_joint_rules

FILE = Path(__file__).resolve().parents[2] / "resources" / "joints.json"
SPACING_MM = 1.5


@pytest.fixture(scope="module")
def rules() -> JointRules:
    return read_joint_rules(FILE.read_bytes())


def _grid(size_mm, centre=(0.0, 0.0, 0.0)) -> Grid:
    size = tuple(int(s / SPACING_MM) for s in size_mm)
    origin = np.array(centre) - (np.array(size) - 1) * SPACING_MM / 2.0
    return Grid(size_ijk=size, spacing_mm=(SPACING_MM,) * 3, origin_lps_mm=vec3(origin))


def _box(grid: Grid, x, y, z) -> np.ndarray:
    inside = np.ones(grid.shape_kji, dtype=bool)
    for axis, (low, high) in enumerate((x, y, z)):
        along = along_lps(grid, axis)
        inside &= (along >= low) & (along <= high)
    return inside


def _mask(grid: Grid, inside: np.ndarray) -> Mask:
    return Mask(grid=grid, inside=inside).cropped()


def _by_name(joints: Joints) -> dict:
    return {j.structure.name: j for j in joints.found}


def _points(mask: Mask) -> np.ndarray:
    return mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])


KNEE = _grid((80.0, 80.0, 240.0), (30.0, 10.0, -40.0))


def _knee(offset_x=0.0, grid=KNEE) -> dict[str, np.ndarray]:
    """Return a thick femur above z = 3 and a tibia below z = -3, both round about (30, 10)."""
    x, y, z = (along_lps(grid, a) for a in range(3))
    shaft = (x - 30.0 - offset_x) ** 2 + (y - 10.0) ** 2 <= 20.0**2
    return {"femur": shaft & (z >= 3.0), "tibia": shaft & (z <= -3.0)}


def test_the_space_is_within_the_gap_of_both_bones(rules):
    bones = {n: _mask(KNEE, m) for n, m in _knee().items()}
    joint = _by_name(joints_of(bones, rules, KNEE))["knee joint"]
    points = _points(joint.space)
    assert np.abs(points[:, 2]).max() <= 4.0 + SPACING_MM
    assert points[:, 2].min() < 0.0 < points[:, 2].max()
    assert (np.abs(points[:, :2] - (30.0, 10.0)).max(axis=0) > 19.0).all()
    assert joint.structure.role is Role.JOINT
    assert joint.structure.derived_from == "femur, tibia"


@pytest.mark.parametrize(
    ("name", "direction", "up", "reach_mm"),
    [
        ("femur", (0.0, -1.0), True, 80.0),
        ("femur", (0.0, 1.0), True, 20.0),
        ("femur", (1.0, 0.0), True, 30.0),
        ("femur", (-1.0, 0.0), True, 30.0),
        ("tibia", (0.0, -1.0), False, 6.0),
        ("tibia", (0.0, 1.0), False, 14.0),
    ],
)
def test_the_capsule_of_the_knee_reaches_as_far_as_the_file_says(
    rules, name, direction, up, reach_mm
):
    bones = {n: _mask(KNEE, m) for n, m in _knee().items()}
    joint = _by_name(joints_of(bones, rules, KNEE))["knee joint"]
    space_end = np.abs(_points(joint.space)[:, 2]).max()
    points = _points(joint.mask)
    beside = np.array((30.0, 10.0)) + np.array(direction) * 24.0
    near = np.linalg.norm(points[:, :2] - beside, axis=1) < 3.0
    height = points[near, 2].max() if up else -points[near, 2].min()
    assert height == pytest.approx(space_end + reach_mm, abs=5.0), name


def test_a_capsule_hugs_its_bone_and_leaves_the_marrow_free(rules):
    masks = _knee()
    bones = {n: _mask(KNEE, m) for n, m in masks.items()}
    joint = _by_name(joints_of(bones, rules, KNEE))["knee joint"]
    bone = masks["femur"] | masks["tibia"]
    outside = ndimage.distance_transform_edt(~bone) * SPACING_MM
    depth = ndimage.distance_transform_edt(bone) * SPACING_MM
    whole = joint.mask.on(KNEE)
    assert outside[whole].max() <= rules.shell_mm + 3.2 * np.sqrt(3.0)
    capsule = whole & ~joint.space.on(KNEE)
    beyond_space = np.abs(along_lps(KNEE, 2)) > 12.0
    assert depth[capsule & np.broadcast_to(beyond_space, capsule.shape)].max() <= (
        rules.cortex_mm + 3.2 * np.sqrt(3.0)
    )


def test_touching_bones_have_a_joint_and_distant_ones_have_none(rules):
    z = along_lps(KNEE, 2)
    shaft = _knee()["femur"] | _knee()["tibia"]
    column = ndimage.binary_closing(shaft, np.ones((9, 1, 1), dtype=bool))
    touching = {
        "femur": _mask(KNEE, column & (z >= 0.0)),
        "tibia": _mask(KNEE, column & (z < 0.0)),
    }
    assert "knee joint" in _by_name(joints_of(touching, rules, KNEE))
    distant = {"femur": _mask(KNEE, column & (z >= 8.0)), "tibia": _mask(KNEE, column & (z < -8.0))}
    joints = joints_of(distant, rules, KNEE)
    assert joints.found == ()
    knee = next(m for m in joints.missing if m.name == "knee joint")
    assert "within 4 mm" in knee.reason
    assert knee.bones == ("femur", "tibia")


def test_masks_without_a_side_are_split_and_take_their_partners_side(rules):
    grid = _grid((240.0, 60.0, 80.0), (30.0, 10.0, 0.0))
    right, left = _knee(-70.0, grid), _knee(70.0, grid)
    bones = {
        "femur_right": _mask(grid, right["femur"]),
        "femur_left": _mask(grid, left["femur"]),
        "tibia": _mask(grid, right["tibia"] | left["tibia"]),
    }
    found = _by_name(joints_of(bones, rules, grid))
    assert set(found) == {"right knee joint", "left knee joint"}
    assert _points(found["right knee joint"].mask)[:, 0].max() < 0.0
    assert _points(found["left knee joint"].mask)[:, 0].min() > 60.0
    both = {
        "femur": _mask(grid, right["femur"] | left["femur"]),
        "tibia": bones["tibia"],
    }
    assert set(_by_name(joints_of(both, rules, grid))) == {"right knee joint", "left knee joint"}
    one = {"femur_left": bones["femur_left"], "tibia": _mask(grid, left["tibia"])}
    assert set(_by_name(joints_of(one, rules, grid))) == {"left knee joint"}


def test_what_a_joint_lacks_is_said(rules):
    femur = {"femur_right": _mask(KNEE, _knee()["femur"])}
    missing = {m.name: m for m in joints_of(femur, rules, KNEE).missing}
    assert missing["right knee joint"].reason == "no mask of tibia or patella"
    assert missing["right hip joint"].reason == "no mask of hip bone"
    assert missing["right knee joint"].bones == ("femur_right",)
    both = {n: _mask(KNEE, m) for n, m in _knee().items()}
    notes = _by_name(joints_of(both, rules, KNEE))["knee joint"].notes
    assert any("without the patella" in n for n in notes)
    assert any("120 mm" in n for n in notes)


def test_sacrum_and_s1_are_one_bone_and_cartilage_is_none(rules):
    grid = _grid((120.0, 60.0, 80.0))
    bones = {
        "sacrum": _mask(grid, _box(grid, (-30, 30), (-20, 20), (-30, -1))),
        "vertebrae_S1": _mask(grid, _box(grid, (-30, 30), (-20, 20), (0, 25))),
        "hip_left": _mask(grid, _box(grid, (33, 50), (-20, 20), (-30, 25))),
        "costal_cartilages": _mask(grid, _box(grid, (-50, -33), (-20, 20), (-30, 25))),
    }
    joints = joints_of(bones, rules, grid)
    assert set(_by_name(joints)) == {"left sacroiliac joint"}
    z = _points(_by_name(joints)["left sacroiliac joint"].space)[:, 2]
    assert z.min() < -28.0
    assert z.max() > 23.0


def _vertebra(grid: Grid, middle_z: float) -> np.ndarray:
    """Return a body, pedicles, lamina and articular processes that reach past the disc."""
    parts = (
        ((-20, 20), (-32, 0), (-12, 12)),  # body
        ((-16, -10), (0, 16), (0, 8)),  # pedicles
        ((10, 16), (0, 16), (0, 8)),
        ((-18, 18), (16, 22), (-6, 8)),  # lamina
        ((-2, 2), (22, 45), (-8, 4)),  # spinous process
        ((-20, -12), (10, 16), (0, 22)),  # superior articular processes, in front
        ((12, 20), (10, 16), (0, 22)),
        ((-20, -12), (18, 24), (-22, 0)),  # inferior ones, behind
        ((12, 20), (18, 24), (-22, 0)),
    )
    inside = np.zeros(grid.shape_kji, dtype=bool)
    for x, y, z in parts:
        inside |= _box(grid, x, y, (z[0] + middle_z, z[1] + middle_z))
    return inside


def test_facet_joints_are_found_without_disc_and_spinous_processes(rules):
    grid = _grid((70.0, 110.0, 110.0))
    bones = {
        "vertebrae_L3": _mask(grid, _vertebra(grid, 15.0)),
        "vertebrae_L4": _mask(grid, _vertebra(grid, -15.0)),
    }
    found = _by_name(joints_of(bones, rules, grid))
    assert set(found) == {"right facet joint L3/L4", "left facet joint L3/L4"}
    for name, sign in (("right facet joint L3/L4", -1.0), ("left facet joint L3/L4", 1.0)):
        points = _points(found[name].space)
        assert (sign * points[:, 0]).min() >= 7.0
        assert points[:, 1].min() > 5.0, "the disc ends at y = 0"
        assert np.abs(points[:, 0].mean() - sign * 16.0) < 3.0
        assert np.abs(points[:, 1].mean() - 17.0) < 3.0


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0)])
def test_permuted_and_flipped_axes_give_the_same_joint(rules, order):
    plain = _by_name(joints_of({n: _mask(KNEE, m) for n, m in _knee().items()}, rules, KNEE))[
        "knee joint"
    ]
    names = [2 - a for a in order][::-1]
    directions = np.eye(3)[names]
    origin = np.array(KNEE.origin_lps_mm)
    origin[names[0]] += (KNEE.size_ijk[names[0]] - 1) * SPACING_MM
    directions[0] *= -1.0
    grid = Grid(
        size_ijk=tuple(KNEE.size_ijk[n] for n in names),
        spacing_mm=KNEE.spacing_mm,
        origin_lps_mm=vec3(origin),
        direction_lps=tuple(vec3(d) for d in directions),
    )
    turned = {
        n: _mask(grid, np.ascontiguousarray(np.flip(m.transpose(order), axis=2)))
        for n, m in _knee().items()
    }
    joint = _by_name(joints_of(turned, rules, grid))["knee joint"]
    assert joint.space.volume_ml == pytest.approx(plain.space.volume_ml, rel=0.02)
    assert joint.mask.volume_ml == pytest.approx(plain.mask.volume_ml, rel=0.06)
    assert joint.mask.centroid_lps_mm() == pytest.approx(plain.mask.centroid_lps_mm(), abs=2.0)


def test_the_real_pelvis(rules, data_dir):
    image = sitk.ReadImage(str(data_dir / "pelvis" / "anatomy.nii.gz"))
    names = json.loads((data_dir / "pelvis" / "anatomy_labels.json").read_text())
    axes = np.array(image.GetDirection()).reshape(3, 3).T
    grid = Grid(
        size_ijk=image.GetSize(),
        spacing_mm=image.GetSpacing(),
        origin_lps_mm=image.GetOrigin(),
        direction_lps=tuple(vec3(a) for a in axes),
    )
    labels = sitk.GetArrayFromImage(image).astype(np.int32)
    bones = {
        name: Mask(grid=grid, inside=labels == int(value)).cropped()
        for value, name in names.items()
        if rules.bone_of(name) is not None
    }
    joints = joints_of(bones, rules, grid)
    found = _by_name(joints)
    expected = {"right hip joint", "left hip joint", "right sacroiliac joint"}
    expected |= {"left sacroiliac joint", "pubic symphysis"}
    pairs = ("T11/T12", "T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1")
    expected |= {f"{side} facet joint {p}" for side in ("right", "left") for p in pairs}
    assert set(found) == expected
    for name, joint in found.items():
        x = joint.space.centroid_lps_mm()[0]
        side = "left" if x > 2.0 else "right"
        assert name.startswith(side) or name == "pubic symphysis"
        assert not joint.structure.mask_id.startswith("/")
    head = found["right hip joint"].space.centroid_lps_mm()
    assert head == pytest.approx((-84.0, -137.0, 141.0), abs=12.0)
    assert {m.name for m in joints.missing} == {
        "right knee joint",
        "left knee joint",
        "facet joint T10/T11",
    }


def test_a_joint_of_an_unlisted_bone_is_refused_in_words():
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    raw["joints"][0]["pairs"] = [["hip_bone", "femurr"]]
    with pytest.raises(InputError, match='joint "hip" names a bone "femurr"'):
        read_joint_rules(json.dumps(raw).encode())
    raw["schema_version"] = 99
    with pytest.raises(InputError, match="schema version 99"):
        read_joint_rules(json.dumps(raw).encode())


def test_every_number_in_the_file_carries_its_source(rules):
    assert "engineering default" in rules.source
    for joint in rules.joints:
        assert all(capsule.source for capsule in joint.capsules)
