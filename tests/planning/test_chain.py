"""Whether each part of a needle's chain is long enough, by arithmetic on the catalogue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import catalogue
from planning.model.needle_chain import NeedleChain
from planning.trajectories.chain import Part, reaches

COAXIAL = catalogue.needle("bone-15g-160-coaxial")  # cannula of 95 mm, hub of 25, drill of 122
CHAIN = catalogue.needle_chains()[COAXIAL.key]
CRITERIA = {
    "stop_depth_mm": 70.0,
    "insertion_depth_mm": 85.0,
    "needle_reach_margin_mm": 50.0,
    "cortex_depth_mm": 60.0,
    "lesion_depth_mm": 68.0,
    "bone_traversal_mm": 8.0,
}


def test_each_part_is_held_against_what_it_has_to_reach() -> None:
    introducer, drill, needle = reaches(COAXIAL, CHAIN, CRITERIA)
    assert (introducer.part, introducer.spare_mm) == (Part.INTRODUCER, pytest.approx(95.0 - 70.0))
    assert (drill.part, drill.spare_mm) == (Part.DRILL, pytest.approx(122.0 - 25.0 - 68.0))
    assert (needle.part, needle.spare_mm) == (Part.NEEDLE, 50.0)
    assert all(reach.needed for reach in (introducer, drill, needle))


def test_too_short_is_negative() -> None:
    deep = {**CRITERIA, "stop_depth_mm": 99.0, "needle_reach_margin_mm": -4.0}
    introducer, _, needle = reaches(COAXIAL, CHAIN, deep)
    assert introducer.spare_mm == pytest.approx(-4.0)
    assert needle.spare_mm == -4.0


def test_without_bone_no_drill_is_needed_and_without_masks_nothing_is_said() -> None:
    _, drill, _ = reaches(COAXIAL, CHAIN, {**CRITERIA, "bone_traversal_mm": 0.0})
    assert not drill.needed
    _, drill, _ = reaches(COAXIAL, CHAIN, {**CRITERIA, "bone_traversal_mm": None})
    assert drill.needed
    assert drill.spare_mm is None


def test_a_drill_goes_on_to_a_lesion_behind_scattered_bone() -> None:
    _, drill, _ = reaches(COAXIAL, CHAIN, {**CRITERIA, "lesion_depth_mm": 75.0})
    assert drill.spare_mm == pytest.approx(122.0 - 25.0 - 75.0)


def test_a_needle_alone_is_its_own_chain() -> None:
    alone = catalogue.needle("bone-11g-100")
    assert catalogue.needle_chains()[alone.key] == NeedleChain()
    (needle,) = reaches(alone, NeedleChain(), CRITERIA)
    assert needle.name == alone.name
    assert reaches(replace(alone, name="x"), NeedleChain(), {})[0].spare_mm is None


def test_the_catalogue_has_a_chain_for_every_needle() -> None:
    chains = catalogue.needle_chains()
    assert chains.keys() == catalogue.needles().keys()
    for key, needle in catalogue.needles().items():
        introducer = chains[key].introducer
        assert (introducer is None) == (not needle.introducer)
        if introducer is not None:
            assert introducer.hub_length_mm == needle.introducer_hub_mm
