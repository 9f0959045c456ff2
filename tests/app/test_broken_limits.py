"""What is said of a broken limit names what was measured and what is demanded, where that tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import catalogue
from app.presenters.broken_limits import broken_lines, broken_words
from planning.model.plan import Candidate, Notice, PlanResult


@pytest.fixture
def broken(plan: PlanResult) -> Candidate:
    return replace(
        plan.candidates[0],
        violations=("reach", "scan_plane_angle", "nerve"),
        criteria={
            "needle_reach_margin_mm": 9.13,
            "scan_plane_angle_deg": -34.2,
            "nerve_clearance_mm": 9.0,
        },
        warnings=(),
    )


def test_the_measured_and_the_demanded_stand_side_by_side(broken: Candidate) -> None:
    lines = broken_lines(broken, catalogue.protocol("bone-ct"), "aiming-device")
    assert lines[0] == ("needle too short: needle length to spare 9.1 mm, at least 10 mm demanded")
    assert lines[1] == ("too steep to the scan plane: angle to the slices 34°, at most 30° allowed")


def test_the_limit_is_that_of_the_guidance(broken: Candidate) -> None:
    lines = broken_lines(broken, catalogue.protocol("bone-ct"), "freehand")
    assert "at most 15° allowed" in lines[1]


def test_what_is_judged_by_more_than_the_limit_is_said_without_numbers(broken: Candidate) -> None:
    protocol = catalogue.protocol("bone-ct")
    assert broken_lines(broken, protocol, "aiming-device")[2] == "too close to a nerve"
    assert broken_words(broken, protocol).endswith("; too close to a nerve")


def test_what_the_needle_was_told_goes_first(broken: Candidate) -> None:
    told = replace(broken, warnings=(Notice("reach", "the chain is too short by 3 mm"),))
    lines = broken_lines(told, catalogue.protocol("bone-ct"), "aiming-device")
    assert lines[0] == "the chain is too short by 3 mm"


def test_a_limit_that_no_protocol_names_is_said_as_the_needle_was_told(broken: Candidate) -> None:
    deep = "the entry lies more than 60 mm under the skin; depths count from it"
    own = replace(
        broken, violations=("entry_off_skin", "reach"), warnings=(Notice("entry_off_skin", deep),)
    )
    assert broken_words(own, catalogue.protocol("bone-ct")) == f"{deep}; needle too short"
