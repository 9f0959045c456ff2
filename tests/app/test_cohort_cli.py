"""`trephine cohort`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from app import catalogue, cohort_commands
from app.cli import main
from planning.cohort.rows_csv import rows_to_csv
from planning.model.case import Guidance
from tests.simulated_cohort import simulated_cohort


def trephine(*arguments: object) -> tuple[int, str, str]:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", ["trephine", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = simulated_cohort(80, operators=("Ada", "Ben"))
    file = tmp_path_factory.mktemp("cohort") / "rows.csv"
    file.write_text(rows_to_csv(rows), encoding="utf-8", newline="")
    return file


def test_statistics_go_to_the_terminal_and_into_a_table(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "s.csv"
    code, said, _ = trephine("cohort", "--rows", table, "--by", "operator", "--csv", out)
    assert code == 0
    assert "in 80 cases" in said
    assert "Lateral error, mm" in said
    assert "Research use only. Not a medical device." in said
    lines = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline=""))
    groups = {line["group"] for line in lines}
    assert groups == {"all", "Ada", "Ben"}
    code, _, problem = trephine("cohort", "--rows", table, "--csv", out)
    assert code == 1
    assert "--force" in problem
    assert trephine("cohort", "--rows", table, "--csv", out, "--force")[0] == 0


def test_charts_go_into_a_file_or_a_folder(qapp, table: Path, tmp_path: Path) -> None:
    code, said, _ = trephine("cohort", "--rows", table, "--plot", tmp_path / "charts")
    assert code == 0
    files = sorted(path.name for path in (tmp_path / "charts").iterdir())
    assert len(files) == 14
    assert "control-chart.svg" in files
    assert said.count("Written to") == 14
    one = tmp_path / "tips.png"
    assert trephine("cohort", "--rows", table, "--plot", one, "--chart", "tips")[0] == 0
    assert one.stat().st_size > 10_000
    code, _, problem = trephine(
        "cohort", "--rows", table, "--plot", tmp_path / "x.svg", "--chart", "tisp"
    )
    assert (code, "tips" in problem) == (1, True)
    for wrong in (("--chart", "tips"), ("--plot", tmp_path / "x.pdf")):
        code, _, problem = trephine("cohort", "--rows", table, *wrong)
        assert (code, ".svg" in problem) == (1, True)
    assert not (tmp_path / "x.pdf").exists()
    code, _, problem = trephine("cohort", "--rows", table, "--plot", tmp_path / "charts")
    assert (code, "--force" in problem) == (1, True)


def test_the_error_model_is_written_where_the_planner_looks(
    table: Path, tmp_path: Path, monkeypatch
) -> None:
    own = tmp_path / "data" / "error_models.toml"
    for module in (catalogue, cohort_commands):
        monkeypatch.setattr(module, "own_error_models_file", lambda: own)
    code, said, _ = trephine("cohort", "--rows", table, "--operator", "Ada", "--error-model", "own")
    assert code == 0
    assert "of operator Ada" in said
    assert "95 % interval" in said
    model = catalogue.own_error_model("own", Guidance.NAVIGATED)
    assert model is not None
    assert model.operator == "Ada"


def test_json_holds_statistics_drift_calibration_and_models(table: Path, tmp_path: Path) -> None:
    code, said, _ = trephine(
        "cohort", "--rows", table, "--json", "--error-model", tmp_path / "own.toml"
    )
    assert code == 0
    document = json.loads(said)
    assert document["groups"][0]["cases"] == 80
    assert document["calibration"]["count"] == document["groups"][0]["cores"]
    assert document["control_chart"]["baseline_cases"] == 40
    assert document["error_models"][0]["corrected"]["cores"] == document["groups"][0]["cores"]


def test_what_occurs_nowhere_is_refused_with_what_does(table: Path, tmp_path: Path) -> None:
    code, _, problem = trephine("cohort", "--rows", table, "--operator", "Adda")
    assert (code, problem.strip()) == (1, 'No case has the operator "Adda"; did you mean "Ada"?')
    code, _, problem = trephine("cohort", "--rows", tmp_path / "none.csv")
    assert (code, "cannot be read" in problem) == (1, True)
    code, _, problem = trephine("cohort", "--registry", tmp_path / "none.sqlite")
    assert (code, "no registry" in problem) == (1, True)


def test_a_table_without_rows_is_an_answer(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("case,guidance,lateral_tip_mm\n", encoding="utf-8")
    code, said, _ = trephine("cohort", "--rows", empty)
    assert code == 0
    assert "0 cores in 0 cases" in said
    code, _, problem = trephine("cohort", "--rows", empty, "--error-model", tmp_path / "m.toml")
    assert (code, "no reviewed cores" in problem) == (1, True)
    assert not (tmp_path / "m.toml").exists()
