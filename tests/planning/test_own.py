"""Paths placed by hand are candidates like any other: listed, measured, handed over."""

from __future__ import annotations

import json

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.handover.slicer_markups import plan_to_markups, trajectories_from_markups
from planning.handover.tables import plan_to_csv
from planning.model.case import OwnPath, is_own_id
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.trajectories.hand_start import from_entry, from_tip
from planning.trajectories.measure import measure
from planning.trajectories.own import own_of, with_own
from planning.trajectories.planner import plan
from planning.trajectories.skin_snap import nearest_skin, on_skin_along, on_skin_seen
from tests import phantoms

BACK_Y = phantoms.HALF_DEPTH_MM
GOOD = Trajectory((4.0, BACK_Y, 2.0), (4.0, -14.0, 2.0))
BAD = Trajectory((36.0, BACK_Y, 0.0), (35.0, -5.0, 0.0))
PATHS = (OwnPath(path_id="M1", trajectory=GOOD), OwnPath(path_id="M3", trajectory=BAD))


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(1.5).understood()


@pytest.fixture(scope="module")
def planned(anatomy: Anatomy) -> PlanResult:
    return plan(anatomy, top=2)


def test_own_paths_follow_the_ranked_and_are_measured_alike(
    anatomy: Anatomy, planned: PlanResult
) -> None:
    both = with_own(planned, anatomy, PATHS)
    ranked = len(planned.candidates)
    assert both.candidates[:ranked] == planned.candidates
    assert [(c.candidate_id, c.rank) for c in own_of(both)] == [
        ("M1", ranked + 1),
        ("M3", ranked + 2),
    ]
    exact = measure(anatomy, GOOD)
    assert own_of(both)[0].criteria == exact.criteria
    assert own_of(both)[0].score == exact.score
    assert {"vessel", "specimen"} <= set(own_of(both)[1].violations)
    assert (both.evaluated, both.rejected) == (planned.evaluated, planned.rejected)


def test_without_own_paths_a_plan_stays_what_it_is(anatomy: Anatomy, planned: PlanResult) -> None:
    assert with_own(planned, anatomy, ()) is planned
    assert with_own(None, anatomy, ()) is None
    assert with_own(with_own(planned, anatomy, PATHS), anatomy, ()) == planned
    assert with_own(with_own(None, anatomy, PATHS), anatomy, ()) is None


def test_what_is_known_is_not_measured_again(anatomy: Anatomy, planned: PlanResult) -> None:
    first = with_own(planned, anatomy, PATHS)
    moved = (PATHS[0], OwnPath(path_id="M3", trajectory=GOOD))
    again = with_own(first, anatomy, moved, own_of(first))
    assert own_of(again)[0].criteria is own_of(first)[0].criteria
    assert own_of(again)[1].trajectory == GOOD


def test_without_a_plan_own_paths_carry_its_header(anatomy: Anatomy, planned: PlanResult) -> None:
    alone = with_own(None, anatomy, PATHS)
    assert (alone.evaluated, alone.rejected, alone.core_set) == (0, {}, None)
    for field in ("case_name", "needle", "guidance", "protocol_sha256", "viability_source"):
        assert getattr(alone, field) == getattr(planned, field)
    assert alone.inputs_sha256 == planned.inputs_sha256
    assert alone.not_checked == planned.not_checked


def test_an_entry_off_the_skin_breaks_a_limit_and_says_how_far(anatomy: Anatomy) -> None:
    under = OwnPath(path_id="M1", trajectory=Trajectory((4.0, 35.0, 2.0), (4.0, -14.0, 2.0)))
    (found,) = own_of(with_own(None, anatomy, (under,)))
    assert found.violations[0] == "entry_off_skin"
    assert "10 mm under the skin" in found.warnings[0].text


def test_plan_json_gives_back_own_candidates(anatomy: Anatomy, planned: PlanResult) -> None:
    for written in (with_own(planned, anatomy, PATHS), with_own(None, anatomy, PATHS)):
        text = plan_to_json(written)
        read = plan_from_json(text)
        assert plan_to_json(read) == text
        good, bad = own_of(read)
        assert (good.candidate_id, bad.candidate_id) == ("M1", "M3")
        assert bad.violations == own_of(written)[1].violations
        record = json.loads(text)["candidates"][-1]
        assert "constraint_violated: vessel" in record["warnings"]


def test_tables_and_markups_name_own_paths_and_what_they_break(
    anatomy: Anatomy, planned: PlanResult
) -> None:
    written = with_own(planned, anatomy, PATHS)
    table = plan_to_csv(written).splitlines()
    assert "constraint_violated: vessel" in table[-1]
    assert "constraint_violated" not in table[1]
    files = plan_to_markups(written)
    (line,) = json.loads(files["trajectory-M3.mrk.json"])["markups"]
    assert line["name"] == "Trajectory M3"
    assert line["description"].startswith("Placed by hand; breaks: ")
    assert len(files) == len(written.candidates) + 3
    read = {t.name: t for t in trajectories_from_markups(files)}
    assert read["Trajectory M3"].tip_lps_mm == pytest.approx(BAD.tip_lps_mm)


@pytest.mark.parametrize("name", ["M1", "M12"])
def test_own_ids_are_told_from_others(name: str) -> None:
    assert is_own_id(name)
    assert not is_own_id(f"T{name}")
    assert not is_own_id("M")
    assert not is_own_id("Medial 1")


def test_an_entry_slides_over_the_skin_in_the_needles_direction(anatomy: Anatomy) -> None:
    tip = (4.0, -8.0, 2.0)
    for beyond in (-30.0, -3.0, 0.0, 5.0):  # under the skin, and off it
        pointed = (14.0, BACK_Y + beyond, 12.0)
        x, y, z = on_skin_along(anatomy, pointed, tip)
        assert y == pytest.approx(BACK_Y, abs=0.2)
        share = (BACK_Y - tip[1]) / (pointed[1] - tip[1])
        assert x == pytest.approx(tip[0] + share * (pointed[0] - tip[0]), abs=0.2)
        assert z == pytest.approx(tip[2] + share * (pointed[2] - tip[2]), abs=0.2)


def test_on_the_border_of_the_volume_there_is_no_skin(anatomy: Anatomy) -> None:
    above = (4.0, 0.0, phantoms.HALF_HEIGHT_MM - 1.0)
    found = on_skin_along(anatomy, above, (4.0, 0.0, 0.0))
    border = anatomy.ct.grid.border_distance_mm(found)
    assert border > 2.0
    assert nearest_skin(anatomy, (4.0, 40.0, 2.0))[1] == pytest.approx(BACK_Y, abs=0.3)


def test_a_look_meets_the_nearest_skin(anatomy: Anatomy) -> None:
    seen = on_skin_seen(anatomy, (10.0, 51.0, 5.0), (10.0, -51.0, 5.0))
    assert seen == pytest.approx((10.0, BACK_Y, 5.0), abs=0.2)
    assert on_skin_seen(anatomy, (65.0, 51.0, 5.0), (65.0, -51.0, 5.0)) is None


def test_a_tip_alone_begins_where_its_needle_is_best(anatomy: Anatomy) -> None:
    path = from_tip(anatomy, (4.0, -14.0, 2.0))
    assert path.tip_lps_mm == (4.0, -14.0, 2.0)
    assert measure(anatomy, path).violations == ()
    assert measure(anatomy, path).score >= measure(anatomy, GOOD).score - 0.05


def test_an_entry_alone_goes_to_the_middle_of_the_lesion(anatomy: Anatomy) -> None:
    path = from_entry(anatomy, (20.0, BACK_Y + 3.0, 10.0))
    assert path.entry_lps_mm[1] == pytest.approx(BACK_Y, abs=0.3)
    needle = anatomy.needle
    middle = np.mean(path.specimen_lps_mm(needle), axis=0)
    assert middle == pytest.approx(anatomy.lesion.centroid_lps_mm, abs=0.1)
