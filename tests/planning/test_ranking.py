"""A plan ranked anew says what a fresh one says of its candidates, and goes back unchanged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import catalogue
from planning.anatomy.case_protocol import protocol_for
from planning.errors import InputError
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.model.case import Case, Guidance
from planning.model.limit import LimitChange
from planning.model.plan import PlanResult
from planning.model.protocol import Protocol
from planning.trajectories import ranking
from planning.trajectories.measure import measure
from planning.trajectories.planner import plan
from planning.trajectories.ranking import can_rank, ranked_anew, wished_limits, wished_weights
from tests import phantoms

SPACING_MM = 2.0


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(SPACING_MM)


@pytest.fixture(scope="module")
def found(torso: phantoms.Phantom) -> PlanResult:
    return plan(torso.understood(), top=8)


@pytest.fixture(scope="module")
def protocol(torso: phantoms.Phantom) -> Protocol:
    return catalogue.protocol(torso.understood().protocol.key)


def anew(torso, found, protocol, *, weights=(), limits=()) -> PlanResult:
    anatomy = torso.understood()
    case = replace(torso.case, weights=weights, limits=limits)
    return ranked_anew(
        found,
        protocol_for(case, protocol, anatomy.guidance),
        weights=weights,
        limits=limits,
        allowance_mm=anatomy.allowance_mm,
    )


def free(result: PlanResult) -> set[str]:
    return {c.candidate_id for c in result.candidates if not c.violations}


def test_with_the_same_wishes_it_is_the_plan_as_it_was_found(torso, found, protocol) -> None:
    assert can_rank(found)
    assert anew(torso, found, protocol) == found
    weighed = anew(torso, found, protocol, weights=(("depth", 9.0),))
    assert weighed != found
    assert anew(torso, weighed, protocol) == found


def test_a_fresh_measurement_under_the_wishes_says_the_same(torso, found, protocol) -> None:
    weights = (("depth", 8.0), ("in_plane", 0.0))
    limits = (LimitChange(key="extra_clearance", value=6.0), LimitChange(key="depth", value=70.0))
    result = anew(torso, found, protocol, weights=weights, limits=limits)
    case = replace(torso.case, weights=weights, limits=limits)
    anatomy = replace(torso, case=case).understood()
    assert any(c.violations for c in result.candidates)
    for candidate in result.candidates:
        again = measure(anatomy, candidate.trajectory)
        assert candidate.score == pytest.approx(again.score, abs=1e-9)
        assert candidate.violations == again.violations
        assert candidate.contributions == pytest.approx(again.contributions, abs=1e-9)
    scores = [c.score for c in result.candidates if not c.violations]
    assert scores == sorted(scores, reverse=True)
    assert [c.rank for c in result.candidates] == list(range(1, len(result.candidates) + 1))
    assert {c.candidate_id for c in result.candidates} == {c.candidate_id for c in found.candidates}


@pytest.mark.parametrize("key", ["viable_yield", "depth", "in_plane", "extra_clearance", "risk"])
def test_more_weight_never_lowers_the_best_in_it(torso, found, protocol, key: str) -> None:
    objective = protocol.objective(key)
    curve = [desire for _, desire in objective.curve]
    rising = curve[-1] > curve[0]
    values = {
        c.candidate_id: ranking.columns_of(c)[objective.criterion][0] for c in found.candidates
    }
    best = (max if rising else min)(values, key=values.__getitem__)
    ranks = []
    for factor in (0.0, 0.5, 1.0, 1.5, 2.0):
        weights = wished_weights(protocol, (), key, factor * objective.weight)
        result = anew(torso, found, protocol, weights=weights)
        ranks.append(next(c.rank for c in result.candidates if c.candidate_id == best))
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("key", ["extra_clearance", "bone_to_drill", "scan_plane_angle", "depth"])
def test_a_tighter_limit_never_lets_more_through(torso, found, protocol, key: str) -> None:
    adjustable = protocol.adjustable_limit(key)
    guidance = Guidance(found.guidance)
    start = ranking.usual_limit(protocol, adjustable, guidance)
    before = free(found)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = start + share * (adjustable.tightest - start)
        limits = wished_limits(protocol, guidance, (), key, value)
        now = free(anew(torso, found, protocol, limits=limits))
        assert now <= before
        before = now
    assert len(before) < len(found.candidates)


def test_a_whole_plan_keeps_the_limits_of_the_case(torso, found) -> None:
    least = min(c.criteria["insertion_depth_mm"] for c in found.candidates)
    limits = (
        LimitChange(key="depth", value=least + 8.0),
        LimitChange(key="extra_clearance", value=3.0),
    )
    anatomy = replace(torso, case=replace(torso.case, limits=limits)).understood()
    result = plan(anatomy, top=4)
    assert result.candidates
    for candidate in result.candidates:
        assert candidate.criteria["insertion_depth_mm"] <= least + 8.0
        assert candidate.measures["extra_clearance_mm"] >= 3.0 + anatomy.allowance_mm - 1e-6
    assert result.rejected["depth"] > 0
    assert result.rejected["extra_clearance"] > 0
    assert result.limits == limits
    assert result.inputs_sha256 != found.inputs_sha256


def test_plan_json_says_the_wishes_and_can_be_ranked_from(torso, found, protocol) -> None:
    weights, limits = (("depth", 4.0),), (LimitChange(key="depth", value=80.0),)
    result = anew(torso, found, protocol, weights=weights, limits=limits)
    assert result.inputs_sha256 != found.inputs_sha256
    assert [n.key for n in result.warnings].count(ranking.RANKED_ANEW) == 1
    back = plan_from_json(plan_to_json(result))
    assert (back.weights, back.limits, back.searched) == (weights, limits, result.searched)
    again = anew(torso, back, protocol)
    assert again.inputs_sha256 == found.inputs_sha256
    assert [(c.candidate_id, c.rank) for c in again.candidates] == [
        (c.candidate_id, c.rank) for c in found.candidates
    ]
    assert [c.score for c in again.candidates] == pytest.approx(
        [c.score for c in found.candidates], abs=1e-5
    )


def test_own_paths_and_extra_cores_stay_behind(torso, found, protocol) -> None:
    first, second, *others = found.candidates
    mixed = replace(
        found,
        candidates=(
            *others,
            replace(first, candidate_id="C1"),
            replace(second, candidate_id="M2", violations=("entry_off_skin",)),
        ),
    )
    result = anew(torso, mixed, protocol, weights=(("depth", 5.0),))
    assert [c.candidate_id for c in result.candidates][-2:] == ["C1", "M2"]
    assert result.candidates[-1].violations == ("entry_off_skin",)


def wishing(**changes: object) -> Case:
    return Case(name="Wish", ct_id="ct", **changes)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (wishing(weights=(("deph", 1.0),)), 'did you mean "depth"'),
        (wishing(weights=(("depth", -1.0),)), "is no weight"),
        (wishing(limits=(LimitChange(key="nerv", value=9.0),)), 'did you mean "nerve"'),
        (wishing(limits=(LimitChange(key="vessel", value=4.0),)), "record a reason"),
        (
            wishing(limits=(LimitChange(key="reach", value=5.0, reason="long arms"),)),
            "geometry and cannot be loosened",
        ),
    ],
)
def test_what_cannot_be_wished_is_refused_in_words(case: Case, words: str) -> None:
    with pytest.raises(InputError, match=words):
        protocol_for(case, catalogue.protocol("bone-ct"), Guidance.NAVIGATED)


def test_a_limit_with_a_reason_may_be_loosened_and_roles_follow_where_it_passes() -> None:
    protocol = catalogue.protocol("bone-ct")
    limits = (LimitChange(key="organ", value=3.0, reason="pleura is far"),)
    loose = protocol_for(wishing(limits=limits), protocol, Guidance.NAVIGATED).constraint("organ")
    assert (loose.at_least, dict(loose.margin_by_role)["canal"]) == (3.0, 3.0)
    limits = (LimitChange(key="organ", value=8.0),)
    wide = protocol_for(wishing(limits=limits), protocol, Guidance.FREEHAND).constraint("organ")
    assert (wide.at_least, dict(wide.margin_by_role)["canal"]) == (8.0, 8.0)


def test_what_is_as_in_the_protocol_is_no_wish() -> None:
    protocol = catalogue.protocol("bone-ct")
    weights = wished_weights(protocol, (), "depth", 2.0)
    assert weights == (("depth", 2.0),)
    assert wished_weights(protocol, weights, "depth", protocol.objective("depth").weight) == ()
    limits = wished_limits(protocol, Guidance.FREEHAND, (), "scan_plane_angle", 10.0)
    assert [(c.key, c.value) for c in limits] == [("scan_plane_angle", 10.0)]
    assert wished_limits(protocol, Guidance.FREEHAND, limits, "scan_plane_angle", 15.0) == ()


def test_a_limit_with_a_reason_is_said_as_long_as_it_holds(torso, protocol) -> None:
    limits = (LimitChange(key="scan_plane_angle", value=40.0, reason="tilted gantry"),)
    anatomy = replace(torso, case=replace(torso.case, limits=limits)).understood()
    (said,) = [n for n in anatomy.notices if n.key == "limit_changed"]
    assert said.text == "scan_plane_angle is 40 in this case: tilted gantry"
    result = plan(anatomy, top=2)
    assert said in result.warnings
    assert said not in anew(torso, result, protocol).warnings


def test_an_anatomy_judges_by_present_wishes_and_keeps_what_it_was_understood_with(
    torso, protocol
) -> None:
    anatomy = torso.understood()
    case = replace(
        torso.case, weights=(("depth", 7.0),), limits=(LimitChange(key="depth", value=50.0),)
    )
    judged = ranking.judged_as(anatomy, case, protocol)
    assert judged.protocol == protocol_for(case, protocol, anatomy.guidance)
    assert (judged.case.weights, judged.case.limits) == (case.weights, ())
    assert judged.fields is anatomy.fields


def test_an_anatomy_made_for_the_case_judges_by_the_same_protocol(torso, protocol) -> None:
    case = replace(
        torso.case, weights=(("depth", 7.0),), limits=(LimitChange(key="depth", value=50.0),)
    )
    anatomy = replace(torso, case=case).understood()
    assert anatomy.protocol == protocol_for(case, protocol, anatomy.guidance)
