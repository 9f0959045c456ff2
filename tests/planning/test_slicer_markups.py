"""Markups for 3D Slicer: the schema's facts, what a line means, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.errors import InputError
from planning.handover.notice import RESEARCH_USE
from planning.handover.slicer_markups import (
    SCHEMA_URL,
    plan_to_markups,
    trajectories_from_markups,
)
from planning.trajectories.criteria import CRITERION_KEYS
from tests import example_plans


def numbers(count: int) -> dict:
    return {"type": "array", "items": {"type": "number"}, "minItems": count, "maxItems": count}


CODE = {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}
POINT = {
    "type": "object",
    "required": ["id", "label", "position"],
    "properties": {
        "id": {"type": "string"},
        "label": {"type": "string"},
        "description": {"type": "string"},
        "associatedNodeID": {"type": "string"},
        "position": numbers(3),
        "orientation": numbers(9),
        "selected": {"type": "boolean"},
        "locked": {"type": "boolean"},
        "visibility": {"type": "boolean"},
        "positionStatus": {"enum": ["undefined", "preview", "defined"]},
    },
}
MEASUREMENT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "enabled": {"type": "boolean"},
        "value": {"type": "number"},
        "units": {"anyOf": [{"type": "string"}, CODE]},
        "description": {"type": "string"},
        "printFormat": {"type": "string"},
        "quantityCode": CODE,
        "derivationCode": CODE,
        "methodCode": CODE,
        "controlPointValues": {"type": "array", "items": {"type": "number"}},
    },
}
MARKUP = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {
            "enum": ["Fiducial", "Line", "Angle", "Curve", "ClosedCurve", "Plane", "ROI"],
        },
        "name": {"type": "string"},
        "coordinateSystem": {"enum": ["LPS", "RAS"]},
        "coordinateUnits": {"anyOf": [{"enum": ["mm", "um"]}, CODE]},
        "locked": {"type": "boolean"},
        "fixedNumberOfControlPoints": {"type": "boolean"},
        "labelFormat": {"type": "string"},
        "controlPoints": {"type": "array", "items": POINT},
        "measurements": {"type": "array", "items": MEASUREMENT},
    },
}
# Written from the facts of the markups format, version 1.0.3; own keys are allowed everywhere.
FACTS = {
    "type": "object",
    "required": ["@schema", "markups"],
    "properties": {
        "@schema": {"type": "string"},
        "markups": {"type": "array", "items": MARKUP},
    },
}


def documents(plan) -> dict[str, dict]:
    return {name: json.loads(text) for name, text in plan_to_markups(plan).items()}


@pytest.mark.parametrize("plan", [example_plans.plan(), example_plans.empty_plan()])
def test_every_file_keeps_to_the_format(plan):
    for document in documents(plan).values():
        jsonschema.Draft7Validator(FACTS).validate(document)
        assert document["@schema"] == SCHEMA_URL
        assert document["@schema"].endswith("/markups-schema-v1.0.3.json#")
        assert len(document["markups"]) == 1


def test_file_names():
    assert list(plan_to_markups(example_plans.plan())) == [
        "trajectory-01.mrk.json",
        "trajectory-02.mrk.json",
        "Entry.mrk.json",
        "Target.mrk.json",
        "Tip.mrk.json",
    ]


def test_a_line_runs_from_entry_to_stop_never_to_the_tip():
    plan = example_plans.plan()
    candidate = plan.candidates[0]
    (line,) = documents(plan)["trajectory-01.mrk.json"]["markups"]
    entry, target = line["controlPoints"]
    assert (line["type"], line["coordinateSystem"], line["coordinateUnits"]) == (
        "Line",
        "LPS",
        "mm",
    )
    assert line["locked"] is True
    assert (entry["label"], target["label"]) == ("entry", "target")
    assert entry["position"] == pytest.approx(candidate.trajectory.entry_lps_mm, abs=1e-6)
    assert target["position"] == pytest.approx(candidate.stop_lps_mm, abs=1e-6)
    away = np.linalg.norm(np.subtract(target["position"], candidate.trajectory.tip_lps_mm))
    assert away == pytest.approx(plan.needle.throw_mm, abs=1e-5)


def test_the_tip_is_a_point_of_its_own_name():
    plan = example_plans.plan()
    (tips,) = documents(plan)["Tip.mrk.json"]["markups"]
    assert tips["type"] == "Fiducial"
    assert [p["label"] for p in tips["controlPoints"]] == ["Trajectory 1 tip", "Trajectory 2 tip"]
    for point, candidate in zip(tips["controlPoints"], plan.candidates, strict=True):
        assert point["position"] == pytest.approx(candidate.trajectory.tip_lps_mm, abs=1e-6)


def test_lists_for_path_explorer_pair_entries_with_targets():
    plan = example_plans.plan()
    (entries,) = documents(plan)["Entry.mrk.json"]["markups"]
    (targets,) = documents(plan)["Target.mrk.json"]["markups"]
    assert (entries["name"], targets["name"]) == ("Entry", "Target")
    assert [p["label"] for p in entries["controlPoints"]] == [
        p["label"] for p in targets["controlPoints"]
    ]
    assert targets["controlPoints"][1]["position"] == pytest.approx(plan.candidates[1].stop_lps_mm)


def test_measurements_carry_the_known_criteria_only():
    (line,) = documents(example_plans.plan())["trajectory-01.mrk.json"]["markups"]
    measured = {m["name"]: m for m in line["measurements"]}
    assert set(measured) == {"length", *CRITERION_KEYS} - {"gantry_clearance_mm"}
    assert measured["length"]["value"] == pytest.approx(60.0 - 22.0)
    assert measured["insertion_depth_mm"]["value"] == 60.0
    assert measured["insertion_depth_mm"]["units"] == "mm"


def test_every_file_says_what_it_may_be_used_for():
    for text in plan_to_markups(example_plans.plan()).values():
        assert RESEARCH_USE in text
        assert "0.1.0" in text


def test_round_trip():
    plan = example_plans.plan()
    back = trajectories_from_markups(plan_to_markups(plan))
    assert [t.name for t in back] == ["Trajectory 1", "Trajectory 2"]
    for read, candidate in zip(back, plan.candidates, strict=True):
        path = candidate.trajectory
        assert read.entry_lps_mm == pytest.approx(path.entry_lps_mm, abs=1e-6)
        assert read.target_lps_mm == pytest.approx(candidate.stop_lps_mm, abs=1e-6)
        assert read.tip_lps_mm == pytest.approx(path.tip_lps_mm, abs=1e-6)


def test_a_core_says_in_its_description_what_it_is_for_and_still_comes_back():
    plan = example_plans.with_cores()
    lines = [documents(plan)[f"trajectory-{n:02d}.mrk.json"]["markups"][0] for n in (1, 2)]
    assert "Core" not in lines[0]["description"]
    assert lines[1]["description"].startswith(
        "Core c2 of the set: flow cytometry, fresh, in saline. Viability: mask. "
    )
    assert RESEARCH_USE in lines[1]["description"]
    plain = trajectories_from_markups(plan_to_markups(example_plans.plan()))
    assert trajectories_from_markups(plan_to_markups(plan)) == plain


COORDINATE = st.floats(-1e3, 1e3)


@given(st.tuples(COORDINATE, COORDINATE, COORDINATE))
def test_any_entry_comes_back(entry):
    plan = replace(example_plans.plan(), candidates=(example_plans.candidate(1, entry),))
    (read,) = trajectories_from_markups(plan_to_markups(plan))
    assert read.entry_lps_mm == pytest.approx(entry, abs=1e-6)


def line_file(**values: object) -> dict[str, str]:
    line = {
        "type": "Line",
        "name": "mine",
        "controlPoints": [{"position": [1.0, 2.0, 3.0]}, {"position": [4.0, 5.0, 6.0]}],
    }
    return {"line.mrk.json": json.dumps({"@schema": "x", "markups": [{**line, **values}]})}


def test_ras_and_micrometres_are_converted():
    (ras,) = trajectories_from_markups(line_file(coordinateSystem="RAS"))
    assert ras.entry_lps_mm == (-1.0, -2.0, 3.0)
    (fine,) = trajectories_from_markups(line_file(coordinateUnits=["um", "UCUM", "micrometer"]))
    assert fine.target_lps_mm == pytest.approx((0.004, 0.005, 0.006))
    assert fine.tip_lps_mm is None


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.mrk.json": "nothing"}, "a.mrk.json is not valid JSON"),
        ({"a.mrk.json": "{}"}, 'a.mrk.json holds no "markups"'),
        (line_file(controlPoints=[{"position": [1, 2, 3]}]), "a line needs two points, it has 1"),
        (line_file(controlPoints=[{"position": [1, 2]}] * 2), "no position of three numbers"),
        (line_file(coordinateSystem="XYZ"), "coordinates in XYZ and mm cannot be read"),
        (line_file(coordinateUnits="inch"), "coordinates in LPS and inch cannot be read"),
        (
            line_file(controlPoints=[{"position": [1, 2, 3], "positionStatus": "undefined"}] * 2),
            "it has 0",
        ),
    ],
)
def test_refusals_say_what_is_wrong(files, message):
    with pytest.raises(InputError, match=message):
        trajectories_from_markups(files)


def test_a_core_that_was_not_ranked_is_called_as_in_the_window():
    plan = example_plans.plan()
    extra = replace(plan.candidates[1], candidate_id="C1")
    named = documents(replace(plan, candidates=(plan.candidates[0], extra)))
    assert "trajectory-01.mrk.json" in named
    assert named["trajectory-C1.mrk.json"]["markups"][0]["name"] == "Trajectory C1"
