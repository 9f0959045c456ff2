"""Protocols: what the shipped ones say, and how a wrong one is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from planning.errors import InputError
from planning.model.case import Guidance, Indication
from planning.records.needle_file import read_needles
from planning.records.protocol_file import read_protocol
from planning.records.site_file import read_sites
from planning.trajectories.criteria import CRITERION_KEYS

RESOURCES = Path(__file__).parents[2] / "resources"
KEYS = sorted(p.stem for p in (RESOURCES / "protocols").glob("*.toml"))
# What the planner measures besides the criteria of a plan.
DERIVED = {
    "at_field_of_view_border",
    "entry_side",
    "no_entry",
    "outside_body_mm",
    "off_plane_deg",
    "specimen_shortfall_mm",
    "viable_yield",
    "extra_clearance_mm",
    "specimen_fill",
    "expected_necrosis_fraction",
    "cortex_misfit_deg",
    "slip_deg",
    "long_bone_detour_mm",
}
ORDER = [
    "field_of_view",
    "entry_side",
    "no_entry",
    "stop_under_skin",
    "reach",
    "scan_plane_angle",
    "gantry",
    "leaves_body",
    "vessel",
    "nerve",
    "joint",
    "organ",
    "beyond_tip",
    "forbidden",
    "corridor",
    "specimen",
]
SITES = read_sites((RESOURCES / "sites.toml").read_bytes())
BONE = (RESOURCES / "protocols" / "bone-ct.toml").read_text(encoding="utf-8")


def shipped(key: str):
    return read_protocol((RESOURCES / "protocols" / f"{key}.toml").read_bytes(), key, SITES)


def test_the_bone_protocol_is_shipped():
    assert "bone-ct" in KEYS


@pytest.mark.parametrize("key", KEYS)
def test_shipped_protocols_are_sound(key):
    protocol = shipped(key)
    data = (RESOURCES / "protocols" / f"{key}.toml").read_bytes()
    assert protocol.sha256 == hashlib.sha256(data + SITES.data).hexdigest()
    assert [c.key for c in protocol.constraints] == ORDER
    assert protocol.needle_key in read_needles((RESOURCES / "needles.json").read_bytes())
    known = set(CRITERION_KEYS) | DERIVED
    for entry in (*protocol.constraints, *protocol.objectives, *protocol.cautions):
        assert entry.criterion in known, entry.key
        assert entry.source, entry.key
    assert protocol.sites == SITES.sites
    assert protocol.rules == SITES.rules


@pytest.mark.parametrize("key", KEYS)
def test_every_search_number_says_where_it_comes_from(key):
    search = shipped(key).search
    named = {name for name, source in search.sources if source}
    numbers = {
        name
        for name in search.__dataclass_fields__
        if isinstance(getattr(search, name), int | float)
    }
    assert named == numbers


@pytest.mark.parametrize("key", KEYS)
def test_every_tolerance_says_where_it_comes_from(key):
    rules = shipped(key).review
    numbers = set(rules.__dataclass_fields__) - {"sources"}
    assert {name for name, source in rules.sources if source} == numbers
    assert rules.tolerance.lateral_tip_mm == rules.lateral_tip_mm
    assert rules.match_within_mm > rules.lateral_tip_mm


def test_a_protocol_from_before_needles_were_reviewed_is_read():
    start = BONE.index("[review]")
    older = BONE[:start] + BONE[BONE.index("\n# ----", start) :]
    protocol = read_protocol(older.encode(), "older", SITES)
    assert protocol.review is None
    assert protocol.constraints == shipped("bone-ct").constraints


def test_limits_follow_the_guidance():
    protocol = shipped("bone-ct")
    vessel, angle = protocol.constraint("vessel"), protocol.constraint("scan_plane_angle")
    assert vessel.limit(Guidance.AIMING_DEVICE) == 5.0
    assert vessel.limit(Guidance.FREEHAND) == 10.0
    assert vessel.floor == 3.0
    assert angle.limit(Guidance.ROBOT) == 30.0
    assert angle.limit(Guidance.FREEHAND) == 15.0
    assert protocol.constraint("joint").not_for == (Indication.METASTASIS,)
    assert dict(protocol.constraint("organ").margin_by_role)["lung"] == 5.0
    assert protocol.constraint("luck") is None


def test_pareto_objectives_are_those_of_the_model():
    pareto = {o.key for o in shipped("bone-ct").objectives if o.pareto}
    assert pareto == {"viable_yield", "extra_clearance", "depth", "cortical_incidence", "in_plane"}


def test_yield_weighs_most():
    objectives = shipped("bone-ct").objectives
    by_weight = sorted(objectives, key=lambda o: -o.weight)
    assert [o.key for o in by_weight[:2]] == ["specimen_fill", "viable_yield"]


def edited(old: str, new: str) -> bytes:
    assert old in BONE, "the edit has to hit"
    return BONE.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"= 1", "is not valid TOML.*line 1"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"", "schema_version"),
        (edited("schema_version = 1", "schema_version = 9"), "schema version 9.*reads up to 1"),
        (edited("weight = 3.0", "wieght = 3.0"), 'no key "wieght"; did you mean "weight"'),
        (edited("weight = 3.0", 'weight = "3"'), "\"weight\".*'3' was given"),
        (edited('guidance = "aiming-device"', 'guidance = "luck"'), "'robot', 'aiming-device'"),
        (edited('not_for = ["metastasis"]', 'not_for = ["metastases"]'), "'metastasis'"),
        (edited("at_least = 10.0\n", ""), "exactly one of .at_least. and .at_most."),
        (edited("at_least = 10.0\n", "at_least = 10.0\nat_most = 2\n"), "exactly one of"),
        (edited("[[0.0, 0.0], [1.0, 1.0]]", "[[1.0, 0.0], [0.0, 1.0]]"), "have to ascend"),
        (edited("[[0.0, 0.0], [1.0, 1.0]]", "[[0.0, 0.0], [1.0, 2.0]]"), "between 0 and 1"),
        (edited("[[0.0, 0.0], [1.0, 1.0]]", "[[0.0, 0.0], [1.0]]"), "at least 2 items"),
        (edited("above = 610.0\n", ""), "exactly one of .above. and .below."),
        (edited('key = "nerve"', 'key = "vessel"'), r'two \[\[constraint\]\].*"vessel"'),
        (edited("step_mm = { value = 1.0", "step_mm = { value = 0.0"), '"step_mm" has to be above'),
        (edited("step_mm = { value = 1.0, source", "step_mm = { source"), 'needs a "value"'),
    ],
)
def test_refusals_say_what_is_wrong(data, message):
    with pytest.raises(InputError, match=message) as caught:
        read_protocol(data, "mine", SITES)
    assert 'Protocol "mine"' in str(caught.value)


@pytest.mark.parametrize("key", KEYS)
def test_what_may_be_tightened_is_measured_and_only_tightened(key: str) -> None:
    protocol = shipped(key)
    assert protocol.adjustable
    for limit in protocol.adjustable:
        constraint = protocol.constraint(limit.key)
        assert (constraint is None) == (limit.loosest is not None)
        assert limit.label
        assert limit.short
        if constraint is None:
            assert limit.criterion in {*CRITERION_KEYS, *DERIVED}
            assert protocol.text_of(limit.key) == limit.text
        else:
            general = constraint.limit(protocol.guidance)
            assert (limit.tightest > general) == (constraint.at_least is not None)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('key = "beyond_tip"\nloosest = 1.0\ncriterion = "x"\ntext = "y"', "and only there"),
        ('key = "new"', "and only there"),
        ('key = "new"\nloosest = 1.0', "together"),
        ('key = "new"\nloosest = 9.0\ncriterion = "x"\ntext = "y"', "have to differ"),
    ],
)
def test_a_half_adjustable_limit_is_refused(table: str, words: str) -> None:
    end = '\ntightest = 9.0\nstep = 1.0\nlabel = "L"\nsource = "s"\n'
    text = f"{BONE}\n[[adjustable]]\n{table}{end}"
    with pytest.raises(InputError, match=words):
        read_protocol(text.encode(), "bone-ct", SITES)
