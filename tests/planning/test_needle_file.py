"""The needle catalogue: what is shipped fits together, and how a wrong one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planning.errors import InputError
from planning.model.needle import NeedleKind, Trajectory
from planning.records.needle_file import read_needles

DATA = (Path(__file__).parents[2] / "resources" / "needles.json").read_bytes()
OUTER_MM = {
    8: 4.19,
    11: 3.05,
    13: 2.41,
    14: 2.11,
    15: 1.83,
    16: 1.65,
    18: 1.27,
    20: 0.91,
}
NEEDLES = read_needles(DATA)


def test_the_promised_needles_are_there():
    bone, soft = NEEDLES["bone-11g-100"], NEEDLES["soft-14g-150"]
    assert bone.kind is NeedleKind.TREPHINE
    assert (bone.outer_diameter_mm, bone.usable_length_mm, bone.core_length_mm) == (3.05, 100, 15)
    assert bone.penetrates_bone
    assert not soft.penetrates_bone
    assert (soft.outer_diameter_mm, soft.throw_mm, soft.core_length_mm) == (2.11, 22.0, 18.0)
    assert {n.kind for n in NEEDLES.values()} == set(NeedleKind)


@pytest.mark.parametrize("needle", NEEDLES.values(), ids=lambda n: n.key)
def test_needles_are_physically_possible(needle):
    assert OUTER_MM.get(needle.gauge, needle.outer_diameter_mm) == needle.outer_diameter_mm
    assert needle.inner_diameter_mm < needle.outer_diameter_mm
    assert needle.source
    # A sprung needle's specimen lies about where the tip travels, never far behind the stop.
    if needle.kind in (NeedleKind.SIDE_NOTCH, NeedleKind.FULL_CORE):
        assert needle.throw_mm >= needle.core_length_mm
        assert needle.core_length_mm + needle.dead_space_mm <= needle.throw_mm + 5.0
    trajectory = Trajectory((0.0, 0.0, 0.0), (0.0, 0.0, 80.0))
    shallow, deep = trajectory.specimen_lps_mm(needle)
    assert deep[2] - shallow[2] == pytest.approx(needle.core_length_mm)
    assert trajectory.stop_lps_mm(needle)[2] == pytest.approx(80.0 - needle.stop_to_tip_mm)


def test_an_introducer_costs_length_and_widens_the_tract():
    needle = NEEDLES["soft-14g-160-coaxial"]
    assert needle.reach_mm == 160.0 - needle.introducer_hub_mm < 160.0
    assert needle.radius_mm == pytest.approx(2.41 / 2)
    direct = NEEDLES["soft-14g-150"]
    assert direct.reach_mm == 150.0
    assert direct.radius_mm == pytest.approx(2.11 / 2)


def edited(which: str, /, **values: object) -> bytes:
    raw = json.loads(DATA)
    (needle,) = (n for n in raw["needles"] if n["key"] == which)
    needle.update(values)
    return json.dumps(raw).encode()


def without(name: str) -> bytes:
    raw = json.loads(DATA)
    del raw["needles"][0][name]
    return json.dumps(raw).encode()


COAXIAL = "soft-16g-200-coaxial"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not valid JSON"),
        (b'{"schema_version": 7}', "schema version 7"),
        (b'{"schema_version": 1}', 'needs a "needles"'),
        (without("gauge"), r'\[\[needles\]\] number 1 needs a "gauge"'),
        (edited("bone-8g-100", throw=2.0), 'no key "throw"; did you mean "throw_mm"'),
        (edited("bone-8g-100", gauge="8"), "\"gauge\".*'8' was given"),
        (edited("bone-8g-100", kind="drill"), "'trephine', 'side-notch'"),
        (edited("bone-8g-100", usable_length_mm=-1.0), '"usable_length_mm".*greater than 0'),
        (edited("bone-8g-100", key="bone-8g-150"), '"bone-8g-150" is listed twice'),
        (edited("bone-8g-100", throw_mm=5.0), "throw and dead space have to be 0"),
        (edited("bone-8g-100", inner_diameter_mm=5.0), "wider inside than outside"),
        (edited("bone-8g-100", core_length_mm=200.0), "shorter than its own specimen"),
        (edited("bone-8g-100", drill="nothing"), 'drill "nothing" that is not listed'),
        (edited("bone-8g-100", introducer="none"), 'introducer "none" that is not listed'),
        (edited(COAXIAL, introducer="coaxial-17g-160"), "does not pass through its introducer"),
        (edited(COAXIAL, usable_length_mm=170.0), "does not reach beyond its introducer"),
    ],
)
def test_refusals_say_what_is_wrong(data, message):
    with pytest.raises(InputError, match=message) as caught:
        read_needles(data)
    assert "needle catalogue" in str(caught.value)
