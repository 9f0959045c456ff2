"""The table of candidates: what a spreadsheet reads back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from planning.handover.notice import RESEARCH_USE
from planning.handover.tables import plan_to_csv
from planning.model.plan import Notice
from planning.trajectories.criteria import CRITERION_KEYS
from tests import example_plans


def rows(plan) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(plan_to_csv(plan), newline=""), strict=True))


def test_one_row_per_candidate_with_every_number():
    plan = example_plans.plan()
    first, second = rows(plan)
    assert (first["rank"], second["rank"]) == ("1", "2")
    assert float(second["entry_x_lps_mm"]) == 30.0
    assert float(second["entry_z_lps_mm"]) == -5.0
    assert float(second["stop_z_lps_mm"]) == -5.0 + 60.0 - 22.0
    assert float(second["tip_z_lps_mm"]) == 55.0
    assert set(CRITERION_KEYS) < set(first)
    assert float(first["insertion_depth_mm"]) == 60.0
    assert first["gantry_clearance_mm"] == ""
    assert float(first['habitat_mm Habitat "B", myxoid']) == 4.5
    assert (first["nearest_structure"], first["nearest_clearance_mm"]) == (
        "iliac_artery_right",
        "7.250",
    )


def test_every_row_says_what_it_may_be_used_for():
    assert all(RESEARCH_USE in row["notice"] for row in rows(example_plans.plan()))
    assert all("0.1.0" in row["notice"] for row in rows(example_plans.plan()))


def test_every_row_says_where_viability_comes_from():
    plan = replace(example_plans.plan(), viability_source="none: nothing is claimed")
    assert {row["viability_source"] for row in rows(plan)} == {"none: nothing is claimed"}


def test_lines_end_as_the_standard_says():
    text = plan_to_csv(example_plans.plan())
    assert text.count("\r\n") == 3
    assert text.replace("\r\n", "").count("\n") == 0


def test_an_empty_plan_is_a_header():
    assert rows(example_plans.empty_plan()) == []
    assert plan_to_csv(example_plans.empty_plan()).startswith("rank,id,score,entry_x_lps_mm")


def test_commas_quotes_and_line_breaks_survive():
    plan = example_plans.plan()
    text = 'says "no",\r\nthen stops'
    odd = replace(plan.candidates[0], warnings=(Notice("odd", text),))
    (row,) = rows(replace(plan, candidates=(odd,)))
    assert row["warnings"] == f"odd: {text}"


def test_no_name_is_a_formula():
    plan = example_plans.plan()
    (nearest,) = plan.candidates[0].nearest
    sly = replace(plan.candidates[0], nearest=(replace(nearest, structure="=1+1"),))
    (row,) = rows(replace(plan, candidates=(sly,)))
    assert row["nearest_structure"] == "'=1+1"


def test_a_structure_may_be_missing():
    plan = example_plans.plan()
    alone = replace(plan.candidates[0], nearest=())
    (row,) = rows(replace(plan, candidates=(alone,)))
    assert row["nearest_structure"] == row["nearest_depth_mm"] == ""


def test_what_a_needle_meets_stands_in_words_and_field_by_field():
    first, second = rows(example_plans.with_cores())
    assert first["compartments"] == "gluteus_maximus_right 31.500 mm; Psoas, oberer 4.250 mm"
    assert all(first[name] == "" for name in first if name.startswith("bone_") and "mm" not in name)
    assert second["bone_words"].startswith("hip right (irregular): cortex met at 45 deg, 2.5 mm")
    fields = [second[f"bone_{name}"] for name in ("bone", "kind", "broken", "peak_hu")]
    assert fields == ["hip_right", "irregular", "no", "854.500"]
    assert float(second["bone_thickness_mm"]) == 2.5
    assert second["bone_thickness_resolved"] == "yes"
    assert second["bone_window_area_mm2"] == ""


def test_a_core_says_where_it_goes():
    first, second = rows(example_plans.with_cores())
    columns = ("core_purpose", "core_container", "core_advice", "core_tissue_mm3")
    assert [first[c] for c in columns] == [""] * 4
    assert [second[c] for c in columns] == [
        "flow cytometry",
        "fresh, in saline",
        "To the laboratory at once.",
        "40.500",
    ]


def test_a_chance_to_touch_that_is_not_known_is_an_empty_cell():
    plan = example_plans.plan()
    (nearest,) = plan.candidates[0].nearest
    known = replace(plan.candidates[0], nearest=(replace(nearest, touch_probability=0.125),))
    both = rows(replace(plan, candidates=(known, plan.candidates[1])))
    assert [row["nearest_touch_probability"] for row in both] == ["0.125", ""]
