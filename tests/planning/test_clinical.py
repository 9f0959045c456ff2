"""What people say of a biopsy is read from the case file, kept when saved, and hidden if wished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app import catalogue
from planning.errors import InputError
from planning.handover.deidentified import REMOVED, deidentified
from planning.model.clinical import Clinical
from planning.records.case_file import LoadedCase, load_case
from planning.records.case_writer import save_case
from tests import oblique_case

STORY = Clinical(question="Which tumour?", level="L4", breath_phase="expiration")


def loaded(path: Path) -> LoadedCase:
    return load_case(
        path, role_tables=catalogue.role_tables(), viability_rules=catalogue.viability_rules()
    )


def test_it_is_saved_with_the_case_and_read_again(tmp_path: Path) -> None:
    what = oblique_case.hand_over()
    assert what.case is not None
    assert what.images is not None
    case = replace(what.case, clinical=STORY, plan=None, approval=None)
    save_case(case, what.images, tmp_path / "saved")
    file = tmp_path / "saved" / "case.toml"
    text = file.read_text("utf-8")
    assert '[clinical]\nquestion = "Which tumour?"' in text
    assert "hypothesis" not in text  # nobody said it
    assert loaded(file).case.clinical == STORY
    file.write_text(text.replace("breath_phase", "breath"), encoding="utf-8")
    with pytest.raises(InputError, match="breath"):
        loaded(file)


def test_a_deidentified_case_says_only_that_something_was_said() -> None:
    what = oblique_case.hand_over()
    assert what.case is not None
    hidden = deidentified(replace(what, case=replace(what.case, clinical=STORY)), "secret").case
    assert hidden is not None
    assert hidden.clinical == Clinical(question=REMOVED, level=REMOVED, breath_phase=REMOVED)
