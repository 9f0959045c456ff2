"""Kills an editing program many times over; run apart: `pytest -o addopts= tests/endurance`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from planning.image import CaseImages
from planning.model.case import Case
from planning.records.case_writer import save_case
from tests.app.conftest import *  # noqa: F403 (the small case and its images)
from tests.app.killing import edit_and_kill, lost_s

KILLS = 40


@pytest.mark.parametrize("seed", range(KILLS))
def test_no_kill_loses_more_than_five_seconds(
    qapp: object, tmp_path: Path, case: Case, images: CaseImages, seed: int
) -> None:
    save_case(case, images, tmp_path / "case")
    chance = random.Random(seed)
    killed_s, told = edit_and_kill(
        tmp_path / "case",
        tmp_path / "data",
        seed=seed,
        alive_s=chance.uniform(0.0, 8.0),
        pause_s=chance.choice([0.0005, 0.02, 1.0]),
        between_s=chance.choice([0.0, 1.0]),
    )
    assert lost_s(tmp_path / "case", tmp_path / "data", killed_s, told) < 5.0
