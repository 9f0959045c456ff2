"""Two hundred random operations and as many undos give back the first case, byte for byte."""

from __future__ import annotations

import pytest

from app.session import Session
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.records.document_json import case_from_json, case_to_json
from tests.app.operations import OPERATIONS, bench, do_something

STEPS = 200


@pytest.mark.parametrize("seed", range(5))
def test_undoing_everything_gives_the_first_case_and_redoing_the_last(
    qapp: object, case: Case, images: CaseImages, set_plan: PlanResult, seed: int
) -> None:
    session = Session()
    session.open(case, images)
    first = case_to_json(case).encode()
    b = bench(session, set_plan, seed)
    done = [do_something(b) for _ in range(STEPS)]
    last_case = session.case
    last = case_to_json(last_case).encode()
    assert last != first
    assert case_to_json(case_from_json(last)).encode() == last, "the bytes say everything"
    assert len(set(done)) > len(OPERATIONS) / 2
    stack = session.undo_stack
    for _ in range(STEPS):
        stack.undo()
    assert not stack.canUndo(), "there were no more steps than operations"
    assert session.case is case
    assert case_to_json(session.case).encode() == first
    for _ in range(STEPS):
        stack.redo()
    assert session.case is last_case
    assert case_to_json(session.case).encode() == last
