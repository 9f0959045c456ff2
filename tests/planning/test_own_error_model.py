"""A plan counts with an error model of one's own, says so, and is the same each time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from app import catalogue
from app.planning_setup import Setup, plan_case
from planning.cohort.learning import fit_error_model
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.model.case import Guidance
from planning.model.error_model import ErrorModel
from planning.model.plan import PlanResult
from planning.records.error_model_file import read_own_error_models
from planning.records.fitted_model_file import fitted_models_to_toml
from tests import phantoms
from tests.simulated_cohort import TrueErrors, simulated_cohort

SCHEMA = Path(__file__).parents[2] / "resources" / "schemas" / "plan.schema.json"


def _own(truth: TrueErrors) -> ErrorModel:
    guidance = Guidance.AIMING_DEVICE
    rows = simulated_cohort(80, truth, guidance=guidance.value)
    presets, rules = catalogue.error_models(), catalogue.cohort_rules()
    text = fitted_models_to_toml(
        [fit_error_model(rows, presets[guidance], rules, operator="A")], confidence=0.95
    )
    return read_own_error_models(text.encode(), presets, "own.toml")[guidance]


def _planned(torso: phantoms.Phantom, model: ErrorModel | None) -> PlanResult:
    setup = Setup(
        protocol=catalogue.protocol("bone-ct"),
        needle=catalogue.needle("bone-11g-100"),
        guidance=Guidance.AIMING_DEVICE,
        error_model=model,
    )
    return plan_case(torso.case, torso.images, setup, top=3)[1]


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(2.0)


def test_a_plan_with_own_errors_says_so_and_counts_with_them(torso: phantoms.Phantom) -> None:
    steady = _own(TrueErrors(own_at_skin_mm=0.8, growth_deg=0.4, own_along_mm=0.5, shared_mm=0.3))
    preset, own = _planned(torso, None), _planned(torso, steady)
    assert own.error_model == steady.origin
    assert own.error_model_sha256 == steady.sha256
    (said,) = [n for n in own.warnings if n.key == "error_model"]
    assert "of operator A until" in said.text
    assert preset.error_model == ""
    assert not [n for n in preset.warnings if n.key == "error_model"]
    assert own.inputs_sha256 != preset.inputs_sha256
    best = [plan.candidates[0].criteria["viable_probability"] or 0.0 for plan in (preset, own)]
    assert best[1] > best[0]

    again = _planned(torso, steady)
    text = plan_to_json(own)
    assert plan_to_json(again) == text
    document = json.loads(text)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert document["error_model"] == {"origin": steady.origin, "sha256": steady.sha256}
    assert plan_from_json(text).error_model == own.error_model
    assert "error_model" not in json.loads(plan_to_json(preset))


def test_what_only_names_a_model_does_not_change_how_a_preset_is_written() -> None:
    """Plans of presets are told from others by the same words as before there were own models."""
    preset = catalogue.error_models()[Guidance.ROBOT]
    assert "until" not in repr(preset)
    assert repr(replace(preset, until="2024-01-01", core_count=3)) == repr(preset)
