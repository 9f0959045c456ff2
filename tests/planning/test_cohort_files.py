"""Tables of rows, files of rules, published values and own error models: round trips, refusals."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from app import catalogue
from planning.cohort.learning import fit_error_model
from planning.cohort.rows_csv import rows_from_csv, rows_to_csv
from planning.errors import InputError
from planning.model.case import Guidance
from planning.model.cohort import CohortRows, cohort_of
from planning.records.cohort_file import read_cohort_rules, read_published
from planning.records.error_model_file import read_own_error_models
from planning.records.fitted_model_file import fitted_models_to_toml
from tests.simulated_cohort import TrueErrors, simulated_cohort

RESOURCES = Path(__file__).parents[2] / "resources"
RULES = catalogue.cohort_rules()
PRESETS = catalogue.error_models()


def test_rows_come_back_from_their_table_unchanged() -> None:
    rows = simulated_cohort(20, operators=('A, "B"', "Ü"))
    text = rows_to_csv(rows)
    back = rows_from_csv(text.encode(), "x.csv")
    for column in dataclasses.fields(CohortRows):
        one, other = getattr(rows, column.name), getattr(back, column.name)
        assert one.dtype == other.dtype, column.name
        assert all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True)), column
    assert rows_to_csv(back) == text


def test_a_table_with_few_columns_is_enough_and_is_put_in_the_order_of_dates() -> None:
    data = (
        "\ufeffdate,case,guidance,lateral_tip_mm,adequate,is_last\r\n"
        "2024-05-02,b,robot,2.5,no,\r\n"
        ",c,robot,1,,0\r\n"
        "2024-05-01,a,robot,,yes,1\r\n"
    )
    rows = rows_from_csv(data.encode(), "x.csv")
    assert rows.case.tolist() == ["a", "b", "c"]
    assert rows.is_last.tolist() == [True, True, False]
    assert rows.adequate[:2].tolist() == [1.0, 0.0]
    assert np.isnan(rows.lateral_tip_mm[0])
    assert np.isnat(rows.date[2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"case,guidance\n", 'needs a column "lateral_tip_mm"'),
        (b"case,guidance,lateral_tip\n", 'did you mean "lateral_tip_mm"'),
        (b"case,case,guidance,lateral_tip_mm\n", "occurs twice"),
        (b"case,guidance,lateral_tip_mm\na,robot\n", "line 2: 2 cells"),
        (b"case,guidance,lateral_tip_mm\na,robot,far\n", 'line 2: "far" is no value'),
        (b"case,guidance,lateral_tip_mm\na,robot,inf\n", '"inf" is no value'),
        (b"case,guidance,lateral_tip_mm,date\na,robot,1,1.5.2024\n", '"1.5.2024" is no value'),
        (b"case,guidance,lateral_tip_mm,is_last\na,robot,1,maybe\n", '"maybe" is no value'),
        (b'case,guidance,lateral_tip_mm\n"a,robot,1\n', "comma-separated"),
        (b"case;guidance;lateral_tip_mm\na;robot;1,5\n", "divided by semicolons"),
        (b"case\tguidance\tlateral_tip_mm\na\trobot\t1.5\n", "divided by tabs"),
        (b'case,guidance,lateral_tip_mm\na,robot,"1,5"\n', "give a number with a decimal point"),
        (b"case,guidance,lateral_tip_mm\n\n\na,robot,-1\n", 'line 4: "-1" is no value'),
        (b"case,guidance,lateral_tip_mm\na,robot,1_0\n", '"1_0" is no value'),
        (b"case,guidance,lateral_tip_mm,adequate\na,robot,1,2\n", "from 0 to 1"),
        (b"case,guidance,lateral_tip_mm,date\na,robot,1,today\n", '"today" is no value'),
        (b"case,guidance,lateral_tip_mm,date\na,robot,1,2024-02\n", "give a date"),
        (b"case,guidance,lateral_tip_mm\na,roboter,1\n", "one of robot, aiming-device"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        rows_from_csv(data, "x.csv")


def test_the_rules_and_published_values_say_where_they_come_from() -> None:
    assert all(source for _, source in RULES.sources)
    published = catalogue.published_accuracy()
    assert {value.guidance for value in published} == set(Guidance)
    for value in published:
        assert "doi" in value.source or "PMID" in value.source
        assert value.low <= value.centre <= value.high
        assert value.setting
    trial = [v for v in published if "0173751" in v.source]
    assert [(v.centre, v.low, v.high) for v in trial] == [(4.1, 2.7, 9.1), (8.9, 4.9, 15.1)]


def test_rules_that_cannot_be_are_refused() -> None:
    text = (RESOURCES / "cohort.toml").read_text(encoding="utf-8")
    for old, new, words in (
        ("depth_mm = [40.0, 70.0", "depth_mm = [70.0, 40.0", "have to rise"),
        ("weight = 0.1", "weight = 1.5", "weight"),
        ("preset_cases = 5.0", "preset_cases = 0.0", "preset_cases"),
        ("bins = 10", "bin = 10", 'did you mean "bins"'),
        ("schema_version = 1", "schema_version = 9", "update Trephine"),
    ):
        assert old in text
        with pytest.raises(InputError, match=words):
            read_cohort_rules(text.replace(old, new).encode())
    published = (RESOURCES / "published_accuracy.toml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="has to lie between"):
        read_published(published.replace("centre = 4.1", "centre = 1.1").encode())
    with pytest.raises(InputError, match="needs"):
        read_published(published.replace("spread = 0.42\n", "").encode())


def test_a_fitted_model_comes_back_from_its_file_as_the_planner_will_use_it() -> None:
    rows = simulated_cohort(60, TrueErrors(off_plane_growth_deg=5.0), guidance="freehand")
    fitted = fit_error_model(rows, PRESETS[Guidance.FREEHAND], RULES, operator="A")
    text = fitted_models_to_toml([fitted], confidence=0.95)
    assert text == fitted_models_to_toml([fitted], confidence=0.95)
    (model,) = read_own_error_models(text.encode(), PRESETS, "own.toml").values()
    assert model.corrected == fitted.model.corrected
    assert model.first_pass == fitted.model.first_pass
    assert model.doubt == fitted.preset.doubt
    assert (model.operator, model.case_count, model.core_count) == ("A", 60, len(rows))
    assert model.origin == fitted.model.origin
    assert len(model.sha256) == 64
    other = read_own_error_models((text + "\n").encode(), PRESETS, "own.toml")
    assert other[Guidance.FREEHAND].sha256 != model.sha256


def test_a_model_of_no_case_is_not_written() -> None:
    nothing = fit_error_model(cohort_of({}, 0), PRESETS[Guidance.ROBOT], RULES)
    with pytest.raises(InputError, match="no reviewed cores"):
        fitted_models_to_toml([nothing], confidence=0.95)


def test_a_file_of_one_s_own_that_contradicts_itself_is_refused() -> None:
    fitted = fit_error_model(simulated_cohort(30), PRESETS[Guidance.NAVIGATED], RULES)
    text = fitted_models_to_toml([fitted], confidence=0.95)
    at_skin = f"at_skin_mm = {fitted.model.corrected.at_skin_mm}"
    assert at_skin in text
    with pytest.raises(InputError, match="at the reference depth"):
        read_own_error_models(text.replace(at_skin, "at_skin_mm = 9.0").encode(), PRESETS, "x")
    with pytest.raises(InputError, match="has to be one of"):
        read_own_error_models(text.replace('"shared_mm"', '"sharing"').encode(), PRESETS, "x")


def test_own_models_are_found_by_guidance(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "error_models.toml"
    monkeypatch.setattr(catalogue, "own_error_models_file", lambda: file)
    assert catalogue.own_error_model("", Guidance.ROBOT) is None
    with pytest.raises(InputError, match="trephine cohort --error-model own"):
        catalogue.own_error_model(catalogue.OWN_ERRORS, Guidance.ROBOT)
    fitted = fit_error_model(simulated_cohort(30), PRESETS[Guidance.NAVIGATED], RULES)
    file.write_text(fitted_models_to_toml([fitted], confidence=0.95), encoding="utf-8")
    own = catalogue.own_error_model(catalogue.OWN_ERRORS, Guidance.NAVIGATED)
    assert own is not None
    assert own.case_count == 30
    with pytest.raises(InputError, match='no error model for guidance "robot", only for navigated'):
        catalogue.own_error_model(str(file), Guidance.ROBOT)
    with pytest.raises(InputError, match="cannot be read"):
        catalogue.own_error_model(str(tmp_path / "none.toml"), Guidance.ROBOT)
