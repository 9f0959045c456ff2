"""What is handed over, gathered from an open case or from files: the case is found by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.exporting import new_secret, of_case, of_plan
from planning.errors import InputError
from planning.handover.plan_json import plan_to_json
from planning.image import CaseImages
from planning.model.approval import Approval
from planning.model.case import Case, Guidance
from planning.model.plan import PlanResult
from planning.records.approval_file import plan_sha256
from planning.records.case_writer import save_case


@pytest.fixture
def approved(case: Case, set_plan: PlanResult) -> Case:
    approval = Approval(
        approved_by="A",
        at="2026-11-26T12:00:00+01:00",
        plan_number=1,
        plan_sha256=plan_sha256(set_plan),
        candidate_ids=("T2", "C1"),
    )
    return replace(case, plan=set_plan, approval=approval)


def test_a_plan_in_the_folder_of_its_case_brings_case_ct_and_approval(
    approved: Case, images: CaseImages, tmp_path: Path
) -> None:
    folder = tmp_path / "case"
    save_case(approved, images, folder)
    for given in (folder, folder / "plan.json"):
        what = of_plan(given, None)
        assert what.case is not None
        assert what.images is not None
        assert what.images.ct.grid.matches(images.ct.grid)
        assert [c.candidate_id for c in what.chosen] == ["T2", "C1"]
        assert what.is_approved
        assert '"approved_by": "A"' in what.approval_json
        assert what.error_model is not None
        assert what.error_model.guidance is Guidance.AIMING_DEVICE
    alone = of_plan(folder, None, ("T1",), with_case=False)
    assert alone.case is None
    assert [c.candidate_id for c in alone.chosen] == ["T1"]


def test_a_plan_elsewhere_is_alone_unless_its_case_is_given(
    approved: Case, images: CaseImages, set_plan: PlanResult, tmp_path: Path
) -> None:
    folder, file = tmp_path / "case", tmp_path / "plan.json"
    save_case(approved, images, folder)
    file.write_text(plan_to_json(set_plan), encoding="utf-8")
    alone = of_plan(file, None)
    assert (alone.case, alone.images, alone.is_approved) == (None, None, False)
    assert [c.candidate_id for c in alone.chosen] == ["T2", "C1"]  # the cores of the set
    assert of_plan(file, folder).case is not None
    file.write_text(plan_to_json(replace(set_plan, series_uid="9.9")), encoding="utf-8")
    with pytest.raises(InputError, match=r"the plan's 9\.9. Give the case"):
        of_plan(file, folder)
    with pytest.raises(InputError, match="cannot be read"):
        of_plan(tmp_path / "nowhere", None)


def test_an_open_case_hands_over_what_it_holds(approved: Case, images: CaseImages) -> None:
    what = of_case(approved, images)
    assert what is not None
    assert [c.candidate_id for c in what.chosen] == ["T2", "C1"]
    assert of_case(replace(approved, plan=None), images) is None
    unknown = replace(approved, plan=replace(approved.plan, error_model="of others"))
    lost = of_case(unknown, images)
    assert lost is not None
    assert lost.error_model is None


def test_no_two_exports_share_their_secret() -> None:
    assert len({new_secret() for _ in range(10)}) == 10
