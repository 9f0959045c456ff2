"""The shipped sites and rules, which rules hold where, and how a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from planning.errors import InputError
from planning.model.case import Indication
from planning.model.site import RuleKind
from planning.records.protocol_file import read_protocol
from planning.records.site_file import read_sites
from planning.trajectories.criteria import CRITERION_KEYS

RESOURCES = Path(__file__).parents[2] / "resources"
TEXT = (RESOURCES / "sites.toml").read_text(encoding="utf-8")
TABLE = read_sites(TEXT.encode())
BY_KEY = {rule.key: rule for rule in TABLE.rules}


def holding(site: str, indication: Indication, *kinds: RuleKind) -> set[str]:
    return {
        r.key
        for r in TABLE.rules
        if r.holds(site, indication) and r.enabled and (not kinds or r.kind in kinds)
    }


def test_everything_says_where_it_comes_from() -> None:
    assert all(s.source for s in TABLE.sites)
    assert all(r.source and r.text for r in TABLE.rules)
    assert all(g.source for g in TABLE.compartments)
    assert "height" in TABLE.intercostal.source
    assert TABLE.sites[-1].key == "generic"


def test_rules_ask_for_what_is_measured() -> None:
    known = {*CRITERION_KEYS, "compartments_crossed"}
    assert {r.criterion for r in TABLE.rules if r.criterion} <= known
    protocol = read_protocol(
        (RESOURCES / "protocols" / "bone-ct.toml").read_bytes(), "bone-ct", TABLE
    )
    objectives = {o.key for o in protocol.objectives}
    assert {c.objective for s in TABLE.sites for c in s.curves} <= objectives
    assert not {r.key for r in TABLE.rules} & {c.key for c in protocol.constraints}


def test_the_sites_of_the_model_are_there() -> None:
    keys = {s.key for s in TABLE.sites}
    assert {"ilium", "sacrum", "spine", "femur", "tibia", "humerus", "rib", "chest-wall"} <= keys
    assert {"thigh", "fibula", "scapula", "sternum", "skull"} <= keys
    spines = [s for s in TABLE.sites if s.key.endswith("spine")]
    assert len(spines) == 4
    for site in TABLE.sites:
        assert site.canal_margin_in_bone_mm == (1.0 if site in spines else None)


def test_ilium_expects_what_lies_there() -> None:
    ilium = next(s for s in TABLE.sites if s.key == "ilium")
    expected = {e.name: e.role for e in ilium.expected}
    assert expected["sciatic nerve"] == "nerve"
    assert expected["superior gluteal vessels"] == "vessel"
    assert expected["hip joint"] == "joint"
    assert expected["ureter"] == "organ"


@pytest.mark.parametrize(
    ("site", "key"),
    [
        ("ilium", "ilium-gluteal-flap"),
        ("femur", "thigh-extensors"),
        ("thigh", "thigh-extensors"),
        ("tibia", "tibia-medial"),
        ("fibula", "fibula-lateral"),
        ("humerus", "humerus-deltoid"),
    ],
)
def test_a_primary_is_kept_inside_what_will_be_resected(site: str, key: str) -> None:
    for indication in (Indication.PRIMARY, Indication.UNKNOWN, Indication.REBIOPSY):
        assert key in holding(site, indication, RuleKind.HARD)
    assert key not in holding(site, Indication.METASTASIS)
    assert key not in holding("sacrum", Indication.PRIMARY)


def test_unknown_behaves_as_primary_at_every_site() -> None:
    for site in TABLE.sites:
        assert holding(site.key, Indication.UNKNOWN) == holding(site.key, Indication.PRIMARY)


def test_tendons_are_kept_whatever_the_indication() -> None:
    for indication in Indication:
        assert "extensor-tendons" in holding("thigh", indication, RuleKind.HARD)


def test_indications_bring_their_own_notes() -> None:
    assert "infection-cores" in holding("ilium", Indication.INFECTION, RuleKind.NOTE)
    assert "lymphoma-core" in holding("rib", Indication.MYELOMA_LYMPHOMA, RuleKind.NOTE)
    assert "earlier-tract" in holding("rib", Indication.REBIOPSY, RuleKind.REMINDER)
    assert "hypervascular" in holding("spine", Indication.METASTASIS, RuleKind.REMINDER)


def test_flat_bone_prefers_an_oblique_needle() -> None:
    for key in ("rib", "sternum", "scapula", "skull"):
        (curve,) = next(s for s in TABLE.sites if s.key == key).curves
        worth = dict(curve.curve)
        assert worth[30.0] == worth[60.0] == 1.0
        assert worth[0.0] < 1.0
        assert "flat-bone-oblique" in holding(key, Indication.METASTASIS)


def edited(old: str, new: str) -> bytes:
    assert old in TEXT, "the edit has to hit"
    return TEXT.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"= 1", "is not valid TOML"),
        (b"", "schema_version"),
        (edited("schema_version = 1", "schema_version = 2"), "schema version 2.*reads up to 1"),
        (edited("avoid = [", "aviod = ["), 'no key "aviod"; did you mean "avoid"'),
        (edited('sites = ["tibia"]', 'sites = ["tibea"]'), '"tibea" that is not there; did you'),
        (edited('key = "fibula-lateral"', 'key = "tibia-medial"'), 'two .*rule.*"tibia-medial"'),
        (edited('key = "femur"', 'key = "tibia"'), 'two .*site.*"tibia"'),
        (edited('kind = "note"', 'kind = "advice"'), "'hard', 'caution', 'reminder' or 'note'"),
        (edited('avoid = ["deltoid"]\n', ""), "exactly one of"),
        (edited('criterion = "bone_traversal_mm"\n', ""), "exactly one of"),
        (edited("above = 2.0\n", ""), 'exactly one of "above" and "below"'),
        (edited('kind = "reminder"', 'kind = "hard"'), "exactly one of"),
        (edited('avoid = ["deltoid"]', 'avoid = ["Deltoid"]'), "should match pattern"),
        (edited('directions = ["lateral"]', 'directions = ["outside"]'), "'anterior', 'posterior'"),
        (edited('["infection"]', '["unknown"]'), 'behaves as "primary"'),
        (edited("[30.0, 1.0], [60.0", "[30.0, 1.0], [20.0"), "do not ascend"),
        (edited("height_mm = { value = 8.0", "height_mm = { value = -8.0"), "greater than 0"),
    ],
)
def test_refusals_say_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_sites(data)
    assert "The file of sites" in str(caught.value)


def test_a_reminder_measures_nothing() -> None:
    with pytest.raises(InputError, match="a reminder measures nothing"):
        read_sites(edited('kind = "hard"\ntext = "fibula', 'kind = "reminder"\ntext = "fibula'))


def test_the_protocols_fingerprint_covers_the_sites() -> None:
    data = (RESOURCES / "protocols" / "bone-ct.toml").read_bytes()
    other = read_sites(edited("within_deg = 60.0", "within_deg = 61.0"))
    assert read_protocol(data, "x", TABLE).sha256 != read_protocol(data, "x", other).sha256
