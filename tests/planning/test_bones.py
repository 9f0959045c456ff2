"""The list of bones: kinds by name, what angle each kind wants, and how a wrong list is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.anatomy.bones import EDGE_DEG, KINDS, BoneKind, BoneRules
from planning.errors import InputError
from planning.model.case import Role
from planning.records.bone_file import read_bone_rules
from planning.records.role_file import read_role_table

RESOURCES = Path(__file__).parents[2] / "resources"
FILE = (RESOURCES / "bones.toml").read_bytes()
NUMBER = {kind: 1 + n for n, kind in enumerate(KINDS)}


@pytest.fixture(scope="module")
def rules() -> BoneRules:
    return read_bone_rules(FILE)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("femur_left", BoneKind.LONG),
        ("Right proximal tibia", BoneKind.LONG),
        ("clavicula_right", BoneKind.LONG),
        ("metatarsal", BoneKind.LONG),
        ("rib_left_11", BoneKind.FLAT),
        ("scapula_right", BoneKind.FLAT),
        ("sternum", BoneKind.FLAT),
        ("skull", BoneKind.FLAT),
        ("vertebrae_L4", BoneKind.VERTEBRA),
        ("L4", BoneKind.VERTEBRA),
        ("T12", BoneKind.VERTEBRA),
        ("hip_right", BoneKind.IRREGULAR),
        ("ilium", BoneKind.IRREGULAR),
        ("sacrum", BoneKind.IRREGULAR),
        ("slab", BoneKind.UNKNOWN),
        ("ribose", BoneKind.UNKNOWN),
    ],
)
def test_kinds_by_name(rules: BoneRules, name: str, kind: BoneKind) -> None:
    assert rules.kind_of(name) is kind


def test_every_bone_of_the_segmenter_is_known(rules: BoneRules) -> None:
    data = (RESOURCES / "roles" / "totalsegmentator.json").read_bytes()
    bones = [
        n for n, r in read_role_table(data, "totalsegmentator").roles.items() if r is Role.BONE
    ]
    assert len(bones) > 60
    assert [n for n in bones if rules.bone_of(n) is None] == []


def test_only_legs_bear_weight(rules: BoneRules) -> None:
    assert {b.key for b in rules.bones if b.weight_bearing} == {"femur", "tibia"}


@pytest.mark.parametrize("kind", [k for k in KINDS if k is not BoneKind.FLAT])
def test_where_perpendicular_is_wished_the_misfit_is_the_incidence(
    rules: BoneRules, kind: BoneKind
) -> None:
    angles = np.arange(0.0, 91.0)
    misfit = rules.misfit_deg(angles, np.full(len(angles), NUMBER[kind]))
    np.testing.assert_allclose(misfit, angles)


def test_flat_bones_want_to_be_met_obliquely(rules: BoneRules) -> None:
    angles = np.array([0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0])
    misfit = rules.misfit_deg(angles, np.full(len(angles), NUMBER[BoneKind.FLAT]))
    np.testing.assert_allclose(misfit, [60.0, 45.0, EDGE_DEG, 0.0, EDGE_DEG, 45.0, 60.0])


def test_no_cortex_is_no_misfit(rules: BoneRules) -> None:
    assert np.isnan(rules.misfit_deg(np.array([np.nan]), np.array([0]))).all()


@given(st.floats(0.0, 90.0), st.floats(0.0, 90.0), st.sampled_from(KINDS))
def test_misfit_grows_no_faster_than_two_for_one(one: float, other: float, kind: BoneKind) -> None:
    numbers = np.full(2, NUMBER[kind])
    a, b = read_bone_rules(FILE).misfit_deg(np.array([one, other]), numbers)
    assert abs(a - b) <= 2.0 * abs(one - other) + 1e-9


def changed(pattern: str, to: str) -> bytes:
    text, count = re.subn(pattern, to, FILE.decode(), count=1, flags=re.DOTALL)
    assert count == 1
    return text.encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x", "The file of bones is not valid TOML"),
        (changed("schema_version = 1", "schema_version = 2"), "schema version 2"),
        (changed('kind = "flat"', 'kind = "bent"'), "'bent' was given"),
        (changed("to_deg = 60.0", "to_deg = 20.0"), '"to_deg" has to be above "from_deg"'),
        (changed('key = "vertebra"\nfrom', 'key = "long"\nfrom'), 'kinds have the key "long"'),
        (
            changed(r'\[\[kind\]\]\nkey = "unknown".*?default"\n', ""),
            r'has no \[\[kind\]\] "unknown"',
        ),
        (changed("intact_hu", "intct_hu"), 'no key "intct_hu"; did you mean "intact_hu"'),
        (changed('"scapula", "sh', '"rib 7", "sh'), 'two bones go by the name "rib_#"'),
        (changed('key = "fibula"', 'key = "tibia"'), 'two bones have the key "tibia"'),
    ],
)
def test_wrong_lists_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_bone_rules(data)


def test_numbers_in_the_file_all_have_a_source() -> None:
    lines = FILE.decode().splitlines()
    assert all("source = " in line for line in lines if "value = " in line)
    assert json.dumps(lines).count("value = ") == 13
