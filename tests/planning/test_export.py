"""Writing a plan into a folder: what is kept, what is replaced, what is swept away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning.errors import InputError
from planning.handover.export import ExportKind, export_plan
from planning.handover.plan_json import plan_from_json, plan_to_json
from tests import example_plans


def test_writes_all_kinds(tmp_path):
    plan = example_plans.plan()
    paths = export_plan(plan, tmp_path / "new" / "out", list(ExportKind))
    assert {p.name for p in paths} == {p.name for p in (tmp_path / "new" / "out").iterdir()}
    assert len(paths) == 1 + 5 + 1
    text = (tmp_path / "new" / "out" / "plan.json").read_bytes()
    assert text.decode() == plan_to_json(plan)
    assert plan_from_json(text).case_name == plan.case_name
    assert b"\r\n" in (tmp_path / "new" / "out" / "candidates.csv").read_bytes()


def test_the_same_plan_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        export_plan(example_plans.plan(), tmp_path / name, list(ExportKind))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_existing_output_is_kept(tmp_path):
    target = tmp_path / "candidates.csv"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"candidates\.csv already exists.*--force"):
        export_plan(example_plans.plan(), tmp_path, [ExportKind.JSON, ExportKind.CSV])
    assert target.read_text(encoding="utf-8") == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["candidates.csv"]


def test_force_replaces_and_leaves_no_older_trajectory(tmp_path):
    plan = example_plans.plan()
    export_plan(plan, tmp_path, [ExportKind.SLICER])
    shorter = replace(plan, candidates=plan.candidates[:1])
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    export_plan(shorter, tmp_path, [ExportKind.SLICER], force=True)
    names = {p.name for p in tmp_path.iterdir()}
    assert "trajectory-02.mrk.json" not in names
    assert {"trajectory-01.mrk.json", "notes.txt"} < names


def test_an_older_trajectory_counts_as_existing_output(tmp_path):
    (tmp_path / "trajectory-09.mrk.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"trajectory-09\.mrk\.json already exists"):
        export_plan(example_plans.plan(), tmp_path, [ExportKind.SLICER])


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    blocked = tmp_path / "out"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match=r"out cannot be written"):
        export_plan(example_plans.plan(), blocked, [ExportKind.CSV])
