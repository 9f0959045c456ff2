"""plan.json: its schema, its bytes, its round trip and its refusals."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.errors import InputError
from planning.handover.plan_json import candidate_to_json, plan_from_json, plan_to_json
from planning.model.limit import LimitChange
from planning.model.needle import Needle
from planning.model.plan import BoneEntry, PlanResult, Searched
from planning.trajectories.criteria import CRITERION_KEYS
from tests import example_plans

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "resources" / "schemas" / "plan.schema.json").read_text("utf-8")
)
CONTRACT_KEYS = [
    "schema_version",
    "software_version",
    "case",
    "frame_of_reference_uid",
    "series_uid",
    "patient_position",
    "ct_position",
    "indication",
    "guidance",
    "viability_source",
    "needle",
    "protocol",
    "inputs_sha256",
    "evaluated",
    "rejected",
    "not_checked",
    "warnings",
    "candidates",
    "core_set",
]
CANDIDATE_KEYS = [
    "id",
    "rank",
    "entry_lps_mm",
    "stop_lps_mm",
    "tip_lps_mm",
    "specimen_lps_mm",
    "score",
    "criteria",
    "habitat_mm",
    "nearest",
    "contributions",
    "warnings",
    "compartments",
]


def valid(plan: PlanResult) -> dict:
    document = json.loads(plan_to_json(plan))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def rounded(plan: PlanResult) -> PlanResult:
    return plan_from_json(plan_to_json(plan))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_keys_are_those_of_the_contract():
    document = valid(example_plans.plan())
    assert list(document) == CONTRACT_KEYS
    assert list(document["candidates"][0]) == CANDIDATE_KEYS
    assert list(document["protocol"]) == ["key", "version", "sha256"]
    assert set(document["needle"]) == {field.name for field in fields(Needle)}


def test_schema_lists_every_criterion_in_order():
    listed = SCHEMA["properties"]["candidates"]["items"]["properties"]["criteria"]["properties"]
    assert tuple(listed) == CRITERION_KEYS


def test_an_empty_answer_is_a_plan():
    document = valid(example_plans.empty_plan())
    assert document["candidates"] == []
    assert rounded(example_plans.empty_plan()) == example_plans.empty_plan()


def test_round_trip():
    plan = example_plans.plan()
    back = rounded(plan)
    first, again = plan.candidates[0], back.candidates[0]
    assert again.trajectory.entry_lps_mm == pytest.approx(first.trajectory.entry_lps_mm, abs=5e-7)
    assert back.not_checked == plan.not_checked
    assert back.warnings == plan.warnings
    assert replace(back, candidates=()) == replace(plan, candidates=())
    assert again.criteria == {
        key: None if value is None else pytest.approx(value, abs=5e-7)
        for key, value in first.criteria.items()
    }
    assert back.candidates[1].nearest == plan.candidates[1].nearest


def test_margins_may_be_absent_in_older_plans():
    document = valid(example_plans.plan())
    for candidate in document["candidates"]:
        for nearest in candidate["nearest"]:
            del nearest["margin_mm"]
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    back = plan_from_json(json.dumps(document))
    assert math.isnan(back.candidates[0].nearest[0].margin_mm)
    assert '"margin_mm"' not in plan_to_json(back)


def test_reading_and_writing_again_changes_no_byte():
    text = plan_to_json(example_plans.plan())
    assert plan_to_json(plan_from_json(text)) == text
    assert plan_to_json(plan_from_json(text.encode())) == text


def test_violated_constraints_come_back():
    plan = example_plans.plan()
    measured = replace(plan.candidates[0], violations=("vessel", "reach"))
    plan = replace(plan, candidates=(measured,))
    warnings = valid(plan)["candidates"][0]["warnings"]
    assert warnings[:2] == ["constraint_violated: vessel", "constraint_violated: reach"]
    back = plan_from_json(plan_to_json(plan)).candidates[0]
    assert back.violations == measured.violations
    assert back.warnings == measured.warnings


def test_compartments_come_back_in_order_and_may_be_absent_in_older_plans():
    plan = example_plans.plan()
    back = plan_from_json(plan_to_json(plan)).candidates[0]
    assert back.compartments == plan.candidates[0].compartments
    document = valid(plan)
    for candidate in document["candidates"]:
        del candidate["compartments"]
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert plan_from_json(json.dumps(document)).candidates[0].compartments == ()


def test_a_candidate_alone_reads_as_in_the_plan():
    plan = example_plans.plan()
    alone = json.loads(candidate_to_json(plan.candidates[1]))
    assert alone == json.loads(plan_to_json(plan))["candidates"][1]


def test_the_way_into_the_bone_comes_back_and_may_be_left_out():
    plan = example_plans.plan()
    intact = BoneEntry(
        bone="hip_right",
        kind="irregular",
        broken=False,
        depth_mm=41.5,
        incidence_deg=12.25,
        thickness_along_mm=3.5,
        thickness_mm=3.420275,
        thickness_resolved=True,
        peak_hu=812.0,
        cortical_mm=3.75,
        cancellous_mm=6.5,
    )
    broken = BoneEntry(bone="", kind="unknown", broken=True, depth_mm=20.0, window_area_mm2=452.5)
    for bone in (intact, broken):
        changed_plan = replace(plan, candidates=(replace(plan.candidates[0], bone=bone),))
        document = valid(changed_plan)
        assert list(document["candidates"][0]) == [*CANDIDATE_KEYS, "bone"]
        assert plan_from_json(plan_to_json(changed_plan)).candidates[0].bone == bone
    assert plan_from_json(plan_to_json(plan)).candidates[0].bone is None


def test_reasons_of_what_was_not_checked_stand_among_the_warnings():
    document = valid(example_plans.plan())
    assert document["not_checked"] == ["gantry_clearance_mm", "ureter", "odd: name"]
    assert "not_checked: ureter: no mask" in document["warnings"]
    assert "position_differs: scanned supine, planned prone: carry it over" in document["warnings"]


def test_unmeasured_criteria_are_null():
    plan = example_plans.plan()
    bare = replace(plan.candidates[0], criteria={"insertion_depth_mm": 60.0})
    criteria = valid(replace(plan, candidates=(bare,)))["candidates"][0]["criteria"]
    assert tuple(criteria) == CRITERION_KEYS
    assert {key for key, value in criteria.items() if value is not None} == {"insertion_depth_mm"}


@given(st.floats(-1e4, 1e4), st.floats(-4e-7, 4e-7))
def test_noise_below_the_last_digit_changes_no_byte(value, noise):
    kept = round(value, 6)
    plan = example_plans.plan()

    def with_entry(x: float) -> PlanResult:
        return replace(plan, candidates=(example_plans.candidate(1, (x, 0.0, 0.0)),))

    assert plan_to_json(with_entry(kept)) == plan_to_json(with_entry(kept + noise))
    assert "-0.0," not in plan_to_json(with_entry(-1e-9))


def test_a_number_that_is_none_is_not_written():
    plan = example_plans.plan()
    broken = replace(plan.candidates[0], score=float("nan"))
    with pytest.raises(ValueError, match="JSON compliant"):
        plan_to_json(replace(plan, candidates=(broken,)))


def changed(**values: object) -> str:
    return json.dumps({**json.loads(plan_to_json(example_plans.plan())), **values})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "plan.json is not valid JSON"),
        ("[]", "one JSON object"),
        ("{}", "schema_version"),
        (changed(schema_version=2), "schema version 2, this Trephine reads up to 1; update"),
        (changed(schema_version=True), "whole number"),
        (changed(evaluatd=1), 'has no key "evaluatd"; did you mean "evaluated"?'),
        (changed(evaluated=-1), '"evaluated".*-1 was given'),
        (changed(evaluated="7"), "\"evaluated\".*'7' was given"),
        (changed(core_set={"cores": []}), r'\[core_set\]: "cores" should have at least 1 item'),
        (changed(candidates=[{"id": "c1"}]), r'\[\[candidates\]\] number 1 needs a "rank"'),
    ],
)
def test_refusals_say_what_is_wrong(text, message):
    with pytest.raises(InputError, match=message):
        plan_from_json(text)


def test_a_criterion_too_many_or_too_few_is_refused():
    document = json.loads(plan_to_json(example_plans.plan()))
    criteria = document["candidates"][0]["criteria"]
    criteria["luck"] = 1.0
    with pytest.raises(InputError, match='"luck" is no criterion'):
        plan_from_json(json.dumps(document))
    del criteria["luck"], criteria["risk_index"]
    with pytest.raises(InputError, match='"risk_index" is missing'):
        plan_from_json(json.dumps(document))


def test_a_missing_key_is_refused():
    document = json.loads(plan_to_json(example_plans.plan()))
    del document["needle"]
    with pytest.raises(InputError, match='the file needs a "needle"'):
        plan_from_json(json.dumps(document))


def test_weights_limits_and_measures_come_back():
    plan = example_plans.with_cores()
    first, second = plan.candidates
    second = replace(second, measures={"extra_clearance_mm": 4.5, "cortex_misfit_deg": None})
    (core,) = plan.core_set.cores
    core = replace(
        core, candidate=second, expected_mm={"Habitat A": 6.5}, chances={"Habitat A": 0.75}
    )
    wished = replace(
        plan,
        candidates=(first, second),
        core_set=replace(plan.core_set, cores=(core,)),
        weights=(("depth", 2.5),),
        limits=(
            LimitChange(key="depth", value=80.0),
            LimitChange(key="vessel", value=4.0, reason="seen"),
        ),
        searched=Searched(weights=(), limits=(), inputs_sha256="ef" * 32),
    )
    document = valid(wished)
    assert document["weights"] == {"depth": 2.5}
    assert document["limits"][0] == {"key": "depth", "value": 80.0}
    back = rounded(wished)
    assert (back.weights, back.limits, back.searched) == (
        wished.weights,
        wished.limits,
        wished.searched,
    )
    assert back.candidates[1].measures == second.measures
    assert back.core_set.cores[0].expected_mm == core.expected_mm
    assert back.core_set.cores[0].chances == core.chances
    assert "weights" not in valid(plan)
    assert "measures" not in document["candidates"][0]
