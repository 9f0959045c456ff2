"""Storing a review from the window: pseudonymous, told where, and once for each control CT."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.assembly.review_registry import registry_of
from app.own_registry import opened, place_in_use
from app.presenters.review_export import FinishedReview, Registry
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.case_review import CaseReview
from planning.model.execution import ControlScan, NeedleState, ReviewedNeedle
from planning.progress import SILENT
from planning.records.registry.identities import people
from planning.records.registry.reading import list_cases, read_case
from planning.records.registry.verifying import verify
from tests import reviewed_cases
from tests.reviewed_cases import needle

SCAN, OTHER_SCAN = "a1" * 32, "b2" * 32


def finished(
    case: Case, images: CaseImages, *needles: ReviewedNeedle, scan: str = SCAN
) -> FinishedReview:
    """Return a review of the example plan as the window hands it on."""
    plan = reviewed_cases.plan()
    control = ControlScan(
        series_uid="1.2", frame_of_reference_uid="1.3", date="2026-03-02", time="10:00:00",
        slices=60, slice_mm=1.0,
    )  # fmt: skip
    review = replace(reviewed_cases.review(plan, *needles), control=control)
    made = CaseReview(
        path="control", chosen_series_uid="", values_sha256=scan, at="2026-03-02", review=review
    )
    approval = reviewed_cases.approval(plan)
    case = replace(case, plan=plan, approval=approval, site="ilium", lesion="lesion")
    return FinishedReview(made=made, plan=plan, case=case, images=images, registered=None)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TREPHINE_REGISTRY", raising=False)
    return tmp_path


@pytest.fixture
def registry(data_dir: Path) -> Registry:
    made = registry_of(data_dir)
    assert made is not None
    return made


def stored(data_dir: Path) -> dict:
    """Return what is stored of the only case."""
    kept = opened(place_in_use("", data_dir))
    (case,) = list_cases(kept)
    assert verify(kept).problems == ()
    return read_case(kept, case.case_id)


def test_a_new_case_is_told_before_anything_is_written_then_kept_without_a_name(
    registry, data_dir, case, images
):
    review = finished(case, images)
    would = registry.look(review, SILENT)
    file = data_dir / "registry" / "registry.sqlite"
    assert (would.place, would.is_new, would.case_id) == (str(file), True, "")
    assert not file.exists(), "looking writes nothing"
    kept = registry.keep(review, SILENT)
    assert kept.is_new
    assert kept.place == str(file)
    row = stored(data_dir)
    assert row["cases"][0]["case_id"] == kept.case_id
    assert row["cases"][0]["site"] == "ilium"
    assert row["cases"][0]["biopsy_date"] == date(2026, 3, 2)
    assert row["approvals"][0]["approved_by"] == "Dr. Ada"
    assert not people(opened(place_in_use("", data_dir)))
    name = case.patient.name or "nobody"
    assert name.encode() not in file.read_bytes()


def test_a_second_storing_of_the_same_review_changes_nothing(registry, data_dir, case, images):
    review = finished(case, images)
    kept = registry.keep(review, SILENT)
    before = stored(data_dir)
    would = registry.look(review, SILENT)
    assert (would.is_same, would.case_id) == (True, kept.case_id)
    assert registry.keep(review, SILENT).is_same
    assert stored(data_dir) == before


def test_a_changed_review_of_the_same_scan_takes_the_place_of_the_one_before(
    registry, data_dir, case, images
):
    first = registry.keep(finished(case, images), SILENT)
    changed = finished(
        case, images, replace(needle("c1", lateral_mm=1.5), needle_state=NeedleState.COCKED)
    )
    would = registry.look(changed, SILENT)
    assert (would.is_new, would.is_same, would.case_id) == (False, False, first.case_id)
    assert registry.keep(changed, SILENT) == replace(would, is_new=False)
    rows = [row for row in stored(data_dir)["placements"] if row["core"] == "c1"]
    assert [(row["scan"], row["lateral_tip_mm"], row["needle_state"]) for row in rows] == [
        (1, 1.5, "cocked")
    ]


def test_another_control_ct_of_the_same_plan_is_a_second_scan_of_the_same_case(
    registry, data_dir, case, images
):
    first = registry.keep(finished(case, images), SILENT)
    second = finished(case, images, needle("c1", lateral_mm=1.0), scan=OTHER_SCAN)
    assert registry.keep(second, SILENT).case_id == first.case_id
    rows = [row for row in stored(data_dir)["placements"] if row["core"] == "c1"]
    assert [(row["scan"], row["lateral_tip_mm"]) for row in rows] == [(1, 3.0), (2, 1.0)]


def test_a_review_of_another_plan_is_refused_in_words(registry, data_dir, case, images):
    review = finished(case, images)
    plan = replace(review.plan, case_name="renamed since")
    with pytest.raises(InputError, match="plan was changed since this review"):
        registry.look(replace(review, plan=plan), SILENT)
    assert not (data_dir / "registry").exists()


def test_without_a_data_folder_there_is_no_registry():
    assert registry_of(None) is None
