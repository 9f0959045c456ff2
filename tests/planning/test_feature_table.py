"""The table of a lesion's features: what a spreadsheet reads back, and what is kept."""

from __future__ import annotations

import csv
import io

import pytest

from planning.errors import InputError
from planning.handover.export import ExportKind, export_plan
from planning.handover.feature_table import FILE_NAME, features_to_csv
from planning.handover.notice import RESEARCH_USE
from planning.radiomics.feature import Family, Feature
from tests import example_plans

FEATURES = (
    Feature(
        key="stat_mean",
        ibsi_code="Q4LE",
        label="Mean",
        value=-12.3456789012,
        unit="HU",
        family=Family.STATISTICS,
        method='grid 1.5 mm, "as scanned"',
    ),
    Feature(
        key="stat_cov",
        ibsi_code="7TET",
        label="Coefficient of variation",
        value=None,
        unit="",
        family=Family.STATISTICS,
        method="grid 1.5 mm",
        reason="the mean is zero",
    ),
    Feature(
        key="stat_energy",
        ibsi_code="N8CA",
        label="Energy",
        value=136403022.0,
        unit="HU^2",
        family=Family.STATISTICS,
        method="grid 1.5 mm",
    ),
)


def rows(lesion: str = "lesion") -> list[dict[str, str]]:
    text = features_to_csv(FEATURES, lesion=lesion, software_version="0.1.0")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_one_row_per_feature_with_its_number_or_reason():
    mean, variation, energy = rows()
    assert (mean["key"], mean["ibsi_code"], mean["unit"]) == ("stat_mean", "Q4LE", "HU")
    assert float(mean["value"]) == pytest.approx(-12.3456789, abs=1e-8)
    assert (variation["value"], variation["reason"]) == ("", "the mean is zero")
    assert float(energy["value"]) == 136403022.0
    assert mean["method"] == 'grid 1.5 mm, "as scanned"'
    assert {row["family"] for row in rows()} == {"intensity statistics"}


def test_every_row_says_what_it_may_be_used_for():
    assert all(row["notice"] == f"Trephine 0.1.0. {RESEARCH_USE}" for row in rows())


def test_lines_end_as_the_standard_says():
    text = features_to_csv(FEATURES, lesion="lesion", software_version="0.1.0")
    assert text.count("\r\n") == 4
    assert text.replace("\r\n", "").count("\n") == 0


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_name_is_a_formula(name):
    assert {row["lesion"] for row in rows(name)} == {f"'{name}"}


def test_it_is_written_beside_a_plan_and_kept(tmp_path):
    plan, beside = example_plans.plan(), {FILE_NAME: "new"}
    paths = export_plan(plan, tmp_path / "a", [ExportKind.JSON], beside=beside)
    assert [path.name for path in paths] == ["plan.json", "lesion_features.csv"]
    (tmp_path / "b").mkdir()
    mine = tmp_path / "b" / FILE_NAME
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"lesion_features\.csv already exists.*--force"):
        export_plan(plan, tmp_path / "b", [ExportKind.JSON], beside=beside)
    assert [path.name for path in (tmp_path / "b").iterdir()] == [FILE_NAME]
    assert mine.read_text(encoding="utf-8") == "mine"
    export_plan(plan, tmp_path / "b", [ExportKind.JSON], beside=beside, force=True)
    assert mine.read_text(encoding="utf-8") == "new"
