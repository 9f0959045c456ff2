"""Every class of the segmenter has a role, and no other name is given one."""

import json
from pathlib import Path

from planning.anatomy.roles import RoleTable
from planning.model.case import Role

TASKS = ("total", "appendicular_bones", "thigh_shoulder_muscles")
FILE = Path(__file__).resolve().parents[2] / "resources" / "roles" / "totalsegmentator.json"


def _table() -> RoleTable:
    roles = json.loads(FILE.read_text(encoding="utf-8"))["roles"]
    return RoleTable(key="totalsegmentator", roles={n: Role(r) for n, r in roles.items()})


def test_all_classes_of_the_three_tasks_and_no_others_are_mapped(data_dir):
    classes = json.loads((data_dir / "totalsegmentator_classes.json").read_text())
    expected = {name for task in TASKS for name in classes[task].values()}
    assert set(_table().roles) == expected


def test_what_a_needle_must_not_touch_is_at_risk_and_what_it_crosses_is_not():
    roles = _table().roles
    expected = {
        "iliac_vena_right": Role.VESSEL,
        "portal_vein_and_splenic_vein": Role.VESSEL,
        "brachiocephalic_trunk": Role.VESSEL,
        "spinal_cord": Role.CANAL,
        "lung_middle_lobe_right": Role.LUNG,
        "atrial_appendage_left": Role.ORGAN,
        "colon": Role.ORGAN,
        "trachea": Role.ORGAN,
        "hip_left": Role.BONE,
        "rib_right_12": Role.BONE,
        "patella": Role.BONE,
        "autochthon_left": Role.MUSCLE,
        "triceps_brachii": Role.MUSCLE,
        "costal_cartilages": Role.IGNORE,
    }
    assert {name: roles[name] for name in expected} == expected


def test_unknown_names_are_listed_once_and_not_guessed():
    known, unknown = _table().assigned(["colon", "hip_Left", "colon_2", "hip_Left", "femur_right"])
    assert known == {"colon": Role.ORGAN, "femur_right": Role.BONE}
    assert unknown == ("hip_Left", "colon_2")
