"""The list of joints and the role tables: what is shipped reads, and how a wrong one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planning.anatomy.joint_rules import Sides
from planning.errors import InputError
from planning.model.case import Role
from planning.records.joint_file import read_joint_rules
from planning.records.role_file import read_role_table

RESOURCES = Path(__file__).parents[2] / "resources"
JOINTS = (RESOURCES / "joints.json").read_bytes()


def test_shipped_joints_are_those_of_the_model():
    rules = read_joint_rules(JOINTS)
    assert [joint.key for joint in rules.joints] == [
        "hip",
        "sacroiliac",
        "pubic_symphysis",
        "shoulder",
        "elbow",
        "wrist",
        "knee",
        "ankle",
        "facet",
    ]
    assert rules.bone_of("vertebrae_S1") == rules.bone_of("sacrum")
    assert rules.bone_of("femur_left").key == "femur"
    assert rules.bone_of("colon") is None
    assert all(capsule.source for joint in rules.joints for capsule in joint.capsules)
    tibia = [c for j in rules.joints if j.key == "knee" for c in j.capsules if c.bone == "tibia"]
    assert sorted(c.distance_mm for c in tibia) == [6.0, 14.0]
    assert next(j for j in rules.joints if j.key == "pubic_symphysis").sides is Sides.ACROSS


def joints_with(change) -> bytes:
    raw = json.loads(JOINTS)
    change(raw)
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x", "The file of joint rules is not valid JSON"),
        (joints_with(lambda raw: raw.update(schema_version=2)), "schema version 2"),
        (joints_with(lambda raw: raw.update(gap=1)), 'no key "gap"; did you mean "gap_mm"?'),
        (
            joints_with(lambda raw: raw["joints"][0]["pairs"][0].__setitem__(0, "hipbone")),
            'joint "hip" names a bone "hipbone" that is not listed',
        ),
        (
            joints_with(lambda raw: raw["joints"][0]["capsules"][0].update(bone="tibia")),
            'joint "hip" has a capsule on "tibia", which is none of its bones',
        ),
        (joints_with(lambda raw: raw["bones"].append(raw["bones"][0])), "two bones .*hip_bone"),
        (joints_with(lambda raw: raw["joints"].append(raw["joints"][0])), "two joints .*hip"),
        (joints_with(lambda raw: raw["joints"][0].update(sides="both")), "'paired', 'across'"),
        (
            joints_with(lambda raw: raw["joints"][0]["capsules"][0].update(distance_mm=-1)),
            "distance_mm.*greater than 0",
        ),
    ],
)
def test_wrong_joints_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        read_joint_rules(data)


def test_a_role_table():
    data = b'{"schema_version": 1, "source": "mine", "roles": {"a b": "vessel", "c": "ignore"}}'
    table = read_role_table(data, "own")
    assert table.key == "own"
    assert table.roles == {"a b": Role.VESSEL, "c": Role.IGNORE}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", 'Role table "own" has to hold one JSON object'),
        (b'{"schema_version": 3}', 'Role table "own" has schema version 3'),
        (b'{"schema_version": 1, "source": "mine"}', 'needs a "roles"'),
        (b'{"schema_version": 1, "source": "m", "roles": {"a": "vein"}}', "'vein' was given"),
    ],
)
def test_wrong_role_tables_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        read_role_table(data, "own")
